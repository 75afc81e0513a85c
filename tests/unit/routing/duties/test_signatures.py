"""Whose word counts about a duty: the person's own, over this draft, in this realm, while in office."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.builders.duties import NOW, raised
from tests.builders.duty_states import KEYS, TRUST, VERIFIER, answer, by, first, put, release, state_of, update

from cbrn_consumers.duties.decided import plan_release
from cbrn_consumers.errors import DutyRefusedError
from cbrn_routing.activation import PrivateKey, Trust
from cbrn_routing.duties import DutyState, State, Verifier
from cbrn_routing.duties.drafts import draft
from cbrn_routing.signing.releases import ReleaseStatement, Unverified
from cbrn_routing.signing.trust import Signer
from cbrn_schemas.duty import Answered, Released, parse_duty_record
from cbrn_schemas.topics import Realm


def theft() -> DutyState:
    """A duty for which two persons are needed, drafted."""
    state = state_of(raised("lost-source", "icsant-offence", stolen=True))
    put(state, draft(state, NOW))
    return state


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


def test_a_word_that_does_not_count_stands_apart_and_never_changes_the_state() -> None:
    """A machine without a trust file cannot know: neither of names, nor of signatures that are good elsewhere."""
    state = theft()
    state.verifier = Verifier()
    late = NOW + timedelta(days=400)
    assert state.state is State.DRAFTED
    for name in ("A. Asanova", "B. Bekov"):
        release(state, name, NOW)
        assert state.state is State.DRAFTED
    answer(state, "A. Asanova", "received")
    assert state.state is State.DRAFTED
    assert sorted(each.record.type for each in state.unverified) == ["answered", "released", "released"]
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
