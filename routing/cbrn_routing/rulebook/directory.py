"""The bodies that a rule may name: which codes exist, which are foreign, whom the symbols stand for.

The one place where a body's validity date decides; the catalogue itself lives in `cbrn_schemas.catalogue.bodies`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from cbrn_routing.rulebook.vocabulary import HOME
from cbrn_schemas.catalogue.bodies import Body, bodies, in_office

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_routing.decision import Facets

_REGIONAL = frozenset({"representative", "mayor"})


@dataclass(frozen=True, slots=True)
class Directory:
    """Bodies by what they stand for. All codes are those of the catalogue."""

    national: frozenset[str]
    foreign: frozenset[str] = frozenset()
    """Neighbours and organisations: partners only."""
    members: tuple[str, ...] = ()
    """The working group's members."""
    inside: frozenset[str] = frozenset()
    """The members and the services under them: whom AMBER+STRICT may reach."""
    by_region: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """ISO 3166-2 to the head of the region or city."""
    by_country: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """ISO 3166-1 alpha-2 to the bodies of that state."""
    stands_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A body at home that does not exist on that day, to those that had or have its task; empty where none had."""

    @classmethod
    def from_catalogue(cls, on: date | None = None) -> Directory:
        """Take the catalogue's bodies that exist on the day `on`, or those that have no end.

        A code of another day stands for its predecessors or successors.
        """
        day = date.max if on is None else on
        everyone = bodies()
        found = [body for body in everyone.values() if body.valid_on(day)]
        home = [body for body in found if not _is_foreign(body)]
        codes = frozenset(body.code for body in home)
        stands_for = {
            code: tuple(sorted(each for each in in_office(code, day) if each in codes))
            for code, body in everyone.items()
            if code not in codes and not _is_foreign(body)
        }
        members = {body.code for body in everyone.values() if body.member}
        return cls(
            national=codes,
            foreign=frozenset(body.code for body in found if _is_foreign(body)),
            members=tuple(sorted({each for code in members for each in stands_for.get(code, (code,))})),
            inside=frozenset(code for code in codes if {code, everyone[code].parent} & members),
            by_region=_grouped((body.region, body.code) for body in home if body.kind in _REGIONAL),
            by_country=_grouped((body.country, body.code) for body in found if _is_foreign(body)),
            stands_for=stands_for,
        )

    @property
    def home(self) -> frozenset[str]:
        """Every code that may be named as a body at home, those of other days included."""
        return self.national | self.stands_for.keys()

    def resolve(self, name: str, facets: Facets) -> tuple[str, ...]:
        """Look up the codes for which a rule's word stands in this cell: a code is itself, a symbol is looked up."""
        match name:
            case "{region}":
                return self.by_region.get(facets.region or "", ())
            case "{members}":
                return self.members
            case "{neighbours}":
                return self._of_countries(facets.neighbours)
            case "{downstream}":
                return self._of_countries(facets.downstream)
            case _:
                return self.stands_for.get(name, (name,))

    def _of_countries(self, countries: frozenset[str]) -> tuple[str, ...]:
        return tuple(code for country in sorted(countries) for code in self.by_country.get(country, ()))


def _is_foreign(body: Body) -> bool:
    return body.country not in {None, HOME} or body.kind == "organisation"


def _grouped(pairs: Iterable[tuple[str | None, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for key, code in sorted(pairs, key=str):
        if key is not None:
            groups.setdefault(key, []).append(code)
    return {key: tuple(codes) for key, codes in groups.items()}
