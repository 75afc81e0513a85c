"""What the watch does with an alert that nobody answers, hour by hour."""

from __future__ import annotations

import pytest
from tests.builders.standing import after, answer, told
from tests.builders.watch import Night, asked

from cbrn_consumers.watch.policy import Policies

ALL = [("second-officer", "mes-hydromet", 1), ("deputy", "mes-hydromet", 2), ("body", "mes-hydromet", 3)]
LATE = {"body": "mes-hydromet"}
UPDATE = {"event": "e-2", "message_type": "Update"}


def test_an_alert_without_an_answer_is_passed_on_step_by_step_to_the_crisis_centre():
    """Twenty minutes to answer, then second officer, deputy, everybody, parent, crisis centre."""
    night = Night()
    night.hear(told(0, **LATE))
    assert night.until(19.9) == []
    said = night.until(200)
    assert asked(said) == [*ALL, ("parent", "mes", 4), ("crisis-centre", "mes-cmc", 5)]
    times = [round((each.alarm.at - after(0)).total_seconds() / 60) for each in said if each.role == "lead"]
    assert times == [20, 25, 30, 40, 50]
    assert night.state.due is None
    assert [each.exhausted for each in night.written.conclusions] == [False] * 4 + [True]


def test_the_lead_and_the_ministry_hear_of_it_and_are_not_asked():
    """Whoever leads must know that a supporter is missing."""
    night = Night()
    night.hear(told(0, body="moh", role="support"), told(0, body="mia"), answer(1, "accepted", body="mia"))
    first = [each for each in night.until(21) if each.alarm.level == 1]
    assert {(each.body, each.role) for each in first} == {("moh", "lead"), ("mia", "inform"), ("mes", "inform")}


@pytest.mark.parametrize("act", ["acknowledged", "accepted", "en-route", "closed"])
def test_an_answer_stops_it(act):
    """Before the time nobody is alarmed; later nobody further, until an acceptance is due."""
    night = Night()
    night.hear(told(0, **LATE))
    night.hear(answer(10, act, **LATE))
    assert night.until(39) == []
    late = Night()
    late.hear(told(0, **LATE))
    assert len(asked(late.until(26))) == 2
    late.hear(answer(27, act, **LATE))
    assert late.until(56) == []
    assert late.outcomes() == ["passed-on", "passed-on", "answered"]


def test_acknowledged_and_then_nothing_is_missed_again():
    """Somebody has seen it and fell asleep: thirty minutes for who leads, an hour for who supports."""
    night = Night()
    night.hear(told(0, **LATE), answer(5, **LATE))
    night.minute = 5
    night.hear(answer(20, name="again", **LATE))
    said = night.until(36)
    assert asked(said) == ALL[:1]
    assert said[0].alarm.lacking == "not-accepted"
    night.hear(answer(37, "accepted", **LATE))
    assert night.until(500) == []
    support = Night()
    support.hear(told(0, role="support", **LATE), answer(5, **LATE))
    assert support.until(64) == []
    assert asked(support.until(66)) == ALL[:1]


def test_who_declines_is_not_asked_again_but_the_next_body_is_at_once():
    """With the reason, so that whoever is asked in its place understands."""
    night = Night()
    night.hear(told(0, **LATE))
    night.hear(answer(3, "declined", **LATE))
    night.minute = 3
    said = night.until(3.1)
    assert asked(said) == [("parent", "mes", 1)]
    assert said[0].alarm.reason == "no team within 200 km"
    assert asked(night.until(13.5)) == [("crisis-centre", "mes-cmc", 2)]


def test_a_body_that_is_asked_in_anothers_place_ends_it_by_its_answer():
    """Or, where it declines, the next is asked at once."""
    night = Night()
    night.hear(told(0, **LATE), answer(3, "declined", **LATE))
    night.until(4)
    night.minute = 5
    night.hear(answer(5, "accepted", body="mes"))
    assert night.until(100) == []
    assert night.outcomes()[-1] == "answered-elsewhere"
    refused = Night()
    refused.hear(told(0, **LATE), answer(3, "declined", **LATE))
    refused.until(4)
    refused.hear(answer(5, "declined", body="mes"))
    assert asked(refused.until(5.1)) == [("crisis-centre", "mes-cmc", 2)]


def test_an_answer_that_the_asked_body_gave_before_it_was_asked_does_not_end_it():
    """It spoke of its own alert."""
    night = Night()
    night.hear(told(0, **LATE), told(0, body="mes", role="support"), answer(2, "accepted", body="mes"))
    night.hear(answer(3, "declined", **LATE))
    assert asked(night.until(20)) == [("parent", "mes", 1), ("crisis-centre", "mes-cmc", 2)]


