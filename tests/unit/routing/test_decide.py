"""The engine: place, facets and decision put together, and the answer of the dry run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.builders.golden import event

from cbrn_routing.decide import Engine, Routed
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, Matcher, national_rulebook
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from cbrn_routing.decision import Facets


def bodies_of(routed: Routed) -> dict[str, str]:
    return {each.body: each.role.code for each in routed.decision.recipients}


def test_every_example_has_one_lead_that_the_place_does_not_change(engine: Engine) -> None:
    """Whatever an agency sends by the book, somebody answers for it, wherever it is."""
    for kind in EVENT_TYPES:
        here, abroad = engine.route(event(kind)), engine.route(event(kind, where={"point": {"lat": 51.5, "lon": 0.1}}))
        assert here.decision.lead is not None
        assert abroad.decision.lead is not None
        assert here.decision.lead.body == abroad.decision.lead.body


def test_the_lorry_of_min_kush_reaches_those_who_must_know(engine: Engine) -> None:
    """A real case of June 2024: tailings soil in a river that flows to Uzbekistan."""
    routed = engine.route(event("transport-accident"))
    assert bodies_of(routed) == {
        "mes": "lead", "mnrets": "support", "moh": "support", "mia": "support",
        "mwrapi": "inform", "mfa": "inform", "ppp-naryn": "inform",
        # The services that act: travel time of the water, intakes, drinking water, and whose soil it is.
        "mes-hydromet": "support", "water": "support", "moh-ses": "support", "mes-tailings": "inform",
    }  # fmt: skip
    assert [partner.body for partner in routed.decision.partners] == ["uz"]
    assert routed.decision.acknowledge_within_s == 900


def test_the_answer_of_the_dry_run_has_the_agreed_form(engine: Engine) -> None:
    """Operators' scripts and the tests of others read these names."""
    answer = engine.route(event("tailings-failure")).as_json("ab-1", Realm.EXERCISE)
    assert json.loads(json.dumps(answer)) == answer
    assert {"event", "realm", "place", "lead", "support", "inform", "partners", "duties", "rulebook"} <= answer.keys()
    assert (answer["event"], answer["realm"]) == ("ab-1", "cbrn-exercise")
    assert set(answer["place"]) == {"district", "region", "country", "neighbours", "downstream"}
    assert (answer["place"]["country"], answer["place"]["downstream"]) == ("KG", ["UZ"])
    assert set(answer["lead"]) == {"body", "rule", "acknowledge_within_s"}
    assert (answer["lead"]["body"], answer["lead"]["rule"]) == ("mes", "tailings-failure")
    assert {"body", "rule"} == set(answer["support"][0]) == set(answer["inform"][0]) == set(answer["partners"][0])
    assert {each["body"] for each in answer["support"]} >= {"mnrets", "moh"}
    assert answer["rulebook"] == national_rulebook().digest


@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({}, set()),
        ({"substances": [{"name": "chlorine", "confirmed": False}]}, {Doubt.SUBSTANCE_UNCONFIRMED}),
        ({"where": {"point": {"lat": 51.5, "lon": 0.1}}}, {Doubt.PLACE_ABROAD}),
        ({"where": {"site": "no-such-site"}}, {Doubt.PLACE_UNKNOWN}),
        (
            {
                "where": {"district": "41703220", "point": {"lat": 42.49, "lon": 78.39}},
                "substances": [{"name": "bleach", "confirmed": False}],
            },
            {Doubt.PLACE_CONTRADICTS, Doubt.SUBSTANCE_UNCONFIRMED},
        ),
    ],
    ids=lambda value: ",".join(sorted(value)),
)
def test_doubts_travel_with_the_decision_and_withhold_nothing(
    engine: Engine, changes: dict[str, Any], doubts: set[Doubt]
) -> None:
    """The bus errs towards telling: a doubt is a warning on the alert, never a reason to keep it back."""
    plain = {"where": {"district": "41708203"}, "substances": [{"name": "chlorine", "cas": "7782-50-5"}]}
    routed = engine.route(event("chemical-release", **{**plain, **changes}))
    assert set(routed.doubts) == doubts
    assert bodies_of(routed)["mes"] == "lead"


@pytest.mark.parametrize(
    ("where", "told", "silent"),
    [
        ({"point": {"lat": 51.5, "lon": 0.1}}, "mfa", "mes-cmc"),
        ({"point": {"lat": 43.25, "lon": 76.95}}, "mfa", "mes-cmc"),
        ({"site": "no-such-site"}, "mes-cmc", "mfa"),
    ],
    ids=["far abroad", "in a neighbouring country", "nobody knows where"],
)
def test_somewhere_else_is_not_the_same_as_nobody_knows_where(
    engine: Engine, where: dict[str, Any], told: str, silent: str
) -> None:
    """Abroad is the business of Foreign Affairs even where no outline holds the point; an unknown one is asked for."""
    found = bodies_of(engine.route(event("chemical-release", where=where, severity="Minor", exposed=[])))
    assert told in found
    assert silent not in found


@pytest.mark.parametrize(("un_number", "lead"), [("2315", "mnrets"), ("3432", "mnrets"), ("1005", "mes")])
def test_a_un_number_is_enough_for_pcb(engine: Engine, un_number: str, lead: str) -> None:
    """On a drum there is an orange plate, and hardly ever a CAS number."""
    spill = event("chemical-spill", substances=[{"un_number": un_number}], medium="soil", reached_river=False)
    found = engine.route(spill).decision.lead
    assert found is not None
    assert found.body == lead


def test_a_repeated_event_is_decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Place and cell are looked up the second time: the rules are not asked again."""
    asked: list[Facets] = []

    decide = Matcher._decide

    def counted(matcher: Matcher, facets: Facets) -> Any:
        asked.append(facets)
        return decide(matcher, facets)

    monkeypatch.setattr(Matcher, "_decide", counted)
    gazetteer = Gazetteer()
    counting = Engine(Eras(national_rulebook()), gazetteer)
    first = [counting.route(event("orphan-source")) for _ in range(3)]
    assert len(asked) == 1
    assert gazetteer.cache_info().misses == 1
    assert all(each.decision is first[0].decision and each.place is first[0].place for each in first)
    assert counting.rulebook == national_rulebook().digest == first[0].decision.rulebook


def test_the_decision_depends_on_its_facets_only(engine: Engine) -> None:
    """Two events of one cell are told to the same bodies, whoever reports them and whatever they say."""
    one = engine.route(event("gamma-dose-rate"))
    other = engine.route(event("gamma-dose-rate", station="another", body="nas", texts={"en": {"headline": "Rain"}}))
    assert one.decision is other.decision
