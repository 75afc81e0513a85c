"""Biological incidents: people, animals, plants, laboratories, and the ground in which the dead are buried.

Duties that depend on the answers here: International Health Regulations (2005), article 6 and annex 2 (WHO, 24 h); WOAH
Terrestrial Code, article 1.1.3 (24 h from confirmation).
"""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.types import Strict

from cbrn_schemas.events.base import Count, Incident, Line
from cbrn_schemas.events.numbers import Whole
from cbrn_schemas.events.parts import (
    Agent,
    Country,
    ExactMedium,
    IhrAnnex2,
    Lines,
    Mass,
    Measurements,
    Nuclides,
    Sources,
    Substances,
)


class HumanDisease(Incident):
    """Illness in people: an outbreak, or one case of a disease of the dangerous list."""

    kind: Literal["human-disease"] = "human-disease"
    hazard: Literal["biological"] = "biological"
    agent: Agent
    suspected: Count = 0
    """Cases by symptoms, not (yet) confirmed."""
    confirmed: Count = 0
    """Cases confirmed by a laboratory."""
    contacts: Count | None = None
    """Persons under observation who had contact."""
    hospitalised: Count | None = None
    cordon: bool | None = None
    """True where a quarantine or a checkpoint is in place or asked for."""
    transmission: (
        Literal["person-to-person", "animal", "food", "water", "vector", "airborne", "laboratory", "unknown"] | None
    ) = None
    imported_from: Country | None = None
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2; absent where nobody has assessed them."""


class AnimalDisease(Incident):
    """Illness in animals, domestic or wild."""

    kind: Literal["animal-disease"] = "animal-disease"
    hazard: Literal["biological"] = "biological"
    agent: Agent
    species: Annotated[Lines, Field(min_length=1)]
    """«cattle», «sheep», «marmot»."""
    susceptible: Count | None = None
    """Animals at risk in the herd or village."""
    sick: Count = 0
    """Animals ill, the dead included."""
    died: Count = 0
    """Animals that died of it."""
    destroyed: Count | None = None
    vaccinated: Count | None = None
    movement_stopped: bool | None = None
    """True where animals and products may not leave."""
    people_in_contact: Count | None = None
    ear_tags: Annotated[tuple[Line, ...], Field(max_length=50), Strict(strict=False)] = ()
    """Numbers of the animals' identification, as they stand on the tags."""
    holding: Line | None = None
    """Farm, pasture or market that they were found in, with its number where it has one."""
    origin: Country | None = None
    """Where the animals come from."""
    destination: Country | None = None
    """Where they were bound for."""
    notifiable_as: (
        Literal["first-occurrence", "recurrence", "new-strain", "strain-recurrence", "sudden-change", "unusual-host"]
        | None
    ) = None
    """Ground for an immediate notification: WOAH Terrestrial Code, article 1.1.3."""
    emerging: bool | None = None
    """True for an emerging disease, listed or not: a ground, too (article 1.1.4)."""


class PlantDisease(Incident):
    """A disease or pest of plants."""

    kind: Literal["plant-disease"] = "plant-disease"
    hazard: Literal["biological"] = "biological"
    organism: Line
    """Scientific name: «Locusta migratoria», «Erwinia amylovora»."""
    agent: Agent | None = None
    medium: Literal["plant"] = "plant"
    hosts: Annotated[Lines, Field(min_length=1)]
    """Plants affected: «apple», «wheat»."""
    area_ha: Annotated[float, Field(ge=0, le=2e7)] | None = None
    """Area affected in hectares (the country has 20 million)."""
    quarantine_pest: bool | None = None
    """True for an organism of the quarantine list of the Eurasian Economic Union."""
    pesticides_used: Lines = ()
    origin: Country | None = None
    """Where the plants come from."""
    destination: Country | None = None
    """Where they were bound for."""


