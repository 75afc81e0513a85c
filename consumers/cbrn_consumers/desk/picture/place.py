"""The surroundings of one situation: district, border, rivers, sites, where the wind carries; and the same in words."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.picture.ground import Sheet, ground, middle_of, neighbours_on, shape_of
from cbrn_consumers.desk.picture.shapes import severity_shape
from cbrn_consumers.desk.picture.svg import drawing, element, group, line, path, text
from cbrn_routing.jurisdiction.outlines import outlines
from cbrn_routing.jurisdiction.plane import Shape
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue import places
from cbrn_schemas.catalogue.naming import place_name, site_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount, direction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from cbrn_consumers.desk.picture.marks import Spot
    from cbrn_schemas.events.base import Language

XY = tuple[float, float]
WIDTH: Final = 800
HEIGHT: Final = 540
AROUND_KM: Final = 72.0
"""How wide a stretch is shown around a point: a valley with its border and the next river."""
MARGIN: Final = 1.3
"""A place that is known as a whole is shown with this much around it."""
BORDER_KM: Final = 50.0
RIVER_KM: Final = 15.0
"""Farther away, border and river are not said in words."""
_BARS_KM: Final = (1, 2, 5, 10, 20, 50, 100, 200)
_SIDE: Final = 0.3
_CITY_KM: Final = 4.0
_ARROW: Final = 130.0
_OPPOSITE: Final = 180.0


class _Here(NamedTuple):
    at: XY
    """Kilometres of the plane."""
    exact: bool


def place_map(spot: Spot, lang: Language, *, key: str = "place") -> Markup | None:
    """Draw the surroundings; None where the place is on no map."""
    here = _here(spot)
    if here is None:
        return None
    sheet = _sheet(spot, here)
    x, y = sheet.place(*here.at)
    own = path(sheet.lines(shape_of(spot.district)), closed=True)
    return drawing(
        sheet.width,
        sheet.height,
        group(
            ground(sheet, lang),
            *((element("path", d=own, class_="unit-here"),) if own else ()),
            *_neighbours(sheet, lang),
            *_cities(sheet, lang),
            *_posts(sheet),
            *_sites(sheet, spot, lang),
            *(() if spot.wind_from_deg is None else (_arrow(x, y, spot.wind_from_deg),)),
            severity_shape(spot.severity, x, y, 12.0),
            *_scale(sheet, lang),
            aria_hidden="true",
        ),
        title=word("drawn", "place", lang),
        about="; ".join(place_words(spot, lang)),
        key=key,
        class_="map place-map",
    )


def place_words(spot: Spot, lang: Language) -> tuple[str, ...]:
    """Say what the map shows: unit, border, river, site, wind; each a line for a list."""
    said = [place_name(spot.district, lang)] if spot.district else []
    here = _here(spot)
    if here is None:
        return tuple(said)
    site = places.facilities().get(spot.site or "")
    if site is not None:
        said.append(site_name(site, None, lang))
    if here.exact:
        said += _distances(here.at, lang)
    else:
        said.append(word("drawn", "middle", lang))
    if spot.wind_from_deg is not None:
        speed = "" if spot.wind_m_s is None else f", {amount(round(spot.wind_m_s, 1), 'm/s', lang)}"
        said.append(
            word("drawn", "wind-from", lang).format(direction(spot.wind_from_deg, lang))
            + speed
            + "; "
            + word("drawn", "wind-to", lang).format(direction((spot.wind_from_deg + _OPPOSITE) % 360, lang))
        )
    return (*said, word("drawn", "rivers", lang))


def _distances(at: XY, lang: Language) -> Iterator[str]:
    to_border = Shape(outlines().border).edge_km(*at, BORDER_KM)
    if to_border <= BORDER_KM:
        yield f"{word('ui', 'border', lang)}: {amount(round(to_border), 'km', lang)}"
    near = [(Shape(course).edge_km(*at, RIVER_KM), slug) for slug, course in outlines().rivers.items() if any(course)]
    distance, slug = min(near)
    if distance <= RIVER_KM:
        yield f"{places.rivers()[slug].names.get(lang)}: ≈ {amount(round(distance), 'km', lang)}"


def _here(spot: Spot) -> _Here | None:
    if spot.lat is not None and spot.lon is not None:
        return _Here(to_plane(spot.lat, spot.lon), exact=True)
    site = places.facilities().get(spot.site or "")
    if site is not None and site.lat is not None and site.lon is not None:
        return _Here(to_plane(site.lat, site.lon), exact=True)
    middle = middle_of(spot.district) if spot.district else None
    return None if middle is None else _Here(middle, exact=False)


def _sheet(spot: Spot, here: _Here) -> Sheet:
    """Pick what is shown: around a point alike for all, of a place known as a whole all of it."""
    (x, y), width = here.at, AROUND_KM
    if not here.exact:
        points = [point for ring in shape_of(spot.district) for point in ring]
        if points:
            xs, ys = zip(*points, strict=True)
            x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
            width = max(AROUND_KM, MARGIN * max(max(xs) - min(xs), (max(ys) - min(ys)) * WIDTH / HEIGHT))
    height = width * HEIGHT / WIDTH
    return Sheet(x - width / 2, y + height / 2, width, height, WIDTH / width)


def _neighbours(sheet: Sheet, lang: Language) -> Iterator[Markup]:
    """Name the neighbours; at a side of the sheet the name begins or ends at its edge."""
    for country, at in neighbours_on(sheet).items():
        x, y = sheet.place(*at)
        side = x / sheet.width
        edge, anchor = (
            (10.0, "start") if side < _SIDE else (sheet.width - 10, "end") if side > 1 - _SIDE else (x, "middle")
        )
        yield text(edge, y, place_name(country, lang), "country-name", anchor)


def _cities(sheet: Sheet, lang: Language) -> Iterator[Markup]:
    for unit in places.districts().values():
        if unit.level is not places.Level.CITY or unit.lat is None or unit.lon is None:
            continue
        at = to_plane(unit.lat, unit.lon)
        if sheet.holds(*at):
            x, y = sheet.place(*at)
            radius = (unit.radius_km or _CITY_KM) * sheet.steps
            yield element("circle", cx=x, cy=y, r=radius, class_="city")
            yield text(x, y + radius + 15, unit.name(lang), "city-name", "middle")


def _posts(sheet: Sheet) -> Iterator[Markup]:
    for post in places.crossings().values():
        at = to_plane(post.lat, post.lon)
        if sheet.holds(*at):
            x, y = sheet.place(*at)
            yield element("path", d=f"M{x - 5:.0f} {y - 5:.0f}l10 10m0-10l-10 10", class_="crossing", fill="none")


def _sites(sheet: Sheet, spot: Spot, lang: Language) -> Iterator[Markup]:
    for site in places.facilities().values():
        if site.lat is None or site.lon is None or not sheet.holds(*(at := to_plane(site.lat, site.lon))):
            continue
        x, y = sheet.place(*at)
        own = site.id == spot.site
        yield group(
            element("title", site.names.get(lang)),
            element("rect", x=x - 5, y=y - 5, width=10, height=10, class_="site"),
            text(x + 9, y + 5, site.names.get(lang) if own else site.id, "site-name"),
        )


def _arrow(x: float, y: float, wind_from_deg: float) -> Markup:
    """Draw where the wind carries: from the mark away, opposite to where it comes from."""
    turn = radians(wind_from_deg + _OPPOSITE)
    east, south = sin(turn), -cos(turn)
    tip_x, tip_y = x + _ARROW * east, y + _ARROW * south
    back_x, back_y = tip_x - 20 * east, tip_y - 20 * south
    head = f"M{tip_x:.0f} {tip_y:.0f}L{back_x - 9 * south:.0f} {back_y + 9 * east:.0f}L"
    return group(
        line(x - _ARROW / 3 * east, y - _ARROW / 3 * south, back_x, back_y, "wind"),
        element("path", d=f"{head}{back_x + 9 * south:.0f} {back_y - 9 * east:.0f}z", class_="wind-head"),
    )


def _scale(sheet: Sheet, lang: Language) -> Iterator[Markup]:
    length = max(each for each in _BARS_KM if each <= sheet.width_km / 3)
    x, y = 16.0, sheet.height - 16
    end = x + length * sheet.steps
    yield element("path", d=f"M{x:.0f} {y - 8:.0f}v8H{end:.0f}v-8", class_="scale", fill="none")
    yield text((x + end) / 2, y - 8, amount(length, "km", lang), "scale-name", "middle")
