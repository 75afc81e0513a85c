"""Readings of radiation: dose rate, spectra, activity in samples, portal counts."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.types import Strict

from cbrn_schemas.events.base import Count, Identifier, Line, Monitoring
from cbrn_schemas.events.model import Part
from cbrn_schemas.events.parts import DoseRate, Measurements, Nuclide

AveragingTime = Annotated[float, Field(gt=0, le=31_622_400)]
"""Seconds; at most a year."""


class GammaDoseRate(Monitoring):
    """Dose rate at a post. Background in the country: 25.5 uR/h on average."""

    kind: Literal["gamma-dose-rate"] = "gamma-dose-rate"
    hazard: Literal["radiological"] = "radiological"
    reading: DoseRate
    average_over_s: AveragingTime | None = None
    background: DoseRate | None = None
    """What is usual here; in the quantity of the reading or it says nothing."""
    height_m: Annotated[float, Field(ge=0, le=10_000)] | None = None
    """Height of the detector above ground in metres; 1 by convention."""
    validated: bool | None = None
    """True once a person has looked at it."""


class IdentifiedNuclide(Part):
    """One line of an identification."""

    nuclide: Nuclide
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    """0 to 1, as the instrument gives it."""
    activity_Bq: Annotated[float, Field(ge=0, le=1e20)] | None = None  # noqa: N815 - the unit keeps its case


class NuclideIdentification(Monitoring):
    """Nuclides found in a spectrum (ANSI N42.42, `NuclideAnalysisResults`)."""

    kind: Literal["nuclide-identification"] = "nuclide-identification"
    hazard: Literal["radiological", "nuclear"] = "radiological"
    found: Annotated[tuple[IdentifiedNuclide, ...], Field(max_length=50), Strict(strict=False)]
    """Empty: nothing but background."""
    instrument: Line | None = None
    live_time_s: AveragingTime | None = None
    reading: DoseRate | None = None
    """Dose rate at the same place."""


class ActivityConcentration(Monitoring):
    """Activity in air, water, soil, food or on a surface."""

    kind: Literal["activity-concentration"] = "activity-concentration"
    hazard: Literal["radiological"] = "radiological"
    medium: Literal["air", "water", "river", "soil", "food", "plant", "deposition", "sediment"]
    sample: Identifier | None = None
    """Name of the sample."""
    sample_of: Line | None = None
    """«milk», «irrigation water»."""
    measurements: Annotated[Measurements, Field(min_length=1)]
    """Each with its nuclide."""


class PortalCount(Monitoring):
    """Counts of a portal monitor, without an alarm that stands."""

    kind: Literal["portal-count"] = "portal-count"
    hazard: Literal["radiological", "nuclear"] = "radiological"
    portal: Identifier
    gamma_cps: Annotated[float, Field(ge=0, le=1e9)]
    """Gamma counts per second, mean over the period."""
    neutron_cps: Annotated[float, Field(ge=0, le=1e9)] | None = None
    period_s: AveragingTime
    vehicles: Count | None = None
    """Passages in the period."""
    alarms: Count | None = None
    """Alarms in the period, the dismissed ones included."""
