"""Counts of health: cases, dead animals, laboratory results."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from cbrn_schemas.events.base import Count, Identifier, Line, Monitoring
from cbrn_schemas.events.parts import Agent, Measurements, Nuclides, Substances


class DiseaseCount(Monitoring):
    """Cases of one disease in one period, as routine surveillance counts them."""

    kind: Literal["disease-count"] = "disease-count"
    hazard: Literal["biological"] = "biological"
    agent: Agent
    start: date
    """First day of the period."""
    end: date
    """Last day of the period."""
    suspected: Count = 0
    confirmed: Count = 0
    died: Count = 0
    usual: Annotated[float, Field(ge=0, le=1e8)] | None = None
    """Cases expected in such a period; fractions allowed."""


class AnimalMortality(Monitoring):
    """Dead animals, more of them than usual or not."""

    kind: Literal["animal-mortality"] = "animal-mortality"
    hazard: Literal["biological"] = "biological"
    species: Line
    died: Count
    wild: bool
    start: date
    end: date
    agent: Agent | None = None
    """Suspected or confirmed cause."""
    samples_taken: Count | None = None


class LaboratoryResult(Monitoring):
    """What a laboratory found in a sample."""

    kind: Literal["laboratory-result"] = "laboratory-result"
    hazard: Literal["chemical", "biological", "radiological"]
    laboratory: Line
    sample: Identifier
    sample_of: Line
    """«blood», «soil», «milk»."""
    sampled: date
    outcome: Literal["positive", "negative", "inconclusive", "quantified"]
    method: Line | None = None
    """«PCR», «gamma spectrometry»."""
    agent: Agent | None = None
    substances: Substances = ()
    nuclides: Nuclides = ()
    measurements: Measurements = ()
    situation: Identifier | None = None
    """The situation to which the sample belongs, if it does."""
