"""The country's geometry: which unit, country or river basin a point belongs to.

Polygons are read once and laid on a plane in kilometres; the gazetteer asks for one place at a time. What codes mean is
the gazetteer's business.
"""

from __future__ import annotations

from functools import cache, cached_property
from math import hypot
from typing import TYPE_CHECKING, NamedTuple

from cbrn_routing.jurisdiction import circles
from cbrn_routing.jurisdiction.outlines import rings
from cbrn_routing.jurisdiction.plane import Shape, outline
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue import places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.jurisdiction.circles import Circle
    from cbrn_routing.jurisdiction.claims import Position
    from cbrn_routing.jurisdiction.located import Confidence, Method
    from cbrn_routing.jurisdiction.plane import XY
    from cbrn_schemas.catalogue.places import Crossing, District, Facility, River

    Ring = list[XY]

BISHKEK = "KG-GB"
"""The region that is a city, with an outline of its own."""
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


class Shapes:
    """Polygons and circles, on the plane. Take it from `shapes()`; what it is made of is read when first needed."""

    def __init__(self) -> None:
        self._foreign = circles.foreign()
        self._cities = circles.cities()
        self._corrected = circles.corrected()
        self._crossings = tuple((*to_plane(post.lat, post.lon), post) for post in places.crossings().values())
        self._facilities = tuple(
            (*to_plane(site.lat, site.lon), max(FACILITY_WITHIN_KM, site.accuracy_km or 0.0), site)
            for site in places.facilities().values()
            if site.lat is not None and site.lon is not None and (site.accuracy_km or 0.0) <= FACILITY_ACCURACY_KM
        )

    def build(self) -> None:
        """Read all now: a process that must not wait with the first alert does so."""
        for name, layer in vars(Shapes).items():
            if isinstance(layer, cached_property):
                getattr(self, name)

    @cached_property
    def _district_rings(self) -> dict[str, list[Ring]]:
        return rings("districts.geojson", "code")

    @cached_property
    def _region_rings(self) -> dict[str, list[Ring]]:
        return rings("regions.geojson", "region")

    @cached_property
    def _districts(self) -> dict[str, Shape]:
        return {key: Shape(rings) for key, rings in self._district_rings.items()}

    @cached_property
    def _regions(self) -> dict[str, Shape]:
        return {region: Shape(rings) for region, rings in self._region_rings.items()}

    @cached_property
    def _districts_outline(self) -> Shape:
        return Shape(outline([ring for rings in self._district_rings.values() for ring in rings]))

    @cached_property
    def _outline(self) -> Shape:
        return Shape(outline([ring for rings in self._region_rings.values() for ring in rings]))

    @cached_property
    def _abroad(self) -> dict[str, tuple[Shape | Circle, ...]]:
        """Neighbours, with the circles that their outlines leave out."""
        return {
            country: (Shape(lines), *(circle for circle in self._foreign if circle.key == country))
            for country, lines in rings("neighbours.geojson", "country").items()
        }

    @cached_property
    def _courses(self) -> dict[str, Shape]:
        return {
            slug: Shape([to_plane(*point) for point in line] for line in river.courses)
            for slug, river in places.rivers().items()
        }

    def find(self, at: Position) -> Found:
        """Find the unit and country of a point on the plane."""
        if self._regions[BISHKEK].holds(at.x, at.y):
            return Found("KG", BISHKEK, "41711", "high", "city-polygon")
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

    def _in_city(self, at: Position) -> Found | None:
        for circle in self._cities:
            if circle.holds(at.x, at.y):
                unit = places.districts()[circle.key]
                return Found("KG", unit.region, circle.key, "medium", "city-circle")
        return None

    def _in_corrected_circle(self, at: Position) -> Found | None:
        for circle in self._corrected:
            if circle.holds(at.x, at.y):
                return Found("KG", places.districts()[circle.key].region, circle.key, "medium", "district-circle")
        return None

    def _in_district(self, at: Position) -> Found | None:
        drawn = [key for key, district in self._districts.items() if district.holds(at.x, at.y)]
        for key in drawn:  # where districts overlap, the one of which the region's outline says the same
            region = places.districts()[key].region
            if self._regions[region].holds(at.x, at.y):
                near = self._outline.edge_km(at.x, at.y, OUTLINE_ERROR_KM) <= OUTLINE_ERROR_KM
                return Found("KG", region, key, "medium" if near else "high", "district-polygon")
        if not drawn:
            return None
        region = places.districts()[drawn[0]].region
        return (
            self._deeper_abroad(at)
            or self._across(at, self._districts[drawn[0]])
            or Found("KG", region, drawn[0], "low", "district-polygon")
        )

    def _deeper_abroad(self, at: Position) -> Found | None:
        """Find the neighbour in whose outline a point lies clearly deeper than in the district polygons.

        Regions and neighbours come from one drawing of the border, districts from another; both err by kilometres.
        """
        country = self._country_of(at)
        if country is None:
            return None
        depth_km = self._outline.edge_km(at.x, at.y)
        if depth_km <= self._districts_outline.edge_km(at.x, at.y) + DEEPER_KM:
            return None
        return Found(country, None, None, "low", "neighbour-polygon")

    def _across(self, at: Position, held_by: Shape) -> Found | None:
        """Find the other region in which the finer outline of regions puts a point, and that region's nearest district.

        Districts were drawn more coarsely than regions, so the outline of regions counts (Kojomkul, Karavan); but not
        against a district's polygon, `held_by`, that holds the point farther from its edge than it errs (Kyzyl-Oy).
        """
        if held_by.edge_km(at.x, at.y, DISTRICT_ERROR_KM) > DISTRICT_ERROR_KM:
            return None
        region = self._region_of(at)
        if region is None:
            return None
        unit = self._nearest_district(at, NEAREST_DISTRICT_INSIDE_KM, region)
        return Found("KG", region, unit, "medium", "region-polygon")

    def _in_foreign_circle(self, at: Position) -> Found | None:
        for circle in self._foreign:
            if circle.holds(at.x, at.y, CERTAIN_SHARE):
                return Found(circle.key, None, None, "medium", "foreign-circle")
        return None

    def _in_neighbour(self, at: Position) -> Found | None:
        country = self._country_of(at)
        if country is None:
            return None
        near = self._outline.distance_km(at.x, at.y, OUTLINE_ERROR_KM) <= OUTLINE_ERROR_KM
        return Found(country, None, None, "medium" if near else "high", "neighbour-polygon")

    def _near_district(self, at: Position) -> Found | None:
        inside = self._outline.holds(at.x, at.y)
        key = self._nearest_district(at, NEAREST_DISTRICT_INSIDE_KM if inside else NEAREST_DISTRICT_KM)
        if key is None:
            return None
        return Found("KG", places.districts()[key].region, key, "medium" if inside else "low", "nearest-district")

    def _in_region(self, at: Position) -> Found | None:
        region = self._region_of(at)
        return None if region is None else Found("KG", region, None, "medium", "region-polygon")

    def _region_of(self, at: Position) -> str | None:
        return next((region for region, shape in self._regions.items() if shape.holds(at.x, at.y)), None)

    def _country_of(self, at: Position) -> str | None:
        """Find the neighbour that holds a point."""
        return next((key for key, parts in self._abroad.items() if any(one.holds(at.x, at.y) for one in parts)), None)

    def _nearest_district(self, at: Position, within_km: float, region: str | None = None) -> str | None:
        """Find the nearest district, of a region where one is given, if any is near enough."""
        own = (key for key in self._districts if region in (None, places.districts()[key].region))
        distance_km, key = min((self._districts[key].distance_km(at.x, at.y, within_km), key) for key in own)
        return key if distance_km <= within_km else None

    def neighbours(self, at: Position, within_km: float = NEIGHBOUR_WITHIN_KM) -> frozenset[str]:
        """Find foreign countries within a distance of a point on the plane."""
        return frozenset(country for country in self._abroad if self._is_near(country, at, within_km))

    def _is_near(self, country: str, at: Position, within_km: float) -> bool:
        return any(part.distance_km(at.x, at.y, within_km) <= within_km for part in self._abroad[country])

    def distance_km(self, unit: District, at: Position) -> float:
        """Measure how far outside a unit a point on the plane lies; 0 inside."""
        if unit.radius_km is not None and unit.lat is not None and unit.lon is not None:
            east, north = to_plane(unit.lat, unit.lon)
            return max(0.0, hypot(at.x - east, at.y - north) - unit.radius_km)
        drawn = self._districts.get(unit.code or "") or self._regions[unit.region]
        return drawn.distance_km(at.x, at.y)

    def basin(self, at: Position, candidates: Iterable[River]) -> River:
        """Find the river, out of at least one, whose course is nearest to a point on the plane."""
        return min(candidates, key=lambda river: self._courses[river.slug].edge_km(at.x, at.y))

    def crossing(self, at: Position) -> Crossing | None:
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
            if self._is_near(post.neighbour, at, CROSSING_WITHIN_KM):
                return post
        return None

    def facility(self, at: Position) -> Facility | None:
        """Find the nearest hazard site at which a point on the plane lies."""
        near = [
            (distance_km, site.id, site)
            for east, north, within_km, site in self._facilities
            if abs(at.x - east) <= within_km and (distance_km := hypot(at.x - east, at.y - north)) <= within_km
        ]
        return min(near)[2] if near else None


@cache
def shapes() -> Shapes:
    """Return the geometry."""
    return Shapes()