def test_after_an_update_an_answer_is_asked_for_only_where_it_matters_and_it_says_what():
    """More patients ask nobody again; another place does."""
    night = Night()
    night.hear(told(0, **LATE), answer(5, "accepted", **LATE))
    night.hear(told(10, **LATE, **UPDATE))
    assert night.until(200) == []
    night.hear(told(210, event="e-3", message_type="Update", place="41711000", **LATE))
    (first, *_) = night.until(231)
    assert first.alarm.changed[0]["en"].startswith("place: ")
    assert "→" in first.alarm.changed[0]["ky"]
    assert first.alarm.event.id == "e-3"


@pytest.mark.parametrize("ends", [{"message_type": "Cancel"}, {"role": "inform"}])
def test_all_clear_ends_the_timers(ends):
    """So does it where the body need not answer any more."""
    night = Night()
    night.hear(told(0, **LATE))
    night.until(21)
    night.hear(told(22, event="e-2", **LATE, **ends))
    assert night.until(500) == []
    assert night.outcomes() == ["passed-on", "withdrawn"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_answer_that_is_read_before_its_alert_counts(order):
    """The two topics are read apart."""
    night = Night()
    given = told(0, **LATE), answer(5, "accepted", **LATE)
    for index in order:
        night.hear(given[index])
        night.restart()
    assert night.until(500) == []


def test_of_a_restricted_alert_nobody_hears_who_was_not_told_and_nobody_reads_what_it_is():
    """A bare alarm to the body's own next level; mes, parent and crisis centre were not told."""
    night = Night()
    night.hear(told(0, restricted=True, **LATE), told(0, body="mia", role="support", restricted=True))
    night.hear(answer(1, "accepted", body="mia"))
    said = night.until(500)
    assert asked(said) == ALL
    assert {each.body for each in said} == {"mes-hydromet"}
    assert all(each.restricted for each in said)
    for each in said:
        assert (each.alarm.headline, each.alarm.changed, each.alarm.severity) == (None, (), "Unknown")
        assert "Выброс" not in each.alarm.model_dump_json()


def test_one_restricted_copy_makes_all_of_the_situation_restricted():
    """A lead that was told may hear; its ministry that was not may not."""
    night = Night()
    night.hear(told(0, **LATE, role="support"), told(0, body="mia", restricted=True), answer(1, "accepted", body="mia"))
    assert {each.body for each in night.until(500)} == {"mes-hydromet", "mia"}


def test_a_declined_restricted_alert_goes_to_nobody_new():
    """There is no other body that may hear of it: it stays with the duty desk, on the standing, as declined."""
    night = Night()
    night.hear(told(0, restricted=True, **LATE), answer(3, "declined", **LATE))
    assert night.until(500) == []


def test_extreme_alerts_are_passed_on_sooner():
    """By the first policy that fits."""
    night = Night()
    night.hear(told(0, severity="Extreme", **LATE))
    times = [round((each.alarm.at - after(0)).total_seconds() / 60) for each in night.until(99) if each.role == "lead"]
    assert times == [20, 22, 24, 27, 30]


def test_after_an_outage_each_body_still_has_the_time_that_its_step_gives():
    """Five steps at once would ask five people about one alert."""
    night = Night()
    night.hear(told(0, **LATE))
    night.minute = 300
    night.restart()
    night._round().elapse()
    night._round().elapse()
    night.log += night.state.record()
    assert len(asked(night.written.alarms)) == 1
    assert asked(night.until(306))[-1] == ALL[1]


def test_new_policies_count_at_once_also_for_what_is_waited_for():
    """And after a restart for what was remembered under the former ones."""
    text = "crisis_centre: mes-cmc\npolicies: [{name: one, steps: [{to: crisis-centre}]}]"
    night = Night()
    night.hear(told(0, **LATE))
    night.until(10)
    night.policies = Policies.read(text, on=after(0).date())
    assert asked(night.until(500)) == [("crisis-centre", "mes-cmc", 1)]


def test_a_step_to_a_body_that_is_the_late_one_itself_is_left_out():
    """The crisis centre does not wait for itself; its ministry is asked."""
    night = Night()
    night.hear(told(0, body="mes-cmc"))
    assert [step for step, *_ in asked(night.until(500))] == ["second-officer", "deputy", "body", "parent"]


def test_nothing_is_waited_for_where_nobody_must_answer():
    """Who is informed, and an alert without a deadline."""
    night = Night()
    night.hear(told(0, role="inform", **LATE), told(0, body="moh", within=None))
    assert night.state.due is None or night.until(500) == []
