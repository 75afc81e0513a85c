"""What the processes that browsers and programs call have in common: a socket, and uvicorn kept within bounds."""

from __future__ import annotations

import ipaddress
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cbrn_schemas.errors import BusError
from cbrn_schemas.settings import PORT_MAX

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Generator, Sequence

HEAD_WITHIN_S: Final = 10.0
"""From a connection, or a head's first byte, to its end; and for an answer, or a part of a stream, to be read."""
KEEP_ALIVE_S: Final = 75
"""Longer than programs leave a connection idle and use it again: whoever sends each 5 s would else meet its end."""


class ListenError(BusError):
    """It cannot be listened at the address that was given."""

    bad_input = True


class Connection(H11Protocol):
    """uvicorn's own, which would wait for ever for a request's head, and for an answer to be read."""

    connections_max: ClassVar[int]
    _overdue: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait; one connection too many is cut."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self.connections_max:
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

    def pause_writing(self) -> None:
        """Begin to wait until what lies there is read: a page that reads nothing must not be kept in mind for ever."""
        super().pause_writing()
        self._unread = self.loop.call_later(HEAD_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait no more for what was read."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        for waiting in (self._overdue, self._unread):
            if waiting is not None:
                waiting.cancel()
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


def server(
    app: Any, connection: type[Connection], *, stop_within_s: int, headers: Sequence[tuple[str, str]] = ()
) -> uvicorn.Server:
    """Return a server of an application: without logs, signals and proxies' headers of its own."""
    config = uvicorn.Config(
        app,
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        headers=list(headers),
        h11_max_incomplete_event_size=16 * 1024,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=stop_within_s,
    )
    return _Server(config)


def listener_at(listen: str, example: str, *, exposed: tuple[str, str] | None) -> socket.socket:
    """Open a socket that listens at `host:port`; where it is `exposed`, on this machine alone, and why and what to do.

    Raises:
        ListenError: the address is none or is taken, or others could reach it.
    """
    try:
        host, _, port = listen.rpartition(":")
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
        place = str(address), int(port)
    except ValueError:
        place = "", -1
    if not 0 <= place[1] <= PORT_MAX:
        other = example.replace("127.0.0.1", "[::1]")
        raise ListenError(f"{listen} is no address to listen at", f"Write it as {example} or {other}.")
    if not address.is_loopback and exposed is not None:
        why, hint = exposed
        raise ListenError(f"{listen} can be reached from other machines, and {why}", hint)
    family = socket.AF_INET6 if isinstance(address, ipaddress.IPv6Address) else socket.AF_INET
    try:
        listener = socket.create_server(place, family=family)
    except OSError as error:
        hint = "Choose another address or port with --listen."
        raise ListenError(f"cannot listen at {listen}: {os.strerror(error.errno or 0)}", hint) from None
    # asyncio does so for sockets that it makes itself; without, each answer waits 40 ms for the caller's kernel.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
