"""From events to facets: what each field says, and that nothing is built where nothing is said."""

from __future__ import annotations

import json
import tracemalloc
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from tests.builders.golden import example

from cbrn_routing.facets import facets_of, unconfirmed
from cbrn_routing.field_traits import _of_substance
from cbrn_routing.jurisdiction import Located
from cbrn_routing.traits import EMPTY, TRAITS
from cbrn_schemas.catalogue.naming import ELSEWHERE
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events import EVENT_TYPES, AnyEvent, parse_event

PLACE = Located(
    district="41703430",
    city="mailuu-suu",
    region="KG-J",
    country="KG",
    neighbours=frozenset({"UZ"}),
    downstream=frozenset({"UZ"}),
    border=False,
    facility=None,
    operator=None,
    confidence="high",
    method="site",
    doubts=(),
)
SILENT = {"exposed", "substances", "sources", "nuclides", "agent", "vehicle", "reached_river", "river", "cordon_m",
          "cordon", "stolen", "basel_code", "origin", "transmission", "ihr", "imported_from", "notifiable_as",
          "released", "release", "seized", "nuclear_material"}  # fmt: skip
"""Optional fields that say something: taken out, they leave an event that says nothing of itself."""


def event(kind: str, *, bare: bool = False, **changes: Any) -> AnyEvent:
    """The golden example of a kind with some fields changed; `bare` without its optional trait-bearing fields."""
    data = example(kind)
    if bare:
        data = {name: value for name, value in data.items() if name not in SILENT}
    return parse_event(json.dumps({**data, **changes}).encode())


def traits(kind: str, **changes: Any) -> frozenset[str]:
    return facets_of(event(kind, bare=True, **changes), PLACE).traits


