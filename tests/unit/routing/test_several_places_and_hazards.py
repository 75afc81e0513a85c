"""An event in several places, with several hazards, or that nobody knows: whoever any of them names is told."""

import json
from datetime import UTC, datetime

import pytest
from tests.builders.golden import EXAMPLES
from tests.builders.history import record_of

from cbrn_consumers.decisions import of_event, of_record, one_event
from cbrn_routing.compare.past import PastReader
from cbrn_routing.compare.replay import Evaluator
from cbrn_routing.decide import Engine
from cbrn_routing.decision import Decision, Recipient, Role, united
from cbrn_routing.decision_record import read_decision
from cbrn_routing.duties import duties_of
from cbrn_routing.explain import Explainer, differences
from cbrn_routing.facets import cells_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_schemas.events import EVENT_TYPES, parse_event

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
BOOK = national_rulebook()
ERAS = Eras(BOOK)
GAZETTEER = Gazetteer()
ENGINE = Engine(ERAS, GAZETTEER)
NARYN, OSH, BATKEN = "41704220", "41706255", "41705214"


def event(kind, *, district=None, further=(), **fields):
    data = json.loads((EXAMPLES / f"{kind}.json").read_text()) | fields
    if district is not None:
        data["where"] = {"district": district}
    if further:
        data["where"] = data["where"] | {"further_districts": list(further)}
    return parse_event(json.dumps(data).encode())


def told(decision):
    return {each.body: each.role for each in decision.recipients}


def partners(decision):
    return {each.body for each in decision.partners}


def decided(*args, **fields):
    return ENGINE.route(event(*args, **fields), NOW).decision


def test_each_district_is_told_of_as_if_it_had_happened_there_alone():
    """Both regions' heads and both neighbours; not one body more, not one less."""
    several = decided("tailings-failure", district=NARYN, further=[OSH, BATKEN])
    alone = [decided("tailings-failure", district=code) for code in (NARYN, OSH, BATKEN)]
    assert told(several).keys() == set().union(*(told(each) for each in alone))
    assert partners(several) == set().union(*(partners(each) for each in alone))
    assert {"ppp-naryn", "ppp-osh", "ppp-batken"} <= told(several).keys()
    assert several.lead.body == alone[0].lead.body
    assert several.facets == alone[0].facets
    assert several.acknowledge_within_s == min(each.acknowledge_within_s for each in alone)


def test_a_district_that_is_named_twice_counts_once():
    """The publisher's own district again, or a district and itself, change nothing."""
    assert decided("tailings-failure", district=NARYN, further=[NARYN]) == decided("tailings-failure", district=NARYN)
    twice = ENGINE.route(event("tailings-failure", district=NARYN, further=[OSH, OSH]), NOW)
    assert [place.district for place in twice.further_places] == [OSH]


def test_a_further_district_that_nobody_knows_is_a_doubt_and_holds_nothing_up():
    """Told all the same, with a warning."""
    routed = ENGINE.route(event("tailings-failure", district=NARYN, further=["41709999"]), NOW)
    assert "place-unknown" in routed.doubts
    assert told(routed.decision) == told(decided("tailings-failure", district=NARYN))


def test_what_nobody_knows_is_told_to_whom_any_hazard_would_concern_until_an_update_narrows_it():
    """A powder may be a germ, a poison or a source."""
    unknown = decided("suspicious-substance", identified=False)
    each = [decided("suspicious-substance", hazard=hazard) for hazard in ("biological", "chemical", "radiological")]
    assert told(unknown).keys() == set().union(*(told(one) for one in each))
    assert set(unknown.duties) == set().union(*(one.duties for one in each))
    assert told(decided("suspicious-substance", identified=True)) == told(each[0])
    assert told(decided("suspicious-substance")) == told(each[0])


def test_who_would_lead_another_hazard_supports():
    """One body leads: that of the event's own hazard."""
    both = decided("transport-accident", hazard="radiological", further_hazards=["biological"])
    assert [body for body, role in told(both).items() if role is Role.LEAD] == [both.lead.body]
    illness = decided("foodborne-illness", hazard="biological", further_hazards=["radiological"])
    other = decided("contamination", hazard="radiological", severity="Moderate", medium="food")
    assert told(illness)[other.lead.body] is Role.SUPPORT
    assert illness.lead.body == "moh"


