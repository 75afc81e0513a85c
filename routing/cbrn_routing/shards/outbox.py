"""Record batches on their way out: one open batch for each topic, in the shard's partition of it, in source order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.shards.encoding import NOTHING, Block, EncodedRecord, RecordBatchInParts, encode_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiokafka import AIOKafkaProducer

    from cbrn_routing.shards.placement import Placement

BATCH_BYTES_MAX: Final = 900_000
"""Below the topics' 1 MiB `max.message.bytes`; a single record may exceed it, where a topic takes
2 MiB: quarantine, and what is passed on."""
FULL_BATCHES_MAX: Final = 40
"""Full batches of one transaction beyond which nothing more is handled into it: 36 MB. Events of 64 kB told to twelve
bodies reach that at some fifty, and their number alone would let a slow broker fill the memory."""


class Outbox:
    """What one transaction writes. Fill it, `send` it once within a transaction, then drop it."""

    def __init__(self, placement: Placement, timestamp: int) -> None:
        self.placement = placement
        """The shard that writes, and to which other ones keys belong."""
        self._shard = placement.number
        self._timestamp = timestamp
        self._open: dict[str, RecordBatchInParts] = {}
        self._elsewhere: dict[tuple[str, int], RecordBatchInParts] = {}
        self._full: list[tuple[str, int, RecordBatchInParts]] = []
        self._body: EncodedRecord | None = None
        self._others = 0
        self._begin = b""
        """What was added last, with how many headers more, and how such a record begins: the next is like it mostly."""
        self.events = 0
        """Records read whose consequences lie here."""
        self.turns = 0
        """Turns with heavy publishers of which they are (`turns`)."""
        self.at_last: Callable[[], None] | None = None
        """What a member has called once nothing more comes in: it lays out what follows from all of it together."""

    encode = staticmethod(encode_record)

    def complete(self) -> None:
        """Have laid out what follows from all of it; the state is written after that."""
        if self.at_last is not None:
            self.at_last()

    def append(self, topic: str, body: EncodedRecord, first: Block = NOTHING, second: Block = NOTHING) -> None:
        """Add one record; `first` and `second` are headers behind the body's own."""
        others = len(first.headers) + len(second.headers)
        if body is not self._body or others != self._others:
            self._body, self._others, self._begin = body, others, body.with_headers(others)
        begin = self._begin
        batch = self._open.get(topic)
        if batch is None:
            batch = self._open[topic] = RecordBatchInParts(self._timestamp)
        elif batch.size() + len(begin) > BATCH_BYTES_MAX:
            self._full.append((topic, self._shard, batch))
            batch = self._open[topic] = RecordBatchInParts(self._timestamp)
        batch.put(begin, first.encoded, second.encoded)

    def append_elsewhere(self, topic: str, partition: int, body: EncodedRecord) -> None:
        """Add one record in another partition than the shard's own."""
        batch = self._elsewhere.get((topic, partition))
        if batch is None:
            batch = self._elsewhere[topic, partition] = RecordBatchInParts(self._timestamp)
        elif batch.size() + len(body.content) + len(body.headers) > BATCH_BYTES_MAX:
            self._full.append((topic, partition, batch))
            batch = self._elsewhere[topic, partition] = RecordBatchInParts(self._timestamp)
        batch.add(body)

    @property
    def large(self) -> bool:
        """Whether it is enough for one transaction, however few events it comes from."""
        return len(self._full) >= FULL_BATCHES_MAX

    async def send(self, producer: AIOKafkaProducer) -> list[Any]:
        """Hand every batch to the producer, wait until the broker has taken each, and return what it said of them.

        `commit_transaction` does not look at these futures: one that nobody awaited is a silent loss.
        """
        taken: list[asyncio.Future[Any]] = []
        own = ((topic, self._shard, batch) for topic, batch in self._open.items())
        elsewhere = ((topic, partition, batch) for (topic, partition), batch in self._elsewhere.items())
        try:
            for topic, partition, batch in (*self._full, *own, *elsewhere):
                taken.append(await producer.send_batch(batch, topic, partition=partition))
        except BaseException:
            asyncio.gather(*taken, return_exceptions=True)  # looked at, or asyncio would report each as forgotten
            raise
        return await asyncio.gather(*taken)
