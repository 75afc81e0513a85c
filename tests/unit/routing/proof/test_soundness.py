"""The proof against chance: what it calls proved, no random event may contradict."""

import json
from collections import Counter
from datetime import date
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cbrn_routing.decision import Facets
from cbrn_routing.facets import facets_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.proof.cells import kind_hazards
from cbrn_routing.proof.columns import OpenMatcher
from cbrn_routing.proof.places import BETWEEN, at, contradictions, jurisdictions
from cbrn_routing.proof.traits import envelope, least_events, trait_sets
from cbrn_routing.proof.walk import walk
from cbrn_routing.rulebook import RuleBook, When, case_facets, national_rulebook
from cbrn_routing.rulebook.vocabulary import SCALARS, SETS
from cbrn_routing.traits import TRAITS
from cbrn_schemas.events import EVENT_TYPES, Incident, parse_event
from cbrn_schemas.events.base import Exposed

DAY = date(2026, 11, 23)
ANYWHERE = st.deferred(lambda: st.sampled_from([*jurisdictions(), *contradictions()]))
"""Of real places and of doubtful reports; found when they are first drawn, which takes more than a second."""
REAL_PLACES = st.deferred(lambda: st.sampled_from(list(jurisdictions())))


@st.composite
def cells(draw, places):
    """Cells that can exist, at one of the drawn places."""
    pair = draw(st.sampled_from(kind_hazards()))
    relevant = draw(st.frozensets(st.sampled_from(sorted(TRAITS)), max_size=3))
    exposed = get_args(Exposed) if issubclass(EVENT_TYPES[pair.kind], Incident) else ()
    return Facets(
        **pair.values,
        deliberate=draw(st.sampled_from((None, True, False))),
        exposed=frozenset(draw(st.sets(st.sampled_from(exposed)))) if exposed else frozenset(),
        traits=draw(st.sampled_from(trait_sets(pair.kind, relevant))).traits,
        **{name: draw(st.sampled_from(SCALARS[name])) for name in ("severity", "urgency", "certainty", "status")},
        **draw(places)._asdict(),
    )


NAMEABLE = ("severity", "urgency", "certainty", "status", "exposed", "neighbours", "downstream", "region", "traits")


@st.composite
def exceptions(draw):
    """An exception on some facets, as an author might write it."""
    facets = draw(st.sets(st.sampled_from(NAMEABLE), min_size=1, max_size=3))
    allowed = {facet: (SETS if facet in SETS else SCALARS)[facet] for facet in facets}
    return When(**{facet: draw(st.sampled_from(values)) for facet, values in allowed.items()})


@st.composite
def books(draw):
    """The national book with rules missing, and with exceptions from others: gaps of every shape."""
    national = national_rulebook()
    leads = [rule.id for rule in national.rules if rule.lead]
    missing = draw(st.sets(st.sampled_from(leads), max_size=4))
    cut = draw(st.dictionaries(st.sampled_from(leads), st.lists(exceptions(), max_size=5), max_size=6))
    return RuleBook(
        tuple(
            tuple(
                rule.model_copy(update={"unless": (*rule.unless, *cut.get(rule.id, ()))})
                for rule in group
                if rule.id not in missing
            )
            for group in national.groups
        )
    )


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(books(), st.lists(cells(ANYWHERE), min_size=60, max_size=60))
def test_no_cell_without_lead_is_left_out_of_the_findings(book, some):
    """The classes stand for all their cells: a gap that chance finds, the walk must have found."""
    found = walk(book, DAY, "error").findings
    gaps = {(finding.facets.kind, finding.facets.hazard) for finding in found if finding.code == "no-lead"}
    matcher = OpenMatcher(book, on=DAY)
    for cell in some:
        roles = Counter(each.role.code for each in matcher.decide(cell).recipients)
        assert roles["lead"] <= 1
        if not roles["lead"]:
            assert (cell.kind, cell.hazard) in gaps


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(books(), st.lists(cells(REAL_PLACES), min_size=60, max_size=60))
def test_no_rule_that_matches_a_cell_is_called_unreachable_and_no_winner_shadowed(book, some):
    """A false alarm would have an author delete a rule that somebody needs."""
    found = walk(book, DAY, "error").findings
    dead = {finding.rules[0] for finding in found if finding.code in {"unreachable", "unless-takes-all"}}
    shadowed = {finding.rules[0] for finding in found if finding.code == "shadowed"}
    matcher = OpenMatcher(book, on=DAY)
    for cell in some:
        assert dead.isdisjoint(rule.id for rule in matcher.matching(cell))
        lead = matcher.decide(cell).lead
        assert lead is None or shadowed.isdisjoint(lead.rules)


