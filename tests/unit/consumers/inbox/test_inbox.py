"""The inbox: many messages fold into few lines, and every one is told, once, in time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.inbox import START, after, inbox, message, records

from cbrn_consumers.inbox import (
    Change,
    Coordinate,
    GroupKey,
    GroupType,
    Protection,
)
from cbrn_schemas.silence import SEVERITY_ORDER
from cbrn_schemas.topics import Lane


def incident(offset, **changes):
    return message(offset, **{"lane": Lane.INCIDENTS, "name": "KG-1", **changes})


# --- groups ---------------------------------------------------------------------------------------------------------


def test_repeated_readings_of_a_station_are_one_line_with_first_latest_and_highest():
    """The officer reads one line, not six."""
    box = inbox()
    for offset, value in enumerate((0.2, 0.9, 0.4)):
        box.take(message(offset, value=value, at=after(minutes=offset)), after(minutes=offset))
    (line,) = box.view(after(hours=1)).lines
    (shown,) = line.readings
    assert line.count == 3
    assert (shown.first.reading.value, shown.latest.reading.value) == (0.2, 0.4)
    assert (shown.highest.reading.value, shown.highest.at) == (0.9, after(minutes=1))
    assert (line.first, line.latest) == (START, after(minutes=2))


def test_a_situation_is_one_line_with_the_strongest_role_and_the_earliest_deadline():
    """Whoever reports it, and however often."""
    box = inbox()
    box.take(incident(0, acknowledge_by=after(hours=2), severity="Moderate"), START)
    box.take(incident(1, role="lead", publisher="moh", acknowledge_by=after(hours=1)), START)
    box.take(incident(2, acknowledge_by=after(hours=3)), START)
    (line,) = box.view(START).lines
    assert (line.count, line.role, line.acknowledge_by) == (3, "lead", after(hours=1))
    assert (line.severity, line.highest) == ("Minor", "Moderate")
    assert line.publishers == ("mes-hydromet", "moh")


def test_a_cancelled_situation_asks_for_nothing_more_and_stays_in_the_list():
    """Its deadline is off; what was, can be looked up."""
    box = inbox()
    box.take(incident(0, acknowledge_by=after(hours=1)), START)
    box.take(incident(1, message_type="Cancel", ends=True, acknowledge_by=after(hours=2)), START)
    (line,) = box.view(START).lines
    assert (line.ended, line.acknowledge_by, line.changed) == (True, None, (Change.CANCELLATION, Change.UPDATE))


def test_lanes_never_share_a_group():
    """A station may be called as a situation is."""
    box = inbox()
    box.take(message(0, name="X"), START)
    box.take(incident(0, name="X"), START)
    assert len(box.view(START).lines) == 2


@given(st.lists(st.integers(0, 12), max_size=60))
def test_a_record_that_comes_again_counts_once(offsets):
    """A reader may start anew anywhere, and the router may have sent one twice."""
    box = inbox()
    for offset in offsets:
        box.take(message(offset, identity=offset // 2), START)
    groups = list(box.groups())
    assert sum(group.count for group in groups) == len({offset // 2 for offset in offsets})
    assert {coordinate.offset for group in groups for coordinate in group.coordinates()} == set(offsets)


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from([*SEVERITY_ORDER])), max_size=40), st.data())
def test_what_stands_in_the_list_does_not_depend_on_when_it_was_read(given, data):
    """A restart reads partition by partition what came mixed; only the order within a partition is Kafka's word."""
    messages = [
        incident(offset, name=name, partition=ord(name), severity=severity, at=after(seconds=offset))
        for offset, (name, severity) in enumerate(given)
    ]
    live, again = inbox(), inbox()
    for each in messages:
        live.take(each, each.routed)
    by_partition = [[each for each in messages if each.key.name == name] for name in data.draw(st.permutations("ABC"))]
    for each in (each for some in by_partition for each in some):
        again.restore(each, after(hours=1))
    lines = {line.key: line for line in live.view(after(hours=1)).lines}
    restored = {line.key: line for line in again.view(after(hours=1)).lines}
    assert list(lines) == list(restored)
    # What was new to the officer, and when, is not the list's business.
    assert {key: replace(line, changed=()) for key, line in lines.items()} == {
        key: replace(line, changed=()) for key, line in restored.items()
    }


def test_groups_that_ended_longest_ago_leave_first_and_are_counted():
    """Memory is bounded; what left still stands in its topic, and the view says that something left."""
    box = inbox(groups_max=2)
    box.take(incident(0, name="open"), START)
    box.take(incident(1, name="over", ends=True), START)
    box.take(incident(2, name="next"), START)
    view = box.view(START)
    assert {line.key.name for line in view.lines} == {"open", "next"}
    assert (view.left_groups, view.left_messages) == (1, 1)
    box.take(incident(3, name="more"), START)
    assert {line.key.name for line in box.view(START).lines} == {"next", "more"}


