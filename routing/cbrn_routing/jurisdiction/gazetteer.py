"""Whose business a place is: the publisher's own codes first, geometry second, and a doubt where the two disagree.

Pure and bounded: an answer depends on the place alone, and answers are kept for as many places as events name.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from cbrn_routing.jurisdiction import waters
from cbrn_routing.jurisdiction.claims import Claim, Position, claim, is_region, site_position
from cbrn_routing.jurisdiction.located import Confidence, Located
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_routing.jurisdiction.shapes import shapes
from cbrn_schemas.catalogue import places
from cbrn_schemas.catalogue.places import District, Level
from cbrn_schemas.errors import Doubt

if TYPE_CHECKING:
    from cbrn_routing.jurisdiction.shapes import Found
    from cbrn_schemas.catalogue.places import Facility
    from cbrn_schemas.events.base import Where

CACHED_PLACES = 16_384
"""Answers kept. About 0.6 KB each: 10 MB at most. Sites, districts and stations fit several times over."""
POINT_DECIMALS = 4
"""Points are rounded to 0.0001 degree, 11 m, before anything else: nothing here is known more exactly."""
CONTRADICTION_IN_REGION_KM = 10.0
"""A point this far outside the district that the publisher names contradicts it; less is the polygons' own error
(Orlovka lies 9 km outside its district's)."""
CONTRADICTION_KM = 6.0
"""The same for a point in another region, ..."""
CONTRADICTION_CERTAIN_KM = 2.0
"""... and where that, or that the point lies abroad, is beyond doubt."""
CODE_POINT_KM = 15.0
"""A point this near to the site or crossing that the publisher names is at it. Farther from a site, an accident on the
way there, it drains where the point is; farther from a crossing, it contradicts it."""
COARSE_KM, VAGUE_KM = 2, 10
"""A point known no better than this has medium, or low, confidence at most."""

HOME = "KG"
LAT_MAX = 90.0

_STEPS: tuple[Confidence, ...] = ("low", "medium", "high")


class _SiteFields(TypedDict):
    facility: str | None
    operator: str | None
    facility_km: float | None
    facility_surveyed: bool | None


class CacheInfo(NamedTuple):
    """How the kept answers did, as `functools.lru_cache` counts."""

    hits: int
    misses: int
    maxsize: int | None
    currsize: int


class Gazetteer:
    """The answer to where an event is.

    Cheap to make: polygons are read when the first place needs them. Safe to share between threads.
    """

    def __init__(self, cached_places: int = CACHED_PLACES) -> None:
        self._answer = lru_cache(maxsize=cached_places)(_answer)

    @staticmethod
    def build() -> None:
        """Read all polygons now, not with the first place: a process that must not wait for them does so."""
        shapes().build()

    def locate(self, where: Where) -> Located:
        """Find the jurisdiction of an event's place. Never raises: what cannot be resolved is a doubt in the answer."""
        point = where.point
        if point is None:
            return self._answer(where.site, where.district, where.crossing, None, None, 0)
        return self._answer(
            where.site,
            where.district,
            where.crossing,
            round(point.lat, POINT_DECIMALS),
            round(point.lon, POINT_DECIMALS),
            0 if point.accuracy_m is None else round(point.accuracy_m / 1000),
        )

    def locate_all(self, where: Where) -> tuple[Located, ...]:
        """Find the jurisdiction of the place, and of each further district once."""
        further = dict.fromkeys(where.further_districts or ())
        further.pop(where.district or "", None)
        return (self.locate(where), *(self._answer(None, code, None, None, None, 0) for code in further))

    def at(self, lat: float, lon: float) -> Located:
        """Find the jurisdiction of a WGS 84 point in degrees."""
        return self._answer(None, None, None, round(lat, POINT_DECIMALS), round(lon, POINT_DECIMALS), 0)

    @staticmethod
    def nearest_facility(lat: float, lon: float) -> tuple[Facility, float] | None:
        """Find the hazard site of the catalogue that is nearest to a point, and the distance in km, however far.

        A site's position may itself be an estimate (`Facility.accuracy_km`, `Facility.surveyed`).
        """
        point = Position(*to_plane(lat, lon), 0.0)
        known = ((site_position(site), site) for site in places.facilities().values())
        distances = [(at.distance_km(point), site.id) for at, site in known if at is not None]
        if not distances:
            return None
        distance_km, identifier = min(distances)
        return places.facilities()[identifier], round(distance_km, 1)

    def cache_info(self) -> CacheInfo:
        """Return hits and misses so far."""
        return CacheInfo(*self._answer.cache_info())


def _answer(  # noqa: PLR0917 - a cached function is called fastest by position
    site: str | None, district: str | None, crossing: str | None, lat: float | None, lon: float | None, accuracy_km: int
) -> Located:
    said = claim(site, district, crossing)
    if lat is None or lon is None:
        return _without_unit(said) if said.unit is None else _by_claim(said, said.unit, None)
    point = Position(*to_plane(lat, lon), float(accuracy_km))
    found = _by_geometry(said, point) if said.unit is None else _by_claim(said, said.unit, point)
    if found.doubts and _is_swapped(lat, lon):
        return replace(found, doubts=(*found.doubts, Doubt.PLACE_SWAPPED))
    return found


def _is_swapped(lat: float, lon: float) -> bool:
    """Tell whether a point lies abroad, and in the country once its latitude and longitude are exchanged."""
    return abs(lon) <= LAT_MAX and not _at_home(lat, lon) and _at_home(lon, lat)


def _at_home(lat: float, lon: float) -> bool:
    return shapes().find(Position(*to_plane(lat, lon), 0.0)).country == HOME


def _without_unit(said: Claim) -> Located:
    """Locate where there is no point, and no code that names a unit: at best a site spread over the country."""
    site = said.facility
    return Located(
        district=None,
        city=None,
        region=None,
        country=None if site is None else HOME,
        neighbours=frozenset(),
        downstream=frozenset() if site is None else waters.of_facility(site),
        border=False,
        confidence="low",
        method=said.method,
        doubts=(Doubt.PLACE_UNKNOWN,) if said.unresolved else (),
        **_site_fields(site, None),
    )


def _by_geometry(said: Claim, point: Position) -> Located:
    found = shapes().find(point)
    home = found.country == HOME
    unit = _unit(found)
    site = said.facility or (shapes().facility(point) if home else None)
    doubts = (() if home else (Doubt.PLACE_ABROAD,)) + ((Doubt.PLACE_UNKNOWN,) if said.unresolved else ())
    return Located(
        district=_district_code(unit),
        city=_city(unit),
        region=found.region,
        country=found.country,
        neighbours=shapes().neighbours(point),
        downstream=frozenset() if unit is None else waters.of_point(unit, point, shapes()),
        border=shapes().crossing(point) is not None,
        confidence=_no_better_than(found.confidence, point),
        method=found.method,
        doubts=doubts,
        **_site_fields(site, point),
    )


def _by_claim(said: Claim, unit: District, point: Position | None) -> Located:
    contradicted = _contradicted(said, unit, point)
    confidence = said.confidence
    here = point or said.position
    if contradicted:
        confidence = _STEPS[max(0, _STEPS.index(confidence) - 1)]
    elif is_region(unit) and here is not None:
        unit, confidence = _refined(unit, confidence, here)
    doubts = ((Doubt.PLACE_CONTRADICTS,) if contradicted else ()) + ((Doubt.PLACE_UNKNOWN,) if said.unresolved else ())
    return Located(
        district=_district_code(unit),
        city=_city(unit),
        region=unit.region,
        country=HOME,
        neighbours=_neighbours(said, unit, here, contradicted=contradicted),
        downstream=_downstream(said, unit, point, contradicted=contradicted),
        border=said.crossing is not None or (point is not None and _at_crossing(point)),
        estimated=here is None and said.crossing is None and bool(unit.neighbours),
        confidence=confidence,
        method=said.method,
        doubts=doubts,
        **_site_fields(said.facility, point),
    )


def _site_fields(site: Facility | None, point: Position | None) -> _SiteFields:
    """Return what an answer says of a hazard site, and how far from it the point lies."""
    if site is None:
        return {"facility": None, "operator": None, "facility_km": None, "facility_surveyed": None}
    at = site_position(site)
    return {
        "facility": site.id,
        "operator": site.operator,
        "facility_km": None if at is None or point is None else round(at.distance_km(point), 1),
        "facility_surveyed": site.surveyed,
    }


def _contradicted(said: Claim, unit: District, point: Position | None) -> bool:
    """Tell whether the codes and the point, or two codes, mean different places."""
    named = said.facility is not None or said.crossing is not None
    if point is not None:
        at_named = named and said.position is not None and _near(said.position, point)
        if not at_named and (said.crossing is not None or _outside(unit, point)):
            return True
    if said.position is None or said.method != "code" or not named:
        return False
    agreed = said.facility is not None and unit.code in said.facility.districts
    return not agreed and _outside(unit, said.position)


def _outside(unit: District, position: Position) -> bool:
    distance_km = shapes().distance_km(unit, position) - position.accuracy_km
    if distance_km <= CONTRADICTION_CERTAIN_KM:
        return False
    found = shapes().find(position)
    if found.region == unit.region:
        return distance_km > CONTRADICTION_IN_REGION_KM
    return distance_km > CONTRADICTION_KM or found.confidence == "high"


def _refined(unit: District, confidence: Confidence, here: Position) -> tuple[District, Confidence]:
    """Find the district of a point, for a publisher who named its region only."""
    found = shapes().find(here)
    finer = _unit(found) if found.region == unit.region else None
    return (unit, confidence) if finer is None else (finer, _no_better_than(found.confidence, here))


def _neighbours(said: Claim, unit: District, here: Position | None, *, contradicted: bool) -> frozenset[str]:
    opposite = said.crossing.neighbour if said.crossing is not None else None
    known = frozenset() if opposite is None else frozenset({opposite})
    if here is None or contradicted:
        known |= unit.neighbours
    if here is None:
        return known
    return known | shapes().neighbours(here)


def _downstream(said: Claim, unit: District, point: Position | None, *, contradicted: bool) -> frozenset[str]:
    """Find countries below the place; where code and point contradict each other, those below either."""
    here = point or said.position
    if said.facility is not None and said.facility.rivers and (point is None or _at_site(said, point)):
        reached = waters.of_facility(said.facility)
    elif here is None or contradicted:
        reached = waters.of_unit(unit)
    else:
        reached = waters.of_point(unit, here, shapes())
    if contradicted and point is not None:
        reached |= _by_geometry(said, point).downstream
    return reached


def _at_site(said: Claim, point: Position) -> bool:
    return said.facility is not None and said.position is not None and _near(said.position, point)


def _near(known: Position, point: Position) -> bool:
    return known.distance_km(point) <= CODE_POINT_KM + known.accuracy_km + point.accuracy_km


def _at_crossing(point: Position) -> bool:
    return shapes().crossing(point) is not None


def _unit(found: Found) -> District | None:
    if found.unit is not None:
        return places.districts()[found.unit]
    return None if found.region is None else places.region(found.region)


def _district_code(unit: District | None) -> str | None:
    """Return what `Located.district` promises: none for a region, the surrounding one for a city without a code."""
    if unit is None or is_region(unit):
        return None
    return unit.code or unit.parent


def _city(unit: District | None) -> str | None:
    if unit is None:
        return None
    if unit.level is Level.CITY_DISTRICT and unit.parent is not None:
        return places.districts()[unit.parent].slug
    return unit.slug if unit.level is Level.CITY else None


def _no_better_than(confidence: Confidence, point: Position) -> Confidence:
    """Lower a confidence where the point itself is uncertain."""
    most = 0 if point.accuracy_km > VAGUE_KM else 1 if point.accuracy_km > COARSE_KM else 2
    return _STEPS[min(_STEPS.index(confidence), most)]
