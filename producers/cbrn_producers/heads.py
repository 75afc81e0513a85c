"""Answers whose head is bounded: whoever sends more before its status is cut off.

A server may send `100 Continue` without end. Each is read and parsed, and two of such servers take all the time that a
process has for those beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

HEAD_BYTES_MAX: Final = 256 * 1024
"""From a request to its answer's status. h11 takes heads up to 100 kB, and TLS has its own records."""


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that is read so far and no farther, after each request anew."""

    def __init__(self, whole: httpcore.AsyncNetworkStream) -> None:
        self._whole = whole
        self._left: int | None = HEAD_BYTES_MAX

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's own form
        if self._left is not None and self._left <= 0:
            raise httpcore.ReadError("too much stands before the status")
        found = await self._whole.read(max_bytes, timeout)
        if self._left is not None:
            self._left -= len(found)
        return found

    def read_on(self) -> None:
        """Let the body be read, whose bound is its reader's; until the next request."""
        self._left = None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's own form
        self._left = HEAD_BYTES_MAX
        await self._whole.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._whole.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own form
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._whole.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._whole.get_extra_info(info)


class _Backend(httpcore.AnyIOBackend):
    async def connect_tcp(self, *args: Any, **named: Any) -> httpcore.AsyncNetworkStream:
        return _Stream(await super().connect_tcp(*args, **named))


def bounded_heads(*, verify: ssl.SSLContext | bool, limits: httpx.Limits) -> httpx.AsyncHTTPTransport:
    """Return a way out on which no answer is read farther than a head may be, but for those whose `body_of` is."""
    made = httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits)
    made._pool._network_backend = _Backend()  # noqa: SLF001 - httpx has no option for it
    return made


def body_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """Return the body of an answer whose head has come, as it comes: nothing but its reader bounds it."""
    stream = response.extensions["network_stream"]
    if isinstance(stream, _Stream):
        stream.read_on()
    return response.aiter_raw()
