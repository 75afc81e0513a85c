"""A feed, asked politely: only for what is new, not too often, never for more than fits, and nowhere but where it is.

Each feed has its own task and its own connection, so that one that is slow, huge or dead delays none beside it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx
import structlog

from cbrn_producers.heads import body_of, bounded_heads
from cbrn_producers.inbound.original import DOCUMENT_BYTES_MAX, document_id
from cbrn_producers.networks import ForbiddenTargetError, Network, Resolve, pinned, resolved
from cbrn_schemas.formats.atom.reading import read as read_listing
from cbrn_schemas.formats.faults import FormatError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from cbrn_producers.inbound.config import FeedSource
    from cbrn_schemas.formats.atom.model import Item

log = structlog.get_logger(__name__)

FEED_BYTES_MAX: Final = 4 * 1024 * 1024
"""A feed that holds two hundred alerts of 20 kB each."""
WITHIN_S: Final = 20.0
"""From the first byte asked to the last one read: what drips is cut off."""
NEW_MAX: Final = 200
"""Documents fetched at one look; the others at the next."""
PAUSE_MAX_S: Final = 3_600.0
"""Between two looks at a feed that fails; also the longest Retry-After that is obeyed."""
FAILURES_DOUBLED: Final = 6
HTTPS_PORT, HTTP_PORT = 443, 80
CONNECTIONS: Final = httpx.Limits(max_connections=2, max_keepalive_connections=1)
"""Of one feed, which is asked one question at a time."""
NOT_MODIFIED: Final = 304
HEADER_MAX: Final = 1_000
"""Characters of an ETag, or of a date, that are said again."""
KNOWN_MAX: Final = 5_000
"""Entries of one feed remembered, by id or address and time: some 200 B each."""
CAP: Final = "application/cap+xml"


class FetchError(Exception):
    """What could not be fetched, and why. `after_s`: when the server wants to be asked again."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class Fetched(NamedTuple):
    """An answer; `content` is None where nothing has changed."""

    content: bytes | None
    content_type: str
    etag: str | None = None
    modified: str | None = None


