"""The least severity that an event's own data allow: at a limit, just below it, and beside the usual background."""

from __future__ import annotations

import json

import pytest
from tests.builders.golden import EXAMPLES
from tests.builders.rules import national_engine

from cbrn_schemas.catalogue.units import SCALES
from cbrn_schemas.events import parse_event

LIMITS = {"ambient-dose-equivalent-rate": 1e-6, "absorbed-dose-rate": 1e-6, "exposure-rate": 1e-4}
EVERY_UNIT = [(quantity, unit, limit) for quantity, limit in LIMITS.items() for unit in SCALES[quantity].units]


def severity(quantity: str, unit: str, value: float, usual: float | None = None) -> str:
    data = json.loads((EXAMPLES / "gamma-dose-rate.json").read_text(encoding="utf-8"))
    data["reading"] = {"quantity": quantity, "value": value, "unit": unit}
    data["background"] = None if usual is None else {"quantity": quantity, "value": usual, "unit": unit}
    return national_engine().route(parse_event(json.dumps(data).encode())).decision.facets.severity


@pytest.mark.parametrize(("quantity", "unit", "limit"), EVERY_UNIT)
def test_a_dose_rate_at_the_limit_is_severe_in_every_unit(quantity: str, unit: str, limit: float) -> None:
    """100 uR/h is what posts report, and in roentgens it is a hair less than the limit."""
    at = round(limit / SCALES[quantity].units[unit].factor, 12)
    assert severity(quantity, unit, at) == "Severe"
    assert severity(quantity, unit, at * 0.99) == "Minor"


def test_three_times_the_usual_is_not_usual() -> None:
    """3.3 uSv/h beside a background of 1.1: 3 times 1.1 is a hair more than 3.3 in a computer."""
    assert severity("ambient-dose-equivalent-rate", "uSv/h", 3.3, usual=1.1) == "Severe"
    assert severity("ambient-dose-equivalent-rate", "uSv/h", 3.2, usual=1.1) == "Minor"
