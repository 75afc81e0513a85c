"""Nuclear incidents and nuclear security: facilities, trafficking, sabotage, material unaccounted for, explosions."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.types import Strict

from cbrn_schemas.events.base import Count, Identifier, Incident, Line
from cbrn_schemas.events.parts import (
    Agent,
    ControlList,
    Country,
    Degrees,
    EmergencyClass,
    InesLevel,
    Mass,
    Measurements,
    Nuclides,
    ProtectiveAction,
    Sources,
    Substances,
    Vehicle,
)

NuclearMaterial = Literal[
    "uranium-natural", "uranium-depleted", "uranium-low-enriched", "uranium-high-enriched", "plutonium", "thorium"
]
"""Source and special fissionable material: IAEA Statute, article XX; high enriched is 20 % U-235 and more."""


class FacilityEmergency(Incident):
    """An emergency at a facility, at home or abroad: reactor, mill, irradiator, chemical plant."""

    kind: Literal["facility-emergency"] = "facility-emergency"
    hazard: Literal["nuclear", "radiological", "chemical"]
    emergency_class: EmergencyClass
    facility: Line | None = None
    """Name, where it is no site of the catalogue."""
    ines_level: InesLevel | None = None
    release: Literal["has-occurred", "has-not-occurred", "likely", "unlikely", "unknown"] = "unknown"
    """Release to the environment (IRIX 1.0 `ReleaseOccurrence`)."""
    medium: Literal["air", "water", "air-and-water"] | None = None
    actions: Annotated[tuple[ProtectiveAction, ...], Field(max_length=10), Strict(strict=False)] = ()
    """Protective actions taken or ordered."""
    wind_from_deg: Degrees | None = None
    wind_speed_m_s: Annotated[float, Field(ge=0, le=120)] | None = None
    nuclides: Nuclides = ()
    substances: Substances = ()
    measurements: Measurements = ()


class Trafficking(Incident):
    """Illicit possession, movement, sale or offer of material."""

    kind: Literal["trafficking"] = "trafficking"
    hazard: Literal["radiological", "nuclear", "chemical", "biological"]
    material: Line
    """What it is or is said to be."""
    seized: bool | None = None
    mass_kg: Mass | None = None
    group: Literal["I", "II", "III"] | None = None
    """Group of the IAEA's Incident and Trafficking Database: I malicious use or trafficking, II unclear, III other."""
    nuclear_material: NuclearMaterial | None = None
    sources: Sources = ()
    nuclides: Nuclides = ()
    substances: Substances = ()
    agent: Agent | None = None
    detained: Count | None = None
    """Persons detained."""
    control_list: ControlList | None = None
    control_item: Line | None = None
    """Item of the list: «1C350.4»."""
    origin: Country | None = None
    destination: Country | None = None
    vehicle: Vehicle | None = None
    measurements: Measurements = ()


class Sabotage(Incident):
    """Theft, attack, intrusion or threat against a site, a store or a transport of CBRN material."""

    kind: Literal["sabotage"] = "sabotage"
    hazard: Literal["chemical", "biological", "radiological", "nuclear"]
    act: Literal["theft", "sabotage", "attack", "intrusion", "threat", "cyber-attack"]
    completed: bool | None = None
    """False for an attempt that was stopped."""
    target: Line
    stolen: bool | None = None
    """True where material is gone."""
    detained: Count | None = None
    substances: Substances = ()
    sources: Sources = ()
    nuclides: Nuclides = ()
    agent: Agent | None = None
    vehicle: Vehicle | None = None
    measurements: Measurements = ()


class SafeguardsDiscrepancy(Incident):
    """Nuclear material is not where the books say, or there is more of it than they say.

    Special reports: paragraph 68 of the safeguards agreement, which the revised small quantities protocol (ratified in
    October 2025) applies again.
    """

    kind: Literal["safeguards-discrepancy"] = "safeguards-discrepancy"
    hazard: Literal["nuclear"] = "nuclear"
    material: NuclearMaterial
    balance_area: Identifier | None = None
    """Material balance area, as the IAEA names it."""
    book_kg: Mass | None = None
    """Mass of the element by the books, in kilograms."""
    found_kg: Mass | None = None
    """Mass of the element that was found, in kilograms."""
    found_in: Literal["inventory", "inspection", "transfer", "seal", "tip-off"] | None = None
    seal_broken: bool | None = None


class SuspectedExplosion(Incident):
    """Signs of a nuclear explosion."""

    kind: Literal["suspected-explosion"] = "suspected-explosion"
    hazard: Literal["nuclear"] = "nuclear"
    detected_by: Annotated[
        tuple[Literal["seismic", "infrasound", "radionuclide", "optical", "dose-rate", "partner"], ...],
        Field(min_length=1, max_length=6),
        Strict(strict=False),
    ]
    magnitude: Annotated[float, Field(ge=-2, le=10)] | None = None
    """Body-wave magnitude mb, where seismic."""
    depth_km: Annotated[float, Field(ge=0, le=800)] | None = None
    yield_kt: Annotated[float, Field(ge=0, le=100_000)] | None = None
    """Estimated yield in kilotons of TNT."""
    nuclides: Nuclides = ()
    measurements: Measurements = ()
