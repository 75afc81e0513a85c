"""The map of the report's form: a picture that is pressed where it happened, with or without JavaScript.

A browser sends where an image of a form was pressed. The first press says it within some kilometres and shows the
ground around it; the next one says it within some hundred metres. Pure.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.picture.ground import COUNTRY, Sheet, country_ground, ground
from cbrn_consumers.desk.picture.svg import element
from cbrn_routing.jurisdiction.projection import from_plane, to_plane

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.events.base import Language

SIZES: Final[Mapping[str, tuple[int, int]]] = {"small": (280, 139), "large": (640, 317)}
"""Pixels on a phone and on a monitor: what is pressed is counted in them."""
AROUND_KM: Final = (64.0, 31.7)
"""What the second map shows, around the first press."""
_SHARP_M: Final = 1_000.0
_ROUND_M: Final = 50
_RADIUS: Final = 7.0
_LOOKS: Final = (
    ".abroad{fill:#e3e6ea}.unit{fill:#fbfbfc;stroke:#9aa3ad;stroke-width:.6}.limit{fill:none;stroke:#767e88}"
    ".border{fill:none;stroke:#30363d;stroke-width:2}.frontier{fill:none;stroke:#b0b7bf}"
    ".lake{fill:#cfe0ee}.river{fill:none;stroke:#3f7cac;stroke-width:1.2}.enclave{fill:#e3e6ea;stroke:#30363d}"
    "text{font:13px system-ui,sans-serif;fill:#30363d}.mark{fill:none;stroke:#a3290f;stroke-width:3}"
)
"""An image of a form knows no style sheet of the page's: these few looks go with it, the same by day and night."""


class Pressed(NamedTuple):
    """Where the map was pressed."""

    lat: float
    lon: float
    accuracy_m: float | None
    """How far the press may err; None where the map is sharp enough."""


def pressed(size: str, x: float, y: float, around: tuple[float, float] | None) -> Pressed:
    """Return the place of a pixel of the map that shows the country, or the ground around a point."""
    width, _ = SIZES[size]
    sheet = _sheet(around)
    km = sheet.width_km / width
    lat, lon = from_plane(sheet.west + x * km, sheet.north - y * km)
    error_m = km * 1000
    accuracy = math.ceil(error_m / _ROUND_M) * _ROUND_M
    return Pressed(round(lat, 4), round(lon, 4), float(accuracy) if error_m > _SHARP_M else None)


def place_of(lat: str, lon: str) -> tuple[float, float] | None:
    """Read a point that lies on a map of ours; None for anything else."""
    try:
        found = float(lat.replace(",", ".")), float(lon.replace(",", "."))
    except ValueError:
        return None
    if not all(map(math.isfinite, found)) or abs(found[0]) > 90 or abs(found[1]) > 180:  # noqa: PLR2004 - degrees
        return None
    return found if COUNTRY.holds(*to_plane(*found)) else None


@lru_cache(maxsize=64)  # about 40 KB each
def drawn(around: tuple[float, float] | None, mark: tuple[float, float] | None, lang: Language) -> str:
    """Draw the map, with a mark at a place."""
    sheet = _sheet(around)
    signs = [] if mark is None else [_cross(*sheet.at(*mark))]
    image = element(
        "svg",
        element("style", _LOOKS),
        country_ground(lang) if around is None else ground(sheet, lang),
        *signs,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {sheet.width:.0f} {sheet.height:.0f}",
        width=sheet.width,
        height=sheet.height,
    )
    return str(image)


def _cross(x: float, y: float) -> str:
    circle = element("circle", cx=x, cy=y, r=_RADIUS, class_="mark")
    lines = f"M{x - 2 * _RADIUS:.1f} {y:.1f}h{4 * _RADIUS:.1f}M{x:.1f} {y - 2 * _RADIUS:.1f}v{4 * _RADIUS:.1f}"
    return circle + element("path", d=lines, class_="mark")


def _sheet(around: tuple[float, float] | None) -> Sheet:
    if around is None:
        return COUNTRY
    x, y = to_plane(*around)
    width, height = AROUND_KM
    return Sheet(x - width / 2, y + height / 2, width, height, COUNTRY.width / width)
