"""The country's geometry: which unit, country or river basin a point belongs to.

Polygons are read once, laid on a plane in kilometres and prepared; the gazetteer asks for one place at a time. The
only module of jurisdiction that needs shapely. What codes mean is the gazetteer's business.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from importlib.resources import files
from math import hypot
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely as _shapely

from cbrn_routing.jurisdiction import circles
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue import places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_routing.jurisdiction.circles import Circle
    from cbrn_routing.jurisdiction.located import Confidence, Method
    from cbrn_schemas.catalogue.places import Crossing, District, Facility, River

shapely: Any = _shapely
"""It ships no types; Any here is narrower than switching the check off for the file."""

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
CERTAIN_SHARE = 0.5
"""An enclave's circle goes before the district polygons within this share of its radius, and beyond it, as part of its
country, after them: districts are drawn across the small enclaves, and Kyrgyz villages stand around the large ones."""
OUTLINE_ERROR_KM = 3.0
"""How far the two drawings of the border, by districts and by regions, disagree where people live: nearer to it no
answer has high confidence."""
DISTRICT_ERROR_KM = 9.0
"""How far a limit between two districts may be drawn wrongly (Orlovka lies this far outside its district)."""
DEEPER_KM = 1.5
"""Where a district's polygon and a neighbour's outline both hold a point, it is the neighbour's if it lies deeper in
that by more than this; else it is taken for home, whose people then hear of it, and the neighbour is named as near."""


class Found(NamedTuple):
    """What geometry says of a point."""

    country: str | None
    region: str | None
    unit: str | None
    """Key in `places.districts()`."""
    confidence: Confidence
    method: Method


class Spot(NamedTuple):
    """A point on the plane, in kilometres, with its shape built once."""

    x: float
    y: float
    shape: Any


class Shapes:
    """Polygons and circles, on the plane. Build it with `shapes()`: it takes some 0.1 s and 2 MB."""

    def __init__(self) -> None:
        polygons = dict(_polygons("districts.geojson", "code"))
        self._keys = tuple(polygons)
        self._polygons = tuple(polygons.values())
        self._tree = shapely.STRtree(self._polygons)
        self._regions = dict(_polygons("regions.geojson", "region"))
        self._outline = _prepared(shapely.union_all(list(self._regions.values())))
        self._border = _prepared(self._outline.boundary)
        self._bishkek = self._regions["KG-GB"]
        self._foreign = circles.foreign()
        abroad = _with_foreign(dict(_polygons("neighbours.geojson", "country")), self._foreign)
        self._countries = tuple(abroad)
        self._abroad = np.array(tuple(abroad.values()))
        self._cities = circles.cities()
        self._corrected = circles.corrected()
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

    @cached_property
    def _districts_edge(self) -> Any:
        """Asked for few points only, and dear to make."""
        return shapely.union_all(list(self._polygons)).boundary

    @staticmethod
    def spot(x: float, y: float) -> Spot:
        """Make the spot at these coordinates of `projection.to_plane`."""
        return Spot(x, y, shapely.Point(x, y))

    def find(self, at: Spot) -> Found:
        """Find the unit and country of a point on the plane."""
        if shapely.intersects(self._bishkek, at.shape):
            return Found("KG", "KG-GB", "41711", "high", "city-polygon")
        return (
            self._in_city(at)
            or self._in_foreign_circle(at)
            or self._in_corrected_circle(at)
            or self._in_district(at)
            or self._in_neighbour(at)
            or self._near_district(at)
            or self._in_region(at)
            or Found(None, None, None, "low", "outside")
        )

    def _in_city(self, at: Spot) -> Found | None:
        for circle in self._cities:
            if circle.holds(at.x, at.y):
                unit = places.districts()[circle.key]
                return Found("KG", unit.region, circle.key, "medium", "city-circle")
        return None

    def _in_corrected_circle(self, at: Spot) -> Found | None:
        for circle in self._corrected:
            if circle.holds(at.x, at.y):
                return Found("KG", places.districts()[circle.key].region, circle.key, "medium", "district-circle")
        return None

    def _in_district(self, at: Spot) -> Found | None:
        for index in self._tree.query(at.shape):
            if shapely.intersects(self._polygons[index], at.shape):
                key = self._keys[index]
                region = places.districts()[key].region
                if shapely.intersects(self._regions[region], at.shape):
                    near = shapely.dwithin(self._border, at.shape, OUTLINE_ERROR_KM)
                    return Found("KG", region, key, "medium" if near else "high", "district-polygon")
                drawn = Found("KG", region, key, "low", "district-polygon")
                return self._deeper_abroad(at) or self._across(at, index) or drawn
        return None

    def _deeper_abroad(self, at: Spot) -> Found | None:
        """Find the neighbour in whose outline a point lies clearly deeper than in the district polygons.

        Regions and neighbours come from one drawing of the border, districts from another; both err by kilometres.
        """
        for index in shapely.intersects(self._abroad, at.shape).nonzero()[0]:
            depth_km = shapely.distance(self._border, at.shape)
            if depth_km > shapely.distance(self._districts_edge, at.shape) + DEEPER_KM:
                return Found(self._countries[index], None, None, "low", "neighbour-polygon")
        return None

    def _across(self, at: Spot, held_by: int) -> Found | None:
        """Find the other region in which the finer outline of regions puts a point, and that region's nearest district.

        Districts were drawn more coarsely than regions, so the outline of regions counts (Kojomkul, Karavan); but not
        against a district's polygon, `held_by`, that holds the point farther from its edge than it errs (Kyzyl-Oy).
        """
        if shapely.distance(self._polygons[held_by].boundary, at.shape) > DISTRICT_ERROR_KM:
            return None
        for region, polygon in self._regions.items():
            if shapely.intersects(polygon, at.shape):
                near = self._tree.query(at.shape, predicate="dwithin", distance=NEAREST_DISTRICT_INSIDE_KM)
                own = [index for index in near if places.districts()[self._keys[index]].region == region]
                nearest = min(own, key=lambda index: shapely.distance(self._polygons[index], at.shape), default=None)
                unit = None if nearest is None else self._keys[nearest]
                return Found("KG", region, unit, "medium", "region-polygon")
        return None

    def _in_foreign_circle(self, at: Spot) -> Found | None:
        for circle in self._foreign:
            if circle.holds(at.x, at.y, CERTAIN_SHARE):
                return Found(circle.key, None, None, "medium", "foreign-circle")
        return None

    def _in_neighbour(self, at: Spot) -> Found | None:
        for index in shapely.intersects(self._abroad, at.shape).nonzero()[0]:
            near = shapely.dwithin(self._outline, at.shape, OUTLINE_ERROR_KM)
            return Found(self._countries[index], None, None, "medium" if near else "high", "neighbour-polygon")
        return None

    def _near_district(self, at: Spot) -> Found | None:
        inside = shapely.intersects(self._outline, at.shape)
        limit_km = NEAREST_DISTRICT_INSIDE_KM if inside else NEAREST_DISTRICT_KM
        index = self._tree.query_nearest(at.shape, max_distance=limit_km, all_matches=False)
        if not len(index):
            return None
        key = self._keys[index[0]]
        return Found("KG", places.districts()[key].region, key, "medium" if inside else "low", "nearest-district")

    def _in_region(self, at: Spot) -> Found | None:
        for region, polygon in self._regions.items():
            if shapely.intersects(polygon, at.shape):
                return Found("KG", region, None, "medium", "region-polygon")
        return None

    def neighbours(self, at: Spot, within_km: float = NEIGHBOUR_WITHIN_KM) -> frozenset[str]:
        """Find foreign countries within a distance of a point on the plane."""
        near = shapely.dwithin(self._abroad, at.shape, within_km)
        return frozenset(self._countries[index] for index in near.nonzero()[0])

    def distance_km(self, unit: District, at: Spot) -> float:
        """Measure how far outside a unit a point on the plane lies; 0 inside."""
        if unit.radius_km is not None and unit.lat is not None and unit.lon is not None:
            east, north = to_plane(unit.lat, unit.lon)
            return max(0.0, hypot(at.x - east, at.y - north) - unit.radius_km)
        if unit.code in self._keys:
            return float(shapely.distance(self._polygons[self._keys.index(unit.code)], at.shape))
        return float(shapely.distance(self._regions[unit.region], at.shape))

    def basin(self, at: Spot, candidates: Iterable[River]) -> River:
        """Find the river, out of at least one, whose course is nearest to a point on the plane."""
        return min(candidates, key=lambda river: shapely.distance(self._courses[river.slug], at.shape))

    def crossing(self, at: Spot) -> Crossing | None:
        """Find the crossing at which a point on the plane lies.

        A crossing lies on the border; so where its position is an estimate, a point counts that lies within the
        estimate's error and itself on the border.
        """
        for east, north, post in self._crossings:
            distance_km = hypot(at.x - east, at.y - north)
            if distance_km <= CROSSING_WITHIN_KM:
                return post
            if distance_km > CROSSING_WITHIN_KM + post.accuracy_km or post.neighbour is None:
                continue
            if shapely.dwithin(self._abroad[self._countries.index(post.neighbour)], at.shape, CROSSING_WITHIN_KM):
                return post
        return None

    def facility(self, at: Spot) -> Facility | None:
        """Find the nearest hazard site at which a point on the plane lies."""
        near = [
            (distance_km, site.id, site)
            for east, north, within_km, site in self._facilities
            if abs(at.x - east) <= within_km and (distance_km := hypot(at.x - east, at.y - north)) <= within_km
        ]
        return min(near)[2] if near else None


@cache
def shapes() -> Shapes:
    """Build the geometry, at first use."""
    return Shapes()


def _polygons(name: str, key: str) -> Iterator[tuple[str, Any]]:
    """Yield (property `key`, prepared polygon on the plane) of every feature of a GeoJSON file."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    for feature in json.loads(text)["features"]:
        polygon = shapely.from_geojson(json.dumps(feature["geometry"]))
        flat = shapely.transform(polygon, lambda lonlat: np.array([to_plane(lat, lon) for lon, lat in lonlat]))
        yield feature["properties"][key], _prepared(flat)


def _prepared(shape: Any) -> Any:
    """Return the shape with its indexes built: GEOS builds them at first use, which two threads may not do at once."""
    shapely.prepare(shape)
    middle = shapely.Point(to_plane(41.5, 74.7))
    shapely.intersects(shape, middle)
    shapely.dwithin(shape, middle, 1.0)
    return shape


def _with_foreign(countries: dict[str, Any], circles: Iterable[Circle]) -> dict[str, Any]:
    """Join neighbours with their circles, which the outlines leave out."""
    for circle in circles:
        disc = shapely.buffer(shapely.Point(circle.x, circle.y), circle.radius_km)
        countries[circle.key] = _prepared(shapely.union(countries[circle.key], disc))
    return countries


def _xy(point: tuple[float, float]) -> tuple[float, float]:
    return to_plane(*point)
