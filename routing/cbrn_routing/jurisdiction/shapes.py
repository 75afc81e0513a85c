"""The country's geometry: which unit, country or river basin a point belongs to.

Polygons are read once, laid on a plane in kilometres and prepared; afterwards nothing here changes, so threads may
share it. The only module of jurisdiction that needs shapely. What codes mean is the gazetteer's business.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas import places
from cbrn_schemas.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_routing.jurisdiction.located import Confidence, Method
    from cbrn_schemas.places import Crossing, District, Facility, River

NEIGHBOUR_WITHIN_KM = 15.0
"""A country this near is a neighbour of the place."""
NEAREST_DISTRICT_KM = 2.0
"""A point in a gap between polygons belongs to a district this near, ..."""
NEAREST_DISTRICT_INSIDE_KM = 6.0
"""... or this near where the country's own outline holds it: the district polygons are the coarser ones."""
CROSSING_WITHIN_KM = 2.0
"""A point this near to a crossing is at it, or to the border where the crossing's own position is uncertain."""
FACILITY_WITHIN_KM = 2.0
"""A point this near to a hazard site is at the site."""
FACILITY_ACCURACY_KM = 5.0
"""Sites known less exactly than this (plague foci, burials) claim no point."""
OUTLINE_ERROR_KM = 2.0
"""How far district polygons and the country's outline disagree along the border."""


class Found(NamedTuple):
    """What geometry says of a point."""

    country: str | None
    region: str | None
    unit: str | None
    """Key in `places.districts()`."""
    confidence: Confidence
    method: Method


class _Circle(NamedTuple):
    x: float
    y: float
    radius_km: float
    key: str

    def holds(self, x: float, y: float) -> bool:
        return (x - self.x) ** 2 + (y - self.y) ** 2 <= self.radius_km**2


class Shapes:
    """Polygons and circles, on the plane. Build it with `shapes()`: it takes some 30 ms and 2 MB."""

    def __init__(self) -> None:
        polygons = dict(_polygons("districts.geojson", "code"))
        self._keys = tuple(polygons)
        self._polygons = tuple(polygons.values())
        self._tree = shapely.STRtree(self._polygons)
        self._regions = dict(_polygons("regions.geojson", "region"))
        self._outline = _prepared(shapely.union_all(list(self._regions.values())))
        self._bishkek = self._regions["KG-GB"]
        self._enclaves = tuple(
            _circle(float(row["lat"]), float(row["lon"]), float(row["radius_km"]), row["country"])
            for row in read_table("enclaves.csv", __package__)
        )
        self._neighbours = _with_enclaves(dict(_polygons("neighbours.geojson", "country")), self._enclaves)
        self._cities = tuple(_city_circles(places.districts().values()))
        self._crossings = tuple((*to_plane(post.lat, post.lon), post) for post in places.crossings().values())
        self._facilities = tuple(
            (*to_plane(site.lat, site.lon), max(FACILITY_WITHIN_KM, site.accuracy_km or 0.0), site)
            for site in places.facilities().values()
            if site.lat is not None and site.lon is not None and (site.accuracy_km or 0.0) <= FACILITY_ACCURACY_KM
        )
        self._courses = {
            slug: _prepared(shapely.MultiLineString([[_xy(point) for point in line] for line in river.courses]))
            for slug, river in places.rivers().items()
        }

    def find(self, x: float, y: float) -> Found:
        """The unit and country of a point on the plane."""
        if shapely.intersects_xy(self._bishkek, x, y):
            return Found("KG", "KG-GB", "41711", "high", "city-polygon")
        return (
            self._in_city(x, y)
            or self._in_district(x, y)
            or self._in_neighbour(x, y)
            or self._near_district(x, y)
            or self._in_region(x, y)
            or Found(None, None, None, "low", "outside")
        )

    def _in_city(self, x: float, y: float) -> Found | None:
        for circle in self._cities:
            if circle.holds(x, y):
                unit = places.districts()[circle.key]
                return Found("KG", unit.region, circle.key, "medium", "city-circle")
        return None

    def _in_district(self, x: float, y: float) -> Found | None:
        for index in self._tree.query(shapely.points(x, y)):
            if shapely.intersects_xy(self._polygons[index], x, y):
                key = self._keys[index]
                region = places.districts()[key].region
                agreed = shapely.intersects_xy(self._regions[region], x, y)
                return Found("KG", region, key, "high" if agreed else "medium", "district-polygon")
        return None

    def _in_neighbour(self, x: float, y: float) -> Found | None:
        for circle in self._enclaves:
            if circle.holds(x, y):
                return Found(circle.key, None, None, "medium", "enclave-circle")
        point = shapely.points(x, y)
        for country, polygon in self._neighbours.items():
            if shapely.intersects_xy(polygon, x, y):
                near = shapely.dwithin(self._outline, point, OUTLINE_ERROR_KM)
                return Found(country, None, None, "medium" if near else "high", "neighbour-polygon")
        return None

    def _near_district(self, x: float, y: float) -> Found | None:
        inside = shapely.intersects_xy(self._outline, x, y)
        limit_km = NEAREST_DISTRICT_INSIDE_KM if inside else NEAREST_DISTRICT_KM
        index = self._tree.query_nearest(shapely.points(x, y), max_distance=limit_km, all_matches=False)
        if not len(index):
            return None
        key = self._keys[index[0]]
        return Found("KG", places.districts()[key].region, key, "medium" if inside else "low", "nearest-district")

    def _in_region(self, x: float, y: float) -> Found | None:
        for region, polygon in self._regions.items():
            if shapely.intersects_xy(polygon, x, y):
                return Found("KG", region, None, "medium", "region-polygon")
        return None

    def neighbours(self, x: float, y: float, within_km: float = NEIGHBOUR_WITHIN_KM) -> frozenset[str]:
        """Foreign countries within a distance of a point on the plane."""
        point = shapely.points(x, y)
        near = [country for country, shape in self._neighbours.items() if shapely.dwithin(shape, point, within_km)]
        return frozenset(near)

    def distance_km(self, unit: District, x: float, y: float) -> float:
        """How far outside a unit a point on the plane lies; 0 inside."""
        point = shapely.points(x, y)
        if unit.radius_km is not None and unit.lat is not None and unit.lon is not None:
            east, north = to_plane(unit.lat, unit.lon)
            return max(0.0, ((x - east) ** 2 + (y - north) ** 2) ** 0.5 - unit.radius_km)
        if unit.code in self._keys:
            return float(shapely.distance(self._polygons[self._keys.index(unit.code)], point))
        return float(shapely.distance(self._regions[unit.region], point))

    def basin(self, x: float, y: float, candidates: Iterable[River]) -> River:
        """The river, out of at least one, whose course is nearest to a point on the plane."""
        point = shapely.points(x, y)
        return min(candidates, key=lambda river: shapely.distance(self._courses[river.slug], point))

    def crossing(self, x: float, y: float) -> Crossing | None:
        """The crossing at which a point on the plane lies.

        A crossing lies on the border; so where its position is an estimate, a point counts that lies within the estimate's error and itself on the border.
        """
        for east, north, post in self._crossings:
            distance_km = ((x - east) ** 2 + (y - north) ** 2) ** 0.5
            if distance_km <= CROSSING_WITHIN_KM:
                return post
            if distance_km <= CROSSING_WITHIN_KM + post.accuracy_km and post.neighbour is not None:
                abroad = self._neighbours[post.neighbour]
                if shapely.dwithin(abroad, shapely.points(x, y), CROSSING_WITHIN_KM):
                    return post
        return None

    def facility(self, x: float, y: float) -> Facility | None:
        """The nearest hazard site at which a point on the plane lies."""
        near = [
            (squared, site.id, site)
            for east, north, within_km, site in self._facilities
            if (squared := (x - east) ** 2 + (y - north) ** 2) <= within_km**2
        ]
        return min(near)[2] if near else None