@pytest.mark.parametrize("kind", [kind for kind in EVENT_TYPES if "further_hazards" in EVENT_TYPES[kind].model_fields])
def test_every_further_cell_has_a_lead_of_its_own(kind):
    """A kind that never has a hazard stands for it as what comes of it, so that somebody answers for it."""
    one = event(kind, further_hazards=["chemical", "radiological", "nuclear"])
    matcher = ERAS.on(NOW.date())
    for cell in cells_of(one, [GAZETTEER.locate(one.where)]):
        assert matcher.decide(cell).lead is not None
        assert cell.hazard in EVENT_TYPES[cell.kind].model_fields["hazard"].annotation.__args__


def test_a_second_hazard_opens_no_sealed_case():
    """What is for named officers only goes to nobody whom no restricted rule names."""
    sealed = decided("sabotage", hazard="radiological", deliberate=None)
    both = decided("sabotage", hazard="radiological", deliberate=None, further_hazards=["chemical"])
    assert all(each.restricted for each in both.recipients)
    chemical = decided("sabotage", hazard="chemical", deliberate=None)
    assert told(both).keys() <= told(sealed).keys() | told(chemical).keys()
    lost = decided("lost-source", stolen=True, further_hazards=["chemical"])
    if all(each.restricted for each in decided("lost-source", stolen=True).recipients):
        assert told(lost) == told(decided("lost-source", stolen=True))


def test_a_duty_of_a_further_hazard_says_its_facts_and_its_neighbours():
    """The draft rests on what was seen in the cell in which the duty arose."""
    one = event("suspicious-substance", identified=False, further=[OSH], deliberate=True)
    routed = ENGINE.route(one, NOW)
    duties = {duty.rule: duty for duty in duties_of(one, routed, BOOK, NOW)}
    assert set(duties) == set(routed.decision.duties)
    assert all(duty.basis for duty in duties.values())
    hazards = {fact.value for fact in duties["cwc-weapon-possible"].basis if fact.facet == "hazard"}
    assert hazards == {"chemical"}, "its own hazard is biological"
    assert all("UZ" in duty.place.neighbours for duty in duties.values())


def test_the_record_keeps_every_cell_and_is_explained_and_judged_again_by_them():
    """Without them an explanation would miss the second region, and a replay would call it a change."""
    routed = ENGINE.route(event("suspicious-substance", identified=False, further=[OSH]), NOW)
    written = record_of(routed)
    record = read_decision(written)
    subject = of_record(record, None, 0)
    assert (subject.facets, *subject.further) == routed.decision.cells
    explanation = Explainer.on(ERAS, NOW.date()).explain(subject.facets, further=subject.further)
    assert not list(differences(record, explanation.decision))
    assert {each.body for each in explanation.told} == told(routed.decision).keys() | partners(routed.decision)
    assert all(each.namings or each.partner for each in explanation.told), "a copy may be owed by a duty alone"
    past = PastReader().read(written)
    assert Evaluator(BOOK, GAZETTEER).evaluate_cell(past).roles == past.outcome.roles


def test_a_record_of_one_place_is_as_it_was():
    """No member more: old readers and new ones see the same bytes."""
    written = record_of(ENGINE.route(event("tailings-failure"), NOW))
    assert b'"further"' not in written
    assert PastReader().read(written).further == ()


def test_explaining_a_file_names_every_place(tmp_path):
    """The file's event is decided now, with all of its cells."""
    data = json.loads((EXAMPLES / "hazard-watch.json").read_text())
    read = one_event(json.dumps(data).encode())
    subject = of_event(*read, BOOK)
    assert len(subject.further) == len(data["where"]["further_districts"])


def test_the_shortest_time_counts_and_every_rule_is_cited():
    """Of two hazards the second is the urgent one; «why was I told?» is answered by both rules."""
    cell = ENGINE.route(event("toxic-fire"), NOW).decision.facets

    def one(seconds, rule, lead):
        recipients = (
            Recipient(lead, Role.LEAD, (rule,), restricted=False),
            Recipient("mia", Role.SUPPORT, (rule,), restricted=False),
        )
        return Decision(cell, recipients, (), seconds, "digest")

    both = united(one(3600, "fires", "mes"), (one(900, "germs", "moh"),))
    assert both.acknowledge_within_s == 900
    assert {each.body: (each.role, each.rules) for each in both.recipients} == {
        "mes": (Role.LEAD, ("fires",)),
        "moh": (Role.SUPPORT, ("germs",)),
        "mia": (Role.SUPPORT, ("fires", "germs")),
    }
