"""Writers of which a realm has one at a time: whoever starts fences whoever was before."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IllegalOperation, KafkaError, ProducerFenced, UnknownTopicOrPartitionError

from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.errors import BrokerUnreachableError, ReleaseContendedError
from cbrn_routing.bus.header_names import forgive_header_names
from cbrn_routing.bus.leftovers import close_leftovers, until_closed
from cbrn_routing.bus.producer import hear_of_breaks
from cbrn_routing.bus.promises import keep_promise
from cbrn_routing.bus.reach import reach
from cbrn_routing.bus.read import explained
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from aiokafka.structs import RecordMetadata

    from cbrn_schemas.errors import BusError
    from cbrn_schemas.settings import Settings

START_WITHIN_S: Final = 30.0
STOP_WITHIN_S: Final = 5.0
TRANSACTION_MS: Final = 15_000
"""A writer that dies holds back readers of the partitions that it wrote for this long at most."""
RECORD_BYTES_MAX: Final = 2 * 1024 * 1024
"""The largest record of the bus, one of the quarantine: an event in its wrapping."""


@asynccontextmanager
async def only_writer(
    settings: Settings, name: str, topic: str, *others: str, broken: asyncio.Event | None = None
) -> AsyncGenerator[AIOKafkaProducer]:
    """A transactional producer called `name` (`duties.clerk`) in the realm; started, and stopped afterwards.

    `topic` and `others` are all that it may write. What its former life left open in them is committed by then where
    that was promised, and aborted otherwise, so that reading them after this sees all that was ever committed.
    `broken` is set once a connection breaks: whoever lives on begins anew then.

    Raises:
        UnknownTopicOrPartitionError: there is no `topic`; of `others` those that do not exist are passed over.
        NobodyListensError, KafkaError, TimeoutError: there is no broker; it refused, did not answer, or somebody's open
            transaction hides what is new.
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
            closed = await close_leftovers(producer, partitions)
            # Else something that is committed could be hidden behind somebody's open transaction, and be done again.
            await until_seen(settings, *(one for one in closed.values() if one.topic == topic))
        yield producer
    finally:
        # Bounded: a producer whose transaction was cut off may never come to an end by itself.
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(producer.stop(), STOP_WITHIN_S)


async def until_seen(settings: Settings, *taken: RecordMetadata) -> None:
    """Wait until readers see records that were committed: only then has whoever wrote them done it.

    A broker that dies after its promise may show them only after the next start of their writer. It waits for ever:
    set a time limit around it.
    """
    forgive_header_names()
    reader = AIOKafkaConsumer(**settings.connection(), isolation_level="read_committed", enable_auto_commit=False)
    await reader.start()
    try:
        records = {TopicPartition(one.topic, one.partition): one for one in taken}
        reader.assign(list(records))
        reader.pause(*records)
        await until_closed(reader, records)
    finally:
        await stop_reading(reader)


def unfinished(error: Exception, topic: str, settings: Settings, *, committing: bool, see: str) -> BusError:
    """Say what an error means to a person who wanted something written, and whether it may be written all the same.

    `committing` tells that its end had been asked for; `see` is the command that shows whether it counts.
    """
    if committing:
        return BrokerUnreachableError(
            f"{settings.bootstrap_servers} did not confirm it", hint=f"It may be written all the same: see `{see}`."
        )
    if isinstance(error, ProducerFenced | IllegalOperation):  # the latter where aiokafka knew already that it was
        return ReleaseContendedError(
            "somebody else decided something at the same moment", hint="Nothing was written; try again."
        )
    if isinstance(error, KafkaError):
        return explained(error, topic, settings)
    return BrokerUnreachableError(
        f"{settings.bootstrap_servers} did not take it in time",
        hint="Nothing was written. If the broker is well, somebody's open transaction hides what was decided before; "
        "the broker ends it within half a minute.",
    )


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
