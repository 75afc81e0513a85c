"""A set of cells in a few words: which values they have in common that the others have not."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from cbrn_routing.rulebook.vocabulary import SCALARS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_routing.compare.axes import Axis, Values
    from cbrn_routing.compare.partition import CellClass, Clauses, Partition, Step


class Mark(NamedTuple):
    """A condition that all cells of a set meet."""

    facet: str
    values: tuple[Any, ...]
    """At least one of these, as in a rule."""
    negated: bool = False
    """None of them."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values only."""
        return {"facet": self.facet, "values": list(self.values), "not": self.negated}


class Description(NamedTuple):
    """What marks a set of cells."""

    marks: tuple[Mark, ...]
    exact: bool
    """Whether all cells with these marks belong to it; else only some do."""


class Piece(NamedTuple):
    """Some classes, and what marks them."""

    description: Description
    classes: list[CellClass]


def pieces(partition: Partition, classes: list[CellClass], clauses: Clauses) -> list[Piece]:
    """Return the classes as a whole, or as few pieces of which each is marked exactly; pieces may overlap.

    A piece is where one more condition of some rule holds: «severity is extreme, or a school is near». Where such
    pieces do not cover all, the whole is described as well as it can be.
    """
    whole = Piece(describe(partition, classes, clauses), classes)
    if whole.description.exact:
        return [whole]
    conditions = {1 << index for one in classes for index in range(one.mask.bit_length()) if one.mask >> index & 1}
    found = []
    for bit in sorted(conditions):
        some = [one for one in classes if one.mask & bit]
        description = describe(partition, some, clauses)
        if description.exact:
            found.append(Piece(description, some))
    return _cover(found, classes) or [whole]


def _cover(found: list[Piece], classes: list[CellClass]) -> list[Piece]:
    """Find the largest pieces that together hold all classes; none where they do not."""
    left = {one.mask for one in classes}
    chosen = []
    for piece in sorted(found, key=lambda piece: -sum(one.cells for one in piece.classes)):
        masks = {one.mask for one in piece.classes}
        if masks & left:
            chosen.append(piece)
            left -= masks
    return [] if left else chosen


def describe(partition: Partition, chosen: list[CellClass], clauses: Clauses) -> Description:
    """Describe what the cells of some classes have in common."""
    within = [0] * len(partition.axes)
    for one in chosen:
        within = [held | more for held, more in zip(within, one.within, strict=True)]
    marks: list[Mark] = []
    exact = True
    for axis, steps, bits in zip(partition.axes, partition.steps, within, strict=True):
        found, whole = _axis(axis, steps, bits, clauses)
        marks += found
        exact &= whole
    size = prod(
        sum(len(step.values) for number, step in enumerate(steps) if bits >> number & 1)
        for steps, bits in zip(partition.steps, within, strict=True)
    )
    return Description(tuple(marks), exact and size == sum(one.cells for one in chosen))


def _axis(axis: Axis, steps: Sequence[Step], bits: int, clauses: Clauses) -> tuple[list[Mark], bool]:
    """Find the marks along one axis, and whether they say it all."""
    inside = [values for number, step in enumerate(steps) if bits >> number & 1 for values in step.values]
    outside = [values for number, step in enumerate(steps) if not bits >> number & 1 for values in step.values]
    if not outside:
        return [], True
    if axis.is_scalar:
        facet = axis.facets[0]
        order = SCALARS.get(facet, (True, False, None))
        found = sorted((values[facet] for values in inside), key=order.index)
        return [Mark(facet, tuple(UNKNOWN if value is None else value for value in found))], True
    return _literals(axis, inside, outside, clauses)


def _literals(axis: Axis, inside: list[Values], outside: list[Values], clauses: Clauses) -> tuple[list[Mark], bool]:
    """Find conditions of the rules, as they stand or negated, that hold inside; as few as tell it from outside."""
    tests = [when.conditions() for when in clauses.whens]
    marks = []
    for index, test in enumerate(tests):
        if len(test) == 1 and (facet := next(iter(test))) in axis.facets:
            held = [clauses.mask(values) >> index & 1 for values in inside]
            if all(held) or not any(held):
                marks.append((Mark(facet, test[facet], negated=not any(held)), 1 << index))

    def left(some: list[tuple[Mark, int]]) -> int:
        return sum(
            all(bool(clauses.mask(values) & bit) is not mark.negated for mark, bit in some) for values in outside
        )

    best = left(marks)
    for mark in sorted(marks, key=lambda pair: (not pair[0].negated, -len(pair[0].values))):
        fewer = [each for each in marks if each is not mark]
        if left(fewer) == best:
            marks = fewer
    return [mark for mark, _ in marks], best == 0
