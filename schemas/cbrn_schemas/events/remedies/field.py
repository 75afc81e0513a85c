"""What to do about a field under another name, and about an event inside of something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_schemas.catalogue.spelling import nearest
from cbrn_schemas.catalogue.words import also_called

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.events.remedies.mistake import Mistake


def field_meant(name: str, known: Iterable[str]) -> list[str]:
    """Find the known fields that are meant by a name: what others call so, else what is spelt nearly so."""
    known = list(known)
    return [field for field in known if is_called(name, field)] or list(nearest(name, known))


def is_called(name: str, field: str) -> bool:
    """Tell whether others call the field so."""
    folded = name.casefold().replace("-", "_").replace(" ", "_")
    return folded == field.casefold() or folded in also_called("field").get(field, ())


def instead_of(mistake: Mistake) -> str:
    """Say what to do about a field that is not known here."""
    if mistake.path == ("id",):
        return "remove it: an id goes beside the event, as ce_id, as event_id=..., or in a structured CloudEvent"
    fields = mistake.model.model_fields if mistake.model else {}
    # What is required stands there already, else it would have been named as missing.
    close = field_meant(mistake.field, [name for name, field in fields.items() if not field.is_required()])
    return (
        f"did you mean {' or '.join(close)}?" if close else f"remove it; known here: {', '.join(fields) or 'nothing'}"
    )


def written_as(field: str, unknown: Iterable[str]) -> str | None:
    """Find among unknown fields the one that stands for a missing one."""
    return next((name for name in unknown if field_meant(name, [field])), None)


def unwrapped(written: Any) -> str | None:
    """Say how to take an event out of what is around it; None where there is none inside."""
    for name, inner in written.items() if isinstance(written, dict) else ():
        if is_event(inner):
            return (
                f'publish what is in «{name}» alone: {{ "kind": "{inner["kind"]}", ... }}, without «{name}» around it'
            )
        if isinstance(inner, list) and inner and all(map(is_event, inner)):
            return f"publish the list that is in «{name}» alone, [ {{ ... }}, ... ], or event by event"
    return None


def is_event(written: Any) -> bool:
    """Tell whether something inside of an event looks like an event itself."""
    return isinstance(written, dict) and isinstance(written.get("kind"), str)
