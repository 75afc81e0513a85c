"""Silences: narrow, bounded, signed by a person; what they hide, and never for good."""

import json
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.golden import EXAMPLES
from tests.builders.inbox import DECLARED, GOOD, START, active, after, delivered, reading

from cbrn_consumers.inbox import (
    Inbox,
    Silences,
    SilenceState,
)
from cbrn_schemas.events import lane_of, parse_event
from cbrn_schemas.silence import (
    SEVERITY_ORDER,
    SilenceError,
    Subject,
    declare,
    declare_end,
    read_silence,
    record_of,
    scope_of,
)


def kafka(said, *, at=START, offset=0, headers=None, value=None):
    """The record of a silence as it is read back."""
    key, own, data = record_of(said)
    return SimpleNamespace(
        topic=f"cbrn.from.{said.body}.silences",
        partition=0,
        offset=offset,
        timestamp=int(at.timestamp() * 1000),
        key=key,
        headers=own if headers is None else headers,
        value=data if value is None else value,
    )


# --- what a silence is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("reason", "ok", "at least two words"),
        ("reason", "----------", "at least two words"),
        ("reason", "aaaa aaaa aaaa", "at least two words"),
        ("author", "moh", "name the person"),
        ("author", "7", "name the person"),
        ("expires", DECLARED, "end after it starts"),
        ("expires", START + timedelta(days=7, seconds=1), "within 7 days"),
        ("starts", START - timedelta(minutes=1), "must start when it is declared"),
        ("severity_max", "Extreme", "Input should be"),
        ("id", "mes.1", "must begin with moh."),
        ("expires", datetime(2026, 5, 1, 7), "timezone"),  # noqa: DTZ001 - that is the mistake
    ],
)
def test_a_silence_without_a_person_a_reason_or_an_end_is_refused(field, value, said):
    """Whoever takes over the watch must see who answers for the quiet, and when it ends."""
    with pytest.raises(SilenceError, match=said) as caught:
        declare(**(GOOD | {field: value}))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({}, "too wide"),
        ({"hazard": "radiological"}, "too wide"),
        ({"kind": "gamma-dose-rate"}, "too wide"),
        ({"kind": "gamma-dose-rate", "hazard": "radiological"}, "too wide"),
        ({"region": "KG-N"}, "too wide"),
        ({"region": "KG-N", "district": "41704220"}, "too wide"),
        ({"publisher": "mes"}, "too wide"),
        ({"situation": "KG-1", "station": "x"}, "give one of them"),
        ({"station": "*"}, r"scope\.station"),
        ({"kind": "everything", "publisher": "mes"}, r"scope\.kind"),
        ({"publisher": "nobody", "kind": "gamma-dose-rate"}, r"scope\.publisher"),
        ({"region": "KG-XX", "kind": "gamma-dose-rate"}, r"scope\.region"),
        ({"district": "41799999", "kind": "gamma-dose-rate"}, r"scope\.district"),
        ({"severity": "Minor", "station": "x"}, r"scope\.severity"),
    ],
    ids=str,
)
def test_a_wide_scope_is_refused(scope, said):
    """One careless word must not quieten a hazard, a region or a ministry."""
    with pytest.raises(SilenceError, match=said):
        scope_of(scope)


FIELDS = {
    "situation": st.sampled_from(["KG-1", "KG-2"]),
    "station": st.sampled_from(["a", "b"]),
    "kind": st.sampled_from(["gamma-dose-rate", "chemical-spill"]),
    "hazard": st.sampled_from(["radiological", "chemical"]),
    "district": st.sampled_from(["41704220", "41706242"]),
    "region": st.sampled_from(["KG-N", "KG-O"]),
    "publisher": st.sampled_from(["mes", "moh"]),
}


@given(
    st.fixed_dictionaries({}, optional=FIELDS),
    st.fixed_dictionaries({name: st.none() | values for name, values in FIELDS.items()}),
)
def test_a_scope_covers_what_agrees_with_each_of_its_fields_and_nothing_else(scope, subject):
    """And every scope that is accepted leaves something uncovered in each direction that it names."""
    try:
        made = scope_of(scope)
    except SilenceError:
        return
    assert scope
    matches = made.matches(Subject(**subject))
    assert matches == all(subject[name] == value for name, value in scope.items())
    assert not made.matches(Subject(**subject)._replace(**dict.fromkeys(scope, "another")))


