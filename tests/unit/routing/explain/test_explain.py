"""Explanations: what they say is what the matcher did, for any book and any cell."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.drawn import CONDITIONS, EFFECTS, FACETS
from tests.builders.rules import DIRECTORY, make_facets, make_rule
from tests.builders.thorough import cases

from cbrn_routing.decide import Engine
from cbrn_routing.decision_record import DecisionRecordError, cell_of, days_of, read_decision
from cbrn_routing.explain import Explainer, RulebookMismatchError, check_book, differences, origins_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router.delivery import plan_delivery
from cbrn_routing.rulebook import Eras, Matcher, Rule, RuleBook, national_rulebook
from cbrn_routing.rulebook.cases import case_facets
from cbrn_routing.rulebook.vocabulary import ANY, NONE
from cbrn_schemas.events import parse_event
from cbrn_schemas.topics import Lane, Realm

if TYPE_CHECKING:
    from cbrn_routing.decision import Facets

EVERYONE = (*sorted(DIRECTORY.national), *sorted(DIRECTORY.foreign))
TODAY = date(2026, 11, 23)


def explainer_of(*rules: Rule) -> Explainer:
    return Explainer(Matcher(RuleBook.from_groups([rules]), DIRECTORY), DIRECTORY)


RULES = st.lists(st.tuples(CONDITIONS, EFFECTS), min_size=1, max_size=6).map(
    lambda written: [make_rule(f"r{index}", when, **effect) for index, (when, effect) in enumerate(written)]
)


@settings(max_examples=cases(200), deadline=None)
@given(rules=RULES, facets=FACETS)
def test_every_decision_is_explained_by_the_rules_that_it_cites(rules: list[Rule], facets: Facets) -> None:
    """Without the cited rules the body would not have been told; so they are the reason, and the whole of it."""
    explanation = explainer_of(*rules).explain(facets)
    decision = explanation.decision
    assert [each.body for each in explanation.told] == [
        each.body for each in (*decision.recipients, *decision.partners)
    ]
    for told in explanation.told:
        cited = {naming.account.rule.id for naming in told.namings}
        assert cited or told.owed_by
        # A lead rule that stood behind the first would take its place, so leads stay and only their lead is gone.
        # Rules that need to know silences say nothing, and are taken away as well.
        rest = [rule for rule in rules if rule.id not in cited and (rule.restricted or not explanation.restricted_by)]
        others = Matcher(RuleBook.from_groups([rest]), DIRECTORY).decide(facets) if rest else None
        left = () if others is None else (*others.recipients, *others.partners)
        outranked = {naming.account.rule.lead for naming in explanation.other_leads}
        assert told.body in outranked or told.body not in {each.body for each in left}


@settings(max_examples=cases(200), deadline=None)
@given(rules=RULES, facets=FACETS)
def test_what_an_explanation_claims_is_true(rules: list[Rule], facets: Facets) -> None:
    """Each cited rule matches, each condition said to hold holds, and what met it is in the cell."""
    explanation = explainer_of(*rules).explain(facets)
    matching = {rule.id for rule in Matcher(RuleBook.from_groups([rules]), DIRECTORY).matching(facets)}
    for told in explanation.told:
        strongest = max(naming.role for naming in told.namings)
        assert strongest == told.role
        for naming in told.namings:
            account = naming.account
            assert account.rule.id in matching
            assert account.matches
            assert not account.failed
            assert not account.taken_out_by
            for condition in account.conditions:
                assert condition.by, "a condition that holds was met by something"
                met = set(condition.by) - {ANY, NONE, "unknown", "other"}
                assert met <= (set(condition.got) if isinstance(condition.got, tuple) else {condition.got})
    assert set(explanation.deadline_by) <= matching
    assert set(explanation.restricted_by) == {rule.id for rule in rules if rule.restricted and rule.id in matching}


@settings(max_examples=cases(200), deadline=None)
@given(rules=RULES, facets=FACETS, body=st.sampled_from(EVERYONE))
def test_why_not_names_what_stood_in_the_way(rules: list[Rule], facets: Facets, body: str) -> None:
    """For each rule that could have named the body: a failed condition, an exception, a place, a lead before it."""
    explainer = explainer_of(*rules)
    explanation = explainer.explain(facets)
    why_not = explainer.why_not(body, explanation)
    told = {each.body for each in explanation.told}
    assert (why_not.told is not None) is (body in told)
    for naming in why_not.candidates:
        account = naming.account
        assert account.matches is not bool(account.failed or account.taken_out_by or account.silenced)
        if body not in told:
            elsewhere = body not in naming.stands_for
            stopped = account.failed or account.taken_out_by or account.silenced
            assert stopped or elsewhere or naming.outranked_by is not None or naming.for_members_only
    if body not in told and why_not.candidates:
        nearest = why_not.candidates[0].account
        assert all(nearest.about_another_event <= each.account.about_another_event for each in why_not.candidates)


@settings(max_examples=cases(60), deadline=None)
@given(rules=RULES, facets=FACETS, body=st.sampled_from(EVERYONE))
def test_every_rule_that_could_name_the_body_is_looked_at(rules: list[Rule], facets: Facets, body: str) -> None:
    """One that is left out would be the very one that a lawyer asks for."""
    explainer = explainer_of(*rules)
    found = {each.account.rule.id for each in explainer.why_not(body, explainer.explain(facets)).candidates}
    symbols = {"{region}": ("ppp-x", "ppp-y"), "{members}": ("mes", "moh")}
    symbols |= dict.fromkeys(("{neighbours}", "{downstream}"), ("kz", "uz"))
    for rule in rules:
        words = (rule.lead, *rule.support, *rule.inform, *rule.partners)
        could = any(word == body or body in symbols.get(str(word), ()) for word in words)
        assert could is (rule.id in found)


def test_a_lead_rule_that_comes_later_is_named_as_such() -> None:
    """It matches, and still does not lead: the order of the file decides, and that must be seen."""
    explainer = explainer_of(
        make_rule("first", {"hazard": "chemical"}, lead="mes"), make_rule("second", {"kind": "toxic-fire"}, lead="moh")
    )
    explanation = explainer.explain(make_facets())
    assert [(each.account.rule.id, each.outranked_by) for each in explanation.other_leads] == [("second", "first")]
    (candidate,) = explainer.why_not("moh", explanation).candidates
    assert candidate.outranked_by == "first"


def test_the_nearest_rule_comes_first_and_other_events_last() -> None:
    """A rule of another kind with one failed condition is farther off than one of this kind with two."""
    explainer = explainer_of(
        make_rule("other", {"kind": "contamination"}, support=["mia"]),
        make_rule("two", {"kind": "toxic-fire", "severity": "Extreme", "deliberate": True}, support=["mia"]),
        make_rule("one", {"kind": "toxic-fire", "severity": "Extreme"}, inform=["mia"]),
    )
    found = explainer.why_not("mia", explainer.explain(make_facets())).candidates
    assert [each.account.rule.id for each in found] == ["one", "two", "other"]
    assert [condition.facet for condition in found[1].account.failed] == ["severity", "deliberate"]


def test_an_exception_is_shown_with_what_met_it() -> None:
    """`unless` is the easiest thing to overlook in a rule."""
    rule = make_rule("r", {"hazard": "chemical"}, inform=["mia"], unless=[{"region": "KG-J"}, {"severity": "Minor"}])
    explainer = explainer_of(rule)
    (candidate,) = explainer.why_not("mia", explainer.explain(make_facets())).candidates
    ((condition,),) = candidate.account.taken_out_by
    assert (condition.facet, condition.by) == ("severity", ("Minor",))


# With the catalogue's own bodies and the national book.


@pytest.fixture(scope="module")
def national() -> Explainer:
    return Explainer.on(Eras(national_rulebook()), TODAY)


def test_the_national_book_explains_each_of_its_own_cases(national: Explainer) -> None:
    """Every rule, every condition form that is in use."""
    for rule in national_rulebook().rules:
        for case in rule.cases:
            explanation = national.explain(case_facets(case))
            assert explanation.told
            assert all(told.namings or told.owed_by for told in explanation.told)


@pytest.mark.parametrize(
    ("body", "remark", "instead"),
    [("moes", "gone", ("moe", "mshei")), ("iaea", "foreign", ()), ("mes", None, ())],
)
def test_a_body_that_cannot_be_told_is_said_to_be_so(
    national: Explainer, body: str, remark: str | None, instead: tuple[str, ...]
) -> None:
    """Otherwise an officer looks for a failing condition that does not exist."""
    found = national.why_not(body, national.explain(make_facets(kind="dispersion-weather", lane="monitoring")))
    assert (remark in found.remarks) is (remark is not None)
    assert set(found.instead) == set(instead)


def test_a_decision_about_the_past_names_who_stands_in_the_place_of_whom() -> None:
    """The ministry of 2024 is gone: its successors were told, and ask why."""
    eras = Eras(national_rulebook())
    day = date(2024, 6, 1)
    explainer = Explainer.on(eras, day, TODAY)
    facets = make_facets(exposed=frozenset({"school"}), severity="Extreme")
    explanation = explainer.explain(facets, today=TODAY)
    named = {each.body: each for each in explanation.told}
    assert "moes" in named
    assert named["moe"].in_place_of == ("moes",)
    assert named["moe"].namings == named["moes"].namings
    assert set(named["moes"].passed_to) == {"moe", "mshei"}
    assert not named["mes"].passed_to


# Where the facets came from.

EVENT = {
    "kind": "chemical-spill",
    "hazard": "chemical",
    "body": "mes",
    "observed": "2026-11-20T06:00:00Z",
    "reported": "2026-11-20T06:05:00Z",
    "where": {"district": "41708"},
    "severity": "Severe",
    "situation": "KG-2026-x",
    "exposed": ["school"],
    "substances": [{"name": "mercury", "cas": "7439-97-6"}],
    "medium": "soil",
    "texts": {"en": {"headline": "Spill"}},
}


def origins(**fields: Any) -> set[tuple[str, str]]:
    gazetteer = Gazetteer()
    event = parse_event(json.dumps(EVENT | fields).encode())
    routed = Engine(Eras(national_rulebook()), gazetteer).route(event)
    found = origins_of(event, gazetteer.locate(event.where), routed.decision.facets)
    return {(one.value, one.field) for one in found}


def test_a_trait_is_traced_to_the_field_that_gave_it() -> None:
    """«Why a river?»: since the publisher named it, or since the medium is one."""
    assert ("river", "river") in origins(river="Min-Kush")
    assert ("river", "medium") in origins(medium="river", river="Min-Kush")
    assert ("school", "exposed") in origins()
    assert ("KG-O", "where") in origins(where={"district": "41706"})


def test_a_field_that_was_denied_gives_nothing() -> None:
    """A river is named, and did not get there: the medium alone speaks."""
    assert ("river", "river") not in origins(river="Min-Kush", reached_river=False, medium="canal")


def test_of_several_substances_the_one_that_counts_is_named() -> None:
    """A list of ten is no explanation."""
    substances = [{"name": "water", "cas": "7732-18-5"}, {"name": "DDT", "cas": "50-29-3"}]
    assert ("pop", "substances[1]") in origins(substances=substances)


# Records.


def record(**changed: Any) -> bytes:
    matcher = Eras(national_rulebook()).on(TODAY)
    decision = matcher.decide(make_facets(severity="Severe", neighbours=frozenset({"KZ"})))
    plan = plan_delivery(Realm.REAL, Lane.INCIDENTS, decision.recipients, decision, "41708", ())
    head = {
        "id": "e-1", "source": "/mes", "kind": "toxic-fire", "key": "KG-2026-x", "topic": "cbrn.from.mes.incidents",
        "partition": 0, "offset": 7, "decided": f"{TODAY}T06:00:00.000Z", "earlier": ["secretariat"],
    }  # fmt: skip
    return json.dumps({**head, **json.loads("{" + plan.record), **changed}).encode()


def test_a_record_leads_back_to_its_cell() -> None:
    """Offline, without the event: the record is enough."""
    found = read_decision(record(unheard_of=1))
    check_book(found, national_rulebook())
    explainer = Explainer.on(Eras(national_rulebook()), *days_of(found))
    explanation = explainer.explain(cell_of(found), earlier=found.earlier)
    assert list(differences(found, explanation.decision)) == []
    assert {each.body for each in explanation.told if not each.partner} == {
        *(each.body for each in found.recipients),
        "secretariat",
    }
    earlier = explanation.about("secretariat")
    assert earlier is not None
    assert earlier.earlier


def test_a_record_of_another_book_is_refused_with_both_digests() -> None:
    """Its rules may say something else: a wrong explanation is worse than none."""
    with pytest.raises(RulebookMismatchError) as caught:
        check_book(read_decision(record(rulebook="0" * 64)), national_rulebook())
    assert "000000000000" in str(caught.value)
    assert national_rulebook().digest[:12] in str(caught.value)
    assert "--rulebook" in caught.value.hint


def test_a_record_that_the_program_would_write_otherwise_is_noticed() -> None:
    """The digest does not cover the catalogue of bodies."""
    changed = read_decision(record(acknowledge_within_s=1, recipients=[]))
    decision = Eras(national_rulebook()).on(TODAY).decide(cell_of(changed))
    assert list(differences(changed, decision)) == ["recipients", "acknowledge_within_s"]


@pytest.mark.parametrize("data", [b"", b"nonsense", b"[]", b'{"id": 1}', record(offset=-1)])
def test_what_is_no_record_is_an_error_with_a_field(data: bytes) -> None:
    """Not a traceback."""
    with pytest.raises(DecisionRecordError, match="no decision record"):
        read_decision(data)


@pytest.mark.parametrize(
    ("mark", "reasons"), [("tlp-red", (True, False)), ("tlp-amber-strict", (False, True))], ids=["red", "strict"]
)
def test_what_a_mark_of_the_traffic_light_protocol_takes_away_is_said(mark: str, reasons: tuple[bool, bool]) -> None:
    """The conditions hold: whoever reads that a severe fire is not severe looks for a fault in the rule."""
    explainer = explainer_of(make_rule("severe", {"severity": "Severe"}, inform=["mia"]))
    cell = make_facets(severity="Severe", traits=frozenset({mark}))
    (candidate,) = explainer.why_not("mia", explainer.explain(cell)).candidates
    assert not candidate.account.failed
    assert (candidate.account.silenced, candidate.for_members_only) == reasons
