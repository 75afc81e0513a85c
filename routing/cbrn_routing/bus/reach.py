"""Whether anything is there at all, before a client that would try for long is asked to connect.

A connection that is refused is told at once, and an address that says nothing after `KNOCK_WITHIN_S`. Who accepts one
may be as slow as its load makes it: that it does not answer is said as soon, and the client waits on, with its own
time-outs.
"""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from cbrn_routing.bus.addresses import host_and_port
from cbrn_routing.bus.aside import aside
from cbrn_routing.bus.consumer import close_client
from cbrn_routing.bus.diagnosis import why_refused
from cbrn_routing.bus.errors import NobodyListensError
from cbrn_schemas.settings import servers

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

KNOCK_WITHIN_S: Final = 2.0
"""The first packet that is lost is sent again after 1 s."""


async def reach(settings: Settings) -> None:
    """Return once one of the brokers answers; it is said if one of the addresses only accepts the connection.

    Raises:
        NobodyListensError: none accepts one.
        NotLetInError: somebody does, and says why it lets us in no further.
    """
    await aside(_knock, settings.bootstrap_servers)
    client = AIOKafkaClient(**settings.connection())
    try:
        await asyncio.wait_for(client.bootstrap(), KNOCK_WITHIN_S)
    except TimeoutError:
        log.warning(
            "something listens there, and has not answered as Kafka yet; waiting on",
            servers=settings.bootstrap_servers,
            after_s=KNOCK_WITHIN_S,
        )
    except (KafkaError, OSError):
        if (refused := await why_refused(settings)) is not None:
            raise refused from None
        # Whoever hung up without a word may be about to start: the next client says if it goes on.
    finally:
        await close_client(client)


def _knock(addresses: str) -> None:
    answers: queue.SimpleQueue[OSError | None] = queue.SimpleQueue()

    def knock(host: tuple[str, int]) -> None:
        try:
            socket.create_connection(host, KNOCK_WITHIN_S).close()
        except OSError as error:
            answers.put(error)
        else:
            answers.put(None)

    asked = [host_and_port(one) for one in servers(addresses)]
    for host in asked:  # daemons, since the look-up of a name cannot be given up
        threading.Thread(target=knock, args=[host], daemon=True).start()
    deadline, why = time.monotonic() + KNOCK_WITHIN_S, f"no answer within {KNOCK_WITHIN_S:g} s"
    try:
        for _ in asked:
            error = answers.get(timeout=max(0.0, deadline - time.monotonic()))
            if error is None:
                return
            if not isinstance(error, TimeoutError):
                why = (error.strerror or str(error)).lower()
    except queue.Empty:
        pass
    raise NobodyListensError(f"no broker at {addresses} let us in: {why}")
