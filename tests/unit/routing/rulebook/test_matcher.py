"""The matcher against a naive reading of the language."""

from __future__ import annotations

from itertools import cycle, islice, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.drawn import CONDITIONS, EFFECTS, FACETS, FEW
from tests.builders.rules import DIRECTORY, make_facets, make_rule
from tests.builders.thorough import cases

from cbrn_routing.decision import Facets, Role
from cbrn_routing.rulebook import Matcher, Rule, RuleBook
from cbrn_routing.rulebook.vocabulary import ANY, HAZARDS_OF, NEIGHBOURS, NONE, REGIONS, SCALARS, SETS, lane_of_kind

# What follows is the language read word by word, without masks: slow, and plainly right.


def holds(facet: str, wanted: tuple[str | bool, ...], facets: Facets) -> bool:
    value = getattr(facets, facet)
    if facet in SETS:
        return any((not value if each == NONE else bool(value) if each == ANY else each in value) for each in wanted)
    if facet == "country" and value is not None and value not in SCALARS["country"]:
        value = "other"
    return (value if value is not None else "unknown") in wanted


def matches(rule: Rule, facets: Facets) -> bool:
    def all_hold(conditions: dict[str, tuple[str | bool, ...]]) -> bool:
        return all(holds(facet, wanted, facets) for facet, wanted in conditions.items())

    return all_hold(rule.when.conditions()) and not any(all_hold(each.conditions()) for each in rule.unless)


def resolve(name: str, facets: Facets) -> tuple[str, ...]:
    countries = {"{neighbours}": facets.neighbours, "{downstream}": facets.downstream}.get(name)
    if countries is not None:
        return tuple(code for country in countries for code in DIRECTORY.by_country.get(country, ()))
    heads = DIRECTORY.by_region.get(facets.region or "", ())
    return {"{region}": heads, "{members}": DIRECTORY.members}.get(name, (name,))


def speaking(rules: list[Rule], facets: Facets) -> list[Rule]:
    """Where a restricted rule matches, the others are silent."""
    matched = [rule for rule in rules if matches(rule, facets)]
    return [rule for rule in matched if rule.restricted] or matched


def naive(rules: list[Rule], facets: Facets) -> dict[str, Any]:
    matched = speaking(rules, facets)
    roles: dict[str, Role] = {}
    cited: dict[tuple[str, Role], list[str]] = {}
    leads = [rule for rule in matched if rule.lead]
    partners: dict[str, list[str]] = {}
    for rule in matched:
        named = [(Role.LEAD, [rule.lead])] if leads and rule is leads[0] else []
        named += [(Role.SUPPORT, list(rule.support)), (Role.INFORM, list(rule.inform))]
        for role, names in named:
            for body in {code for name in names for code in resolve(name or "", facets)}:
                roles[body] = max(role, roles.get(body, role))
                cited.setdefault((body, role), []).append(rule.id)
        for body in {code for name in rule.partners for code in resolve(name, facets)}:
            partners.setdefault(body, []).append(rule.id)
    deadlines = [rule.acknowledge_within_s for rule in matched if rule.acknowledge_within_s is not None]
    return {
        "recipients": {body: (role, tuple(cited[body, role])) for body, role in roles.items()},
        "partners": {body: tuple(ids) for body, ids in partners.items()},
        "deadline": min(deadlines, default=None),
        "restricted": any(rule.restricted for rule in matched),
    }


RULES = st.lists(st.tuples(CONDITIONS, EFFECTS), min_size=1, max_size=8)


def a_value_for(draw: st.DrawFn, facet: str, word: Any, value: Any) -> Any:
    """A value of the facet for which a rule's word holds; sets keep what they have besides."""
    if facet not in SETS:
        return {"unknown": None, "other": "AF"}.get(word, word)
    if word == NONE:
        return frozenset()
    known = [each for each in FEW[facet] if each not in {ANY, NONE}]
    return value | {draw(st.sampled_from(known)) if word == ANY else word}


@st.composite
def books_and_cells(draw: st.DrawFn) -> tuple[list[tuple[Any, Any]], list[Facets]]:
    """Rules, and cells near them: drawn freely, a cell of twelve facets hardly ever meets what a rule asks for."""
    written = draw(RULES)
    cells = []
    for _ in range(draw(st.integers(1, 5))):
        facets = draw(FACETS)
        (other, _), (when, effect) = draw(st.sampled_from(written)), draw(st.sampled_from(written))
        exceptions = effect.get("unless", []) if draw(st.integers(0, 2)) == 2 else []
        for asked in (other, when, *exceptions):
            for facet, words in asked.items():
                if draw(st.integers(0, 15)):  # one condition in sixteen is left to chance: near, and perhaps beside
                    word = draw(st.sampled_from(words)) if isinstance(words, list) else words
                    facets = facets._replace(**{facet: a_value_for(draw, facet, word, getattr(facets, facet))})
        cells.append(facets)
    return written, cells


