"""The state of a duty is what its records say together, in whatever order and however often they come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.duties_bench import NOW, raised

from cbrn_consumers.duties import clerk
from cbrn_consumers.duties.persons import plan_release
from cbrn_consumers.errors import DutyRefusedError
from cbrn_routing.activation import PrivateKey, Trust, trust_lines
from cbrn_routing.activation.trust import Signer
from cbrn_routing.duties import DutyState, State, evidence_of, fold
from cbrn_routing.duties.drafts import draft
from cbrn_routing.duties.fold import EVENTS_MAX
from cbrn_routing.duties.signing import ReleaseStatement, sign_release, signer_of
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


def state_of(*records: Any) -> DutyState:
    (state,) = fold(records).values()
    return state


def theft() -> DutyState:
    """A duty for which two persons are needed, drafted."""
    state = state_of(raised("lost-source", "icsant-offence", stolen=True))
    state.add(draft(state, NOW))
    return state


def everything() -> list[Any]:
    """A whole life: two reports, drafts of both, a withdrawal, an alarm, releases, answers."""
    one, two = first(), update(1, volume_m3=300_000)
    state = state_of(one)
    early = draft(state, NOW)
    state.add(two)
    late = draft(state, NOW + timedelta(minutes=11))
    note = Noted(id=one.id, at=NOW + timedelta(hours=1), note="cancelled", evidence=two.duty.evidence)
    alarm = Overdue(id=one.id, at=NOW + timedelta(hours=2), limit="target", due=NOW, told=("mes", "mnrets"))
    again = alarm.model_copy(update={"at": NOW + timedelta(hours=3)})
    done = [
        Released(id=one.id, at=NOW + timedelta(minutes=20 + n), by=by, digest=each.digest)
        for n, (by, each) in enumerate([("A. Asanova", early), ("a.  ASANOVA", late), ("B. Bekov", late)])
    ]
    told = [Answered(id=one.id, at=NOW + timedelta(days=1), by="A. Asanova", note=text) for text in ("one", "two")]
    return [one, two, early, late, note, alarm, again, *done, *told]


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
        sorted(state.answers),
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


@given(st.permutations(everything()), st.integers(0, 11))
def test_a_reader_who_has_seen_a_part_never_sees_a_state_go_back(records: list[Any], cut: int) -> None:
    """A duty that was released is not open again because of an older record."""
    state = DutyState(records[0].id)
    ranks = [*State]
    before = 0
    for number, record in enumerate(records):
        state.add(record)
        if state.known and number >= cut:
            rank = ranks.index(state.state)
            assert rank >= before
            before = rank


def test_every_record_survives_the_wire() -> None:
    """What is written is what is read."""
    for record in everything():
        assert parse_duty_record(record.model_dump_json().encode()) == record


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
    state.add(Noted(id=state.id, at=NOW + timedelta(minutes=5), note="cancelled", evidence=update(1).duty.evidence))
    assert state.cancelled
    assert "withdraws" in draft(state, NOW).texts["en"]
    state.add(update(2))
    assert not state.cancelled
    text = draft(state, NOW).texts["en"]
    assert "withdraws" not in text
    assert "cancels the situation" in text, "that there was one stays on record"


def test_one_person_is_not_two() -> None:
    """The same name in other letters, and the same key under another name, are one person."""
    state = theft()
    state.add(plan_release(state, by="Айгуль Асанова", now=NOW))
    assert state.state is State.RELEASED_BY_ONE
    for name in ("Айгуль Асанова", "АЙГУЛЬ  асанова"):
        with pytest.raises(DutyRefusedError, match="has released"):
            plan_release(state, by=name, now=NOW)
    state.add(plan_release(state, by="Бакыт Беков", now=NOW))
    assert state.state is State.RELEASED
    assert [each.by for each in state.released] == ["Айгуль Асанова", "Бакыт Беков"]


@pytest.mark.parametrize("name", ["Айгуль Асанова (moh)", "Асанова Айгуль (mes)", "Айгуль Асанова"])
def test_a_second_key_of_one_person_is_no_second_person(name: str) -> None:
    """A trust file may hold one person twice: an old key and a new one, or under two bodies."""
    state = theft()
    state.add(plan_release(state, by="Айгуль Асанова (mes)", now=NOW, sign=lambda *_: ("one", "a")))
    with pytest.raises(DutyRefusedError, match="has released"):
        plan_release(state, by=name, now=NOW, sign=lambda *_: ("two", "b"))
    digest = state.draft.digest if state.draft else ""
    state.add(Released(id=state.id, at=NOW, by=name, digest=digest, key="two", signature="b"))
    assert state.state is State.RELEASED_BY_ONE


def test_two_publishers_may_use_the_same_ids() -> None:
    """Many number their reports from one: the second body's report must come into the draft, and come back as news."""
    state = state_of(first())
    state.add(draft(state, NOW))
    state.add(plan_release(state, by="A. Asanova", now=NOW))
    other = update(1, volume_m3=300_000)
    evidence = first().duty.evidence.model_copy(update={"source": "/moh", "reported": NOW + timedelta(minutes=10)})
    state.add(other.model_copy(update={"duty": other.duty.model_copy(update={"evidence": evidence})}))
    assert not state.drafted_all
    assert state.superseded
    state.add(draft(state, NOW + timedelta(minutes=11)))
    assert state.drafted_all