def test_a_silence_and_its_end_come_back_as_they_were_written():
    """The topic is the only memory."""
    silence = declare(**GOOD)
    end = declare_end("moh.1", author="Бекова, дежурная", reason=None, at=after(hours=1))
    for said in (silence, end):
        _, headers, value = record_of(said)
        assert read_silence(headers, value, "moh") == said


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (kafka(declare(**GOOD), value=b"{"), "JSON"),
        (kafka(declare(**GOOD), value=b"x" * 100_000), "bytes"),
        (kafka(declare(**GOOD), headers=[]), "missing"),
        (kafka(declare(**(GOOD | {"body": "mes", "id": "mes.1"}))), "speaks for mes"),
        (
            kafka(declare(**GOOD), value=record_of(declare(**GOOD))[2].replace(b'"station"', b'"new":1,"station"')),
            "no such field",
        ),
        (kafka(declare_end("moh.9", author="Асанов", reason=None, at=START)), "no silence moh.9"),
        (kafka(declare_end("mes.9", author="Асанов", reason=None, at=START)), "speaks for mes"),
    ],
    ids=["not-json", "too-large", "no-headers", "foreign", "newer", "unknown-end", "foreign-end"],
)
def test_a_record_that_is_no_silence_of_the_body_hides_nothing_and_is_told(record, said):
    """A silence is believed only from the body itself, and only if every word of it is understood."""
    silences = Silences("moh")
    warning = silences.heed(record)
    assert said in warning
    assert silences.warnings == [warning]
    assert not silences.standing


def test_an_id_is_taken_once_and_a_silence_ended_once():
    """Else a second record could lengthen the first, after everybody has looked at it."""
    longer = declare(**(GOOD | {"expires": after(days=6)}))
    end = declare_end("moh.1", author="Асанов", reason=None, at=after(minutes=5))
    silences = Silences("moh")
    records = [declare(**GOOD), longer, end, end]
    warnings = [silences.heed(kafka(said, at=after(minutes=n), offset=n)) for n, said in enumerate(records)]
    assert [warning is None for warning in warnings] == [True, False, True, False]
    assert silences.standing["moh.1"].until == after(minutes=2)


def test_a_silence_counts_from_when_the_broker_has_it():
    """Backdated by its author's clock it would hide, after a restart, what was told before."""
    silences = Silences("moh")
    silences.heed(kafka(declare(**GOOD), at=after(minutes=10)))
    assert silences.standing["moh.1"].since == after(minutes=10)
    early = Silences("moh")
    early.heed(kafka(declare(**GOOD), at=after(minutes=-10)))
    assert early.standing["moh.1"].since == DECLARED


def test_the_history_says_what_became_of_each():
    """Whoever looks sees them all: planned, in force, expired, ended by hand."""
    ended = declare(**(GOOD | {"id": "moh.2"}))
    planned = declare(**(GOOD | {"id": "moh.3", "starts": after(days=1), "expires": after(days=2)}))
    silences = active(declare(**GOOD), ended, planned)
    silences.note(declare_end("moh.2", author="Асанов", reason="починили", at=after(minutes=9)), after(minutes=9))
    states = [each.state(after(hours=1)) for each in silences.standing.values()]
    assert states == [SilenceState.IN_FORCE, SilenceState.ENDED, SilenceState.PLANNED]
    assert silences.standing["moh.1"].state(after(hours=3)) is SilenceState.EXPIRED


# --- what it hides, and what becomes of it --------------------------------------------------------------------------


def test_what_a_silence_hid_is_told_in_one_notice_when_it_expires():
    """Hidden is not lost: how many, of what, and the latest value."""
    box = Inbox(active(declare(**GOOD)))
    for minute in range(10):
        event = reading(reading={"value": minute / 10, "unit": "uSv/h"})
        assert not box.take(delivered(event, at=after(minutes=minute)), after(minutes=minute))
    (hidden,) = box.view(after(minutes=10)).hidden
    assert (len(hidden.lines), hidden.untold, hidden.active.silence.id) == (1, 10, "moh.1")
    assert box.next_due == after(hours=2)
    (notice,) = box.tick(after(hours=2))
    (told,) = notice.told
    assert notice.silence.silence.reason == GOOD["reason"]
    assert (len(told.records), told.line.readings[0].latest.reading.value) == (10, 0.9)
    view = box.view(after(hours=2))
    assert len(view.lines) == 1
    assert not view.hidden


def test_ending_a_silence_early_tells_what_it_hid_now():
    """Whoever ends it wants to see."""
    silences = active(declare(**GOOD))
    box = Inbox(silences)
    box.take(delivered(reading()), START)
    silences.note(declare_end("moh.1", author="Асанов", reason=None, at=after(minutes=3)), after(minutes=3))
    (notice,) = box.tick(after(minutes=3))
    assert (notice.at, notice.silence.end.author) == (after(minutes=3), "Асанов")


def test_the_first_message_after_the_quiet_is_told_at_once():
    """The officer has never heard of that station: it is news, whatever was hidden before."""
    silences = active(declare(**GOOD))
    box = Inbox(silences)
    box.take(delivered(reading()), START)
    assert box.take(delivered(reading(severity="Moderate")), after(minutes=1))


