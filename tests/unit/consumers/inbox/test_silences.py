"""Silences: narrow, bounded, signed by a person; never over what threatens life, and never for good."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbrn_consumers.alert import Alert, Origin
from cbrn_consumers.inbox import (
    Inbox,
    Protection,
    Silences,
    SilenceState,
    delivery_of,
    protection_of,
)
from cbrn_schemas.events import parse_event
from cbrn_schemas.records import Alarm
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
from cbrn_schemas.topics import Lane

START = datetime(2026, 5, 1, 6, tzinfo=UTC)
DECLARED = START - timedelta(seconds=1)
STATION = {"station": "minkush-gamma-1"}
GOOD = {
    "id": "moh.1",
    "body": "moh",
    "author": "Асанов, дежурный",
    "reason": "датчик в ремонте до вечера",
    "scope": scope_of(STATION),
    "severity_max": "Minor",
    "starts": DECLARED,
    "expires": START + timedelta(hours=2),
    "created": DECLARED,
}
OFFSETS = iter(range(1_000_000))


def after(**time):
    return START + timedelta(**time)


def active(*given, body="moh"):
    """The silences of a body, each on the broker when it was created."""
    silences = Silences(body)
    for said in given:
        silences.note(said, getattr(said, "created", None) or said.at)
    return silences


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


def alert(event, *, at=START, role="inform", acknowledge_by=None, level=0, place="41704220"):
    return Alert(
        id=f"e-{(offset := next(OFFSETS))}",
        source="/mes",
        type="kg.x",
        event=event,
        data=b"",
        role=role,
        rules=("r",),
        acknowledge_by=acknowledge_by,
        level=level,
        warnings=(),
        restricted=False,
        rulebook="",
        place=place,
        origin=Origin("t", 0, offset, at),
    )


def reading(**fields):
    """A gamma dose rate, unless the fields say otherwise; None takes a field away."""
    given = {
        "kind": "gamma-dose-rate",
        "body": "mes",
        "observed": "2026-05-01T06:00:00Z",
        "reported": "2026-05-01T06:00:00Z",
        "where": {"site": "F04"},
        "station": "minkush-gamma-1",
        "reading": {"value": 0.3, "unit": "uSv/h"},
        "severity": "Minor",
        **fields,
    }
    return parse_event(json.dumps({name: value for name, value in given.items() if value is not None}).encode())


def spill(**fields):
    return parse_event(
        json.dumps(
            {
                "kind": "tailings-failure",
                "hazard": "radiological",
                "body": "mes",
                "observed": "2026-05-01T06:00:00Z",
                "reported": "2026-05-01T06:00:00Z",
                "where": {"site": "F04"},
                "situation": "KG-1",
                "state": "breached",
                "texts": {"ru": {"headline": "x"}},
                "severity": "Minor",
            }
            | fields
        ).encode()
    )


def delivered(event, lane=Lane.MONITORING, **options):
    return delivery_of(alert(event, **options), lane)


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


# --- what it may never cover ----------------------------------------------------------------------------------------

CAP = {
    "severity": st.sampled_from(["Extreme", "Severe", "Moderate", "Minor", "Unknown"]),
    "urgency": st.sampled_from(["Immediate", "Expected", "Future", "Past", "Unknown"]),
    "certainty": st.sampled_from(["Observed", "Likely", "Possible", "Unlikely", "Unknown"]),
}
FACTS = CAP | {
    "deliberate": st.booleans(),
    "exposed": st.lists(st.sampled_from(["school", "livestock"]), max_size=1),
    "dead": st.integers(0, 1),
    "injured": st.integers(0, 1),
    "ines_level": st.integers(0, 7),
}


def may_be_silenced(facts, *, lead, escalated, incident):
    """The rule in other words, told over CAP's cells."""
    severity, urgency = facts.get("severity", "Minor"), facts.get("urgency", "Unknown")
    later = urgency in {"Future", "Past"}
    harmless = {
        "Extreme": False,
        "Severe": later,
        "Moderate": True,
        "Minor": True,
        "Unknown": later if incident else urgency != "Immediate",
    }[severity]
    hurt = facts.get("dead") or facts.get("injured") or facts.get("ines_level", 0) > 3
    near = facts.get("exposed") and severity != "Minor"
    return harmless and not (facts.get("deliberate") or hurt or near or lead or escalated)


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=FACTS), st.booleans(), st.booleans())
def test_exactly_what_is_protected_cannot_be_hidden(facts, lead, escalated):
    """Over every severity, urgency and certainty, every role and every fact that says people are in danger."""
    each = delivered(
        spill(**facts),
        Lane.INCIDENTS,
        role="lead" if lead else "support",
        acknowledge_by=after(hours=1),
        level=int(escalated),
    )
    silence = declare(**(GOOD | {"scope": scope_of({"situation": "KG-1"}), "severity_max": "Severe"}))
    box = Inbox(active(silence))
    told = box.take(each, START)
    covered = may_be_silenced(facts, lead=lead, escalated=escalated, incident=True)
    assert bool(told) is not covered
    view = box.view(START)
    assert len(view.lines) == (0 if covered else 1)
    assert sum(len(hidden.lines) for hidden in view.hidden) == (1 if covered else 0)


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=CAP))
def test_a_grave_reading_is_told_through_any_silence(facts):
    """A detector under repair may still be right."""
    box = Inbox(active(declare(**(GOOD | {"severity_max": "Severe"}))))
    told = box.take(delivered(reading(**facts)), START)
    assert bool(told) is not may_be_silenced(facts, lead=False, escalated=False, incident=False)


