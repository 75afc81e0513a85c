"""Reading a topic without disturbing anybody: assigned partitions, no group, nothing committed, `read_committed`.

Every wait on the broker has a bound.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from heapq import merge
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownTopicOrPartitionError,
)

from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.errors import BrokerUnreachableError, NotAuthorizedError, UnknownTopicError
from cbrn_routing.bus.header_names import forgive_header_names
from cbrn_routing.bus.reach import reach

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable
    from datetime import datetime

    from cbrn_schemas.errors import BusError
    from cbrn_schemas.settings import Settings

CONNECT_WITHIN_S: Final = 15.0
POLL_MS: Final = 300
"""One fetch waits this long for records; also how soon a reader notices that it should stop."""
STALLED_POLLS_MAX: Final = 50
"""Polls without progress, 15 s in all, after which a reader of what is there says that the broker no longer answers."""

Bytes = ConsumerRecord[bytes | None, bytes | None]


def explained(error: KafkaError, topic: str, settings: Settings) -> BusError:
    """What a client's error means for the person who reads."""
    if isinstance(error, TopicAuthorizationFailedError | GroupAuthorizationFailedError):
        return NotAuthorizedError(
            f"this user may not read {topic}", hint="Read with the body's own user, or have its access provisioned."
        )
    if isinstance(error, TransactionalIdAuthorizationFailed):
        return NotAuthorizedError(
            f"this user may not write under the transactional id {error}",
            hint="Have it provisioned for this process; nothing was written.",
        )
    if isinstance(error, UnknownTopicOrPartitionError):
        return _unknown(str(error.args[0]) if error.args else topic, settings)
    detail = "" if isinstance(error, KafkaConnectionError) else f" ({error})"
    return BrokerUnreachableError(f"no broker at {settings.bootstrap_servers} let us in{detail}")


def _unknown(topic: str, settings: Settings) -> UnknownTopicError:
    return UnknownTopicError(
        f"topic {topic} does not exist on {settings.bootstrap_servers}, or this user may not see it"
    )


async def check_topics(settings: Settings, topics: Iterable[str]) -> None:
    """Refuse a missing topic at once: clients wait for one for ever.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    await _partitions(settings, *topics)


async def there(settings: Settings, topics: Iterable[str]) -> list[str]:
    """Return those of the topics that exist, as far as this user may see them.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    wanted = list(topics)
    known = await _known(settings, wanted[0])
    return [topic for topic in wanted if topic in known]


