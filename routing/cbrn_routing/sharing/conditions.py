"""Conditions of the rule book's own language outside a rule: read by the one matcher that reads rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.rulebook import Matcher, RuleBook, condition_rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.decision import Facets
    from cbrn_routing.rulebook import When


class Conditions:
    """Named conditions, each of one or several of which any suffices."""

    def __init__(self, named: Iterable[tuple[str, tuple[When, ...]]]) -> None:
        pairs = [(name, when) for name, conditions in named for when in conditions]
        self._names = [name for name, _ in pairs]
        rules = tuple(condition_rule(index, when) for index, (_, when) in enumerate(pairs))
        self._matcher = Matcher(RuleBook((rules,) if rules else ()))

    def accepting(self, facets: Facets) -> tuple[str, ...]:
        """Name the conditions that hold, in written order."""
        rules = self._matcher.accepting(facets)
        return tuple(dict.fromkeys(self._names[int(rule.id.rpartition("-")[2])] for rule in rules))
