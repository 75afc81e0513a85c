"""What one desk keeps of the rules: the book in force, its proof, drawings of it, decisions that were explained.

Everything that takes long is made in a process or a thread, once, and kept; the sizes of what is kept are bounded.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

import structlog

from cbrn_consumers.decisions import decided_on_the_bus, of_record
from cbrn_consumers.desk.rulebook.in_force import WITHIN_S, Books, as_reported
from cbrn_consumers.desk.rulebook.proofs import Proofs, proved_apart
from cbrn_consumers.desk.rulebook.shelf import Shelf
from cbrn_consumers.desk.rulebook.why import Explained, subject_of
from cbrn_routing.proof.narrow import narrowed
from cbrn_routing.proof.page import Drawing
from cbrn_routing.rulebook import Directory
from cbrn_schemas.errors import BusError
from cbrn_schemas.events import Incident

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date, datetime

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.desk.rulebook.in_force import Held
    from cbrn_consumers.desk.rulebook.proofs import Proved
    from cbrn_consumers.desk.rulebook.proving import Proof
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.decision_record import DecisionRecord
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

DRAWINGS_MAX: Final = 64
"""Of one hazard for one body in one region, some 300 KB each: 20 MB."""
EXPLAINED_MAX: Final = 16
"""Decisions, some 2 MB each with the conditions compiled."""
Name = TypeVar("Name")
Kept = TypeVar("Kept")


class Decided(Protocol):
    """What finds the newest decision on a situation: `cbrn_consumers.decisions.decided_on_the_bus`."""

    async def __call__(self, wanted: str, settings: Settings) -> tuple[DecisionRecord, bytes | None, int]:
        """Return the record, its event's bytes and the number of older ones."""


class Chosen(NamedTuple):
    """Which part of the matrix is looked at; an empty code leaves nothing out."""

    lang: Language
    hazard: str
    body: str = ""
    region: str = ""


class Library:
    """The rules as one desk knows them."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime],
        *,
        find: Callable[[Settings, datetime], Awaitable[Held]] = as_reported,
        prove: Callable[[RuleBook, date], Awaitable[Proof | str]] = proved_apart,
        decided: Decided = decided_on_the_bus,
    ) -> None:
        self._settings = settings
        self._decided = decided
        self.books: Final = Books(settings, clock, find)
        self.proofs: Final = Proofs(clock, prove)
        self._shelf: Shelf | None = None
        self._drawings: dict[tuple[str, date, Chosen], Drawing] = {}
        self._explained: dict[tuple[str, str, int], Explained] = {}

    def shelf(self, on: date) -> Shelf:
        """Return the book in force as it stands on a day."""
        book = self.books.current().book
        if self._shelf is None or self._shelf.on != on or self._shelf.book.digest != book.digest:
            self._shelf = Shelf(book, on)
        return self._shelf

    def proved(self, on: date) -> Proved | None:
        """Return the proof of the book in force; None while it is being made."""
        return self.proofs.of(self.books.current().book, on)

    async def drawing(self, proof: Proof, chosen: Chosen) -> Drawing:
        """Draw a part of the matrix, without holding up the pages of others."""
        name = (proof.report.rulebook, proof.report.on, chosen)
        drawn = self._drawings.get(name)
        if drawn is None:
            drawn = await asyncio.to_thread(_drawn, proof, chosen)
            _keep(self._drawings, name, drawn, DRAWINGS_MAX)
        return drawn

    async def explained(self, alert: Alert, *, recorded: bool) -> Explained | None:
        """Explain the decision behind an alert; None where its book cannot be read here.

        Where it is `recorded`, for a desk that may read the decisions of the bus, by what the router has kept of it.
        """
        if not isinstance(alert.event, Incident):
            return None
        name = (alert.id, str(alert.origin), alert.level)
        found = self._explained.get(name)
        if found is not None:
            return found
        explained = await self._from_the_bus(alert.event.situation) if recorded else None
        if explained is None:
            book = await self.books.named(alert.rulebook)
            if book is None:
                return None
            explained = await asyncio.to_thread(lambda: Explained(subject_of(alert, book), book))
        _keep(self._explained, name, explained, EXPLAINED_MAX)
        return explained

    async def close(self) -> None:
        """End what is under way."""
        await self.books.close()
        await self.proofs.close()

    async def _from_the_bus(self, situation: str) -> Explained | None:
        """Explain the newest decision that the bus has of a situation; None where it cannot be read."""
        try:
            async with asyncio.timeout(WITHIN_S):
                record, data, others = await self._decided(situation, self._settings)
                book = await self.books.named(record.rulebook)
        except (BusError, TimeoutError) as error:
            log.info("a decision was not read from the bus", situation=situation, why=str(error)[:200])
            return None
        if book is None:
            return None
        return await asyncio.to_thread(lambda: Explained(of_record(record, data, others), book))


def _drawn(proof: Proof, chosen: Chosen) -> Drawing:
    directory = Directory.from_catalogue(proof.report.on)
    shown = narrowed(proof.shown, directory, body=chosen.body, region=chosen.region, hazard=chosen.hazard)
    return Drawing(shown, proof.report, chosen.lang, href=lambda rule: f"/rules/{rule['id']}", body=chosen.body)


def _keep(kept: dict[Name, Kept], name: Name, value: Kept, most: int) -> None:
    """Keep a value; the oldest makes room."""
    while len(kept) >= most:
        kept.pop(next(iter(kept)))
    kept[name] = value
