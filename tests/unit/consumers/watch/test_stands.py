"""Everybody told of a situation is told where the others stand: what exactly, when, to whom; and to whom never."""

from __future__ import annotations

import sys

import msgspec
import pytest
from hypothesis import given, settings
from tests.builders.standing import SITUATION, after, answer, standings, told
from tests.builders.watch import BODIES, Night
from tests.unit.consumers.watch.test_properties import histories

from cbrn_consumers.standing import ANSWERS, State, Told
from cbrn_consumers.watch import stands

UPDATE = {"event": "e-2", "message_type": "Update"}


def told_all(*, restricted=False, **more):
    """One event: mes leads, mia supports, moh is informed."""
    return [
        told(0, body=body, role=role, restricted=restricted, **more)
        for body, role in (("mes", "lead"), ("mia", "support"), ("moh", "inform"))
    ]


def heard(night, body="moh"):
    return [each.stands for each in night.written.standings if each.body == body]


def latest(night, body="moh"):
    """Where each body stands, as this one was told last."""
    return {party.body: party for party in heard(night, body)[-1].parties}


def test_who_was_told_of_it_sees_who_else_was_and_what_they_have_answered():
    """Who leads first; without the name of anybody."""
    night = Night()
    night.hear(*told_all())
    night.hear(answer(5, "accepted", body="mes"))
    night.hear(answer(6, "declined", body="mia"))
    assert [(each.body, each.situation) for each in night.written.standings] == [
        (body, SITUATION) for _ in range(3) for body in ("mes", "mia", "moh")
    ]
    last = heard(night)[-1]
    assert heard(night) == heard(night, "mes") == heard(night, "mia")
    assert [party.model_dump(exclude_none=True) for party in last.parties] == [
        {"body": "mes", "role": "lead", "state": "accepted", "since": after(5), "level": 0},
        {
            "body": "mia",
            "role": "support",
            "state": "declined",
            "since": after(6),
            "level": 0,
            "reason": "no team within 200 km",
        },
        {"body": "moh", "role": "inform", "state": "addressed", "since": after(0), "level": 0},
    ]
    assert (last.event.id, last.ended) == ("e-1", False)
    assert "Asanov" not in last.model_dump_json()


def test_until_it_answers_it_says_by_when():
    """So that a screen can say that it is late, without a record."""
    night = Night()
    night.hear(*told_all())
    assert {body: party.due for body, party in latest(night).items()} == {
        "mes": after(20),
        "mia": after(20),
        "moh": None,
    }
    night.until(19)
    assert len(heard(night)) == 1


def test_how_often_its_lack_was_passed_on_is_seen_by_the_others():
    """In the transaction of each step, once."""
    night = Night()
    night.hear(*told_all())
    night.hear(answer(1, "accepted", body="mes"))
    night.until(26)
    assert [{party.body: party.level for party in each.parties}["mia"] for each in heard(night)] == [0, 0, 1, 2]


@pytest.mark.parametrize(
    "said", [answer(7, "seen", body="mia"), answer(7, "note", body="mia"), answer(7, "accepted", body="mes", name="b")]
)
def test_nothing_is_written_where_nothing_visible_changed(said):
    """A note is the body's own; a word that was said is said."""
    night = Night()
    night.hear(*told_all(), answer(5, "accepted", body="mes"))
    before = len(night.written.standings)
    if said.receipt.act in ANSWERS:
        night.hear(said)
    night.hear(answer(5, "accepted", body="mes"))
    night.hear(*told_all())
    night.restart()
    night.until(8)
    assert len(night.written.standings) == before


def test_many_changes_of_one_batch_are_one_record_to_each():
    """Eight bodies that answer at once are no sixty-four records."""
    night = Night()
    night.hear(*told_all(), answer(1, body="mes"), answer(2, "accepted", body="mes"), answer(2, body="mia"))
    assert [each.body for each in night.written.standings] == ["mes", "mia", "moh"]
    assert latest(night)["mes"].state == "accepted"


