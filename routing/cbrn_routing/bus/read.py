"""Reading a topic without disturbing anybody: assigned partitions, no group, nothing committed, `read_committed`.

One way to where it ends (`catch_up`), and one to go on from there (`batch`). Neither this module nor anything of ours
that it imports can write; a test holds that line. Every wait on the broker has a bound.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from heapq import merge
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from cbrn_routing.bus.consumer import close_client, stop_reading
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.explaining import told, unseen
from cbrn_routing.bus.header_names import forgive_header_names
from cbrn_routing.bus.reach import reach

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
    from datetime import datetime

    from cbrn_routing.bus.explaining import Act
    from cbrn_schemas.settings import Settings

CONNECT_WITHIN_S: Final = 15.0
POLL_MS: Final = 300
"""One fetch waits this long for records; also how soon a reader notices that it should stop."""
CATCH_UP_POLL_MS: Final = 20
"""What comes last is often the end of a transaction, and nothing is returned for it: the end is reached without any."""
STALLED_AFTER_S: Final = 15.0
"""Without progress, after which a reader of what is there says that the broker no longer answers."""
FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
"""A partition and request: history is long."""

Bytes = ConsumerRecord[bytes | None, bytes | None]


async def check_topics(settings: Settings, topics: Iterable[str], doing: Act = "read") -> None:
    """Refuse a missing topic at once: clients wait for one for ever.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    await _partitions(settings, *topics, doing=doing)


async def there(settings: Settings, topics: Iterable[str]) -> dict[str, list[TopicPartition]]:
    """Return those of the topics that exist, as far as this user may see them, with their partitions.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    wanted = list(topics)
    known = await _known(settings, wanted[0])
    return {topic: [TopicPartition(topic, number) for number in known[topic]] for topic in wanted if topic in known}


@asynccontextmanager
async def assigned(
    settings: Settings,
    *topics: str,
    from_beginning: bool = True,
    since: datetime | None = None,
    starts: Mapping[TopicPartition, int] | None = None,
) -> AsyncGenerator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    """Open a consumer that stands at the beginning (or the end) of every partition of some topics.

    With `since` it stands at the first record of that time or later; with `starts`, which names the partitions instead
    of topics, at these offsets, or as near to them as there is anything.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    forgive_header_names()
    partitions = await _partitions(settings, *(topics or {one.topic for one in starts or ()}))
    partitions = [one for one in partitions if starts is None or one in starts]
    consumer = AIOKafkaConsumer(
        **settings.connection(),
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
    )
    try:
        async with _bounded(settings, partitions[0].topic):
            await consumer.start()
            consumer.assign(partitions)
            if starts is not None:
                begin, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
                starts = {one: min(max(starts[one], begin[one]), end[one]) for one in partitions}
            elif since is not None:
                starts = await _offsets_at(consumer, partitions, since)
            elif not from_beginning:
                # Fixed now: seek_to_end would settle it with the first poll, and miss what comes before that.
                starts = await consumer.end_offsets(partitions)
            if starts is None:
                await consumer.seek_to_beginning(*partitions)
            else:
                for one, offset in starts.items():
                    consumer.seek(one, offset)
        yield consumer, partitions
    finally:
        await stop_reading(consumer)


async def ends_of(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], settings: Settings
) -> Mapping[TopicPartition, int]:
    """Return where the consumer's partitions end now for those who read what is committed; `written` sees further.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    async with _bounded(settings, partitions[0].topic):
        found: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
    return found


async def offsets_at(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], settings: Settings, moment: datetime
) -> Mapping[TopicPartition, int]:
    """Return the offset in each partition of the first record written at `moment` or later, or where it ends.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    async with _bounded(settings, partitions[0].topic):
        return await _offsets_at(consumer, partitions, moment)


async def _offsets_at(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], moment: datetime
) -> dict[TopicPartition, int]:
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, int(moment.timestamp() * 1000)))
    ends = await consumer.end_offsets(partitions)
    return {one: ends[one] if at is None else at.offset for one, at in found.items()}


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
    except (KafkaError, TimeoutError) as error:
        raise await told(error, topic, settings) from error


