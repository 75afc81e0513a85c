"""A shard: one partition number across all topics of the lane, with a transactional producer whose id is the shard's.

Taking a shard over starts that producer first, which fences and aborts whoever held it; only then the state is read.
While one transaction commits, the next batch is fetched and judged.

Any error ends the shard; the router throws all of it away and begins again from what was committed.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from cbrn_routing.router.outbox import BATCH_BYTES_MAX, Outbox
from cbrn_routing.router.sitting import Tally
from cbrn_routing.router.state import ShardState
from cbrn_schemas.topics import Lane, Realm, router_group, state_topic, transactional_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_routing.router.judge import Judge

_Fetched = dict[TopicPartition, list[Any]]

log = structlog.get_logger(__name__)

BATCH_RECORDS_MAX: Final = 1_000
"""Records judged at once: 64 KiB each at the most, 8 recipients on average, 1 kB usually: 8 MB a transaction."""
FETCH_WAIT_MS: Final = 200
"""How long a fetch waits for records before it looks whether the router is to stop."""
START_DEADLINE_S: Final = 30.0
"""Fencing, reading the state and seeking."""
COMMIT_DEADLINE_S: Final = 10.0
"""From the first batch sent to the commit's answer: a call without a deadline can hang for ever after a stop."""
TELL_GROUP_EVERY_S: Final = 5.0
"""How often a transaction carries the group's offsets too: for those who watch the lag, and at two more round trips."""
TRANSACTION_TIMEOUT_MS: Final = 10_000
"""An open transaction holds back every reader; the broker ends it after this."""


