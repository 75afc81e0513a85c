"""What must not be overlooked wherever an alert is shown: an exercise, an update, an all-clear, secrecy.

Every line about an alert begins with these, in every list, message and sound: an all-clear that looks like a new
alert sends teams out again, and an exercise that looks real does worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from cbrn_schemas.events.base import Language


def marks(of: Any, lang: Language, *, restricted: bool = False, exercise: bool = False) -> tuple[str, ...]:
    """Name what sets it apart from a real, first, open alert; nothing where there is nothing.

    `of` is an event, or what was kept of one, with its `status` and `message_type`; a reading has no `message_type`,
    the bus's own alarms have neither. `exercise`: it was told in the realm of exercises, whatever it says itself.
    """
    status = "Exercise" if exercise else getattr(of, "status", "Actual")
    message_type = getattr(of, "message_type", "Alert")
    found = [] if status == "Actual" else [word("mark", status, lang)]
    found += [] if message_type == "Alert" else [word("mark", message_type, lang)]
    found += [word("ui", "restricted", lang)] if restricted or getattr(of, "restricted", False) else []
    return tuple(found)


def marked(said: str, of: Any, lang: Language, *, restricted: bool = False, exercise: bool = False) -> str:
    """Write «EXERCISE · UPDATE · said»."""
    return " · ".join((*marks(of, lang, restricted=restricted, exercise=exercise), said))
