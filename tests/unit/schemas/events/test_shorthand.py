"""Short ways to write the parts of an event."""

import pytest

from cbrn_schemas.errors import InvalidEventError, Reason, UnknownCodeError
from cbrn_schemas.events import DoseRate, Measurement, PlaceNameError, Where, dose_rate, measured, place


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("Ноокен", Where(district="41703215")),
        ("Ноокен району", Where(district="41703215")),
        ("Nooken district", Where(district="41703215")),
        ("Майлуу-Суу", Where(district="41703430")),
        ("Майли-Сай", Where(district="41703430")),
        ("mailuu suu", Where(district="41703430")),
        ("г. Нарын", Where(district="41704400")),
        ("41704", Where(district="41704")),
        ("f04", Where(site="F04")),
        ("ak-jol", Where(crossing="ak-jol")),
        ("Кант", Where.at(42.8911, 74.8508, 3000)),
    ],
)
def test_a_place_is_found_by_name_in_any_language_or_by_code(name, where):
    """Nobody knows fourteen digits by heart at 3 a.m."""
    assert place(name) == where


def test_a_place_takes_the_other_fields_of_where():
    """The district is known, and the village by its name."""
    found = place("Ноокен", description="Кызыл-Туу айылы")
    assert found == Where(district="41703215", description="Кызыл-Туу айылы")
    with pytest.raises(InvalidEventError, match="descr"):
        place("Ноокен", descr="x")


@pytest.mark.parametrize("name", ["Нарын", "Naryn"])
def test_a_name_of_several_places_is_not_guessed(name):
    """Region, district and city are three different leads."""
    with pytest.raises(PlaceNameError, match="several places") as told:
        place(name)
    assert [code for code, _ in told.value.candidates] == ["41704", "41704245", "41704400"]
    assert "41704400 (Naryn)" in told.value.hint


@pytest.mark.parametrize(
    ("name", "offered"), [("Ноокем", "41703215"), ("Бишк", "41711"), ("Zzz", "Where.at(lat, lon)"), ("", "a code")]
)
def test_a_name_of_none_is_answered_with_what_it_may_mean(name, offered):
    """A part of a name is no name: the wrong district is worse than an error."""
    with pytest.raises(UnknownCodeError, match="no place") as told:
        place(name)
    assert offered in told.value.hint


def test_a_point_is_one_call():
    """Latitude first, as people say it; the wrong way round is told where it can be known."""
    assert Where.at(42.87, 74.57).point == Where(point={"lat": 42.87, "lon": 74.57}).point
    assert Where.at(42, 74, 50, description="bridge").point.accuracy_m == 50
    with pytest.raises(InvalidEventError) as told:
        Where.at(142.1, 41.2)
    assert told.value.where == "point.lat"
    assert "swapped" in told.value.hint


@pytest.mark.parametrize("unit", ["uSv/h", "µSv/h", "μSv/h", "мкЗв/ч", "мкЗв/час", " usv/h", "uSv/hr"])
def test_a_dose_rate_takes_the_unit_as_people_write_it(unit):
    """Both micro signs look alike, and keyboards have either."""
    assert dose_rate(0.31, unit) == DoseRate(value=0.31, unit="uSv/h")


@pytest.mark.parametrize(
    ("unit", "quantity"), [("мкР/ч", "exposure-rate"), ("nGy/h", "absorbed-dose-rate"), ("mSv/h", None)]
)
def test_the_unit_says_which_dose_rate_it_is(unit, quantity):
    """Nothing is converted: roentgens stay roentgens."""
    assert dose_rate(12, unit, at="1 m").quantity == (quantity or "ambient-dose-equivalent-rate")


@pytest.mark.parametrize(
    ("value", "unit", "reason"),
    [(1, "Bq", Reason.UNIT_MISMATCH), ("0,31", "uSv/h", Reason.INVALID_VALUE), (-1, "uSv/h", Reason.INVALID_VALUE)],
)
def test_what_is_no_dose_rate_is_refused(value, unit, reason):
    """As by the model itself: there is one set of words."""
    with pytest.raises(InvalidEventError) as told:
        dose_rate(value, unit)
    assert told.value.reason is reason


def test_a_reading_takes_the_unit_as_people_write_it():
    """Water laboratories write in Cyrillic."""
    cyanide = measured("mass-per-volume", 0.2, "мг/л", substance="cyanide, free")
    assert cyanide == Measurement(quantity="mass-per-volume", value=0.2, unit="mg/L", substance="cyanide, free")
    with pytest.raises(InvalidEventError, match="is not a unit"):
        measured("mass", 1, "мг/л")
