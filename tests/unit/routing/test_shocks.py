"""Which shocks may have hurt tailings: at each step of the table, by point and by every code of a place."""

from __future__ import annotations

from math import acos, cos, radians, sin
from typing import Any

import pytest

from cbrn_routing.shocks import PONDS, REACH_KM, shakes_tailings
from cbrn_schemas.catalogue.places import facilities
from cbrn_schemas.events.base import Where

MAILUU_SUU = {"lat": 41.27, "lon": 72.46}
BISHKEK = {"district": "41711"}


def shakes(magnitude: float, where: dict[str, Any], scale: str = "Mw") -> bool:
    return shakes_tailings(magnitude, scale, Where.model_validate(where))


def test_the_weakest_shock_that_counts_lies_beside_the_pond() -> None:
    """Every small shock would else send somebody to look."""
    assert shakes(4.5, {"point": MAILUU_SUU})
    assert not shakes(4.4, {"point": MAILUU_SUU})


@pytest.mark.parametrize(("least", "reach_km"), REACH_KM)
@pytest.mark.parametrize("point", [(41.27, 72.2), (42.0, 71.0), (40.9, 74.5), (42.2, 78.9), (43.5, 68.0), (45.0, 70.0)])
def test_a_stronger_shock_is_looked_at_from_farther(least: float, reach_km: float, point: tuple[float, float]) -> None:
    """Measured a second time, along the sphere."""
    ponds = [
        each for each in facilities().values() if any(word in each.kind for word in PONDS) and each.lat is not None
    ]
    spare = min(sphere_km(point, (each.lat, each.lon)) - (each.accuracy_km or 0) for each in ponds) - reach_km
    if abs(spare) > 2:
        assert shakes(least, {"point": {"lat": point[0], "lon": point[1]}}) is (spare < 0)


def sphere_km(one: tuple[float, float], other: Any) -> float:
    lat, lon, lat_2, lon_2 = map(radians, (*one, *other))
    return 6371 * acos(sin(lat) * sin(lat_2) + cos(lat) * cos(lat_2) * cos(lon - lon_2))


def test_an_energy_class_is_turned_into_a_magnitude() -> None:
    """Class 12.5 is magnitude 4.7; taken for a magnitude it would shake the whole country."""
    far = {"point": {"lat": 39.6, "lon": 71.0}}
    assert shakes(12.5, {"point": MAILUU_SUU}, "K")
    assert not shakes(12.5, far, "K")
    assert shakes(12.5, far)


@pytest.mark.parametrize(
    "where",
    [{"site": "F01"}, {"district": "41703430"}, BISHKEK, {"district": "41711201"}, {"crossing": "ak-jol"}],
    ids=lambda where: next(iter(where.values())),
)
def test_every_code_of_a_place_is_a_place(where: dict[str, Any]) -> None:
    """A quarter of a city has no middle of its own, and a crossing is no district: both were nowhere."""
    assert shakes(8.5, where)


def test_nowhere_shakes_nothing() -> None:
    """A code that no catalogue has, and nothing else to go by."""
    assert not shakes(9.0, {"site": "not-in-the-catalogue"})
