"""What a shard of the watch remembers is bounded, and read back as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from tests.builders.standing import after, answer, told
from tests.builders.watch import Night, asked

from cbrn_consumers.watch import memory, rows
from cbrn_consumers.watch.memory import OFFSETS_KEY, WatchState

AT = datetime(2026, 11, 27, 3, tzinfo=UTC)
LATE = {"body": "mes-hydromet"}


def many(night, number, **more):
    for each in range(number):
        night.hear(told(0, situation=f"KG-{each}", event=f"e-{each}", **LATE, **more))


def test_of_too_many_situations_those_that_wait_for_nobody_are_forgotten_first(monkeypatch):
    """An answered alert may be asked anew; one that nobody answers must not be lost for it."""
    monkeypatch.setattr(memory, "SITUATIONS_MAX", 10)
    night = Night()
    for each in range(5):
        night.hear(told(0, situation=f"KG-s{each}", **LATE), answer(1, "accepted", situation=f"KG-s{each}", **LATE))
    many(night, 8)
    assert night.state.held() == {"waiting": 8, "settled": 2}
    assert night.state.situation("KG-s2") is None
    night.restart()
    assert night.state.held() == {"waiting": 8, "settled": 2}


def test_a_waiting_alert_for_which_there_is_no_room_is_not_forgotten_silently(monkeypatch):
    """It is written down that it is watched no longer."""
    monkeypatch.setattr(memory, "SITUATIONS_MAX", 3)
    night = Night()
    many(night, 5)
    assert night.outcomes() == ["forgotten", "forgotten"]
    assert {each.situation for each in night.written.conclusions} == {"KG-0", "KG-1"}
    assert {each.alarm.situation for each in night.until(21)} == {"KG-2", "KG-3", "KG-4"}


def test_twenty_thousand_open_alerts_fit_and_come_back():
    """Each costs about a kilobyte in the topic; a restart reads all of them."""
    night = Night()
    many(night, 20_000)
    size = sum(len(value) for key, value in dict(night.log).items() if key != OFFSETS_KEY)
    assert size < 20_000 * 1_200
    night.restart()
    assert night.state.held() == {"waiting": 20_000, "settled": 0}


def test_a_record_that_cannot_be_read_is_named_and_all_others_count():
    """A lane that stands costs more."""
    night = Night()
    many(night, 2)
    state = WatchState(lambda: None)
    unread = state.restore([(b"KG-x", b"{"), (b"\xff", b"{}"), *night.log, (b"KG-1", b"[]")])
    assert [each.position for each in unread] == [0, 1, len(night.log) + 2]
    assert state.held() == {"waiting": 1, "settled": 0}


def test_offsets_are_written_and_the_last_one_counts():
    """They are in the same transaction as all else."""
    state = WatchState(lambda: None)
    state.offsets = {"a": 1}
    first = state.record()
    state.offsets = {"a": 2}
    again = WatchState(lambda: None)
    assert again.restore([*first, *state.record()]) == []
    assert again.offsets == {"a": 2}


def test_an_accident_with_a_hundred_updates_stays_small_and_is_still_watched(monkeypatch):
    """A bad night: nobody answers, and the first deadline stands."""
    night = Night()
    night.hear(told(0, **LATE))
    for each in range(100):
        night.hear(told(each / 10, event=f"u-{each}", message_type="Update", place=str(41708203 + each), **LATE))
    party = night.state.situation("KG-2026-minkush").parties["mes-hydromet"]
    assert len(party.told) == rows.VERSIONS_MAX
    assert asked(night.until(20.5)) == [("second-officer", "mes-hydromet", 1)]


def test_answers_of_strangers_are_bounded():
    """Whoever may write receipts must not fill the memory."""
    night = Night()
    for each in range(memory.STRANGERS_MAX):
        night.hear(answer(1, body=f"body-{each}"))
    with pytest.raises(ValueError, match="too many bodies"):
        night.hear(answer(1, body="body-x"))
    for each in range(200):
        night.hear(answer(1, body="body-1", name=f"n-{each}"))
    assert len(night.state.situation("KG-2026-minkush").strangers["body-1"]) == rows.ANSWERS_MAX


def test_a_memory_is_due_at_the_earliest_of_all(monkeypatch):
    """However often it changes."""
    night = Night()
    many(night, 3)
    for minute in range(50):
        night.hear(told(minute / 10, situation="KG-1", event=f"u-{minute}", message_type="Update", **LATE))
    night.until(1)
    assert night.state.due == after(20)


def test_after_a_restart_what_was_silent_stays_so_until_it_was_looked_at():
    """Else each restart would take it for heard again, and alarm anew."""
    seen = [None]
    before = WatchState(lambda: None, tuple)
    before.note_silent("feed/moh", AT)
    state = WatchState(lambda: None, lambda: seen[0])
    state.restore(before.record())
    assert state.silent == {"feed/moh": AT}
    assert state.due is None
    seen[0] = ()
    assert state.due is not None


def odd(change):
    """A situation as it is written down, with something in it that nobody wrote."""
    night = Night()
    many(night, 1)
    whole = msgspec.json.decode(dict(night.log)[b"KG-0"])
    (party,) = whole["parties"].values()
    change(whole, party)
    return msgspec.json.encode(whole)


def reread(night):
    """Restart it, whatever its log holds."""
    night.state = WatchState(lambda: night.policies)
    night.state.restore(night.log)


ODD = {
    "a time without a zone": (b"KG-x", lambda _, party: party.update(next="2026-11-27T03:20:00")),
    "a deadline without a zone": (b"KG-x", lambda _, party: party["told"][0].__setitem__(6, "2026-11-27T03:20:00")),
    "told nothing": (b"KG-x", lambda _, party: party.update(told=[])),
    "a severity of nobody": (b"KG-x", lambda _, party: party["told"][0].__setitem__(15, "Awful")),
    "a language of nobody": (b"KG-x", lambda _, party: party["told"][0].__setitem__(17, {"xx": "?"})),
    "a chain of nothing": (b"KG-x", lambda _, party: party["chain"].update(key="?", level=99)),
    "no name": (b"", lambda *_: None),
    "a name that nothing has": (b"x\n" * 300, lambda *_: None),
}


@pytest.mark.parametrize(("key", "change"), ODD.values(), ids=ODD)
def test_whatever_stands_in_its_state_all_others_are_watched(key, change):
    """It would be read, and fail, at every start, and nobody of the shard be missed any more."""
    night = Night()
    many(night, 1)
    night.log.append((key, odd(change)))
    reread(night)
    assert "KG-0" in {each.alarm.situation for each in night.until(21)}
    reread(night)
    night.hear(answer(22, "accepted", event="e-0", situation="KG-0", **LATE))
    assert night.outcomes()[-1] == "answered"


def test_a_body_that_the_catalogue_no_longer_knows_keeps_no_alarm_from_the_others():
    night = Night()
    night.log.append((b"KG-x", odd(lambda whole, _: whole["told"].update(gone="lead"))))
    night.restart()
    assert {each.alarm.situation for each in night.until(21)} == {"KG-x"}
