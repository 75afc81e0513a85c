"""Fifteen real cases: whom the national book tells today, against who should have been told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.builders.golden import read_yaml
from tests.builders.rules import OneMatcher

from cbrn_routing.decide import Engine, Routed
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Matcher, national_rulebook
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.events import parse_event

CASES: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("golden_cases.yaml"))["cases"]


@pytest.fixture(scope="module")
def engine() -> Engine:
    """With the bodies and laws of today: the question is who should be told now."""
    return Engine(OneMatcher(Matcher(national_rulebook())), Gazetteer())


def routed(engine: Engine, case: dict[str, Any]) -> list[Routed]:
    """Each event as an agency would publish it, and who is told of it."""
    return [
        engine.route(parse_event(json.dumps({"reported": event["observed"], **event}, default=str).encode()))
        for event in case["events"]
    ]


def reached(routes: list[Routed]) -> set[str]:
    return {each.body for one in routes for each in one.decision.recipients}


def held_for(routes: list[Routed]) -> set[str]:
    return {each.body for one in routes for each in one.decision.partners}


def cases(field: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case.get(field)]


def test_all_cases_are_there() -> None:
    """A case that is left out is the one that happens again."""
    assert [case["id"] for case in CASES] == [
        *("C01", "C02", "C03", "C04", "C07", "C09", "C10", "C11", "C13", "C16", "C17", "C20", "C21", "C22", "C23")
    ]
    assert all(case["source"] and case["confidence"] and case["title"] for case in CASES)


@pytest.mark.parametrize("case", cases("told"))
def test_everybody_who_should_have_known_is_told(engine: Engine, case: dict[str, Any]) -> None:
    """In most of these cases somebody learned of it too late, or from the newspapers."""
    assert set(case["told"]) <= bodies().keys()
    assert set(case["told"]) - reached(routed(engine, case)) == set()


@pytest.mark.parametrize("case", cases("partners"))
def test_whoever_is_abroad_is_put_before_a_person(engine: Engine, case: dict[str, Any]) -> None:
    """The neighbour below the river, and the organisation that a treaty names: held for release, never sent."""
    routes = routed(engine, case)
    assert set(case["partners"]) - held_for(routes) == set()
    assert not held_for(routes) & reached(routes)


@pytest.mark.parametrize("case", cases("duties"))
def test_the_duties_that_the_case_names_are_raised(engine: Engine, case: dict[str, Any]) -> None:
    """A clock that nobody starts has always run out already."""
    raised = {duty for one in routed(engine, case) for duty in one.decision.duties}
    assert set(case["duties"]) - raised == set()


@pytest.mark.parametrize("case", cases("silent"))
def test_whom_it_does_not_concern_is_not_told(engine: Engine, case: dict[str, Any]) -> None:
    """Issyk-Kul has no outlet, and a lorry that spilled nothing is no message to another state."""
    routes = routed(engine, case)
    assert not set(case["silent"]) & (reached(routes) | held_for(routes))


@pytest.mark.parametrize("case", cases("events"))
def test_every_event_of_a_case_has_one_lead(engine: Engine, case: dict[str, Any]) -> None:
    """A commission that could not meet, as in 2016, is what several leads amount to."""
    for one in routed(engine, case):
        assert [each.role.code for each in one.decision.recipients].count("lead") == 1
