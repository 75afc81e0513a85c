"""The alternative that was weighed: a worker that owns its shards by number, without a group.

It runs the product's own shards; only who holds which is fixed. An error ends the process; a supervisor restarts it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from cbrn_routing.router import Judge, LogNarrator, RouterOptions
from cbrn_routing.router.judge import utc_now
from cbrn_routing.router.shard import Shard
from cbrn_schemas.topics import router_group


class AssignedRouter:
    """Looks like a `Router` to the worker program."""

    def __init__(self, options: RouterOptions, engine: Any, numbers: list[int]) -> None:
        self.ready = asyncio.Event()
        self._stopping = asyncio.Event()
        settings = options.settings
        connection = settings.connection()
        self._partitions = [TopicPartition(topic, number) for topic in options.topics for number in numbers]
        self._consumer = AIOKafkaConsumer(
            **connection,
            group_id=router_group(settings.realm, options.lane),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=100,
        )
        judge = Judge(settings.realm, options.lane, engine, LogNarrator(settings.lang))
        self._shards = [
            Shard(
                number,
                realm=settings.realm,
                lane=options.lane,
                topics=options.topics,
                consumer=self._consumer,
                connection=connection,
                judge=judge,
                clock=utc_now,
            )
            for number in numbers
        ]

    def stop(self) -> None:
        """Ask for a graceful stop."""
        self._stopping.set()

    async def run(self) -> None:
        """Route until stopped, or until the first error."""
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        try:
            await asyncio.gather(*(one.take_over() for one in self._shards))
            self.ready.set()
            await asyncio.gather(*(one.run(self._stopping) for one in self._shards))
        finally:
            await asyncio.gather(*(one.close() for one in self._shards))
            await self._consumer.stop()