@cache
def shapes() -> Shapes:
    """The geometry, built at first use."""
    return Shapes()


def _polygons(name: str, key: str) -> Iterator[tuple[str, Any]]:
    """(property `key`, prepared polygon on the plane) of every feature of a GeoJSON file."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    for feature in json.loads(text)["features"]:
        polygon = shapely.from_geojson(json.dumps(feature["geometry"]))
        flat = shapely.transform(polygon, lambda lonlat: np.array([to_plane(lat, lon) for lon, lat in lonlat]))
        yield feature["properties"][key], _prepared(flat)


def _prepared(shape: Any) -> Any:
    """The shape with its indexes built now: GEOS builds them at first use, which two threads may not do at once."""
    shapely.prepare(shape)
    x, y = to_plane(41.5, 74.7)
    shapely.intersects_xy(shape, x, y)
    shapely.dwithin(shape, shapely.points(x, y), 1.0)
    return shape


def _with_enclaves(countries: dict[str, Any], enclaves: Iterable[_Circle]) -> dict[str, Any]:
    """Neighbours together with their enclaves inside the country, which the outlines leave out."""
    for circle in enclaves:
        disc = shapely.buffer(shapely.points(circle.x, circle.y), circle.radius_km)
        countries[circle.key] = _prepared(shapely.union(countries[circle.key], disc))
    return countries


def _city_circles(units: Iterable[District]) -> Iterator[_Circle]:
    for unit in units:
        if unit.radius_km is not None and unit.lat is not None and unit.lon is not None:
            yield _circle(unit.lat, unit.lon, unit.radius_km, unit.code or unit.slug)


def _circle(lat: float, lon: float, radius_km: float, key: str) -> _Circle:
    return _Circle(*to_plane(lat, lon), radius_km, key)


def _xy(point: tuple[float, float]) -> tuple[float, float]:
    return to_plane(*point)
