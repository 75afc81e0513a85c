"""The cells of a kind in classes that given conditions cannot tell apart, found without walking every cell.

A condition (`When`) is a bit that stays while every facet looked at so far meets it. Facet after facet, what can no
longer be told apart is one class from then on, with the number of its cells and what they have in each facet. Which
bits a value leaves is the one matcher's word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.compare.axes import Axis, Values, axes_of
from cbrn_routing.decision import Facets
from cbrn_routing.proof.columns import OpenMatcher
from cbrn_routing.rulebook import Rule, RuleBook, Title, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbrn_routing.proof.cells import KindHazard

_NOBODY: Final = Title.model_construct(ky="", ru="", en="")


class CellClass(NamedTuple):
    """Cells that the conditions cannot tell apart."""

    mask: int
    """The conditions that hold in all of them, by bit; the other relevant ones hold in none."""
    cells: int
    """How many, counted in steps of the axes."""
    within: tuple[int, ...]
    """For each axis the steps (by bit) in which its cells lie."""
    parts: tuple[Values, ...]
    """Values of one of its cells, the plainest, by axis."""

    def cell(self, pair: KindHazard) -> Facets:
        """Return one of its cells."""
        return Facets(**{name: value for values in (pair.values, *self.parts) for name, value in values.items()})


class Step(NamedTuple):
    """Values of an axis that the conditions cannot tell apart."""

    mask: int
    values: list[Values]


class Partition(NamedTuple):
    """The classes of one kind and hazard."""

    axes: tuple[Axis, ...]
    steps: tuple[tuple[Step, ...], ...]
    """For each axis."""
    classes: tuple[CellClass, ...]


class Clauses:
    """Conditions of rules, one bit each."""

    def __init__(self, whens: Iterable[When]) -> None:
        distinct = {_name(when): when for when in whens}
        # Each condition alone as well: with them a set of cells is described.
        for when in list(distinct.values()):
            for facet, values in when.conditions().items():
                alone = When.model_construct(_fields_set={facet}, **{facet: values})  # type: ignore[arg-type] # the facet's own
                distinct.setdefault(_name(alone), alone)
        self.whens: Final = tuple(distinct.values())
        self._bits: Final = {name: 1 << index for index, name in enumerate(distinct)}
        rules = tuple(_probe(index, when) for index, when in enumerate(self.whens))
        self._matcher: Final = OpenMatcher(RuleBook((rules,) if rules else ()), on=None)

    def bits(self, whens: Iterable[When]) -> int:
        """Return the bits of these conditions."""
        found = 0
        for when in whens:
            found |= self._bits[_name(when)]
        return found

    def mask(self, values: Values) -> int:
        """Return the conditions that these values leave standing, whatever the other facets are."""
        return self._matcher.masks(values).when

    def partition(self, pair: KindHazard, relevant: int, needed: int) -> Partition:
        """Find the classes that the `relevant` conditions tell apart, and in which one of the `needed` ones holds."""
        settled = self.mask(pair.values) & relevant
        if not settled & needed:
            return Partition((), (), ())
        axes = axes_of(pair.kind, self._named("traits", settled), self._named("exposed", settled))
        steps = tuple(self._steps(axis, settled) for axis in axes)
        classes = {settled: CellClass(settled, 1, (), ())}
        for some in steps:
            classes = _split(classes, some, needed)
        return Partition(axes, steps, tuple(classes.values()))

    def _steps(self, axis: Axis, relevant: int) -> tuple[Step, ...]:
        found: dict[int, Step] = {}
        for values in axis.values:
            mask = self.mask(values) & relevant
            found.setdefault(mask, Step(mask, [])).values.append(values)
        return tuple(found.values())

    def _named(self, facet: str, bits: int) -> frozenset[str]:
        """Return the values of a facet that these conditions name."""
        chosen = (when for index, when in enumerate(self.whens) if bits >> index & 1)
        return frozenset(str(value) for when in chosen for value in when.conditions().get(facet, ()))


def _split(classes: dict[int, CellClass], steps: Sequence[Step], needed: int) -> dict[int, CellClass]:
    """Split the classes by one more axis; those in which nothing needed can hold any more are dropped."""
    found: dict[int, CellClass] = {}
    for mask, one in classes.items():
        for number, step in enumerate(steps):
            left = mask & step.mask
            if left & needed:
                cells = one.cells * len(step.values)
                grown = CellClass(left, cells, (*one.within, 1 << number), (*one.parts, step.values[0]))
                held = found.get(left)
                found[left] = grown if held is None else _united(held, grown)
    return found


def _united(held: CellClass, more: CellClass) -> CellClass:
    within = tuple(one | other for one, other in zip(held.within, more.within, strict=True))
    return held._replace(cells=held.cells + more.cells, within=within)


def _probe(index: int, when: When) -> Rule:
    return Rule.model_construct(id=f"c{index}", title=_NOBODY, basis=(), when=when)


def _name(when: When) -> tuple[tuple[str, tuple[str | bool, ...]], ...]:
    return tuple(when.conditions().items())
