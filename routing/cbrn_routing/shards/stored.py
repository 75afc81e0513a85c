"""Reading a shard's state once nothing of it hangs any more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import AIOKafkaConsumer

from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.leftovers import until_closed
from cbrn_routing.bus.read import catch_up

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiokafka import TopicPartition

    from cbrn_routing.shards.member import StateRecord
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

OTHERS_CLOSED_WITHIN_S: Final = 5.0
"""How long leftovers in topics are waited for to which others write as well: what they have open is not ours to end."""


async def stored_state(
    settings: Settings,
    partition: TopicPartition,
    written: dict[TopicPartition, Any],
    close_again: Callable[[], Awaitable[Any]],
) -> tuple[list[StateRecord], list[int]]:
    """Return keys and values of a state partition in their order, and the offset of each.

    `written` is what `close_leftovers` returned. Nobody else writes the state: of that partition it is certain that
    nothing is open any more. Of the others it may be somebody else's transaction that holds back readers, or what
    another crash has left of this one: then they are closed once more, which costs nothing where it is not ours.
    """
    reader = AIOKafkaConsumer(
        **settings.connection(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        retry_backoff_ms=20,
    )
    await reader.start()
    try:
        # The client asks for the ends of topics only that it has been given; nothing is fetched of them.
        reader.assign(list(written))
        reader.pause(*written)
        await until_closed(reader, {partition: written[partition]})
        try:
            async with asyncio.timeout(OTHERS_CLOSED_WITHIN_S):
                await until_closed(reader, written)
        except TimeoutError:
            log.warning(
                "somebody's open transaction holds back readers of what this shard writes",
                shard=partition.partition,
                hint="Look for a process that hangs; the broker ends its transaction when its time is out.",
            )
            await close_again()
        reader.assign([partition])
        await reader.seek_to_beginning(partition)
        keys_and_values: list[StateRecord] = []
        offsets: list[int] = []
        # Where the partition ends is the last stable offset: nothing of this shard is open.
        async with aclosing(catch_up(reader, [partition], settings)) as batches:
            async for records in batches:
                keys_and_values.extend((record.key or b"", record.value) for record in records)
                offsets.extend(record.offset for record in records)
        return keys_and_values, offsets
    finally:
        await stop_reading(reader)
