"""Who is let in at all: told by the request's head alone, before a byte of its body is read."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final

from cbrn_producers.gateway.answers import answer_problem
from cbrn_producers.gateway.errors import AddressError, HeadersTooLargeError, TokenError
from cbrn_schemas.envelope import HEADER_BYTES_MAX

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from cbrn_schemas.errors import BusError

OPEN: Final = frozenset({"/healthz", "/readyz"})
"""What a watchdog may ask without a token; neither tells anything of an event."""
HEADERS_BYTES_MAX: Final = 4 * HEADER_BYTES_MAX
"""An event's attributes, each byte of them as `%D0`, and what a proxy adds."""
_LOOPBACK: Final = re.compile(rb"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


class Guard:
    """Without a token only this machine's own names are answered to; with one, whoever knows it.

    A web page whose name was made to point at 127.0.0.1 (DNS rebinding) still names its own host. It knows no token, so
    a gateway that asks for one may be called by any name, as by that of a proxy before it.
    """

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        self._app = app
        self._token = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        error = self._refusal(scope)
        await (self._app if error is None else answer_problem(error))(scope, receive, send)

    def _refusal(self, scope: Scope) -> BusError | None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_BYTES_MAX:
            return HeadersTooLargeError(f"the headers have more than {HEADERS_BYTES_MAX} bytes")
        headers = dict(scope["headers"])
        if self._token is None:
            known = _LOOPBACK.fullmatch(headers.get(b"host", b"")) is not None
            return None if known else AddressError("the request is for another host")
        if scope["path"] in OPEN:
            return None
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        # Compared in a time that does not tell how much of it is right.
        right = hmac.compare_digest(given.strip(), self._token) and scheme.lower() == b"bearer"
        return None if right else TokenError("the token is missing or another one")
