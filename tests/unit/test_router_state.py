"""The shard's memory: what is restored is what was known, and it never grows without bound."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_routing.router import state as module
from cbrn_routing.router.state import ShardState, Situation, content_digest, id_digest

EVENTS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 30), st.booleans(), st.booleans()), min_size=1, max_size=300
)


def _compacted(log: list[tuple[bytes, bytes | None]], *, keep: int) -> list[tuple[bytes, bytes | None]]:
    """What a compacting broker may leave of a log: the newest record of each key, and some older ones."""
    newest = {key: index for index, (key, _) in enumerate(log)}
    return [row for index, row in enumerate(log) if newest[row[0]] == index or index >= len(log) - keep]


def _run(events: list[tuple[int, int, bool, bool]]) -> tuple[ShardState, list[tuple[bytes, bytes | None]]]:
    state, log = ShardState(), []
    for offset, (event, situation, cancel, commit) in enumerate(events):
        identifier = id_digest("/mes", str(event))
        if identifier not in state.ids:
            state.see(identifier, content_digest(b"%d" % event))
            state.keep(f"s{situation}", Situation({"mes": 3, f"b{event % 5}": 1}, cancel))
        state.offsets["cbrn.from.mes.incidents"] = offset + 1
        if commit:
            log.extend(state.record())
    log.extend(state.record())
    return state, log


def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDS_MAX", 60)
    monkeypatch.setattr(module, "SITUATIONS_MAX", 12)
    monkeypatch.setattr(module, "SEGMENT_IDS", 8)
    monkeypatch.setattr(module, "SEGMENTS_MAX", 9)


@given(events=EVENTS, keep=st.integers(0, 50))
def test_a_restored_shard_knows_what_the_former_holder_knew(events: list[Any], keep: int) -> None:
    """A takeover must neither count an event twice nor forget whom a situation reached."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _small(monkeypatch)
        state, log = _run(events)
        restored = ShardState()
        restored.restore(_compacted(log, keep=keep))
        assert restored.ids == state.ids
        assert restored.offsets == state.offsets
        assert {name: restored.situations.get(name) for name in state.situations} == state.situations


@given(events=EVENTS)
def test_memory_and_the_topic_stay_within_their_bounds(events: list[Any]) -> None:
    """A flood must not make a router grow until it is killed."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _small(monkeypatch)
        state, log = _run(events)
        live = dict(log)
        assert len(state.situations) <= module.SITUATIONS_MAX
        # The segment at hand may still be filling when older ones are dropped.
        assert len(state.ids) <= module.IDS_MAX + len(events)
        assert sum(value is not None for value in live.values()) <= module.SEGMENTS_MAX + 2


@given(first=EVENTS, second=EVENTS)
def test_a_second_takeover_continues_the_first(first: list[Any], second: list[Any]) -> None:
    """Segments written by different holders form one log."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _small(monkeypatch)
        _, log = _run(first)
        middle = ShardState()
        middle.restore(log)
        for offset, (event, situation, cancel, _) in enumerate(second):
            identifier = id_digest("/moh", str(event))
            if identifier not in middle.ids:
                middle.see(identifier, content_digest(b"x"))
                middle.keep(f"t{situation}", Situation({"moh": 3}, cancel))
            middle.offsets["cbrn.from.moh.incidents"] = offset + 1
            log.extend(middle.record())
        last = ShardState()
        last.restore(log)
        assert last.ids == middle.ids
        assert last.offsets == middle.offsets
        assert {name: last.situations.get(name) for name in middle.situations} == middle.situations


def test_the_longest_untouched_situation_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A situation that is still reported on must survive a flood of new ones."""
    _small(monkeypatch)
    state = ShardState()
    for number in range(module.SITUATIONS_MAX):
        state.keep(f"s{number}", Situation({"mes": 3}, cancelled=False))
    state.keep("s0", Situation({"mes": 3, "moh": 2}, cancelled=False))
    state.keep("new", Situation({"mes": 3}, cancelled=False))
    state.record()
    assert "s0" in state.situations
    assert "s1" not in state.situations
    assert state.forgotten == 1


def test_no_record_outgrows_the_broker_however_large_the_batch() -> None:
    """A record above the limit would be refused for ever, and with it everything that the shard has to tell."""
    state = ShardState()
    everybody = {f"some-body-{number:02}": 1 for number in range(50)}
    for number in range(3_000):
        state.see(id_digest("/mes", str(number)), content_digest(b"x"))
        state.keep(f"{number:0128}", Situation(everybody, cancelled=False))
    records = state.record()
    assert max(len(value or b"") for _, value in records) < 500_000
    restored = ShardState()
    restored.restore(records)
    assert restored.ids == state.ids
    assert restored.situations == state.situations


def _written() -> tuple[ShardState, list[tuple[bytes, bytes | None]]]:
    """Three segments of a log, each learnt in one transaction."""
    state, log = ShardState(), []
    for number in range(3):
        state.see(id_digest("/mes", str(number)), content_digest(b"%d" % number))
        state.keep(f"s{number}", Situation({"mes": 3}, cancelled=False))
        state.offsets["cbrn.from.mes.incidents"] = number + 1
        log += state.record()
        state._close()
    return state, log


ODD_VALUES = (
    b"", b"{", b"null", b"[]", b"5", b"\xff\xfe", b"[" * 100_000, b'{"number":0}',
    b'{"number":0,"ids":"!","situations":{},"offsets":{}}',
    b'{"number":0,"ids":"YWJj","situations":{},"offsets":{}}',
    b'{"number":7,"ids":"","situations":{},"offsets":{}}',
    b'{"number":-1,"ids":"","situations":{},"offsets":{}}',
    b'{"number":0,"ids":"","situations":{},"offsets":{"t":-5}}',
    b'{"number":0,"ids":"","situations":{},"offsets":{"t":1e99}}',
    b'{"number":0,"ids":"","situations":{"s":[{"mes":"lead"},false]},"offsets":{}}',
    b'{"number":0,"ids":"","situations":{"s":5},"offsets":{}}',
)  # fmt: skip


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: repr(value[:40]))
@pytest.mark.parametrize("key", [b"", b"foreign", b"\xff", b"segment/x", b"segment/0"])
def test_a_record_that_is_no_segment_is_named_and_the_rest_is_known(key: bytes, value: bytes) -> None:
    """It once ended every take-over of the shard: the lane stood for as long as Kafka kept the record."""
    state, log = _written()
    restored = ShardState()
    (unread,) = restored.restore([*log, (key, value)])
    assert (unread.position, unread.key) == (len(log), key)
    assert unread.why
    assert restored.ids == state.ids
    assert restored.situations == state.situations
    assert restored.offsets == state.offsets


def test_a_segment_that_is_gone_costs_only_what_it_knew() -> None:
    """The last one too: its number is used again, so that the next transaction replaces it."""
    state, log = _written()
    *kept, (key, _) = log
    restored = ShardState()
    (unread,) = restored.restore([*kept, (key, b"{")])
    assert unread.position == 2
    assert restored.ids.keys() == set(list(state.ids)[:2])
    assert restored.offsets == {"cbrn.from.mes.incidents": 2}, "what is read again is counted again: told, not lost"
    assert restored.record()[0][0] == key


def test_a_tombstone_of_a_foreign_key_is_nothing() -> None:
    """A compacted topic takes one from anybody who may write."""
    _, log = _written()
    assert ShardState().restore([*log, (b"foreign", None), (b"", None)]) == []
