"""The least severity that an event's own data allow: at a limit, just below it, and beside the usual background."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.builders.golden import EXAMPLES
from tests.builders.rules import national_engine

from cbrn_schemas.catalogue.units import SCALES
from cbrn_schemas.events import EVENT_TYPES, parse_event

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


@pytest.mark.parametrize(
    ("kind", "fields", "least"),
    [
        ("toxic-fire", {"dead": 0}, None),
        ("toxic-fire", {"dead": 1}, "Moderate"),
        ("toxic-fire", {"dead": 2}, "Moderate"),
        ("toxic-fire", {"dead": 3}, "Severe"),
        ("toxic-fire", {"injured": 9}, None),
        ("toxic-fire", {"injured": 10}, "Moderate"),
        ("toxic-fire", {"injured": 49}, "Moderate"),
        ("toxic-fire", {"injured": 50}, "Severe"),
        ("poisoning-cluster", {"cases": 9, "hospitalised": 9}, None),
        ("poisoning-cluster", {"cases": 9, "hospitalised": 10}, "Moderate"),
        ("poisoning-cluster", {"cases": 10, "hospitalised": None}, "Moderate"),
        ("poisoning-cluster", {"cases": 60, "hospitalised": 50}, "Severe"),
        ("tailings-level", {"threshold": "normal"}, None),
        ("tailings-level", {"threshold": "attention"}, "Moderate"),
        ("tailings-level", {"threshold": "danger"}, "Severe"),
        ("gas-concentration", {"exceeds": None}, None),
        ("gas-concentration", {"exceeds": "ambient-limit"}, "Moderate"),
        ("gas-concentration", {"exceeds": "aegl-2"}, "Severe"),
        ("gas-concentration", {"exceeds": "erpg-3"}, "Extreme"),
        ("water-quality", {"medium": "drinking-water", "exceeded": True}, "Moderate"),
        ("water-quality", {"medium": "drinking-water", "exceeded": False}, None),
        ("water-quality", {"medium": "river", "exceeded": True}, None),
    ],
)
@pytest.mark.parametrize("stated", ["Unknown", "Minor", "Extreme"])
def test_each_step_of_each_floor(kind: str, fields: dict[str, Any], least: str | None, stated: str) -> None:
    """A floor raises what the publisher says, and never lowers it."""
    harmless = {
        "dead": None,
        "injured": None,
        "hospitalised": None,
        "exceeds": None,
        "exceeded": None,
        "threshold": None,
    }
    known = EVENT_TYPES[kind].model_fields
    quiet = {name: value for name, value in harmless.items() if name in known}
    quiet |= {"cases": 1} if "cases" in known else {}
    example = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    data = example | quiet | fields | {"severity": stated}
    decision = national_engine().route(parse_event(json.dumps(data).encode())).decision
    assert decision.facets.severity == (stated if least is None or stated == "Extreme" else least)
