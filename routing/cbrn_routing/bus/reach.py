"""Whether anything is there at all, before a client that would try for long is asked to connect.

A connection that is refused is told at once, and an address that says nothing after `KNOCK_WITHIN_S`. Who accepts one
may be as slow as its load makes it: that it does not answer is said as soon, and the client may wait on.
"""

from __future__ import annotations

import asyncio
import queue
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

import structlog

from cbrn_routing.bus.errors import NobodyListensError
from cbrn_schemas.settings import servers

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from cbrn_schemas.settings import Settings

Heard = OSError | Literal["accepted", "answered"]

log = structlog.get_logger(__name__)

KNOCK_WITHIN_S: Final = 2.0
"""The first packet that is lost is sent again after 1 s."""
GREETING: Final = struct.pack(">ihhih", 10, 18, 0, 0, -1)
"""Length, ApiVersions in version 0, correlation, no client's name: what a broker answers whoever asks, before it
knows who it is."""


def host_and_port(address: str) -> tuple[str, int]:
    """Split an address of a broker; without a port it is Kafka's own."""
    name, _, port = address.rpartition(":") if ":" in address.rpartition("]")[2] else (address, "", "9092")
    return name.strip("[]"), int(port)


async def reach(settings: Settings) -> None:
    """Return once one of the brokers' addresses answers; it is said if one only accepts the connection.

    Raises:
        NobodyListensError: none accepts one.
    """
    context: ssl.SSLContext | None = settings.connection().get("ssl_context")
    silent = await asyncio.to_thread(_knock, settings.bootstrap_servers, context)
    if silent:
        log.warning(
            "something listens there, and has not answered as Kafka yet; waiting on",
            servers=settings.bootstrap_servers,
            after_s=KNOCK_WITHIN_S,
        )


def _knock(addresses: str, context: ssl.SSLContext | None) -> bool:
    """Tell whether all that listens is silent; raise where nobody does."""
    heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
    asked = [host_and_port(one) for one in servers(addresses)]
    for host in asked:  # daemons, since the look-up of a name cannot be given up
        threading.Thread(target=_ask, args=[host, context, heard], daemon=True).start()
    accepted, errors = False, []
    for said in _in_time(heard):
        if said == "answered":
            return False
        if isinstance(said, OSError):
            errors.append(said)
            if len(errors) == len(asked):
                break
        else:
            accepted = True
    if accepted:
        return True
    told = [error.strerror or str(error) for error in errors if not isinstance(error, TimeoutError)]
    why = told[-1].lower() if told else f"no answer within {KNOCK_WITHIN_S:g} s"
    raise NobodyListensError(f"no broker at {addresses} let us in: {why}")


def _in_time(heard: queue.SimpleQueue[Heard]) -> Iterator[Heard]:
    deadline = time.monotonic() + KNOCK_WITHIN_S
    with suppress(queue.Empty):
        while True:
            yield heard.get(timeout=max(0.0, deadline - time.monotonic()))


def _ask(host: tuple[str, int], context: ssl.SSLContext | None, heard: queue.SimpleQueue[Heard]) -> None:
    try:
        line = socket.create_connection(host, KNOCK_WITHIN_S)
    except OSError as error:
        heard.put(error)
        return
    heard.put("accepted")
    try:
        with line if context is None else context.wrap_socket(line, server_hostname=host[0]) as spoken:
            spoken.sendall(GREETING)
            spoken.recv(1)
    except TimeoutError:
        return
    except OSError:  # who speaks another language has answered, too: the client says which
        pass
    finally:
        line.close()
    heard.put("answered")