def test_a_body_that_is_told_later_gets_the_whole():
    """And the others hear of it."""
    night = Night()
    night.hear(*told_all(), answer(5, "accepted", body="mes"))
    night.hear(told(9, body="mfa", role="support", **UPDATE))
    assert {body: party.state for body, party in latest(night, "mfa").items()} == {
        "mes": "accepted",
        "mfa": "addressed",
        "mia": "addressed",
        "moh": "addressed",
    }
    assert heard(night, "mfa") == heard(night)[-1:]
    assert heard(night)[-1].event.id == "e-2"


def test_all_who_were_told_hear_of_the_end_and_then_no_answer_is_waited_for():
    """Also one that the last message does not reach."""
    night = Night()
    night.hear(*told_all())
    night.hear(told(9, body="mes", event="e-3", message_type="Cancel"))
    assert heard(night)[-1].ended
    assert latest(night)["mes"].due is None


def test_an_update_that_asks_anew_shows_what_was_answered_and_by_when_it_is_asked():
    """Nobody takes the answer of before for one to this."""
    night = Night()
    night.hear(*told_all(), answer(5, "accepted", body="mes"))
    night.hear(told(30, body="mes", place="41711000", **UPDATE))
    mes = latest(night)["mes"]
    assert (mes.state, mes.since, mes.due) == ("accepted", after(5), after(50))


def test_of_a_restricted_situation_nobody_is_told():
    """Neither who was told of it, nor that anybody answered."""
    night = Night()
    night.hear(*told_all(restricted=True), answer(5, "accepted", body="mes"))
    night.until(200)
    assert night.written.standings == []


def test_what_was_said_before_it_became_restricted_is_taken_back_once():
    """The topic is compacted: then it is gone."""
    night = Night()
    night.hear(*told_all())
    night.hear(told(9, body="mes", restricted=True, **UPDATE))
    night.hear(answer(10, "accepted", body="mes", event="e-2"))
    night.restart()
    night.until(11)
    assert [each.stands is None for each in night.written.standings] == [False] * 3 + [True] * 3


def test_an_answer_that_is_read_before_its_alert_is_told_with_it():
    """Topics are read apart."""
    night = Night()
    night.hear(answer(5, "accepted", body="moh"))
    assert night.written.standings == []
    night.hear(*told_all())
    assert latest(night)["moh"].state == "accepted"
    assert latest(night)["moh"].since == after(5)


def test_who_was_not_told_is_neither_told_nor_named():
    """It may have been asked in another's place: its answer is no standing of its own."""
    night = Night()
    night.hear(*told_all())
    night.hear(answer(5, "accepted", body="mfa"))
    assert set(latest(night)) == {"mes", "mia", "moh"}
    assert not heard(night, "mfa")
    assert len(heard(night)) == 1


def test_a_body_without_such_a_topic_is_left_out_and_told_all_when_it_has_one():
    """Topics are made by `cbrn topics apply`, perhaps after the watch was renewed."""
    night = Night()
    night.hearers = frozenset()
    night.hear(*told_all(), answer(5, "accepted", body="mes"))
    assert night.written.standings == []
    night.hearers = frozenset({"mes"})
    night.restart()
    night.until(6)
    assert [each.body for each in night.written.standings] == ["mes"]
    night.hearers = frozenset(BODIES)
    night.restart()
    night.until(7)
    assert latest(night, "moh") == latest(night, "mes")
    before = len(night.written.standings)
    night.restart()
    night.until(8)
    assert len(night.written.standings) == before


def older(night):
    """Write its records as the watch before this one did: without rows of who is informed, and nothing said."""
    for number, (key, value) in enumerate(night.log):
        if key == SITUATION.encode():
            whole = msgspec.json.decode(value)
            del whole["said"]
            for body in [body for body in whole["parties"] if whole["told"][body] == "inform"]:
                answers = whole["parties"].pop(body)["answers"]
                whole["strangers"] |= {body: answers} if answers else {}
            night.log[number] = key, msgspec.json.encode(whole)
    night.written.standings.clear()
    night.restart()


def test_a_state_of_an_older_watch_is_read_and_everybody_is_told_what_it_holds():
    """Nobody starts a night shift with an empty table since the bus was renewed."""
    night = Night()
    night.hear(*told_all(), told(0, body="mfa", role="inform"))
    night.hear(answer(5, "accepted", body="mes"), answer(6, "acknowledged", body="moh"))
    before = latest(night)
    older(night)
    night.until(7)
    assert latest(night) == latest(night, "mfa") == before
    night.hear(told(8, body="mfa", role="inform", **UPDATE))
    assert latest(night)["mfa"].state == "addressed"


