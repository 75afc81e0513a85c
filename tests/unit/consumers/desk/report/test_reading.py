"""What people type, as they type it: numbers, units, times, places, rows; and what nobody could mean."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.desk_report import typed_example

from cbrn_consumers.desk.report import (
    PLACE,
    TooMuchTypedError,
    check,
    continued,
    filled,
    form,
    typed_of,
    with_row,
    without_row,
)
from cbrn_consumers.desk.report.reading import read
from cbrn_consumers.desk.report.written import UNIT_CHOICES, number_read, number_written, time_read, time_written
from cbrn_schemas.catalogue.units import SCALES
from cbrn_schemas.contracts.template import example

KIND = "chemical-release"
FIXED = {"kind": KIND, "body": "mes", "status": "Actual"}


def said(**typed):
    return read(KIND, {name: [text] for name, text in typed.items()}, FIXED).event


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 250,5", 1250.5),
        ("1\u00a0250", 1250),
        ("0,3", 0.3),
        ("−4", -4),
        ("5e10", 5e10),
        ("12", 12),
        (".5", 0.5),
        ("1,250.5", "1,250.5"),
        ("1e999", "1e999"),
        ("nan", "nan"),
        ("about 3", "about 3"),
        ("9" * 5_000, "9" * 5_000),
        ("٣", "٣"),
    ],
)
def test_a_number_is_read_as_it_is_written_here_and_nothing_is_guessed(text, number):
    assert number_read(text) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_same_after_it_was_written(value):
    assert number_read(number_written(value)) == value


def test_a_number_is_turned_into_the_unit_of_its_field():
    assert number_read("0,3", "kg", "t") == 300
    assert number_read("50", "Bq", "GBq") == 5e10
    assert number_read("36", "m/s", "km/h") == 10
    assert number_read("5", "kg", "Bq") == 5


def test_the_units_offered_are_of_the_quantity():
    for unit, (quantity, units) in UNIT_CHOICES.items():
        assert units[0] == unit
        assert set(units) <= SCALES[quantity].units.keys()


@pytest.mark.parametrize("text", ["11.03.2026 09:40", "2026-03-11T09:40", "2026-03-11 09:40", "2026-03-11T03:40:00Z"])
def test_a_time_is_the_countrys_where_it_does_not_say_its_own(text):
    assert time_written(time_read(text)) == "11.03.2026 09:40"


@pytest.mark.parametrize("text", ["11.03.2026", "09:40", "yesterday", "32.13.2026 25:00", "99.99.9999 99:99"])
def test_half_a_time_is_not_guessed(text):
    checked = check(KIND, typed_example(KIND, observed=text), FIXED)
    assert [mistake.path for mistake in checked.mistakes] == ["observed"]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("Кара-Суу району", {"district": "41706226"}),
        ("karasuu district", {"district": "41706226"}),
        ("ak-jol", {"crossing": "ak-jol"}),
        ("F04", {"site": "F04"}),
        ("42,87 74,59", {"point": {"lat": 42.87, "lon": 74.59}}),
        ("42.87, 74.59", {"point": {"lat": 42.87, "lon": 74.59}}),
    ],
)
def test_a_place_is_found_by_its_name(name, where):
    assert said(**{PLACE: name})["where"] == where


def test_a_name_that_fits_several_places_offers_them_and_a_code_settles_it():
    checked = check(KIND, {PLACE: ["Нарын"]}, FIXED)
    (mistake,) = (each for each in checked.mistakes if each.path == PLACE)
    assert "41704245" in mistake.offered
    (asked,) = (each for each in form(KIND, {}, "ru", checked.mistakes).everything if each.path == PLACE)
    assert len({choice.label for choice in asked.offered}) == len(mistake.offered)
    assert said(**{PLACE: "41704245"})["where"] == {"district": "41704245"}


def test_two_different_places_are_not_one():
    checked = check(KIND, {PLACE: ["Кара-Суу району"], "where.district": ["41704245"]}, FIXED)
    assert "place-twice" in {each.code for each in checked.mistakes}


def test_names_do_for_codes_of_the_catalogue():
    event = read("human-disease", {"agent.code": ["сибирская язва"], "where.district": ["Кара-Суу району"]}, {}).event
    assert event["agent"]["code"] == "anthrax"
    assert event["where"]["district"] == "41706226"


def test_a_mistake_stands_at_the_row_where_it_was_typed_though_one_above_is_empty():
    typed = typed_example(KIND, **{"substances~rows": "3", "substances.2.cas": "7782-50-6"})
    typed = {name: texts for name, texts in typed.items() if not name.startswith("substances.0")}
    (mistake,) = check(KIND, typed, FIXED).mistakes
    assert mistake.path == "substances.2.cas"


def test_a_row_that_says_nothing_is_left_out():
    event = said(**{"substances~rows": "3", "substances.1.name": "chlorine", "substances.0.confirmed": "yes"})
    assert event["substances"] == [{"name": "chlorine"}]


def test_rows_are_added_and_removed():
    typed = with_row({"a~rows": ["1"], "a.0.x": ["1"]}, "a")
    assert typed["a~rows"] == ["2"]
    assert without_row({**typed, "a.1.x": ["2"]}, "a", 0) == {"a.0.x": ["2"], "a~rows": ["1"]}


def test_a_spectrum_in_which_nothing_was_found_is_a_finding():
    assert read("nuclide-identification", {}, {}).event["found"] == []


def test_an_update_says_what_was_said_and_what_it_goes_on_from():
    at = datetime(2026, 11, 27, tzinfo=UTC)
    typed = continued(KIND, example(KIND), "id-1", "Update", at)
    assert typed["references"] == ["id-1"]
    assert typed["message_type"] == ["Update"]
    assert typed["observed"] == ["27.11.2026 06:00"]
    assert "reported" not in typed
    assert typed["situation"] == [example(KIND)["situation"]]


def test_more_than_any_person_types_is_refused():
    with pytest.raises(TooMuchTypedError):
        typed_of((f"x{number}", "1") for number in range(3_001))
    with pytest.raises(TooMuchTypedError):
        typed_of([("x" * 121, "1")])
    with pytest.raises(TooMuchTypedError):
        typed_of([("x", "1" * 100_001)])
    assert typed_of([("x", b"file"), ("y", "1")]) == {"y": ["1"]}


NAMES = st.sampled_from(
    [*filled(KIND, example(KIND)), PLACE, "substances.7.cas", "substances~rows", "a.b", "exposed.0"]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, st.lists(st.text(max_size=60), min_size=1, max_size=3), max_size=12))
def test_whatever_is_typed_there_is_an_answer_and_it_can_be_shown(typed):
    """No text breaks the form: there is an event, or mistakes that stand somewhere."""
    checked = check(KIND, filled(KIND, example(KIND)) | typed, FIXED)
    assert (checked.event is None) == bool(checked.mistakes)
    shown = form(KIND, typed, "ru", checked.mistakes)
    assert bool(shown.wrong or shown.mistakes) == bool(checked.mistakes)
    json.dumps([each.path for each in shown.everything])
