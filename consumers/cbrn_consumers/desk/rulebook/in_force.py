"""Which rule book is in force, as far as this desk may know: as the routers report it, else the one that is shipped.

Only the bus's officer may read what the routers report; a single body's desk shows the shipped book, and says so. A
book that once decided is found again by its digest.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from cbrn_consumers.rulebooks.finding import DIGEST_PREFIX, BookNotFoundError, book_here, find_book
from cbrn_consumers.rulebooks.status import live, read_reports
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 60.0
"""How old what is known of the routers may be: a change of the book is a rare and announced thing."""
WITHIN_S: Final = 10.0
"""How long the bus is asked; a page never waits for it."""
BOOKS_MAX: Final = 8
"""Books kept, of some 3 MB each."""


class Held(NamedTuple):
    """The book that is shown, and how far it is known to be in force."""

    book: RuleBook
    heard: int = 0
    """Routers that were heard lately and decide by it; 0: none was heard, or this desk may not hear them."""
    others: int = 0
    """Routers that were heard lately and decide by another one."""
    number: int = 0
    """Under which number it was put into force; 0 for the shipped book."""
    since: datetime | None = None
    """When the first of these routers changed over to it."""


class Books:
    """The books of one desk."""

    def __init__(
        self, settings: Settings, clock: Callable[[], datetime], find: Callable[[Settings, datetime], Awaitable[Held]]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._find = find
        self._held = Held(national_rulebook())
        self._looked: float | None = None
        self._looking: asyncio.Task[None] | None = None
        self._by_name: dict[str, RuleBook | None] = {}

    def current(self) -> Held:
        """Return the book in force as it was last heard of; looks anew behind the page once in a while."""
        now = asyncio.get_running_loop().time()
        if self._looking is None and (self._looked is None or now - self._looked >= LOOK_EVERY_S):
            self._looking = asyncio.create_task(self._look())
        return self._held

    async def named(self, digest: str) -> RuleBook | None:
        """Find the book whose digest begins so; None where this desk cannot read it, or it is no digest."""
        if not DIGEST_PREFIX.fullmatch(digest):
            return None  # a header of an alert must not be taken for the path of a file
        if self._held.book.digest.startswith(digest):
            return self._held.book
        here = book_here(digest)
        if here is not None:
            return here.book
        if digest not in self._by_name:
            while len(self._by_name) >= BOOKS_MAX:
                self._by_name.pop(next(iter(self._by_name)))
            self._by_name[digest] = await self._sought(digest)
        return self._by_name[digest]

    async def close(self) -> None:
        """End what is under way."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(WITHIN_S):
                self._held = await self._find(self._settings, self._clock())
        except (BusError, TimeoutError) as error:
            log.info("the routers were not heard of the rule book in force", why=str(error)[:200])
        finally:
            self._looked = asyncio.get_running_loop().time()
            self._looking = None

    async def _sought(self, digest: str) -> RuleBook | None:
        try:
            async with asyncio.timeout(WITHIN_S):
                return (await find_book(digest, self._settings)).book
        except (BookNotFoundError, BusError, TimeoutError) as error:
            log.info("a rule book that decided cannot be read", digest=digest, why=str(error)[:200])
            return None


async def as_reported(settings: Settings, now: datetime) -> Held:
    """Return the book by which most routers decide that were heard lately.

    Raises:
        BusError: the routers' reports, or the book, cannot be read.
    """
    statuses = [report.status for report in live(await read_reports(settings), now)]
    if not statuses:
        return Held(national_rulebook())
    digest, heard = Counter(status.digest for status in statuses).most_common(1)[0]
    having = [status for status in statuses if status.digest == digest]
    book = national_rulebook() if digest is None else (await find_book(digest, settings)).book
    taken = [status.taken for status in having if status.taken is not None]
    return Held(book, heard, len(statuses) - heard, max(status.sequence for status in having), min(taken, default=None))
