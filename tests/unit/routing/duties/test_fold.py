"""The state of a duty is what its records say together, in whatever order and however often they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.routing.duties.duties_bench import NOW, raised

from cbrn_consumers.deciding import Person
from cbrn_consumers.duties import clerk
from cbrn_consumers.duties.decided import plan_release
from cbrn_consumers.duties.persons import signed
from cbrn_consumers.errors import DutyRefusedError
from cbrn_routing.activation import PrivateKey, Trust
from cbrn_routing.duties import DutyState, State, Verifier, evidence_of
from cbrn_routing.duties.drafts import draft
from cbrn_routing.duties.fold import EVENTS_MAX, fold
from cbrn_routing.signing.releases import ReleaseStatement, Unverified, sign
from cbrn_routing.signing.trust import Signer
from cbrn_schemas.duty import Answered, Noted, Overdue, Raised, Released, parse_duty_record
from cbrn_schemas.events import parse_event
from cbrn_schemas.topics import Realm

DAM = "tailings-failure"
RULE = "enc-tailings"


def first(**changes: Any) -> Raised:
    return raised(DAM, RULE, **changes)


def update(number: int, **changes: Any) -> Raised:
    """A later report of the same situation."""
    later = NOW + timedelta(minutes=10 * number)
    times = {"message_type": "Update", "reported": later.isoformat().replace("+00:00", "Z")}
    return raised(DAM, RULE, at=later, identity=(f"e-{number + 1}", "/mes"), **times, **changes)


KEYS = {name: PrivateKey.generate() for name in ("A. Asanova", "B. Bekov", "C. Choro", "Айгуль Асанова", "Бакыт Беков")}
TRUST = Trust(tuple(Signer(name, "mes", key.public) for name, key in KEYS.items()))
VERIFIER = Verifier(Realm.REAL, TRUST)


def state_of(*records: Any, verifier: Verifier = VERIFIER) -> DutyState:
    """Their fold; each came to the broker when it says."""
    (state,) = fold([(record, record.at) for record in records], verifier).values()
    return state


def put(state: DutyState, record: Any, taken: datetime | None = None) -> None:
    state.add(record, taken or record.at)


def by(name: str, record: Any, key: PrivateKey | None = None, realm: Realm = Realm.REAL) -> Any:
    """The record, signed by that person."""
    return signed(record, realm, Person(name, "mes", partial(sign, key or KEYS[name])))


def release(state: DutyState, name: str, now: datetime) -> None:
    """What the command does: planned, signed, taken by the broker at once."""
    put(state, by(name, plan_release(state, by=f"{name} (mes)", now=now)))


def answer(state: DutyState, name: str, note: str, at: datetime = NOW) -> None:
    put(state, by(name, Answered(id=state.id, at=at, by=f"{name} (mes)", note=note)))


def theft() -> DutyState:
    """A duty for which two persons are needed, drafted."""
    state = state_of(raised("lost-source", "icsant-offence", stolen=True))
    put(state, draft(state, NOW))
    return state


def everything() -> list[Any]:
    """A whole life: two reports, drafts of both, a withdrawal, an alarm, releases, answers."""
    one, two = first(), update(1, volume_m3=300_000)
    state = state_of(one)
    early = draft(state, NOW)
    put(state, two)
    late = draft(state, NOW + timedelta(minutes=11))
    note = Noted(id=one.id, at=NOW + timedelta(hours=1), note="cancelled", evidence=two.duty.evidence)
    alarm = Overdue(id=one.id, at=NOW + timedelta(hours=2), limit="target", due=NOW, told=("mes", "mnrets"))
    again = alarm.model_copy(update={"at": NOW + timedelta(hours=3)})
    done = [
        by(name, Released(id=one.id, at=NOW + timedelta(minutes=20 + n), by=name, digest=each.digest))
        for n, (name, each) in enumerate([("A. Asanova", early), ("A. Asanova", late), ("B. Bekov", late)])
    ]
    told = [
        by("A. Asanova", Answered(id=one.id, at=NOW + timedelta(days=1), by="A. Asanova", note=text))
        for text in ("one", "two")
    ]
    forged = [
        Released(id=one.id, at=NOW, by="A. Asanova", digest=late.digest),
        told[0].model_copy(update={"by": "Z. Z"}),
    ]
    return [one, two, early, late, note, alarm, again, *done, *told, *forged]


def seen(state: DutyState) -> tuple[Any, ...]:
    """All that anybody asks of a state."""
    return (
        state.state,
        state.duty,
        state.evidence,
        state.draft,
        state.released,
        state.cancelled,
        state.superseded,
        state.limit(),
        state.answered,
        state.unverified,
        state.alarms["target"] if state.alarms else None,
    )


@given(st.data())
def test_the_order_of_records_and_their_repetition_say_nothing(data: st.DataObject) -> None:
    """Readers begin anywhere, writers repeat themselves: the state must be the same for all."""
    records = everything()
    expected = seen(state_of(*records))
    shuffled = data.draw(st.permutations(records + data.draw(st.lists(st.sampled_from(records), max_size=6))))
    assert seen(state_of(*shuffled)) == expected


@given(st.data())
def test_updates_never_restart_the_clock(data: st.DataObject) -> None:
    """Time already lost is lost: a correction every hour would otherwise postpone the notification for ever."""
    updates = [update(number, volume_m3=1000 * number) for number in range(1, 6)]
    chosen = data.draw(st.permutations([first(), *data.draw(st.lists(st.sampled_from(updates), unique_by=id))]))
    state = state_of(*chosen)
    assert state.duty.target == first().duty.target
    assert state.duty.started == first().duty.started
    assert state.state is State.RAISED
    assert len(state.evidence) == len(chosen)


@given(st.permutations(everything()), st.integers(0, 13))
def test_a_reader_who_has_seen_a_part_never_sees_a_state_go_back(records: list[Any], cut: int) -> None:
    """A duty that was released is not open again because of an older record."""
    state = DutyState(records[0].id)
    ranks = [*State]
    before = 0
    for number, record in enumerate(records):
        put(state, record)
        if state.known and number >= cut:
            rank = ranks.index(state.state)
            assert rank >= before
            before = rank


def test_every_record_survives_the_wire() -> None:
    """What is written is what is read."""
    for record in everything():
        assert parse_duty_record(record.model_dump_json().encode()) == record


def test_records_of_former_versions_are_read_and_shown_for_what_they_are() -> None:
    """An answer bore no signature then: it is on record, by name, and a signed release before it still stands."""
    state = state_of(first())
    put(state, draft(state, NOW))
    release(state, "A. Asanova", NOW)
    old = b'{"type":"answered","id":"%s","at":"2026-11-23T07:00:00Z","by":"A. Asanova (mes)","note":"received"}'
    put(state, parse_duty_record(old % state.id.encode()))
    assert state.state is State.RELEASED
    assert [(each.record.by, each.why) for each in state.unverified] == [("A. Asanova (mes)", Unverified.NAME_ONLY)]


def test_a_cancellation_is_noted_and_takes_nothing_away() -> None:
    """What was perhaps told abroad must be taken back by a person."""
    cancel = parse_event(
        b'{"kind":"chemical-release","hazard":"chemical","body":"mes","situation":"KG-1",'
        b'"message_type":"Cancel","observed":"2026-11-23T05:00:00Z",'
        b'"reported":"2026-11-23T05:30:00Z","where":{"site":"F01"},"substances":[{"name":"x"}],'
        b'"texts":{"en":{"headline":"all clear"}}}'
    )
    record = first()
    note = Noted(id=record.id, at=NOW, note="cancelled", evidence=evidence_of(cancel, ("e-9", "/mes")))
    state = state_of(record, note)
    assert state.cancelled
    assert state.open
    assert not state.drafted_all, "the draft has to say that it is withdrawn"


def test_what_is_raised_again_after_a_withdrawal_stands() -> None:
    """An all-clear that was wrong: the draft must not tell the world of a withdrawal that no longer holds."""
    state = state_of(first())
    put(state, Noted(id=state.id, at=NOW + timedelta(minutes=5), note="cancelled", evidence=update(1).duty.evidence))
    assert state.cancelled
    assert "withdraws" in draft(state, NOW).texts["en"]
    put(state, update(2))
    assert not state.cancelled
    text = draft(state, NOW).texts["en"]
    assert "withdraws" not in text
    assert "cancels the situation" in text, "that there was one stays on record"


def test_one_person_is_not_two() -> None:
    """The same name in other letters is one person, and a second one is needed."""
    state = theft()
    release(state, "Айгуль Асанова", NOW)
    assert state.state is State.RELEASED_BY_ONE
    for name in ("Айгуль Асанова", "АЙГУЛЬ  асанова", "Асанова Айгуль (moh)"):
        with pytest.raises(DutyRefusedError, match="has released"):
            plan_release(state, by=name, now=NOW)
    release(state, "Бакыт Беков", NOW)
    assert state.state is State.RELEASED
    assert [str(each.signer) for each in state.released] == ["Айгуль Асанова (mes)", "Бакыт Беков (mes)"]


@pytest.mark.parametrize("name", ["Айгуль Асанова", "Асанова Айгуль", "Aйгуль Acaнoвa"])
def test_a_second_key_of_one_person_is_no_second_person(name: str) -> None:
    """A trust file may hold one person twice: an old key and a new one, or under two bodies."""
    second = PrivateKey.generate()
    state = theft()
    state.verifier = Verifier(Realm.REAL, Trust((*TRUST.signers, Signer(name, "moh", second.public))))
    release(state, "Айгуль Асанова", NOW)
    digest = state.draft.digest if state.draft else ""
    record = Released(id=state.id, at=NOW, by="Another Name", digest=digest)
    put(state, by(name, record, second))
    assert state.state is State.RELEASED_BY_ONE


def test_two_publishers_may_use_the_same_ids() -> None:
    """Many number their reports from one: the second body's report must come into the draft, and come back as news."""
    state = state_of(first())
    put(state, draft(state, NOW))
    release(state, "A. Asanova", NOW)
    other = update(1, volume_m3=300_000)
    evidence = first().duty.evidence.model_copy(update={"source": "/moh", "reported": NOW + timedelta(minutes=10)})
    put(state, other.model_copy(update={"duty": other.duty.model_copy(update={"evidence": evidence})}))
    assert not state.drafted_all
    assert state.superseded
    put(state, draft(state, NOW + timedelta(minutes=11)))
    assert state.drafted_all


