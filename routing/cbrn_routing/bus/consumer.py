"""Stopping a consumer for sure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer


async def stop_reading(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer and close its connections.

    Its own `stop` ends half way, as if it had been cancelled, where a fetch was under way when the broker went; what is
    left would ask for metadata for ever.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
    finally:
        await consumer._client.close()  # noqa: SLF001 - there is no other way
