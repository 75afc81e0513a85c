"""The least severity that an event's own data allow, whatever its publisher called it.

A report of six dead whose severity nobody filled in is no moderate event, and a dam at its danger mark is no reading
among others. The steps are the bus's own proposal (the thresholds of act 550 are not public in full) and stand in one
table each, so that a ministry can correct them. A floor raises, and never lowers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.catalogue.units import SCALES

if TYPE_CHECKING:
    from cbrn_schemas.events.parts import DoseRate

Floor = Callable[[Any, Any], str | None]
"""Reads a field that is set: (its value, the event) to the least severity; None where it says nothing."""

_RANK: Final = {"Unknown": 0, "Minor": 1, "Moderate": 2, "Severe": 3, "Extreme": 4}
DEAD: Final = ((3, "Severe"), (1, "Moderate"))
"""Persons killed, from: at least."""
INJURED: Final = ((50, "Severe"), (10, "Moderate"))
"""Persons injured, poisoned or ill, or in hospital, from: at least."""
CASES: Final = 10
"""Cases of a poisoning or of illness after a meal, the mild ones too: at least moderate."""
DANGER_PER_H: Final = 1e-6
"""A dose rate of 1 uSv/h (or uGy/h; 100 uR/h) or more is dangerous to live in: more than three times the country's norm
of 0.30. Where the post states its own background, only what is three times that as well."""
_BACKGROUNDS: Final = 3
_AT: Final = 1 - 1e-9
"""100 uR/h in roentgens a hour is a hair less than the limit: what is at a limit counts as at it."""
_ROENTGEN: Final = 1e-4
"""100 uR/h stand beside 1 uSv/h in the table above. No reading is converted: each is compared in its own quantity."""


def graver(severity: str, floor: str | None) -> str:
    """Return the graver of a stated severity and a floor; `Unknown` is less than any."""
    return severity if floor is None or _RANK[floor] <= _RANK[severity] else floor


def _dead(value: int, _event: Any) -> str | None:
    return next((severity for number, severity in DEAD if value >= number), None)


def _injured(value: int, _event: Any) -> str | None:
    return next((severity for number, severity in INJURED if value >= number), None)


def _dose_rate(value: DoseRate, event: Any) -> str | None:
    danger = _ROENTGEN if value.quantity == "exposure-rate" else DANGER_PER_H
    rate = _base(value)
    if rate < danger * _AT:
        return None
    usual = getattr(event, "background", None)
    known = usual is not None and usual.quantity == value.quantity
    return None if known and rate < _BACKGROUNDS * _base(usual) * _AT else "Severe"


def _base(reading: Any) -> float:
    unit = SCALES[reading.quantity].units[reading.unit]
    return float(reading.value * unit.factor)


def _reading(value: Any, event: Any) -> str | None:
    """Read dose rates; gases have guideline values of their own."""
    return _dose_rate(value, event) if event.kind == "gamma-dose-rate" else None


_GUIDELINES: Final = {
    "ambient-limit": "Moderate",
    "workplace-limit": "Moderate",
    "aegl-1": "Moderate",
    "erpg-1": "Moderate",
    "aegl-2": "Severe",
    "erpg-2": "Severe",
    "aegl-3": "Extreme",
    "erpg-3": "Extreme",
}
"""AEGL-2 and ERPG-2: lasting harm, or too ill to flee; AEGL-3 and ERPG-3: death."""
_MARKS: Final = {"attention": "Moderate", "danger": "Severe"}

FLOORS: Final[dict[str, Floor]] = {
    "dead": _dead,
    "injured": _injured,
    "hospitalised": _injured,
    "cases": lambda value, _event: "Moderate" if value >= CASES else None,
    "threshold": lambda value, _event: _MARKS.get(value),
    "exceeds": lambda value, _event: _GUIDELINES[value],
    "reading": _reading,
    "exceeded": lambda _value, event: "Moderate" if event.medium == "drinking-water" else None,
}
"""By field of an event."""


def raised_by(event: Any) -> tuple[str, ...]:
    """Name the fields of an event that are graver than the severity that it states."""
    return tuple(
        name
        for name, floor_of in FLOORS.items()
        if (value := getattr(event, name, None)) and graver(event.severity, floor_of(value, event)) != event.severity
    )
