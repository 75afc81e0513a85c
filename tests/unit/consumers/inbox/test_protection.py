"""What no silence may cover: what threatens life, what rises, what the bus itself says."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.inbox import GOOD, START, active, after, alert, delivered, reading

from cbrn_consumers.inbox import (
    Inbox,
    Protection,
    delivery_of,
    protection_of,
)
from cbrn_schemas.events import parse_event
from cbrn_schemas.records import Alarm
from cbrn_schemas.silence import (
    SEVERITY_ORDER,
    declare,
    scope_of,
)
from cbrn_schemas.topics import Lane


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