class Fetcher:
    """The way to one host: its name is looked up each time, and the address held against the allowed networks."""

    def __init__(
        self, allowed: Sequence[Network], *, verify: ssl.SSLContext | bool = True, resolve: Resolve = resolved
    ) -> None:
        # It says every address at level INFO, and those of feeds may hold a token.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._allowed, self._resolve = allowed, resolve
        self._client = httpx.AsyncClient(
            transport=bounded_heads(verify=verify, limits=CONNECTIONS),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(10.0, connect=5.0),
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def get(self, address: str, most: int, *, etag: str | None = None, modified: str | None = None) -> Fetched:
        """Get what lies at an address, within time and bounds.

        Raises:
            FetchError: it was not to be had, and why.
        """
        try:
            async with asyncio.timeout(WITHIN_S):
                return await self._get(address, most, etag, modified)
        except TimeoutError:
            raise FetchError(f"no whole answer within {WITHIN_S:.0f} s") from None
        except ForbiddenTargetError as error:
            raise FetchError(str(error)) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(f"no connection: {type(error).__name__}") from None

    async def _get(self, address: str, most: int, etag: str | None, modified: str | None) -> Fetched:
        url = httpx.URL(address)
        port = url.port or (HTTPS_PORT if url.scheme == "https" else HTTP_PORT)
        target = await pinned(url.host, port, self._allowed, self._resolve)
        asked = {"Host": url.netloc.decode("ascii"), "User-Agent": "cbrn-alert-bus", "Accept-Encoding": "identity"}
        asked |= {"If-None-Match": etag} if etag else {}
        asked |= {"If-Modified-Since": modified} if modified else {}
        request = self._client.build_request(
            "GET", url.copy_with(host=str(target)), headers=asked, extensions={"sni_hostname": url.host}
        )
        response = await self._client.send(request, stream=True)
        try:
            if response.status_code == NOT_MODIFIED and (etag or modified):
                return Fetched(None, "", etag, modified)
            if response.is_redirect:
                raise FetchError(f"HTTP {response.status_code}: redirects are not followed; give the new address")
            if not response.is_success:
                raise FetchError(f"HTTP {response.status_code}", _retry_after(response))
            return Fetched(
                await _content(response, most),
                response.headers.get("content-type", "")[:100],
                _asked_by(response, "etag"),
                _asked_by(response, "last-modified"),
            )
        finally:
            await response.aclose()


async def _content(response: httpx.Response, most: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchError("it answers compressed, though it was asked not to")
    parts, size = [], 0
    async for part in body_of(response):
        size += len(part)
        if size > most:
            raise FetchError(f"it is larger than {most:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _asked_by(response: httpx.Response, name: str) -> str | None:
    """Return what a later question can be asked by: what no header may hold is left out."""
    said = response.headers.get(name, "")
    return said if said and said.isascii() and said.isprintable() and len(said) <= HEADER_MAX else None


def _retry_after(response: httpx.Response) -> float | None:
    """Read when it wants to be asked again: seconds, or a date."""
    said = response.headers.get("retry-after", "")
    if said.isascii() and said.isdecimal():
        return min(float(said), PAUSE_MAX_S)
    try:
        return min(max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0), PAUSE_MAX_S)
    except (ValueError, TypeError, OverflowError):
        return None


class Poller:
    """The poller of one feed."""

    def __init__(
        self,
        feed: FeedSource,
        fetcher: Fetcher,
        take: Callable[[bytes, str, str, str], Awaitable[None]],
        known: Collection[str],
    ) -> None:
        """Take the way to the host, what writes a document (bytes, type, whence, entry), and what is known already."""
        self.feed = feed
        self._fetcher, self._take, self._documents = fetcher, take, known
        self._seen: dict[str, None] = {}
        self._etag: str | None = None
        self._modified: str | None = None
        self._failures = 0
        self._missing: Counter[str] = Counter()
        """How often a document was not to be had, by its entry."""
        self.taken = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Look again and again, until stopped; nothing that a server does ends it."""
        while not stopping.is_set():
            pause = await self.look()
            try:
                await asyncio.wait_for(stopping.wait(), pause)
            except TimeoutError:
                continue

    async def look(self) -> float:
        """Look once; return after how many seconds to look again."""
        try:
            await self._look()
        except FetchError as error:
            pause = max(self._failed(), error.after_s or 0.0)
            hint = "Look at the feed's address; others are asked as before."
            said = "a feed does not answer"
            log.warning(said, feed=self.feed.name, why=str(error), again_s=round(pause), hint=hint)
            return pause
        except FormatError as error:
            pause = self._failed()
            log.warning("a feed cannot be read", feed=self.feed.name, why=str(error)[:300], again_in_s=round(pause))
            return pause
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # What nobody has thought of: the feed is left alone like any that fails, not asked every few seconds.
            log.exception("a feed makes this program fail", feed=self.feed.name, hint="Report the fault.")
            return self._failed()
        self._failures = 0
        return self.feed.every_s

    def _failed(self) -> float:
        """Count a failure; return how long to leave the feed alone, longer each time."""
        self._failures += 1
        return min(self.feed.every_s * float(2 ** min(self._failures, FAILURES_DOUBLED)), PAUSE_MAX_S)

    async def _look(self) -> None:
        answer = await self._fetcher.get(self.feed.address, FEED_BYTES_MAX, etag=self._etag, modified=self._modified)
        if answer.content is None:
            return
        listing = await asyncio.to_thread(read_listing, answer.content, self.feed.address)
        fresh = [item for item in listing.items if not self._is_known(_key(item))]
        self._missing = Counter({_key(item): self._missing[_key(item)] for item in fresh})
        # What was not to be had goes last: two hundred dead links would hide all that stands behind them for ever.
        fresh.sort(key=lambda item: self._missing[_key(item)])
        failed = 0
        for item in fresh[:NEW_MAX]:
            failed += not await self._fetch(item)
        if not failed and len(fresh) <= NEW_MAX:
            # Only now: what failed is asked for again though the feed has not changed.
            self._etag, self._modified = answer.etag, answer.modified

    async def _fetch(self, item: Item) -> bool:
        """Take one document, from the feed itself or from its address; tell whether it is had, or never will be."""
        if item.embedded is not None:
            await self._keep(item, item.embedded, CAP, self.feed.address)
            return True
        assert item.href is not None, "an item has one of both"
        if not _beside(item.href, self.feed.address):
            log.warning("a feed leads to another server, which is not asked", feed=self.feed.name, entry=item.id[:200])
            self._remember(item)
            return True
        try:
            found = await self._fetcher.get(item.href, DOCUMENT_BYTES_MAX)
        except FetchError as error:
            said = "a document of a feed is not to be had"
            log.warning(said, feed=self.feed.name, entry=item.id[:200], why=str(error))
            self._missing[_key(item)] += 1
            return False
        await self._keep(item, found.content or b"", found.content_type or CAP, item.href)
        return True

    async def _keep(self, item: Item, data: bytes, content_type: str, came_from: str) -> None:
        if document_id(data) not in self._documents:
            await self._take(data, content_type, came_from, _key(item))
            self.taken += 1
        self._remember(item)

    def _is_known(self, entry: str) -> bool:
        return entry in self._seen or entry in self._documents

    def _remember(self, item: Item) -> None:
        self._seen[_key(item)] = None
        if len(self._seen) > KNOWN_MAX:
            del self._seen[next(iter(self._seen))]


def _beside(href: str, address: str) -> bool:
    """Tell whether a document lies with the server that is the feed's: on its host, at its port, by no weaker way.

    Over HTTP anybody on the way could put another document in the place of one that a feed named over HTTPS.
    """
    try:
        there, here = httpx.URL(href), httpx.URL(address)
    except httpx.InvalidURL:
        return False
    ways = {(here.scheme, here.port), *([("https", None)] if here.port is None else [])}
    return there.host == here.host and (there.scheme, there.port) in ways


def _key(item: Item) -> str:
    """Name an entry with its time: one that was changed is fetched again."""
    return hashlib.sha256(f"{item.id}\n{item.href}\n{item.updated}".encode()).hexdigest()[:32]
