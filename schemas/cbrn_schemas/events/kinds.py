"""Every kind, by name: one closed union over all families, and what follows from a kind alone."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cbrn_schemas.events.base import Event, Incident, Monitoring
from cbrn_schemas.events.biological import (
    AnimalDisease,
    BurialSiteBreach,
    FoodborneIllness,
    HumanDisease,
    LaboratoryIncident,
    PlantDisease,
    SuspiciousSubstance,
    VaccineReaction,
)
from cbrn_schemas.events.chemical import (
    AbandonedStock,
    AnimalPoisoning,
    ChemicalRelease,
    ChemicalSpill,
    FoundMunition,
    IllegalDumping,
    PoisoningCluster,
    ToxicFire,
)
from cbrn_schemas.events.foreign import ForeignAlert
from cbrn_schemas.events.monitoring_environment import (
    DispersionWeather,
    GasConcentration,
    HazmatMovement,
    SeismicDetection,
    TailingsLevel,
    WaterQuality,
)
from cbrn_schemas.events.monitoring_health import AnimalMortality, DiseaseCount, LaboratoryResult
from cbrn_schemas.events.monitoring_radiation import (
    ActivityConcentration,
    GammaDoseRate,
    NuclideIdentification,
    PortalCount,
)
from cbrn_schemas.events.nuclear import (
    FacilityEmergency,
    Sabotage,
    SafeguardsDiscrepancy,
    SuspectedExplosion,
    Trafficking,
)
from cbrn_schemas.events.radiological import (
    Contamination,
    LostSource,
    OrphanSource,
    Overexposure,
    PortalAlarm,
    TailingsFailure,
    TransportAccident,
)
from cbrn_schemas.events.trade import DeniedLicence, DetainedShipment, ImportBan, UndeclaredShipment
from cbrn_schemas.events.watch import HazardWatch
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping

AnyIncident = (
    ChemicalRelease
    | ChemicalSpill
    | ToxicFire
    | PoisoningCluster
    | IllegalDumping
    | FoundMunition
    | HumanDisease
    | AnimalDisease
    | PlantDisease
    | LaboratoryIncident
    | SuspiciousSubstance
    | BurialSiteBreach
    | OrphanSource
    | LostSource
    | Contamination
    | TailingsFailure
    | TransportAccident
    | PortalAlarm
    | Overexposure
    | FacilityEmergency
    | Trafficking
    | Sabotage
    | SafeguardsDiscrepancy
    | SuspectedExplosion
    | DetainedShipment
    | UndeclaredShipment
    | DeniedLicence
    | FoodborneIllness
    | VaccineReaction
    | AnimalPoisoning
    | AbandonedStock
    | ImportBan
    | HazardWatch
    | ForeignAlert
)
"""Everything that can happen."""

AnyMonitoring = (
    GammaDoseRate
    | NuclideIdentification
    | ActivityConcentration
    | GasConcentration
    | WaterQuality
    | TailingsLevel
    | DiseaseCount
    | AnimalMortality
    | LaboratoryResult
    | PortalCount
    | SeismicDetection
    | DispersionWeather
    | HazmatMovement
)
"""Everything that can be measured or counted."""

AnyEvent = AnyIncident | AnyMonitoring
"""Everything that travels as an event."""

_CLASSES: Final[tuple[type[AnyEvent], ...]] = AnyEvent.__args__

EVENT_TYPES: Final[Mapping[str, type[AnyEvent]]] = MappingProxyType(
    {model.model_fields["kind"].default: model for model in _CLASSES}
)
"""The model of each kind, incidents first."""

_TYPE_VERSION: Final = 1
_CE_TYPES: Final = MappingProxyType(
    {
        kind: f"kg.cbrn.{'incident' if issubclass(model, Incident) else 'monitoring'}.{kind}.v{_TYPE_VERSION}"
        for kind, model in EVENT_TYPES.items()
    }
)
_KINDS: Final = MappingProxyType({name: kind for kind, name in _CE_TYPES.items()})


def ce_type(kind: str) -> str:
    """Return the CloudEvents `type` of a kind: `kg.cbrn.incident.tailings-failure.v1`. KeyError for what is no kind."""
    return _CE_TYPES[kind]


def kind_of(ce_type: str) -> str | None:
    """Return the kind of a CloudEvents `type`; None where the type is no event of this bus and version."""
    return _KINDS.get(ce_type)


def lane_of(kind: str) -> Lane:
    """Return the lane on which a kind travels. KeyError for what is no kind."""
    return Lane.INCIDENTS if issubclass(EVENT_TYPES[kind], Incident) else Lane.MONITORING


def key_of(event: Event) -> str:
    """Return the Kafka key: the situation of an incident, the station of a reading."""
    if isinstance(event, Incident):
        return event.situation
    if isinstance(event, Monitoring):
        return event.station
    raise TypeError(f"{type(event).__name__} is neither an incident nor a reading")
