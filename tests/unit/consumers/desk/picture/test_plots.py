"""Readings, bars and loads as drawings: limits, gaps and floods are seen and said."""

import gzip
import re
import time
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_consumers.desk.picture import (
    Bar,
    Curve,
    Limit,
    Read,
    bar_plot,
    load_plot,
    load_words,
    readings_plot,
    readings_words,
)
from cbrn_consumers.desk.picture.loads import load
from cbrn_consumers.desk.picture.scale import Moments, values_of

SVG = "{http://www.w3.org/2000/svg}"
START = datetime(2026, 11, 20, tzinfo=UTC)


def reads(values, every=timedelta(minutes=5)):
    return [Read(START + index * every, value) for index, value in enumerate(values) if value is not None]


def curve(values, *limits, **more):
    return Curve(said="Dose rate", unit="uSv/h", reads=reads(values), limits=limits, **more)


def classes(drawn, name):
    whole = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    return [each for each in whole.iter() if name in (each.get("class") or "").split()]


def test_ten_days_of_readings_are_a_few_kilobytes():
    """2,880 numbers on a weak line: what a screen cannot show is not sent."""
    drawn = readings_plot(curve([0.1 + (index * 7919 % 100) / 1000 for index in range(2880)]), "ky").encode()
    assert len(gzip.compress(drawn)) < 12_000
    assert len(drawn) < 40_000


def test_missing_readings_are_a_gap_and_not_a_line():
    """A line across a gap says that it was measured there."""
    values = [0.1] * 40 + [None] * 40 + [0.1] * 40
    drawn = readings_plot(curve(values), "en")
    assert len(classes(drawn, "gap")) == 1
    (line,) = classes(drawn, "curve")
    assert line.get("d").count("M") == 2
    assert "no readings" in drawn
    assert "Gaps: 1." in readings_words(curve(values), "en")


def test_a_single_reading_is_a_dot():
    """A station that has just come up is on its page."""
    assert len(classes(readings_plot(curve([0.2]), "en"), "alone")) == 1


def test_what_is_beyond_a_limit_has_a_shape_and_a_word():
    """Colour alone says nothing to one man in twelve."""
    values = [0.1] * 20 + [1.4] * 5 + [0.1] * 20 + [1.2] * 3
    drawn = readings_plot(curve(values, Limit(1.0, "danger level", 2)), "en")
    assert [each.text or "".join(each.itertext()) for each in classes(drawn, "beyond")] != []
    assert all("▲" in "".join(each.itertext()) for each in classes(drawn, "beyond"))
    assert len(classes(drawn, "beyond")) == 2, "each run once"
    assert "danger level: 1 µSv/h" in "".join(classes(drawn, "limit-line-name")[0].itertext())
    assert [each.text for each in classes(drawn, "beyond-name")] == ["danger level"]
    assert "At or above a limit: 8." in readings_words(curve(values, Limit(1.0, "danger level", 2)), "en")


def test_an_axis_says_its_zone_once(monkeypatch):
    """An hour without its zone is read six hours too late on a server that keeps UTC."""
    monkeypatch.setenv("TZ", "Asia/Bishkek")
    time.tzset()
    drawn = readings_plot(curve([0.1] * 100), "ru")
    monkeypatch.undo()
    time.tzset()
    said = [each.text for each in classes(drawn, "tick")]
    assert said.count("+06") == 1
    assert "06:00" in said, "midnight of UTC: the first reading"


def test_nothing_read_is_no_plot():
    """The page says it in words."""
    assert readings_plot(curve([]), "ru") is None
    assert readings_words(curve([]), "ru") == "нет показаний"


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=60))
def test_every_curve_stays_on_its_sheet(values):
    """Whatever an instrument says, the drawing is whole."""
    drawn = readings_plot(curve(values), "ky")
    ET.fromstring(drawn)  # noqa: S314 - our own drawing
    (line,) = classes(drawn, "curve")
    points = re.match(r"M(-?\d+) (-?\d+)", line.get("d") or "M100 100")
    assert 0 <= int(points[1]) <= 1440
    assert 0 <= int(points[2]) <= 560


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_scales_are_round_and_hold_what_they_are_made_for(low, more):
    """An axis with 0.37 strides is not read at night."""
    made = values_of(low, low + more)
    hair = 1e-8 * (made.high - made.low)
    assert made.low <= low + hair
    assert made.high >= low + more - hair
    assert 2 <= len(made.ticks) <= 8


@pytest.mark.parametrize("length", [timedelta(minutes=20), timedelta(hours=5), timedelta(days=1), timedelta(days=31)])
def test_moments_are_few_and_inside(length):
    """Hours of a day, days of a month: as many as have room."""
    ticks = Moments(START, START + length).ticks()
    assert 2 <= len(ticks) <= 8
    assert all(START <= moment <= START + length for moment, _ in ticks)


def test_bars_say_their_number_and_cut_long_names():
    """Nobody measures a bar on a phone."""
    drawn = bar_plot([Bar("a" * 40, 2, "2 min", further=5.0), Bar("b", 0, "0")], title="t", about="a", key="k")
    assert [each.text for each in classes(drawn, "bar-number")] == ["2 min", "0"]
    assert classes(drawn, "bar-name")[0].text.endswith("…")
    assert len(classes(drawn, "whisker")) == 1
    assert bar_plot([], title="t", about="a", key="k") is None


def test_floods_are_shaded_and_their_limits_drawn():
    """ISA-18.2's two lines stand on every sheet, so that one knows how far away a flood is."""
    alarms = [START + timedelta(minutes=60, seconds=20 * index) for index in range(60)]
    made = load(alarms, since=START, until=START + timedelta(hours=4))
    drawn = load_plot(made, "en")
    assert len(classes(drawn, "flood")) == 1
    assert len(classes(drawn, "limit-line")) == 2
    assert load_words(made, "en") == "Alarms: 60. Most in 10 minutes: 30. Floods: 1, 8.33 % of the time."


def test_a_quiet_month_is_drawn_too():
    """No alarm is good news, and no error."""
    drawn = load_plot(load([], since=START, until=START + timedelta(days=30)), "ky")
    assert classes(drawn, "columns")[0].get("d") == ""
    assert len(drawn) < 6_000
