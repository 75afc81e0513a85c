"""Answers made smaller for a weak line: a list of 100 lines is 130 KB, and 8 KB packed.

Not the stream, whose events must not wait for more; and not what another site has asked for. Who hears the line and has
a browser ask for one search after the other could else guess, by the length of a packed page, what stands beside the
words that he chose (BREACH). A browser says of every request whether another site had it made; cookies go with none of
those but a whole page. No page holds a secret beside what it shows, and answers to forms are left as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

BYTES_MIN: Final = 1_024
LEVEL: Final = 6
STREAM: Final = "/stream"
_OURS: Final = frozenset({"same-origin", "none"})


class Packed:
    """Packs what is read, where the browser asks for it and no other site had it ask."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._packing = GZipMiddleware(app, minimum_size=BYTES_MIN, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, packed or plain."""
        app = self._packing if scope["type"] == "http" and _fit(scope) else self._plain
        await app(scope, receive, send)


def _fit(scope: Scope) -> bool:
    by = Headers(scope=scope).get("sec-fetch-site", "none")
    return scope["method"] == "GET" and scope["path"] != STREAM and by in _OURS