async def _partitions(settings: Settings, *topics: str, doing: Act = "read") -> list[TopicPartition]:
    """List all partitions of the topics."""
    known = await _known(settings, topics[0])
    for topic in topics:
        if topic not in known:
            raise await unseen(settings, topic, doing)
    return sorted(TopicPartition(topic, number) for topic in topics for number in known[topic])


async def _known(settings: Settings, topic: str) -> dict[str, list[int]]:
    """Read partitions by topic. Every topic is asked for, since asking for one by name may create it."""
    await reach(settings)
    client = AIOKafkaClient(**settings.connection())
    try:
        async with _bounded(settings, topic):
            await client.bootstrap()
            cluster = await client.fetch_all_metadata()
            return {each: sorted(cluster.partitions_for_topic(each) or ()) for each in cluster.topics()}
    finally:
        await close_client(client)


async def follow(settings: Settings, topic: str, *, from_beginning: bool) -> AsyncGenerator[Bytes]:
    """Yield records as they come, without an end; in a batch in order of time, in a partition in order of offset."""
    async with assigned(settings, topic, from_beginning=from_beginning) as (consumer, partitions):
        while True:
            for record in await batch(consumer, partitions, settings):
                yield record


async def existing(
    settings: Settings,
    *topics: str,
    starts: Mapping[TopicPartition, int] | None = None,
    since: datetime | None = None,
) -> AsyncGenerator[Bytes]:
    """Read the records that are there now, from the beginning or as `assigned` says, then end."""
    async with (
        assigned(settings, *topics, starts=starts, since=since) as (consumer, partitions),
        aclosing(catch_up(consumer, partitions, settings)) as batches,
    ):
        async for records in batches:
            for record in records:
                yield record


async def catch_up(
    consumer: AIOKafkaConsumer,
    partitions: list[TopicPartition],
    settings: Settings,
    ends: Mapping[TopicPartition, int] | None = None,
    *,
    stalled_after_s: float = STALLED_AFTER_S,
) -> AsyncGenerator[list[Bytes]]:
    """Read what stands between the consumer's positions and `ends`, by default as they are now; `batch` goes on.

    It comes in batches, of which many are empty: whoever has something else to look at can do so. Offsets have gaps, so
    positions decide, not counts. Records beyond the ends that were fetched together with them are given, too: no other
    fetch would bring them.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    if ends is None:
        ends = await ends_of(consumer, partitions, settings)
    now = asyncio.get_running_loop().time
    before, moved = -1, now()
    while True:
        positions = {one: await consumer.position(one) for one in partitions}
        left = [one for one in partitions if positions[one] < ends[one]]
        if not left:
            return
        if (far := sum(positions.values())) > before:
            before, moved = far, now()
        elif now() - moved > stalled_after_s:
            raise BrokerUnreachableError(
                f"{settings.bootstrap_servers} stopped answering while {left[0].topic}/{left[0].partition} was read",
                hint="Try again. A process that has died may hold it back until its transaction has run out.",
            )
        yield await batch(consumer, left, settings, within_ms=CATCH_UP_POLL_MS)


@asynccontextmanager
async def read_first(
    settings: Settings, topic: str, take: Callable[[list[Bytes]], object]
) -> AsyncGenerator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    """Have all taken that a topic holds, then stay behind it: `batch` reads what comes.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    async with assigned(settings, topic) as (consumer, partitions):
        async with aclosing(catch_up(consumer, partitions, settings)) as batches:
            async for records in batches:
                take(records)
        yield consumer, partitions


async def batch(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], settings: Settings, *, within_ms: int = POLL_MS
) -> list[Bytes]:
    """Read the next records in order of time, or none after `within_ms`.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    try:
        fetched = await consumer.getmany(*partitions, timeout_ms=within_ms)
    except KafkaError as error:
        raise await told(error, partitions[0].topic, settings) from error
    return list(merge(*fetched.values(), key=lambda record: record.timestamp))


async def read_all(settings: Settings, *topics: str, starts: Mapping[TopicPartition, int] | None = None) -> list[Bytes]:
    """Read everything that `existing` gives, for topics that are small by nature."""
    async with aclosing(existing(settings, *topics, starts=starts)) as records:
        return [record async for record in records]