def test_what_a_silence_hides_is_still_counted_and_listed():
    """`--hidden` shows it: the lines, and how many messages."""
    box = Inbox(active(declare(**GOOD)))
    box.take(delivered(reading()), START)
    box.take(delivered(reading(station="other")), START)
    view = box.view(after(minutes=1))
    assert [line.key.name for line in view.lines] == ["other"]
    assert [line.key.name for hidden in view.hidden for line in hidden.lines] == ["minkush-gamma-1"]


def test_a_group_of_which_a_part_is_outside_the_scope_stays_in_the_list():
    """A station may report what nobody silenced."""
    silence = declare(**(GOOD | {"scope": scope_of({"kind": "gamma-dose-rate", "region": "KG-N"})}))
    box = Inbox(active(silence))
    box.take(delivered(reading()), START)
    box.take(delivered(reading(), place="KG-O"), START)
    assert len(box.view(START).lines) == 1


def test_a_message_of_before_the_silence_is_not_untold_by_it():
    """What waited when it began is told in its time."""
    box = Inbox(active(declare(**(GOOD | {"starts": after(minutes=2)}))))
    box.take(delivered(reading()), START)
    box.take(delivered(reading(), at=after(minutes=1)), after(minutes=1))
    assert not box.take(delivered(reading(), at=after(minutes=3)), after(minutes=3))
    (notice,) = box.tick(after(minutes=6))
    assert len(notice.told[0].records) == 1


def test_after_a_restart_what_came_before_the_silence_is_not_told_with_its_end():
    """It was told in its time; the summary is of what was hidden."""
    box = Inbox(active(declare(**(GOOD | {"starts": after(minutes=2)}))))
    for minute in (0, 1, 3):
        box.restore(delivered(reading(), at=after(minutes=minute)), after(minutes=10))
    (hidden,) = box.view(after(minutes=10)).hidden
    assert (len(hidden.lines), hidden.lines[0].count, hidden.untold) == (1, 3, 1)


def test_after_a_restart_what_a_silence_told_with_its_early_end_is_not_hidden_by_a_shorter_one():
    """It would be told a second time when that ends."""
    silences = active(declare(**GOOD))
    longer = declare(**(GOOD | {"id": "moh.2", "expires": GOOD["expires"] + timedelta(hours=1)}))
    silences.note(longer, DECLARED)
    box, restarted = Inbox(silences), Inbox(silences)
    box.take(delivered(reading()), START)
    silences.note(declare_end("moh.2", author="Асанов", reason=None, at=after(minutes=3)), after(minutes=3))
    (told,) = box.tick(after(minutes=3))
    assert told.silence.silence.id == "moh.2"
    restarted.restore(delivered(reading()), after(minutes=4))
    assert [notice for each in (box, restarted) for notice in each.tick(after(hours=3))] == []


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 100), st.sampled_from(list(SEVERITY_ORDER))), max_size=30), st.integers(0, 240)
)
def test_a_restart_hides_and_shows_the_same(steps, restart_after_min):
    """The view is a function of what stands in the topics and of the time."""
    silences = active(declare(**GOOD), declare(**(GOOD | {"id": "moh.2", "scope": scope_of({"station": "b"})})))
    live, again, now = Inbox(silences), Inbox(silences), START
    taken = []
    for wait_min, severity in steps:
        now += timedelta(minutes=wait_min)
        station = "b" if wait_min % 2 else "minkush-gamma-1"
        taken.append(delivered(reading(station=station, severity=severity), at=now))
        live.take(taken[-1], now)
    now += timedelta(minutes=restart_after_min)
    live.tick(now)
    for each in taken:
        again.restore(each, now)

    def picture(box):
        view = box.view(now)
        return (
            {(line.key.name, line.count, line.severity, line.highest) for line in view.lines},
            {(by.active.silence.id, by.untold, frozenset(line.key.name for line in by.lines)) for by in view.hidden},
        )

    assert picture(live) == picture(again)


def subject(kind, **fields):
    event = parse_event(json.dumps(json.loads((EXAMPLES / f"{kind}.json").read_text()) | fields).encode())
    return delivered(event, lane_of(kind)).subject


def test_a_silence_of_one_place_or_hazard_hides_nothing_that_is_in_another_too():
    """«Silence for Naryn» was not said of Osh, nor «chemical» of what may be a germ."""
    assert subject("tailings-failure").district == "41704220"
    several = subject("tailings-failure", where={"district": "41704220", "further_districts": ["41706255"]})
    assert (several.district, several.region) == (None, None)
    assert subject("tailings-failure").hazard == "radiological"
    assert subject("tailings-failure", further_hazards=["chemical"]).hazard == ""
    assert subject("suspicious-substance").hazard == "biological"
    assert subject("suspicious-substance", identified=False).hazard == ""
