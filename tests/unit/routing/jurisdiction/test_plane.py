"""Plain geometry: what a shape holds and how far a point lies from it, against the same said without runs and boxes."""

from itertools import pairwise
from math import atan2, cos, hypot, inf, pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_routing.jurisdiction.plane import RUN_SIDES, Shape, outline


def square(west, south, side):
    east, north = west + side, south + side
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def star(reaches):
    turn = 2 * pi / len(reaches)
    points = [(reach * cos(at * turn), reach * sin(at * turn)) for at, reach in enumerate(reaches)]
    return [*points, points[0]]


stars = st.lists(st.floats(1, 9), min_size=3, max_size=4 * RUN_SIDES).map(star)
coordinates = st.floats(-12, 12)


def winds_around(ring, x, y):
    """Say that a ring goes around a point, by the angles under which its sides are seen from there."""
    angles = [atan2(north - y, east - x) for east, north in ring]
    turns = sum((two - one + pi) % (2 * pi) - pi for one, two in pairwise(angles))
    return abs(turns) > 1


def from_side(x, y, one, two):
    along = (two[0] - one[0], two[1] - one[1])
    share = ((x - one[0]) * along[0] + (y - one[1]) * along[1]) / ((along[0] ** 2 + along[1] ** 2) or 1)
    share = min(1, max(0, share))
    return hypot(x - one[0] - share * along[0], y - one[1] - share * along[1])


@given(stars, coordinates, coordinates)
def test_runs_and_boxes_change_no_answer(ring, x, y):
    """They only pass over what cannot matter."""
    shape = Shape([ring])
    edge_km = min(from_side(x, y, one, two) for one, two in pairwise(ring))
    assert shape.edge_km(x, y) == pytest.approx(edge_km, abs=1e-9)
    if edge_km > 1e-6:
        held = winds_around(ring, x, y)
        assert shape.holds(x, y) == held
        assert shape.distance_km(x, y) == pytest.approx(0 if held else edge_km)
        assert shape.edge_km(x, y, edge_km + 1e-7) == pytest.approx(edge_km)
        assert shape.edge_km(x, y, edge_km - 1e-7) == inf


def test_a_hole_is_outside_and_a_corner_inside():
    """An enclave is not the country around it; a point of the drawing itself belongs to what is drawn."""
    shape = Shape([square(0, 0, 10), square(4, 4, 2)])
    assert shape.holds(1, 1)
    assert not shape.holds(5, 5)
    assert shape.distance_km(5, 5) == 1
    assert all(shape.holds(*corner) for corner in square(0, 0, 10))


def test_outline_leaves_out_what_neighbours_share():
    """The border of a country is that of its regions together, without those between them."""
    together = Shape(outline([square(0, 0, 2), square(2, 0, 2)]))
    assert together.holds(2, 1)
    assert together.edge_km(2, 1) == 1
    assert together.edge_km(2, 3) == 1


def test_a_line_that_lies_wholly_to_the_east_counts_without_a_look_at_its_sides() -> None:
    """A circle of 64 sides is four runs; two of them lie to the east of this point."""
    circle = [(cos(2 * pi * step / 64), sin(2 * pi * step / 64)) for step in range(65)]
    shape = Shape([circle])
    assert shape.holds(-0.5, 0.1)
    assert shape.holds(-0.5, -0.1)
    assert not shape.holds(-1.5, 0.1)