class Shard:
    """One shard while this process holds it."""

    def __init__(
        self,
        number: int,
        *,
        realm: Realm,
        lane: Lane,
        topics: list[str],
        consumer: AIOKafkaConsumer,
        connection: dict[str, Any],
        judge: Judge,
        clock: Callable[[], datetime],
        transactional: str | None = None,
    ) -> None:
        self.number = number
        self.state = ShardState()
        self._realm = realm
        self._lane = lane
        self._partitions = [TopicPartition(topic, number) for topic in topics]
        self._consumer = consumer
        self._connection = connection
        self._judge = judge
        self._clock = clock
        self._group = router_group(realm, lane)
        self._state_topic = state_topic(realm, lane)
        self._producer = AIOKafkaProducer(
            **connection,
            transactional_id=transactional or transactional_id(realm, lane, number),
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES_MAX,
            linger_ms=0,
            # A 4.x broker answers old clients with retriable errors when commits follow closely: with the default of
            # 100 ms the slowest hundredth of alerts took five times as long (measured).
            retry_backoff_ms=5,
        )
        self.tally = Tally()
        self._sealed: dict[str, int] = {}
        self._untold: dict[TopicPartition, int] = {}
        """Next offsets that the group has not been told."""
        self._told_at = 0.0

    async def take_over(self) -> None:
        """Fence the former holder, restore the state, seek to what was committed."""
        async with asyncio.timeout(START_DEADLINE_S):
            await self._producer.start()
            self._restore(*await self._state_records())
            # The state's offsets were written in the same transactions as the alerts, under the shard's own producer; a
            # group's committed offsets are not fenced. A topic that is not in the state starts where the group stands.
            for partition in self._partitions:
                if partition.topic in self.state.offsets:
                    self._consumer.seek(partition, self.state.offsets[partition.topic])
        log.info(
            "shard taken",
            shard=self.number,
            lane=self._lane.value,
            ids=len(self.state.ids),
            situations=len(self.state.situations),
        )

    def _restore(self, records: list[tuple[bytes, bytes | None]], offsets: list[int]) -> None:
        """Take the state in; what cannot be read of it is named and left out, since a lane that stands costs more."""
        for unread in self.state.restore(records):
            log.error(
                "a record of the router's state cannot be read; routing goes on without it",
                topic=self._state_topic,
                partition=self.number,
                offset=offsets[unread.position],
                key=unread.key[:60].decode("utf-8", "backslashreplace"),
                why=unread.why,
                hint="What it held may be told again, or told to fewer in a correction. Find out who wrote it.",
            )

    async def _state_records(self) -> tuple[list[tuple[bytes, bytes | None]], list[int]]:
        """Read keys and values of the state partition, and the offset of each."""
        partition = TopicPartition(self._state_topic, self.number)
        reader = AIOKafkaConsumer(
            **self._connection, isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await reader.start()
        try:
            reader.assign([partition])
            # Under read_committed this is the last stable offset; the fenced producer's transaction has ended.
            end = (await reader.end_offsets([partition]))[partition]
            await reader.seek_to_beginning(partition)
            records: list[tuple[bytes, bytes | None]] = []
            offsets: list[int] = []
            while await reader.position(partition) < end:
                for batch in (await reader.getmany(timeout_ms=FETCH_WAIT_MS)).values():
                    records.extend((record.key or b"", record.value) for record in batch)
                    offsets.extend(record.offset for record in batch)
        finally:
            await reader.stop()
        return records, offsets

    async def run(self, stopping: asyncio.Event) -> None:
        """Judge and commit until told to stop; what was judged is committed before it returns.

        While one transaction commits, records that arrive are judged into the next, which goes out as soon as the first
        is through: nothing waits for more than the commit under way and its own.
        """
        stopped = asyncio.create_task(stopping.wait())
        fetching: asyncio.Future[_Fetched] | None = None
        committing: asyncio.Task[None] | None = None
        pending: Outbox | None = None
        try:
            while not stopped.done():
                if fetching is None and (pending is None or pending.events < BATCH_RECORDS_MAX):
                    fetching = asyncio.ensure_future(self._fetch())
                awaited = {task for task in (stopped, fetching, committing) if task is not None}
                await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                if committing is not None and committing.done():
                    committing.result()
                    committing = None
                if fetching is not None and fetching.done():
                    pending = self._prepare(fetching.result(), pending)
                    fetching = None
                if committing is None and (pending is not None or self._tells_group()):
                    committing = asyncio.create_task(self._commit(pending, self._seal(pending)))
                    pending = None
            if committing is not None:
                await committing
            self._told_at = 0.0
            if pending is not None or self._untold:
                await self._commit(pending, self._seal(pending))
        finally:
            stopped.cancel()
            # While the group rebalances aiokafka's `getmany` waits for the new assignment, which waits for this shard
            # to let go: so it is given up.
            await _give_up(fetching, committing)

    async def _fetch(self) -> _Fetched:
        fetched: _Fetched = await self._consumer.getmany(
            *self._partitions, timeout_ms=FETCH_WAIT_MS, max_records=BATCH_RECORDS_MAX
        )
        return fetched

    def _prepare(self, fetched: _Fetched, outbox: Outbox | None) -> Outbox | None:
        """Judge what was fetched into the outbox given, or into a new one."""
        if not fetched:
            return outbox
        now = self._clock()
        if outbox is None:
            outbox = Outbox(self._producer, self.number, int(now.timestamp() * 1000))
        for records in fetched.values():
            self._judge.judge(records, self.state, outbox, now, self.tally)
            outbox.events += len(records)
        return outbox

    def _seal(self, outbox: Outbox | None) -> dict[TopicPartition, int]:
        """Add the state, next offsets included, to what is written; return the offsets to tell the group if it is time.

        It does not wait for anything, so that state, offsets and alerts are of the same records: what is judged from
        here on belongs to the next transaction.
        """
        offsets = self.state.offsets
        if outbox is not None:
            for key, value in self.state.record():
                outbox.append(self._state_topic, outbox.body(key, value, []))
            for partition in self._partitions:
                offset = offsets.get(partition.topic)
                if offset is not None and offset != self._sealed.get(partition.topic):
                    self._untold[partition] = offset
            self._sealed = dict(offsets)
        if not self._tells_group():
            return {}
        self._told_at = asyncio.get_running_loop().time()
        told, self._untold = self._untold, {}
        return told

    def _tells_group(self) -> bool:
        return bool(self._untold) and asyncio.get_running_loop().time() - self._told_at >= TELL_GROUP_EVERY_S

    async def _commit(self, outbox: Outbox | None, offsets: dict[TopicPartition, int]) -> None:
        async with asyncio.timeout(COMMIT_DEADLINE_S):
            await self._producer.begin_transaction()
            if outbox is not None:
                await outbox.send()
            if offsets:
                await self._producer.send_offsets_to_transaction(offsets, self._group)
            await self._producer.commit_transaction()

    async def close(self) -> None:
        """Let the producer go. What it had open is aborted by the next holder, or by the broker's time-out."""
        with contextlib.suppress(asyncio.CancelledError, Exception):  # it is being thrown away: nothing is owed to it
            async with asyncio.timeout(COMMIT_DEADLINE_S):
                await self._producer.stop()


async def _give_up(*tasks: asyncio.Future[Any] | None) -> None:
    """Cancel what is under way. Its error, if any, comes after the one that is being reported."""
    for task in tasks:
        if task is not None and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
