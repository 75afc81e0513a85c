"""The door: what every request passes before a page is made of it, and what every answer carries. No page.

Who sends an unsafe request from another site is refused by `Origin` and `Sec-Fetch-Site`, which a page cannot forge;
nothing that is stored can run, since no inline script or style may, and none is written into a page but as data.
"""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION_COOKIE: Final = "__Host-desk"
LANGUAGE_COOKIE: Final = "__Host-lang"
BODY_BYTES_MAX: Final = 256 * 1024
"""A form: the longest report has some 100 KB of text in three languages."""
BODY_WITHIN_S: Final = 30.0
"""From a request's head to the end of its body: a form on a weak line; what drips for ever would hold a connection."""
QUERY_BYTES_MAX: Final = 4 * 1024
YEAR_S: Final = 365 * 86_400
SAFE: Final = frozenset({"GET", "HEAD"})
METHODS: Final = SAFE | {"POST"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types desk"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(self), payment=(), usb=()",
    "strict-transport-security": "max-age=31536000",
}
"""Of every answer. `strict-transport-security` is ignored by browsers where there is no TLS."""

NOT_KEPT: Final = {"cache-control": "no-store"}
"""Of every answer that does not say otherwise."""


class Door:
    """Refuses what no page of ours sends, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, origin: str | None = None, *, local: bool = False) -> None:
        """Take the `origin` under which browsers reach the desk, where a proxy stands before it.

        `local`: it is reached from this machine alone, and by no name but this machine's. Else a stranger's page could
        have its own name lead here, and would be read and sent as one of ours.
        """
        self._app = app
        self._origin = origin
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, _with_headers(send))
            return
        await self._app(scope, _Bounded(receive), _with_headers(send))

    def _refused(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if scope["method"] not in METHODS:
            return PlainTextResponse("This method is not used here.\n", 405, {"allow": ", ".join(sorted(METHODS))})
        if self._local and not _is_this_machine(headers.get("host", "")):
            return PlainTextResponse("The desk has no such name here. Use its address: 127.0.0.1.\n", 421)
        if len(scope["query_string"]) > QUERY_BYTES_MAX:
            return PlainTextResponse("The address is too long.\n", 414)
        if refused := _misjudged(headers):
            return refused
        if scope["method"] not in SAFE and not self._is_ours(headers):
            return PlainTextResponse("This was not sent by a page of the desk. Reload the page.\n", 403)
        return None

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether an unsafe request comes from a page of ours: every browser of today sends `Origin` with it."""
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return False
        given = headers.getlist("origin")
        if len(given) != 1:
            return False
        if self._origin is not None:
            return given[0] == self._origin
        said = urlsplit(given[0])
        return said.scheme in {"http", "https"} and bool(said.netloc) and said.netloc == headers.get("host")


class TooLargeError(HTTPException):
    """More was sent than a form of ours holds."""

    def __init__(self) -> None:
        super().__init__(413)


class TooSlowError(HTTPException):
    """What was announced has not come in time."""

    def __init__(self) -> None:
        super().__init__(408)


class _Bounded:
    """Counts what is sent in pieces, which no header has announced; what does not come in time is not waited for."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._until = asyncio.get_running_loop().time() + BODY_WITHIN_S
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:  # whoever is told something, as a stream, may be there for hours
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise TooSlowError from None
        self._whole = not message.get("more_body", False)
        self._bytes += len(message.get("body", b""))
        if self._bytes > BODY_BYTES_MAX:
            raise TooLargeError
        return message


def keep_cookie(answer: Response, name: str, value: str, seconds: int = YEAR_S) -> None:
    """Have a browser keep a cookie as a name with `__Host-` asks: over TLS, of this desk alone, read by no script."""
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(answer: Response, name: str) -> None:
    """Have a browser forget a cookie."""
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def _misjudged(headers: Headers) -> PlainTextResponse | None:
    """Refuse a body whose length is not known for sure, or too much."""
    said, alone = headers.get("content-length", "0"), {"connection": "close"}
    if "transfer-encoding" in headers and "content-length" in headers:
        # Of two lengths a proxy may have taken the other one, and what is left over be somebody else's request.
        return PlainTextResponse("This request has two lengths.\n", 400, alone)
    if not (said.isascii() and said.isdigit() and int(said[:12]) <= BODY_BYTES_MAX):
        return PlainTextResponse("More was sent than a form of the desk holds.\n", 413, alone)
    return None


def _is_this_machine(host: str) -> bool:
    """Tell whether a name or an address always leads to this machine, whoever answers for names."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in (HEADERS | NOT_KEPT).items():
                headers.setdefault(name, value)
        await send(message)

    return sending
