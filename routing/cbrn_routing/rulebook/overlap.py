"""Whether two rules can match one event.

Answers «yes» in doubt: a conflict that cannot happen is a nuisance to an author; one that is missed would let the order
of files decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cbrn_routing.rulebook.vocabulary import ANY, HAZARDS_OF, NONE, SETS

if TYPE_CHECKING:
    from cbrn_routing.rulebook.language import Rule

Conditions = Mapping[str, tuple[str | bool, ...]]


def meet(one: Rule, other: Rule) -> bool:
    """Tell whether some cell that can exist matches both rules."""
    left, right = one.when.conditions(), other.when.conditions()
    if not all(_compatible(facet, left[facet], right[facet]) for facet in left.keys() & right.keys()):
        return False
    if not _kind_exists(left, right):
        return False
    return not any(_covers(unless.conditions(), left, right) for unless in (*one.unless, *other.unless))


def _compatible(facet: str, left: tuple[str | bool, ...], right: tuple[str | bool, ...]) -> bool:
    """Tell whether a set can hold what both rules ask for; only «empty» and «not empty» exclude one another."""
    if facet not in SETS:
        return bool(set(left) & set(right))
    both_empty = NONE in left and NONE in right
    both_filled = set(left) != {NONE} and set(right) != {NONE}
    return both_empty or both_filled


def _kind_exists(left: Conditions, right: Conditions) -> bool:
    """Tell whether a kind that both accept may have a hazard that both accept."""
    kinds = _narrowed("kind", left, right) or set(HAZARDS_OF)
    hazards = _narrowed("hazard", left, right)
    return any(hazards is None or set(HAZARDS_OF[str(kind)]) & hazards for kind in kinds)


def _covers(unless: Conditions, left: Conditions, right: Conditions) -> bool:
    """Tell whether the exception takes out every cell that matches both."""
    return all(_within(facet, values, left, right) for facet, values in unless.items())


def _within(facet: str, values: tuple[str | bool, ...], left: Conditions, right: Conditions) -> bool:
    if facet not in SETS:
        narrowed = _narrowed(facet, left, right)
        return narrowed is not None and narrowed <= set(values)
    asked = [set(conditions[facet]) for conditions in (left, right) if facet in conditions]
    return any(one <= set(values) or (ANY in values and NONE not in one) for one in asked)


def _narrowed(facet: str, left: Conditions, right: Conditions) -> set[str | bool] | None:
    """Return the values that both accept; None where neither names the facet."""
    named = [set(conditions[facet]) for conditions in (left, right) if facet in conditions]
    return set.intersection(*named) if named else None
