"""The composition root of a gateway: its address, its token, the web server, and its counter at the bus."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cbrn_deploy.processes.living import live
from cbrn_producers.gateway import Counter, gateway_app
from cbrn_producers.outgoing import Sender
from cbrn_schemas.errors import BusError
from cbrn_schemas.settings import PORT_MAX

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from cbrn_schemas.settings import Settings

HEAD_WITHIN_S: Final = 10.0
"""From a connection, or a head's first byte, to its end; and for an answer to be read."""
KEEP_ALIVE_S: Final = 75
"""Longer than programs leave a connection idle and use it again: whoever sends each 5 s would else meet its end."""
STOP_WITHIN_S: Final = 11
"""What was accepted is answered first (`counter.ANSWER_WITHIN_S`)."""
CONNECTIONS_MAX: Final = 256
"""Each holds at most an event of 80 KiB, 20 MiB in all, beside the large bodies (`counter.LARGE_MAX`)."""
TOKEN_CHARS_MIN: Final = 16
TOKEN_BYTES_MAX: Final = 4_096


class GatewayError(BusError):
    """A gateway cannot be run as it was asked for."""

    bad_input = True


class _Connection(H11Protocol):
    """uvicorn's own, which would wait for ever for a request's head, and for an answer to be read."""

    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait; one connection too many is cut."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > CONNECTIONS_MAX:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Begin to wait for the rest of a head."""
        super().data_received(data)
        if self._overdue is None and not self._working():
            self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait until the answer is read."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._overdue is not None:
            self._overdue.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
        self._overdue = self.loop.call_later(HEAD_WITHIN_S, self._cut)

    def _working(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _cut(self) -> None:
        self._overdue = None
        head_begun, _ = self.conn.trailing_data
        resting = self.cycle is not None and self.conn.their_state is h11.IDLE and not head_begun
        if not self._working() and not (resting and self.transport.get_write_buffer_size() == 0):
            self.transport.abort()


class _Server(uvicorn.Server):
    """uvicorn's own, without its signals: every process of the bus hears them in the same way."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals alone."""
        yield


class Gateway:
    """The work of the process: it listens at once, and is ready when Kafka has let it in."""

    def __init__(self, counter: Counter, listener: socket.socket, token: str | None) -> None:
        self.ready = asyncio.Event()
        self._counter = counter
        self._listener = listener
        config = uvicorn.Config(
            gateway_app(counter, token=token),
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=[("x-content-type-options", "nosniff"), ("cache-control", "no-store")],
            h11_max_incomplete_event_size=16 * 1024,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        self._server = _Server(config)

    def stop(self) -> None:
        """Take no more requests, answer those that are there, and end."""
        self._server.should_exit = True

    async def run(self) -> None:
        """Answer requests until stopped.

        Raises:
            UnknownTopicError: the body's topics do not exist, or may not be seen.
        """
        serving = asyncio.create_task(self._server.serve([self._listener]))
        opening = asyncio.create_task(self._counter.open())
        try:
            await asyncio.wait({serving, opening}, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                opening.result()
                self.ready.set()
            await serving
        finally:
            self.stop()
            opening.cancel()
            await asyncio.wait({serving, opening})
            await self._counter.close()


async def run_gateway(settings: Settings, body: str, system: str | None, listen: str, token_file: Path | None) -> None:
    """Run one gateway until SIGTERM or SIGINT.

    Raises:
        GatewayError: the address is none, is taken, or needs a token; the token's file is not closed to others.
        RefusedEventError: the body is not in the catalogue or does not publish.
        UnknownTopicError: the body's topics do not exist, or may not be seen.
    """
    counter = Counter(Sender(body, system, settings.realm), settings)
    token = None if token_file is None else read_token(token_file)
    with listener_at(listen, guarded=token is not None) as listener:
        host, port = listener.getsockname()[:2]
        facts = {"realm": settings.realm.value, "body": body, "host": host, "port": port, "token": token is not None}
        await live(Gateway(counter, listener, token), "gateway", lambda: facts)


def listener_at(listen: str, *, guarded: bool) -> socket.socket:
    """Open a socket that listens at `host:port`, on this machine alone unless a token guards it.

    Raises:
        GatewayError: see `run_gateway`.
    """
    try:
        host, _, port = listen.rpartition(":")
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
        place = str(address), int(port)
    except ValueError:
        place = "", -1
    if not 0 <= place[1] <= PORT_MAX:
        raise GatewayError(f"{listen} is no address to listen at", "Write it as 127.0.0.1:8480 or [::1]:8480.")
    if not address.is_loopback and not guarded:
        raise GatewayError(
            f"{listen} can be reached from other machines, and anybody there could publish",
            "Give a token with --token-file and put a proxy with TLS before it, or listen at 127.0.0.1.",
        )
    family = socket.AF_INET6 if isinstance(address, ipaddress.IPv6Address) else socket.AF_INET
    try:
        listener = socket.create_server(place, family=family)
    except OSError as error:
        hint = "Choose another address or port with --listen."
        raise GatewayError(f"cannot listen at {listen}: {error.strerror}", hint) from None
    # asyncio does so for sockets that it makes itself; without, each answer waits 40 ms for the caller's kernel.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def read_token(path: Path) -> str:
    """Read the token in a file that nobody else may read.

    Raises:
        GatewayError: others may read it, or it holds no token.
        OSError: it cannot be read.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        held = os.fstat(file.fileno())
        if not stat.S_ISREG(held.st_mode) or held.st_mode & 0o077:
            raise GatewayError(f"{path} can be read by others", f"Close it: chmod 600 {path}")
        content = file.read(TOKEN_BYTES_MAX)
    token = content.decode("ascii", "replace").strip()
    if len(token) < TOKEN_CHARS_MIN or not token.isascii() or not token.isprintable() or " " in token:
        raise GatewayError(
            f"{path} holds no token",
            f"Write one of {TOKEN_CHARS_MIN} characters or more: openssl rand -hex 32 > {path}",
        )
    return token