@pytest.mark.parametrize("identifier", [rule.id for rule in national_rulebook().rules if rule.lead][::7])
def test_a_lead_rule_taken_out_of_the_national_book_is_missed_or_replaced(identifier):
    """Each finding's cell shows it: with the whole book the rule leads there, without it nobody does."""
    national = national_rulebook()
    without = RuleBook(tuple(tuple(rule for rule in group if rule.id != identifier) for group in national.groups))
    gaps = [finding for finding in walk(without, DAY, "error").findings if finding.code == "no-lead"]
    whole, left = OpenMatcher(national, on=DAY), OpenMatcher(without, on=DAY)
    for gap in gaps:
        assert whole.decide(gap.facets).lead.rules == (identifier,)
        assert left.decide(gap.facets).lead is None
    # A rule that is missed nowhere is replaced: where its own examples are, somebody else leads.
    cases = [case_facets(case) for case in national.rule(identifier).cases]
    led = [cell for cell in cases if whole.decide(cell).lead.rules == (identifier,)]
    assert led
    missed = {(gap.facets.kind, gap.facets.hazard) for gap in gaps}
    for cell in led:
        assert (left.decide(cell).lead is None) <= ((cell.kind, cell.hazard) in missed)


def test_a_report_that_names_two_places_in_no_table_needs_a_lead_too():
    """A district's code with a point at the other end of the country: such reports are routed, and somebody must lead.

    No table of reports is complete: there are too many ways to be wrong.
    """
    exception = When(region="KG-T", neighbours="CN", downstream="KZ", border=False)
    national = national_rulebook()
    book = RuleBook(
        tuple(
            tuple(
                rule.model_copy(update={"unless": (*rule.unless, exception)}) if rule.lead else rule for rule in group
            )
            for group in national.groups
        )
    )
    mistaken = at(Gazetteer(), {"district": "41707", "point": {"lat": 38.5, "lon": 73.7}})
    assert mistaken not in {*jurisdictions(), *contradictions()}
    plain = next(iter(trait_sets("toxic-fire", frozenset()))).traits
    pair = next(pair for pair in kind_hazards() if pair.kind == "toxic-fire")
    others = {name: SCALARS[name][0] for name in ("severity", "urgency", "certainty", "status")}
    cell = Facets(**pair.values, **others, **mistaken._asdict(), deliberate=None, exposed=frozenset(), traits=plain)
    assert OpenMatcher(book, on=DAY).decide(cell).lead is None
    gaps = {
        (each.facets.kind, each.facets.hazard) for each in walk(book, DAY, "error").findings if each.code == "no-lead"
    }
    assert pair[:2] in gaps
    assert len(gaps) == len(kind_hazards())


@pytest.mark.parametrize("point", BETWEEN)
def test_no_place_falls_through_the_net(point):
    """Real places whose jurisdiction is found only between the points of the net: nobody would check them."""
    lat, lon = point
    assert at(Gazetteer(), {"point": {"lat": lat, "lon": lon}}) in jurisdictions()


def test_a_substance_whose_numbers_contradict_each_other_is_a_cell_too():
    """A mustard's CAS number beside a pesticide's UN number: somebody typed one of them wrong, and it is routed."""
    report = {
        **envelope("gas-concentration", "chemical"),
        **least_events()["gas-concentration"],
        "substance": {"cas": "555-77-1", "un_number": "3348"},
    }
    event = parse_event(json.dumps(report).encode())
    traits = facets_of(event, Gazetteer().locate(event.where)).traits
    assert traits >= {"cwc-scheduled", "pesticide"}
    assert traits in {way.traits for way in trait_sets("gas-concentration", traits)}
