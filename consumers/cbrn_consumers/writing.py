"""Writers of which a realm has one at a time: whoever starts fences whoever was before."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from cbrn_routing.leftovers import close_topics
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cbrn_schemas.settings import Settings

STOP_WITHIN_S: Final = 5.0
TRANSACTION_MS: Final = 15_000
"""A writer that dies holds back readers of the partitions that it wrote for this long at most."""
RECORD_BYTES_MAX: Final = 2 * 1024 * 1024
"""The largest record of the bus, one of the quarantine: an event in its wrapping."""


@asynccontextmanager
async def only_writer(settings: Settings, name: str, *topics: str) -> AsyncGenerator[AIOKafkaProducer]:
    """A transactional producer called `name` (`duties.clerk`) in the realm; started, and stopped afterwards.

    What the former left open is aborted by then, so that reading `topics` after this sees all that was ever committed.
    """
    producer = AIOKafkaProducer(
        **settings.connection(),
        transactional_id=bus_topic(settings.realm, name),
        transaction_timeout_ms=TRANSACTION_MS,
        acks="all",
        enable_idempotence=True,
        max_request_size=RECORD_BYTES_MAX,
    )
    try:
        await producer.start()
        await close_topics(producer, topics)
        yield producer
    finally:
        # Bounded: a producer whose transaction was cut off may never come to an end by itself.
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(producer.stop(), STOP_WITHIN_S)
