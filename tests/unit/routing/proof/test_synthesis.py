"""From a cell to an event of it, and back."""

import json
from dataclasses import astuple
from datetime import date
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders.golden import EXAMPLES
from tests.builders.thorough import cases

from cbrn_routing.decide import Engine
from cbrn_routing.decision import Facets
from cbrn_routing.facets import facets_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.proof import ImpossibleCellError, event_in
from cbrn_routing.proof.cells import kind_hazards
from cbrn_routing.proof.places import Jurisdiction, at, contradictions, jurisdictions, of_minor_events
from cbrn_routing.proof.traits import _menus, _traits, least_events, trait_sets
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, SCALARS, lane_of_kind
from cbrn_routing.traits import TRAITS
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.events import EVENT_TYPES, Incident, parse_event
from cbrn_schemas.events.base import Exposed, Near

GAZETTEER = Gazetteer()
ERAS = Eras(national_rulebook())
ENGINE = Engine(ERAS, GAZETTEER)
PLACES = st.deferred(lambda: st.sampled_from([*jurisdictions(), *contradictions()]))
"""Found when one is first drawn: that takes more than a second, and whoever runs other tests needs none."""
MINOR = st.deferred(lambda: st.sampled_from(list(of_minor_events())))
DAY = date(2026, 11, 2)


@st.composite
def cells(draw):
    """Cells that can exist: any kind with any of its hazards, and any set of traits that its events can have."""
    pair = draw(st.sampled_from(kind_hazards()))
    relevant = draw(st.frozensets(st.sampled_from(sorted(TRAITS)), max_size=4))
    scalars = {name: draw(st.sampled_from(SCALARS[name])) for name in ("severity", "urgency", "certainty", "status")}
    exposed = (*get_args(Exposed), *get_args(Near)) if issubclass(EVENT_TYPES[pair.kind], Incident) else ()
    return Facets(
        lane=lane_of_kind(pair.kind),
        kind=pair.kind,
        hazard=pair.hazard,
        deliberate=draw(st.sampled_from((None, True, False))),
        exposed=frozenset(draw(st.sets(st.sampled_from(exposed)))) if exposed else frozenset(),
        traits=draw(st.sampled_from(trait_sets(pair.kind, relevant))).traits,
        **scalars,
        **draw(MINOR if scalars["severity"] == "Minor" else PLACES)._asdict(),
    )


def facets_back(event):
    parsed = parse_event(json.dumps(event).encode())
    return facets_of(parsed, GAZETTEER.locate(parsed.where))


