"""Circles that stand for a place without an outline of its own, or with one that is known to be wrong.

Cities of which open data have no polygon, foreign enclaves that are drawn too coarsely, and Kyrgyz settlements that the
open district polygons put into a neighbouring district. Every circle is somebody's estimate: an answer that rests on
one never has high confidence. Plain arithmetic on the plane; no polygons here.
"""

from __future__ import annotations

from math import hypot, inf
from typing import TYPE_CHECKING, NamedTuple

from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue import places
from cbrn_schemas.catalogue.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator


class Circle(NamedTuple):
    """A circle on the plane, all in kilometres."""

    x: float
    y: float
    radius_km: float
    key: str
    """A unit's key in `places.districts()`, or a country's alpha-2."""

    def holds(self, x: float, y: float, share: float = 1.0) -> bool:
        """Tell whether a point lies within this share of the radius."""
        return (x - self.x) ** 2 + (y - self.y) ** 2 <= (share * self.radius_km) ** 2

    def distance_km(self, x: float, y: float, _within_km: float = inf) -> float:
        """Measure how far outside a point lies; 0 inside. As a polygon answers; to look only within saves nothing."""
        return max(0.0, hypot(x - self.x, y - self.y) - self.radius_km)


def cities() -> tuple[Circle, ...]:
    """List the cities of republican and oblast significance but Bishkek, which has an outline; keyed by unit."""
    return tuple(_of_cities())


def corrected() -> tuple[Circle, ...]:
    """List settlements that the district polygons put into the wrong district; keyed by the right one."""
    return _table("home_circles.csv", "district")


def foreign() -> tuple[Circle, ...]:
    """List foreign enclaves and border towns; keyed by country."""
    return _table("foreign_circles.csv", "country")


def _of_cities() -> Iterator[Circle]:
    for unit in places.districts().values():
        if unit.radius_km is not None and unit.lat is not None and unit.lon is not None:
            yield Circle(*to_plane(unit.lat, unit.lon), unit.radius_km, unit.code or unit.slug)


def _table(name: str, key: str) -> tuple[Circle, ...]:
    return tuple(
        Circle(*to_plane(float(row["lat"]), float(row["lon"])), float(row["radius_km"]), row[key])
        for row in read_table(name, __package__)
    )