CHLORINE = {"name": "chlorine", "cas": "7782-50-5"}
SARIN = {"name": "sarin", "cas": "107-44-8"}
DDT = {"name": "DDT", "cas": "50-29-3"}
MEASLES = {"code": "measles", "confirmed": False}
CAESIUM = {"nuclide": "Cs-137", "activity_Bq": 1e13}


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("chemical-release", {"substances": [CHLORINE], "origin": "waterworks"}, set()),
        ("chemical-release", {"substances": [CHLORINE], "origin": "vehicle"}, {"vehicle"}),
        ("found-munition", {"substances": [SARIN]}, {"cwc-scheduled"}),
        ("toxic-fire", {"substances": [CHLORINE, SARIN]}, {"cwc-scheduled"}),
        ("toxic-fire", {"substances": [DDT]}, {"pop", "pesticide", "rotterdam"}),
        ("found-munition", {"cordon_m": 300}, {"cordon"}),
        ("chemical-spill", {"substances": [CHLORINE], "medium": "soil"}, set()),
        ("chemical-spill", {"substances": [CHLORINE], "medium": "canal"}, {"river"}),
        ("chemical-spill", {"substances": [CHLORINE], "medium": "road", "reached_river": True}, {"river"}),
        ("tailings-failure", {"state": "stable", "river": "Mailuu-Suu"}, {"river"}),
        ("tailings-failure", {"state": "stable", "river": "Mailuu-Suu", "reached_river": False}, set()),
        ("tailings-failure", {"state": "breached"}, {"release"}),
        ("tailings-failure", {"state": "threatened"}, {"release-likely"}),
        ("facility-emergency", {"release": "has-not-occurred"}, set()),
        ("facility-emergency", {"release": "likely"}, {"release-likely"}),
        ("transport-accident", {"released": True, "vehicle": {"mode": "road"}}, {"release", "vehicle"}),
        ("illegal-dumping", {"basel_code": "Y10", "medium": "soil"}, {"waste", "pcb"}),
        ("illegal-dumping", {"basel_code": "Y4", "medium": "soil"}, {"waste", "pesticide"}),
        ("illegal-dumping", {"basel_code": "Y29", "medium": "soil"}, {"waste"}),
        ("detained-shipment", {"grounds": ["documents", "waste"]}, {"waste"}),
        ("detained-shipment", {"grounds": ["documents"], "vehicle": {"mode": "rail"}}, {"vehicle"}),
        (
            "human-disease",
            {"agent": {"code": "anthrax", "confirmed": True}},
            {"zoonosis", "dangerous-disease", "woah-listed", "laboratory-confirmed"},
        ),
        ("human-disease", {"agent": {"code": "smallpox", "confirmed": False}}, {"dangerous-disease", "ihr-notifiable"}),
        ("human-disease", {"agent": {"code": "cholera", "confirmed": False}}, {"dangerous-disease", "ihr-consider"}),
        (
            "human-disease",
            {"agent": {"code": "measles", "confirmed": False}, "cordon": True, "transmission": "animal"},
            {"cordon", "zoonosis"},
        ),
        ("human-disease", {"agent": {"code": "nobody-knows-it", "confirmed": True}},
         {"laboratory-confirmed", "unidentified-agent"}),
        ("human-disease", {"agent": {"code": "unidentified", "confirmed": False}},
         {"unidentified-agent", "ihr-consider"}),
        ("human-disease", {"agent": MEASLES, "ihr": {"serious": True, "unusual": False}}, set()),
        ("human-disease", {"agent": MEASLES, "ihr": {"serious": True, "spread": True}}, {"ihr-two-yes"}),
        ("human-disease", {"agent": MEASLES, "imported_from": "KZ"}, {"imported", "origin-kz"}),
        ("human-disease", {"agent": MEASLES, "imported_from": "SA"}, {"imported"}),
        ("detained-shipment", {"origin": "CN"}, {"origin-cn"}),
        ("trafficking", {"origin": "FR"}, set()),
        ("chemical-spill", {"medium": "soil", "substances": [{"un_number": "2315"}]}, {"pcb", "pop"}),
        ("chemical-spill", {"medium": "soil", "substances": [{"un_number": "3152"}]}, {"pcb"}),
        ("toxic-fire", {"substances": [{"un_number": "2902"}]}, {"pesticide"}),
        ("toxic-fire", {"substances": [{"un_number": "3005"}, {"name": "unknown"}]}, {"pesticide"}),
        ("chemical-release", {"substances": [{"un_number": "1017"}]}, set()),
        ("animal-disease", {"agent": MEASLES, "notifiable_as": "recurrence"}, {"woah-trigger"}),
        ("burial-site-breach", {"burial": "pesticide"}, {"pesticide"}),
        (
            "burial-site-breach",
            {"burial": "anthrax", "hazard": "biological"},
            {"zoonosis", "dangerous-disease", "woah-listed"},
        ),
        ("burial-site-breach", {"burial": "animal", "hazard": "biological"}, set()),
        ("laboratory-incident", {"what": "theft"}, {"stolen"}),
        ("lost-source", {"sources": [{"nuclide": "Ir-192"}], "stolen": True}, {"stolen"}),
        ("lost-source", {"sources": [CAESIUM]}, {"d-category-2"}),
        ("lost-source", {"sources": [{"nuclide": "Ir-192", "category": 3}, {"nuclide": "Cs-137", "category": 1}]},
         {"d-category-1"}),
        ("lost-source", {"sources": [{**CAESIUM, "category": 4}]}, {"d-category-2"}),
        ("lost-source", {"sources": [{"nuclide": "Cs-137", "activity_Bq": 6e10}, {"nuclide": "Ir-192",
         "activity_Bq": 4e10}]}, {"d-category-3"}),
        ("lost-source", {"sources": [{"nuclide": "Cs-137", "activity_Bq": 6e10}]}, {"d-category-4"}),
        ("lost-source", {"sources": [CAESIUM, {"nuclide": "Mn-54", "activity_Bq": 1e9}]}, {"d-category-2"}),
        ("lost-source", {"sources": [{"nuclide": "Pu-239/Be"}]}, {"nuclear-material"}),
        ("trafficking", {"nuclear_material": "uranium-high-enriched"}, {"nuclear-material"}),
        ("trafficking", {"nuclides": ["Pu-239"], "seized": True}, {"nuclear-material", "seized"}),
        ("trafficking", {"nuclides": ["U-238"]}, set()),
        ("safeguards-discrepancy", {}, {"nuclear-material"}),
        ("sabotage", {"act": "theft", "completed": False}, set()),
        ("sabotage", {"act": "theft", "completed": True}, {"stolen"}),
        ("chemical-release", {"substances": [{"name": "зарин"}]}, {"cwc-possible"}),
        ("chemical-release", {"substances": [{"name": "organophosphorus pesticide"}, CHLORINE]}, {"cwc-possible"}),
        ("chemical-release", {"substances": [{"name": "fonofos", "cas": "944-22-9"}]}, set()),
        ("contamination", {"medium": "river"}, {"river"}),
        ("contamination", {"medium": "goods"}, {"goods"}),
        ("contamination", {"medium": "food"}, {"food"}),
        ("undeclared-shipment", {"control_list": "australia-group"}, {"dual-use"}),
        ("poisoning-cluster", {"substances": [{"name": "Окись углерода"}]}, {"carbon-monoxide"}),
        ("contamination", {"medium": "scrap"}, {"goods"}),
        ("contamination", {"medium": "vehicle"}, {"vehicle"}),
        ("water-quality", {"medium": "groundwater"}, set()),
        ("gas-concentration", {"substance": SARIN}, {"cwc-scheduled"}),
    ],
)  # fmt: skip
def test_a_field_says_its_traits_and_no_more(kind: str, changes: dict[str, Any], expected: set[str]) -> None:
    """Rules ask for traits: one too few and a ministry is forgotten, one too many and it is woken for nothing."""
    # What the examples say besides: their mark, who is held, that the outbreak is usual, a disease always there.
    besides = {"tlp-amber-strict", "in-custody", "ihr-usual", "endemic"}
    assert traits(kind, **changes) - (besides - expected) == expected