@settings(max_examples=cases(300), deadline=None)
@given(drawn=books_and_cells())
def test_the_masks_decide_as_the_words_say(drawn: tuple[list[tuple[Any, Any]], list[Facets]]) -> None:
    """The compiled table is fast because it is not readable: a readable twin has to agree with it in every cell."""
    written, cells = drawn
    rules = [make_rule(f"r{index}", when, **effect) for index, (when, effect) in enumerate(written)]
    matcher = Matcher(RuleBook.from_groups([rules]), DIRECTORY)
    for facets in cells:
        decision, expected = matcher.decide(facets), naive(rules, facets)
        assert {each.body: (each.role, each.rules) for each in decision.recipients} == expected["recipients"]
        assert {each.body: each.rules for each in decision.partners} == expected["partners"]
        assert decision.acknowledge_within_s == expected["deadline"]
        assert all(each.restricted is expected["restricted"] for each in decision.recipients)
        assert [rule.id for rule in matcher.matching(facets)] == [rule.id for rule in speaking(rules, facets)]
        ordered = [(-each.role, each.body) for each in decision.recipients]
        assert ordered == sorted(ordered)


@settings(max_examples=cases(100), deadline=None)
@given(drawn=books_and_cells(), added=CONDITIONS)
def test_another_support_or_inform_rule_never_takes_a_recipient_away(
    drawn: tuple[list[tuple[Any, Any]], list[Facets]], added: dict[str, Any]
) -> None:
    """The union is what lets an author add a rule without reading all others."""
    written, cells = drawn
    rules = [make_rule(f"r{index}", when, **effect) for index, (when, effect) in enumerate(written)]
    more = [*rules, make_rule("r9", added, support=["mia"], inform=["scns"])]
    without, with_it = (Matcher(RuleBook.from_groups([each]), DIRECTORY) for each in (rules, more))
    for facets in cells:
        before, after = without.decide(facets), with_it.decide(facets)
        held = {each.body: each.role for each in after.recipients}
        assert all(held[each.body] >= each.role for each in before.recipients)
        assert before.lead is None or (after.lead is not None and after.lead.body == before.lead.body)


def test_other_countries_are_neither_home_nor_neighbours() -> None:
    """An accident in Almaty is no «event somewhere far away», whether or not a rule names Kazakhstan."""
    rules = [
        make_rule("far", {"country": "other"}, inform=["moh"]),
        make_rule("near", {"country": ["KZ", "other"]}, inform=["mia"]),
        make_rule("lost", {"country": "unknown"}, inform=["scns"]),
    ]
    matcher = Matcher(RuleBook.from_groups([rules]), DIRECTORY)
    told = {
        each: [one.id for one in matcher.matching(make_facets(country=each))]
        for each in (*NEIGHBOURS, "KG", "AF", None)
    }
    assert told == {"CN": [], "KZ": ["near"], "TJ": [], "UZ": [], "KG": [], "AF": ["far", "near"], None: ["lost"]}


def test_the_first_lead_rule_of_the_file_leads() -> None:
    """Written order is how an author states an exception."""
    rules = [
        make_rule("special", {"hazard": "chemical", "severity": "Severe"}, lead="moh"),
        make_rule("general", {"hazard": "chemical"}, lead="mes", support=["mia"]),
    ]
    matcher = Matcher(RuleBook.from_groups([rules]), DIRECTORY)
    severe = matcher.decide(make_facets(severity="Severe"))
    assert [(each.body, each.role, each.rules) for each in severe.recipients] == [
        ("moh", Role.LEAD, ("special",)),
        ("mia", Role.SUPPORT, ("general",)),
    ]
    minor = matcher.decide(make_facets()).lead
    assert minor is not None
    assert minor.body == "mes"


