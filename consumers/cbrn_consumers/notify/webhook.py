"""A webhook: one POST, signed over id, time and body as Standard Webhooks say, so that receivers have libraries for it.

`webhook-id` is the id of what is sent, the same in every attempt, and is the idempotency key; `webhook-signature` is
`v1,` and base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`. No redirect is followed, and of the answer only its
status is read: a body of 10 MB, or one that drips, costs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from typing import TYPE_CHECKING, Any, Final

import httpx

from cbrn_consumers.notify.channel import SENT, Outcome, passing, refused
from cbrn_producers.heads import bounded_heads
from cbrn_producers.networks import ForbiddenTargetError, Network, Resolve, pinned, resolved
from cbrn_schemas.settings import PORT_MAX

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from cbrn_schemas.notice import Notice

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
"""Of each step; the pool bounds the whole."""
CONNECTIONS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""The pool bounds them; and none is kept, since the name may lead elsewhere by the next notice."""
TRY_AGAIN: Final = frozenset({408, 425, 429})
HTTPS_PORT: Final = 443


def signature(secret: bytes, identifier: str, timestamp: str, body: bytes) -> str:
    """Sign id, time and body."""
    digest = hmac.digest(secret, b".".join((identifier.encode(), timestamp.encode(), body)), hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


class SignedPost:
    """Posts signed content to addresses in allowed networks."""

    def __init__(
        self,
        secrets: Sequence[bytes],
        allowed: Sequence[Network],
        clock: Callable[[], datetime],
        *,
        resolve: Resolve = resolved,
        verify: ssl.SSLContext | bool = True,
        plain: bool = False,
        final: Collection[int] | None = None,
    ) -> None:
        """Take the secrets of signatures and the allowed networks; `plain` allows `http`, for tests on this machine.

        With several secrets there are as many signatures, so that a receiver can change from one to the next. `final`
        are those answers after which trying again makes no sense; else all are that do not say to try again.
        """
        self._secrets = secrets
        self._allowed = allowed
        self._clock = clock
        self._resolve = resolve
        self._schemes = {"https", "http"} if plain else {"https"}
        self._final = final
        # It says every address at level INFO, and those of webhooks may hold a token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        logging.getLogger("httpcore").setLevel(logging.WARNING)
        # No proxy and no .netrc of the environment: where it leads is decided here.
        self._client = httpx.AsyncClient(
            transport=bounded_heads(verify=verify, limits=CONNECTIONS),
            trust_env=False,
            follow_redirects=False,
            timeout=TIMEOUT,
        )

    async def post(self, address: str, identifier: str, body: bytes, content_type: str) -> Outcome:
        """Send content by one POST; `identifier` is the same in every attempt."""
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            return self._gives_up("it is no address of a webhook")
        if url.scheme not in self._schemes or not url.host or url.userinfo:
            return self._gives_up("only https is allowed, without a user's name")
        if not 0 < (url.port or HTTPS_PORT) <= PORT_MAX:
            return self._gives_up("there is no such port")
        try:
            target = await pinned(url.host, url.port or HTTPS_PORT, self._allowed, self._resolve)
        except ForbiddenTargetError as error:
            return passing(str(error)) if error.may_pass else self._gives_up(str(error))
        request = self._request(url, str(target), identifier, body, content_type)
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            return passing(f"no connection: {type(error).__name__}")
        await response.aclose()  # its body is not looked at
        return self._outcome(response.status_code)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    def _request(self, url: httpx.URL, target: str, identifier: str, body: bytes, content_type: str) -> httpx.Request:
        timestamp = str(int(self._clock().timestamp()))
        return self._client.build_request(
            "POST",
            url.copy_with(host=target),
            content=body,
            headers={
                "Host": url.netloc.decode("ascii"),
                "Content-Type": content_type,
                "Accept-Encoding": "identity",
                "User-Agent": "cbrn-alert-bus",
                "Idempotency-Key": identifier,
                "webhook-id": identifier,
                "webhook-timestamp": timestamp,
                "webhook-signature": " ".join(signature(each, identifier, timestamp, body) for each in self._secrets),
            },
            # The certificate is checked against the name, though an address is connected to.
            extensions={"sni_hostname": url.host},
        )

    def _outcome(self, status: int) -> Outcome:
        if httpx.codes.is_success(status):
            return SENT
        if self._final is not None and status in self._final:
            return refused(f"HTTP {status}")
        if httpx.codes.is_redirect(status):
            return self._gives_up(f"HTTP {status}: redirects are not followed; give the address that it leads to")
        if status in TRY_AGAIN or httpx.codes.is_server_error(status):
            return passing(f"HTTP {status}")
        return self._gives_up(f"HTTP {status}")

    def _gives_up(self, why: str) -> Outcome:
        """Say that it will fail again, as long as nobody changes an address or a server."""
        return refused(why) if self._final is None else passing(why)


class Webhook:
    """The sender of signed notices."""

    def __init__(
        self, secret: bytes, allowed: Sequence[Network], clock: Callable[[], datetime], **options: Any
    ) -> None:
        """Take the secret of signatures and the allowed networks; the options are those of `SignedPost`."""
        self._post = SignedPost((secret,), allowed, clock, **options)

    async def send(self, notice: Notice, address: str) -> Outcome:
        """Send a notice by one POST."""
        body = json.dumps(_payload(notice), ensure_ascii=False, separators=(",", ":")).encode()
        return await self._post.post(address, notice.id, body, "application/json")

    async def close(self) -> None:
        """Close its connections."""
        await self._post.close()


def _payload(notice: Notice) -> dict[str, object]:
    return notice.model_dump(mode="json", exclude_none=True, exclude={"kind", "channel"})
