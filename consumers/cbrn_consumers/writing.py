"""Writers of which a realm has one at a time: whoever starts fences whoever was before."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from cbrn_routing.leftovers import close_leftovers
from cbrn_routing.promises import keep_promise
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from cbrn_schemas.settings import Settings

STOP_WITHIN_S: Final = 5.0
TRANSACTION_MS: Final = 15_000
"""A writer that dies holds back readers of the partitions that it wrote for this long at most."""
RECORD_BYTES_MAX: Final = 2 * 1024 * 1024
"""The largest record of the bus, one of the quarantine: an event in its wrapping."""


@asynccontextmanager
async def only_writer(settings: Settings, name: str, *topics: str) -> AsyncGenerator[AIOKafkaProducer]:
    """A transactional producer called `name` (`duties.clerk`) in the realm; started, and stopped afterwards.

    `topics` are all that it may write. What its former life left open in them is committed by then where that was
    promised, and aborted otherwise, so that reading them after this sees all that was ever committed.
    """
    connection, identifier = settings.connection(), bus_topic(settings.realm, name)
    partitions = await _partitions(connection, topics)
    await keep_promise(connection, identifier, TRANSACTION_MS, partitions)
    producer = AIOKafkaProducer(
        **connection,
        transactional_id=identifier,
        transaction_timeout_ms=TRANSACTION_MS,
        acks="all",
        enable_idempotence=True,
        max_request_size=RECORD_BYTES_MAX,
    )
    try:
        await producer.start()
        if partitions:
            await close_leftovers(producer, partitions)
        yield producer
    finally:
        # Bounded: a producer whose transaction was cut off may never come to an end by itself.
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(producer.stop(), STOP_WITHIN_S)


async def _partitions(connection: dict[str, Any], topics: Iterable[str]) -> list[TopicPartition]:
    """Every partition of those of the topics that exist; the others are left to whoever writes them."""
    client = AIOKafkaClient(**connection)
    try:
        await client.bootstrap()
        cluster = await client.fetch_all_metadata()
        return [TopicPartition(topic, one) for topic in topics for one in cluster.partitions_for_topic(topic) or ()]
    finally:
        await client.close()
