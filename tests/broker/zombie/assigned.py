"""The alternative that was weighed: a worker that owns its shards by number, without a group.

It runs the product's own shards; only who holds which is fixed. An error ends the process; a supervisor restarts it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer

from cbrn_routing.shards.lane_topics import count_partitions
from cbrn_routing.shards.shard import Shard, Shared

if TYPE_CHECKING:
    from cbrn_routing.shards import Member


class AssignedWorker:
    """Looks like a `Worker` to the worker program."""

    def __init__(self, member: Member[Any], numbers: list[int]) -> None:
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._member = member
        self._numbers = numbers

    def stop(self) -> None:
        """Ask for a graceful stop."""
        self._stopping.set()

    async def run(self) -> None:
        """Hold the shards until stopped, or until the first error."""
        connection = self._member.options.settings.connection()
        topics = self._member.topics(await count_partitions(connection))
        consumer = AIOKafkaConsumer(
            **connection,
            group_id=self._member.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        consumer.assign([partition for number in self._numbers for partition in topics.read_by(number)])
        shared = Shared(self._member, topics, consumer, connection)
        shards = [Shard(number, shared) for number in self._numbers]
        try:
            await asyncio.gather(*(one.take_over() for one in shards))
            self.ready.set()
            await asyncio.gather(*(one.run(self._stopping) for one in shards))
        finally:
            await asyncio.gather(*(one.close() for one in shards))
            await consumer.stop()
