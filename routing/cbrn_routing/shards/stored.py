"""Reading a shard's state once nothing of it hangs any more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import AIOKafkaConsumer

from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.leftovers import until_closed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiokafka import TopicPartition

    from cbrn_routing.shards.member import StateRecord

log = structlog.get_logger(__name__)

FETCH_WAIT_MS: Final = 20
"""What comes last is often not committed, and nothing is returned for it: the end is then reached without a record."""
OTHERS_CLOSED_WITHIN_S: Final = 5.0
"""How long leftovers in topics are waited for to which others write as well: what they have open is not ours to end."""


async def stored_state(
    connection: dict[str, Any],
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
        **connection,
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
        return await _records(reader, partition)
    finally:
        await stop_reading(reader)


async def _records(reader: AIOKafkaConsumer, partition: TopicPartition) -> tuple[list[StateRecord], list[int]]:
    reader.assign([partition])
    # Under read_committed this is the last stable offset; nothing of this shard is open.
    end = (await reader.end_offsets([partition]))[partition]
    await reader.seek_to_beginning(partition)
    records: list[StateRecord] = []
    offsets: list[int] = []
    while await reader.position(partition) < end:
        for batch in (await reader.getmany(timeout_ms=FETCH_WAIT_MS)).values():
            records.extend((record.key or b"", record.value) for record in batch)
            offsets.extend(record.offset for record in batch)
    return records, offsets
