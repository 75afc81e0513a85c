"""Chemical incidents.

Substances are named by CAS or UN number; what a substance falls under (CWC, Rotterdam, Stockholm, Basel) is the
catalogue's business, not the publisher's.
"""

from typing import Annotated, Literal

from pydantic import Field

from cbrn_schemas.events.base import Count, Hazard, Incident, Line
from cbrn_schemas.events.numbers import Whole
from cbrn_schemas.events.parts import (
    Agent,
    BaselCode,
    Degrees,
    IhrAnnex2,
    Lines,
    Mass,
    Measurements,
    Nuclides,
    Sources,
    Substances,
    Vehicle,
)
from cbrn_schemas.events.time import Time


class ChemicalRelease(Incident):
    """A toxic gas, vapour, aerosol or dust got into the air."""

    kind: Literal["chemical-release"] = "chemical-release"
    hazard: Literal["chemical"] = "chemical"
    substances: Annotated[Substances, Field(min_length=1)]
    medium: Literal["air"] = "air"
    origin: Literal["plant", "storage", "pipeline", "vehicle", "refrigeration", "waterworks", "unknown"] = "unknown"
    ongoing: bool | None = None
    """True while it still escapes."""
    vehicle: Vehicle | None = None
    wind_from_deg: Degrees | None = None
    """Direction that the wind blows from."""
    wind_speed_m_s: Annotated[float, Field(ge=0, le=120)] | None = None
    evacuated: Count | None = None
    """Persons evacuated."""
    measurements: Measurements = ()
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2 of the International Health Regulations; absent where nobody has assessed them."""


class ChemicalSpill(Incident):
    """A liquid or solid chemical got into water or onto the ground."""

    kind: Literal["chemical-spill"] = "chemical-spill"
    hazard: Literal["chemical"] = "chemical"
    substances: Annotated[Substances, Field(min_length=1)]
    medium: Literal["river", "lake", "canal", "groundwater", "soil", "road", "sewer", "site", "unknown"]
    reached_river: bool | None = None
    river: Line | None = None
    """Name of the river or lake."""
    vehicle: Vehicle | None = None
    contained: bool | None = None
    """True once nothing more can spread."""
    basel_code: BaselCode | None = None
    """Where waste on its way or in disposal was spilled."""
    intake_closed: bool | None = None
    """True where a drinking water or irrigation intake was shut because of it."""
    measurements: Measurements = ()
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2 of the International Health Regulations; absent where nobody has assessed them."""


class ToxicFire(Incident):
    """A fire whose smoke is toxic: store of pesticides, tyres, plastics, a dump."""

    kind: Literal["toxic-fire"] = "toxic-fire"
    hazard: Literal["chemical"] = "chemical"
    burning: Line
    """What burns: «tyres», «pesticide store»."""
    substances: Substances = ()
    medium: Literal["air"] = "air"
    area_m2: Annotated[float, Field(ge=0, le=1e10)] | None = None
    under_control: bool | None = None
    basel_code: BaselCode | None = None
    """Where waste on its way or in disposal burns."""
    wind_from_deg: Degrees | None = None
    wind_speed_m_s: Annotated[float, Field(ge=0, le=120)] | None = None
    evacuated: Count | None = None
    measurements: Measurements = ()
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2 of the International Health Regulations; absent where nobody has assessed them."""


class PoisoningCluster(Incident):
    """Several persons are poisoned, and a common source is suspected."""

    kind: Literal["poisoning-cluster"] = "poisoning-cluster"
    hazard: Literal["chemical"] = "chemical"
    cases: Annotated[int, Field(ge=1, le=100_000_000), Whole()]
    """Persons with signs of poisoning."""
    hospitalised: Count | None = None
    critical: Count | None = None
    """Patients in intensive care."""
    children: Count | None = None
    """Patients under 18."""
    ages: Line | None = None
    """Ages of the patients, as reported: «4 to 61»."""
    medium: Literal["food", "water", "air", "medicine", "alcohol", "contact", "unknown"] = "unknown"
    """What the poison is thought to have come with."""
    substances: Substances = ()
    symptoms: Line | None = None
    gathering: Line | None = None
    """What the cases have in common: «school canteen», «wedding»."""
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2 of the International Health Regulations; absent where nobody has assessed them."""


class IllegalDumping(Incident):
    """Hazardous waste was dumped or buried where it must not be."""

    kind: Literal["illegal-dumping"] = "illegal-dumping"
    hazard: Literal["chemical", "radiological", "biological"]
    waste: Line
    """What was dumped: «drums with oil from transformers»."""
    basel_code: BaselCode | None = None
    mass_kg: Mass | None = None
    containers: Count | None = None
    medium: Literal["soil", "river", "lake", "canal", "site", "road", "unknown"] = "unknown"
    reached_river: bool | None = None
    substances: Substances = ()
    nuclides: Nuclides = ()
    sources: Sources = ()
    agent: Agent | None = None
    vehicle: Vehicle | None = None
    measurements: Measurements = ()


class FoundMunition(Incident):
    """A chemical munition, or one that may be: shell, canister, training set."""

    kind: Literal["found-munition"] = "found-munition"
    hazard: Literal["chemical"] = "chemical"
    munition: Line
    """What it is: «steel canister», «training set KPO»."""
    number: Annotated[int, Field(ge=1, le=1_000_000), Whole()] = 1
    marking: Line | None = None
    """Letters, numbers and rings on it, as they are."""
    leaking: bool | None = None
    substances: Substances = ()
    """The supposed fill."""
    cordon_m: Annotated[float, Field(ge=0, le=100_000)] | None = None
    """Radius of the cordon in metres."""
    measurements: Measurements = ()


class AnimalPoisoning(Incident):
    """Animals died or fell ill of a poison: bait, pesticide, water."""

    kind: Literal["animal-poisoning"] = "animal-poisoning"
    hazard: Literal["chemical"] = "chemical"
    species: Annotated[Lines, Field(min_length=1)]
    """«sheep», «stray dogs», «bees»."""
    sick: Count = 0
    """Animals ill, the dead included."""
    died: Count = 0
    wild: bool | None = None
    substances: Substances = ()
    medium: Literal["feed", "water", "pasture", "bait", "air", "unknown"] = "unknown"
    reached_river: bool | None = None
    measurements: Measurements = ()


class ChemicalStock(Incident):
    """An abandoned or unowned stock of chemicals was found, nothing released so far."""

    kind: Literal["chemical-stock"] = "chemical-stock"
    hazard: Literal["chemical"] = "chemical"
    stock: Line
    """What it is: «barrels in a former pesticide store»."""
    substances: Substances = ()
    mass_kg: Mass | None = None
    containers: Count | None = None
    leaking: bool | None = None
    owner_known: bool | None = None
    measurements: Measurements = ()


class Watch(Incident):
    """Nothing has happened: something may, and somebody looks at it at stated times."""

    kind: Literal["watch"] = "watch"
    hazard: Hazard
    watched: Line
    """What is looked at: «landslide above tailings No. 3»."""
    why: Line | None = None
    every_min: Annotated[int, Field(ge=1, le=10_080), Whole()] = 60
    """How often it is looked at, in minutes."""
    until: Time | None = None
    """When the watch ends unless it is prolonged."""
    nuclides: Nuclides = ()
    substances: Substances = ()
    agent: Agent | None = None
    measurements: Measurements = ()
