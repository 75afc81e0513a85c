"""The numbers in a message: what a station measured or counted.

Each has a name that stays the same from one message to the next, so that repeated readings fold into one line. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.catalogue.units import to_base
from cbrn_schemas.events.monitoring_radiation import NuclideIdentification
from cbrn_schemas.events.parts import Measurement

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.events import Event

SERIES_MAX: Final = 100
"""Series kept a group: about 0.5 KiB each. A station measures few things; what is beyond is still in the messages."""

_COUNTED: Final = {
    "gamma_cps": "/s",
    "neutron_cps": "/s",
    "alarms": "",
    "suspected": "",
    "confirmed": "",
    "died": "",
    "magnitude": "",
    "wind_speed_m_s": "m/s",
    "wind_from_deg": "deg",
}
"""Plain numbers of monitoring kinds that are worth a line, and the UCUM code of their unit."""
_PASSED_OVER: Final = frozenset({"background"})
"""Measurements that are not the news."""
_FALLING: Final = frozenset({"freeboard"})
"""Measurements that are the worse, the lower they are."""
_RANKS: Final[dict[str, tuple[Any, ...]]] = {
    "threshold": ("normal", "attention", "danger"),
    "exceeds": ("ambient-limit", "workplace-limit", "erpg-1", "aegl-1", "erpg-2", "aegl-2", "erpg-3", "aegl-3"),
    "exceeded": (False, True),
    "suspicious": (False, True),
    "outcome": ("negative", "inconclusive", "quantified", "positive"),
}
"""Verdicts of a reading against limits, from harmless to grave."""


class Reading(NamedTuple):
    """One number of one message."""

    name: str
    """Field, quantity and what it is of: `measurements/activity-per-volume/Cs-137`."""
    quantity: str
    """Of `cbrn_schemas.catalogue.units`, or the field's name where it is a plain number."""
    value: float
    unit: str
    """UCUM code; empty for a plain count."""
    base: float
    """The value in the quantity's base unit, to compare readings in different units."""

    @property
    def falling(self) -> bool:
        """Whether a lower value is the worse one."""
        return self.name.partition("/")[0] in _FALLING


class Noted(NamedTuple):
    """A reading and when it was observed."""

    reading: Reading
    at: datetime


@dataclass(slots=True)
class Series:
    """What was read under one name: first, latest, highest and lowest."""

    first: Noted
    latest: Noted
    highest: Noted
    lowest: Noted

    @classmethod
    def of(cls, noted: Noted) -> Series:
        """Make a series of one."""
        return cls(noted, noted, noted, noted)

    def note(self, noted: Noted) -> None:
        """Add one more reading, the latest."""
        self.latest = noted
        if noted.reading.base > self.highest.reading.base:
            self.highest = noted
        if noted.reading.base < self.lowest.reading.base:
            self.lowest = noted

    @property
    def worst(self) -> float:
        """The worst so far, in the base unit; greater is worse."""
        return -self.lowest.reading.base if self.first.reading.falling else self.highest.reading.base


def readings_of(event: Event) -> tuple[Reading, ...]:
    """Return every number of the message that is worth following, in the order of its fields."""
    found: list[Reading] = []
    for name in _fields(type(event)):
        value = getattr(event, name)
        if isinstance(value, Measurement):
            found.append(_measured(name, value))
        elif isinstance(value, tuple):
            found += [_measured(name, each) for each in value if isinstance(each, Measurement)]
        elif value is not None:
            found.append(Reading(name, name, value, _COUNTED[name], value))
    return tuple(found)


def limits_of(event: Event) -> dict[str, int]:
    """Return the limits that the reading says are reached, `exceeds=aegl-1`, each with its rank; none if harmless."""
    reached = {}
    for name in _verdicts(type(event)):
        verdict, order = getattr(event, name), _RANKS[name]
        rank = order.index(verdict) if verdict in order else 0
        if rank:
            reached[name if verdict is True else f"{name}={verdict}"] = rank
    return reached


def remarks_of(event: Event) -> tuple[str, ...]:
    """Return what the reading says beside its numbers: verdicts by their codes, nuclides that were found."""
    found = [
        name if verdict is True else str(verdict)
        for name in _verdicts(type(event))
        if (verdict := getattr(event, name)) not in {None, False}
    ]
    return (*found, *(each.nuclide for each in event.found)) if isinstance(event, NuclideIdentification) else (*found,)


@cache
def _verdicts(event_type: type[Event]) -> tuple[str, ...]:
    return tuple(name for name in _RANKS if name in event_type.model_fields)


@cache
def _fields(event_type: type[Event]) -> tuple[str, ...]:
    names = event_type.model_fields
    return tuple(
        name
        for name, field in names.items()
        if name not in _PASSED_OVER and (name in _COUNTED or "Measurement" in str(field) or "DoseRate" in str(field))
    )


def _measured(field: str, measured: Measurement) -> Reading:
    base = to_base(measured.value, measured.quantity, measured.unit)
    of = "/".join(filter(None, (field, measured.quantity, measured.nuclide, measured.substance, measured.at)))
    return Reading(of, measured.quantity, measured.value, measured.unit, base)
