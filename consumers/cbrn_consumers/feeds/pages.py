"""A feed as pages of Atom: what is in force, newest first, and beside it all that there was (RFC 5005, 3 and 4).

A page is made when its feed has changed since it was made, not when it is asked for. Which documents may stand on which
page never changes, so one that comes changes the first page, and one that expires its own.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cbrn_consumers.feeds.document import PUBLIC_FEED
from cbrn_consumers.feeds.store import BLOCK
from cbrn_routing.decision import CRISIS_CENTRE
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.formats.atom import FEED_MEDIA_TYPE, Entry, Feed, Link, write
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cbrn_consumers.feeds.document import Document
    from cbrn_consumers.feeds.store import FeedState, Shown, Store
    from cbrn_schemas.events.base import Language

PAGES_MAX: Final = 300
"""Pages that are kept: 100 entries of some 700 bytes each, 20 MB; and packed 2 MB."""
TAG: Final = "tag:cbrn.kg,2026:feed"
"""What ids of feeds and entries begin with (RFC 4151): they stay, wherever the feed is served."""
FIRST: Final = "feed.atom"
GZIP_LEVEL: Final = 6

Kind = Literal["current", "archive"]


class Page(NamedTuple):
    """A page, ready to be sent."""

    content: bytes
    etag: str
    noted: datetime
    """When the feed has last changed."""
    packed: bytes


class Pages:
    """The pages of all feeds of a database, as they lie below one address."""

    def __init__(self, store: Store, root: str, realm: Realm, lang: Language = "en") -> None:
        """Take the address below which each feed has a folder: `https://feeds.example.kg/feeds`."""
        self._store, self._root, self._realm, self._lang = store, root.rstrip("/"), realm, lang
        self._known: OrderedDict[tuple[str, Kind, int | None], tuple[int, Page]] = OrderedDict()
        self._lock = threading.Lock()

    def first(self, feed: str) -> Page:
        """Return the page by which a feed is known: the newest of what is in force, and where more is."""
        page = self._page(feed, "current", None)
        assert page is not None
        return page

    def current(self, feed: str, block: int) -> Page | None:
        """Return a further page of what is in force; None where it holds nothing."""
        return self._page(feed, "current", block)

    def archive(self, feed: str, block: int) -> Page | None:
        """Return a page of all that there was; None where it holds nothing, or is not full yet."""
        return self._page(feed, "archive", block)

    def _page(self, feed: str, kind: Kind, block: int | None) -> Page | None:
        state, key = self._store.state(feed), (feed, kind, block)
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[0] == state.version:
                self._known.move_to_end(key)
                return known[1]
        made = self._made(feed, state, kind, block)
        if made is None:
            return None
        content = write(made)
        page = Page(
            content, hashlib.sha256(content).hexdigest()[:32], state.noted, gzip.compress(content, GZIP_LEVEL, mtime=0)
        )
        with self._lock:
            self._known[key] = state.version, page
            while len(self._known) > PAGES_MAX:
                self._known.popitem(last=False)
        return page

    def _made(self, feed: str, state: FeedState, kind: Kind, block: int | None) -> Feed | None:
        whole = kind == "archive"
        begin = self._store.head_block(feed) if block is None else block
        end = None if block is None else (block + 1) * BLOCK
        if whole and (end is None or end > state.next):
            return None
        shown = self._store.between(feed, begin * BLOCK, end, all_of_it=whole)
        if block is not None and not shown:
            return None
        links = self._archive_links(feed, begin) if whole else self._links(feed, begin, state, first=block is None)
        return Feed(
            id=f"{TAG}:{self._realm}:{feed}",
            title=self._title(feed),
            # A further page has its own: it stays as it is while the feed grows.
            updated=state.changed if block is None else max(each.document.taken for each in shown),
            author=body_name(CRISIS_CENTRE, self._lang) if feed == PUBLIC_FEED else self._title(feed),
            entries=tuple(self._entry(each) for each in shown),
            links=tuple(links),
            language=self._lang,
        )

    def _links(self, feed: str, block: int, state: FeedState, *, first: bool) -> Iterator[Link]:
        yield self._link(feed, "self", FIRST if first else f"{block}.atom")
        yield self._link(feed, "first", FIRST)
        if not first:
            above = self._store.block_after(feed, block)
            head = self._store.head_block(feed)
            yield self._link(feed, "previous", FIRST if above is None or above >= head else f"{above}.atom")
        if (below := self._store.block_before(feed, block)) is not None:
            yield self._link(feed, "next", f"{below}.atom")
        if first and state.next >= BLOCK:
            full = self._store.block_before(feed, state.next // BLOCK, all_of_it=True)
            if full is not None:
                yield self._link(feed, "prev-archive", f"archive/{full}.atom")

    def _archive_links(self, feed: str, block: int) -> Iterator[Link]:
        yield self._link(feed, "self", f"archive/{block}.atom")
        yield self._link(feed, "current", FIRST)
        if (below := self._store.block_before(feed, block, all_of_it=True)) is not None:
            yield self._link(feed, "prev-archive", f"archive/{below}.atom")
        above = self._store.block_after(feed, block, all_of_it=True)
        if above is not None and (above + 1) * BLOCK <= self._store.state(feed).next:
            yield self._link(feed, "next-archive", f"archive/{above}.atom")

    def _link(self, feed: str, rel: str, path: str) -> Link:
        return Link(f"{self._root}/{feed}/{path}", rel, FEED_MEDIA_TYPE)

    def _entry(self, shown: Shown) -> Entry:
        one = shown.document
        return Entry(
            id=f"{TAG}:{self._realm}:{one.feed}:{one.name}",
            title=one.title,
            updated=one.taken,
            published=one.sent,
            summary=one.summary,
            categories=tuple(_categories(shown)),
            links=(Link(f"{self._root}/{one.feed}/{document_path(one)}", type=one.content_type, length=one.size),),
        )

    def _title(self, feed: str) -> str:
        whose = "public alerts" if feed == PUBLIC_FEED else body_name(feed, self._lang)
        mark = "EXERCISE · " if self._realm is Realm.EXERCISE else ""
        return f"{mark}CBRN Alert Bus: {whose}"


def document_path(one: Document) -> str:
    """Return where a document lies in the folder of its feed."""
    return f"documents/{one.name}.xml"


def _categories(shown: Shown) -> Iterator[str]:
    one = shown.document
    yield one.message_type
    yield one.severity
    if one.status != "Actual":
        yield one.status
    if one.acknowledge_by is not None:
        yield f"acknowledge-by:{one.acknowledge_by.isoformat(timespec='seconds')}"
    if not shown.in_force:
        yield "no-longer-in-force"
