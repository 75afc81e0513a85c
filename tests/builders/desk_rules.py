"""A desk with nothing but the pages of the rule book; its library asks no bus and proves nothing anew."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.builders.desk import House, desk_house

from cbrn_consumers.desk.rulebook import Held, Library, Proof, Shelf, prove
from cbrn_consumers.desk.web.rooms.rules import ROOM
from cbrn_consumers.errors import HistoryError
from cbrn_routing.proof import Finding, Report
from cbrn_routing.proof.matrix import matrix
from cbrn_routing.rulebook import RuleBook, national_rulebook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from cbrn_consumers.standing.reader import Read

DAY = date(2026, 11, 27)
LANGUAGES = ("ky", "ru", "en")


@cache
def shelf() -> Shelf:
    return Shelf(national_rulebook(), DAY)


FOUND = (
    Finding("warning", "focal-point", "btwc"),
    Finding("warning", "low-confidence", "animal-poisoning", ("animal-poisoning",), DAY, None, {"kind": "<i>odd</i>"}),
)
"""What a proof might have found: the national book's own would take seconds to prove."""


@cache
def proof() -> Proof:
    """The coverage of the national book, with findings that are made up."""
    book = national_rulebook()
    return Proof(Report(book.digest, DAY, FOUND, (DAY,), len(book.rules), 1_000_000, 800), matrix(book, DAY))


async def proved_at_once(book: RuleBook, on: date) -> Proof | str:
    return proof() if book.digest == national_rulebook().digest else prove(book, on)


async def nobody_heard(*_: Any) -> Held:
    return Held(national_rulebook())


async def no_decision(*_: Any) -> Any:
    raise HistoryError("no decision", hint="")


@asynccontextmanager
async def rules_house(
    folder: Path,
    body: str = "moh",
    *,
    all_bodies: bool = False,
    situations: Mapping[tuple[str, str], Read] | None = None,
    **library: Any,
) -> AsyncIterator[House]:
    """A desk whose store has these situations, by scope and name; `library` are arguments of `Library`."""
    async with desk_house(folder, body, all_bodies=all_bodies, rooms=(ROOM,)) as house:

        async def read(scope: str, situation: str) -> Read | None:
            return (situations or {}).get((scope, situation))

        if situations is not None:
            house.store.read = read
        given = {"find": nobody_heard, "prove": proved_at_once, "decided": no_decision, **library}
        kept = house.app.state.library = Library(house.desk.settings, house.desk.clock, **given)
        yield house
        await kept.close()
