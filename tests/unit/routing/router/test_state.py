"""The shard's memory: what is restored is what was known, and it never grows without bound."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_routing.router import state as module
from cbrn_routing.router.state import ShardState, Situation, content_digest, id_digest

Log = list[tuple[bytes, bytes | None]]

TOPIC = "cbrn.from.mes.incidents"


class Step(NamedTuple):
    """An event that arrives, and what happens behind it."""

    event: int
    situation: int
    cancel: bool
    commit: bool
    takeover: bool
    """Whether another process goes on from what was committed; what was not is judged again by nobody here."""


STEPS = st.lists(
    st.builds(
        Step,
        event=st.integers(0, 60),
        situation=st.integers(0, 10),
        cancel=st.booleans(),
        commit=st.sampled_from([True, True, False]),
        takeover=st.sampled_from([False, False, False, False, True]),
    ),
    min_size=30,
    max_size=60,
)
BOUNDS = st.sampled_from([{"ids_max": 6, "segments_max": 1_000}, {"ids_max": 1_000, "segments_max": 4}])
"""One of the two reasons to drop a segment at a time: it holds the oldest ids, or there are too many segments."""


def _compacted(log: Log, *, keep: int) -> Log:
    """What a compacting broker may leave of a log: the newest record of each key, and of the older ones the latest."""
    newest = {key: index for index, (key, _) in enumerate(log)}
    return [row for index, row in enumerate(log) if newest[row[0]] == index or index >= len(log) - keep]


def _restored(log: Log) -> ShardState:
    state = ShardState()
    state.restore(list(log))
    return state


def _meet(state: ShardState, step: Step, offset: int) -> bool:
    """Take an event as the router does; whether it was new."""
    state.offsets[TOPIC] = offset + 1
    identifier = id_digest("/mes", str(step.event))
    if identifier in state.ids:
        return False
    state.see(identifier, content_digest(b"%d" % step.event))
    state.keep(f"s{step.situation}", Situation({"mes": 3, f"b{step.event % 5}": 1}, step.cancel))
    return True


def _assert_same(restored: ShardState, state: ShardState) -> None:
    """The restored memory is the former holder's, and forgets in the same order."""
    assert restored.ids == state.ids
    assert restored.offsets == state.offsets
    assert list(restored.situations.items()) == list(state.situations.items())


def _small(monkeypatch: pytest.MonkeyPatch, *, ids_max: int = 6, segments_max: int = 1_000) -> None:
    """Bounds that some thirty events outgrow several times."""
    monkeypatch.setattr(module, "IDS_MAX", ids_max)
    monkeypatch.setattr(module, "SITUATIONS_MAX", 5)
    monkeypatch.setattr(module, "SEGMENT_IDS", 2)
    monkeypatch.setattr(module, "SEGMENTS_MAX", segments_max)


@given(steps=STEPS, keep=st.integers(0, 50), bounds=BOUNDS)
def test_a_restored_shard_knows_what_the_former_holder_knew(
    steps: list[Step], keep: int, bounds: dict[str, int]
) -> None:
    """A takeover must neither count an event twice nor forget whom a situation reached, compacted or not."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _small(monkeypatch, **bounds)
        state, log = ShardState(), []
        for offset, step in enumerate(steps):
            _meet(state, step, offset)
            if step.commit:
                log += state.record()
                _assert_same(_restored(log), state)
                _assert_same(_restored(_compacted(log, keep=keep)), state)
            if step.takeover:
                state = _restored(log)
        log += state.record()
        _assert_same(_restored(log), state)


@given(steps=STEPS, bounds=BOUNDS)
def test_memory_and_the_topic_stay_within_their_bounds(steps: list[Step], bounds: dict[str, int]) -> None:
    """A flood must not make a router grow until it is killed."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _small(monkeypatch, **bounds)
        state, log = ShardState(), []
        waiting = 0
        for offset, step in enumerate(steps):
            waiting += _meet(state, step, offset)
            if not step.commit:
                continue
            log += state.record()
            # Only closed segments can be dropped: what one transaction brings is held until the next.
            assert len(state.ids) <= max(module.IDS_MAX, module.SEGMENT_IDS - 1 + waiting)
            assert len(state.situations) <= module.SITUATIONS_MAX
            live = [key for key, value in dict(log).items() if value is not None]
            # The bound is looked at before this transaction's segments are closed, and one is always open.
            assert len(live) <= module.SEGMENTS_MAX + 1 + waiting
            waiting = 0


