"""A decision that cannot be understood is refused on the bus, where it says whose it is: not in a log alone."""

import json
from types import SimpleNamespace

import pytest
from tests.builders.duties import NOW, raised

from cbrn_consumers.duties import Clerk
from cbrn_consumers.duties.decided import decided as clerk_decides
from cbrn_consumers.duties.log import Log, find_duty
from cbrn_consumers.errors import UnknownDutyError
from cbrn_consumers.quarantine.decided import decided as keeper_decides
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_routing.activation import Trust
from cbrn_schemas.duty import Answered, Decided, parse_duty_record
from cbrn_schemas.person_decision import DutyDecision, QuarantineDecision, UnreadDecision, record_of
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

DUTY = "KG-2026-dam/enc-tailings"
ITEM = "cbrn.from.mes.incidents/0/7"
ON_DUTY = DutyDecision(id="mes.1", body="mes", duty=Answered(id=DUTY, at=NOW, by="A. Asanova (mes)", note="not due"))
ON_ITEM = QuarantineDecision(id="mes.2", body="mes", record=ITEM, at=NOW, by="A. Asanova (mes)")


def record(decision, *, topic="cbrn.from.mes.decisions", headers=None, **members):
    """The record of a decision, with members of a version to come."""
    key, own, value = record_of(decision)
    return SimpleNamespace(
        topic=topic,
        partition=0,
        offset=3,
        key=key,
        headers=[(name, (headers or {}).get(name, content)) for name, content in own],
        value=json.dumps(json.loads(value) | members).encode(),
        timestamp=0,
        timestamp_type=1,
    )


def heeded(keeper, *records):
    kept = keeper(Settings())
    kept._sort(list(records))
    return kept


@pytest.mark.parametrize(("keeper", "decision"), [(Clerk, ON_DUTY), (QuarantineKeeper, ON_ITEM)])
def test_each_keeper_takes_up_what_is_its_business(keeper, decision):
    """The command waits for an answer; «nobody has looked at it yet» would be wrong for ever."""
    kept = heeded(keeper, record(ON_DUTY, urgent=True), record(ON_ITEM, urgent=True))
    (unread,) = kept.pending.values()
    assert (unread.id, unread.subject) == (decision.id, decision.subject)
    assert "urgent: Extra inputs" in unread.why


@pytest.mark.parametrize(
    "odd",
    [
        record(ON_DUTY, urgent=True, topic="cbrn.from.moh.decisions"),
        record(ON_DUTY, urgent=True, headers={"ce_id": b"moh.1"}),
        record(ON_DUTY, urgent=True, headers={"ce_source": b"/moh"}),
        record(ON_DUTY, urgent=True, headers={"ce_subject": b"two words/x"}),
        record(ON_DUTY, urgent=True, headers={"ce_subject": b""}),
        record(ON_DUTY, headers={"ce_id": b"mes.7"}),
        record(ON_DUTY, body="moh"),
    ],
)
def test_nobody_can_have_anothers_decision_refused(odd):
    """An answer under its id would keep the right one from being applied."""
    kept = heeded(Clerk, odd)
    assert all(one.id == "mes.1" and "begin with moh" in one.why for one in kept.pending.values())
    assert bool(kept.pending) is not bool(kept.left_out._new)


def test_the_clerk_writes_that_it_is_refused_and_what_to_do():
    """It stands beside the duty, as every refusal."""
    log = Log(Realm.REAL, Trust())
    (unread,) = heeded(Clerk, record(ON_DUTY, urgent=True)).pending.values()
    (answer,) = clerk_decides(log, unread, NOW)
    assert (answer.id, answer.decision, answer.outcome) == (DUTY, "mes.1", "refused")
    assert "cannot be understood" in answer.why
    assert "Decide again" in answer.hint
    assert parse_duty_record(answer.model_dump_json().encode()) == answer


def test_the_keeper_of_the_quarantine_answers_too():
    """Without a record, since nothing may be written for it."""
    unread = UnreadDecision("mes.2", ITEM, QuarantineDecision, "it cannot be understood: x", "Decide again.")
    plan, answer = keeper_decides(unread, {}, Trust(), Realm.REAL, NOW)
    assert plan is None
    assert (answer.decision, answer.record, answer.why) == ("mes.2", ITEM, "it cannot be understood: x")


def test_who_looks_for_a_duty_that_there_is_not_reads_the_refusal():
    """The id may have been mistyped by the program that decided."""
    log = Log(Realm.REAL, Trust())
    log.add(raised("tailings-failure", "enc-tailings"), NOW)
    log.add(Decided(id="none/none", at=NOW, decision="mes.1", outcome="refused", why="no duty is called so"), NOW)
    with pytest.raises(UnknownDutyError, match=r"refused: mes\.1: no duty is called so"):
        find_duty(log, "none/none")
