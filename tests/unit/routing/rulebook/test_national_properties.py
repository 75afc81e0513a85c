"""What holds of the national book whatever is written into it next: properties, over its own vocabulary."""

from __future__ import annotations

import json
from dataclasses import astuple
from importlib import resources
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.golden import EXAMPLES
from tests.builders.rules import OneMatcher
from tests.builders.thorough import cases

from cbrn_routing.decide import Engine
from cbrn_routing.decision import Decision, Facets, Role
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.proof import event_in
from cbrn_routing.rulebook import Case, LeadConflictError, Matcher, Rule, RuleBook, case_facets, national_rulebook
from cbrn_routing.rulebook.vocabulary import ANY, HAZARDS_OF, NEIGHBOURS, NONE, REGIONS, SCALARS, SETS, lane_of_kind
from cbrn_schemas.events import EVENT_TYPES, parse_event

BOOK = national_rulebook()
MATCHER = Matcher(BOOK)
TEXTS = {
    item.name: item.read_text(encoding="utf-8")
    for item in (resources.files("cbrn_routing") / "rules").iterdir()
    if item.name.endswith(".yaml")
}
BASIS = [{"instrument": "mandate-mes", "article": "any", "source": "own", "confidence": "low"}]
TITLE = {"ky": "Эреже", "ru": "Правило", "en": "A rule"}
ORGANISATIONS = ("iaea", "who", "opcw", "{neighbours}", "{downstream}")
AT_HOME = ("mes", "mia", "moh", "mod", "water", "{region}", "{members}")

READINGS = [kind for kind in HAZARDS_OF if lane_of_kind(kind) == "monitoring"]
KINDS = st.sampled_from(sorted(HAZARDS_OF))
INCIDENTS = st.sampled_from(sorted(kind for kind in HAZARDS_OF if lane_of_kind(kind) == "incidents"))
SITUATION = {
    "severity": st.sampled_from(SCALARS["severity"]),
    "urgency": st.sampled_from(SCALARS["urgency"]),
    "certainty": st.sampled_from(SCALARS["certainty"]),
    "deliberate": st.sampled_from([True, False, None]),
    "status": st.sampled_from(SCALARS["status"]),
    "region": st.sampled_from([*REGIONS, None]),
    "country": st.sampled_from(["KG", *NEIGHBOURS, "FR", None]),
    "neighbours": st.frozensets(st.sampled_from(NEIGHBOURS), max_size=2),
    "downstream": st.frozensets(st.sampled_from(NEIGHBOURS), max_size=2),
    "border": st.booleans(),
    "exposed": st.frozensets(
        st.sampled_from([each for each in SETS["exposed"] if each not in {ANY, NONE}]), max_size=3
    ),
    "traits": st.frozensets(st.sampled_from([each for each in SETS["traits"] if each not in {ANY, NONE}]), max_size=3),
}


@st.composite
def some_facets(draw: st.DrawFn, kinds: st.SearchStrategy[str] = KINDS) -> Facets:
    kind = draw(kinds)
    given_facets = {name: draw(strategy) for name, strategy in SITUATION.items()}
    hazard = draw(st.sampled_from(HAZARDS_OF[kind]))
    return Facets(lane=lane_of_kind(kind), hazard=hazard, kind=kind, **given_facets)


CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.lists(KINDS, min_size=1, max_size=4, unique=True),
        "hazard": st.lists(st.sampled_from(SCALARS["hazard"]), min_size=1, max_size=2, unique=True),
        "severity": st.lists(st.sampled_from(SCALARS["severity"]), min_size=1, max_size=3, unique=True),
        "region": st.lists(st.sampled_from(SCALARS["region"]), min_size=1, max_size=3, unique=True),
        "deliberate": st.sampled_from([True, False, "unknown"]),
        "border": st.booleans(),
        "traits": st.lists(st.sampled_from(SETS["traits"]), min_size=1, max_size=3, unique=True),
        "downstream": st.lists(st.sampled_from(SETS["downstream"]), min_size=1, max_size=2, unique=True),
    },
).filter(bool)


def rule(identifier: str, when: dict[str, Any], **effect: Any) -> Rule:
    return Rule.model_validate({"id": identifier, "title": TITLE, "basis": BASIS, "when": when, **effect})


def roles(decision: Decision) -> dict[str, Role]:
    return {each.body: each.role for each in decision.recipients}


def partners(decision: Decision) -> set[str]:
    return {each.body for each in decision.partners}


def content(decision: Decision) -> tuple[Any, ...]:
    """Everything that a decision says, but the name of the book that said it."""
    asked = decision.acknowledge_within_s
    return decision.recipients, decision.partners, asked, decision.duties


