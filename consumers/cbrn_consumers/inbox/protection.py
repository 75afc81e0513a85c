"""What no silence may ever cover, and what is never kept back for a moment: one pure predicate, with its reasons.

CAP 1.2 (OASIS, 2010, section 3.2.2) gives the words. `severity`: Extreme is an «extraordinary threat to life or
property», Severe a «significant» one, Moderate a «possible» one, Minor «minimal to no known threat». `urgency`:
Immediate asks for action at once, Expected within the next hour, Future in the near future, Past not any more.
`certainty` is left out on purpose: that an extreme danger is unlikely is no reason not to hear of it. What nobody has
rated counts as grave, since the bus errs towards telling.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.events import Incident

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.events import Event


class Protection(StrEnum):
    """Why a message may not be silenced."""

    EXTREME = "extreme"
    """Severity Extreme."""
    LIFE = "life-threatening"
    """Severity Severe while action is still due (any urgency but Future and Past), or an emergency class or guideline
    value that says as much."""
    UNRATED = "unrated"
    """Nobody has said how bad: an incident of severity Unknown that is not past or future, or any message of severity
    Unknown that asks for action at once."""
    ACT = "deliberate"
    """Somebody did it: what was done once may be done again."""
    CASUALTIES = "casualties"
    """People are dead, injured, ill, exposed or contaminated."""
    EXPOSED = "exposed"
    """People, animals or water lie within reach, and the threat is more than minor."""
    ESCALATED = "escalated"
    """Passed on because nobody acknowledged it."""
    LEAD = "lead"
    """The body leads and must acknowledge: a clock runs that nobody else watches."""
    BUS = "bus"
    """The bus's own alarm: an incident that nobody could read, or a record that this program cannot read."""


GRAVE: Final = frozenset(Protection) - {Protection.LEAD}
"""Reasons for which a message is told at once. To lead asks for an answer, but says nothing of the danger."""

_LATER: Final = frozenset({"Future", "Past"})
_PEOPLE: Final = (
    "dead",
    "injured",
    "hospitalised",
    "persons",
    "persons_exposed",
    "persons_contaminated",
    "people_in_contact",
)
"""Fields that count people who are hurt or may be; those of animals are not among them."""
_GRAVE_FACTS: Final[tuple[tuple[str, frozenset[Any]], ...]] = (
    # IAEA GSR Part 7 (2015), 5.14: both call for protective actions outside the facility, or their preparation.
    ("emergency_class", frozenset({"general-emergency", "site-area-emergency"})),
    # AEGL (US EPA): 2 is irreversible harm or no escape, 3 is death; ERPG (AIHA): the same for one hour.
    ("exceeds", frozenset({"aegl-2", "aegl-3", "erpg-2", "erpg-3"})),
    ("threshold", frozenset({"danger"})),
    ("suspicious", frozenset({True})),
)
"""Fields that say by themselves that life is in danger: of a facility, a gas, a tailings dam, a seismic signal."""
INES_ACCIDENT: Final = 4
"""INES 4 and above are accidents (INES User's Manual, 2008); below are anomalies and incidents."""


def protection_of(
    event: Event, *, role: str | None, acknowledge_by: datetime | None, level: int = 0
) -> frozenset[Protection]:
    """Tell why this message may not be silenced; empty where it may. `role`, `acknowledge_by`, `level` as delivered."""
    return frozenset(
        {
            *_by_words(event),
            *((Protection.ACT,) if event.deliberate else ()),
            *((Protection.CASUALTIES,) if _people(event) else ()),
            *((Protection.EXPOSED,) if _exposed(event) and event.severity != "Minor" else ()),
            *((Protection.LIFE,) if _grave_facts(event) else ()),
            *((Protection.ESCALATED,) if level > 0 else ()),
            *((Protection.LEAD,) if role == "lead" and acknowledge_by is not None else ()),
        }
    )


def _by_words(event: Event) -> tuple[Protection, ...]:
    """Read what CAP's own words say."""
    if event.severity == "Extreme":
        return (Protection.EXTREME,)
    if event.severity == "Severe":
        return () if event.urgency in _LATER else (Protection.LIFE,)
    if event.severity == "Unknown":
        unrated = event.urgency not in _LATER if isinstance(event, Incident) else event.urgency == "Immediate"
        return (Protection.UNRATED,) if unrated else ()
    return ()


def _exposed(event: Event) -> bool:
    return _shape(type(event)).has_exposed and bool(event.exposed)  # type: ignore[attr-defined] # the shape says so


def _people(event: Event) -> bool:
    return any((getattr(event, name) or 0) > 0 for name in _shape(type(event)).people)


def _grave_facts(event: Event) -> bool:
    shape = _shape(type(event))
    ines = event.ines_level if shape.has_ines else None  # type: ignore[attr-defined] # the shape says so
    return (ines is not None and ines >= INES_ACCIDENT) or any(
        getattr(event, name) in grave for name, grave in shape.facts
    )


class _Shape(NamedTuple):
    """Which of the fields above an event type has: to ask a model for one that it lacks is dear."""

    people: tuple[str, ...]
    facts: tuple[tuple[str, frozenset[Any]], ...]
    has_ines: bool
    has_exposed: bool


@cache
def _shape(event_type: type[Event]) -> _Shape:
    fields = event_type.model_fields
    people = (*_PEOPLE, "died") if fields["kind"].default in {"human-disease", "disease-count"} else _PEOPLE
    return _Shape(
        tuple(name for name in people if name in fields),
        tuple((name, grave) for name, grave in _GRAVE_FACTS if name in fields),
        "ines_level" in fields,
        "exposed" in fields,
    )
