"""A shard: one partition number across all topics of the lane, with a transactional producer whose id is the shard's.

Taking a shard over commits to its end what a broker that died had promised; starts that producer, which fences and
aborts whoever held it; closes what may still hang; and only then reads the state. While one transaction commits, the
next batch is fetched and handled.

A batch that cannot be written makes the shard take itself over once more, and look for the record whose fault it is.
Any other error ends the shard; the worker throws all of it away and begins again from what was committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import TopicPartition

from cbrn_routing.bus.clock import check_clock, now_ms
from cbrn_routing.bus.inside import GATHERED_WITHIN_MS
from cbrn_routing.bus.leftovers import close_leftovers
from cbrn_routing.bus.producer import BrokenConnectionError
from cbrn_routing.bus.promises import keep_promise
from cbrn_routing.shards.caution import BATCH_RECORDS_MAX, Caution, blames_the_batch
from cbrn_routing.shards.elapsing import Elapsing
from cbrn_routing.shards.group_offsets import GroupOffsets
from cbrn_routing.shards.member import offset_name
from cbrn_routing.shards.outbox import Outbox
from cbrn_routing.shards.placement import Placement
from cbrn_routing.shards.stalls import Stalls
from cbrn_routing.shards.stored import stored_state
from cbrn_routing.shards.turns import Line, Turns
from cbrn_routing.shards.writer import TRANSACTION_TIMEOUT_MS, Writer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from aiokafka import AIOKafkaConsumer

    from cbrn_routing.bus.promises import Heard
    from cbrn_routing.shards.lane_topics import LaneTopics
    from cbrn_routing.shards.member import Member, Name, State, StateRecord
    from cbrn_routing.shards.turns import Fetched

log = structlog.get_logger(__name__)

FETCH_WAIT_MS: Final = 200
"""How long a fetch waits for records before it looks whether the shard is to stop."""
START_DEADLINE_S: Final = 30.0
"""Fencing, closing leftovers, reading the state and seeking."""
APART_S: Final = GATHERED_WITHIN_MS / 1000
LITTLE: Final = 100
"""Transactions of fewer events begin so far apart: several brokers answer at several times, and each answer would bring
a transaction of its own."""
AT_ONCE_S: Final = 0.004
"""Work after which a shard lets the loop have its turn: the answers that a commit waits for come one after another."""
ASKED_WITHIN_S: Final = 5.0
"""The group's answer whether the shard is still this process's."""
TAKEN_AGAIN_WITHIN_S: Final = 3.0
"""How long a shard that takes itself over may go on once it is to be let go."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all shards of a membership share."""

    member: Member[Any]
    topics: LaneTopics
    consumer: AIOKafkaConsumer
    connection: dict[str, Any]
    heard: Heard = field(default_factory=dict)
    line: Line = field(default_factory=Line)
    stalls: Stalls = field(default_factory=Stalls)


