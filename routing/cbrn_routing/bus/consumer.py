"""Stopping a consumer, and any client of Kafka, for sure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer
    from aiokafka.client import AIOKafkaClient

CLOSED_WITHIN_S: Final = 5.0


async def stop_reading(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer and close its connections.

    Its own `stop` ends half way, as if it had been cancelled, where a fetch was under way when the broker went; what is
    left would ask for metadata for ever. And it waits for the end of encryption, 30 s where the peer still sends what
    nobody reads: a shard that had read its state was not taken over in time.
    """
    client: Any = consumer._client  # noqa: SLF001 - there is no other way
    close = client.close

    async def close_at_once() -> None:
        _abort(client)
        await close()

    client.close = close_at_once  # its `stop` calls it, and takes no time-out
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
    finally:
        await close_client(client)


async def close_client(client: AIOKafkaClient) -> None:
    """Close a client's connections at once: one whose peer does not read any more would be flushed for ever."""
    _abort(client)
    await asyncio.wait({asyncio.ensure_future(client.close())}, timeout=CLOSED_WITHIN_S)


def _abort(client: AIOKafkaClient) -> None:
    for connection in list(client._conns.values()):  # noqa: SLF001 - there is no other way
        if (writer := connection._writer) is not None:  # noqa: SLF001 - as above
            writer.transport.abort()
