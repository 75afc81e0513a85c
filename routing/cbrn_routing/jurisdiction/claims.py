"""What the publisher says of the place in codes: looked up in the catalogue, without any geometry."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue import places
from cbrn_schemas.catalogue.places import Crossing, District, Facility, Level
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_routing.jurisdiction.located import Confidence, Method

REGION_DIGITS = 5
"""Leading digits of a SOATE code that name the region."""

_Found = TypeVar("_Found")


class Position(NamedTuple):
    """A point on the plane with its uncertainty, all in kilometres."""

    x: float
    y: float
    accuracy_km: float

    def distance_km(self, other: Position) -> float:
        """Measure the distance to another position."""
        return hypot(self.x - other.x, self.y - other.y)


class Claim(NamedTuple):
    """The codes that could be resolved, and what follows from them.

    The district's code outranks the site, the site the crossing.
    """

    unit: District | None
    """The administrative unit; None where no code names one."""
    facility: Facility | None
    crossing: Crossing | None
    method: Method
    confidence: Confidence
    position: Position | None
    """Where the site, the crossing or the city is, if anybody knows."""
    unresolved: bool
    """A code was given that the catalogue does not hold."""


def claim(site: str | None, district: str | None, crossing: str | None) -> Claim:
    """Resolve the codes of a place; never raises for an unknown one."""
    facility = _look_up(places.facility, site)
    post = _look_up(places.crossing, crossing)
    unit = _look_up(places.district, district)
    unresolved = (site, crossing, district) != (None, None, None) and (
        (site is not None and facility is None)
        or (crossing is not None and post is None)
        or (district is not None and unit is None)
    )
    method, confidence = _weight(unit, facility, post)
    if unit is None and district is not None and facility is None and post is None:
        unit = _look_up(places.district, district[:REGION_DIGITS])
        method, confidence = ("code", "low") if unit is not None else ("unknown", "low")
    position = site_position(facility) or _post_position(post) or _city_position(unit)
    return Claim(unit or _unit_of(facility, post), facility, post, method, confidence, position, unresolved)


def is_region(unit: District) -> bool:
    """Tell whether a unit is a whole region, so that geometry may say more than its code does."""
    return unit.level is Level.REGION


def site_position(facility: Facility | None) -> Position | None:
    """Find where a hazard site is, and how exactly that is known; None where nobody knows."""
    if facility is None or facility.lat is None or facility.lon is None:
        return None
    return Position(*to_plane(facility.lat, facility.lon), facility.accuracy_km or 0.0)


def _weight(unit: District | None, facility: Facility | None, post: Crossing | None) -> tuple[Method, Confidence]:
    if unit is not None:
        return "code", "medium" if is_region(unit) else "high"
    if facility is not None:
        return "site", ("low", "high", "medium")[min(len(facility.districts), 2)]
    if post is not None:
        return "crossing", "medium"
    return "unknown", "low"


def _unit_of(facility: Facility | None, post: Crossing | None) -> District | None:
    if facility is not None and facility.districts:
        return places.district(facility.districts[0])
    if facility is None and post is not None:
        return places.district(post.district) if post.district is not None else places.region(post.region)
    return None


def _post_position(post: Crossing | None) -> Position | None:
    return None if post is None else Position(*to_plane(post.lat, post.lon), post.accuracy_km)


def _city_position(unit: District | None) -> Position | None:
    """Return the middle of a city: small enough to stand for the whole; a district is not."""
    if unit is None or unit.level is not Level.CITY or unit.lat is None or unit.lon is None:
        return None
    return Position(*to_plane(unit.lat, unit.lon), unit.radius_km or 0.0)


def _look_up(table: Callable[[str], _Found], code: str | None) -> _Found | None:
    if code is None:
        return None
    try:
        return table(code)
    except UnknownCodeError:
        return None