@asynccontextmanager
async def assigned(
    settings: Settings, *topics: str, from_beginning: bool = True, since: datetime | None = None
) -> AsyncGenerator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    """A consumer that stands at the beginning (or the end) of every partition of some topics.

    With `since` it stands at the first record of that time or later.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    forgive_header_names()
    partitions = await _partitions(settings, *topics)
    consumer = AIOKafkaConsumer(
        **settings.connection(),
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    try:
        async with _bounded(settings, topics[0]):
            await _assign(consumer, partitions, from_beginning=from_beginning)
            if since is not None:
                await _seek(consumer, partitions, since)
        yield consumer, partitions
    finally:
        await stop_reading(consumer)


async def written(settings: Settings, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
    """Return where the partitions end, open transactions included.

    Behind its fence a writer that has read up to there has read all that it ever committed: a transaction of somebody
    else, which is still open, may hold back what readers see for some seconds.
    """
    reader = AIOKafkaConsumer(**settings.connection(), group_id=None, enable_auto_commit=False)
    try:
        async with _bounded(settings, partitions[0].topic):
            await reader.start()
            reader.assign(partitions)
            reader.pause(*partitions)
            return dict(await reader.end_offsets(partitions))
    finally:
        await stop_reading(reader)


@asynccontextmanager
async def _bounded(settings: Settings, topic: str) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            yield
    except KafkaError as error:
        raise explained(error, topic, settings) from error
    except TimeoutError:
        raise BrokerUnreachableError(
            f"no answer from {settings.bootstrap_servers} within {CONNECT_WITHIN_S:g} s",
            hint="Check that Kafka runs and is not overloaded, then try again.",
        ) from None


async def _partitions(settings: Settings, *topics: str) -> list[TopicPartition]:
    """All partitions of the topics."""
    known = await _known(settings, topics[0])
    for topic in topics:
        if topic not in known:
            raise _unknown(topic, settings)
    return sorted(TopicPartition(topic, number) for topic in topics for number in known[topic])


async def _known(settings: Settings, topic: str) -> dict[str, list[int]]:
    """Partitions by topic. Every topic is asked for, since asking for one by name may create it."""
    await reach(settings)
    admin = AIOKafkaAdminClient(**settings.connection())
    try:
        async with _bounded(settings, topic):
            await admin.start()
            return {
                found["topic"]: [each["partition"] for each in found["partitions"]]
                for found in await admin.describe_topics()
            }
    finally:
        await admin.close()


async def _assign(consumer: AIOKafkaConsumer, partitions: list[TopicPartition], *, from_beginning: bool) -> None:
    await consumer.start()
    consumer.assign(partitions)
    if from_beginning:
        await consumer.seek_to_beginning(*partitions)
    else:
        # Positions are fixed now: seek_to_end would settle them with the first poll, and miss what comes before it.
        for partition, end in (await consumer.end_offsets(partitions)).items():
            consumer.seek(partition, end)


async def _seek(consumer: AIOKafkaConsumer, partitions: list[TopicPartition], since: datetime) -> None:
    found = await consumer.offsets_for_times({partition: int(since.timestamp() * 1000) for partition in partitions})
    ends = await consumer.end_offsets(partitions)
    for partition in partitions:
        at = found[partition]
        consumer.seek(partition, ends[partition] if at is None else at.offset)


async def follow(settings: Settings, topic: str, *, from_beginning: bool) -> AsyncGenerator[Bytes]:
    """Records as they come, without an end; within a batch in order of time, within a partition in order of offset."""
    async with assigned(settings, topic, from_beginning=from_beginning) as (consumer, partitions):
        while True:
            for record in await batch(consumer, partitions, settings):
                yield record


async def existing(settings: Settings, topic: str) -> AsyncGenerator[Bytes]:
    """The records that are there now, then the end."""
    async with (
        assigned(settings, topic) as (consumer, partitions),
        aclosing(catch_up(consumer, partitions, settings)) as records,
    ):
        async for record in records:
            yield record


async def catch_up(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], settings: Settings
) -> AsyncGenerator[Bytes]:
    """What stands between the consumer's positions and the ends as they are now; it can then go on with `batch`.

    Offsets have gaps, so positions decide, not counts. Records beyond those ends that were fetched together with them
    are given, too: no other fetch would bring them.
    """
    ends = await consumer.end_offsets(partitions)
    stalled, before = 0, -1
    while True:
        positions = [await consumer.position(partition) for partition in partitions]
        if all(position >= ends[partition] for position, partition in zip(positions, partitions, strict=True)):
            return
        stalled = 0 if sum(positions) > before else stalled + 1
        before = sum(positions)
        if stalled > STALLED_POLLS_MAX:
            raise BrokerUnreachableError(
                f"{settings.bootstrap_servers} stopped answering while {partitions[0].topic} was read",
                hint="Try again.",
            )
        for record in await batch(consumer, partitions, settings):
            yield record


async def batch(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], settings: Settings, *, within_ms: int = POLL_MS
) -> list[Bytes]:
    """The next records in order of time, or none after `within_ms`.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    try:
        fetched = await consumer.getmany(*partitions, timeout_ms=within_ms)
    except KafkaError as error:
        raise explained(error, partitions[0].topic, settings) from error
    return list(merge(*fetched.values(), key=lambda record: record.timestamp))


async def read_all(settings: Settings, topic: str) -> list[Bytes]:
    """Everything in a topic, for topics that are small by nature."""
    async with aclosing(existing(settings, topic)) as records:
        return [record async for record in records]
