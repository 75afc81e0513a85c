"""Two files that claim the lead of one cell: the order of files would decide, and it must not."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from cbrn_routing.proof.cells import classes, kind_hazards
from cbrn_routing.proof.columns import OpenMatcher
from cbrn_routing.proof.errors import TooManyCellsError
from cbrn_routing.proof.findings import Finding
from cbrn_routing.proof.walk import shown
from cbrn_routing.rulebook import Basis, Rule, RuleBook
from cbrn_routing.rulebook.overlap import meet
from cbrn_routing.rulebook.reading import read_rule_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from cbrn_routing.decision import Facets


def conflicts(book: RuleBook, on: date) -> Iterator[Finding]:
    """Yield a finding for every two lead rules of two files that match one cell, with an event of that cell."""
    for one, other in combinations(book.groups, 2):
        for mine in (rule for rule in one if rule.lead):
            for theirs in (rule for rule in other if rule.lead):
                if meet(mine, theirs):
                    yield from _conflict(mine, theirs, on)


def _conflict(mine: Rule, theirs: Rule, on: date) -> Iterator[Finding]:
    rules = (mine.id, theirs.id)
    try:
        cell = _claimed_by_both(mine, theirs)
    except TooManyCellsError as error:
        yield Finding("error", "too-many-cells", str(error), rules, on)
        return
    if cell is not None:
        yield Finding("error", "two-files-lead", ", ".join(rules), rules, on, cell, shown(cell, on))


def unguarded(texts_by_name: Mapping[str, str]) -> tuple[tuple[Rule, ...], ...]:
    """Return the rules of files that `RuleBook` refuses for their conflict, one group a file, bases in full.

    Raises:
        RuleFileError: a file breaks the language.
    """
    files = [read_rule_file(text, name=name) for name, text in sorted(texts_by_name.items())]
    known = {name: basis for file in files for name, basis in file.bases.items()}
    return tuple(tuple(_in_full(rule, known) for rule in file.rules) for file in files if file.rules)


def _in_full(rule: Rule, known: Mapping[str, Basis]) -> Rule:
    bases = tuple(known[basis] if isinstance(basis, str) else basis for basis in rule.basis)
    return rule.model_copy(update={"basis": bases})


def _claimed_by_both(one: Rule, other: Rule) -> Facets | None:
    """Find a cell that can exist and that both rules match; None where they only seem to meet."""
    both = OpenMatcher(RuleBook(tuple((_led_by_anyone(rule),) for rule in (one, other))), on=None)
    for pair in kind_hazards():
        if both.masks(pair.values).when == both.leads:
            for cell in classes(both, pair, both.leads):
                if len(both.matching(cell)) == len(both.rules):
                    return cell
    return None


def _led_by_anyone(rule: Rule) -> Rule:
    """Return the rule without the names that could be wrong for other reasons: only its cells matter here."""
    return rule.model_copy(update={"lead": "mes", "support": (), "inform": (), "partners": ()})
