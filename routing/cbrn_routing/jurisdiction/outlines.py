"""The country's outlines as they are drawn: units, limits, border and enclaves, in kilometres on the plane.

For whoever makes a map. What a point belongs to is the gazetteer's to say, which knows how wrong each line may be.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.jurisdiction import circles
from cbrn_routing.jurisdiction.plane import Shape
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue import places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cbrn_routing.jurisdiction.circles import Circle
    from cbrn_routing.jurisdiction.plane import XY

    Line = Sequence[XY]
    Polygon = tuple[tuple[float, float], ...]

_BISHKEK, _BISHKEK_CODE = "KG-GB", "41711"
"""The region that is a city: its outline lies among those of regions."""
_LAKE: Final = ((42.05, 76.12), (42.05, 78.45), (42.82, 78.45), (42.82, 76.12))
"""A box around Issyk-Kul (latitude, longitude), well inside the country."""
GAP_KM: Final = 2.5
"""Districts leave gaps between each other, and overlap, by less than this."""
APART_KM: Final = 9.0
"""A neighbour's line nearer than this to the border is the border, drawn by somebody else."""


class Outlines(NamedTuple):
    """All that can be drawn of the country and around it; kilometres east and north of the projection's apex."""

    units: Mapping[str, Sequence[Line]]
    """Closed rings of the districts and of Bishkek, by SOATE code."""
    border: Sequence[Line]
    """Lines around the country."""
    limits: Sequence[Line]
    """Lines between two regions."""
    frontiers: Sequence[Line]
    """Lines between two neighbours, as far as they are another line than the border."""
    neighbours: Mapping[str, Shape]
    """The countries around, by alpha-2, cut off far outside. Another drawing than the units': off by kilometres."""
    enclaves: Sequence[Circle]
    """Foreign enclaves, each a circle for an irregular shape."""
    lake: Line
    """A box that holds Issyk-Kul, which is of no district: drawn below the units, it shows where there are none."""
    rivers: Mapping[str, Sequence[Line]]
    """Courses by slug, drawn by hand to about 5 km."""


@cache
def outlines() -> Outlines:
    """Return all lines; worked out once."""
    units = rings("districts.geojson", "code")
    units[_BISHKEK_CODE] = rings("regions.geojson", "region")[_BISHKEK]
    region_of = {code: places.districts()[code].region for code in units}
    shapes = {code: Shape(drawn) for code, drawn in units.items()}
    sides = (side for drawn in units.values() for line in drawn for side in pairwise(line))
    beyond = [(side, _beyond(side, shapes)) for side in sides]
    lake = [to_plane(lat, lon) for lat, lon in _LAKE]
    water = Shape([[*lake, lake[0]]])
    border = [side for side, codes in beyond if "" in codes and not water.holds(*side[0])]
    limits: dict[frozenset[XY], Sequence[XY]] = {}
    for side, codes in beyond:
        if "" not in codes and len({region_of[each] for each in codes}) > 1:
            limits.setdefault(frozenset(side), side)
    abroad = rings("neighbours.geojson", "country")
    home = Shape(border)
    return Outlines(
        units=units,
        border=_joined(border),
        limits=_joined(limits.values()),
        frontiers=_joined(_frontiers(abroad, home, shapes.values())),
        neighbours={country: Shape(drawn) for country, drawn in abroad.items()},
        enclaves=circles.foreign(),
        lake=lake,
        rivers={
            slug: [[to_plane(*point) for point in line] for line in river.courses]
            for slug, river in places.rivers().items()
        },
    )


def _beyond(side: Sequence[XY], shapes: Mapping[str, Shape]) -> frozenset[str]:
    """Return the units on both banks of a side, empty for abroad.

    Neighbouring districts do not share every point: sides that two of them have alike do not tell.
    """
    (x0, y0), (x1, y1) = side
    length = hypot(x1 - x0, y1 - y0) or 1.0
    east, north = GAP_KM * (y0 - y1) / length, GAP_KM * (x1 - x0) / length
    banks = [((x0 + x1) / 2 + way * east, (y0 + y1) / 2 + way * north) for way in (1, -1)]
    return frozenset(next((code for code, shape in shapes.items() if shape.holds(*bank)), "") for bank in banks)


def _frontiers(abroad: Mapping[str, Sequence[Line]], home: Shape, units: Iterable[Shape]) -> Iterator[Sequence[XY]]:
    kept = list(units)
    seen: set[frozenset[XY]] = set()
    for drawn in abroad.values():
        for side in (side for line in drawn for side in pairwise(line)):
            key = frozenset((round(x), round(y)) for x, y in side)
            (x0, y0), (x1, y1) = side
            middle = (x0 + x1) / 2, (y0 + y1) / 2
            if key in seen or home.edge_km(*middle, APART_KM) <= APART_KM or any(one.holds(*middle) for one in kept):
                continue
            seen.add(key)
            yield side


def _joined(sides: Iterable[Sequence[XY]]) -> tuple[Line, ...]:
    """Join sides that follow one another to lines."""
    lines: list[list[XY]] = []
    for start, end in sides:
        if lines and lines[-1][-1] == start:
            lines[-1].append(end)
        else:
            lines.append([start, end])
    return tuple(lines)


@cache
def polygons() -> Mapping[str, tuple[Polygon, ...]]:
    """Return the outer rings of districts, of Bishkek and of regions as (latitude, longitude), by SOATE code.

    For a document that says where an area is: right to a kilometre or two, as the map is.
    """
    by_region = {unit.region: code for code, unit in places.districts().items() if len(code) < places.CODE_DIGITS}
    found = dict(_outer("districts.geojson", "code"))
    found.update((by_region[iso], drawn) for iso, drawn in _outer("regions.geojson", "region") if iso in by_region)
    return found


def polygons_of(code: str) -> tuple[Polygon, ...]:
    """Return the outline of a unit by its SOATE code; empty where none is drawn."""
    return polygons().get(code, ())


def _outer(name: str, key: str) -> Iterator[tuple[str, tuple[Polygon, ...]]]:
    for feature in _features(name):
        yield (
            feature["properties"][key],
            tuple(tuple((lat, lon) for lon, lat in polygon[0]) for polygon in _polygons(feature)),
        )


def _features(name: str) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))[
        "features"
    ]
    return features


def _polygons(feature: dict[str, Any]) -> list[Any]:
    shape = feature["geometry"]
    return [shape["coordinates"]] if shape["type"] == "Polygon" else list(shape["coordinates"])


def rings(name: str, key: str) -> dict[str, list[list[XY]]]:
    """Read the rings of every feature of a GeoJSON file, on the plane, by its property `key`."""
    return {
        feature["properties"][key]: [
            [to_plane(lat, lon) for lon, lat in ring] for polygon in _polygons(feature) for ring in polygon
        ]
        for feature in _features(name)
    }
