"""What was measured, as far as IRIX has units for it: dose rates, and activities of nuclides in samples."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cbrn_schemas.events.parts import Measurement
from cbrn_schemas.formats.irix import coding
from cbrn_schemas.formats.irix.model import DoseRate, Sample
from cbrn_schemas.formats.irix.place import location_of
from cbrn_schemas.formats.irix.units import Amount, to_irix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cbrn_schemas.events import AnyEvent

_RATES = ("ambient-dose-equivalent-rate", "absorbed-dose-rate")


def dose_rates(event: AnyEvent) -> Iterator[DoseRate]:
    """Give the dose rates of a reading or an incident, each converted."""
    begins, ends, average = _period(event)
    background: Measurement | None = getattr(event, "background", None)
    validated: bool | None = getattr(event, "validated", None)
    for one in _measurements(event):
        value = to_irix(one.value, one.quantity, one.unit) if one.quantity in _RATES else None
        if value is None:
            continue
        usual = background if background is not None and background.quantity == one.quantity else None
        yield DoseRate(
            location=location_of(event),
            value=value,
            begins=begins,
            ends=ends,
            uncertainty=_uncertainty(one),
            background=None if usual is None else to_irix(usual.value, usual.quantity, usual.unit),
            average_over_s=average,
            validated=None if validated is None else ("Validated" if validated else "Not Validated"),
            apparatus=getattr(event, "instrument", None),
            description=one.at,
        )


def samples(event: AnyEvent) -> Iterator[Sample]:
    """Give the activities of nuclides."""
    begins, ends, _ = _period(event)
    medium = getattr(event, "medium_exact", None) or getattr(event, "medium", None)
    code = coding.SAMPLES.get(medium) if medium else None
    told = [said for said in (getattr(event, "sample_of", None), getattr(event, "sample", None)) if said]
    for one in _measurements(event):
        value = to_irix(one.value, one.quantity, one.unit) if one.nuclide is not None else None
        if value is None or one.nuclide is None or one.quantity in _RATES:
            continue
        limit = None if one.detection_limit is None else to_irix(one.detection_limit, one.quantity, one.unit)
        below = limit is not None and value.value < limit.value
        yield Sample(
            location=location_of(event),
            nuclide=one.nuclide,
            begins=begins,
            ends=ends,
            value=limit if below and limit is not None else value,
            below=below,
            type=code,
            type_description=None if code else (medium or "not stated"),
            uncertainty=None if below else _uncertainty(one),
            description="; ".join([*told, *([one.at] if one.at else [])]) or None,
        )


def _measurements(event: AnyEvent) -> Iterator[Measurement]:
    reading = getattr(event, "reading", None)
    if isinstance(reading, Measurement):
        yield reading
    yield from getattr(event, "measurements", ())


def _uncertainty(one: Measurement) -> Amount | None:
    return None if one.uncertainty is None else to_irix(one.uncertainty, one.quantity, one.unit)


def _period(event: AnyEvent) -> tuple[datetime, datetime, float | None]:
    average: float | None = getattr(event, "average_over_s", None) or getattr(event, "live_time_s", None)
    return event.observed - timedelta(seconds=average or 0), event.observed, average
