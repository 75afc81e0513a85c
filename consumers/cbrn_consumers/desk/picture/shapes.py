"""Severity and level as shapes: told apart without any colour, each with its word beside it elsewhere."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING, Final

from cbrn_consumers.desk.picture.svg import element, group, short, text

if TYPE_CHECKING:
    from markupsafe import Markup

    from cbrn_schemas.events import Severity

SIGNS: Final[dict[Severity, str]] = {"Extreme": "▲", "Severe": "◆", "Moderate": "●", "Minor": "○", "Unknown": "◌"}
"""The same shapes in running text."""
LEVELS: Final = ("normal", "attention", "danger")
"""How a station stands, from harmless to grave."""
LEVEL_SIGNS: Final = ("□", "◪", "■")
_CORNERS: Final[dict[Severity, tuple[float, ...]]] = {
    "Extreme": (-pi / 2, pi / 6, 5 * pi / 6),
    "Severe": (-pi / 2, 0.0, pi / 2, pi),
}
_REACH: Final[dict[Severity, float]] = {"Extreme": 1.4, "Severe": 1.25}
"""How much farther corners stand out than a circle, so that shapes look alike in size and hold a number."""


def severity_shape(severity: Severity, x: float, y: float, radius: float, said: str = "") -> Markup:
    """Draw the shape of a severity around a point, with a number or nothing in it."""
    name = f"shape severity-{severity.lower()}"
    corners = _CORNERS.get(severity)
    if corners is None:
        drawn = element("circle", cx=x, cy=y, r=radius, class_=name)
    else:
        reach = radius * _REACH[severity]
        points = " ".join(f"{short(x + reach * cos(turn))},{short(y + reach * sin(turn))}" for turn in corners)
        drawn = element("polygon", points=points, class_=name)
    if not said:
        return drawn
    return group(drawn, text(x, y + 0.35 * radius, said, f"number on-{severity.lower()}", "middle"))


def level_shape(level: int, x: float, y: float, radius: float) -> Markup:
    """Draw a station's level around a point: an empty, a half filled or a full square."""
    name = LEVELS[level]
    square = element("rect", x=x - radius, y=y - radius, width=2 * radius, height=2 * radius, class_=f"level-{name}")
    if name != "attention":
        return square
    half = f"M{short(x - radius)} {short(y + radius)}h{short(2 * radius)}v-{short(2 * radius)}z"
    return group(square, element("path", d=half, class_="level-half"))
