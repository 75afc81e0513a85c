"""Who is on duty: a function of time, whatever the shifts; what is left over is a hole."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cbrn_consumers.rota import Shift, holes, on_duty, overlaps, stretches, swapped

START = datetime(2026, 11, 1, tzinfo=UTC)
HOURS = 60


def hour(number):
    return START + timedelta(hours=number)


@st.composite
def shifts(draw, most=12):
    made = []
    for number in range(draw(st.integers(0, most))):
        begins, lasts = draw(st.integers(-10, HOURS)), draw(st.integers(1, 20))
        post, replaces = draw(st.sampled_from(["duty-1", "duty-2", "duty-3"])), draw(st.booleans())
        seat = draw(st.sampled_from(["first", "first", "second"]))
        made.append(Shift(seat, post, hour(begins), hour(begins + lasts), f"u{number}", replaces))
    return made


@given(shifts(), st.randoms())
def test_on_duty_is_a_function_whatever_the_order(made, random):
    """Two programs that read the same rota must ring the same person."""
    mixed = random.sample(made, len(made))
    for number in range(HOURS):
        assert on_duty(made, "first", hour(number)) == on_duty(mixed, "first", hour(number))


@given(shifts())
def test_stretches_say_of_each_hour_what_on_duty_says(made):
    """They cover the span without a gap, and neighbours differ."""
    cut = list(stretches(made, "first", START, hour(HOURS)))
    assert cut[0].begins == START
    assert cut[-1].ends == hour(HOURS)
    assert all(one.ends == next_.begins and one.shift != next_.shift for one, next_ in pairwise(cut))
    for each in cut:
        for moment in (each.begins, each.ends - timedelta(seconds=1)):
            assert on_duty(made, "first", moment) == each.shift


@given(shifts())
def test_holes_are_exactly_the_hours_without_a_shift(made):
    """A hole that is not found is a night without anybody; one that is not there is a false alarm."""
    found = holes(made, "first", START, hour(HOURS))
    for number in range(HOURS):
        covered = any(each.seat == "first" and each.begins <= hour(number) < each.ends for each in made)
        assert any(hole.begins <= hour(number) < hole.ends for hole in found) != covered


@given(shifts())
def test_overlaps_are_exactly_the_pairs_that_contradict_one_another(made):
    """Of two officers at one time, one by override, it is clear who has the watch."""
    span = START, hour(HOURS)
    mine = [each for each in made if each.seat == "first" and each.begins < span[1] and span[0] < each.ends]
    expected = {
        frozenset((one.uid, other.uid))
        for one in mine
        for other in mine
        if one.post != other.post
        and one.replaces == other.replaces
        and one.begins < other.ends
        and other.begins < one.ends
    }
    found = overlaps(made, "first", *span)
    assert {frozenset((each.one.uid, each.other.uid)) for each in found} == expected
    assert len(found) == len(expected)


@given(shifts(), st.data())
def test_a_swap_changes_who_is_on_duty_and_never_when_somebody_is(made, data):
    """Two officers exchange their shifts: no hole opens, and each has the other's."""
    plain = [each for each in made if not each.replaces and each.seat == "first"]
    if len(plain) < 2:
        return
    one, other = data.draw(st.sampled_from(plain)), data.draw(st.sampled_from(plain))
    mixed = [*made, *swapped(one, other)]
    assert holes(mixed, "first", START, hour(HOURS)) == holes(made, "first", START, hour(HOURS))
    if not any(each.replaces for each in made) and (one.ends <= other.begins or other.ends <= one.begins):
        assert on_duty(mixed, "first", one.begins).post == other.post
        assert on_duty(mixed, "first", other.begins).post == one.post


def test_a_shift_begins_with_its_first_moment_and_ends_before_its_last():
    """At eight o'clock the one has it, never both."""
    day, night = Shift("first", "duty-1", hour(0), hour(12), "a"), Shift("first", "duty-2", hour(12), hour(24), "b")
    assert on_duty([day, night], "first", hour(12)) is night
    assert on_duty([day, night], "first", hour(24)) is None
    assert not overlaps([day, night], "first", START, hour(HOURS))