def test_thousands_of_reports_fit_into_a_draft() -> None:
    """A draft that outgrew the record would end the clerk at every start, and no duty of anybody would be seen to."""
    one, more = first(), update(1)
    state = state_of(one)
    for number in range(EVENTS_MAX * 5):
        name = {"id": f"{number:0128}", "source": "/mes/" + "x" * 250}
        evidence = more.duty.evidence.model_copy(update=name)
        at = more.at + timedelta(minutes=number)
        state.add(more.model_copy(update={"at": at, "duty": more.duty.model_copy(update={"evidence": evidence})}))
    written = draft(state, NOW)
    assert len(written.model_dump_json()) < 500_000
    assert f"- {4 * EVENTS_MAX + 1} earlier reports" in written.texts["en"]
    state.add(written)
    assert state.drafted_all
    state.add(plan_release(state, by="A. Asanova", now=NOW))
    assert not state.superseded
    state.add(update(EVENTS_MAX))
    assert not state.drafted_all


def test_a_draft_that_is_too_long_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker would refuse it at every try; the others are drafted, and the log names the one that waits."""
    monkeypatch.setattr(clerk, "DRAFT_BYTES_MAX", 100)
    assert clerk._drafted(state_of(first()), NOW) is None
    monkeypatch.undo()
    assert clerk._drafted(state_of(first()), NOW) is not None


def test_a_copied_record_of_the_same_person_does_not_count() -> None:
    """The fold holds the rule too, whoever wrote the records."""
    state = theft()
    digest = state.draft.digest if state.draft else ""
    for number, name in enumerate(["A. Asanova", "a. asanova", "A.  ASANOVA"]):
        state.add(Released(id=state.id, at=NOW + timedelta(minutes=number), by=name, digest=digest))
    assert state.state is State.RELEASED_BY_ONE
    for number, name in enumerate(["C", "D"]):
        state.add(Released(id=state.id, at=NOW, by=f"{name}. One", digest=digest, key="same", signature=str(number)))
    assert len(state.released) == 2, "A. Asanova and the holder of the one key"


def test_two_persons_must_release_the_same_draft() -> None:
    """Whoever signs second must have read what the first has read."""
    state = theft()
    state.add(plan_release(state, by="A. Asanova", now=NOW))
    more = raised(
        "lost-source",
        "icsant-offence",
        at=NOW + timedelta(hours=1),
        identity=("e-2", "/mia"),
        stolen=True,
        message_type="Update",
        container="lead pot, 30 kg",
    )
    state.add(more)
    newer = draft(state, NOW + timedelta(hours=1))
    state.add(newer)
    state.add(plan_release(state, by="B. Bekov", now=NOW))
    assert state.state is State.RELEASED_BY_ONE
    state.add(plan_release(state, by="A. Asanova", now=NOW))
    assert state.state is State.RELEASED
    assert state.released_draft == newer


def test_a_later_suspicion_asks_two_persons_for_the_next_draft_and_undoes_no_release() -> None:
    """What one person rightly released has been told; what follows it needs two."""
    state = state_of(first())
    state.add(draft(state, NOW))
    state.add(plan_release(state, by="A. Asanova", now=NOW))
    later = update(1)
    state.add(later.model_copy(update={"duty": later.duty.model_copy(update={"persons": 2})}))
    assert state.state is State.RELEASED
    assert state.superseded
    state.add(draft(state, NOW + timedelta(minutes=11)))
    state.add(plan_release(state, by="A. Asanova", now=NOW + timedelta(minutes=12)))
    assert state.superseded, "one of two"
    state.add(plan_release(state, by="B. Bekov", now=NOW + timedelta(minutes=13)))
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
    state.add(draft(state, NOW))
    assert state.is_overdue(late)
    state.add(plan_release(state, by="A. Asanova", now=NOW))
    assert not state.is_overdue(late)


def test_what_was_told_comes_back_when_later_reports_say_more() -> None:
    """Article 5(2) asks for supplements, and an all-clear has to be told where the alarm was told."""
    state = state_of(first())
    state.add(draft(state, NOW))
    state.add(plan_release(state, by="A. Asanova", now=NOW))
    assert not state.superseded
    state.add(update(1, volume_m3=300_000))
    assert state.state is State.RELEASED
    assert state.superseded
    supplement = draft(state, NOW + timedelta(minutes=11))
    state.add(supplement)
    state.add(plan_release(state, by="A. Asanova", now=NOW + timedelta(minutes=12)))
    assert state.released_draft == supplement
    assert not state.superseded
    late = NOW + timedelta(hours=1)
    state.add(Answered(id=state.id, at=late, by="A. Asanova", note="received"))
    all_clear = update(2).duty.evidence
    state.add(Noted(id=state.id, at=late - timedelta(minutes=1), note="cancelled", evidence=all_clear))
    assert not state.superseded, "whoever recorded the answer could see it"
    state.add(Noted(id=state.id, at=late + timedelta(minutes=1), note="cancelled", evidence=update(3).duty.evidence))
    assert state.superseded


def test_what_was_settled_as_not_due_comes_back_with_a_new_report() -> None:
    """«Not due» was said of what was known then."""
    state = state_of(first(), Answered(id=first().id, at=NOW, by="A. Asanova", note="not due: a false alarm"))
    assert not state.superseded
    state.add(update(1))
    assert state.superseded


def test_a_signature_holds_for_its_duty_draft_and_realm_alone() -> None:
    """Signed for an exercise is not signed for the world."""
    key = PrivateKey.generate()
    trust = Trust.from_toml(trust_lines(Signer("A. Asanova", "mes", key.public)))
    state = theft()
    release = plan_release(
        state,
        by="A. Asanova (mes)",
        now=NOW,
        sign=lambda duty, digest: sign_release(key, ReleaseStatement(Realm.REAL, duty, digest)),
    )
    holder = signer_of(release, Realm.REAL, trust)
    assert holder is not None
    assert holder.person == "A. Asanova"
    assert signer_of(release, Realm.EXERCISE, trust) is None
    assert signer_of(release.model_copy(update={"id": "KG-1/other"}), Realm.REAL, trust) is None
    assert signer_of(release.model_copy(update={"digest": "0" * 64}), Realm.REAL, trust) is None
    assert signer_of(release, Realm.REAL, Trust()) is None


def test_what_two_must_release_one_cannot_settle() -> None:
    """Otherwise one hand could stop the alarm of a duty that takes two to fulfil."""
    state = theft()
    state.add(Answered(id=state.id, at=NOW, by="A. Asanova", note="nothing is due"))
    state.add(Answered(id=state.id, at=NOW + timedelta(minutes=1), by="a.  ASANOVA", note="nothing is due"))
    assert state.open
    assert state.state is State.DRAFTED
    state.add(Answered(id=state.id, at=NOW + timedelta(minutes=2), by="B. Bekov", note="nothing is due"))
    assert state.state is State.ANSWERED


def test_what_two_released_one_may_record_as_answered() -> None:
    """The text has left by then: the answer is a fact, not a decision."""
    state = theft()
    for name in ("A. Asanova", "B. Bekov"):
        state.add(plan_release(state, by=name, now=NOW))
    state.add(Answered(id=state.id, at=NOW + timedelta(hours=1), by="A. Asanova", note="received"))
    assert state.state is State.ANSWERED
