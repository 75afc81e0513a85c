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

log = structlog.get_logger(__name__)

BATCH_RECORDS_MAX: Final = 1_000
"""Records judged at once: 64 KiB each at the most, 8 recipients on average, 1 kB usually: 8 MB a transaction."""
FETCH_WAIT_MS: Final = 200
"""How long a fetch waits for records before it looks whether the router is to stop."""
START_DEADLINE_S: Final = 30.0
"""Fencing, reading the state and seeking."""
COMMIT_DEADLINE_S: Final = 10.0
"""From the first batch sent to the commit's answer: a call without a deadline can hang for ever after a stop."""
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

    async def take_over(self) -> None:
        """Fence the former holder, restore the state, seek to what was committed."""
        async with asyncio.timeout(START_DEADLINE_S):
            await self._producer.start()
            self.state.restore(await self._state_records())
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

    async def _state_records(self) -> list[tuple[bytes, bytes | None]]:
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
            while await reader.position(partition) < end:
                for batch in (await reader.getmany(timeout_ms=FETCH_WAIT_MS)).values():
                    records.extend((record.key or b"", record.value) for record in batch)
        finally:
            await reader.stop()
        return records

    async def run(self, stopping: asyncio.Event) -> None:
        """Judge and commit until told to stop; the last transaction is committed before it returns."""
        committing: asyncio.Task[None] | None = None
        stopped = asyncio.create_task(stopping.wait())
        try:
            while fetched := await self._fetch(stopped, committing):
                outbox = self._prepare(fetched)
                offsets = {partition: self.state.offsets[partition.topic] for partition in fetched}
                if committing is not None:
                    await committing
                committing = asyncio.create_task(self._commit(outbox, offsets))
            if committing is not None:
                await committing
        finally:
            stopped.cancel()
            if committing is not None and not committing.done():
                committing.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):  # the first error is the one to report
                    await committing

    async def _fetch(
        self, stopped: asyncio.Task[Any], committing: asyncio.Task[None] | None
    ) -> dict[TopicPartition, list[Any]]:
        """The next records; nothing once the shard is to stop. Raises what the transaction under way came to grief on.

        While the group rebalances aiokafka's `getmany` waits for the new assignment, which waits for this shard to let
        go: so the wait is raced against the stop and given up.
        """
        while not stopped.done():
            fetch = asyncio.ensure_future(
                self._consumer.getmany(*self._partitions, timeout_ms=FETCH_WAIT_MS, max_records=BATCH_RECORDS_MAX)
            )
            await asyncio.wait({fetch, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not fetch.done():
                fetch.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await fetch
                break
            fetched: dict[TopicPartition, list[Any]] = fetch.result()
            if fetched:
                return fetched
            if committing is not None and committing.done():
                committing.result()  # in quiet hours no next batch would ask
        return {}

    def _prepare(self, fetched: dict[TopicPartition, list[Any]]) -> Outbox:
        now = self._clock()
        outbox = Outbox(self._producer, self.number, int(now.timestamp() * 1000))
        for records in fetched.values():
            self._judge.judge(records, self.state, outbox, now, self.tally)
        for key, value in self.state.record():
            outbox.append(self._state_topic, outbox.body(key, value, []))
        return outbox

    async def _commit(self, outbox: Outbox, offsets: dict[TopicPartition, int]) -> None:
        async with asyncio.timeout(COMMIT_DEADLINE_S):
            await self._producer.begin_transaction()
            await outbox.send()
            await self._producer.send_offsets_to_transaction(offsets, self._group)
            await self._producer.commit_transaction()

    async def close(self) -> None:
        """Let the producer go. What it had open is aborted by the next holder, or by the broker's time-out."""
        with contextlib.suppress(asyncio.CancelledError, Exception):  # it is being thrown away: nothing is owed to it
            async with asyncio.timeout(COMMIT_DEADLINE_S):
                await self._producer.stop()
