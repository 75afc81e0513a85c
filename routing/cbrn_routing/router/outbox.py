"""Record batches on their way out: one open batch for each topic, all in one shard's partition, filled in source order.

This is the one place that knows how records are encoded. It uses aiokafka's public `create_batch` and `send_batch`; a
faster encoder would replace this module and nothing else.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

    from cbrn_schemas.envelope import Header

BATCH_BYTES_MAX: Final = 900_000
"""Below the topics' 1 MiB `max.message.bytes`, with room for what framing adds."""
QUARANTINE_BYTES_MAX: Final = 2 * 1024 * 1024
"""The quarantine topic takes a whole refused record with its headers and the reasons."""


class RecordTooLargeError(Exception):
    """A record that does not fit into any batch: a broken promise inside, since ingress is bounded."""


class Outbox:
    """What one transaction writes. Fill it, `send` it once within a transaction, then drop it."""

    def __init__(self, producer: AIOKafkaProducer, shard: int) -> None:
        self._producer = producer
        self._shard = shard
        self._open: dict[str, Any] = {}
        self._full: list[tuple[str, Any]] = []
        self.records = 0

    def append(self, topic: str, timestamp: int, key: bytes | None, value: bytes | None, headers: list[Header]) -> None:
        """Add one record; `timestamp` is in milliseconds since the epoch."""
        batch = self._open.get(topic)
        if batch is None:
            batch = self._open[topic] = self._producer.create_batch()
        self.records += 1
        if batch.append(timestamp=timestamp, key=key, value=value, headers=headers) is not None:
            return
        if batch.record_count():
            self._full.append((topic, batch))
            batch = self._open[topic] = self._producer.create_batch()
            if batch.append(timestamp=timestamp, key=key, value=value, headers=headers) is not None:
                return
        raise RecordTooLargeError(f"a record for {topic} exceeds {BATCH_BYTES_MAX} bytes")

    async def send(self) -> None:
        """Hand every batch to the producer and wait until the broker has taken each.

        `commit_transaction` does not look at these futures: one that nobody awaited is a silent loss.
        """
        taken: list[asyncio.Future[Any]] = []
        try:
            for topic, batch in (*self._full, *self._open.items()):
                taken.append(await self._producer.send_batch(batch, topic, partition=self._shard))
        except BaseException:
            asyncio.gather(*taken, return_exceptions=True)  # looked at, or asyncio would report each as forgotten
            raise
        await asyncio.gather(*taken)