def test_a_group_that_leaves_is_told_before():
    """Else what waited in it would be lost to the officer."""
    box = inbox(groups_max=1)
    box.take(message(0, name="a"), START)
    assert not box.take(message(1, name="a"), START)
    notices = box.take(message(2, name="b"), START)
    assert sorted(records(notices)) == [Coordinate("cbrn.to.mes.monitoring", 0, offset) for offset in (1, 2)]


# --- notices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "second"),
    [
        (Change.SEVERITY, {"severity": "Moderate"}),
        (Change.ROLE, {"role": "support"}),
        (Change.DEADLINE, {"acknowledge_by": after(minutes=30)}),
        (Change.ESCALATION, {"level": 1}),
        (Change.CANCELLATION, {"message_type": "Cancel", "ends": True}),
        (Change.CORRECTION, {"kind": "toxic-fire"}),
        (Change.CORRECTION, {"place": "41702215"}),
        (Change.CORRECTION, {"deliberate": True}),
        (Change.CORRECTION, {"severity": "Unknown", "message_type": "Update"}),
        (Change.GRAVE, {"protection": frozenset({Protection.CASUALTIES})}),
    ],
)
def test_what_says_something_new_is_told_at_once(change, second):
    """An officer must not hear five minutes later that it is worse than thought."""
    box = inbox()
    box.take(incident(0, acknowledge_by=after(hours=1)), START)
    (notice,) = box.take(incident(1, **second), after(seconds=1))
    assert change in notice.told[0].changes
    assert notice.at == after(seconds=1)


def test_an_update_that_says_nothing_new_waits_and_is_told_with_the_next():
    """One notice for all of them, at the latest after the interval."""
    box = inbox()
    box.take(incident(0), START)
    for offset in (1, 2):
        assert not box.take(incident(offset), after(minutes=offset))
    assert box.next_due == after(minutes=6)
    (notice,) = box.tick(after(minutes=30))
    assert (notice.at, notice.since) == (after(minutes=6), after(minutes=1))
    assert len(notice.told[0].records) == 2


def test_what_comes_after_a_quiet_interval_does_not_wait():
    """A detector that reports every ten minutes is read every ten minutes, without five more of delay."""
    box = inbox()
    told = [box.take(message(offset, at=(now := after(minutes=10 * offset))), now) for offset in range(4)]
    assert [len(notices) for notices in told] == [1] * 4


def test_a_situation_that_begins_and_is_resolved_at_once_is_told_twice():
    """Where alertmanager waits before the first notice and then has nothing to tell, people never hear of it."""
    box = inbox()
    begun = box.take(incident(0, severity="Unknown"), START)
    ended = box.take(incident(1, message_type="Cancel", ends=True), after(seconds=1))
    assert [notice.told[0].line.ended for notice in begun + ended] == [False, True]


def test_a_reading_over_a_limit_is_told_at_once_whatever_its_severity():
    """A publisher may leave severity out; the verdict against the facility's own criteria speaks."""
    box = inbox()
    box.take(message(0), START)
    (notice,) = box.take(message(1, rank=2), START)
    assert Change.LIMIT in notice.told[0].changes


def test_a_station_that_repeats_a_grave_reading_does_not_bury_the_next_alarm():
    """Told at once when it begins and whenever it gets worse; a plateau waits its turn."""
    box = inbox()
    grave = {"severity": "Extreme", "protection": frozenset({Protection.EXTREME})}
    assert box.take(message(0, value=5.0, **grave), START)
    assert not box.take(message(1, value=5.0, **grave), START)
    assert box.take(message(2, value=5.1, **grave), START)
    assert not box.take(message(3, value=4.9, **grave), START)


def test_another_kind_of_grave_message_from_a_station_is_news():
    """That the sample holds anthrax is not told by the dose rate."""
    box = inbox()
    grave = {"severity": "Severe", "protection": frozenset({Protection.LIFE})}
    box.take(message(0, **grave), START)
    assert box.take(message(1, kind="laboratory-result", readings=(), **grave), START)


@given(st.permutations(range(6)))
def test_a_flood_of_alarms_of_several_partitions_stands_in_order_of_time(order):
    """Their keys differ, so a restart reads them mixed in another way."""
    key = GroupKey(Lane.INCIDENTS, GroupType.QUARANTINE, "moh/not-json")
    box = inbox()
    for offset in order:
        box.restore(incident(offset, key=key, partition=offset % 3, at=after(minutes=offset)), after(hours=1))
    (line,) = box.view(after(hours=1)).lines
    assert (line.first, line.latest) == (START, after(minutes=5))


def test_the_machines_clock_going_back_delays_nothing():
    """Clocks are set right now and then; what waits must not wait for the hours to come round again."""
    box = inbox()
    for name in "ab":
        box.take(incident(0, name=name), START)
    box.take(incident(1, name="a"), after(minutes=1))
    box.take(incident(1, name="b"), after(hours=-3))
    assert box.next_due == after(minutes=6)
    assert [notice.at for notice in box.tick(after(minutes=6))] == [after(minutes=6)] * 2
