"""The events: one module a family of kinds, one discriminated union over all of them.

Publish by building a model (`TailingsFailure(body="mes", ...)`) and `to_bytes`; check with `parse_event`, read what you
are told of with `read_event`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.lazily import found_in

if TYPE_CHECKING:
    from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX
    from cbrn_schemas.events.base import (
        CLOCK_TOLERANCE,
        Certainty,
        Emergency,
        Event,
        Exposed,
        ExposedPlace,
        Hazard,
        Incident,
        Language,
        MessageType,
        Monitoring,
        Operator,
        PatientGroup,
        Point,
        Severity,
        Status,
        Text,
        Tlp,
        Urgency,
        Where,
        Zone,
    )
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
    from cbrn_schemas.events.kinds import (
        EVENT_TYPES,
        AnyEvent,
        AnyIncident,
        AnyMonitoring,
        ce_type,
        key_of,
        kind_of,
        lane_of,
    )
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
        IdentifiedNuclide,
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
    from cbrn_schemas.events.parse import parse_event, read_event, repeated_key, to_bytes
    from cbrn_schemas.events.parts import (
        Agent,
        DoseRate,
        IhrAnnex2,
        Measurement,
        RadioactiveSource,
        Substance,
        Vehicle,
    )
    from cbrn_schemas.events.quickly import parse_quickly
    from cbrn_schemas.events.radiological import (
        Contamination,
        LostSource,
        OrphanSource,
        Overexposure,
        PortalAlarm,
        TailingsFailure,
        TransportAccident,
    )
    from cbrn_schemas.events.shorthand import PlaceNameError, dose_rate, measured, place
    from cbrn_schemas.events.trade import DeniedLicence, DetainedShipment, ImportBan, UndeclaredShipment
    from cbrn_schemas.events.watch import HazardWatch

__all__ = [
    "CLOCK_TOLERANCE",
    "EVENT_TYPES",
    "PAYLOAD_BYTES_MAX",
    "AbandonedStock",
    "ActivityConcentration",
    "Agent",
    "AnimalDisease",
    "AnimalMortality",
    "AnimalPoisoning",
    "AnyEvent",
    "AnyIncident",
    "AnyMonitoring",
    "BurialSiteBreach",
    "Certainty",
    "ChemicalRelease",
    "ChemicalSpill",
    "Contamination",
    "DeniedLicence",
    "DetainedShipment",
    "DiseaseCount",
    "DispersionWeather",
    "DoseRate",
    "Emergency",
    "Event",
    "Exposed",
    "ExposedPlace",
    "FacilityEmergency",
    "FoodborneIllness",
    "ForeignAlert",
    "FoundMunition",
    "GammaDoseRate",
    "GasConcentration",
    "Hazard",
    "HazardWatch",
    "HazmatMovement",
    "HumanDisease",
    "IdentifiedNuclide",
    "IhrAnnex2",
    "IllegalDumping",
    "ImportBan",
    "Incident",
    "LaboratoryIncident",
    "LaboratoryResult",
    "Language",
    "LostSource",
    "Measurement",
    "MessageType",
    "Monitoring",
    "NuclideIdentification",
    "Operator",
    "OrphanSource",
    "Overexposure",
    "PatientGroup",
    "PlaceNameError",
    "PlantDisease",
    "Point",
    "PoisoningCluster",
    "PortalAlarm",
    "PortalCount",
    "RadioactiveSource",
    "Sabotage",
    "SafeguardsDiscrepancy",
    "SeismicDetection",
    "Severity",
    "Status",
    "Substance",
    "SuspectedExplosion",
    "SuspiciousSubstance",
    "TailingsFailure",
    "TailingsLevel",
    "Text",
    "Tlp",
    "ToxicFire",
    "Trafficking",
    "TransportAccident",
    "UndeclaredShipment",
    "Urgency",
    "VaccineReaction",
    "Vehicle",
    "WaterQuality",
    "Where",
    "Zone",
    "base",
    "ce_type",
    "dose_rate",
    "foreign",
    "key_of",
    "kind_of",
    "kinds",
    "lane_of",
    "measured",
    "model",
    "monitoring_radiation",
    "nuclear",
    "parse",
    "parse_event",
    "parse_quickly",
    "parts",
    "place",
    "read_event",
    "repeated_key",
    "shorthand",
    "time",
    "to_bytes",
]

__getattr__ = found_in(
    __name__,
    "cbrn_schemas.envelope",
    "cbrn_schemas.events.base",
    "cbrn_schemas.events.parts",
    "cbrn_schemas.events.kinds",
    "cbrn_schemas.events.parse",
    "cbrn_schemas.events.quickly",
    "cbrn_schemas.events.monitoring_radiation",
    "cbrn_schemas.events.shorthand",
)
"""Whoever asks for a language or a point waits for no kind of event."""
