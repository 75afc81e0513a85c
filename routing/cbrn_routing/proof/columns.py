"""The one matcher, opened for the proof: which rules a value of a facet lets through.

No second interpretation: these are the masks by which `Matcher` decides. Two values with the same masks cannot be told
apart by any rule, so one of them stands for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.decision import Facets
from cbrn_routing.proof.errors import TooManyCellsError
from cbrn_routing.rulebook import Matcher

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import date

    from cbrn_routing.rulebook import Rule, RuleBook


CLASSES_MAX: Final = 200_000
"""Classes of cells that are walked in one proof of one day: 200,000 decisions at 25 µs are 5 s. The national book needs
some hundreds; a book that needs more is not proved, and is told so."""


Values = dict[str, Any]
"""Values of one facet, or of several that belong together."""


class Masks(NamedTuple):
    """Rules (by bit) whose conditions accept a value, and exceptions (by bit) that do."""

    when: int
    unless: int


class OpenMatcher(Matcher):
    """A `Matcher` whose columns can be looked at."""

    def __init__(self, book: RuleBook, *, on: date | None) -> None:
        """Compile `book` for the day `on`, or for all days where it is None; raises as `Matcher` does."""
        super().__init__(book, on=on)
        self.rules: Final[tuple[Rule, ...]] = self._rules
        self.leads: Final = self._leads
        self.restricted: Final = self._restricted
        self.directory: Final = self._directory
        self._when_of = {Facets._fields[position]: mask for position, mask in self._when}
        self._masked: dict[Hashable, list[tuple[Values, Masks]]] = {}
        self._left = CLASSES_MAX
        self._unless_by = {Facets._fields[position]: mask for position, mask in self._unless}

    def masks(self, values: Mapping[str, object]) -> Masks:
        """Return what the values of some facets let through, whatever the others are."""
        when = (1 << len(self._rules)) - 1
        unless = (1 << len(self._unless_of)) - 1
        for facet, value in values.items():
            if facet in self._when_of:
                when &= self._when_of[facet](value)
            if facet in self._unless_by:
                unless &= self._unless_by[facet](value)
        return Masks(when, unless)

    def masked(self, name: Hashable, several: Sequence[Values]) -> list[tuple[Values, Masks]]:
        """Return each of several values with its masks; remembered under `name`."""
        found = self._masked.get(name)
        if found is None:
            found = self._masked[name] = [(values, self.masks(values)) for values in several]
        return found

    def spend(self) -> None:
        """Count one class of cells that is walked.

        Raises:
            TooManyCellsError: there were `CLASSES_MAX` before it.
        """
        self._left -= 1
        if self._left < 0:
            raise TooManyCellsError(
                f"the rules tell more than {CLASSES_MAX:,} classes of cells apart: write fewer exceptions, "
                "or conditions on fewer facets at once"
            )

    def exceptions_of(self, rules: int) -> int:
        """Return the exceptions (by bit) of the rules given by bit."""
        return sum(1 << index for index, rule in enumerate(self._unless_of) if rule & rules)