class LaboratoryIncident(Incident):
    """Something went wrong in a laboratory: exposure, loss, fire, failure of containment."""

    kind: Literal["laboratory-incident"] = "laboratory-incident"
    hazard: Literal["biological", "chemical", "radiological"]
    laboratory: Line
    what: Literal["exposure", "spill", "loss", "theft", "containment-failure", "fire", "animal-escape", "power-failure"]
    biosafety_level: Annotated[int, Field(ge=1, le=4), Whole()] | None = None
    """WHO Laboratory Biosafety Manual, levels 1 to 4."""
    persons_exposed: Count | None = None
    contained: bool | None = None
    agent: Agent | None = None
    substances: Substances = ()
    sources: Sources = ()
    measurements: Measurements = ()
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2 of the International Health Regulations; absent where nobody has assessed them."""


class SuspiciousSubstance(Incident):
    """A powder, liquid or parcel that nobody knows, where it should not be."""

    kind: Literal["suspicious-substance"] = "suspicious-substance"
    hazard: Literal["biological", "chemical", "radiological"]
    form: Literal["powder", "liquid", "gas", "solid", "parcel", "device", "unknown"]
    found_in: Literal["post", "building", "vehicle", "transport-hub", "open-ground", "border-crossing", "other"]
    identified: bool | None = None
    """False while nobody knows what it is: then `hazard` is a guess, and whom any hazard would concern is told, until
    an update says true."""
    threat: bool | None = None
    """True where a message threatens."""
    persons_exposed: Count | None = None
    screening: Line | None = None
    """What the first test on the spot said."""
    agent: Agent | None = None
    substances: Substances = ()
    nuclides: Nuclides = ()
    measurements: Measurements = ()


class BurialSiteBreach(Incident):
    """A burial of animals or of pesticides was opened by water, landslide, building or digging."""

    kind: Literal["burial-site-breach"] = "burial-site-breach"
    hazard: Literal["biological", "chemical"]
    burial: Literal["anthrax", "animal", "pesticide"]
    """Anthrax and animal burials are biological, pesticides chemical."""
    medium_exact: ExactMedium | None = None
    breach: Annotated[
        tuple[Literal["digging", "flood", "landslide", "erosion", "building", "theft", "fence", "other"], ...],
        Field(min_length=1, max_length=5),
        Strict(strict=False),
    ]
    """How it was opened."""
    medium: Literal["soil", "river", "groundwater", "unknown"] = "soil"
    reached_river: bool | None = None
    mass_kg: Mass | None = None
    """What is missing or lies open, in kilograms."""
    agent: Agent | None = None
    substances: Substances = ()
    measurements: Measurements = ()


class FoodborneIllness(Incident):
    """People fell ill after they had eaten or drunk the same, and nobody knows yet whether of a germ or of a poison."""

    kind: Literal["foodborne-illness"] = "foodborne-illness"
    hazard: Literal["biological", "chemical"]
    """What is thought likelier."""
    identified: bool = False
    """True once the cause is known: until then whom either would concern is told."""
    cases: Annotated[int, Field(ge=1, le=100_000_000), Whole()]
    """Persons ill."""
    hospitalised: Count | None = None
    symptoms: Line | None = None
    onset_h: Annotated[float, Field(ge=0, le=10_000)] | None = None
    """Hours from the meal to the first signs, the shortest."""
    food: Line | None = None
    """Food or drink that is suspected, with its batch."""
    premises: Line | None = None
    """Where it was eaten or bought: «canteen of school No. 5»."""
    gathering: Line | None = None
    """What the cases have in common: «wedding»."""
    samples_taken: Count | None = None
    withdrawn: bool | None = None
    """True where the food was taken off the shelves."""
    origin: Country | None = None
    """Where the food comes from."""
    destination: Country | None = None
    """Where else it was sent."""
    agent: Agent | None = None
    substances: Substances = ()
    ihr: IhrAnnex2 | None = None
    """Answers of annex 2 of the International Health Regulations; absent where nobody has assessed them."""


class VaccineReaction(Incident):
    """Illness after a vaccination, whatever caused it (WHO: adverse event following immunization)."""

    kind: Literal["vaccine-reaction"] = "vaccine-reaction"
    hazard: Literal["biological"] = "biological"
    vaccine: Line
    """Name of the vaccine."""
    against: Agent | None = None
    """The disease that it protects from."""
    manufacturer: Line | None = None
    batch: Line | None = None
    """Batch (lot) number, as on the vial."""
    cases: Annotated[int, Field(ge=1, le=100_000_000), Whole()]
    """Persons who fell ill."""
    serious: Count | None = None
    """Of them: in hospital, disabled, in danger of life or dead."""
    hospitalised: Count | None = None
    vaccinated: Count | None = None
    """Persons who got the same batch there."""
    symptoms: Line | None = None
    onset_h: Annotated[float, Field(ge=0, le=10_000)] | None = None
    """Hours from the vaccination to the first signs, the shortest."""
    use_stopped: bool | None = None
    """True where the batch is not given any more."""
