"""Reading what has happened on the bus: decisions, published events, rule books. It can only read.

Consumers here belong to no group, are assigned their partitions by hand and commit nothing, so that the broker does not
even remember that somebody read. Neither this module nor anything of ours that it imports can produce; a test holds
that line. Every wait on the broker has a bound.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAuthorizationFailedError

from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.errors import BrokerUnreachableError, NotAuthorizedError
from cbrn_routing.bus.header_names import forgive_header_names
from cbrn_routing.bus.reach import reach
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping
    from datetime import datetime

    from cbrn_schemas.settings import Settings

ANSWER_WITHIN_S: Final = 15.0
"""For each question to the broker but the reading itself."""
STALLED_AFTER_S: Final = 15.0
"""Without a single record, although some must be left."""
POLL_MS: Final = 300
RECORDS_MAX: Final = 5_000
"""Records handed over at once: 64 KiB each at the most, usually 1."""
FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
"""A partition and request; history is read in gulps."""

Bytes = ConsumerRecord[bytes | None, bytes | None]


class HistoryError(BusError):
    """The history holds nothing of the sort, or cannot be read."""


class History:
    """An open reader."""

    def __init__(self, consumer: AIOKafkaConsumer, settings: Settings) -> None:
        self._consumer = consumer
        self._settings = settings

    async def partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """All partitions of those of the topics that exist. Only topics that exist are asked for by name."""
        async with self._answering():
            known = await self._consumer.topics()
            found = sorted(set(topics) & known)
            if not found:
                return []
            first = [TopicPartition(topic, 0) for topic in found]
            self._consumer.assign(first)
            await self._consumer.beginning_offsets(first)  # the client knows the topics by now
        return [
            TopicPartition(topic, number)
            for topic in found
            for number in sorted(self._consumer.partitions_for_topic(topic) or ())
        ]

    async def since(self, partitions: list[TopicPartition], moment: datetime | None) -> dict[TopicPartition, int]:
        """The offset in each partition of the first record written at `moment` or later (None: of the oldest)."""
        async with self._answering():
            if moment is None:
                return dict(await self._consumer.beginning_offsets(partitions))
            at = int(moment.timestamp() * 1000)
            found = await self._consumer.offsets_for_times(dict.fromkeys(partitions, at))
            ends = await self._consumer.end_offsets(partitions)
        return {partition: ends[partition] if at is None else at.offset for partition, at in found.items()}

    async def read(
        self, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int] | None = None
    ) -> AsyncGenerator[list[Bytes]]:
        """Records from `starts` up to `ends` (by default, what is there now), in gulps, each partition in order.

        Offsets have gaps, so positions decide when it is over, not counts.

        Raises:
            BrokerUnreachableError, NotAuthorizedError: the broker stopped answering, or refuses this user.
        """
        partitions = list(starts)
        if not partitions:
            return
        async with self._answering():
            there = await self._consumer.end_offsets(partitions)
            begin = await self._consumer.beginning_offsets(partitions)
        stop = there if ends is None else {one: min(ends[one], there[one]) for one in partitions}
        left = {one for one in partitions if max(starts[one], begin[one]) < stop[one]}
        if not left:
            # A new assignment and then a stop would wait for ever: the client's fetcher, busy with the change, swallows
            # the stop.
            return
        self._consumer.assign(sorted(left))
        for one in left:
            self._consumer.seek(one, max(starts[one], begin[one]))
        while left:
            async with self._answering(STALLED_AFTER_S):
                records = await self._gulp(left, stop)
            yield records

    async def _gulp(self, left: set[TopicPartition], stop: Mapping[TopicPartition, int]) -> list[Bytes]:
        """What comes next; partitions that are at their end are taken out of `left`."""
        while True:
            fetched = await self._consumer.getmany(*left, timeout_ms=POLL_MS, max_records=RECORDS_MAX)
            records = [record for one, some in fetched.items() for record in some if record.offset < stop[one]]
            done = {one for one in left if await self._consumer.position(one) >= stop[one]}
            left -= done
            if done:
                self._consumer.pause(*done)
            if records or not left:
                return records

    @asynccontextmanager
    async def _answering(self, within_s: float = ANSWER_WITHIN_S) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(within_s):
                yield
        except KafkaError as error:
            raise _explained(error, self._settings) from error
        except TimeoutError:
            raise BrokerUnreachableError(
                f"no answer from {self._settings.bootstrap_servers} within {within_s:g} s",
                hint="Check that Kafka runs and is not overloaded, then try again.",
            ) from None


@asynccontextmanager
async def history(settings: Settings) -> AsyncGenerator[History]:
    """A reader of the bus's history.

    Raises:
        BrokerUnreachableError: no broker lets us in.
    """
    await reach(settings)
    forgive_header_names()
    consumer = AIOKafkaConsumer(
        **settings.connection(),
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
    )
    opened = History(consumer, settings)
    try:
        async with opened._answering():  # noqa: SLF001 - of this module
            await consumer.start()
        yield opened
    finally:
        await stop_reading(consumer)


def _explained(error: KafkaError, settings: Settings) -> BusError:
    if isinstance(error, TopicAuthorizationFailedError):
        return NotAuthorizedError(
            "this user may not read the bus's own topics",
            hint="Read with an auditor's or the router's user, or give an archive: --archive FILE.",
        )
    detail = "" if isinstance(error, KafkaConnectionError) else f" ({error})"
    return BrokerUnreachableError(f"no broker at {settings.bootstrap_servers} let us in{detail}")
