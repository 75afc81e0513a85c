"""Where a partner's alert is: a point of ours where its area reaches us, and all districts that it covers; else abroad.

An area that nobody can draw and whose codes nobody knows here stays what the partner called it: the bus then says that
the place is not known, and routes by the country of origin.
"""

from __future__ import annotations

import re
from itertools import chain, product
from math import cos, radians
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.catalogue import places
from cbrn_schemas.catalogue.places import Level
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_producers.inbound.terms import Terms
    from cbrn_routing.jurisdiction import Gazetteer
    from cbrn_schemas.formats.cap.model import Area, Pair

HOME: Final = "KG"
GRID: Final = 16
"""Points a side at which an area is asked which districts it covers: 256 looks, each some 0.1 ms."""
FURTHER_MAX: Final = 60
RING_MIN: Final = 4
"""Points of a triangle that is closed."""
DISTRICT: Final = re.compile(r"417[0-9]{2}([0-9]{3})?")
_KM_OF_A_DEGREE: Final = 111.2
_ACCURACY_M_MAX: Final = 100_000


class Place(NamedTuple):
    """Where it is, as an event says it, and the country that it lies in, where that is known."""

    where: dict[str, Any]
    country: str | None


def place_of(areas: tuple[Area, ...], terms: Terms, gazetteer: Gazetteer) -> Place:
    """Find the place of an alert's areas."""
    said = next((text for area in areas if (text := line(area.desc, 200))), None)
    described = {} if said is None else {"description": said}
    coded = list(dict.fromkeys(chain.from_iterable(_districts(area.geocodes) for area in areas)))
    shape = _union(areas)
    inside = [] if shape is None else list(_at_home(shape, gazetteer))
    found = list(dict.fromkeys((*coded, *(code for _, _, code in inside))))
    if found or inside:
        where: dict[str, Any] = {"point": _point(inside[0][0], inside[0][1])} if inside else {"district": found[0]}
        first = gazetteer.at(inside[0][0], inside[0][1]).district if inside else found[0]
        further = [code for code in found if code != first][:FURTHER_MAX]
        return Place(where | ({"further_districts": further} if further else {}) | described, HOME)
    if shape is None:
        return Place({"site": terms.country or "abroad"} | described, terms.country)
    centre = shape.representative_point() if not shape.contains(shape.centroid) else shape.centroid
    lat, lon = round(centre.y, 4), round(centre.x, 4)
    where = {"point": _point(lat, lon, accuracy_m=_extent_m(shape))}
    return Place(where | described, gazetteer.at(lat, lon).country)


def line(text: str | None, most: int) -> str | None:
    """Return a text in one line without control characters, cut where it is too long; None where nothing is left."""
    shown = " ".join("".join(sign if sign.isprintable() or sign.isspace() else " " for sign in text or "").split())
    return (shown if len(shown) <= most else f"{shown[: most - 1]}…") or None


def _point(lat: float, lon: float, *, accuracy_m: float | None = None) -> dict[str, float]:
    point = {"lat": lat, "lon": lon}
    return point if accuracy_m is None else point | {"accuracy_m": accuracy_m}


def _districts(codes: Iterable[Pair]) -> Iterator[str]:
    """Yield the districts that geocodes of ours name: SOATE, and regions by ISO 3166-2."""
    for code in codes:
        value = code.value.strip()
        if "soate" in code.name.casefold() and DISTRICT.fullmatch(value):
            yield value
        elif value.upper().startswith(f"{HOME}-"):
            try:
                found = places.region(value.upper()).code
            except UnknownCodeError:
                continue
            if found is not None:
                yield found


def _union(areas: Iterable[Area]) -> Any:
    kit = _shapely()
    shapes: list[Any] = []
    for area in areas:
        rings = (ring for ring in area.polygons if len(ring) >= RING_MIN)
        shapes += [kit.make_valid(kit.Polygon([(lon, lat) for lat, lon in ring])) for ring in rings]
        for circle in area.circles:
            # A point counts as a place of 100 m: it has to be in something.
            radius = max(circle.radius_km, 0.1) / _KM_OF_A_DEGREE
            around = kit.Point(0, 0).buffer(radius, quad_segs=8)
            stretched = [
                (circle.lon + x / max(cos(radians(circle.lat)), 0.01), circle.lat + y)
                for x, y in around.exterior.coords
            ]
            shapes.append(kit.Polygon(stretched))
    whole = kit.unary_union([shape for shape in shapes if not shape.is_empty]) if shapes else None
    return None if whole is None or whole.is_empty else whole


def _at_home(shape: Any, gazetteer: Gazetteer) -> Iterator[tuple[float, float, str]]:
    """Yield points of the area that lie in this country, with their district, the one nearest to its centre first."""
    kit = _shapely()
    near = kit.box(69.2, 39.1, 80.3, 43.3)  # the country and a little more: elsewhere nothing of it can lie
    part = shape.intersection(near)
    if part.is_empty or part.area == 0:
        return
    kit.prepare(part)
    west, south, east, north = part.bounds
    steps = [(step + 0.5) / GRID for step in range(GRID)]
    asked = [(south + (north - south) * up, west + (east - west) * along) for up, along in product(steps, steps)]
    inner = part.representative_point()
    asked += [(inner.y, inner.x), *_seats()]
    centre = shape.centroid
    seen: set[str] = set()
    for lat, lon in sorted(asked, key=lambda at: (at[0] - centre.y) ** 2 + (at[1] - centre.x) ** 2):
        if not part.contains(kit.Point(lon, lat)):
            continue
        located = gazetteer.at(lat, lon)
        if located.country != HOME or located.district is None or located.district in seen:
            continue
        seen.add(located.district)
        yield round(lat, 4), round(lon, 4), located.district


def _seats() -> Iterator[tuple[float, float]]:
    """Yield where towns are: what covers one covers its people."""
    for district in places.districts().values():
        if district.lat is not None and district.lon is not None and district.level is not Level.REGION:
            yield district.lat, district.lon


def _shapely() -> Any:
    """Return the library, which has no types: heavy, and a document without areas needs none."""
    import shapely  # noqa: PLC0415 - as said

    return shapely


def _extent_m(shape: Any) -> float:
    west, south, east, north = shape.bounds
    across = max(north - south, (east - west) * cos(radians((north + south) / 2))) * _KM_OF_A_DEGREE * 1000
    return float(round(min(max(across / 2, 100.0), _ACCURACY_M_MAX)))
