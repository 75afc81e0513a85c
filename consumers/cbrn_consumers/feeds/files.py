"""The feeds as files for any web server: the same pages and documents, each written whole or not at all.

A folder a feed, so that a web server can be pointed at the public one and see no other. What has changed is written,
and what is no longer kept is removed; a page never names a document that is not there yet.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.feeds.document import PUBLIC_FEED
from cbrn_consumers.feeds.pages import FIRST, document_path
from cbrn_consumers.feeds.store import BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cbrn_consumers.feeds.pages import Page, Pages
    from cbrn_consumers.feeds.store import Store

AGAIN_AFTER_S: Final = 10.0
WHOLE_EVERY: Final = timedelta(hours=1)
"""How often all is compared, whatever has changed: somebody may have deleted a file."""
PRIVATE: Final = 0o750
PUBLIC: Final = 0o755

log = structlog.get_logger(__name__)


class Files:
    """Writes the feeds into a folder. Sync but for `run`."""

    def __init__(self, folder: Path, store: Store, pages: Pages, feeds: Callable[[], Collection[str]]) -> None:
        self._folder, self._store, self._pages, self._feeds = folder, store, pages, feeds
        self._written: dict[Path, str] = {}
        """What was written last, by its tag."""

    async def run(self, changed: asyncio.Event) -> None:
        """Write what changes, until cancelled; a full disk is waited for."""
        loop = asyncio.get_running_loop()
        whole_at = float("-inf")
        while True:
            changed.clear()
            whole = loop.time() - whole_at > WHOLE_EVERY.total_seconds()
            try:
                written = await asyncio.to_thread(self.write, whole=whole)
            except OSError as error:
                log.error(  # noqa: TRY400 - a sentence
                    "the feeds' files cannot be written",
                    folder=str(self._folder),
                    why=os.strerror(error.errno or 0),
                    hint="Is the disk full, or the folder closed? It is tried again.",
                )
                await asyncio.sleep(AGAIN_AFTER_S)
                continue
            if whole and written:
                whole_at = loop.time()
            try:
                async with asyncio.timeout(WHOLE_EVERY.total_seconds()):
                    await changed.wait()
            except TimeoutError:
                continue

    def write(self, *, whole: bool = False) -> bool:
        """Write what has changed; with `whole` all, and remove what there is no more; whether it was written.

        Before all was taken that Kafka holds, former files stay: an empty feed would say that there is no danger.

        Raises:
            OSError: the folder refuses. What has changed is written the next time.
        """
        if not self._store.complete:
            return False
        dirty, unwritten = self._store.taken_dirty(), True
        try:
            for feed in self._feeds():
                blocks = {block for of, block in dirty if of == feed}
                if whole or blocks or not (self._folder / feed / FIRST).exists():
                    self._write_feed(feed, None if whole else blocks)
            unwritten = False
        finally:
            if unwritten:
                self._store.dirty.update(dirty)
        return True

    def _write_feed(self, feed: str, blocks: set[int] | None) -> None:
        """Write a feed: documents before the pages that name them, and removed ones after those."""
        folder = self._folder / feed
        mode = PUBLIC if feed == PUBLIC_FEED else PRIVATE
        for each in (folder, folder / "documents", folder / "archive"):
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(mode)
        state = self._store.state(feed)
        last = state.next // BLOCK
        around = set(range(last + 1)) if blocks is None else {one for at in blocks for one in self._around(feed, at)}
        for block in sorted(around):
            self._write_documents(feed, folder, block)
        for block in sorted(around):
            self._put(folder / f"{block}.atom", self._pages.current(feed, block))
            self._put(folder / "archive" / f"{block}.atom", self._pages.archive(feed, block))
        self._put(folder / FIRST, self._pages.first(feed))
        if blocks is None:
            self._clean(feed, folder, last)

    def _around(self, feed: str, block: int) -> list[int]:
        """Return a block, and those whose pages name it as their neighbour."""
        beside = [
            find(feed, block, all_of_it=whole)
            for find in (self._store.block_before, self._store.block_after)
            for whole in (False, True)
        ]
        return [block, *(one for one in beside if one is not None)]

    def _write_documents(self, feed: str, folder: Path, block: int) -> None:
        for shown in self._store.between(feed, block * BLOCK, (block + 1) * BLOCK, all_of_it=True):
            path = folder / document_path(shown.document)
            if path.exists():
                continue
            found = self._store.document(feed, shown.document.name)
            if found is not None:
                _write_whole(path, found.content)
                at = found.taken.timestamp()
                os.utime(path, (at, at))

    def _put(self, path: Path, page: Page | None) -> None:
        if page is None:
            path.unlink(missing_ok=True)
            self._written.pop(path, None)
        elif self._written.get(path) != page.etag or not path.exists():
            _write_whole(path, page.content)
            self._written[path] = page.etag

    def _clean(self, feed: str, folder: Path, last: int) -> None:
        """Remove documents that are kept no more, pages that nobody would write, and what a crash left half written."""
        names = self._store.names(feed)
        for path in (folder / "documents").iterdir():
            if path.stem not in names or path.suffix != ".xml":
                path.unlink()
        for place in (folder, folder / "archive"):
            for path in place.glob("*.atom"):
                if path.stem.isdecimal() and int(path.stem) > last:
                    path.unlink()
            for path in place.glob(".*.new"):
                path.unlink()


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file: whoever looks finds the old one or the new one, whole, also after a crash of the machine."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
