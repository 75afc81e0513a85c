"""The national rule book: which services hear of what, and which are left to sleep."""

from __future__ import annotations

from itertools import product

import pytest
from tests.builders.rules import cell, named, told

from cbrn_routing.decision import Facets, Role
from cbrn_routing.rulebook import Matcher, national_rulebook
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, SCALARS
from cbrn_schemas.catalogue.bodies import bodies


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(national_rulebook())


SERVICES = {code for code, body in bodies().items() if body.parent} - {"customs"}
"""Subordinate services and institutes; customs stands in the table itself."""


def test_a_minor_event_wakes_no_service_but_those_whose_daily_work_it_is(matcher: Matcher) -> None:
    """A service that is told of everything is told of nothing: by severity, from moderate on."""
    daily = {
        "human-disease": {"moh-ses"},
        "poisoning-cluster": {"moh-ses"},
        "overexposure": {"moh-ses"},
        "animal-disease": {"vet"},
        "plant-disease": {"plant-chem"},
        "tailings-failure": {"mes-tailings"},
        "burial-site-breach": {"vet", "moh-rcqedi"},
        "laboratory-incident": {"moh-rcqedi"},
        "suspicious-substance": {"moh-rcqedi"},
        "orphan-source": {"mnrets-dsr"},
        "lost-source": {"mnrets-dsr"},
        "foodborne-illness": {"moh-ses"},
        "vaccine-reaction": {"moh-ses"},
        "animal-poisoning": {"vet"},
        "import-ban": {"vet", "sbs", "plant-chem"},
    }
    for kind, hazards in HAZARDS_OF.items():
        for hazard in hazards:
            told_of = {each.body for each in matcher.decide(cell(kind, hazard)).recipients}
            assert told_of & SERVICES <= daily.get(kind, set()), kind


def test_an_investigation_stays_with_the_ministries(matcher: Matcher) -> None:
    """Theft, sabotage and trafficking: the fewer read it, the better."""
    for kind, severity in product(
        ("trafficking", "sabotage", "lost-source", "laboratory-incident"), SCALARS["severity"]
    ):
        for hazard in HAZARDS_OF[kind]:
            decision = matcher.decide(cell(kind, hazard, severity=severity, traits={"stolen"}))
            assert all(each.restricted for each in decision.recipients)
            assert not {each.body for each in decision.recipients} & SERVICES


@pytest.mark.parametrize(
    ("facets", "support", "inform"),
    [
        (cell("chemical-release", severity="Moderate"), {"mes-hydromet"}, set()),
        (cell("chemical-spill", severity="Moderate", traits={"river"}), {"mes-hydromet", "water"}, {"moh-ses"}),
        (
            cell("tailings-failure", severity="Severe"),
            {"mes-cmc", "mes-tailings", "mes-hydromet", "water"},
            {"mnrets-dsr", "nas-seism"},
        ),
        (
            cell("human-disease", severity="Moderate", traits={"dangerous-disease", "zoonosis"}),
            {"moh-ses", "moh-rcqedi", "vet"},
            set(),
        ),
        (cell("animal-disease", severity="Moderate", traits={"zoonosis"}), {"vet"}, {"moh-ses", "moh-rcqedi"}),
        (cell("plant-disease", severity="Moderate"), {"plant-chem"}, set()),
        (cell("toxic-fire", traits={"pesticide"}), {"plant-chem"}, set()),
        (cell("suspected-explosion", severity="Moderate"), {"nas-seism", "mes-hydromet"}, set()),
        (cell("nuclide-identification", "nuclear", severity="Moderate"), set(), {"nas-phys"}),
        (cell("orphan-source"), set(), {"mnrets-dsr"}),
        (cell("animal-mortality", severity="Moderate"), {"vet"}, {"mes-forest"}),
        (
            cell("facility-emergency", "chemical", severity="Severe", exposed={"school"}, deliberate=False),
            {"mes-cmc", "mes-hydromet"},
            {"mes-112"},
        ),
    ],
    ids=named,
)
def test_the_services_that_act_are_told_themselves(
    matcher: Matcher, facets: Facets, support: set[str], inform: set[str]
) -> None:
    """On the way through headquarters the people below the Barskoon learned of the cyanide after five hours."""
    decision = matcher.decide(facets)
    assert told(decision, Role.SUPPORT) & SERVICES == support
    assert told(decision, Role.INFORM) & SERVICES == inform


def test_the_protection_troops_come_to_the_extreme_and_stand_by_for_the_severe(matcher: Matcher) -> None:
    """Troops for a spilled bottle would not come when they are needed."""
    for kind in ("chemical-release", "contamination", "orphan-source"):
        roles = {
            severity: {each.body: each.role for each in matcher.decide(cell(kind, severity=severity)).recipients}
            for severity in SCALARS["severity"]
        }
        assert roles["Extreme"]["mod"] is Role.SUPPORT
        assert roles["Severe"]["mod"] is Role.INFORM
        assert "mod" not in roles["Moderate"] | roles["Minor"] | roles["Unknown"]


def test_a_notice_goes_down_the_river_only_with_something_in_it(matcher: Matcher) -> None:
    """What lies on the bank reaches nobody below; what is in the water does."""
    dry, wet = (
        matcher.decide(
            cell("contamination", "radiological", severity="Severe", region="KG-J", downstream={"UZ"}, traits=traits)
        )
        for traits in (frozenset(), frozenset({"river"}))
    )
    rules = [{each.body: each.rules for each in decision.partners}["uz"] for decision in (dry, wet)]
    assert ["enc-contamination" in cited for cited in rules] == [False, True]
