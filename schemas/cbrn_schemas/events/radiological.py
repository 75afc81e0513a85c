"""Radiological incidents: sources without control, contamination, tailings, transport, alarms, overexposure.

Terms are those of the IAEA Safety Glossary (2022); INES levels those of the INES User's Manual (2008 edition).
"""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.types import Strict

from cbrn_schemas.events.base import Count, Identifier, Incident, Line
from cbrn_schemas.events.numbers import Whole
from cbrn_schemas.events.parts import (
    Agent,
    BaselCode,
    Country,
    ExactMedium,
    IhrAnnex2,
    InesLevel,
    Measurements,
    Nuclides,
    Sources,
    Substances,
    Vehicle,
)
from cbrn_schemas.events.time import Time


class OrphanSource(Incident):
    """A radioactive source that nobody controls was found, or is suspected."""

    kind: Literal["orphan-source"] = "orphan-source"
    hazard: Literal["radiological"] = "radiological"
    sources: Sources = ()
    """As far as known; empty while only the dose rate is."""
    medium: Literal["site", "scrap", "vehicle", "building", "soil", "unknown"] = "unknown"
    origin: Country | None = None
    """Where the scrap or the device comes from."""
    found_by: Literal["search", "portal", "citizen", "scrap-dealer", "operator", "patrol", "other"] | None = None
    persons_exposed: Count | None = None
    cordon_m: Annotated[float, Field(ge=0, le=100_000)] | None = None
    """Radius of the cordon in metres."""
    ines_level: InesLevel | None = None
    measurements: Measurements = ()


class LostSource(Incident):
    """A registered source is missing."""

    kind: Literal["lost-source"] = "lost-source"
    hazard: Literal["radiological"] = "radiological"
    sources: Annotated[Sources, Field(min_length=1)]
    stolen: bool | None = None
    """True for a theft, false for a loss, absent where nobody knows."""
    last_seen: Time | None = None
    container: Line | None = None
    """What it was in, so that people can recognise it."""
    vehicle: Vehicle | None = None
    ines_level: InesLevel | None = None


class Contamination(Incident):
    """Something is contaminated that should not be: ground, water, food, goods, a building."""

    kind: Literal["contamination"] = "contamination"
    hazard: Literal["radiological", "chemical", "biological"]
    medium: Literal["air", "water", "river", "soil", "food", "plant", "goods", "scrap", "vehicle", "site", "building"]
    nuclides: Nuclides = ()
    substances: Substances = ()
    agent: Agent | None = None
    area_m2: Annotated[float, Field(ge=0, le=1e10)] | None = None
    persons_contaminated: Count | None = None
    reached_river: bool | None = None
    medium_exact: ExactMedium | None = None
    goods: Line | None = None
    """What goods or food: «coal, 8,000 t»."""
    origin: Country | None = None
    """Where the goods come from."""
    destination: Country | None = None
    """Where they were bound for."""
    vehicle: Vehicle | None = None
    ines_level: InesLevel | None = None
    measurements: Measurements = ()
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2 of the International Health Regulations; absent where nobody has assessed them."""


class TailingsFailure(Incident):
    """A tailings pond or dump fails or is about to: dam, cover, slope above it, drainage."""

    kind: Literal["tailings-failure"] = "tailings-failure"
    hazard: Literal["radiological", "chemical"] = "radiological"
    state: Literal["threatened", "leaking", "overtopped", "breached", "eroding", "stable"]
    """State of the facility now."""
    causes: Annotated[
        tuple[
            Literal["landslide", "earthquake", "flood", "mudflow", "rain", "ageing", "works", "digging", "unknown"], ...
        ],
        Field(max_length=5),
        Strict(strict=False),
    ] = ()
    volume_m3: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Material that left the facility, in cubic metres; for a threat, what may leave."""
    reached_river: bool | None = None
    river: Line | None = None
    substances: Substances = ()
    nuclides: Nuclides = ()
    ines_level: InesLevel | None = None
    measurements: Measurements = ()


class TransportAccident(Incident):
    """An accident with a vehicle that carries, or may carry, dangerous goods."""

    kind: Literal["transport-accident"] = "transport-accident"
    hazard: Literal["radiological", "chemical", "biological", "nuclear"]
    vehicle: Vehicle
    cargo: Line | None = None
    """What it carries, in words: «soil of the Tuyuk-Suu tailings»."""
    loaded: bool | None = None
    """Whether it carried cargo; absent where nobody knows."""
    origin: Country | None = None
    """Where the cargo comes from."""
    destination: Country | None = None
    """Where it was bound for."""
    released: bool | None = None
    """Whether cargo got out."""
    basel_code: BaselCode | None = None
    """Where the cargo is waste on its way or in disposal."""
    reached_river: bool | None = None
    river: Line | None = None
    substances: Substances = ()
    sources: Sources = ()
    nuclides: Nuclides = ()
    agent: Agent | None = None
    ines_level: InesLevel | None = None
    measurements: Measurements = ()


class PortalAlarm(Incident):
    """A radiation portal monitor alarmed, and the alarm was not dismissed at once."""

    kind: Literal["portal-alarm"] = "portal-alarm"
    hazard: Literal["radiological", "nuclear"] = "radiological"
    portal: Identifier
    """Name of the portal: `ak-jol-in-2`."""
    alarm: Literal["gamma", "neutron", "gamma-neutron"]
    gamma_cps: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Highest gamma count rate, per second."""
    gamma_background_cps: Annotated[float, Field(ge=0, le=1e9)] | None = None
    neutron_cps: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Highest neutron count rate, per second."""
    neutron_background_cps: Annotated[float, Field(ge=0, le=1e9)] | None = None
    cargo: Line | None = None
    vehicle: Vehicle | None = None
    origin: Country | None = None
    """Where the cargo comes from."""
    destination: Country | None = None
    """Where it was bound for."""
    direction: Literal["entry", "exit", "transit"] | None = None
    cause: Literal["natural", "medical", "industrial", "scrap", "nuclear-material", "unknown"] = "unknown"
    """What a second look found (IAEA Nuclear Security Series 1-T calls the first two innocent alarms)."""
    held: bool | None = None
    """True while vehicle and cargo are held."""
    nuclides: Nuclides = ()
    sources: Sources = ()
    measurements: Measurements = ()


class Overexposure(Incident):
    """A person received more dose than allowed."""

    kind: Literal["overexposure"] = "overexposure"
    hazard: Literal["radiological"] = "radiological"
    persons: Annotated[int, Field(ge=1, le=1_000_000), Whole()]
    group: Literal["worker", "patient", "public", "responder"]
    pathway: Literal["external", "internal", "skin", "mixed", "unknown"] = "unknown"
    sources: Sources = ()
    nuclides: Nuclides = ()
    device: Line | None = None
    """What irradiated: «X-ray unit», «flaw detector»."""
    symptoms: bool | None = None
    """Whether there are deterministic effects: burns, sickness."""
    ines_level: InesLevel | None = None
    measurements: Measurements = ()
    """Doses: dose equivalent in Sv or absorbed dose in Gy, each in its own unit."""
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2 of the International Health Regulations; absent where nobody has assessed them."""
