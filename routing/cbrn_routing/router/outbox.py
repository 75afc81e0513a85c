"""Record batches on their way out: one open batch for each topic, all in one shard's partition, in source order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.router.encoding import NOTHING, Block, Body, RecordBatch, encode_body

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

BATCH_BYTES_MAX: Final = 900_000
"""Below the topics' 1 MiB `max.message.bytes`; a single record may exceed it, on the quarantine topic only."""


class Outbox:
    """What one transaction writes. Fill it, `send` it once within a transaction, then drop it."""

    def __init__(self, producer: AIOKafkaProducer, shard: int, timestamp: int) -> None:
        self._producer = producer
        self._shard = shard
        self._timestamp = timestamp
        self._open: dict[str, RecordBatch] = {}
        self._full: list[tuple[str, RecordBatch]] = []
        self.events = 0
        """Ingress records whose judgement lies here."""

    body = staticmethod(encode_body)

    def append(self, topic: str, body: Body, first: Block = NOTHING, second: Block = NOTHING) -> None:
        """Add one record; `first` and `second` are headers behind the body's own."""
        batch = self._open.get(topic)
        if batch is None:
            batch = self._open[topic] = RecordBatch(self._timestamp)
        elif batch.size() + len(body.content) + len(body.headers) > BATCH_BYTES_MAX:
            self._full.append((topic, batch))
            batch = self._open[topic] = RecordBatch(self._timestamp)
        batch.add(body, first, second)

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
