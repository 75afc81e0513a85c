"""Chemical incidents.

Substances are named by CAS or UN number; what a substance falls under (CWC, Rotterdam, Stockholm, Basel) is the
catalogue's business, not the publisher's.
"""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.types import Strict

from cbrn_schemas.events.base import Count, Incident, Line
from cbrn_schemas.events.numbers import Whole
from cbrn_schemas.events.parts import (
    Agent,
    BaselCode,
    Country,
    Degrees,
    ExactMedium,
    IhrAnnex2,
    Lines,
    Mass,
    Measurements,
    Nuclides,
    Sources,
    Substances,
    Vehicle,
)


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
    medium_exact: ExactMedium | None = None
    origin: Country | None = None
    """Where the waste comes from."""
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
    """Animals are poisoned: livestock, fish, bees, game."""

    kind: Literal["animal-poisoning"] = "animal-poisoning"
    hazard: Literal["chemical"] = "chemical"
    species: Annotated[Lines, Field(min_length=1)]
    """«sheep», «trout», «honey bee»."""
    wild: bool | None = None
    susceptible: Count | None = None
    """Animals at risk in the herd, pond or apiary."""
    sick: Count = 0
    """Animals ill, the dead included."""
    died: Count = 0
    """Animals that died of it."""
    medium: Literal["feed", "water", "pasture", "bait", "air", "river", "unknown"] = "unknown"
    """What the poison is thought to have come with."""
    reached_river: bool | None = None
    substances: Substances = ()
    products_stopped: bool | None = None
    """True where meat, milk, fish or honey of them may not be sold."""
    people_in_contact: Count | None = None
    ear_tags: Annotated[tuple[Line, ...], Field(max_length=50), Strict(strict=False)] = ()
    """Numbers of the animals' identification, as they stand on the tags."""
    holding: Line | None = None
    """Farm, pasture or pond, with its number where it has one."""
    measurements: Measurements = ()


class AbandonedStock(Incident):
    """Chemicals that nobody looks after: an old store of pesticides, a closed works, drums in a yard."""

    kind: Literal["abandoned-stock"] = "abandoned-stock"
    hazard: Literal["chemical"] = "chemical"
    stock: Line
    """What lies there, in words: «sacks without labels, DDT by the smell»."""
    substances: Substances = ()
    mass_kg: Mass | None = None
    containers: Count | None = None
    condition: Literal["intact", "damaged", "leaking", "burning", "unknown"] = "unknown"
    """State of the packing."""
    guarded: bool | None = None
    """False where anybody can walk in."""
    medium: Literal["site", "building", "soil", "river", "unknown"] = "unknown"
    """What it has got into, or may."""
    reached_river: bool | None = None
    persons_exposed: Count | None = None
    measurements: Measurements = ()
