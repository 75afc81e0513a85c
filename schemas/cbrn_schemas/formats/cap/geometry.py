"""Polygons and circles of CAP: read, and looked at as shapes on the globe (CAP 1.2, section 3.2.4).

A polygon over 180 degrees is looked at with its longitudes going on beyond it: it is no fault in itself, and most
readers draw it wrong. What is read keeps the document's own numbers.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cbrn_schemas.formats.cap.model import Circle
from cbrn_schemas.formats.faults import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbrn_schemas.formats.cap.model import Polygon

    Finding = tuple[str, str]
    """The name of a rule, and what is wrong."""

POINTS_MAX: Final = 250_000
"""Of one document: 16 bytes a pair are 4 MB of it; shapely takes 0.5 s for them."""
POLYGONS_MAX: Final = 10_000
"""Of one document: the largest that was seen has some 300."""
POINTS_WANTED: Final = 2_000
"""More than this draw no better picture of any district or country."""
PAIRS_MIN: Final = 4
PAIRS_OF_SIDES_MAX: Final = 20_000_000.0
"""Of one document: 0.3 s."""
SIDES_FEW: Final = 50
"""Of these all pairs are counted: 250,000 points in polygons of so many are 12.5 million."""
SIDES_SAMPLED: Final = 32
RADIUS_KM_LIKELY: Final = 1_000.0
"""More is no alert's circle: metres were written."""
HALF_TURN: Final = 180.0

_NUMBER: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_PAIR: Final = re.compile(rf"({_NUMBER}),({_NUMBER})")
_CIRCLE: Final = re.compile(rf"({_NUMBER}),({_NUMBER})[ \t\r\n]+({_NUMBER})")
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_ODD_BLANKS: Final = re.compile(r"[\t\r\n]|  ")
_DIGITS_MAX: Final = 40
"""Of a number: a longer one is no coordinate."""


class Budget:
    """What the shapes of one document may cost."""

    def __init__(self) -> None:
        self.points = POINTS_MAX
        self.polygons = POLYGONS_MAX
        self.pairs = PAIRS_OF_SIDES_MAX

    def read(self, points: int) -> bool:
        """Take a polygon off; False where there is no more for it."""
        self.points -= points
        self.polygons -= 1
        return self.points >= 0 and self.polygons >= 0

    def compare(self, pairs: float) -> bool:
        """Take the comparing of sides off; False, and nothing taken, where there is not so much left."""
        if pairs > self.pairs:
            return False
        self.pairs -= pairs
        return True


def read_polygon(text: str, budget: Budget) -> tuple[Polygon | None, list[Finding]]:
    """Read a polygon, closed; None where it is none."""
    stripped = text.strip(" \t\r\n")
    if not stripped:
        return None, [("polygon-empty", "the polygon is empty")]
    if not budget.read(stripped.count(",")):
        return None, [("polygons-too-large", f"more than {POINTS_MAX:,} points or {POLYGONS_MAX:,} polygons in all")]
    findings: list[Finding] = []
    if _ODD_BLANKS.search(stripped):
        findings.append(("polygon-blanks", "tabs, line breaks or several blanks stand between the pairs"))
    ring: list[tuple[float, float]] = []
    for place, pair in enumerate(_BLANKS.split(stripped), start=1):
        found = _PAIR.fullmatch(pair) if len(pair) <= _DIGITS_MAX * 2 else None
        if found is None:
            return None, [*findings, ("polygon-form", f"pair {place}, {said(pair)}, is no latitude,longitude")]
        ring.append((float(found[1]), float(found[2])))
    return _looked_at(ring, findings, budget)


def _looked_at(
    ring: list[tuple[float, float]], findings: list[Finding], budget: Budget
) -> tuple[Polygon | None, list[Finding]]:
    outside = next((pair for pair in ring if not _on_globe(*pair)), None)
    if outside is not None:
        return None, [*findings, ("polygon-range", f"{outside[0]:g},{outside[1]:g} is not on the globe")]
    if ring[0] != ring[-1]:
        findings.append(("polygon-open", f"the last pair is not the first, {ring[0][0]:g},{ring[0][1]:g}"))
        ring.append(ring[0])
    if len(ring) < PAIRS_MIN:
        return None, [*findings, ("polygon-few", f"{len(ring)} pairs, fewer than {PAIRS_MIN}")]
    if len(ring) > POINTS_WANTED:
        findings.append(("polygon-large", f"{len(ring):,} points"))
    findings += _shape(ring, budget)
    return tuple(ring), findings


