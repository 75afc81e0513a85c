"""The state of a duty is what its records say together, in whatever order and however often they come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.duties import NOW, raised
from tests.builders.duty_states import DAM, RULE, answer, by, first, put, release, state_of, update

from cbrn_consumers.duties import clerk
from cbrn_consumers.duties.decided import plan_release
from cbrn_consumers.errors import DutyRefusedError
from cbrn_routing.duties import DutyState, State, evidence_of
from cbrn_routing.duties.drafts import draft
from cbrn_routing.duties.fold import EVENTS_MAX
from cbrn_routing.signing.releases import Unverified
from cbrn_schemas.duty import Answered, Noted, Overdue, Released, parse_duty_record
from cbrn_schemas.events import parse_event


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


def test_a_report_from_the_future_does_not_hide_those_that_come_after_it() -> None:
    """A publisher's clock a century ahead would freeze every later draft at its report."""
    ahead = raised(DAM, RULE, identity=("e-0", "/mes"), reported="2126-01-01T00:00:00Z", volume_m3=1)
    state = state_of(ahead, update(1, volume_m3=300_000))
    assert state.latest.event["volume_m3"] == 300_000