def test_a_mark_and_what_an_example_says_besides_are_traits() -> None:
    """The list above leaves them out; here they stand."""
    assert {"tlp-amber-strict", "in-custody"} <= facets_of(event("trafficking"), PLACE).traits
    assert "ihr-usual" in facets_of(event("human-disease"), PLACE).traits


def test_every_example_keeps_to_the_closed_vocabulary() -> None:
    """A trait outside the vocabulary could be in no rule, and nobody would notice."""
    for kind in EVENT_TYPES:
        assert facets_of(event(kind), PLACE).traits <= TRAITS


def test_facets_carry_what_event_and_place_say() -> None:
    """A field put into its neighbour's column would misroute in silence: all are strings."""
    given = event("tailings-failure", exposed=["school", "irrigation", "school"], deliberate=None)
    facets = facets_of(given, PLACE)
    for name in ("hazard", "kind", "severity", "urgency", "certainty", "deliberate", "status"):
        assert getattr(facets, name) == getattr(given, name)
    for name in ("region", "country", "neighbours", "downstream", "border"):
        assert getattr(facets, name) == getattr(PLACE, name)
    assert facets.lane == "incidents"
    assert facets.exposed == {"school", "irrigation"}
    assert facets_of(event("gamma-dose-rate"), PLACE).lane == "monitoring"


def test_a_place_abroad_has_a_country_even_where_nobody_can_say_which() -> None:
    """«Somewhere else» and «nobody knows where» are two answers: for the first, Foreign Affairs is told."""
    report = event("chemical-release")
    far = replace(PLACE, region=None, country=None, method="outside", doubts=(Doubt.PLACE_ABROAD,))
    lost = replace(PLACE, region=None, country=None, method="unknown", doubts=(Doubt.PLACE_UNKNOWN,))
    assert [facets_of(report, place).country for place in (PLACE, far, lost)] == ["KG", ELSEWHERE, None]


def test_an_event_that_says_nothing_shares_the_one_empty_set() -> None:
    """Most events are readings: no set is built for them."""
    for kind in ("gamma-dose-rate", "overexposure"):
        facets = facets_of(event(kind, bare=True), PLACE)
        assert facets.traits is EMPTY
        assert facets.exposed is EMPTY


def test_equal_events_give_equal_facets_with_shared_sets() -> None:
    """Equal facets are what makes the second decision a look-up."""
    one, other = (facets_of(event("transport-accident"), PLACE) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one.traits is other.traits
    assert one.exposed is other.exposed


@pytest.mark.parametrize(
    ("kind", "changes", "doubtful"),
    [
        ("chemical-release", {"substances": [CHLORINE]}, False),
        ("chemical-release", {"substances": [CHLORINE, {**SARIN, "confirmed": False}]}, True),
        ("gas-concentration", {"substance": {**CHLORINE, "confirmed": False}}, True),
        ("gas-concentration", {"substance": CHLORINE}, False),
        ("human-disease", {"agent": {"code": "plague", "confirmed": True}}, False),
        ("human-disease", {"agent": {"code": "plague", "confirmed": False}}, True),
        ("human-disease", {"agent": {"code": "nobody-knows-it", "confirmed": True}}, True),
        ("animal-mortality", {}, False),
        ("gamma-dose-rate", {}, False),
    ],
)
def test_a_guess_is_doubtful(kind: str, changes: dict[str, Any], *, doubtful: bool) -> None:
    """A guess is routed like a fact, and says that it is one."""
    assert bool(unconfirmed(event(kind, bare=True, **changes))) is doubtful


def test_carbon_monoxide_is_known_however_its_name_is_typed() -> None:
    """Phones write letters and their marks apart, and a blank too many."""
    for name in ("угарный газ", unicodedata.normalize("NFD", "угарный газ"), " CO ", "Carbon  monoxide"):
        assert "carbon-monoxide" in _of_substance(None, name, None)


def test_lists_that_somebody_makes_up_are_not_remembered() -> None:
    """4,096 of them, twenty long names each, would stay in a router's memory for good: 80 MB."""
    names = [chr(0x1F300 + number) * 200 for number in range(40)]

    def decide(turn: int) -> None:
        listed = [{"name": name} for name in (names[turn % 40 :] + names[: turn % 40])[: 2 + turn % 19]]
        facets_of(event("chemical-spill", substances=listed), PLACE)

    decide(0)
    tracemalloc.start()
    try:
        for turn in range(300):
            decide(turn)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000