@pytest.mark.parametrize("severity_max", ["Unknown", "Minor", "Moderate", "Severe"])
@pytest.mark.parametrize("severity", list(SEVERITY_ORDER))
def test_a_rise_above_what_was_seen_breaks_through(severity_max, severity):
    """The author judged what stood there, not what may come."""
    box = Inbox(active(declare(**(GOOD | {"severity_max": severity_max}))))
    told = box.take(delivered(reading(severity=severity, urgency="Past")), START)
    assert bool(told) is (SEVERITY_ORDER[severity] > SEVERITY_ORDER[severity_max] or severity == "Extreme")


def test_a_limit_that_was_not_reached_before_breaks_through():
    """Where a publisher leaves severity out, the facility's own criteria say that it got worse."""
    level = {"kind": "tailings-level", "reading": None, "freeboard": {"quantity": "level", "value": 1, "unit": "m"}}

    def event(threshold):
        return reading(**level, threshold=threshold, severity="Unknown")

    def told(limits, threshold):
        box = Inbox(active(declare(**(GOOD | {"limits": limits}))))
        notices = box.take(delivered(event(threshold)), START)
        assert len(box.view(START).lines) == len(notices)
        return bool(notices)

    assert not told((), "normal")
    assert told((), "attention")
    assert not told(("threshold=attention",), "attention")
    assert told(("threshold=attention", "threshold=danger"), "danger"), "danger is protected"


def test_the_bus_own_alarms_cannot_be_silenced():
    """They say that something is not being said."""
    alarm = Alarm.model_validate_json(
        '{"kind":"quarantined","quarantine_id":"t/0/1","body":"mes","at":"2026-05-01T06:00:00Z",'
        '"reason":"not-json","where":"value","message":"m","hint":"h"}'
    )
    each = delivery_of(alert(alarm, role="lead"), Lane.INCIDENTS)
    assert each.protection == {Protection.BUS}
    silence = declare(**(GOOD | {"scope": scope_of({"publisher": "mes", "region": "KG-N"})}))
    assert Inbox(active(silence)).take(each, START)


REASONS = {
    Protection.EXTREME: ({"severity": "Extreme", "urgency": "Past"}, {}),
    Protection.LIFE: ({"severity": "Severe", "urgency": "Immediate"}, {}),
    Protection.UNRATED: ({"severity": "Unknown", "urgency": "Immediate"}, {}),
    Protection.ACT: ({"deliberate": True}, {}),
    Protection.CASUALTIES: ({"injured": 1}, {}),
    Protection.EXPOSED: ({"severity": "Moderate", "exposed": ["school"]}, {}),
    Protection.ESCALATED: ({}, {"level": 1}),
    Protection.LEAD: ({}, {"role": "lead", "acknowledge_by": START}),
}
"""What makes a quiet report one that may not be silenced, each alone. The bus's own alarms are no reports."""


@pytest.mark.parametrize("reason", sorted(set(Protection) - {Protection.BUS}), ids=str)
def test_each_reason_protects_by_itself(reason):
    """Reports come with one reason: if another one stood in for it here, nobody would see it break."""
    fields, delivery = REASONS[reason]
    quiet = {"role": "inform", "acknowledge_by": None}
    assert not protection_of(spill(), **quiet)
    assert protection_of(spill(**fields), **(quiet | delivery)) == {reason}


def test_facts_that_say_life_is_in_danger_protect_whatever_the_severity_says():
    """AEGL, ERPG, INES, emergency classes, a dam at its danger mark, a suspicious signal."""
    gas = {
        "kind": "gas-concentration",
        "substance": {"name": "chlorine"},
        "reading": {"quantity": "volume-fraction", "value": 3, "unit": "[ppm]"},
        "exceeds": "aegl-2",
    }
    for event in (reading(**gas), spill(ines_level=4)):
        assert protection_of(event, role="inform", acknowledge_by=None) == {Protection.LIFE}
    assert not protection_of(reading(**(gas | {"exceeds": "aegl-1"})), role=None, acknowledge_by=None)


def test_a_situation_that_was_grave_stays_in_sight_when_it_is_said_to_be_less():
    """A correction of something extreme is what people must hear of."""
    box = Inbox(active(declare(**(GOOD | {"scope": scope_of({"situation": "KG-1"}), "severity_max": "Severe"}))))
    box.take(delivered(spill(severity="Extreme"), Lane.INCIDENTS), START)
    assert box.take(delivered(spill(severity="Minor", message_type="Update"), Lane.INCIDENTS), START)
    assert len(box.view(START).lines) == 1


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
