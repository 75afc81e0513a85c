"""The cells that can exist for one kind and hazard, in classes that given rules cannot tell apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from cbrn_routing.decision import Facets
from cbrn_routing.proof.places import contradictions, jurisdictions, of_minor_events
from cbrn_routing.proof.traits import trait_sets
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, HOME, NEIGHBOURS, REGIONS, SCALARS, lane_of_kind
from cbrn_schemas.events import EVENT_TYPES, Incident
from cbrn_schemas.events.base import Exposed, Near

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from cbrn_routing.proof.columns import OpenMatcher, Values
    from cbrn_routing.rulebook import Rule


class Axis(NamedTuple):
    """What a facet, or facets that belong together, can be; `name` is different for different values."""

    name: Hashable
    values: Sequence[Values]


class KindHazard(NamedTuple):
    """A kind with one of its hazards."""

    kind: str
    hazard: str

    @property
    def values(self) -> Values:
        """The facets that are settled by it."""
        return {"lane": lane_of_kind(self.kind), "kind": self.kind, "hazard": self.hazard}


@cache
def kind_hazards() -> tuple[KindHazard, ...]:
    """List every kind with every hazard that it may have."""
    return tuple(KindHazard(kind, hazard) for kind, hazards in HAZARDS_OF.items() for hazard in hazards)


def classes(matcher: OpenMatcher, pair: KindHazard, rules: int) -> Iterator[Facets]:
    """Yield one cell of every class of cells that the `rules` (by bit) cannot tell apart; plain cells first.

    Reports that contradict themselves are among them: somebody must lead there as well.

    Raises:
        TooManyCellsError: the matcher's allowance of classes is used up.
    """
    settled = matcher.masks(pair.values)
    kept = rules & settled.when
    exceptions = matcher.exceptions_of(kept) & settled.unless
    return _split(matcher, _axes(matcher, pair.kind, (_everywhere(),)), kept, exceptions, pair.values)


def doubtful_classes(matcher: OpenMatcher, pair: KindHazard, rules: int) -> Iterator[Facets]:
    """Yield what `classes` does, of cells at home whose region, neighbours, rivers and border are unrelated.

    A report may name a district, a site, a crossing and a point that lie in four places, and is routed with a doubt: a
    thousand such jurisdictions are known, and no table holds them all. So here every one is possible, also some that no
    report can have.

    Raises:
        TooManyCellsError: the matcher's allowance of classes is used up.
    """
    settled = matcher.masks(pair.values)
    kept = rules & settled.when
    exceptions = matcher.exceptions_of(kept) & settled.unless
    return _split(matcher, _axes(matcher, pair.kind, _anyhow()), kept, exceptions, pair.values)


def first_match(matcher: OpenMatcher, index: int) -> Facets | None:
    """Find the plainest cell that can exist and that the rule at `index` matches, by the matcher's own word; or None.

    Raises:
        TooManyCellsError: the matcher's allowance of classes is used up.
    """
    for pair in kind_hazards():
        if matcher.masks(pair.values).when >> index & 1:
            for cell in accepted(matcher, pair, index):
                if matcher.rules[index] in matcher.matching(cell):
                    return cell
    return None


def accepted(matcher: OpenMatcher, pair: KindHazard, index: int) -> Iterator[Facets]:
    """Yield one cell of every class that the rule's `when` accepts, at real places; exceptions may still take it out.

    Raises:
        TooManyCellsError: the matcher's allowance of classes is used up.
    """
    settled = matcher.masks(pair.values)
    bit = settled.when & 1 << index
    exceptions = matcher.exceptions_of(bit) & settled.unless
    axes = _axes(matcher, pair.kind, (_places(),)) if bit else ()
    return _split(matcher, axes, bit, exceptions, pair.values, only_matched=True)


def places_accepted(matcher: OpenMatcher, index: int) -> Iterator[Values]:
    """Yield the jurisdictions in which the rule's `when` may hold."""
    return (values for values in _places().values if matcher.masks(values).when >> index & 1)


def cells_walked() -> int:
    """Count the hazard, kind, severity, certainty, intent and jurisdiction cells that can exist."""
    each = len(SCALARS["severity"]) * len(SCALARS["certainty"]) * len(_INTENTS)
    each *= len(jurisdictions()) + len(contradictions())
    return len(kind_hazards()) * each


