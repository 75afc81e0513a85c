"""ISA-18.2's figures: what a flood is, when it ends, and how much of the time it takes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cbrn_consumers.desk.picture.loads import FLOOD_ABOVE, FLOOD_BELOW, STRIDE, load

START = datetime(2026, 11, 1, tzinfo=UTC)


def of(*counts):
    """A load with so many alarms in each ten minutes."""
    alarms = [START + index * STRIDE + timedelta(seconds=n) for index, count in enumerate(counts) for n in range(count)]
    return load(alarms, since=START, until=START + len(counts) * STRIDE)


def test_eleven_in_ten_minutes_begin_a_flood_and_ten_do_not():
    """More than ten: the eleventh is the one too many."""
    assert of(10, 10, 10).floods == ()
    assert len(of(0, 11, 0).floods) == 1


def test_a_flood_lasts_until_fewer_than_five():
    """Five are still part of it; four end it, and are not."""
    (flood,) = of(0, 12, 7, 5, 4, 9).floods
    assert (flood.since, flood.until) == (START + STRIDE, START + 4 * STRIDE)
    assert flood.alarms == 24


def test_a_flood_that_lasts_goes_to_the_end():
    """At the end of the month it is counted as far as the month goes."""
    made = of(0, 0, 20, 20)
    assert made.floods[0].until == made.until
    assert made.flooded == 0.5


def test_what_lies_outside_of_the_period_does_not_count():
    """The month before has its own page."""
    made = load([START - timedelta(seconds=1), START, START + STRIDE], since=START, until=START + STRIDE)
    assert made.counts == (1,)


def test_ten_minutes_are_those_of_the_clock():
    """The same alarms give the same figures, whenever the page is opened."""
    made = load([START + timedelta(minutes=9)], since=START + timedelta(minutes=7), until=START + timedelta(minutes=13))
    assert made.since == START
    assert made.counts == (1, 0)


@given(st.lists(st.integers(0, 25), min_size=1, max_size=60))
def test_floods_are_what_the_standard_says(counts):
    """Each begins above ten, holds nothing below five, and ends before the first that is."""
    made = of(*counts)
    assert made.alarms == sum(counts)
    inside = set()
    for flood in made.floods:
        first, last = (round((moment - START) / STRIDE) for moment in (flood.since, flood.until))
        assert counts[first] > FLOOD_ABOVE
        assert all(count >= FLOOD_BELOW for count in counts[first:last])
        assert last == len(counts) or counts[last] < FLOOD_BELOW
        inside |= set(range(first, last))
    assert all(count <= FLOOD_ABOVE for index, count in enumerate(counts) if index not in inside)