def test_thousands_of_reports_fit_into_a_draft() -> None:
    """A draft that outgrew the record would end the clerk at every start, and no duty of anybody would be seen to."""
    one, more = first(), update(1)
    state = state_of(one)
    for number in range(EVENTS_MAX * 5):
        name = {"id": f"{number:0128}", "source": "/mes/" + "x" * 250}
        evidence = more.duty.evidence.model_copy(update=name)
        at = more.at + timedelta(minutes=number)
        put(state, more.model_copy(update={"at": at, "duty": more.duty.model_copy(update={"evidence": evidence})}))
    written = draft(state, NOW)
    assert len(written.model_dump_json()) < 500_000
    assert f"- {4 * EVENTS_MAX + 1} earlier reports" in written.texts["en"]
    put(state, written)
    assert state.drafted_all
    release(state, "A. Asanova", NOW)
    assert not state.superseded
    put(state, update(EVENTS_MAX))
    assert not state.drafted_all


def test_a_draft_that_is_too_long_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker would refuse it at every try; the others are drafted, and the log names the one that waits."""
    monkeypatch.setattr(clerk, "DRAFT_BYTES_MAX", 100)
    assert clerk._drafted(state_of(first()), NOW) is None
    monkeypatch.undo()
    assert clerk._drafted(state_of(first()), NOW) is not None


def test_a_copied_record_of_the_same_person_does_not_count() -> None:
    """The fold holds the rule too, whoever wrote the records: one signature under three names is one person."""
    state = theft()
    record = by("A. Asanova", plan_release(state, by="A. Asanova (mes)", now=NOW))
    for number, name in enumerate(["A. Asanova", "B. Bekov", "C. Choro"]):
        put(state, record.model_copy(update={"by": name, "at": NOW + timedelta(minutes=number)}))
    assert state.state is State.RELEASED_BY_ONE
    assert [str(each.signer) for each in state.released] == ["A. Asanova (mes)"]


def test_two_persons_must_release_the_same_draft() -> None:
    """Whoever signs second must have read what the first has read."""
    state = theft()
    release(state, "A. Asanova", NOW)
    more = raised(
        "lost-source",
        "icsant-offence",
        at=NOW + timedelta(hours=1),
        identity=("e-2", "/mia"),
        stolen=True,
        message_type="Update",
        container="lead pot, 30 kg",
    )
    put(state, more)
    newer = draft(state, NOW + timedelta(hours=1))
    put(state, newer)
    release(state, "B. Bekov", NOW)
    assert state.state is State.RELEASED_BY_ONE
    release(state, "A. Asanova", NOW)
    assert state.state is State.RELEASED
    assert state.released_draft == newer


def test_a_later_suspicion_asks_two_persons_for_the_next_draft_and_undoes_no_release() -> None:
    """What one person rightly released has been told; what follows it needs two."""
    state = state_of(first())
    put(state, draft(state, NOW))
    release(state, "A. Asanova", NOW)
    later = update(1)
    put(state, later.model_copy(update={"duty": later.duty.model_copy(update={"persons": 2})}))
    assert state.state is State.RELEASED
    assert state.superseded
    put(state, draft(state, NOW + timedelta(minutes=11)))
    release(state, "A. Asanova", NOW + timedelta(minutes=12))
    assert state.superseded, "one of two"
    release(state, "B. Bekov", NOW + timedelta(minutes=13))
    assert not state.superseded


def test_without_a_draft_nothing_can_be_released() -> None:
    """A release of nothing would be a signature on a blank sheet."""
    with pytest.raises(DutyRefusedError, match="no draft yet"):
        plan_release(state_of(first()), by="A. Asanova", now=NOW)


def test_a_released_duty_is_not_overdue() -> None:
    """An alarm about what is done teaches officers to ignore alarms."""
    state = state_of(first())
    late = NOW + timedelta(hours=2)
    assert state.is_overdue(late)
    put(state, draft(state, NOW))
    assert state.is_overdue(late)
    release(state, "A. Asanova", NOW)
    assert not state.is_overdue(late)


def test_what_was_told_comes_back_when_later_reports_say_more() -> None:
    """Article 5(2) asks for supplements, and an all-clear has to be told where the alarm was told."""
    state = state_of(first())
    put(state, draft(state, NOW))
    release(state, "A. Asanova", NOW)
    assert not state.superseded
    put(state, update(1, volume_m3=300_000))
    assert state.state is State.RELEASED
    assert state.superseded
    supplement = draft(state, NOW + timedelta(minutes=11))
    put(state, supplement)
    release(state, "A. Asanova", NOW + timedelta(minutes=12))
    assert state.released_draft == supplement
    assert not state.superseded
    late = NOW + timedelta(hours=1)
    answer(state, "A. Asanova", "received", late)
    all_clear = update(2).duty.evidence
    put(state, Noted(id=state.id, at=late - timedelta(minutes=1), note="cancelled", evidence=all_clear))
    assert not state.superseded, "whoever recorded the answer could see it"
    put(state, Noted(id=state.id, at=late + timedelta(minutes=1), note="cancelled", evidence=update(3).duty.evidence))
    assert state.superseded


def test_what_was_settled_as_not_due_comes_back_with_a_new_report() -> None:
    """«Not due» was said of what was known then."""
    state = state_of(first())
    answer(state, "A. Asanova", "not due: a false alarm")
    assert not state.superseded
    put(state, update(1))
    assert state.superseded


def test_a_signature_holds_for_its_duty_draft_and_realm_alone() -> None:
    """Signed for an exercise is not signed for the world."""
    record = by("A. Asanova", plan_release(theft(), by="A. Asanova (mes)", now=NOW))
    assert str(VERIFIER.said(record, NOW).signer) == "A. Asanova (mes)"
    for changed in ({"id": "KG-1/other"}, {"digest": "0" * 64}, {"key": KEYS["B. Bekov"].public}):
        assert VERIFIER.said(record.model_copy(update=changed), NOW).why is Unverified.WRONG_SIGNATURE
    assert Verifier(Realm.EXERCISE, TRUST).said(record, NOW).why is Unverified.WRONG_SIGNATURE
    assert Verifier(Realm.REAL, Trust()).said(record, NOW).why is Unverified.NO_TRUST_FILE


def test_an_answers_signature_holds_for_its_duty_time_and_note_alone() -> None:
    """Else «not due», said of one duty, would settle another; and none of a release may pass for one of an answer."""
    record = by("A. Asanova", Answered(id="KG-1/a", at=NOW, by="A. Asanova", note="not due"))
    assert VERIFIER.said(parse(record), NOW).why is None
    for changed in ({"id": "KG-1/b"}, {"note": "due"}, {"at": NOW + timedelta(microseconds=1)}):
        assert VERIFIER.said(record.model_copy(update=changed), NOW).why is Unverified.WRONG_SIGNATURE
    other = Released(id=record.id, at=NOW, by=record.by, digest="0" * 64, key=record.key, signature=record.signature)
    assert VERIFIER.said(other, NOW).why is Unverified.WRONG_SIGNATURE


def parse(record: Any) -> Any:
    return parse_duty_record(record.model_dump_json().encode())


@pytest.mark.parametrize("act", ["release", "answer"])
def test_words_that_nobody_signed_count_with_nobody(act: str) -> None:
    """Two invented names, or two garbage signatures, would else release what is told abroad, or silence its alarm."""
    state = theft()
    digest = state.draft.digest if state.draft else ""
    stranger = PrivateKey.generate()
    key, garbage = KEYS["A. Asanova"].public, stranger.sign(ReleaseStatement(Realm.REAL, state.id, digest))
    for number, proof in enumerate(
        [{}, {"key": key, "signature": garbage}, {"key": stranger.public, "signature": garbage}]
    ):
        name = f"{'ABC'[number]}. Invented"
        if act == "release":
            put(state, Released(id=state.id, at=NOW, by=name, digest=digest, **proof))
        else:
            put(state, Answered(id=state.id, at=NOW, by=name, note="not due", **proof))
    assert state.state is State.DRAFTED
    assert state.is_overdue(NOW + timedelta(days=400)) is (state.limit() is not None)
    assert (state.released, state.answered) == ((), ())
    assert {each.why for each in state.unverified} == {
        Unverified.NAME_ONLY,
        Unverified.WRONG_SIGNATURE,
        Unverified.UNKNOWN_KEY,
    }
    release(state, "A. Asanova", NOW)
    assert state.state is State.RELEASED_BY_ONE, "an invented word keeps nobody from speaking"


def test_an_invented_release_in_a_persons_name_does_not_keep_that_person_out() -> None:
    """It would be enough to write a name to stop a notification."""
    state = theft()
    digest = state.draft.digest if state.draft else ""
    put(state, Released(id=state.id, at=NOW - timedelta(days=1), by="A. Asanova (mes)", digest=digest))
    release(state, "A. Asanova", NOW)
    release(state, "B. Bekov", NOW)
    assert state.state is State.RELEASED


def test_who_has_no_trust_file_says_unverified_and_never_released() -> None:
    """That machine cannot know: neither of names, nor of signatures that are good elsewhere."""
    state = theft()
    state.verifier = Verifier()
    late = NOW + timedelta(days=400)
    assert state.state is State.DRAFTED
    for name in ("A. Asanova", "B. Bekov"):
        release(state, name, NOW)
        assert state.state is State.UNVERIFIED
    answer(state, "A. Asanova", "received")
    assert state.state is State.UNVERIFIED
    assert state.open
    assert state.is_overdue(late) is (state.limit() is not None)
    assert (state.released, state.answered, state.answered_by) == ((), (), frozenset())
    state.verifier.trust = TRUST
    assert state.state is State.ANSWERED, "the same records, read where the keys are known"


@pytest.mark.parametrize(("days", "why"), [(0, None), (1, Unverified.NOT_VALID_THEN), (-40, Unverified.NOT_VALID_THEN)])
def test_a_leavers_key_counts_by_the_brokers_time_and_not_by_its_own_word(days: int, why: Unverified | None) -> None:
    """A back-dated record would else make a key good for ever."""
    start, end = NOW.date() - timedelta(days=30), NOW.date()
    leaver = Signer("A. Asanova", "mes", KEYS["A. Asanova"].public, start, end)
    state = theft()
    state.verifier = Verifier(Realm.REAL, Trust((leaver, *TRUST.signers[1:])))
    record = by("A. Asanova", plan_release(state, by="A. Asanova (mes)", now=NOW))
    put(state, record, NOW + timedelta(days=days))
    assert [each.why for each in state.said] == [why]
    assert state.state is (State.DRAFTED if why else State.RELEASED_BY_ONE)


def test_an_answer_dated_ahead_does_not_settle_what_is_to_come() -> None:
    """The year 2199 in one record would hide every later report of the situation."""
    state = state_of(first())
    ahead = Answered(id=state.id, at=datetime(2199, 1, 1, tzinfo=UTC), by="A. Asanova", note="not due")
    put(state, by("A. Asanova", ahead), NOW)
    assert state.state is State.ANSWERED
    put(state, update(1))
    assert state.superseded


def test_a_copied_answer_does_not_settle_what_came_after_it() -> None:
    """The copy is taken later, and says what was said of what was known then."""
    state = state_of(first())
    record = by("A. Asanova", Answered(id=state.id, at=NOW, by="A. Asanova", note="not due"))
    put(state, record, NOW)
    put(state, update(1))
    put(state, record, NOW + timedelta(hours=5))
    put(state, record.model_copy(update={"by": "Z. Z"}), NOW + timedelta(hours=6))
    assert state.superseded


def test_another_text_under_a_released_digest_is_left_out() -> None:
    """What persons released is what the digest is of, whoever writes another text under it, and however early."""
    state = theft()
    genuine = state.draft
    assert genuine is not None
    release(state, "A. Asanova", NOW)
    forged = genuine.model_copy(update={"texts": {"en": "nothing", "ru": "ничего"}, "at": NOW - timedelta(days=9)})
    put(state, forged)
    assert state.released_draft == genuine


def test_a_report_from_the_future_does_not_hide_those_that_come_after_it() -> None:
    """A publisher's clock a century ahead would freeze every later draft at its report."""
    ahead = raised(DAM, RULE, identity=("e-0", "/mes"), reported="2126-01-01T00:00:00Z", volume_m3=1)
    state = state_of(ahead, update(1, volume_m3=300_000))
    assert state.latest.event["volume_m3"] == 300_000


def test_what_two_must_release_one_cannot_settle() -> None:
    """Otherwise one hand could stop the alarm of a duty that takes two to fulfil."""
    state = theft()
    answer(state, "A. Asanova", "nothing is due")
    answer(state, "A. Asanova", "nothing is due", NOW + timedelta(minutes=1))
    assert state.open
    assert state.state is State.DRAFTED
    answer(state, "B. Bekov", "nothing is due", NOW + timedelta(minutes=2))
    assert state.state is State.ANSWERED


def test_what_two_released_one_may_record_as_answered() -> None:
    """The text has left by then: the answer is a fact, not a decision."""
    state = theft()
    for name in ("A. Asanova", "B. Bekov"):
        release(state, name, NOW)
    answer(state, "A. Asanova", "received", NOW + timedelta(hours=1))
    assert state.state is State.ANSWERED
