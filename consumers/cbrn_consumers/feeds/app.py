"""The feeds as a web application: pages of Atom and documents, each for those who may read its feed.

What somebody may not read is not there for them: whoever has no token is asked for one, whatever the address, and who
has one is told of a feed of others what is told of none. The public feed is a feed of its own, with its own numbers.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from cbrn_consumers.feeds.answers import DOCUMENT_FOR_S, PUBLIC_FOR_S, Content, answer
from cbrn_consumers.feeds.document import NAME_DIGITS, PUBLIC_FEED
from cbrn_consumers.feeds.errors import FeedStoreError
from cbrn_consumers.feeds.guard import Guard, asker
from cbrn_consumers.feeds.readers import may_read, token_in
from cbrn_schemas.formats.atom import FEED_MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from ipaddress import IPv4Network, IPv6Network

    from cbrn_consumers.feeds.document import Document
    from cbrn_consumers.feeds.pages import Page, Pages
    from cbrn_consumers.feeds.readers import Reader, Readers
    from cbrn_consumers.feeds.store import Store

CHALLENGE: Final = {"www-authenticate": 'Bearer realm="feeds", Basic realm="feeds", charset="UTF-8"'}
NOT_KEPT: Final = {"cache-control": "no-store"}
AGAIN_AFTER: Final = {"retry-after": "5"}
BLOCK_DIGITS_MAX: Final = 9
_BLOCK: Final = rf"^(0|[1-9][0-9]{{0,{BLOCK_DIGITS_MAX - 1}}})$"

_NAME: Final = re.compile(rf"[0-9a-f]{{{NAME_DIGITS}}}")

log = structlog.get_logger(__name__)


class Served:
    """What the application hands out, and to whom."""

    def __init__(
        self,
        store: Store,
        pages: Pages,
        readers: Readers,
        feeds: Callable[[], Collection[str]],
        *,
        clock: Callable[[], datetime],
        fresh: Callable[[], bool],
        proxies: Collection[IPv4Network | IPv6Network] = (),
    ) -> None:
        """Take which `feeds` there are now, and whether they are `fresh`: as Kafka is."""
        self.store, self.pages, self.readers = store, pages, readers
        self.feeds, self.clock, self.fresh, self.proxies = feeds, clock, fresh, proxies
        self.complete = False

    async def require_complete(self) -> None:
        """Refuse to show what is not filled yet.

        Raises:
            HTTPException: the feeds were not filled yet.
        """
        if not self.complete:
            self.complete = await asyncio.to_thread(lambda: self.store.complete)
            if not self.complete:
                raise HTTPException(503, "The feeds are being filled. Try again.", AGAIN_AFTER)

    def reader(self, request: Request, feed: str) -> Reader | None:
        """Return who asks, where they may read the feed; None of the public one.

        Raises:
            HTTPException: they may not, or there is none.
        """
        if feed == PUBLIC_FEED and PUBLIC_FEED in self.feeds():
            return None
        self.readers.look()
        token = token_in(request.headers.get("authorization", ""))
        reader = None if token is None else self.readers.of(token)
        peer = asker(request.scope, self.proxies)
        if reader is None or not reader.comes_from(peer):
            log.warning("a feed was asked for without a token that counts", feed=feed[:64], peer=str(peer))
            raise HTTPException(401, "A token is needed.", CHALLENGE)
        if feed not in self.feeds() or not may_read(reader, feed, peer):
            log.warning("a feed was asked for that is not its reader's", feed=feed[:64], reader=reader.name)
            raise HTTPException(404)
        return reader


def feeds_app(served: Served, hosts: Collection[str]) -> FastAPI:
    """Put the application together; it answers to these names, and to this machine's own."""
    app = FastAPI(title="feeds", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.served = served
    for path, endpoint in (
        ("/feeds/{feed}/feed.atom", _first),
        ("/feeds/{feed}/{block}.atom", _current),
        ("/feeds/{feed}/archive/{block}.atom", _archive),
        ("/feeds/{feed}/documents/{name}.xml", _document),
        ("/healthz", _health),
        ("/readyz", _readiness),
    ):
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"])
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(FeedStoreError, _failed)
    app.add_middleware(Guard, hosts=hosts)
    return app


async def _first(request: Request, feed: str) -> Response:
    return await _page(request, feed, lambda pages: pages.first(feed))


async def _current(request: Request, feed: str, block: str) -> Response:
    return await _page(request, feed, lambda pages: pages.current(feed, _number(block)))


async def _archive(request: Request, feed: str, block: str) -> Response:
    return await _page(request, feed, lambda pages: pages.archive(feed, _number(block)))


async def _page(request: Request, feed: str, ask: Callable[[Pages], Page | None]) -> Response:
    served = _served(request)
    reader = served.reader(request, feed)
    await served.require_complete()
    page = await asyncio.to_thread(ask, served.pages)
    if page is None:
        raise HTTPException(404)
    public = reader is None
    content = Content(
        page.content, page.etag, f"{FEED_MEDIA_TYPE}; charset=utf-8", page.noted, public, page.packed, PUBLIC_FOR_S
    )
    return _told(request, reader, feed, answer(request, content, served.clock()))


async def _document(request: Request, feed: str, name: str) -> Response:
    served = _served(request)
    reader = served.reader(request, feed)
    await served.require_complete()
    found: Document | None = None
    if _NAME.fullmatch(name):
        found = await asyncio.to_thread(served.store.document, feed, name)
    if found is None:
        raise HTTPException(404)
    content = Content(
        found.content, found.name, found.content_type, found.taken, public=reader is None, for_s=DOCUMENT_FOR_S
    )
    response = _told(request, reader, feed, answer(request, content, served.clock()))
    response.headers["content-disposition"] = f'attachment; filename="{name}.xml"'
    return response


async def _health() -> Response:
    return PlainTextResponse("ok\n", headers=NOT_KEPT)


async def _readiness(request: Request) -> Response:
    """Tell whether the feeds are as Kafka is; without a word on what they hold."""
    if _served(request).fresh():
        return PlainTextResponse("ok\n", headers=NOT_KEPT)
    return PlainTextResponse("The feeds do not follow Kafka for now.\n", 503, NOT_KEPT | AGAIN_AFTER)


def _told(request: Request, reader: Reader | None, feed: str, response: Response) -> Response:
    """Note who has read what; of the public feed nobody is noted."""
    if reader is not None and response.status_code == 200:  # noqa: PLR2004 - HTTP's own
        log.info("read", reader=reader.name, feed=feed, path=request.url.path)
    return response


def _number(block: str) -> int:
    if re.fullmatch(_BLOCK, block) is None:
        raise HTTPException(404)
    return int(block)


def _served(request: Request) -> Served:
    served: Served = request.app.state.served
    return served


async def _refused(_: Request, error: Any) -> Response:
    said = {404: "There is no such feed or document.", 405: "Feeds are only read."}.get(error.status_code, error.detail)
    return PlainTextResponse(f"{said}\n", error.status_code, NOT_KEPT | dict(error.headers or {}))


async def _unreadable(_: Request, __: Exception) -> Response:
    return PlainTextResponse("There is no such feed or document.\n", 404, NOT_KEPT)


async def _failed(request: Request, error: Any) -> Response:
    log.error("a feed cannot be shown", path=request.url.path, error=str(error), hint=error.hint)
    return PlainTextResponse("The feeds cannot be shown for now.\n", 503, NOT_KEPT | AGAIN_AFTER)
