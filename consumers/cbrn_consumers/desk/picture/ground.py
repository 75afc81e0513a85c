"""The ground that marks stand on: districts, limits, border, neighbours, rivers, on a sheet of whole steps.

Worked out once for a sheet, and its names once for a language: a page only lays its marks over it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from markupsafe import Markup

from cbrn_consumers.desk.picture.svg import element, group, path, text
from cbrn_routing.jurisdiction.outlines import outlines
from cbrn_routing.jurisdiction.plane import Shape
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue.naming import place_name
from cbrn_schemas.catalogue.places import district, region
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cbrn_schemas.events.base import Language

XY = tuple[float, float]
_PIECE: Final = 12
_LOOKS: Final = 9
"""Where in a unit its mark stands is looked for on a grid of this many points a side."""
_ABROAD: Final = {"KZ": (43.22, 72.9), "UZ": (40.72, 71.35), "TJ": (39.33, 71.7), "CN": (40.55, 77.6)}
"""Where the neighbours' names stand on the country's sheet, and their marks."""
ENCLAVE_FROM_KM: Final = 3.0
"""Smaller enclaves are no more than a dot on the country's sheet."""


class Sheet(NamedTuple):
    """A rectangle of the plane, and how many steps a kilometre is wide on it."""

    west: float
    """Kilometres of the plane."""
    north: float
    width_km: float
    height_km: float
    steps: float

    @property
    def width(self) -> float:
        """The sheet's width in steps."""
        return self.width_km * self.steps

    @property
    def height(self) -> float:
        """The sheet's height in steps."""
        return self.height_km * self.steps

    def place(self, x: float, y: float) -> XY:
        """Lay a point of the plane on the sheet."""
        return (x - self.west) * self.steps, (self.north - y) * self.steps

    def at(self, lat: float, lon: float) -> XY:
        """Lay a point of the earth on the sheet."""
        return self.place(*to_plane(lat, lon))

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point of the plane lies on the sheet."""
        return self.west <= x <= self.west + self.width_km and self.north - self.height_km <= y <= self.north

    def lines(self, drawn: Iterable[Sequence[XY]]) -> Iterator[list[tuple[int, int]]]:
        """Lay lines on the sheet, in whole steps; those that lie wholly beside it are left out."""
        east, south = self.west + self.width_km, self.north - self.height_km
        for line in drawn:
            xs, ys = zip(*line, strict=True)
            if max(xs) < self.west or min(xs) > east or max(ys) < south or min(ys) > self.north:
                continue
            yield [(round(x), round(y)) for x, y in (self.place(*point) for point in line)]

    def open_lines(self, drawn: Iterable[Sequence[XY]]) -> Iterator[list[tuple[int, int]]]:
        """Lay lines on the sheet that enclose nothing: of a long one only the parts that are seen."""
        pieces = (line[start : start + _PIECE + 1] for line in drawn for start in range(0, len(line) - 1, _PIECE))
        return self.lines(pieces)


COUNTRY: Final = Sheet(-492.0, -7031.0, 980.0, 486.0, 1.0)
"""The whole country: a step is a kilometre, which is less than the lines err."""


def ground(sheet: Sheet, lang: Language) -> Markup:
    """Draw what marks stand on; for the eye alone, as the names are said in the list beside."""
    return Markup("").join(
        (
            element("rect", width=sheet.width, height=sheet.height, class_="abroad"),
            _drawn("frontier", _lines(sheet, "frontiers")),
            element("path", d=path(sheet.lines([outlines().lake]), closed=True), class_="lake"),
            *_units(sheet, lang),
            _drawn("river", _lines(sheet, "rivers")),
            _drawn("limit", _lines(sheet, "limits")),
            _drawn("border", _lines(sheet, "border")),
            *_enclaves(sheet),
        )
    )


@cache
def country_ground(lang: Language) -> Markup:
    """Draw the country with the names of its regions and neighbours."""
    names = [
        text(*COUNTRY.at(*at), place_name(country, lang), "country-name", "middle") for country, at in _ABROAD.items()
    ]
    names += [
        text(*COUNTRY.at(each.lat, each.lon), each.name(lang), "region-name", "middle")
        for each in (region(iso) for iso in ("KG-B", "KG-C", "KG-J", "KG-N", "KG-O", "KG-T", "KG-Y"))
        if each.lat is not None and each.lon is not None
    ]
    return group(ground(COUNTRY, lang), *names, aria_hidden="true")


@lru_cache(maxsize=512)
def middle_of(code: str) -> XY | None:
    """Find where the mark of a place stands: kilometres of the plane, well inside the unit; None where nobody knows."""
    drawn = outlines().units.get(code)
    if drawn is not None:
        return _deepest(drawn)
    if code in _ABROAD:
        return to_plane(*_ABROAD[code])
    try:
        unit = region(code) if code.startswith("KG-") else district(code)
    except UnknownCodeError:
        return None
    if unit.lat is not None and unit.lon is not None:
        return to_plane(unit.lat, unit.lon)
    return None if unit.parent is None else middle_of(unit.parent)


def shape_of(code: str) -> Sequence[Sequence[XY]]:
    """Return the rings of a unit; none of one that has no outline."""
    return outlines().units.get(code, ())


def _units(sheet: Sheet, lang: Language) -> Iterator[Markup]:
    for code, drawn in outlines().units.items():
        data = path(sheet.lines(drawn), closed=True)
        if data:
            yield element("path", element("title", place_name(code, lang)), d=data, class_="unit")


def _enclaves(sheet: Sheet) -> Iterator[Markup]:
    for each in outlines().enclaves:
        if each.radius_km >= ENCLAVE_FROM_KM / sheet.steps and sheet.holds(each.x, each.y):
            x, y = sheet.place(each.x, each.y)
            yield element("circle", cx=x, cy=y, r=each.radius_km * sheet.steps, class_="enclave")


def _lines(sheet: Sheet, name: str) -> Iterator[list[tuple[int, int]]]:
    drawn = getattr(outlines(), name)
    return (
        sheet.open_lines(line for lines in drawn.values() for line in lines)
        if name == "rivers"
        else sheet.open_lines(drawn)
    )


def _drawn(name: str, lines: Iterable[Sequence[tuple[int, int]]]) -> Markup:
    return element("path", d=path(lines), class_=name, fill="none")


def _deepest(drawn: Sequence[Sequence[XY]]) -> XY:
    shape = Shape(drawn)
    xs, ys = zip(*(point for ring in drawn for point in ring), strict=True)
    west, south = min(xs), min(ys)
    steps = [(index + 0.5) / _LOOKS for index in range(_LOOKS)]
    inside = [(west + east * (max(xs) - west), south + north * (max(ys) - south)) for east in steps for north in steps]
    found = [point for point in inside if shape.holds(*point)]
    return max(found, key=lambda point: shape.edge_km(*point)) if found else (xs[0], ys[0])


def neighbours_on(sheet: Sheet) -> Mapping[str, XY]:
    """Find where on a sheet the name of each neighbour may stand: amid what of it lies there, away from home."""
    looked = [
        (sheet.west + sheet.width_km * (2 * column + 1) / 24, sheet.north - sheet.height_km * (2 * row + 1) / 24)
        for column in range(12)
        for row in range(1, 11)
    ]
    home = [Shape(drawn) for drawn in outlines().units.values()]
    free = [point for point in looked if not any(shape.holds(*point) for shape in home)]
    found: dict[str, XY] = {}
    for country, shape in outlines().neighbours.items():
        own = [point for point in free if shape.holds(*point)]
        if own:
            middle = sum(x for x, _ in own) / len(own), sum(y for _, y in own) / len(own)
            found[country] = min(own, key=lambda at: (at[0] - middle[0]) ** 2 + (at[1] - middle[1]) ** 2)
    return found
