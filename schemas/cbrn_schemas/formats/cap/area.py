"""The place of an event as CAP has it: a name, a circle or an outline, and codes (SOATE, ISO 3166-2).

A reader that knows no SOATE draws the circle; one that knows it has the district. What an event says exactly of its
place travels beside these, as a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.naming import place_name, site_name
from cbrn_schemas.catalogue.places import crossings, districts, facilities, normal_code
from cbrn_schemas.formats.cap import lexical
from cbrn_schemas.formats.cap.model import Area, Circle, Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cbrn_schemas.events.base import Language, Where, Zone
    from cbrn_schemas.formats.cap.model import Polygon

    Outline = Callable[[str], Sequence[Polygon]]
    """The outline of a district by its SOATE code; empty where none is known."""

SOATE: Final = "SOATE"
"""`valueName` of the code of a Kyrgyz region, district or city, 5 or 8 digits."""
ISO: Final = "ISO 3166-2"
"""`valueName` of the code of a region: `KG-J`."""
EXTENT_KM: Final = 0.1
"""Radius where a point is known and no extent: no reader draws a circle of none."""


class Places:
    """What is the same in every language: computed once an event."""

    def __init__(self, where: Where, zone: Zone | None, outline: Outline | None = None) -> None:
        self.where = where
        codes = tuple(dict.fromkeys(_districts(where)))
        self.circles = tuple(_circles(where, zone))
        self.geocodes = tuple(_geocodes(codes))
        self.polygons: tuple[Polygon, ...] = ()
        if outline is not None and not self.circles:
            self.polygons = tuple(polygon for code in codes for polygon in outline(code))

    def area(self, lang: Language) -> Area:
        """Return the area with its name in one language."""
        return Area(desc=self.name(lang), polygons=self.polygons, circles=self.circles, geocodes=self.geocodes)

    def name(self, lang: Language) -> str:
        """Name the place: the publisher's own words first, then what the catalogue calls it."""
        return lexical.writable("; ".join(dict.fromkeys(_names(self.where, lang)))) or "?"


def _districts(where: Where) -> Iterator[str]:
    if where.district is not None:
        yield where.district
    elif where.site is not None and (site := facilities().get(where.site)) is not None:
        yield from site.districts[:1]
    elif where.crossing is not None and (crossing := crossings().get(where.crossing)) is not None:
        yield from (crossing.district,) if crossing.district else ()
    yield from where.further_districts or ()


def _geocodes(codes: tuple[str, ...]) -> Iterator[Pair]:
    yield from (Pair(SOATE, code) for code in codes)
    known = (districts().get(normal_code(code)) for code in codes)
    yield from (Pair(ISO, iso) for iso in dict.fromkeys(unit.region for unit in known if unit is not None))


def _circles(where: Where, zone: Zone | None) -> Iterator[Circle]:
    """Draw one circle: around the point, else the site, the crossing or the city."""
    stated = 0.0 if zone is None else max(zone.hazard_radius_m or 0.0, zone.cordon_m or 0.0) / 1000
    if where.point is not None:
        error = (where.point.accuracy_m or 0.0) / 1000
        yield Circle(where.point.lat, where.point.lon, max(stated, error, EXTENT_KM))
        return
    known = _known(where)
    if known is not None:
        lat, lon, error = known
        yield Circle(lat, lon, max(stated, error, EXTENT_KM))


def _known(where: Where) -> tuple[float, float, float] | None:
    """Look up where the catalogue has it, and how far off that may be, in kilometres."""
    site = facilities().get(where.site) if where.site is not None else None
    if site is not None and site.lat is not None and site.lon is not None:
        return site.lat, site.lon, site.accuracy_km or 0.0
    crossing = crossings().get(where.crossing) if where.crossing is not None else None
    if crossing is not None:
        return crossing.lat, crossing.lon, crossing.accuracy_km
    unit = districts().get(normal_code(where.district)) if where.district is not None else None
    if unit is not None and unit.radius_km is not None and unit.lat is not None and unit.lon is not None:
        return unit.lat, unit.lon, unit.radius_km
    return None


def _names(where: Where, lang: Language) -> Iterator[str]:
    if where.description is not None:
        yield where.description
    if where.site is not None:
        site = facilities().get(where.site)
        yield where.site if site is None else site_name(site, None, lang)
    if where.crossing is not None:
        crossing = crossings().get(where.crossing)
        yield where.crossing if crossing is None else crossing.names.get(lang)
    if where.district is not None:
        yield place_name(where.district, lang)
    yield from (place_name(code, lang) for code in where.further_districts or ())
    if where.point is not None and where.description is None and where.site is None and where.district is None:
        yield f"{lexical.number(where.point.lat)}, {lexical.number(where.point.lon)}"
