"""Who is answered at all: told by the request's head alone, before anything is looked up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse

from cbrn_consumers.feeds.readers import peer_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from ipaddress import IPv4Network, IPv6Network

    from starlette.types import ASGIApp, Receive, Scope, Send

    from cbrn_consumers.feeds.readers import Peer

HEADERS_BYTES_MAX: Final = 8 * 1024
"""A token, what caches ask, and what a proxy adds."""
PATH_CHARS_MAX: Final = 300
METHODS: Final = frozenset({"GET", "HEAD"})
OPEN: Final = frozenset({"/healthz", "/readyz"})
_LOOPBACK: Final = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
)
"""On all answers: none is a page."""


class Guard:
    """Answers to its own names alone, to what reads, and within bounds.

    A web page whose name was made to point at this machine (DNS rebinding) still names its own host.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        """Take the names by which it is reached beside this machine's own: `feeds.example.kg`, with a port if any."""
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""

        async def guarded(message: object) -> None:
            if isinstance(message, dict) and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)  # type: ignore[arg-type] # whatever ASGI messages there are

        refusal = self._refusal(scope)
        await (self._app if refusal is None else refusal)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = scope["headers"]
        if sum(len(name) + len(value) for name, value in headers) > HEADERS_BYTES_MAX:
            return PlainTextResponse("The headers are too large.\n", 431)
        named = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
        if len(named) != 1 or not (named[0] in self._hosts or _LOOPBACK.fullmatch(named[0])):
            return PlainTextResponse("The request is for another host.\n", 421)
        if scope["method"] not in METHODS:
            return PlainTextResponse("Feeds are only read.\n", 405, {"allow": "GET, HEAD"})
        if len(scope["path"]) > PATH_CHARS_MAX or any(name == b"transfer-encoding" for name, _ in headers):
            return PlainTextResponse("This cannot be read.\n", 400)
        return None


def asker(scope: Scope, proxies: Collection[IPv4Network | IPv6Network]) -> Peer | None:
    """Return from which address a request comes: the connection's; behind a known proxy the one that it has seen.

    Of what stands in `X-Forwarded-For` only the last was written by the proxy itself; what is before it anybody may
    have made up.
    """
    client = scope.get("client")
    peer = peer_of(client[0]) if client else None
    if peer is None or not any(peer in network for network in proxies):
        return peer
    told = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return peer_of(told[-1].decode("latin-1").rpartition(",")[2].strip()) if told else None
