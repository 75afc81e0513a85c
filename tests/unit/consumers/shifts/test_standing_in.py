"""Somebody stands in: an entry beside the ministry's own, which are never changed; held against what was seen."""

from datetime import timedelta

import pytest
from tests.builders.rota import ROUND, entry, local, rota

from cbrn_consumers.rota import on_duty, read_rota
from cbrn_consumers.shifts import Refusal, RefusedError
from cbrn_consumers.shifts.standing_in import (
    AHEAD_MAX,
    LASTS_MAX,
    is_override,
    keep_entries,
    shift_at,
    stamp_of,
    with_override,
    with_swap,
    without_override,
)

NOW = local(10, 9)
SPAN = (local(12, 8), local(12, 20))


def kept(folder, was, entries, seen=None):
    return read_rota(keep_entries(folder, seen, was, entries).read_bytes(), "mes")


def post_at(known, at):
    return on_duty(known.between(at, at + timedelta(seconds=1)), "first", at).post


def test_who_stands_in_is_on_duty_for_that_time_alone(tmp_path):
    """And the ministry's own entries stand as they stood."""
    was = rota(*ROUND)
    after = kept(tmp_path, was, with_override(was, "first", "duty-3", SPAN, now=NOW), stamp_of(was))
    assert [post_at(after, local(12, hour)) for hour in (7, 8, 19, 20)] == ["duty-2", "duty-3", "duty-3", "duty-2"]
    assert [each.uid for each in after.entries if not is_override(each)] == ["day", "night"]


def test_a_stand_in_is_taken_away_and_the_rota_says_again_who_is_on_duty(tmp_path):
    """Nothing else goes with it."""
    was = rota(*ROUND)
    after = kept(tmp_path, was, with_override(was, "first", "duty-3", SPAN, now=NOW))
    (made,) = [each for each in after.entries if is_override(each)]
    again = kept(tmp_path, after, without_override(after, made.uid))
    assert stamp_of(again) == stamp_of(was)


@pytest.mark.parametrize("uid", ["day", "night", "no-such", "", "series"])
def test_the_ministrys_own_entries_cannot_be_taken_away(uid):
    """A series that replaces others is its own, too: it was written into the calendar, not here."""
    series = entry("series", "override first: duty-3", "20261105T080000", "PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    with pytest.raises(RefusedError) as caught:
        without_override(rota(*ROUND, series), uid)
    assert caught.value.refusal is Refusal.NO_OVERRIDE


def test_the_only_entry_stays():
    """A calendar without any entry is none, and then nobody would know who is on duty."""
    with pytest.raises(RefusedError) as caught:
        without_override(rota(entry("a", "override first: duty-1")), "a")
    assert caught.value.refusal is Refusal.LAST_ENTRY


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (local(12, 20), local(12, 8)),
        (local(12, 8), local(12, 8)),
        (local(1, 8), local(2, 8)),
        (local(12, 8), local(12, 9) + LASTS_MAX),
        (NOW + AHEAD_MAX + timedelta(hours=1), NOW + AHEAD_MAX + timedelta(hours=2)),
    ],
)
def test_times_that_cannot_be_are_refused(begins, ends):
    """Ended before it began, over already, or so long that it is another rota."""
    with pytest.raises(RefusedError) as caught:
        with_override(rota(*ROUND), "first", "duty-3", (begins, ends), now=NOW)
    assert caught.value.refusal is Refusal.TIMES


def test_a_calendar_that_was_imported_meanwhile_is_not_written_over(tmp_path):
    """Whoever changes by touch has seen another rota."""
    seen, now_there = rota(*ROUND), rota(*ROUND, entry("more", "second: duty-3"))
    with pytest.raises(RefusedError) as caught:
        keep_entries(tmp_path, stamp_of(seen), now_there, with_override(seen, "first", "duty-3", SPAN, now=NOW))
    assert caught.value.refusal is Refusal.CHANGED_SINCE
    assert not (tmp_path / "mes.ics").exists()


def test_entries_that_cannot_be_read_are_not_lost_silently(tmp_path):
    """They would be left out of what is written."""
    was = rota(*ROUND, entry("odd", "who?"))
    with pytest.raises(RefusedError) as caught:
        keep_entries(tmp_path, None, was, was.entries)
    assert caught.value.refusal is Refusal.BROKEN_CALENDAR
    assert not (tmp_path / "mes.ics").exists()


def test_two_officers_swap_and_a_second_swap_replaces_the_first(tmp_path):
    """Two of them would contradict one another."""
    was = rota(*ROUND)
    entries, made = with_swap(was, shift_at(was, "first", local(12, 9)), shift_at(was, "first", local(13, 21)))
    assert [each.post for each in made] == ["duty-2", "duty-1"]
    after = kept(tmp_path, was, entries)
    back, _ = with_swap(after, shift_at(after, "first", local(12, 9)), shift_at(after, "first", local(13, 21)))
    again = kept(tmp_path, after, back)
    assert [post_at(again, at) for at in (local(12, 9), local(13, 21))] == ["duty-1", "duty-2"]
    assert len(again.entries) == len(after.entries)


def test_a_swap_needs_two_officers_and_two_shifts():
    """Neither a hole nor one's own other shift."""
    was = rota(*ROUND)
    one, other = (shift_at(was, "first", local(day, 9)) for day in (12, 13))
    with pytest.raises(RefusedError) as caught:
        with_swap(was, one, other)
    assert caught.value.refusal is Refusal.SAME_OFFICER
    with pytest.raises(RefusedError) as caught:
        shift_at(was, "second", local(12, 9))
    assert caught.value.refusal is Refusal.NO_SHIFT
