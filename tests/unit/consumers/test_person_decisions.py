"""What persons decide: the record that carries it, and what clerk and keeper make of it, without a broker."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from tests.builders.duties import NOW, raised

from cbrn_consumers.deciding import Person, check_words
from cbrn_consumers.duties.decided import decided as clerk_decides
from cbrn_consumers.duties.decided import plan_release
from cbrn_consumers.duties.log import Log
from cbrn_consumers.duties.persons import signed
from cbrn_consumers.errors import DecisionWordsError
from cbrn_consumers.quarantine.decided import decided as keeper_decides
from cbrn_consumers.quarantine.decided import statement_of
from cbrn_consumers.quarantine.items import Answer, answer_of, fold_items, with_answers
from cbrn_routing.activation import PrivateKey, Trust
from cbrn_routing.duties.drafts import draft
from cbrn_routing.signing.releases import sign
from cbrn_routing.signing.trust import Signer
from cbrn_schemas.duty import Answered, Released, parse_duty_record
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.person_decision import DecisionError, DutyDecision, QuarantineDecision, read_decision, record_of
from cbrn_schemas.records import quarantine_headers, quarantine_id
from cbrn_schemas.topics import Realm, decisions_topic

KEYS = {name: PrivateKey.generate() for name in ("A. Asanova", "B. Bekov", "M. Mamatov")}
BODIES = {"A. Asanova": "mes", "B. Bekov": "mes", "M. Mamatov": "moh"}
TRUST = Trust(tuple(Signer(name, BODIES[name], key.public) for name, key in KEYS.items()))
NOBODY = Trust()


def who(name: str, *, unsigned: bool = False) -> Person:
    return Person(f"{name} ({BODIES[name]})", BODIES[name], None if unsigned else partial(sign, KEYS[name]))


def drafted_log(
    trust: Trust = TRUST, *, kind: str = "tailings-failure", rule: str = "enc-tailings", **event: Any
) -> Log:
    """A log of one duty with its draft."""
    log = Log(Realm.REAL, trust)
    one = raised(kind, rule, **event)
    log.add(one, NOW)
    log.add(draft(log.states[one.id], NOW), NOW)
    return log


def release_of(log: Log, person: Person, number: int = 1) -> DutyDecision:
    (state,) = log.known
    record = signed(plan_release(state, by=person.name, now=NOW), Realm.REAL, person)
    return DutyDecision(id=f"{person.body}.{number}", body=person.body, duty=record)


def apply(log: Log, decision: DutyDecision) -> Any:
    """What the clerk does with it; its answer."""
    *others, answer = clerk_decides(log, decision, NOW)
    for entry in (*others, answer):
        log.add(entry, NOW)
    assert [*others] == ([decision.duty] if answer.outcome == "applied" else [])
    return answer


def test_a_decision_comes_back_from_its_record_as_it_went() -> None:
    """Key, headers and value; both kinds."""
    duty = release_of(drafted_log(), who("A. Asanova"))
    item = QuarantineDecision(
        id="mes.2", body="mes", record="cbrn.from.mes.incidents/0/7", at=NOW, by="A. Asanova", corrected='{"ё":1}'
    )
    for decision in (duty, item):
        key, headers, value = record_of(decision)
        assert key == decision.id.encode()
        assert dict(headers)["ce_id"] == key
        assert read_decision(headers, value, "mes") == decision
    assert decisions_topic(Realm.REAL, "mes") == "cbrn.from.mes.decisions"


@pytest.mark.parametrize(
    ("change", "topic_of", "where"),
    [
        ({}, "moh", "body"),
        ({"body": "moh", "id": "moh.1"}, "moh", "body"),  # the headers still say mes
        ({"id": "mes.9"}, "mes", "body"),  # another than in the headers
        ({"id": "moh.1"}, "mes", "value"),
        ({"unknown": 1}, "mes", "unknown"),
        ({"record": "../7"}, "mes", "record"),
        ({"by": "x"}, "mes", "by"),
    ],
)
def test_what_is_not_the_bodys_own_decision_is_left_out(change: dict[str, Any], topic_of: str, where: str) -> None:
    """A member that this version does not know may say what the person did not want."""
    good = QuarantineDecision(id="mes.1", body="mes", record="cbrn.from.mes.incidents/0/7", at=NOW, by="A. Asanova")
    _, headers, value = record_of(good)
    with pytest.raises(DecisionError) as caught:
        read_decision(headers, json.dumps(json.loads(value) | change).encode(), topic_of)
    assert caught.value.where == where
    assert caught.value.hint


@pytest.mark.parametrize("value", [None, b"", b"{", b"[1]", b"\xff"])
def test_bytes_that_are_nothing_are_no_decision(value: bytes | None) -> None:
    """Whatever lies on the topic, the process goes on behind it."""
    _, headers, _ = record_of(release_of(drafted_log(), who("A. Asanova")))
    for some in (headers, [], [("ce_type", b"x")]):
        with pytest.raises(DecisionError):
            read_decision(some, value, "mes")


def test_a_correction_that_no_record_holds_is_refused_before_it_is_written() -> None:
    """Readers carry 64 KiB at the most."""
    long = QuarantineDecision(
        id="mes.1", body="mes", record="cbrn.from.mes.incidents/0/7", at=NOW, by="A. Asanova", corrected="x" * 66_000
    )
    with pytest.raises(DecisionError, match="66"):
        record_of(long)


@pytest.mark.parametrize(
    ("name", "body", "note", "said"),
    [
        ("x", "mes", None, "no name"),
        ("A. Asanova", "mes", "", "0 characters"),
        ("A. Asanova", "", None, "for which body"),
        ("A. Asanova", "nobody", None, "'nobody' is no body"),
        ("A. Asanova", "moes", None, "'moes' is no body"),
    ],
)
def test_what_no_decision_can_have_is_said_before_a_broker_is_asked(
    name: str, body: str, note: str | None, said: str
) -> None:
    """With a remedy; also the body that is missing."""
    with pytest.raises(DecisionWordsError, match=said) as caught:
        check_words(Person(name, body), note, NOW)
    assert caught.value.hint


def test_the_clerk_applies_a_signed_release_and_says_so() -> None:
    """The person's record as it stands, and the answer beside it."""
    log = drafted_log()
    decision = release_of(log, who("A. Asanova"))
    answer = apply(log, decision)
    assert (answer.outcome, answer.decision, answer.why) == ("applied", "mes.1", None)
    assert [str(one.signer) for one in log.known[0].released] == ["A. Asanova (mes)"]
    assert log.decided["mes.1"] == answer == log.known[0].decided["mes.1"]
    assert parse_duty_record(answer.model_dump_json().encode()) == answer