class Shard:
    """One shard while this process holds it."""

    def __init__(self, number: int, shared: Shared, caution: Caution | None = None) -> None:
        self.number = number
        self.state: State = shared.member.new_state()
        self._shared = shared
        self._consumer = shared.consumer
        self._member = shared.member
        self._caution = caution or Caution()
        self._placement = Placement(number, shared.topics.shards)
        self._partitions = shared.topics.read_by(number)
        self._turns = Turns(shared.consumer, self._partitions, shared.line)
        self._names = {one: offset_name(one.topic, one.partition, number) for one in self._partitions}
        self._group = GroupOffsets(self._names)
        self._elapsing = self._new_elapsing()
        self._elapsed: datetime | None = None
        """Time up to which all was fetched, where something is due by then."""
        self._state = TopicPartition(shared.topics.state, number)
        self._id = shared.member.transactional_id(number)
        self._writer: Writer | None = None
        self._tried: list[Name] | None = None
        """The records of the batch at hand, where the shard is careful; otherwise there may be two batches at hand."""

    async def take_over(self) -> None:
        """Fence the former holder, close what is left open, restore the state, seek to what was committed.

        Raises:
            ClockError: this machine's clock is wrong.
        """
        mine = self._shared.topics.written_by(self.number)
        connection = self._shared.connection
        async with asyncio.timeout(START_DEADLINE_S):
            with self._waiting("what a broker that died had promised"):
                await keep_promise(connection, self._id, TRANSACTION_TIMEOUT_MS, mine, self._shared.heard)
            writer = self._writer = Writer(connection, self._id, self._waiting)
            await writer.start()
            before = now_ms()
            with self._waiting("what the former holder left open to be closed"):
                written = await close_leftovers(writer.producer, mine)
            check_clock(written.values(), before, now_ms())
            self.state = self._member.new_state()
            again = partial(close_leftovers, writer.producer, mine)
            with self._waiting("the state to be read"):
                stored = await stored_state(self._member.options.settings, self._state, written, again)
            self._restore(*stored)
            self._group.forget()
            # What was handled and not committed is to be read again, before anything is due.
            self._elapsing, self._elapsed = self._new_elapsing(), None
            # The state's offsets were written in the same transactions as all else, under the shard's own producer; a
            # group's committed offsets are not fenced. A topic that is not in the state starts where the group stands,
            # and again where this shard began to read it.
            assigned = self._consumer.assignment()  # whoever deals them may not have heard yet of partitions just added
            for partition, name in self._names.items():
                offset = self.state.offsets.get(name, self._turns.began.get(partition))
                if offset is not None and partition in assigned:
                    self._consumer.seek(partition, offset)
        log.info("shard taken", shard=self.number, lane=self._member.lane.value, **self.state.held())

    def _restore(self, records: list[StateRecord], offsets: list[int]) -> None:
        """Take the state in; what cannot be read of it is named and left out, since a lane that stands costs more."""
        for unread in self.state.restore(records):
            log.error(
                "a record of the router's state cannot be read; routing goes on without it",
                topic=self._state.topic,
                partition=self.number,
                offset=offsets[unread.position],
                key=unread.key[:60].decode("utf-8", "backslashreplace"),
                why=unread.why,
                hint="What it held may be told again, or told to fewer in a correction. Find out who wrote it.",
            )

    def _new_elapsing(self) -> Elapsing:
        return Elapsing(self._consumer, self._partitions, self._member.options.clock)

    def _waiting(self, what: str) -> AbstractContextManager[None]:
        """Say what this shard waits for, while it does."""
        lane = self._member.lane.value
        return self._shared.stalls.waiting(what, self._unanswered, shard=self.number, lane=lane)

    def _unanswered(self) -> str | None:
        return None if self._writer is None else self._writer.waits_for()

    async def run(self, stopping: asyncio.Event) -> None:
        """Handle and commit until told to stop; what was handled is committed before it returns."""
        while True:
            try:
                return await self._run(stopping)
            except BrokenConnectionError as broken:
                log.warning("a broker may have died: the shard is taken over anew", shard=self.number, why=str(broken))
                if not await self._taken_again(stopping):
                    return None
            except TimeoutError:
                self._caution.too_much()
                raise
            except Exception as error:
                if not blames_the_batch(error):
                    raise
                if not await self._begin_anew(error, stopping):
                    return None

    async def _taken_again(self, stopping: asyncio.Event) -> bool:
        """Take this shard over from itself; return False if it is to be let go before that is done.

        Raises:
            KafkaError, TimeoutError: it may belong to somebody else by now, who must not be fenced.
        """
        await self.close()
        taking, stopped = asyncio.create_task(self._take_if_mine()), asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({taking, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not taking.done():
                # A rebalance waits for this, and whoever gets the shard next.
                await asyncio.wait({taking}, timeout=TAKEN_AGAIN_WITHIN_S)
        finally:
            stopped.cancel()
            await _give_up(taking)
        (outcome,) = await asyncio.gather(taking, return_exceptions=True)
        if stopping.is_set():
            return False
        if outcome is not None:
            raise outcome
        return True

    async def _take_if_mine(self) -> None:
        """Take the shard over once the group has confirmed the membership, by being told again what it knows.

        A process that was frozen does not know that it was given up; whoever has the shard now would be fenced by it.
        Nothing newer is told: what was handled and not committed would be passed over by whoever begins where the group
        stands.
        """
        async with asyncio.timeout(ASKED_WITHIN_S):
            for partition in self._consumer.assignment().intersection(self._partitions):
                known = await self._consumer.committed(partition)
                known = self._turns.began.get(partition) if known is None else known
                if known is not None:
                    await self._consumer.commit({partition: known})
                    break
            else:
                raise BrokenConnectionError("the group cannot be asked whose the shard is: it knows nothing of it yet")
        await self.take_over()

    async def _begin_anew(self, error: Exception, stopping: asyncio.Event) -> bool:
        """Take this shard over from itself, and take less at once, or set a record aside; False if it is to be let go.

        Raises:
            Exception: the error itself, where there is no conclusion to draw from it.
        """
        tried = self._tried
        if not await self._taken_again(stopping):
            return False
        if not self._caution.suspect(tried, error):
            raise error
        log.warning(
            "a batch cannot be written: looking for the record whose fault it is",
            shard=self.number,
            lane=self._member.lane.value,
            error=f"{type(error).__name__}: {error}",
            records_max=self._caution.records_max,
            record=tried[0] if tried is not None and len(tried) == 1 else None,
        )
        return True

    async def _run(self, stopping: asyncio.Event) -> None:
        """Run until told to stop: while one transaction commits, records that arrive are handled into the next.

        It goes out as soon as the first is through: nothing waits for more than the commit under way and its own.
        """
        connection_broken = self._held_by().broken
        stopped, broken = asyncio.create_task(stopping.wait()), asyncio.create_task(connection_broken.wait())
        fetching: asyncio.Future[Fetched] | None = None
        committing: asyncio.Task[None] | None = None
        pending: Outbox | None = None
        try:
            while not stopped.done():
                if fetching is None and self._has_room(pending, committing):
                    fetching = asyncio.ensure_future(self._fetch(heavy=pending is None or not pending.turns))
                awaited = {task for task in (stopped, broken, fetching, committing) if task is not None}
                await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                if connection_broken.is_set():
                    raise BrokenConnectionError("a connection broke")
                if fetching is not None and fetching.done():
                    pending = await self._prepare(fetching.result(), pending)
                    fetching = None
                if committing is not None and committing.done():
                    committing.result()
                    committing = None
                    self._caution.went_well()
                if committing is None and (pending is not None or self._group.are_due()):
                    committing = asyncio.create_task(self._commit(pending, self._seal(pending)))
                    pending = None
            if committing is not None:
                await committing
            if connection_broken.is_set():
                return  # no further transaction may begin: what is pending is handled again by whoever is next
            self._group.hurry()
            if pending is not None or self._group.are_due():
                await self._commit(pending, self._seal(pending))
        finally:
            stopped.cancel()
            broken.cancel()
            # While the group rebalances aiokafka's `getmany` waits for the new assignment, which waits for this shard
            # to let go: so it is given up.
            await _give_up(fetching, committing)
            self._turns.end()

    def _has_room(self, pending: Outbox | None, committing: asyncio.Task[None] | None) -> bool:
        if self._caution.careful:
            return pending is None and committing is None
        return pending is None or (pending.events < BATCH_RECORDS_MAX and not pending.large)

    async def _fetch(self, *, heavy: bool) -> Fetched:
        with self._waiting("records, which the client gives out once the group has dealt its shards"):
            fetched = await self._turns.take(self._caution.records_max, FETCH_WAIT_MS, heavy=heavy)
        if (due := self.state.due) is not None:
            self._elapsed = await self._elapsing.look(due)
        with self._waiting("what the records must be compared with"):
            return await self._member.inspect(fetched)

    async def _prepare(self, fetched: Fetched, outbox: Outbox | None) -> Outbox | None:
        """Have the member handle what was fetched, and what is due by then, into the outbox given or a new one.

        In between the loop has its turn: a commit under way, of this shard or another, has some steps to take.
        """
        elapsed, self._elapsed = self._elapsed, None
        if not fetched and elapsed is None:
            return outbox
        caution = self._caution
        self._tried = _names(fetched) if caution.careful else None
        now = self._member.options.clock()
        if outbox is None:
            outbox = Outbox(self._placement, int(now.timestamp() * 1000))
        outbox.turns += self._turns.hand_over()
        worked_s, began = 0.0, time.perf_counter()
        for partition, records in fetched.items():
            seen = caution.seen(records) if caution.unwritable else records
            self._member.handle(seen, self.state, outbox, now, caution.unwritable)
            self.state.offsets[self._names[partition]] = records[-1].offset + 1
            outbox.events += len(records)
            if (at_once_s := time.perf_counter() - began) >= AT_ONCE_S:
                worked_s += at_once_s
                await asyncio.sleep(0)
                began = time.perf_counter()
        self._turns.cost(sum(map(len, fetched.values())), worked_s + time.perf_counter() - began)
        if elapsed is not None and not (caution.careful and fetched):  # else a record would be blamed for what is due
            self._member.elapse(self.state, outbox, elapsed)
        return outbox

    def _seal(self, outbox: Outbox | None) -> dict[TopicPartition, int]:
        """Add the state, next offsets included, to what is written; return the offsets to tell the group if it is time.

        It does not wait for anything, so that state, offsets and the rest are of the same records: what is handled from
        here on belongs to the next transaction.
        """
        if outbox is not None:
            outbox.complete()
            for key, value in self.state.record():
                outbox.append(self._state.topic, outbox.encode(key, value, []))
            self._group.note(self.state.offsets)
        return self._group.take()

    async def _commit(self, outbox: Outbox | None, offsets: dict[TopicPartition, int]) -> None:
        began = time.monotonic()
        await self._held_by().commit(outbox, offsets, self._member.group)
        if outbox is not None:
            self._turns.over(outbox.turns)
            if outbox.events < LITTLE:
                await asyncio.sleep(APART_S - (time.monotonic() - began))

    def _held_by(self) -> Writer:
        assert self._writer is not None, "a shard is taken over before it runs"
        return self._writer

    async def close(self) -> None:
        """Let the producer go. What it had open is aborted by the next holder, or by the broker's time-out."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()


def _names(fetched: Fetched) -> list[Name]:
    return [(one.topic, one.partition, one.offset) for records in fetched.values() for one in records]


async def _give_up(*tasks: asyncio.Future[Any] | None) -> None:
    """Cancel what is under way. Its error, if any, comes after the one that is being reported."""
    for task in tasks:
        if task is not None and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
