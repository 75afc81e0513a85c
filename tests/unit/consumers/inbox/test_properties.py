"""What holds of every inbox, whatever comes in: nothing untold, nothing twice, no flood."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.inbox import INTERVAL, START, after, inbox, message, records

from cbrn_consumers.inbox import (
    Protection,
    Silences,
)
from cbrn_schemas.silence import SEVERITY_ORDER, declare, scope_of
from cbrn_schemas.topics import Lane


def silence(scope, *, severity_max="Minor", starts=START, expires=None, name="1"):
    return declare(
        id=f"mes.{name}",
        body="mes",
        author="Асанов, дежурный",
        reason="датчик в ремонте",
        scope=scope_of(scope),
        severity_max=severity_max,
        starts=starts,
        expires=expires or starts + timedelta(hours=2),
        created=starts,
    )


def silenced(*given, at=START):
    silences = Silences("mes")
    for each in given:
        silences.note(each, at)
    return silences


STEPS = st.fixed_dictionaries(
    {
        "wait_s": st.integers(0, 200),
        "name": st.sampled_from("ABCD"),
        "lane": st.sampled_from(Lane),
        "severity": st.sampled_from([*SEVERITY_ORDER]),
        "value": st.sampled_from([0.1, 0.5, 2.0]),
        "protection": st.sampled_from([frozenset(), frozenset({Protection.LIFE}), frozenset({Protection.LEAD})]),
        "ends": st.booleans(),
        "role": st.sampled_from(["inform", "support", "lead"]),
        "again": st.booleans(),
    }
)


SCOPES = st.sampled_from(
    [
        {"station": "A"},
        {"situation": "B"},
        {"kind": "gamma-dose-rate", "publisher": "mes-hydromet"},
        {"hazard": "radiological", "region": "KG-N"},
    ]
)


THE_END = after(hours=5)
"""By then every silence below has expired and no message is waiting."""


@st.composite
def histories(draw):
    """Messages with their times, some of them sent again, and silences over them."""
    now, messages = START, []
    for offset, step in enumerate(draw(st.lists(STEPS, max_size=40))):
        now += timedelta(seconds=step.pop("wait_s"))
        again = step.pop("again")
        messages.append(replace(messages[-1], routed=now) if again and messages else message(offset, at=now, **step))
    given = [
        silence(
            draw(SCOPES),
            severity_max=draw(st.sampled_from(["Unknown", "Minor", "Severe"])),
            starts=after(seconds=draw(st.integers(0, 2000))),
            name=str(number),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    return messages, given


def played(box, messages):
    """Each message with the notices that came with it, and those that came between; the clock rings when it is due."""
    for each in messages:
        while box.next_due is not None and box.next_due <= each.routed:
            yield None, box.tick(box.next_due)
        yield each, box.take(each, each.routed)
    yield None, box.flush(THE_END)


@settings(deadline=None)
@given(histories(), st.sampled_from([0, 60, 300]), st.sampled_from([1, 3, 100]))
def test_every_message_is_in_exactly_one_notice_and_in_time(history, interval_s, room):
    """The promise: bounded load, nothing lost, nothing late; with silences and little memory as without."""
    messages, given = history
    interval = timedelta(seconds=interval_s)
    box = inbox(silenced(*given), interval=interval, groups_max=room)
    notices, taken = [], {}
    for each, told in played(box, messages):
        if each is not None:
            taken.setdefault(each.coordinate, each.routed)
        notices += told
    counted = Counter(records(notices))
    assert counted.keys() == taken.keys()
    if room == 100:  # a group that had to leave has forgotten what it held: what comes again is then told again
        assert set(counted.values()) <= {1}
    for notice in notices:
        assert notice.silence is not None or notice.at - notice.since <= interval or notice.at == THE_END
        assert all(notice.since <= taken[record] <= notice.at for record in records([notice])) or room < 100


@settings(deadline=None)
@given(histories())
def test_grave_messages_of_a_situation_are_never_delayed(history):
    """Whatever else waits, whatever is silenced: what is protected is before the officer with its own arrival."""
    messages, given = history
    seen = set()
    for each, told in played(inbox(silenced(*given)), messages):
        if each is None or each.key.lane is Lane.MONITORING or each.coordinate in seen:
            continue
        seen.add(each.coordinate)
        if Protection.LIFE in each.protection or (not given and each.severity in {"Severe", "Extreme"}):
            assert each.coordinate in records(told)


READINGS = st.tuples(
    st.integers(0, 400),
    st.sampled_from([*SEVERITY_ORDER]),
    st.sampled_from([0.1, 0.5, 2.0]),
    st.sampled_from([frozenset(), frozenset({Protection.LIFE})]),
)


@settings(deadline=None)
@given(st.lists(READINGS, min_size=1, max_size=80))
def test_readings_of_one_station_make_no_more_notices_than_time_and_rises_allow(readings):
    """However many readings come: one for the first, one an interval, and one each time it gets worse."""
    now, box, notices, rises, before = START, inbox(), [], 0, None
    for offset, (wait_s, severity, value, protection) in enumerate(readings):
        now += timedelta(seconds=wait_s)
        each = message(offset, at=now, severity=severity, value=value, protection=protection)
        if before is not None:
            graver = SEVERITY_ORDER[severity] > SEVERITY_ORDER[before.severity]
            worse = each.urgent and (not before.urgent or value > before.readings[0].value)
            rises += graver or worse
        before = each
        notices += box.take(each, now)
    notices += box.tick(now)
    assert len(notices) <= 1 + (now - START) / INTERVAL + rises


@settings(deadline=None)
@given(st.lists(READINGS, min_size=1, max_size=80))
def test_a_station_that_gets_graver_is_told_with_the_reading_that_says_so(readings):
    """The highest severity that the officer knows is never below the highest that the station has reported."""
    now, box, known, reached = START, inbox(), -1, -1
    for offset, (wait_s, severity, value, protection) in enumerate(readings):
        now += timedelta(seconds=wait_s)
        for notice in box.take(message(offset, at=now, severity=severity, value=value, protection=protection), now):
            known = max(known, *(SEVERITY_ORDER[told.line.highest] for told in notice.told))
        reached = max(reached, SEVERITY_ORDER[severity])
        assert known == reached


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(1, 60))
def test_a_flood_of_equal_readings_is_one_notice_an_interval(count, every_s):
    """Five hundred readings in eight hours are a hundred lines at the most, and a calm officer."""
    box, notices = inbox(), []
    for offset in range(count):
        now = after(seconds=offset * every_s)
        notices += box.take(message(offset, at=now), now)
    elapsed = timedelta(seconds=(count - 1) * every_s)
    assert 1 <= len(notices) <= 1 + elapsed // INTERVAL
