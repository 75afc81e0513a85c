"""Units: a closed set per quantity, and no way from one quantity into another."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_schemas.catalogue.units import (
    SCALES,
    DoseRateQuantity,
    Quantity,
    UnitError,
    convert,
    quantities_of,
    to_base,
    ucum_code,
)

UNITS = [(quantity, unit) for quantity in get_args(Quantity) for unit in SCALES[quantity].units]


def test_every_quantity_has_a_scale_with_a_base() -> None:
    """A quantity without units could not be sent at all."""
    assert set(SCALES) == set(get_args(Quantity))
    for scale in SCALES.values():
        assert scale.units[scale.base] == (1.0, 0.0)


@pytest.mark.parametrize(
    ("value", "quantity", "unit", "to", "expected"),
    [
        (0.3, "ambient-dose-equivalent-rate", "uSv/h", "nSv/h", 300),
        (1, "ambient-dose-equivalent-rate", "Sv/s", "Sv/h", 3600),
        (25.5, "exposure-rate", "uR/h", "mR/h", 0.0255),
        (1, "activity", "Ci", "GBq", 37),
        (5, "activity-per-volume", "Bq/L", "Bq/m3", 5000),
        (1, "activity-per-area", "kBq/m2", "Bq/cm2", 0.1),
        (1, "mass-per-volume", "mg/L", "mg/m3", 1000),
        (1, "mass-per-mass", "mg/kg", "ug/kg", 1000),
        (20, "volume-fraction", "[ppm]", "[ppb]", 20_000),
        (25, "temperature", "Cel", "K", 298.15),
        (0, "temperature", "K", "Cel", -273.15),
        (120, "count-rate", "/min", "/s", 2),
        (36, "speed", "km/h", "m/s", 10),
        (1, "area", "har", "m2", 10_000),
        (1, "conductivity", "mS/cm", "uS/cm", 1000),
    ],
)
def test_known_conversions(value: float, quantity: Quantity, unit: str, to: str, expected: float) -> None:
    """A wrong factor turns a normal background into an evacuation, or the reverse."""
    assert convert(value, quantity, unit, to) == pytest.approx(expected, rel=1e-12)


@given(st.sampled_from(UNITS), st.floats(min_value=1e-6, max_value=1e6), st.data())
def test_there_and_back_is_the_same(code: tuple[Quantity, str], value: float, data: st.DataObject) -> None:
    """Conversions lose nothing that an instrument could have seen."""
    quantity, unit = code
    other = data.draw(st.sampled_from(list(SCALES[quantity].units)))
    back = convert(convert(value, quantity, unit, other), quantity, other, unit)
    assert math.isclose(back, value, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("quantity", get_args(DoseRateQuantity))
def test_no_dose_rate_becomes_another(quantity: Quantity) -> None:
    """Sv, Gy and R are three quantities: the factor depends on radiation and tissue, and pint converts in silence."""
    for other in get_args(DoseRateQuantity):
        if other != quantity:
            assert not set(SCALES[quantity].units) & set(SCALES[other].units)
            with pytest.raises(UnitError, match="use one of"):
                convert(1.0, quantity, SCALES[quantity].base, SCALES[other].base)


def test_a_unit_of_another_quantity_is_refused_with_the_allowed_ones() -> None:
    """The reader of the error must be able to correct it from the error alone."""
    with pytest.raises(UnitError, match="mSv"):
        to_base(1.0, "dose-equivalent", "mGy")


def test_quantities_of_a_unit() -> None:
    """A refusal can say to which quantity a unit belongs."""
    assert quantities_of("uGy/h") == ("absorbed-dose-rate",)
    assert quantities_of("m") == ("level", "displacement")
    assert quantities_of("furlong") == ()


@pytest.mark.parametrize(
    ("written", "code"),
    [("µSv/h", "uSv/h"), ("μSv/h", "uSv/h"), ("мкЗв/ч", "uSv/h"), ("мкР/ч", "uR/h"), ("ppm", "[ppm]"), ("xyz", "xyz")],
)
def test_what_people_write(written: str, code: str) -> None:
    """Both micro signs and Russian units stand on instruments in the country."""
    assert ucum_code(written) == code