def test_the_clerk_refuses_what_was_released_already() -> None:
    """Two officers decide on what both saw as open."""
    log = drafted_log()
    first, second = release_of(log, who("A. Asanova")), release_of(log, who("B. Bekov"), 2)
    assert apply(log, first).outcome == "applied"
    answer = apply(log, second)
    assert (answer.outcome, "released already" in answer.why, bool(answer.hint)) == ("refused", True, True)
    assert len(log.known[0].released) == 1


def test_two_different_persons_are_needed_where_the_duty_says_so() -> None:
    """One person twice is one, whatever the decision's id."""
    log = drafted_log(kind="lost-source", rule="icsant-offence", stolen=True)
    decisions = [release_of(log, who("A. Asanova"), number) for number in (1, 2)]
    assert [apply(log, each).outcome for each in decisions] == ["applied", "refused"]
    assert log.known[0].open
    assert apply(log, release_of(log, who("B. Bekov"), 3)).outcome == "applied"
    assert not log.known[0].open


def test_the_clerk_refuses_a_draft_that_has_been_replaced() -> None:
    """Nobody has read the new one."""
    log = drafted_log()
    decision = release_of(log, who("A. Asanova"))
    later = NOW + timedelta(minutes=5)
    log.add(raised("tailings-failure", "enc-tailings", at=later, identity=("e-2", "/mes"), volume_m3=300_000), later)
    log.add(draft(log.known[0], later), later)
    assert "by now" in apply(log, decision).why


def changed(decision: DutyDecision, **members: Any) -> DutyDecision:
    return decision.model_copy(update={"duty": decision.duty.model_copy(update=members)})


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda each: changed(each, key=None, signature=None), "a name alone"),
        (lambda each: changed(each, signature=sign(KEYS["B. Bekov"], object_())[1]), "something else"),
        (lambda each: changed(each, key=PrivateKey.generate().public), "not in the clerk's trust file"),
        (lambda each: changed(each, by="B. Bekov"), "the key is that of A. Asanova"),
        (lambda each: each.model_copy(update={"body": "moh", "id": "moh.1"}), "the key is that of A. Asanova"),
        (lambda each: changed(each, id="KG-2026-none/enc-tailings"), "something else"),
    ],
)
def test_the_clerk_refuses_what_would_count_with_nobody(forge: Any, said: str) -> None:
    """A name, a stranger's key, a signature over something else, another's name, another body's topic."""
    log = drafted_log()
    answer = apply(log, forge(release_of(log, who("A. Asanova"))))
    assert said in answer.why
    assert log.known[0].state.value == "drafted"