def test_a_body_is_told_once_in_its_strongest_role_with_all_rules_of_that_role() -> None:
    """Nobody reads two alerts about one event, and the officer sees every reason for his role."""
    rules = [
        make_rule("one", {"hazard": "chemical"}, inform=["mia", "moh"]),
        make_rule("two", {"severity": "Minor"}, support=["mia"]),
        make_rule("three", {"kind": "toxic-fire"}, support=["mia"], inform=["moh"]),
    ]
    decision = Matcher(RuleBook.from_groups([rules]), DIRECTORY).decide(make_facets())
    assert {each.body: (each.role.code, each.rules) for each in decision.recipients} == {
        "mia": ("support", ("two", "three")),
        "moh": ("inform", ("one", "three")),
    }
    assert decision.lead is None


def test_the_shortest_deadline_wins_for_readings_as_well() -> None:
    """A reading at its danger level is answered like an incident; a routine one has no rule that asks."""
    rules = [
        make_rule("slow", {"hazard": "chemical"}, lead="mes", acknowledge_within="2h"),
        make_rule("fast", {"severity": "Extreme"}, inform=["moh"], acknowledge_within="5m"),
    ]
    matcher = Matcher(RuleBook.from_groups([rules]), DIRECTORY)
    assert matcher.decide(make_facets()).acknowledge_within_s == 7200
    assert matcher.decide(make_facets(severity="Extreme")).acknowledge_within_s == 300
    assert matcher.decide(make_facets(severity="Extreme", lane="monitoring")).acknowledge_within_s == 300


def test_where_a_restricted_rule_speaks_no_other_does() -> None:
    """The event itself is what only named officers may see, and only those of the bodies that the rule names."""
    rules = [
        make_rule("open", {"hazard": "chemical"}, lead="mes", partners=["iaea"]),
        make_rule("secret", {"deliberate": True}, inform=["mia"], restricted=True),
    ]
    decision = Matcher(RuleBook.from_groups([rules]), DIRECTORY).decide(make_facets(deliberate=True))
    told = {each.body: each.restricted for each in (*decision.recipients, *decision.partners)}
    assert told == {"mia": True}


def test_equal_cells_share_one_decision() -> None:
    """The router keys its delivery plans by the decision's identity."""
    matcher = Matcher(RuleBook.from_groups([[make_rule("one", {"hazard": "chemical"}, lead="mes")]]), DIRECTORY)
    assert matcher.decide(make_facets()) is matcher.decide(make_facets())
    assert matcher.decide(make_facets()).rulebook == matcher.digest


def test_a_decision_is_a_key_by_its_identity() -> None:
    """Of two books that say the same neither may answer for the other, and hashing forty strings would cost a lane."""
    book = RuleBook.from_groups([[make_rule("one", {"hazard": "chemical"}, lead="mes")]])
    one, other = (Matcher(book, DIRECTORY).decide(make_facets()) for _ in range(2))
    assert {one: "one", other: "other"}[one] == "one"
    assert hash(one) == object.__hash__(one)


def test_the_cache_is_bounded() -> None:
    """A stream of ever new cells must not eat the router's memory."""
    matcher = Matcher(
        RuleBook.from_groups([[make_rule("one", {"hazard": "chemical"}, lead="mes")]]), DIRECTORY, cache_size=8
    )
    for region, severity in product(REGIONS, SCALARS["severity"]):
        matcher.decide(make_facets(region=region, severity=severity))
    assert len(matcher._cache) == 8


def generated(number: int) -> Matcher:
    """A matcher over `number` rules, each lead, support or inform for a cell of its own."""
    pairs = [(kind, hazard) for kind, hazards in HAZARDS_OF.items() for hazard in hazards]
    cells = cycle(product(pairs, SCALARS["severity"], REGIONS))
    rules = [
        make_rule(
            f"r{index}",
            {"lane": lane_of_kind(kind), "kind": kind, "hazard": hazard, "severity": severity, "region": region},
            **({"lead": "mes"} if index % 3 == 0 else {"support": ["moh"]} if index % 3 == 1 else {"inform": ["mia"]}),
        )
        for index, ((kind, hazard), severity, region) in enumerate(islice(cells, number))
    ]
    return Matcher(RuleBook.from_groups([rules]), DIRECTORY)


@pytest.mark.parametrize("rules", [10, 1000])
def test_a_repeated_cell_costs_one_look_up(rules: int) -> None:
    """Speed is a property of the design: a cell that was seen never reaches the rules again."""
    matcher = generated(rules)
    facets = make_facets()
    decision = matcher.decide(facets)
    matcher._when = ()  # would now accept every rule: the answer can only come from the cache
    assert matcher.decide(facets) is decision
