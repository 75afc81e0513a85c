"""A shard that takes itself over: whatever it had in hand by then is read again, from the first record on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import TopicPartition

from cbrn_routing.shards import shard as shard_module
from cbrn_routing.shards.shard import Shard, Shared

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE, KNOWN = (TopicPartition(f"cbrn.from.{body}.incidents", 0) for body in ("mes", "moh"))
NOW = datetime(2026, 11, 28, tzinfo=UTC)
RECORDS = 2


class Consumer:
    """Two records that nobody has read before, and a position that moves on as soon as they are given out.

    Of another partition the group knows where it is read.
    """

    def __init__(self, at_the_end: Callable[[], None]) -> None:
        self.position = 0
        self._at_the_end = at_the_end

    async def getmany(self, *_: TopicPartition, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(timeout_ms * 1e-6)
        given = range(self.position, min(self.position + max_records, RECORDS))
        self.position = RECORDS
        if not given:
            self._at_the_end()
        return (
            {PLACE: [SimpleNamespace(topic=PLACE.topic, partition=0, offset=offset) for offset in given]}
            if given
            else {}
        )

    def assignment(self) -> set[TopicPartition]:
        return {PLACE, KNOWN}

    async def committed(self, one: TopicPartition) -> int | None:
        return 7 if one == KNOWN else None

    async def commit(self, _: dict[TopicPartition, int]) -> None:
        pass

    def seek(self, one: TopicPartition, offset: int) -> None:
        assert one == PLACE
        self.position = offset

    def last_stable_offset(self, _: TopicPartition) -> int:
        return RECORDS


class Writer:
    """A connection that breaks when it is told to; each life of the shard has its own."""

    producer = None

    def __init__(self, *_: Any) -> None:
        self.broken = asyncio.Event()
        self.start = self.close = self.commit = self._nothing

    async def _nothing(self, *_: Any) -> None:
        pass

    def waits_for(self) -> None:
        return None


class Member:
    """In its first life something is due, and the connection breaks while it looks at what was fetched."""

    group, lane = "router", SimpleNamespace(value="incidents")
    options: Any = SimpleNamespace(clock=lambda: NOW, settings=None)

    def __init__(self) -> None:
        self.handled: list[int] = []
        self.elapsed: list[datetime] = []
        self.breaks: Callable[[], None] | None = None
        self._due = iter((NOW, NOW))

    def transactional_id(self, number: int) -> str:
        return f"router-{number}"

    def new_state(self) -> Any:
        return SimpleNamespace(
            due=next(self._due, None), offsets={}, restore=lambda _: [], record=list, held=lambda: {"situations": 0}
        )

    async def inspect(self, fetched: dict[TopicPartition, list[Any]]) -> dict[TopicPartition, list[Any]]:
        if self.breaks is not None and fetched:
            self.breaks()
            self.breaks = None
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()  # until it is given up
        return fetched

    def handle(self, records: list[Any], *_: Any) -> None:
        self.handled += [one.offset for one in records]

    def elapse(self, _state: Any, _outbox: Any, now: datetime) -> None:
        self.elapsed.append(now)


@pytest.fixture
async def member(monkeypatch: pytest.MonkeyPatch) -> Member:
    """The member of a shard that has run until all was read, and was taken over anew in between."""

    async def nothing(*_: Any) -> dict[Any, Any]:
        return {}

    async def no_state(*_: Any) -> tuple[list[Any], list[int]]:
        return [], []

    async def look(_: datetime) -> datetime:
        return NOW

    made = {"Writer": Writer, "keep_promise": nothing, "close_leftovers": nothing, "stored_state": no_state}
    for name, instead in made.items():
        monkeypatch.setattr(shard_module, name, instead)
    monkeypatch.setattr(Shard, "_new_elapsing", lambda _: SimpleNamespace(look=look))
    member, stopping = Member(), asyncio.Event()
    topics: Any = SimpleNamespace(shards=1, state="state", read_by=lambda _: [PLACE, KNOWN], written_by=lambda _: [])
    one = Shard(0, Shared(member, topics, Consumer(stopping.set), {}))  # type: ignore[arg-type] - all that is used
    await one.take_over()
    member.breaks = one._held_by().broken.set
    async with asyncio.timeout(10):
        await one.run(stopping)
    return member


async def test_the_first_records_of_a_partition_are_not_lost_with_a_connection(member: Member) -> None:
    """The client's position is behind them, and neither state nor group knows where they begin."""
    assert member.handled == [0, 1]


async def test_what_was_due_in_the_former_life_waits_until_all_is_read_again(member: Member) -> None:
    """An answer may lie in what is read again: nobody is alarmed for want of it."""
    assert member.elapsed == []
