"""Polygons and lines on the plane: does one hold a point, and how far from it does the point lie?

Plain arithmetic for one point at a time. Lines are cut into short runs, each with a box around it, so that most of a
line is passed over: as quick as a library of geometry, which would take longer to load than all else of `cbrn route`.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby, pairwise
from math import inf, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

XY = tuple[float, float]
"""Kilometres east and north, of `projection.to_plane`."""
RUN_SIDES: Final = 16
"""Sides of a run: fewer mean more boxes to look at, more mean more sides of those whose box is near."""


class Run(NamedTuple):
    """Some sides of a line that follow one another, and the box around them."""

    west: float
    south: float
    east: float
    north: float
    points: tuple[XY, ...]


class Shape:
    """Rings that enclose an area, holes included, or lines that enclose none. Immutable; any thread may ask."""

    def __init__(self, lines: Iterable[Sequence[XY]]) -> None:
        self._runs = tuple(
            _run(line[start : start + RUN_SIDES + 1]) for line in lines for start in range(0, len(line) - 1, RUN_SIDES)
        )
        self._west, self._south = min(run.west for run in self._runs), min(run.south for run in self._runs)
        self._east, self._north = max(run.east for run in self._runs), max(run.north for run in self._runs)

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside: whether the line from it to the east meets an odd number of sides."""
        if x < self._west or x > self._east or y < self._south or y > self._north:
            return False
        inside = False
        for west, south, east, north, points in self._runs:
            if y < south or y > north or x > east:
                continue
            x0, y0 = points[0]
            if x < west:
                inside ^= (y0 > y) != (points[-1][1] > y)
                continue
            for x1, y1 in points:
                if x1 == x and y1 == y:
                    return True
                if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                    inside = not inside
                x0, y0 = x1, y1
        return inside

    def distance_km(self, x: float, y: float, within_km: float = inf) -> float:
        """Measure how far outside a point lies: 0 inside, infinite where it is farther than `within_km`."""
        return 0.0 if self.holds(x, y) else self.edge_km(x, y, within_km)

    def edge_km(self, x: float, y: float, within_km: float = inf) -> float:
        """Measure how far a point lies from the nearest line; infinite where it is farther than `within_km`."""
        if x < self._west - within_km or x > self._east + within_km:
            return inf
        if y < self._south - within_km or y > self._north + within_km:
            return inf
        found, reach = inf, within_km
        for west, south, east, north, points in self._runs:
            if x < west - reach or x > east + reach or y < south - reach or y > north + reach:
                continue
            x0, y0 = points[0]
            for x1, y1 in points[1:]:
                along_x, along_y = x1 - x0, y1 - y0
                from_x, from_y = x - x0, y - y0
                share = (from_x * along_x + from_y * along_y) / (along_x * along_x + along_y * along_y or 1.0)
                share = 0.0 if share < 0.0 else min(share, 1.0)
                away_x, away_y = from_x - share * along_x, from_y - share * along_y
                away = away_x * away_x + away_y * away_y
                if away <= reach * reach:
                    found = reach = sqrt(away)
                x0, y0 = x1, y1
        return found


def outline(lines: Sequence[Sequence[XY]]) -> Iterator[list[XY]]:
    """Yield what encloses several polygons together: the parts of their rings that no two of them share."""
    times = Counter(frozenset(side) for line in lines for side in pairwise(line))
    for line in lines:
        for alone, sides in groupby(pairwise(line), lambda side: times[frozenset(side)] == 1):
            if alone:
                start, *rest = sides
                yield [*start, *(end for _, end in rest)]


def _run(points: Sequence[XY]) -> Run:
    xs, ys = zip(*points, strict=True)
    return Run(min(xs), min(ys), max(xs), max(ys), tuple(points))
