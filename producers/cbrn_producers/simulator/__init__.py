"""Simulated agencies: real cases played on a real bus, with routine monitoring beside them."""

from cbrn_producers.simulator.routine import Station, measure, stations
from cbrn_producers.simulator.scenario import (
    DEFAULT_SCENARIO,
    Duty,
    ExpectedRecipients,
    Scenario,
    ScenarioFileError,
    Step,
    UnknownScenarioError,
    Words,
    read_scenario,
    scenario,
    scenarios,
)
from cbrn_producers.simulator.script import Alerted, Published, Script
from cbrn_producers.simulator.sms_centre import Message, SmsCentre
from cbrn_producers.simulator.stage import Stage, play

__all__ = [
    "DEFAULT_SCENARIO",
    "Alerted",
    "Duty",
    "ExpectedRecipients",
    "Message",
    "Published",
    "Scenario",
    "ScenarioFileError",
    "Script",
    "SmsCentre",
    "Stage",
    "Station",
    "Step",
    "UnknownScenarioError",
    "Words",
    "measure",
    "play",
    "read_scenario",
    "scenario",
    "scenarios",
    "stations",
]