def _shape(ring: Sequence[tuple[float, float]], budget: Budget) -> Iterator[Finding]:
    longitudes = _unrolled([lon for _, lon in ring])
    crosses = any(abs(after[1] - before[1]) > HALF_TURN for before, after in pairwise(ring))
    if abs(longitudes[-1] - longitudes[0]) > HALF_TURN:
        yield "polygon-pole", "the polygon goes once around the globe"
        return
    if crosses:
        yield "polygon-meridian", "the polygon lies across the 180-degree meridian"
    yield from _planar([(lon, lat) for lon, (lat, _) in zip(longitudes, ring, strict=True)], budget)


def _planar(points: list[tuple[float, float]], budget: Budget) -> Iterator[Finding]:
    from shapely.geometry import Polygon as Shape  # noqa: PLC0415 - it brings numpy, and most alerts have circles
    from shapely.validation import explain_validity  # noqa: PLC0415 - the same

    shape = Shape(points)  # type: ignore[no-untyped-call] # shapely has no types
    if shape.area == 0 and len(set(points)) < PAIRS_MIN:
        yield "polygon-flat", "the polygon encloses nothing"
    elif not budget.compare(_pairs_of_sides(points)):
        yield "polygon-tangled", f"the {len(points):,} points lie to and fro: whether it crosses itself takes too long"
    elif not shape.is_valid:
        why = explain_validity(shape)  # type: ignore[no-untyped-call] # shapely has no types
        yield "polygon-crossing", f"the polygon crosses or touches itself: {_where(why)}"
    elif shape.area == 0:
        yield "polygon-flat", "the polygon encloses nothing"


def _pairs_of_sides(points: list[tuple[float, float]]) -> float:
    """Estimate how many pairs of sides have rectangles that meet: what finding a crossing costs, 16 ns a pair.

    Of an outline as one draws it some 3 for each side; of sides that all lie across the whole, half of the square.
    """
    import numpy as np  # noqa: PLC0415 - shapely has it

    count = len(points) - 1
    if count <= SIDES_FEW:
        return float(count * SIDES_FEW)
    at = np.array(points)
    low, high = np.minimum(at[:-1], at[1:]), np.maximum(at[:-1], at[1:])
    # Chosen by chance, so that nobody can put the worst sides beside those that are looked at.
    some = np.random.default_rng().integers(0, count, SIDES_SAMPLED)
    meet = (low[some, None] <= high[None]).all(axis=2) & (high[some, None] >= low[None]).all(axis=2)
    return float(meet.sum()) / SIDES_SAMPLED * count / 2


def _where(explained: str) -> str:
    """Say where, latitude first, what GEOS says as `Self-intersection[73.8 42.8]`."""
    found = re.search(r"\[(\S+) (\S+)\]", explained)
    return explained if found is None else f"at {float(found[2]):g},{float(found[1]):g}"


def _unrolled(longitudes: Sequence[float]) -> list[float]:
    """Let longitudes go on beyond 180 where they would jump to the other side."""
    turned, out = 0.0, [longitudes[0]]
    for before, after in pairwise(longitudes):
        if after - before > HALF_TURN:
            turned -= 2 * HALF_TURN
        elif before - after > HALF_TURN:
            turned += 2 * HALF_TURN
        out.append(after + turned)
    return out


def read_circle(text: str) -> tuple[Circle | None, list[Finding]]:
    """Read a circle; None where it is none."""
    stripped = text.strip(" \t\r\n")
    found = _CIRCLE.fullmatch(stripped) if len(stripped) <= _DIGITS_MAX * 4 else None
    if found is None:
        return None, [("circle-form", f"{said(stripped)} is no latitude,longitude and radius")]
    circle = Circle(float(found[1]), float(found[2]), float(found[3]))
    if not _on_globe(circle.lat, circle.lon):
        return None, [("circle-range", f"{circle.lat:g},{circle.lon:g} is not on the globe")]
    if circle.radius_km < 0:
        return None, [("circle-radius", f"the radius is {circle.radius_km:g} km")]
    if circle.radius_km == 0:
        return circle, [("circle-zero", "the radius is 0")]
    if circle.radius_km > RADIUS_KM_LIKELY:
        return circle, [("circle-large", f"the radius is {circle.radius_km:g} km")]
    return circle, []


def _on_globe(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180  # noqa: PLR2004 - degrees
