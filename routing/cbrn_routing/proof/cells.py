"""The cells that can exist for one kind and hazard, in classes that given rules cannot tell apart."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from cbrn_routing.decision import Facets
from cbrn_routing.proof.errors import TooManyCellsError
from cbrn_routing.proof.places import contradictions, jurisdictions
from cbrn_routing.proof.traits import trait_sets
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, SCALARS, lane_of_kind
from cbrn_schemas.events import EVENT_TYPES, Incident
from cbrn_schemas.events.base import Exposed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cbrn_routing.proof.columns import OpenMatcher
    from cbrn_routing.rulebook import Rule

Values = dict[str, Any]
"""Values of one facet, or of several that belong together."""

CLASSES_MAX: Final = 250_000
"""Classes of one kind and hazard that are walked at most: 250,000 decisions at 20 µs are 5 s. The national book needs
some tens; a book that needs more is not proved, and says so."""


class Corner(NamedTuple):
    """A kind with one of its hazards."""

    kind: str
    hazard: str

    @property
    def values(self) -> Values:
        """The facets that are settled by it."""
        return {"lane": lane_of_kind(self.kind), "kind": self.kind, "hazard": self.hazard}


@cache
def corners() -> tuple[Corner, ...]:
    """Every kind with every hazard that it may have."""
    return tuple(Corner(kind, hazard) for kind, hazards in HAZARDS_OF.items() for hazard in hazards)


def classes(matcher: OpenMatcher, corner: Corner, rules: int) -> Iterator[Facets]:
    """One cell of every class of cells that the `rules` (by bit) cannot tell apart; plain cells first.

    Reports that contradict themselves are among them: somebody must lead there as well.

    Cells in which none of the rules can match are one class each way they differ for the rules: they are walked, too.

    Raises:
        TooManyCellsError: there are more than `CLASSES_MAX`.
    """
    settled = matcher.masks(corner.values)
    kept = rules & settled.when
    exceptions = matcher.exceptions_of(kept) & settled.unless
    everywhere = [*_places(), *_contradictions()]
    axes = [
        _merged(matcher, axis, kept, exceptions)
        for axis in _axes(corner.kind, _traits_named(matcher, kept), everywhere)
    ]
    if prod(map(len, axes)) > CLASSES_MAX:
        raise TooManyCellsError(
            f"the rules about {corner.kind} ({corner.hazard}) tell more than {CLASSES_MAX} cells apart: "
            "write fewer conditions on different facets, or several rules with fewer each"
        )
    for choice in product(*axes):
        yield Facets(**{name: value for values in (corner.values, *choice) for name, value in values.items()})


def first_match(matcher: OpenMatcher, index: int) -> Facets | None:
    """The plainest cell that can exist and that the rule at `index` matches, by the matcher's own word; or None."""
    for corner in corners():
        if matcher.masks(corner.values).when >> index & 1:
            for cell in accepted(matcher, corner, index):
                if matcher.rules[index] in matcher.matching(cell):
                    return cell
    return None


def accepted(matcher: OpenMatcher, corner: Corner, index: int) -> Iterator[Facets]:
    """One cell of every class that the rule's `when` accepts, at real places; exceptions may still take it out."""
    bit = 1 << index
    if not matcher.masks(corner.values).when & bit:
        return
    exceptions = matcher.exceptions_of(bit)
    axes = [
        [values for values in _merged(matcher, axis, bit, exceptions) if matcher.masks(values).when & bit]
        for axis in _axes(corner.kind, _traits_named(matcher, bit), _places())
    ]
    for choice in product(*axes):
        yield Facets(**{name: value for values in (corner.values, *choice) for name, value in values.items()})


def places_accepted(matcher: OpenMatcher, index: int) -> Iterator[Values]:
    """The jurisdictions in which the rule's `when` may hold."""
    return (values for values in _places() if matcher.masks(values).when >> index & 1)


def cells_walked() -> int:
    """How many hazard, kind, severity, certainty, intent and jurisdiction cells can exist."""
    each = len(SCALARS["severity"]) * len(SCALARS["certainty"]) * len(_INTENTS)
    each *= len(jurisdictions()) + len(contradictions())
    return len(corners()) * each


_INTENTS: Final = (None, False, True)
_SEVERITIES: Final = ("Moderate", "Minor", "Severe", "Extreme", "Unknown")
"""A plain cell is a moderate, observed one."""


def _axes(kind: str, traits: frozenset[str], places: Sequence[Values]) -> list[Sequence[Values]]:
    """The values of each facet, or of facets that belong together, that an event of the kind can have."""
    return [
        [{"severity": value} for value in _SEVERITIES],
        [{"urgency": value} for value in SCALARS["urgency"]],
        [{"certainty": value} for value in SCALARS["certainty"]],
        [{"deliberate": value} for value in _INTENTS],
        [{"status": value} for value in SCALARS["status"]],
        places,
        [{"exposed": value} for value in _exposed(kind)],
        [{"traits": value} for value in _trait_values(kind, traits)],
    ]


def _merged(matcher: OpenMatcher, axis: Sequence[Values], rules: int, exceptions: int) -> list[Values]:
    """Of the values that the rules and exceptions cannot tell apart, the first."""
    found: dict[tuple[int, int], Values] = {}
    for values in axis:
        masks = matcher.masks(values)
        found.setdefault((masks.when & rules, masks.unless & exceptions), values)
    return list(found.values())


@cache
def _places() -> Sequence[Values]:
    return [jurisdiction._asdict() for jurisdiction in jurisdictions()]


@cache
def _contradictions() -> Sequence[Values]:
    return [jurisdiction._asdict() for jurisdiction in contradictions()]


@cache
def _exposed(kind: str) -> tuple[frozenset[str], ...]:
    """Every subset of what may lie within reach; a reading does not say."""
    if not issubclass(EVENT_TYPES[kind], Incident):
        return (frozenset(),)
    names = get_args(Exposed)
    return tuple(frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size))


@lru_cache(maxsize=4096)
def _trait_values(kind: str, relevant: frozenset[str]) -> tuple[frozenset[str], ...]:
    return tuple(way.traits for way in trait_sets(kind, relevant))


def _traits_named(matcher: OpenMatcher, rules: int) -> frozenset[str]:
    """The traits that any condition of the rules names: no other can make a difference to them."""
    chosen = [rule for index, rule in enumerate(matcher.rules) if rules >> index & 1]
    return frozenset(value for rule in chosen for value in named_values(rule, "traits"))


def named_values(rule: Rule, facet: str) -> frozenset[str]:
    """The values of a facet that the rule's conditions and exceptions name."""
    conditions: list[Mapping[str, tuple[str | bool, ...]]] = [
        rule.when.conditions(),
        *(unless.conditions() for unless in rule.unless),
    ]
    return frozenset(str(value) for named in conditions for value in named.get(facet, ()))