@settings(max_examples=cases(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells())
def test_every_cell_that_can_exist_has_an_event_with_exactly_its_facets(cell):
    """A counterexample that lies in another cell would prove nothing."""
    assert facets_back(event_in(cell)) == cell


@settings(max_examples=cases(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells())
def test_what_the_proof_decides_for_a_cell_is_what_the_router_decides_for_an_event_of_it(cell):
    """One matcher: the check and the dry run can never disagree; and one body leads, whatever the cell."""
    event = parse_event(json.dumps(event_in(cell, on=DAY)).encode())
    routed = ENGINE.route(event).decision
    assert astuple(routed) == astuple(ERAS.on(DAY).decide(cell))
    assert [each.role.code for each in routed.recipients].count("lead") == 1


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_the_plainest_event_of_a_kind_is_valid(kind):
    """Its required fields are data, and a model that asks for one more must be told so here."""
    for hazard in HAZARDS_OF[kind]:
        assert facets_back(event_in({"kind": kind, "hazard": hazard})).hazard == hazard
    assert least_events().keys() == EVENT_TYPES.keys()


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_what_a_field_adds_leaves_the_traits_of_the_plainest_event_standing(kind):
    """Traits are added field by field: an event whose base could shrink would hide cells from the proof."""
    base, plainest, menus = _menus(kind)
    for name, menu in menus.items():
        for added, value in menu.items():
            assert _traits(kind, {**plainest, name: value}) == base | added


def test_every_trait_of_the_vocabulary_can_be_given_to_some_event():
    """A trait that no menu gives would make every rule about it look unreachable."""
    given_by = {trait: [kind for kind in EVENT_TYPES if _gives(kind, trait)] for trait in TRAITS}
    assert [trait for trait, kinds in given_by.items() if not kinds] == []


def _gives(kind, trait):
    return any(trait in way.traits for way in trait_sets(kind, frozenset({trait})))


def test_facets_that_are_not_asked_for_are_as_they_come():
    """Whoever wants any spill near Kazakhstan need not invent the rest."""
    facets = facets_back(event_in({"kind": "chemical-spill", "neighbours": {"KZ"}, "severity": "Severe"}))
    assert (facets.kind, facets.neighbours, facets.severity) == ("chemical-spill", frozenset({"KZ"}), "Severe")


@pytest.mark.parametrize(
    ("facets", "facet"),
    [
        ({"kind": "meteorite"}, "kind"),
        ({"kind": "chemical-spill", "lane": "monitoring"}, "lane"),
        ({"kind": "chemical-spill", "hazard": "biological"}, "hazard"),
        ({"kind": "chemical-spill", "severity": "Awful"}, "severity"),
        ({"kind": "gamma-dose-rate", "exposed": {"school"}}, "exposed"),
        ({"kind": "chemical-spill", "traits": {"zoonosis"}}, "traits"),
        ({"kind": "transport-accident", "traits": set()}, "traits"),
        ({"kind": "orphan-source", "traits": {"d-category-1", "d-category-2"}}, "traits"),
        ({"kind": "chemical-spill", "region": "KG-Y", "neighbours": {"TJ", "UZ", "KZ", "CN"}}, "neighbours"),
        ({"kind": "chemical-spill", "region": "KG-GB", "country": "UZ"}, "country"),
    ],
)
def test_a_cell_in_which_no_event_can_lie_is_refused_with_the_facet_that_stands_in_the_way(facets, facet):
    """A proof that walked cells that cannot exist would accuse rules that are right."""
    with pytest.raises(ImpossibleCellError) as refused:
        event_in(facets)
    assert refused.value.facet == facet


def test_every_jurisdiction_has_a_place_that_the_gazetteer_puts_there():
    """The table is the gazetteer's own word, not a second geography."""
    everywhere = [*jurisdictions().items(), *contradictions().items()]
    assert all(at(GAZETTEER, where) == jurisdiction for jurisdiction, where in everywhere)
    assert {each.region for each in jurisdictions() if each.country == "KG"} >= {
        body.region for body in bodies().values() if body.region is not None
    }
    assert {each.country for each in jurisdictions()} >= {"KG", "KZ", "UZ", "TJ", "CN", None}


EXAMPLES = sorted((EXAMPLES).glob("*.json"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_cell_of_every_golden_event_is_one_of_those_that_are_walked(file):
    """The other direction: nothing that exists may be missing from what is proved."""
    cell = facets_back(json.loads(file.read_text(encoding="utf-8")))
    known = of_minor_events() if cell.severity == "Minor" else jurisdictions()
    assert Jurisdiction(*(getattr(cell, name) for name in Jurisdiction._fields)) in known
    assert facets_back(event_in(cell)) == cell


@settings(max_examples=cases(300), deadline=None)
@given(st.floats(39.0, 43.5), st.floats(69.0, 80.5))
def test_a_point_hardly_ever_has_a_jurisdiction_that_the_net_of_points_missed(lat, lon):
    """The net is 11 by 8 km. One point in 20,000 falls through, so what rules can see of it is compared alone."""
    found = at(GAZETTEER, {"point": {"lat": lat, "lon": lon}})
    known = jurisdictions()
    assert any(each.region == found.region and each.neighbours == found.neighbours for each in known)
    assert any(each.country == found.country and each.downstream == found.downstream for each in known)


def test_the_day_of_the_event_can_be_chosen():
    """A finding of another day needs an event of that day."""
    event = parse_event(json.dumps(event_in({"kind": "toxic-fire"}, on=date(2024, 6, 1))).encode())
    assert event.observed.date() == date(2024, 6, 1)
