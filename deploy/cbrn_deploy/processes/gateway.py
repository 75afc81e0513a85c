"""The composition root of a gateway: its address, its token, the web server, and its counter at the bus."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from cbrn_deploy.processes.catalogue import Follower
from cbrn_deploy.processes.listening import Connection, ListenError, listener_at, server
from cbrn_deploy.processes.living import live
from cbrn_producers.gateway import Counter, gateway_app
from cbrn_producers.outgoing import Sender
from cbrn_schemas.private_file import PrivateFileError, read_private

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from cbrn_schemas.settings import Settings

STOP_WITHIN_S: Final = 11
"""What was accepted is answered first (`counter.ANSWER_WITHIN_S`)."""
TOKEN_CHARS_MIN: Final = 16
TOKEN_BYTES_MAX: Final = 4_096


EXPOSED: Final = (
    "anybody there could publish",
    "Give a token with --token-file and put a proxy with TLS before it, or listen at 127.0.0.1.",
)


class GatewayError(ListenError):
    """A gateway cannot be run as it was asked for."""


class _Connection(Connection):
    """Each holds at most an event of 80 KiB, 20 MiB in all, beside the large bodies (`counter.LARGE_MAX`)."""

    connections_max = 256


class Gateway:
    """The work of the process: it listens at once, and is ready when Kafka has let it in."""

    def __init__(self, counter: Counter, listener: socket.socket, token: str | None) -> None:
        self.ready = asyncio.Event()
        self._counter = counter
        self._listener = listener
        headers = [("x-content-type-options", "nosniff"), ("cache-control", "no-store")]
        self._server = server(
            gateway_app(counter, token=token), _Connection, stop_within_s=STOP_WITHIN_S, headers=headers
        )

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
        StartAgain: the catalogue has changed.
    """
    counter = Counter(Sender(body, system, settings.realm), settings)
    token = None if token_file is None else read_token(token_file)
    with listener_at(listen, "127.0.0.1:8480", exposed=None if token is not None else EXPOSED) as listener:
        host, port = listener.getsockname()[:2]
        facts = {"realm": settings.realm.value, "body": body, "host": host, "port": port, "token": token is not None}
        await live(Gateway(counter, listener, token), "gateway", lambda: facts, settings, catalogue=Follower(settings))


def read_token(path: Path) -> str:
    """Read the token in a file that nobody else may read.

    Raises:
        GatewayError: others may read it, or it holds no token.
        FileNotFoundError: it is not there.
    """
    try:
        token = read_private(path, "file of the token", bytes_max=TOKEN_BYTES_MAX).strip()
    except PrivateFileError as error:
        raise GatewayError(str(error), error.hint) from None
    if len(token) < TOKEN_CHARS_MIN or not token.isascii() or not token.isprintable() or " " in token:
        raise GatewayError(
            f"{path} holds no token",
            f"Write one of {TOKEN_CHARS_MIN} characters or more: openssl rand -hex 32 > {path}",
        )
    return token
