"""The alternative that was weighed: a worker that owns its shards by number, without a group.

It runs the product's own shards; only who holds which is fixed. An error ends the process; a supervisor restarts it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer

from cbrn_routing.router import Judge, LogNarrator, RouterOptions
from cbrn_routing.router.dispatch import utc_now
from cbrn_routing.shards.lane_topics import count_partitions, lane_topics
from cbrn_routing.shards.shard import Shard, ShardOptions
from cbrn_schemas.topics import router_group


class AssignedRouter:
    """Looks like a `Router` to the worker program."""

    def __init__(self, options: RouterOptions, engine: Any, numbers: list[int]) -> None:
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._options = options
        self._connection = options.settings.connection()
        self._numbers = numbers
        self._judge = Judge(options.settings.realm, options.lane, engine, LogNarrator(options.settings.lang))

    def stop(self) -> None:
        """Ask for a graceful stop."""
        self._stopping.set()

    async def run(self) -> None:
        """Route until stopped, or until the first error."""
        options, realm = self._options, self._options.settings.realm
        counts = await count_partitions(self._connection)
        topics = lane_topics(realm, options.lane, options.topics, counts, utc_now(), all_bodies=False)
        consumer = AIOKafkaConsumer(
            **self._connection,
            group_id=router_group(realm, options.lane),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        consumer.assign([partition for number in self._numbers for partition in topics.read_by(number)])
        shared = ShardOptions(
            realm=realm,
            lane=options.lane,
            topics=topics,
            consumer=consumer,
            connection=self._connection,
            judge=self._judge,
            clock=utc_now,
        )
        shards = [Shard(number, shared) for number in self._numbers]
        try:
            await asyncio.gather(*(one.take_over() for one in shards))
            self.ready.set()
            await asyncio.gather(*(one.run(self._stopping) for one in shards))
        finally:
            await asyncio.gather(*(one.close() for one in shards))
            await consumer.stop()
