"""Work that blocks, in a thread that nobody waits for when a program ends.

Those of `asyncio.to_thread` are waited for: a look at a broker that says nothing, which may take half a minute, would
keep a process from ending when it is told to. A connection that the work holds ends with whoever waited for it: a
program that ends while a thread of it is inside OpenSSL crashes.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from socket import SHUT_RDWR
from threading import Lock, Thread, local
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

Given = ParamSpec("Given")
Result = TypeVar("Result")

ENDS_WITHIN_S: Final = 1.0
"""How long a cancelled work with open connections is waited for: it finds them shut, and ends."""
_here: Final = local()


class _Connections:
    """What one work has open, so that another thread can shut it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: list[socket] = []
        self._shut = False

    def keep(self, connection: socket) -> None:
        with self._lock:
            if self._shut:
                connection.close()
                raise ConnectionAbortedError("nobody waits for it any more")
            # A second name of the same connection: the first one is taken over by TLS.
            self._open.append(connection.dup())

    def shut(self) -> bool:
        """Shut all; tell whether there was any."""
        with self._lock:
            self._shut = True
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(SHUT_RDWR)
            return bool(self._open)

    def forget(self) -> None:
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()


def kept(connection: socket) -> socket:
    """Have a connection shut when nobody waits any more for the work in which it was opened.

    Raises:
        ConnectionAbortedError: nobody does.
    """
    connections: _Connections | None = getattr(_here, "connections", None)
    if connections is not None:
        connections.keep(connection)
    return connection


async def aside(function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run a function beside the event loop, and return or raise what it does. Cancelled, it goes on unheard."""
    outcome: Future[Result] = Future()
    connections = _Connections()

    def run() -> None:
        if not outcome.set_running_or_notify_cancel():
            return
        _here.connections = connections
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            outcome.set_exception(error)
        else:
            outcome.set_result(result)
        finally:
            connections.forget()

    thread = Thread(target=run, name="aside", daemon=True)
    thread.start()
    try:
        return await asyncio.wrap_future(outcome)
    except asyncio.CancelledError:
        if connections.shut():
            thread.join(ENDS_WITHIN_S)
        raise
