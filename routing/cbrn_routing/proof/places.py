"""The jurisdictions that places really have: region, country, neighbours, downstream and border belong together.

«Region KG-Y with a river to Uzbekistan» is no place of this country, so it is no cell that can exist. The table is the
Gazetteer's own answer for every code of the catalogue, for a net of points over the country and the land around it, and
for what cannot be resolved. Apart from it stand the reports whose codes contradict each other.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.facets import country_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook.vocabulary import HOME
from cbrn_schemas.catalogue.places import crossings, districts, facilities
from cbrn_schemas.events.base import Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LATITUDES: Final = (390, 435)
LONGITUDES: Final = (690, 805)
"""The country and some 40 km around it, in tenths of a degree: 46 x 116 = 5,336 points, 11 by 8 km apart."""
BETWEEN: Final = ((41.1, 76.74), (40.08, 70.6), (42.8, 68.5))
"""Points between those of the net whose jurisdiction no other place has: a net five times as fine (22 s of computing)
was compared with this table. The last lies abroad, beside Kazakhstan."""
NOWHERE: Final = {"site": "not-in-the-catalogue"}
"""A place of which nothing can be said."""
FAR: Final = {"point": {"lat": 51.5, "lon": 0.1}}
"""A place abroad that belongs to no neighbour."""


class Jurisdiction(NamedTuple):
    """The facets that come from the place, as `Facets` has them."""

    region: str | None
    country: str | None
    neighbours: frozenset[str]
    downstream: frozenset[str]
    border: bool


@cache
def jurisdictions() -> Mapping[Jurisdiction, dict[str, Any]]:
    """Map every jurisdiction that a place has to such a place (`where` of an event); plain places of home first."""
    found = _by_jurisdiction().usual
    return {jurisdiction: found[jurisdiction] for jurisdiction in sorted(found, key=_unusual)}


@cache
def contradictions() -> Mapping[Jurisdiction, dict[str, Any]]:
    """Return further ones, which only a report can have whose codes mean two places, with such a report's `where`.

    The bus routes them with a doubt, so somebody must lead there; but a rule that acts only there is a mistake.
    """
    found = _by_jurisdiction(contradicting=True).usual
    return {one: found[one] for one in sorted(found.keys() - jurisdictions().keys(), key=_unusual)}


@cache
def of_minor_events() -> Mapping[Jurisdiction, dict[str, Any]]:
    """Map every jurisdiction that a Minor event may have to such a place.

    Where no more than the district is known, how near the border is, is estimated, and no neighbour counts as near: so
    some are no Minor event's, and some are of Minor events alone.
    """
    found = _by_jurisdiction(contradicting=True).minor | _by_jurisdiction().minor
    return {jurisdiction: found[jurisdiction] for jurisdiction in sorted(found, key=_unusual)}


def at(gazetteer: Gazetteer, where: dict[str, Any]) -> Jurisdiction:
    """Return the jurisdiction of one place."""
    located = gazetteer.locate(Where(**where))
    return Jurisdiction(located.region, country_of(located), located.neighbours, located.downstream, located.border)


class _Found(NamedTuple):
    """The first place of each jurisdiction, for events of any severity but Minor, and for Minor ones."""

    usual: dict[Jurisdiction, dict[str, Any]]
    minor: dict[Jurisdiction, dict[str, Any]]


@cache
def _by_jurisdiction(*, contradicting: bool = False) -> _Found:
    gazetteer = Gazetteer()
    found = _Found({}, {})
    for where in _in_two_places() if contradicting else _places():
        here = at(gazetteer, where)
        found.usual.setdefault(here, where)
        estimated = bool(here.neighbours) and gazetteer.locate(Where(**where)).estimated
        found.minor.setdefault(here._replace(neighbours=frozenset()) if estimated else here, where)
    return found


def _in_two_places() -> Iterator[dict[str, Any]]:
    """Yield a district's code with every site and every crossing of the catalogue."""
    for code in filter(str.isdigit, districts()):
        yield from ({"district": code, "site": identifier} for identifier in facilities())
        for slug, post in crossings().items():
            yield {"district": code, "crossing": slug}
            yield {"district": code, "point": {"lat": post.lat, "lon": post.lon}}


def _places() -> Iterator[dict[str, Any]]:
    yield from ({"district": code} for code in districts() if code.isdigit())
    yield from ({"site": identifier} for identifier in facilities())
    for slug, post in crossings().items():
        yield {"crossing": slug}
        yield {"point": {"lat": post.lat, "lon": post.lon}}
    yield NOWHERE
    yield FAR
    for lat in range(LATITUDES[0], LATITUDES[1] + 1):
        for lon in range(LONGITUDES[0], LONGITUDES[1] + 1):
            yield {"point": {"lat": lat / 10, "lon": lon / 10}}
    yield from ({"point": {"lat": lat, "lon": lon}} for lat, lon in BETWEEN)


def _unusual(jurisdiction: Jurisdiction) -> tuple[object, ...]:
    """Sort an inland district of a region before borders, and these before what lies abroad or nowhere."""
    region, country, neighbours, downstream, border = jurisdiction
    return (
        country != HOME,
        country is None,
        region is None,
        border,
        len(neighbours) + len(downstream),
        region or "",
        country or "",
        sorted(neighbours),
        sorted(downstream),
    )