def object_() -> Any:
    return SimpleNamespace(encoded=lambda: b"something else")


def test_a_key_that_has_run_out_decides_nothing() -> None:
    """By the day on which it would come into the log, as every reader of the log will judge."""
    (one, *others) = TRUST.signers
    ended = Signer(one.person, one.body, one.key, valid_until=NOW.date() - timedelta(days=1))
    log = drafted_log(Trust((ended, *others)))
    assert "not valid" in apply(log, release_of(log, who("A. Asanova"))).why


def test_a_clerk_without_a_trust_file_records_the_name() -> None:
    """As before: it counts with nobody, and the duty stays open."""
    log = drafted_log(NOBODY)
    assert apply(log, release_of(log, who("A. Asanova", unsigned=True))).outcome == "applied"
    assert log.known[0].state.value == "drafted"
    assert [each.record.by for each in log.known[0].unverified] == ["A. Asanova (mes)"]


def test_a_name_alone_bears_no_other_body_than_its_topics() -> None:
    """Whose word stands on record must be whose topic it came on, where no key says it."""
    log = drafted_log(NOBODY)
    decision = release_of(log, who("A. Asanova", unsigned=True)).model_copy(update={"body": "moh", "id": "moh.1"})
    assert "stands on the topic of moh" in apply(log, decision).why


def test_an_unknown_duty_is_refused_and_raises_none() -> None:
    """The answer stands on the bus all the same."""
    log = drafted_log(NOBODY)
    (state,) = log.known
    note = Answered(id="nowhere/none", at=NOW, by="A. Asanova", note="not due")
    answer = apply(log, DutyDecision(id="mes.1", body="mes", duty=note))
    assert "no duty is called" in answer.why
    assert log.known == [state]
    assert "nowhere/none" not in log.partitions


def test_an_answer_is_applied_once_by_one_person() -> None:
    """A duty that two must release takes two to settle."""
    log = drafted_log(kind="lost-source", rule="icsant-offence", stolen=True)
    (state,) = log.known

    def settled(name: str, number: int) -> DutyDecision:
        note = Answered(id=state.id, at=NOW, by=who(name).name, note="not due")
        return DutyDecision(id=f"mes.{number}", body="mes", duty=signed(note, Realm.REAL, who(name)))

    assert [apply(log, settled("A. Asanova", number)).outcome for number in (1, 2)] == ["applied", "refused"]
    assert apply(log, settled("B. Bekov", 3)).outcome == "applied"
    assert "answered already" in apply(log, settled("B. Bekov", 4)).why


