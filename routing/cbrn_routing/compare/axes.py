"""The cells that can exist, laid out along axes: for each kind and hazard the values of facets that an event can have.

Places are the country's real ones and traits those that the kind's fields can give (`cbrn_routing.proof`), so whatever
a comparison finds, some event can show.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from cbrn_routing.proof.places import jurisdictions
from cbrn_routing.proof.traits import trait_sets
from cbrn_routing.rulebook.vocabulary import SCALARS
from cbrn_schemas.events import EVENT_TYPES, Incident
from cbrn_schemas.events.base import Exposed, Near

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Values = dict[str, Any]
"""Values of one facet, or of several that belong together."""

_PLAIN_FIRST: Final[Mapping[str, tuple[Any, ...]]] = {
    "severity": ("Moderate", "Minor", "Severe", "Extreme", "Unknown"),
    "urgency": tuple(reversed(SCALARS["urgency"])),
    "certainty": SCALARS["certainty"],
    "deliberate": (None, False, True),
    "status": SCALARS["status"],
}
"""Facets of their own; the plainest value first, so that an example is a plain event."""


class Axis(NamedTuple):
    """One facet, or several that belong together, with every value that an event of the kind can have."""

    facets: tuple[str, ...]
    values: Sequence[Values]

    @property
    def is_scalar(self) -> bool:
        """One facet with one value; what is left can be listed."""
        return self.facets[0] in _PLAIN_FIRST


@lru_cache(maxsize=1024)
def axes_of(kind: str, traits: frozenset[str], exposed: frozenset[str]) -> tuple[Axis, ...]:
    """Return the axes of a kind, as far as the given traits, and what lies within reach, are told apart."""
    scalars = [Axis((name,), [{name: value} for value in values]) for name, values in _PLAIN_FIRST.items()]
    places = [jurisdiction._asdict() for jurisdiction in jurisdictions()]
    return (
        *scalars,
        Axis(tuple(places[0]), places),
        Axis(("exposed",), [{"exposed": value} for value in _exposed(kind, exposed)]),
        Axis(("traits",), [{"traits": way.traits} for way in trait_sets(kind, traits)]),
    )


def _exposed(kind: str, named: frozenset[str]) -> list[frozenset[str]]:
    """Return every set of what may lie within reach, of what is named and one thing beside; a reading does not say."""
    known = (*get_args(Exposed), *get_args(Near)) if issubclass(EVENT_TYPES[kind], Incident) else ()
    others = [name for name in known if name not in named]
    names = [name for name in known if name in named] + others[: bool(named)]
    return [frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size)]
