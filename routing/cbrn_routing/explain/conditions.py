"""Which of a book's conditions hold in a cell.

There is one matcher, so it is asked here too: a book is taken apart into a book of rules with one condition each, and
what the matcher says of those is what the explanation says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.rulebook import Directory, Matcher, Rule, RuleBook, Title, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_routing.decision import Facets

Value = str | bool
Test = tuple[str, tuple[Value, ...]]
"""A facet and the values of which any suffices."""

_NOBODY: Final = Title.model_construct(ky="", ru="", en="")


class Condition(NamedTuple):
    """One line of a rule's `when` or `unless`, in one cell."""

    facet: str
    wanted: tuple[Value, ...]
    """Any of these suffices."""
    got: Any
    """What the cell has: a value, None where nobody knows, a sorted tuple for a set."""
    holds: bool
    by: tuple[Value, ...]
    """The wanted values that were met."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values only."""
        got = list(self.got) if isinstance(self.got, tuple) else self.got
        return {
            "facet": self.facet,
            "wanted": list(self.wanted),
            "got": got,
            "holds": self.holds,
            "by": list(self.by),
        }


class Conditions:
    """The conditions of some rules, ready to be asked in any cell."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        tests = dict.fromkeys(test for rule in rules for when in (rule.when, *rule.unless) for test in _tests(when))
        self._tests: Final = {f"t{number}": test for number, test in enumerate(tests)}
        probes = tuple(_probe(name, *test) for name, test in self._tests.items())
        self._matcher: Final = Matcher(RuleBook((probes,)), Directory(national=frozenset()))

    def in_cell(self, facets: Facets) -> Holding:
        """Return what holds in this cell."""
        return Holding(facets, frozenset(self._tests[rule.id] for rule in self._matcher.accepting(facets)))


class Holding(NamedTuple):
    """The tests that one cell passes."""

    facets: Facets
    passed: frozenset[Test]

    def conditions(self, when: When) -> tuple[Condition, ...]:
        """Hold every condition of `when` against the cell."""
        return tuple(self._condition(facet, wanted) for facet, wanted in when.conditions().items())

    def _condition(self, facet: str, wanted: tuple[Value, ...]) -> Condition:
        value = getattr(self.facets, facet)
        got = tuple(sorted(value)) if isinstance(value, frozenset) else value
        met = tuple(each for each in wanted if (facet, (each,)) in self.passed)
        return Condition(facet, wanted, got, (facet, wanted) in self.passed, met)


def _tests(when: When) -> Iterator[Test]:
    """Yield each condition as a whole, and each of its values alone."""
    for facet, wanted in when.conditions().items():
        yield facet, wanted
        for value in wanted:
            yield facet, (value,)


def _probe(name: str, facet: str, values: tuple[Value, ...]) -> Rule:
    """Make a rule of this one condition that names nobody; it comes from a checked rule, so it is not checked again."""
    when = When.model_construct(_fields_set={facet}, **{facet: values})  # type: ignore[arg-type] # the facet's own
    return Rule.model_construct(id=name, title=_NOBODY, basis=(), when=when)
