"""Who is on duty by rota and by what was said, whether they can be reached, and when that is an alarm."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.rota import (
    OFFICERS,
    ROUND,
    channel_test,
    entry,
    handed_over,
    local,
    log,
    officers,
    rota,
    taken,
)

from cbrn_consumers.rota import (
    FindingType,
    Reach,
    alarms_at,
    duty_at,
    findings_between,
    reaches,
    shift_to_take,
    until_of,
)

MADE = officers()
ONE, TWO, THREE = MADE.officers


def working(at, *made):
    """Tests of every channel of these officers, all answered."""
    return [channel_test(each, channel.name, at) for each in made for channel in each.channels]


def types(found):
    return [each.type for each in found]


def test_by_the_rota_alone_its_officer_is_on_duty():
    """Nothing need be said for somebody to be on duty."""
    duty = duty_at(rota(*ROUND), log(), "first", local(3, 9))
    assert (duty.post, duty.since, duty.until, duty.held) == ("duty-1", local(3, 8), local(3, 20), None)


def test_who_has_taken_a_shift_is_on_duty_until_it_ends():
    """A colleague stands in for one who is ill: the rota is not written anew for that."""
    made = rota(*ROUND)
    said = log(taken("duty-3", local(3, 8, 5), until_of(made, "first", "duty-3", local(3, 8, 5))))
    assert duty_at(made, said, "first", local(3, 8, 4)).post == "duty-1"
    assert duty_at(made, said, "first", local(3, 12)).post == "duty-3"
    assert duty_at(made, said, "first", local(3, 20)).post == "duty-2"


def test_who_takes_over_before_the_shift_begins_has_it_to_its_own_end():
    """Ten minutes early, for twelve hours: not for ten minutes."""
    made, at = rota(*ROUND), local(3, 19, 50)
    assert shift_to_take(made, "first", at).post == "duty-2"
    said = log(handed_over("duty-2", at, until_of(made, "first", "duty-2", at), former="duty-1"))
    duty = duty_at(made, said, "first", local(3, 19, 55))
    assert (duty.post, duty.until) == ("duty-2", local(4, 8))


def test_a_hole_can_be_taken_until_the_rota_has_somebody_again_or_for_a_day():
    """Better somebody than nobody; and not for good."""
    made = rota(entry("a", "duty-1", "20261105T080000"))
    assert until_of(made, "first", "duty-2", local(5, 1)) == local(5, 8)
    assert until_of(made, "first", "duty-2", local(7, 1)) == local(8, 1)


def test_the_later_word_counts_and_one_that_comes_again_changes_nothing():
    """Kafka may hold a fact twice; and two officers may both say that they have taken it."""
    first, second = taken("duty-2", local(3, 9), local(3, 20)), taken("duty-3", local(3, 10), local(3, 20))
    said = log(first, second)
    said.note(first, local(3, 11))
    assert said.holder("first", local(3, 12)).fact.post == "duty-3"
    assert said.holder("first", local(3, 9, 30)).fact.post == "duty-2"
    assert said.holder("second", local(3, 12)) is None


def test_an_officer_with_a_channel_that_was_answered_is_no_alarm():
    """Proof before the shift, not in the incident."""
    said = log(*working(local(3, 7), ONE))
    assert alarms_at(rota(*ROUND), MADE, said, local(3, 8)) == ()


@pytest.mark.parametrize(
    ("tests", "type_"),
    [
        ((), FindingType.UNTESTED),
        ((("mobile", local(1, 7), "answered"),), FindingType.UNTESTED),
        ((("mobile", local(3, 7), "failed"), ("desk", local(3, 7), "sent")), FindingType.UNREACHABLE),
        ((("mobile", local(3, 7), "failed"),), FindingType.UNTESTED),
        ((("mobile", local(3, 6), "answered"), ("mobile", local(3, 7), "failed")), FindingType.UNTESTED),
    ],
    ids=["never", "two days ago", "failed", "one failed", "the last failed"],
)
def test_an_officer_without_a_working_channel_is_an_alarm_at_the_shifts_start(tests, type_):
    """Those on the rota without a channel were found only in the incident, everywhere else."""
    said = log(*(channel_test(ONE, name, at, outcome) for name, at, outcome in tests))
    (alarm,) = alarms_at(rota(*ROUND), MADE, said, local(3, 8))
    assert (alarm.type, alarm.post, alarm.seat, alarm.body) == (type_, "duty-1", "first", "mes")
    assert alarms_at(rota(*ROUND), MADE, said, local(3, 7, 59))[0].post == "duty-2"


def test_a_test_of_another_number_proves_nothing():
    """The number in the file was corrected after the test."""
    said = log(*working(local(3, 7), ONE))
    changed = officers(OFFICERS.replace("123-456", "123-457").replace("      - {name: desk, kind: bell}\n", ""))
    assert reaches(changed.officer("duty-1"), said, local(3, 8)) == {"mobile": Reach.UNTESTED}
    (alarm,) = alarms_at(rota(*ROUND), changed, said, local(3, 8))
    assert alarm.type is FindingType.UNTESTED


@pytest.mark.parametrize(
    ("made", "post", "type_"),
    [
        (MADE, "duty-3", FindingType.NO_CHANNEL),
        (MADE, "duty-9", FindingType.UNKNOWN_POST),
        (None, "duty-1", FindingType.UNKNOWN_POST),
    ],
)
def test_who_cannot_be_reached_at_all_is_an_alarm(made, post, type_):
    """A file that was lost reaches nobody, either."""
    (alarm,) = alarms_at(rota(entry("a", post)), made, log(*working(local(1, 7), ONE)), local(1, 9))
    assert alarm.type is type_


def test_a_hole_is_an_alarm_and_one_that_was_taken_is_none():
    """Whoever has stepped in is on duty."""
    made = rota(entry("a", "duty-1", "20261101T080000"))
    (alarm,) = alarms_at(made, MADE, log(), local(2, 8))
    assert (alarm.type, alarm.post, alarm.since) == (FindingType.HOLE, None, local(1, 20))
    said = log(*working(local(2, 7), TWO), taken("duty-2", local(2, 7, 30), local(2, 20)))
    assert alarms_at(made, MADE, said, local(2, 8)) == ()


def test_a_seat_behind_that_is_empty_is_no_alarm_and_its_officer_is_tested_too():
    """Many bodies have a second officer at night alone."""
    made = rota(*ROUND, entry("s", "second: duty-2", "20261103T200000"))
    said = log(*working(local(3, 7), ONE))
    assert alarms_at(made, MADE, said, local(3, 9)) == ()
    found = alarms_at(made, MADE, log(), local(3, 21))
    assert [(each.seat, each.post) for each in found] == [("first", "duty-2"), ("second", "duty-2")]


@pytest.mark.parametrize("entries", [ROUND, (entry("a", "duty-1", "20261101T080000"),)], ids=["untested", "hole"])
@given(minutes=st.lists(st.integers(0, 60 * 24 * 40), min_size=2, max_size=6))
def test_the_same_trouble_has_the_same_name_for_as_long_as_it_lasts(entries, minutes):
    """The watch asks each second: an alarm that changes its name would ring each second, for weeks in a long hole."""
    made = rota(*entries)
    names = {}
    for minute in sorted(minutes):
        now = local(1, 20) + timedelta(minutes=minute)
        (alarm,) = alarms_at(made, MADE, log(), now)
        assert alarm.since <= now < alarm.until or alarm.type is FindingType.HOLE
        names.setdefault(duty_at(made, log(), "first", now).shift, set()).add(alarm.id)
    assert all(len(each) == 1 for each in names.values())


def test_a_check_finds_what_an_officer_must_mend():
    """Each with a type, what is wrong, and what to do."""
    made = rota(
        *ROUND[:1],
        entry(
            "night",
            "first: duty-2",
            "20261101T200000",
            "PT12H",
            "RRULE:FREQ=DAILY;UNTIL=20271231",
            "EXDATE:20261103T200000",
        ),
        entry("x", "first: duty-3", "20261104T100000", "PT2H"),
        entry("y", "override first: duty-9", "20261105T100000", "PT2H"),
    )
    found = findings_between(made, MADE, log(*working(local(2, 7), TWO)), local(2, 8), local(9, 8))
    assert sorted(types(found)) == ["hole", "no-channel", "overlap", "unknown-post", "untested"]
    by_type = {each.type: each for each in found}
    hole, overlap = by_type[FindingType.HOLE], by_type[FindingType.OVERLAP]
    assert (hole.begins, hole.ends) == (local(3, 20), local(4, 8))
    assert (overlap.posts, overlap.uid) == (("duty-1", "duty-3"), "day, x")
    assert by_type[FindingType.UNTESTED].posts == ("duty-1",)
    assert all(each.remedy and each.grave for each in found)


def test_tests_of_next_weeks_officers_are_not_asked_for():
    """Nobody can test for a shift that begins in three days."""
    made = rota(*ROUND[:1], entry("n", "duty-2", "20261106T200000"))
    found = findings_between(made, MADE, log(*working(local(2, 7), ONE)), local(2, 8), local(9, 8))
    assert FindingType.UNTESTED not in types(found)


def test_the_log_is_bounded_and_keeps_the_newest():
    """A topic of a year, or a hostile one, must not fill the memory."""
    said = log(*(taken(f"duty-{n % 3}", local(1, 8) + timedelta(minutes=n), local(30)) for n in range(1_100)))
    assert len(said.held["first"]) == 1_000
    assert said.holder("first", local(3)).fact.post == "duty-1"


def test_an_alarm_is_made_of_posts_alone():
    """It goes to topics of the bus: no number may stand in it."""
    made = replace(rota(*ROUND))
    assert "996" not in str(alarms_at(made, MADE, log(), local(3, 8)))
