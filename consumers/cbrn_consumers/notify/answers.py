"""Answers of which no more than the head is wanted: whoever sends more before its status is cut off.

A server may send `100 Continue` without end. Each is read and parsed, and two of such servers take all the time that a
process has for those beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl

HEAD_BYTES_MAX: Final = 256 * 1024
"""Of one connection that is used once. h11 takes heads up to 100 kB, and TLS has its own records."""


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that is read so far and no farther."""

    def __init__(self, whole: httpcore.AsyncNetworkStream) -> None:
        self._whole, self._left = whole, HEAD_BYTES_MAX

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's own form
        if self._left <= 0:
            raise httpcore.ReadError("too much stands before the status")
        found = await self._whole.read(max_bytes, timeout)
        self._left -= len(found)
        return found

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's own form
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


def heads_only(*, verify: ssl.SSLContext | bool, limits: httpx.Limits) -> httpx.AsyncHTTPTransport:
    """Return a way out over connections of which each is read no farther than a head may be."""
    made = httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits)
    made._pool._network_backend = _Backend()  # noqa: SLF001 - httpx has no option for it
    return made
