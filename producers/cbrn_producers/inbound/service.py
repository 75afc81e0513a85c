"""The whole way in: a mapper, a poller a feed, and a folder, until stopped. What fails at one harms no other."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.errors import KafkaError

from cbrn_producers.inbound.folder import Folder
from cbrn_producers.inbound.mapper import Mapper
from cbrn_producers.inbound.memory import Memory
from cbrn_producers.inbound.polling import Fetcher, Poller
from cbrn_producers.inbound.taking import Intake
from cbrn_routing.jurisdiction import Gazetteer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from cbrn_producers.inbound.config import FeedSource, InboundFile
    from cbrn_producers.inbound.terms import Terms
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

AGAIN_AFTER_S: Final = 5.0


class Inbound:
    """The work of the process `cbrn run inbound`."""

    def __init__(
        self, settings: Settings, file: InboundFile, terms: Mapping[str, Terms], beside: Path, folder: Path | None
    ) -> None:
        """Take the file of partners and feeds, what it says of partners, its folder, and the folder of documents."""
        self.mapper = Mapper(settings, Intake(settings.realm, terms, Memory(), Gazetteer()))
        self.ready = self.mapper.ready
        self._file, self._beside = file, beside
        self._folder = None if folder is None else Folder(folder, self.mapper.partners, self.mapper.keep)
        self._stopping = asyncio.Event()

    @property
    def facts(self) -> dict[str, int]:
        """What became of documents, for the log."""
        return {"partners": len(self.mapper.partners), "feeds": len(self._file.feeds), **self.mapper.counts}

    def stop(self) -> None:
        """Ask for a graceful stop: what is being written is finished."""
        self._stopping.set()

    async def run(self) -> None:
        """Take in documents until stopped.

        Raises:
            BusError: it cannot begin: topics are missing, a right, or the broker.
        """
        mapping = asyncio.create_task(self.mapper.run(self._stopping))
        beginning = asyncio.create_task(self.mapper.ready.wait())
        await asyncio.wait({mapping, beginning}, return_when=asyncio.FIRST_COMPLETED)
        beginning.cancel()
        fetchers = [self._fetcher(feed) for feed in self._file.feeds]
        tasks: list[Callable[[], Awaitable[None]]] = [
            self._polled(feed, way) for feed, way in zip(self._file.feeds, fetchers, strict=True)
        ]
        if self._folder is not None:
            tasks.append(partial(self._folder.run, self._stopping))
        fetching = [asyncio.create_task(self._alone(task)) for task in tasks]
        try:
            await mapping
        finally:
            self._stopping.set()
            for each in fetching:
                each.cancel()
            await asyncio.gather(*fetching, return_exceptions=True)
            for way in fetchers:
                await way.close()

    def _fetcher(self, feed: FeedSource) -> Fetcher:
        authorities = None if feed.authorities is None else self._beside / feed.authorities
        return Fetcher(self._file.allowed, verify=ssl.create_default_context(cafile=authorities))

    def _polled(self, feed: FeedSource, way: Fetcher) -> Callable[[], Awaitable[None]]:
        def keep(data: bytes, content_type: str, came_from: str, entry: str) -> Awaitable[None]:
            return self.mapper.keep(feed.partner, data, content_type, came_from, entry)

        return partial(Poller(feed, way, keep, self.mapper.known).run, self._stopping)

    async def _alone(self, way_in: Callable[[], Awaitable[None]]) -> None:
        """Let a fault of one way in end that one alone, and begin it again: what was not written was not taken."""
        while not self._stopping.is_set():
            try:
                await way_in()
            except (KafkaError, TimeoutError) as error:
                log.warning("what came in is not written yet", why=str(error) or "no answer of Kafka")
            except Exception:
                # A fault of ours in one way in must not end the others.
                log.exception("one way in failed, and begins again", hint="Report the fault.")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), AGAIN_AFTER_S)
