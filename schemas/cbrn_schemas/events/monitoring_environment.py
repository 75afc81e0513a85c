"""Readings of the environment: air, water, tailings, ground motion, weather, and dangerous goods on the move."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.types import Strict

from cbrn_schemas.events.base import Identifier, Line, Monitoring
from cbrn_schemas.events.numbers import Whole
from cbrn_schemas.events.parts import (
    Agent,
    Country,
    Degrees,
    Measurement,
    Measurements,
    Nuclides,
    Sources,
    Substance,
    Substances,
    Vehicle,
)
from cbrn_schemas.events.time import Time


class GasConcentration(Monitoring):
    """A gas or aerosol in the air."""

    kind: Literal["gas-concentration"] = "gas-concentration"
    hazard: Literal["chemical"] = "chemical"
    medium: Literal["air"] = "air"
    substance: Substance
    reading: Measurement
    """`mass-per-volume` or `volume-fraction`."""
    average_over_s: Annotated[float, Field(gt=0, le=31_622_400)] | None = None
    exceeds: (
        Literal["ambient-limit", "workplace-limit", "aegl-1", "aegl-2", "aegl-3", "erpg-1", "erpg-2", "erpg-3"] | None
    ) = None
    """The highest guideline value that is exceeded (AEGL: US EPA; ERPG: AIHA)."""


class WaterQuality(Monitoring):
    """Chemistry and state of water."""

    kind: Literal["water-quality"] = "water-quality"
    hazard: Literal["chemical", "radiological", "biological"] = "chemical"
    medium: Literal["river", "lake", "drinking-water", "groundwater", "canal", "wastewater"]
    sample: Identifier | None = None
    measurements: Annotated[Measurements, Field(min_length=1)]
    """Each names its substance, where it is of one."""
    exceeded: bool | None = None
    """True where a limit is exceeded."""


class TailingsLevel(Monitoring):
    """Technical state of a tailings pond."""

    kind: Literal["tailings-level"] = "tailings-level"
    hazard: Literal["radiological", "chemical"] = "radiological"
    pond_level: Measurement | None = None
    """Level of the water in the pond, above the station's datum."""
    freeboard: Measurement | None = None
    """Height of the crest above the water."""
    pore_pressure: Measurement | None = None
    drainage: Measurement | None = None
    """Flow out of the drainage."""
    displacement: Measurement | None = None
    """Movement of dam or slope since the zero reading."""
    threshold: Literal["normal", "attention", "danger"] | None = None
    """Against the facility's own criteria."""


class SeismicDetection(Monitoring):
    """An event that a seismic or infrasound network located. `observed` is the origin time, `where` the epicentre."""

    kind: Literal["seismic-detection"] = "seismic-detection"
    hazard: Literal["nuclear"] = "nuclear"
    magnitude: Annotated[float, Field(ge=-2, le=10)]
    magnitude_type: Literal["mb", "Ms", "ML", "Mw", "K"] = "mb"
    """Body wave, surface wave, local, moment; K is the energy class that Central Asian networks use."""
    depth_km: Annotated[float, Field(ge=0, le=800)] | None = None
    suspicious: bool
    """True where the signal does not look like an earthquake: shallow, explosion-like, at a known site."""
    infrasound: bool | None = None
    stations: Annotated[int, Field(ge=1, le=10_000), Whole()] | None = None
    """Stations used for the location."""
    reference: Identifier | None = None
    """The network's own number of the event."""


class DispersionWeather(Monitoring):
    """What a dispersion forecast needs."""

    kind: Literal["dispersion-weather"] = "dispersion-weather"
    hazard: Literal["chemical", "biological", "radiological", "nuclear"]
    wind_from_deg: Degrees
    """Direction that the wind blows from."""
    wind_speed_m_s: Annotated[float, Field(ge=0, le=120)]
    wind_height_m: Annotated[float, Field(gt=0, le=30_000)] = 10.0
    """Height of the measurement above ground."""
    stability: Literal["A", "B", "C", "D", "E", "F", "G"] | None = None
    """Pasquill stability class."""
    temperature_Cel: Annotated[float, Field(ge=-90, le=60)] | None = None  # noqa: N815 - UCUM's code of the unit
    pressure_hPa: Annotated[float, Field(ge=300, le=1100)] | None = None  # noqa: N815 - UCUM's code of the unit
    """At the station, not reduced to sea level."""
    humidity_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    precipitation_mm_h: Annotated[float, Field(ge=0, le=500)] | None = None
    mixing_height_m: Annotated[float, Field(ge=0, le=10_000)] | None = None


class HazmatMovement(Monitoring):
    """A declared movement of dangerous goods. `where` is where it is now, or where it starts."""

    kind: Literal["hazmat-movement"] = "hazmat-movement"
    hazard: Literal["chemical", "biological", "radiological", "nuclear"]
    phase: Literal["planned", "departed", "under-way", "arrived", "cancelled"]
    vehicle: Vehicle
    cargo: Line
    un_class: Literal["1", "2.1", "2.2", "2.3", "3", "4.1", "4.2", "4.3", "5.1", "5.2", "6.1", "6.2", "7", "8", "9"]
    """Class or division of the UN Recommendations on the Transport of Dangerous Goods."""
    origin: Line
    destination: Line
    origin_country: Country | None = None
    destination_country: Country | None = None
    route: Annotated[tuple[Line, ...], Field(max_length=20), Strict(strict=False)] = ()
    """Places on the way."""
    departure: Time | None = None
    arrival: Time | None = None
    """Expected, or actual once arrived."""
    permit: Line | None = None
    """Number of the permit."""
    escort: bool | None = None
    substances: Substances = ()
    sources: Sources = ()
    nuclides: Nuclides = ()
    agent: Agent | None = None
