"""Writers of which a realm has one at a time, whoever starts fencing whoever was before; and one record by anybody."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.explaining import told
from cbrn_routing.bus.leftovers import close_leftovers
from cbrn_routing.bus.producer import hear_of_breaks
from cbrn_routing.bus.promises import keep_promise
from cbrn_routing.bus.reach import reach
from cbrn_routing.bus.read import check_topics
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from aiokafka.structs import RecordMetadata

    from cbrn_schemas.envelope import Header
    from cbrn_schemas.settings import Settings

START_WITHIN_S: Final = 30.0
STOP_WITHIN_S: Final = 5.0
WRITE_WITHIN_S: Final = 15.0
TRANSACTION_MS: Final = 15_000
"""A writer that dies holds back readers of the partitions that it wrote for this long at most."""
RECORD_BYTES_MAX: Final = 2 * 1024 * 1024
"""The largest record of the bus, one of the quarantine: an event in its wrapping."""


@asynccontextmanager
async def only_writer(
    settings: Settings, name: str, topic: str, *others: str, broken: asyncio.Event | None = None
) -> AsyncGenerator[AIOKafkaProducer]:
    """Open a transactional producer called `name` (`duties.clerk`) in the realm; started, and stopped afterwards.

    `topic` and `others` are all that it may write. What its former life left open in them is committed by then where
    that was promised, and aborted otherwise, so that reading them after this, to where they end (`read.written`), sees
    all that was ever committed.
    `broken` is set once a connection breaks: whoever lives on begins anew then.

    Raises:
        UnknownTopicOrPartitionError: there is no `topic`; of `others` those that do not exist are passed over.
        NobodyListensError, KafkaError, TimeoutError: there is no broker; it refused, or did not answer.
    """
    await reach(settings)
    connection, identifier = settings.connection(), bus_topic(settings.realm, name)
    producer = AIOKafkaProducer(
        **connection,
        transactional_id=identifier,
        transaction_timeout_ms=TRANSACTION_MS,
        acks="all",
        enable_idempotence=True,
        max_request_size=RECORD_BYTES_MAX,
    )
    if broken is not None:
        hear_of_breaks(producer, broken)
    try:
        async with asyncio.timeout(START_WITHIN_S):
            partitions = await _partitions(connection, topic, others)
            await keep_promise(connection, identifier, TRANSACTION_MS, partitions)
            await producer.start()
            await close_leftovers(producer, partitions)
        yield producer
    finally:
        # Bounded: a producer whose transaction was cut off may never come to an end by itself.
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(producer.stop(), STOP_WITHIN_S)


async def write_record(
    settings: Settings,
    topic: str,
    record: tuple[bytes, list[Header], bytes],
    *,
    unsure: str,
    partition: int | None = None,
) -> RecordMetadata:
    """Write one record, with key, headers and value, confirmed by every copy of the log; `unsure` is said if it is not.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    await check_topics(settings, [topic], "write")
    key, headers, value = record
    producer, asked = AIOKafkaProducer(**settings.connection(), acks="all", enable_idempotence=True), False
    try:
        async with asyncio.timeout(WRITE_WITHIN_S):
            await producer.start()
            asked = True
            taken: RecordMetadata = await producer.send_and_wait(
                topic, value, key=key, headers=headers, partition=partition
            )
            return taken
    except (KafkaError, TimeoutError) as error:
        if isinstance(error, KafkaError) and not (asked and error.retriable):
            raise await told(error, topic, settings, "write") from error
        raise BrokerUnreachableError(f"{settings.bootstrap_servers} did not confirm it", hint=unsure) from error
    finally:
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(producer.stop(), STOP_WITHIN_S)


async def _partitions(connection: dict[str, Any], topic: str, others: Iterable[str]) -> list[TopicPartition]:
    client = AIOKafkaClient(**connection)
    try:
        await client.bootstrap()
        cluster = await client.fetch_all_metadata()
    finally:
        await client.close()
    if not cluster.partitions_for_topic(topic):
        raise UnknownTopicOrPartitionError(topic)
    topics = (topic, *others)
    return [TopicPartition(one, number) for one in topics for number in cluster.partitions_for_topic(one) or ()]
