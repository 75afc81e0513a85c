"""What is restricted reaches nobody whom no restricted rule names.

TLP RED reaches nobody by a general rule, AMBER+STRICT no outsider. Proved on one cell of every class that the
restricted rules tell apart, and on the same cell under each of the two marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.decision import Role
from cbrn_routing.proof.cells import classes, kind_hazards
from cbrn_routing.proof.columns import OpenMatcher
from cbrn_routing.proof.errors import TooManyCellsError
from cbrn_routing.proof.findings import Finding
from cbrn_routing.proof.walk import shown
from cbrn_routing.rulebook import RuleFileError
from cbrn_routing.rulebook.matcher import is_general
from cbrn_routing.traits import RED, STRICT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from cbrn_routing.decision import Decision, Facets
    from cbrn_routing.rulebook import RuleBook


def need_to_know(book: RuleBook, on: date) -> Iterator[Finding]:
    """Find each body that learns of something which is none of its business."""
    try:
        matcher = OpenMatcher(book, on=on)
    except RuleFileError:
        return  # reported as what it is: a body that no day knows
    closed = frozenset(rule.id for rule in matcher.rules if rule.restricted)
    general = frozenset(rule.id for rule in matcher.rules if is_general(rule))
    seen: set[str] = set()
    for pair in kind_hazards():
        try:
            for cell in classes(matcher, pair, matcher.restricted):
                for body, rules in _outsiders(matcher, cell, closed, general):
                    subject = f"{pair.kind} ({pair.hazard}): {body}"
                    if subject not in seen:
                        seen.add(subject)
                        yield Finding("error", "need-to-know", subject, rules, on, cell, shown(cell, on))
        except TooManyCellsError as error:
            yield Finding("error", "too-many-cells", str(error), (), on)


def _outsiders(
    matcher: OpenMatcher, cell: Facets, closed: frozenset[str], general: frozenset[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    plain = matcher.decide(cell)
    if any(rule.restricted for rule in matcher.matching(cell)):
        yield from _named_by(plain, lambda rules: not closed & rules)
    red = matcher.decide(cell._replace(traits=cell.traits | {RED}))
    yield from _named_by(red, lambda rules: bool(general & rules))
    strict = matcher.decide(cell._replace(traits=cell.traits | {STRICT}))
    yield from ((each.body, each.rules) for each in strict.partners)
    for each in strict.recipients:
        if each.body not in matcher.directory.inside and each.role is not Role.LEAD:
            yield each.body, each.rules


def _named_by(decision: Decision, wrong: Callable[[frozenset[str]], bool]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in (*decision.recipients, *decision.partners):
        if wrong(frozenset(each.rules)):
            yield each.body, each.rules