def test_a_check_that_fails_is_an_answer_and_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one decision would end the clerk at every start."""
    log = drafted_log()
    decision = release_of(log, who("A. Asanova"))
    monkeypatch.setattr("cbrn_consumers.duties.decided.check_decision", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in apply(log, decision).why


# The quarantine.

TOPIC = "cbrn.from.plant-chem.incidents"
ITEM = quarantine_id(TOPIC, 1, 3)


def set_aside(topic: str = TOPIC) -> Any:
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="not JSON", hint="Mend it.")
    at = "2026-05-01T06:00:00.000Z"
    headers = quarantine_headers([("ce_id", b"a-1")], error, topic=topic, partition=1, offset=3, key=b"k", at=at)
    return SimpleNamespace(key=quarantine_id(topic, 1, 3).encode(), headers=headers, value=b"{")


def wanted(body: str = "plant-chem", by: str = "P. Petrova", **members: Any) -> QuarantineDecision:
    return QuarantineDecision(id=f"{body}.1", body=body, record=members.pop("record", ITEM), at=NOW, by=by, **members)


def by_key(name: str, **members: Any) -> QuarantineDecision:
    decision = wanted(BODIES[name], who(name).name, **members)
    return decision.model_copy(update=who(name).signature(statement_of(decision, Realm.REAL)))


def keep(decision: QuarantineDecision, trust: Trust = TRUST, realm: Realm = Realm.REAL, topic: str = TOPIC) -> Any:
    plan, answer = keeper_decides(decision, fold_items([set_aside(topic)]), trust, realm, NOW)
    assert (plan is None) is bool(answer.why)
    return plan, answer


@pytest.mark.parametrize("trust", [TRUST, NOBODY], ids=["trust file", "none"])
def test_a_body_releases_what_is_its_own_by_name(trust: Trust) -> None:
    """It could as well publish it anew, and need not have keys for that."""
    plan, answer = keep(wanted(), trust)
    assert (plan.topic, plan.value) == (TOPIC, b"{")
    assert (answer.decision, answer.record, answer.by, answer.why) == ("plant-chem.1", ITEM, "P. Petrova", "")


def test_another_body_releases_it_with_a_key_only() -> None:
    """A correction puts words into the publisher's mouth."""
    assert keep(by_key("A. Asanova"))[0].topic == TOPIC
    for refused, trust in ((wanted("mes"), TRUST), (wanted("mes"), NOBODY), (by_key("A. Asanova"), NOBODY)):
        plan, answer = keep(refused, trust)
        assert plan is None
        assert "another body needs a signature" in answer.why
        assert "--key" in answer.hint


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"new_id": "b-2"}, "wrong-signature"),
        ({"corrected": "{}"}, "wrong-signature"),
        ({"signature": None}, "name-only"),
        ({"key": PrivateKey.generate().public}, "unknown-key"),
        ({"by": "B. Bekov"}, "the key is that of A. Asanova"),
        ({"body": "moh", "id": "moh.1"}, "the key is that of A. Asanova"),
    ],
)
def test_a_signature_must_be_good_over_all_of_it(members: dict[str, Any], said: str) -> None:
    """Record, content, new id; in the signer's own name and on the own body's topic."""
    plan, answer = keep(by_key("A. Asanova").model_copy(update=members))
    assert plan is None
    assert said in answer.why


def test_a_bad_signature_is_no_name_alone() -> None:
    """Whoever signs means it: what was changed on the way is refused, even where a name would do."""
    decision = wanted("mes", "A. Asanova", record=quarantine_id("cbrn.from.mes.incidents", 1, 3))
    forged = decision.model_copy(update=by_key("A. Asanova").model_dump(include={"key", "signature"}))
    assert "wrong-signature" in keep(forged, topic="cbrn.from.mes.incidents")[1].why
    assert keep(decision, topic="cbrn.from.mes.incidents")[0] is not None


def test_what_was_released_unknown_or_is_no_event_is_refused() -> None:
    """Each with the reason that the person's command shows."""
    assert "released by one" in _again()[1].why
    assert "no quarantined record" in keep(wanted(record=quarantine_id(TOPIC, 1, 4)))[1].why
    assert "value" in keep(wanted(corrected="{"))[1].why
    assert "another realm" in keep(wanted(), realm=Realm.EXERCISE)[1].why


def _again() -> Any:
    items = fold_items([set_aside()])
    items[ITEM] = with_answers(items[ITEM], [Answer("", ITEM, "one", "2026")])
    return keeper_decides(wanted(), items, TRUST, Realm.REAL, NOW)


@pytest.mark.parametrize("why", ["", "it was released by one"])
def test_the_keepers_answer_comes_back_from_its_record(why: str) -> None:
    """A refusal closes nothing, and is shown with the record."""
    answer = Answer("mes.1", ITEM, "A. Asanova", "2026-05-01T07:00:00.000Z", why, "Look." if why else "")
    record = SimpleNamespace(key=ITEM.encode(), headers=answer.headers(), value=b"")
    assert answer_of(record) == answer
    (item,) = fold_items([set_aside(), record]).values()
    assert item.open is bool(why)
    assert item.refused == ((answer,) if why else ())


def test_a_release_from_before_there_were_decisions_is_still_read() -> None:
    """By its marker alone, as it stands on the topic for a year."""
    headers = [("cbrn_state", b"released"), ("cbrn_released_by", b"one"), ("cbrn_released_at", b"2026")]
    old = SimpleNamespace(key=ITEM.encode(), headers=headers, value=b"")
    assert answer_of(old) == Answer("", ITEM, "one", "2026")
    (item,) = fold_items([set_aside(), old]).values()
    assert (item.open, item.released_by) == (False, "one")


def test_records_of_duties_from_before_there_were_decisions_are_still_read() -> None:
    """Released by a command of the former version, straight into the log."""
    log = drafted_log()
    record = release_of(log, who("A. Asanova")).duty
    assert isinstance(record, Released)
    log.add(parse_duty_record(record.model_dump_json().encode()), NOW)
    assert not log.known[0].open
    assert log.decided == {}