def test_a_burst_is_told_of_in_several_transactions(monkeypatch):
    """What one has no room for, as more than a batch can be; nothing is left behind."""
    monkeypatch.setattr(stands, "SAID_AT_ONCE", 2)
    night = Night()
    night.hear(*(told(0, situation=f"KG-{each}", body="moh") for each in range(5)))
    assert len(night.written.standings) == 2
    night.until(1)
    assert sorted(each.situation for each in night.written.standings) == [f"KG-{each}" for each in range(5)]
    assert night.state.due == after(20)
    night.restart()
    night.until(2)
    assert len(night.written.standings) == 5


def test_a_situation_that_cannot_be_told_of_costs_no_other(caplog, monkeypatch):
    """It is named, and its answers are waited for."""
    whole = stands.stands_of

    def odd(realm, name, *rest):
        if name == "KG-odd":
            raise LookupError("secret")
        return whole(realm, name, *rest)

    monkeypatch.setattr(stands, "stands_of", odd)
    night = Night()
    night.hear(told(0, situation="KG-odd", body="moh"), told(0, situation="KG-good", body="moh"))
    assert [each.situation for each in night.written.standings] == ["KG-good"]
    assert {each.alarm.situation for each in night.until(21)} == {"KG-odd", "KG-good"}


def test_a_hundred_updates_to_a_body_that_is_informed_stay_small():
    """Its answer to the latest still counts."""
    night = Night()
    night.hear(*told_all())
    for each in range(100):
        night.hear(told(1 + each / 10, body="moh", role="inform", event=f"u-{each}", message_type="Update"))
    night.hear(answer(12, "accepted", body="moh", event="u-99"))
    assert len(night.state.situation(SITUATION).parties["moh"].told) <= 9
    assert latest(night)["moh"].state == "accepted"


def test_rows_of_one_event_share_what_they_have_in_common():
    """Ten bodies told cost little more than one; so after a restart."""
    night = Night()
    night.hear(*told_all())
    night.restart()
    first, *others = (party.told[0] for party in night.state.situation(SITUATION).parties.values())
    for other in others:
        assert other.substances is first.substances
        assert other.id is first.id
        assert other.severity is first.severity
        assert other.kind is first.kind


def test_words_and_what_is_not_shown_are_held_once_for_all():
    """Most who are told of 20,000 situations are only informed: what is held of each must be little."""
    night = Night()
    night.hear(*told_all())
    for _ in range(2):
        parties = night.state.situation(SITUATION).parties
        informed = [party.told[0] for party in parties.values() if party.told[0].role == "inform"]
        assert len({id(row.role) for row in informed}) == 1
        assert len({id(row.headlines) for row in informed}) == 1
        assert all(body is sys.intern(body) for body in parties)
        night.restart()


@given(histories)
@settings(deadline=None)
def test_what_is_told_is_what_the_officer_of_the_bus_would_see(history):
    """One fold, whatever was told and answered when; and of a restricted situation the last word is taken back."""
    night = Night()
    counts = [one for one in history if isinstance(one, Told) or one.receipt.act in ANSWERS]
    for one in sorted(counts, key=lambda one: one.order()):  # as they lie in their partitions
        night.hear(one)
    restricted = any(one.restricted for one in counts if isinstance(one, Told))  # be it in a copy of what was told
    truth = standings(*counts).of(SITUATION)
    if truth is None:
        assert night.written.standings == []
        return
    for body in (party.body for party in truth.parties):
        found = heard(night, body)
        if restricted:
            assert not found or found[-1] is None
            continue
        last = found[-1]
        assert last.ended == truth.ended
        assert (last.event.source, last.event.id) == truth.latest.event
        assert [(party.body, party.role, State(party.state), party.since, party.due) for party in last.parties] == [
            (party.body, party.role, party.reached, party.since, None if (ask := party.open_ask) is None else ask.due)
            for party in truth.parties
        ]