_INTENTS: Final = (None, False, True)
_SEVERITIES: Final = ("Moderate", "Minor", "Severe", "Extreme", "Unknown")
"""A plain cell is a moderate one."""
_PLAIN: Final = (
    Axis("severity", [{"severity": value} for value in _SEVERITIES]),
    Axis("urgency", [{"urgency": value} for value in SCALARS["urgency"]]),
    Axis("certainty", [{"certainty": value} for value in SCALARS["certainty"]]),
    Axis("deliberate", [{"deliberate": value} for value in _INTENTS]),
    Axis("status", [{"status": value} for value in SCALARS["status"]]),
)

_Ask = Callable[[int], Axis]
"""The axis for the rules (by bit) that are still to be told apart."""


def _axes(matcher: OpenMatcher, kind: str, places: Sequence[Axis]) -> tuple[_Ask, ...]:
    """Return everything that an event of the kind can be, besides its kind and hazard."""
    fixed = (*_PLAIN, *places, _exposed(kind))
    return (*(partial(_same, axis) for axis in fixed), lambda rules: _traits(kind, _traits_named(matcher, rules)))


def _same(axis: Axis, _rules: int) -> Axis:
    return axis


def _split(
    matcher: OpenMatcher,
    axes: Sequence[_Ask],
    rules: int,
    exceptions: int,
    chosen: Values,
    *,
    only_matched: bool = False,
) -> Iterator[Facets]:
    """Yield one cell for every way in which the axes' values differ for the rules and their exceptions.

    A rule that a value shuts out, and an exception that it does, make no difference to what is chosen after it: so only
    those that are left are looked at, axis by axis.
    """
    if not axes:
        if rules or not only_matched:
            matcher.spend()
            yield Facets(**chosen)
        return
    parts: dict[tuple[int, int], Values] = {}
    axis = axes[0](rules)
    for values, masks in matcher.masked(axis.name, axis.values):
        parts.setdefault((masks.when & rules, masks.unless & exceptions), values)
    for (left, against), values in parts.items():
        if left or not only_matched:
            still = against & matcher.exceptions_of(left)
            yield from _split(matcher, axes[1:], left, still, {**chosen, **values}, only_matched=only_matched)


@cache
def _places() -> Axis:
    return Axis("places", [jurisdiction._asdict() for jurisdiction in jurisdictions()])


@cache
def _everywhere() -> Axis:
    all_of_them = dict.fromkeys((*jurisdictions(), *contradictions(), *of_minor_events()))
    return Axis("everywhere", [jurisdiction._asdict() for jurisdiction in all_of_them])


@cache
def _anyhow() -> tuple[Axis, ...]:
    """Vary each facet of a place at home by itself."""
    sizes = range(len(NEIGHBOURS) + 1)
    countries = [frozenset(some) for size in sizes for some in combinations(NEIGHBOURS, size)]
    return (
        Axis("any region", [{"region": region, "country": HOME} for region in REGIONS]),
        Axis("any neighbours", [{"neighbours": some} for some in countries]),
        Axis("any rivers", [{"downstream": some} for some in countries]),
        Axis("border or not", [{"border": border} for border in (False, True)]),
    )


@cache
def _exposed(kind: str) -> Axis:
    """Return every subset of what may lie within reach; a reading does not say."""
    if not issubclass(EVENT_TYPES[kind], Incident):
        return Axis("nothing exposed", [{"exposed": frozenset()}])
    names = (*get_args(Exposed), *get_args(Near))
    subsets = (frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size))
    return Axis("exposed", [{"exposed": subset} for subset in subsets])


@lru_cache(maxsize=4096)
def _traits(kind: str, relevant: frozenset[str]) -> Axis:
    return Axis((kind, relevant), [{"traits": way.traits} for way in trait_sets(kind, relevant)])


def _traits_named(matcher: OpenMatcher, rules: int) -> frozenset[str]:
    """Return the traits that any condition of the rules names: no other can make a difference to them."""
    chosen = [rule for index, rule in enumerate(matcher.rules) if rules >> index & 1]
    return frozenset(value for rule in chosen for value in named_values(rule, "traits"))


def named_values(rule: Rule, facet: str) -> frozenset[str]:
    """Return the values of a facet that the rule's conditions and exceptions name."""
    conditions: list[Mapping[str, tuple[str | bool, ...]]] = [
        rule.when.conditions(),
        *(unless.conditions() for unless in rule.unless),
    ]
    return frozenset(str(value) for named in conditions for value in named.get(facet, ()))
