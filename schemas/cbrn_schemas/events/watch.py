"""Nothing has happened: what is watched, since it may."""

from typing import Annotated, Literal

from pydantic import Field

from cbrn_schemas.events.base import Certainty, Hazard, Incident, Line, Urgency
from cbrn_schemas.events.numbers import Whole
from cbrn_schemas.events.parts import Agent, Country, Measurements, Nuclides, Substances
from cbrn_schemas.events.time import Time


class HazardWatch(Incident):
    """A danger that has not come true is looked at again and again: a lake behind a landslide, an outbreak next door.

    When something happens, a report of its own kind says so, with the same situation.
    """

    kind: Literal["hazard-watch"] = "hazard-watch"
    hazard: Hazard
    urgency: Urgency = "Future"
    certainty: Certainty = "Possible"
    watched: Line
    """What is watched: «level of the lake above the tailings»."""
    trigger: Line | None = None
    """What would make it an emergency: «freeboard below 0.5 m»."""
    every_min: Annotated[int, Field(ge=1, le=44_640), Whole()] = 60
    """Minutes from one look to the next."""
    next_look: Time | None = None
    until: Time | None = None
    """When the watch ends unless it is prolonged."""
    trend: Literal["better", "same", "worse"] | None = None
    """Since the last look."""
    origin: Country | None = None
    """Where it threatens from, if from abroad."""
    reached_river: bool | None = None
    measurements: Measurements = ()
    substances: Substances = ()
    nuclides: Nuclides = ()
    agent: Agent | None = None
