"""What the tried cases taught: each event, and the same event one fact apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.builders.rules import OneMatcher

from cbrn_routing.decide import Engine, Routed
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Matcher, national_rulebook
from cbrn_schemas.events import parse_event


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(OneMatcher(Matcher(national_rulebook())), Gazetteer())


def route(engine: Engine, **fields: Any) -> Routed:
    key = "station" if "station" in fields else "situation"
    event = {
        "body": "mes",
        key: "TRIED-1",
        "observed": "2026-06-09T10:00:00+06:00",
        "reported": "2026-06-09T11:00:00+06:00",
        "where": {"district": "41711"},
        "severity": "Minor",
        "texts": {"en": {"headline": "tried"}},
        **fields,
    }
    return engine.route(parse_event(json.dumps(event).encode()))


def told(routed: Routed) -> set[str]:
    return {each.body for each in routed.decision.recipients}


def test_a_mark_of_the_traffic_light_closes_an_event(engine: Engine) -> None:
    """RED reaches no body by a general rule, AMBER+STRICT no outsider and no partner."""
    release = {
        "kind": "chemical-release",
        "hazard": "chemical",
        "substances": [{"name": "chlorine"}],
        "severity": "Severe",
        "exposed": ["school"],
    }
    green, red = route(engine, **release), route(engine, tlp="RED", **release)
    assert {"moe", "mayor-bishkek"} <= told(green) - told(red)
    assert all(each.restricted for each in red.decision.recipients)
    strict = route(engine, tlp="AMBER+STRICT", **release).decision
    assert not strict.partners
    assert "mayor-bishkek" not in {each.body for each in strict.recipients}


def test_intent_adds_nobody_to_a_restricted_event(engine: Engine) -> None:
    """The general rule about deliberate acts told twelve bodies of a trafficking case."""
    case = {"kind": "trafficking", "hazard": "radiological", "material": "caesium"}
    assert told(route(engine, deliberate=True, **case)) == told(route(engine, **case))


def test_the_dead_raise_the_severity(engine: Engine) -> None:
    """Six dead and a field that nobody filled in."""
    fire = {"kind": "toxic-fire", "hazard": "chemical", "burning": "tyres", "severity": "Unknown"}
    routed = route(engine, dead=6, **fire)
    assert routed.decision.facets.severity == "Severe"
    assert "severity-raised" in routed.doubts
    assert route(engine, **fire).decision.facets.severity == "Unknown"


def test_a_threat_is_an_act(engine: Engine) -> None:
    """`threat: true` changed nothing."""
    letter = {"kind": "suspicious-substance", "hazard": "biological", "form": "powder", "found_in": "post"}
    assert route(engine, threat=True, **letter).decision.facets.deliberate is True
    assert route(engine, threat=True, deliberate=False, **letter).decision.facets.deliberate is False


@pytest.mark.parametrize(("lat", "lon", "near"), [(41.28, 72.47, True), (41.405, 74.037, True), (39.7, 73.2, False)])
def test_a_shock_near_tailings_reaches_their_agency(engine: Engine, lat: float, lon: float, *, near: bool) -> None:
    """M 5.6 at Mailuu-Suu and at the pond of a gold mill, natural; and the same far away."""
    routed = route(
        engine, kind="seismic-detection", hazard="nuclear", station="s", magnitude=5.6, suspicious=False,
        severity="Moderate", where={"point": {"lat": lat, "lon": lon}},
    )  # fmt: skip
    assert ("mes-tailings" in told(routed)) is near
    assert not {"mfa", "scns"} & told(routed)


def test_a_district_is_not_its_nearest_border_at_minor(engine: Engine) -> None:
    """It says «estimated», and holds no copy for a neighbour; a point does."""
    cow = {"kind": "animal-disease", "hazard": "biological", "species": ["cow"],
           "agent": {"code": "foot-and-mouth", "confirmed": False}, "where": {"district": "41706226"}}  # fmt: skip
    minor = route(engine, **cow)
    assert "border-estimated" in minor.doubts
    assert not minor.decision.partners
    assert route(engine, **{**cow, "severity": "Severe"}).decision.partners