def with_rule(added: Rule, position: int) -> Matcher:
    """The national book with a rule more in one of its files, at any place there; as if bases were typed already."""
    groups = [list(group) for group in BOOK.groups]
    group = groups[position % len(groups)]
    group.insert(position // len(groups) % (len(group) + 1), added)
    return Matcher(RuleBook(tuple(map(tuple, groups)), BOOK.duties))


@settings(max_examples=cases(60), deadline=None)
@given(facets=some_facets())
def test_a_decision_depends_on_its_facets_only(facets: Facets) -> None:
    """No memory of what came before, no clock, no order of questions: one cell, one answer, in every process."""
    copy = Facets(*facets)
    fresh = Matcher(RuleBook.from_groups(BOOK.groups, BOOK.duties), cache_size=1)
    assert astuple(fresh.decide(copy)) == astuple(MATCHER.decide(facets))


@settings(max_examples=cases(60), deadline=None)
@given(
    kind=st.sampled_from(sorted(EVENT_TYPES)),
    said=st.fixed_dictionaries(
        {
            "unit": st.text("абвгд -", min_size=1, max_size=40),
            "reporter": st.text("abcde -", min_size=1, max_size=40),
            "tlp": st.sampled_from(["CLEAR", "GREEN", "AMBER"]),
            "texts": st.dictionaries(
                st.sampled_from(["ky", "ru", "en"]),
                st.text("Чүй abc", min_size=1, max_size=50).map(lambda line: {"headline": line}),
                min_size=1,
            ),
        }
    ),
)
def test_what_an_event_says_in_words_changes_nothing(kind: str, said: dict[str, Any]) -> None:
    """Whoever reports it and however he puts it: the facts decide, and no word of the text is one of them."""
    data = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    # A mark that closes an event, as some examples bear it, is a fact: words are tried without it and under it.
    for mark, worded in (("GREEN", said), ("RED", {**said, "tlp": "RED"})):
        plain = {**data, "tlp": mark}
        one, other = (ENGINE.route(parse_event(json.dumps(each).encode())) for each in (plain, {**data, **worded}))
        assert astuple(one.decision) == astuple(other.decision)


ENGINE = Engine(OneMatcher(MATCHER), Gazetteer())


@settings(max_examples=cases(60), deadline=None)
@given(
    when=CONDITIONS,
    effect=st.fixed_dictionaries(
        {
            "support": st.lists(st.sampled_from(AT_HOME), max_size=3, unique=True),
            "inform": st.lists(st.sampled_from(AT_HOME), min_size=1, max_size=3, unique=True),
            "partners": st.lists(st.sampled_from(ORGANISATIONS), max_size=2, unique=True),
        }
    ),
    position=st.integers(0, 10_000),
    cells=st.lists(some_facets(), min_size=1, max_size=8),
)
def test_another_support_or_inform_rule_takes_nobody_away(
    when: dict[str, Any], effect: dict[str, list[str]], position: int, cells: list[Facets]
) -> None:
    """An author may add a sentence without reading the others: roles and deadlines only get stronger."""
    more = with_rule(rule("zz-added", when, **effect), position)
    for facets in cells:
        before, after = MATCHER.decide(facets), more.decide(facets)
        held = roles(after)
        assert all(held[body] >= role for body, role in roles(before).items())
        assert partners(before) <= partners(after)
        assert before.lead is not None
        assert after.lead == before.lead
        assert after.acknowledge_within_s == before.acknowledge_within_s
        assert after.duties == before.duties
        if not any(one.id == "zz-added" for one in more.matching(facets)):
            assert content(after) == content(before)


@settings(max_examples=cases(60), deadline=None)
@given(
    when=CONDITIONS,
    lead=st.sampled_from(["mes", "moh", "scns", "mwrapi", "nas"]),
    position=st.integers(0, 10_000),
    cells=st.lists(some_facets(), min_size=1, max_size=8),
)
def test_another_lead_rule_changes_only_the_cells_that_it_matches(
    when: dict[str, Any], lead: str, position: int, cells: list[Facets]
) -> None:
    """A new exception must not move the lead of what it does not speak of; elsewhere nothing but the lead moves."""
    more = with_rule(rule("zz-added", when, lead=lead), position)
    for facets in cells:
        before, after = MATCHER.decide(facets), more.decide(facets)
        if all(one.id != "zz-added" for one in more.matching(facets)):
            assert content(after) == content(before)
            continue
        assert after.lead is not None
        assert before.lead is not None
        assert after.lead.body in {before.lead.body, lead}
        others = roles(before).keys() - {before.lead.body, lead}
        assert {body: roles(after)[body] for body in others} == {body: roles(before)[body] for body in others}
        assert partners(after) == partners(before)


@settings(max_examples=cases(15), deadline=None)
@given(
    order=st.permutations(sorted(TEXTS)), prefix=st.text("abz", max_size=3), cells=st.lists(some_facets(), max_size=20)
)
def test_neither_the_order_of_files_nor_their_names_matter(order: list[str], prefix: str, cells: list[Facets]) -> None:
    """Two persons sign what the book says; how a folder is read out must not be part of it."""
    shuffled = RuleBook.from_texts({f"{prefix}{place:02}.yaml": TEXTS[name] for place, name in enumerate(order)})
    assert shuffled.digest == BOOK.digest
    matcher = Matcher(shuffled)
    assert all(astuple(matcher.decide(facets)) == astuple(MATCHER.decide(facets)) for facets in cells)


CASES = [pytest.param(case, id=f"{each.id}: {case.title}") for each in BOOK.rules for case in each.cases]


@pytest.mark.parametrize("case", CASES)
def test_every_case_beside_a_rule_is_an_event_that_can_happen(case: Case) -> None:
    """An example that no event can have would prove nothing; and what the book says of it is what the bus does."""
    facets = case_facets(case)
    routed = ENGINE.route(parse_event(json.dumps(event_in(facets)).encode())).decision
    assert astuple(routed) == astuple(MATCHER.decide(facets))


LEADS = [each for each in BOOK.rules if each.lead]


@pytest.mark.parametrize("leading", LEADS, ids=lambda each: each.id)
def test_no_second_file_may_claim_a_lead_that_is_taken(leading: Rule) -> None:
    """Else the order of files would decide who answers, and no file shows it."""
    written = leading.when.model_dump(mode="json", exclude_none=True)
    claim = rule("zz-claim", written, lead="mes")
    with pytest.raises(LeadConflictError, match="zz-claim"):
        RuleBook.from_groups([*BOOK.groups, [claim]], BOOK.duties)


@settings(max_examples=cases(100), deadline=None)
@given(facets=some_facets())
def test_every_recipient_is_explained_by_the_rules_that_it_cites(facets: Facets) -> None:
    """«Why was I told?» is answered by rules that match, name the body in that role, and have a basis."""
    decision = MATCHER.decide(facets)
    matching = {each.id: each for each in MATCHER.matching(facets)}
    symbols = {"{region}", "{members}", "{neighbours}", "{downstream}"}
    for told in decision.recipients:
        for cited in told.rules:
            named = matching[cited]
            by_role = {Role.LEAD: (named.lead,), Role.SUPPORT: named.support, Role.INFORM: named.inform}[told.role]
            assert told.body in by_role or symbols & {str(name) for name in by_role}
            assert named.bases
    named = {cited for told in decision.partners for cited in told.rules} - set(decision.duties)
    assert all(matching[cited].partners for cited in named)


@settings(max_examples=cases(100), deadline=None)
@given(facets=some_facets())
def test_nobody_abroad_is_ever_told_by_the_machine(facets: Facets) -> None:
    """Partners are held for a person, in every cell that there is."""
    decision = MATCHER.decide(facets)
    assert not {each.body for each in decision.recipients} & {
        "kz",
        "uz",
        "tj",
        "cn",
        *ORGANISATIONS,
        "woah",
        "ctbto",
        "unece",
    }


@settings(max_examples=cases(100), deadline=None)
@given(facets=some_facets(INCIDENTS), worse=st.sampled_from(["Moderate", "Severe", "Extreme"]))
def test_what_is_worse_is_told_to_no_fewer(facets: Facets, worse: str) -> None:
    """An officer who knew of the minor event must not lose sight of it when it grows.

    Of incidents only: a reading has two regimes, and the routine one goes to whoever keeps the series.
    """
    small, large = (MATCHER.decide(facets._replace(severity=severity)) for severity in ("Minor", worse))
    assert all(roles(large).get(body, 0) >= role for body, role in roles(small).items())
    assert small.lead is not None
    assert large.lead is not None
    assert small.lead.body == large.lead.body
    assert partners(small) <= partners(large)
    assert (small.acknowledge_within_s or 0) >= (large.acknowledge_within_s or 0)


@settings(max_examples=cases(60), deadline=None)
@given(facets=some_facets(INCIDENTS))
def test_a_severity_that_nobody_knows_is_told_like_a_moderate_one(facets: Facets) -> None:
    """The bus errs towards telling: «unknown» is no reason to be quiet, and no reason to wake every member."""
    unknown, moderate = (MATCHER.decide(facets._replace(severity=severity)) for severity in ("Unknown", "Moderate"))
    assert roles(unknown) == roles(moderate)
    assert partners(unknown) == partners(moderate)


def conditions_on_incidents() -> list[tuple[str, frozenset[str]]]:
    """Each condition on severity, with the rule that has it; readings are told by what they measure."""
    written = [yaml.safe_load(text) for text in TEXTS.values()]
    rules = [one for file in written for part in ("rules", "duties") for one in file.get(part) or ()]
    conditions = [
        (rule["id"], one) for rule in rules for part in ("when", "unless") for one in listed(rule.get(part) or [])
    ]
    return [
        (rule, frozenset(listed(one["severity"])))
        for rule, one in conditions
        if "severity" in one and not set(listed(one.get("kind", list(HAZARDS_OF)))) <= set(READINGS)
    ]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_condition_parts_an_unknown_severity_from_a_moderate_one() -> None:
    """Drawn facets found one such rule in a run of many; here each is looked at."""
    conditions = conditions_on_incidents()
    assert len(conditions) > 60
    assert not [rule for rule, told in conditions if ("Unknown" in told) != ("Moderate" in told)]
