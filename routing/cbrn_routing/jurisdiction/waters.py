"""Which countries the water of a place reaches.

By the bare district, every basin in which its people live counts; by a point, the one basin whose course is nearest.
Closed basins (Issyk-Kul) reach nobody.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cbrn_schemas.catalogue import places
from cbrn_schemas.catalogue.places import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.jurisdiction.claims import Position
    from cbrn_routing.jurisdiction.shapes import Shapes
    from cbrn_schemas.catalogue.places import District, Facility, River


def of_facility(facility: Facility) -> frozenset[str]:
    """Return countries below a hazard site, by its own watershed."""
    return reached(places.rivers()[slug] for slug in facility.rivers)


def of_unit(unit: District) -> frozenset[str]:
    """Return countries below a district, city or region as a whole."""
    return reached(_basins(unit.code or unit.slug, outlying=False))


def of_point(unit: District, at: Position, shapes: Shapes) -> frozenset[str]:
    """Return countries below a point in a district, city or region."""
    basins = _basins(unit.code or unit.slug, outlying=True)
    if not basins:
        return frozenset()
    first = basins[0].downstream
    if all(river.downstream == first for river in basins):
        return first
    return shapes.basin(at, basins).downstream


def reached(basins: Iterable[River]) -> frozenset[str]:
    """Return all countries that these rivers reach."""
    return frozenset(country for river in basins for country in river.downstream)


@cache
def _basins(key: str, *, outlying: bool) -> tuple[River, ...]:
    """Return the rivers of a unit, with or without those of which only an outlying part of it drains."""
    parts = set(_parts(places.districts()[key]))
    return tuple(
        river for river in places.rivers().values() if parts & river.districts or (outlying and parts & river.partly)
    )


def _parts(unit: District) -> tuple[str, ...]:
    """Return keys of what a unit consists of: itself, the districts of a region, the city around a city's district."""
    if unit.level is Level.REGION:
        return tuple(key for key, part in places.districts().items() if part.region == unit.region and part != unit)
    if unit.level is Level.CITY_DISTRICT and unit.parent is not None:
        return (unit.parent,)
    return (unit.code or unit.slug,)
