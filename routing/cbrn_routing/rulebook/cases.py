"""The cases beside the rules: does the book decide as its authors expected?

Pure; a test and `cbrn rules test` show the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbrn_routing.decision import Decision, Facets, Role
from cbrn_routing.rulebook.language import Case, seconds
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, HOME, OTHER, SETS, UNKNOWN, lane_of_kind
from cbrn_routing.traits import EMPTY
from cbrn_schemas.catalogue.naming import ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.rulebook.book import RuleBook
    from cbrn_routing.rulebook.duty_rules import DutyRule
    from cbrn_routing.rulebook.language import Rule
    from cbrn_routing.rulebook.matcher import Matcher


class CaseFailure(NamedTuple):
    """A case whose decision is not the expected one."""

    rule: str
    case: str
    field: str
    expected: object
    got: object

    def __str__(self) -> str:
        expected, got = _listed(self.expected), _listed(self.got)
        return f"rule «{self.rule}», case «{self.case}»: {self.field}: expected {expected}, got {got}"


def failing_cases(matcher: Matcher) -> tuple[CaseFailure, ...]:
    """Find every difference between the cases of the matcher's book and what it decides."""
    written: tuple[Rule | DutyRule, ...] = (*matcher.book.rules, *matcher.book.duties)
    return tuple(
        CaseFailure(rule.id, case.title, field, expected, got)
        for rule in written
        for case in rule.cases
        for field, expected, got in _differences(case, matcher.decide(case_facets(case)))
    )


def cases_of(book: RuleBook) -> list[tuple[str, Case]]:
    """Return every case of the book with its rule's id, those of duties included."""
    found = [(rule.id, case) for rule in book.rules for case in rule.cases]
    return found + [(duty.id, case) for duty in book.duties for case in duty.cases]


def case_of(book: RuleBook, failure: CaseFailure) -> Case:
    """Return the case that failed."""
    return next(case for rule, case in cases_of(book) if (rule, case.title) == (failure.rule, failure.case))


def rules_of_case(matcher: Matcher, case: Case) -> list[str]:
    """Name the rules that match the case's cell."""
    return [rule.id for rule in matcher.matching(case_facets(case))]


def case_facets(case: Case) -> Facets:
    """Make the cell of a case: what it names, and for the rest an accident at home of which nothing else is known."""
    named = case.facets.conditions()
    kind = str(named["kind"][0])
    ordinary: dict[str, object] = {
        "lane": lane_of_kind(kind),
        "hazard": HAZARDS_OF[kind][0],
        "severity": "Unknown",
        "urgency": "Unknown",
        "certainty": "Unknown",
        "deliberate": None,
        "status": "Actual",
        "region": None,
        "country": HOME,
        "border": False,
        **dict.fromkeys(SETS, EMPTY),
    }
    given = {facet: frozenset(values) if facet in SETS else values[0] for facet, values in named.items()}
    unknown = {facet: None for facet, value in given.items() if value == UNKNOWN}
    elsewhere = {"country": ELSEWHERE} if given.get("country") == OTHER else {}
    return Facets(**{**ordinary, **given, **unknown, **elsewhere})  # type: ignore[arg-type] # the vocabulary has checked every value


def _differences(case: Case, decision: Decision) -> Iterator[tuple[str, object, object]]:
    told = {role: {each.body for each in decision.recipients if each.role is role} for role in Role}
    expected_and_got: list[tuple[str, object, object]] = [
        ("lead", None if case.lead is None else {case.lead}, told[Role.LEAD]),
        ("support", _as_set(case.support), told[Role.SUPPORT]),
        ("inform", _as_set(case.inform), told[Role.INFORM]),
        ("partners", _as_set(case.partners), {each.body for each in decision.partners}),
        ("restricted", case.restricted, any(each.restricted for each in decision.recipients)),
        ("duties", _as_set(case.duties), set(decision.duties)),
    ]
    if case.acknowledge_within is not None:
        expected_and_got.append(("acknowledge_within", seconds(case.acknowledge_within), decision.acknowledge_within_s))
    for field, expected, got in expected_and_got:
        if expected is not None and expected != got:
            yield field, expected, got


def _listed(value: object) -> str:
    """Name bodies in a fixed order; «nobody» for an empty set."""
    return (", ".join(sorted(map(str, value))) or "nobody") if isinstance(value, set | frozenset) else str(value)


def _as_set(names: tuple[str, ...] | None) -> set[str] | None:
    return None if names is None else set(names)