@given(events=st.lists(st.integers(0, 60), min_size=30, max_size=90, unique=True))
def test_the_latest_ids_are_remembered_up_to_the_bound(events: list[int]) -> None:
    """A bound that is too eager counts twice whoever sends again: no more than one segment is dropped at a time."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _small(monkeypatch)
        monkeypatch.setattr(module, "SITUATIONS_MAX", 1)
        state = ShardState()
        for number, event in enumerate(events, 1):
            _meet(state, Step(event, 0, cancel=False, commit=True, takeover=False), number)
            state.record()
            sure = module.IDS_MAX - module.SEGMENT_IDS + 1
            assert {id_digest("/mes", str(each)) for each in events[max(0, number - sure) : number]} <= state.ids.keys()
            assert min(number, sure) <= len(state.ids) <= module.IDS_MAX


def test_the_bounds_are_those_that_the_pages_promise() -> None:
    """Resent events count once «within the last 50,000»; the sizes beside the numbers were worked out from them."""
    assert (module.IDS_MAX, module.SITUATIONS_MAX, module.SEGMENT_IDS, module.SEGMENTS_MAX) == (
        50_000,
        20_000,
        256,
        1_000,
    )


def test_a_situation_outlives_the_segment_that_it_was_learnt_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else, after a restart, the cancellation of a long situation would reach nobody who heard the alarm."""
    _small(monkeypatch)
    state, log = ShardState(), []
    told = Situation({"mes": 3, "moh": 2}, cancelled=False, duties=("ihr",))
    state.keep("long", told)
    for number in range(40):
        state.see(id_digest("/mes", str(number)), content_digest(b"x"))
        log += state.record()
    assert (b"segment/0", None) in log
    assert _restored(log).situations == {"long": told}
    assert _restored(_compacted(log, keep=0)).situations == {"long": told}


def test_a_dropped_segment_stays_dropped_though_its_record_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker compacts when it likes; until then a tombstone stands behind what it takes back."""
    _small(monkeypatch)
    state, log = ShardState(), []
    for number in range(40):
        state.see(id_digest("/mes", str(number)), content_digest(b"x"))
        log += state.record()
    assert any(value is None for _, value in log)
    assert id_digest("/mes", "0") not in state.ids
    assert _restored(log).ids == state.ids


def test_the_longest_untouched_situation_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A situation that is still reported on must survive a flood of new ones."""
    _small(monkeypatch)
    state = ShardState()
    for number in range(module.SITUATIONS_MAX):
        state.keep(f"s{number}", Situation({"mes": 3}, cancelled=False))
    state.keep("s0", Situation({"mes": 3, "moh": 2}, cancelled=False))
    state.keep("new", Situation({"mes": 3}, cancelled=False))
    state.record()
    assert list(state.situations) == ["s2", "s3", "s4", "s0", "new"]
    assert state.forgotten == 1


def test_a_restored_shard_holds_no_more_situations_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments name many that were forgotten long ago: a shard held them all until its next record."""
    _small(monkeypatch)
    state, log = ShardState(), []
    for number in range(3 * module.SITUATIONS_MAX):
        state.keep(f"s{number}", Situation({"mes": 3}, cancelled=False))
        log += state.record()
    restored = _restored(log)
    assert list(restored.situations) == list(state.situations)
    assert restored.record()[-1][1] == _restored(log).record()[-1][1]


def test_no_record_outgrows_the_broker_however_large_the_batch() -> None:
    """A record above the limit would be refused for ever, and with it everything that the shard has to tell."""
    state = ShardState()
    everybody = {f"some-body-{number:02}": 1 for number in range(50)}
    for number in range(3_000):
        state.see(id_digest("/mes", str(number)), content_digest(b"x"))
        state.keep(f"{number:0128}", Situation(everybody, cancelled=False))
    records = state.record()
    assert len(records) == -(-3_000 // module.SEGMENT_IDS)
    assert max(len(value or b"") for _, value in records) < 500_000
    restored = _restored(records)
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
