"""A report as data: the sections of IRIX 1.0 that an event of ours can fill, and that are read of others' reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.formats.faults import Fault
    from cbrn_schemas.formats.irix.units import Amount

ROOT: Final = "http://www.iaea.org/2012/IRIX/Format"
CONTENT_TYPE: Final = "application/xml"
"""No media type is registered for IRIX."""
CONTEXTS: Final = ("Emergency", "Routine", "Exercise", "Test")
CONFIDENTIALITIES: Final = ("For Addressees Use Only", "For Authority Use Only", "Free for Public Use")


@dataclass(frozen=True, slots=True)
class Location:
    """Where something is, or was measured."""

    name: str | None = None
    lat: float | None = None
    lon: float | None = None
    height_m: float | None = None
    """Above ground."""
    region: str | None = None
    """`AdministrativeUnit`."""
    country: str | None = None
    exact: bool | None = None
    """False for a point that stands for a region."""


@dataclass(frozen=True, slots=True)
class Source:
    """A radioactive source."""

    nuclide: str
    activity_bq: str | None = None
    on: datetime | None = None
    sealed: str | None = None
    """Yes, No, Unknown."""
    shielded: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """`EventInformation`: what happened."""

    type: str
    time: datetime
    location: Location
    type_description: str | None = None
    object: str | None = None
    """Name of the facility, source or thing involved."""
    object_type: str | None = None
    sources: tuple[Source, ...] = ()
    emergency_class: str | None = None
    emergency_class_described: str | None = None
    """For the fifth class of GSR Part 7, which IRIX has no code for."""
    ines: str | None = None
    """`INES-2`."""
    texts: tuple[tuple[str | None, str], ...] = ()
    """Paragraphs of the description, each with its language."""


@dataclass(frozen=True, slots=True)
class Release:
    """`ReleaseOccurrence`."""

    actual: str
    future: str | None = None
    compartment: str | None = None


@dataclass(frozen=True, slots=True)
class Weather:
    """`MeteoRecord`."""

    location: Location
    begins: datetime
    wind_from_deg: float | None = None
    wind_speed_m_s: float | None = None
    temperature_k: str | None = None
    pressure_hpa: float | None = None
    humidity_percent: float | None = None
    stability: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value, and where, when and how surely it was measured."""

    location: Location
    value: Amount
    begins: datetime
    ends: datetime
    uncertainty: Amount | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRate(Measured):
    """One dose rate."""

    background: Amount | None = None
    average_over_s: float | None = None
    validated: str | None = None
    apparatus: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Measured):
    """One activity of one nuclide in one sample."""

    nuclide: str
    type: str | None = None
    """Code of EURDEP's list: `A211` river water."""
    type_description: str | None = None
    below: bool = False
    """The true value lies below: it was not detected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report."""

    uuid: str
    organisation: str
    """`mnrets.cbrn.kg`."""
    organisation_name: str
    country: str
    created: datetime
    context: str
    follows: str | None = None
    revokes: str | None = None
    confidentiality: str | None = None
    addressees: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    """On what it is sent: a convention's name."""
    events: tuple[str, ...] = ()
    """Names of the situation."""
    valid_at: datetime | None = None
    event: Event | None = None
    release: Release | None = None
    weather: Weather | None = None
    casualties: tuple[tuple[str, int], ...] = ()
    """What happened to persons, and to how many."""
    actions: tuple[tuple[str, str], ...] = ()
    """Protective actions, each with its status."""
    dose_rates: tuple[DoseRate, ...] = ()
    samples: tuple[Sample, ...] = ()
    notes: tuple[tuple[str | None, str], ...] = ()
    """`Annexes`: text that no section takes, each with its language."""
    faults: tuple[Fault, ...] = ()
    """What a report that was read has besides, without being useless for it."""
