"""What a transactional producer needs to be over with its first broken connection.

A broker whose connection broke may have died, and may have forgotten, once it is back, how its transactions ended (see
`promises`). It can be asked about the last one only: so none may begin before that. aiokafka's own producer would try
again, for as long as it is told to, and would begin the next transaction with a broker that has just come back.

What aiokafka does not offer is done here, and nowhere else: hearing of connections, and stopping without sending.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiokafka.conn import CloseReason

from cbrn_routing.bus.consumer import close_client

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer
    from aiokafka.conn import AIOKafkaConnection

ENDED_BY_ITSELF: Final = frozenset({CloseReason.IDLE_DROP, CloseReason.SHUTDOWN})
CUT_WITHIN_S: Final = 1.0


class BrokenConnectionError(ConnectionError):
    """A connection broke under a transactional producer: what it had begun is to be looked at before anything else."""


def hear_of_breaks(producer: AIOKafkaProducer, broken: asyncio.Event) -> None:
    """Set `broken` once a connection of the producer, which has not been started yet, breaks."""
    passed_on: Any = producer.client._on_connection_closed  # noqa: SLF001 - there is no other way to hear of it

    def closed(connection: AIOKafkaConnection, reason: CloseReason | None) -> None:
        if reason not in ENDED_BY_ITSELF:
            broken.set()
        passed_on(connection, reason)

    producer.client._on_connection_closed = closed  # type: ignore[method-assign] # noqa: SLF001 - as above


async def cut(producer: AIOKafkaProducer) -> None:
    """Stop a producer at once. What it has not sent is not sent any more, and what it began is not ended."""
    producer._closed = True  # noqa: SLF001 - `stop` would first send what is left
    sending = None if producer._sender is None else producer._sender.sender_task  # noqa: SLF001 - as above
    if sending is not None:
        sending.cancel()
    await close_client(producer.client)
    if sending is not None:
        await asyncio.wait({sending}, timeout=CUT_WITHIN_S)
        sending.cancel()  # it may wait for one of its own, which waits for a broker
        await close_client(producer.client)  # what was under way may have opened one more connection
