"""A list of situations out of the database: what presses most first, in pages, with counts.

Rows themselves are only fetched of those that are shown: order, filters and counts are of the index alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import and_, column, func, or_, select, text, tuple_

from cbrn_consumers.desk.store.finding import asked, matching, numbers_of
from cbrn_consumers.desk.store.shown import COUNTED_MAX, Filters, ListState, Page, Row
from cbrn_consumers.desk.store.tables import NEVER, micros, situations

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, TextClause

SHOWN_MAX: Final = 500
"""Rows of a page, at the most."""
NAMED_MAX: Final = 20_000
"""Numbers that are handed over to the next question; SQLite takes some 5 ms to read them."""
CURSOR_PARTS: Final = 5
DIGITS: Final = 20
LARGEST: Final = 2**63 - 1
"""That a database keeps: a cursor comes from an address, and anybody can write one."""
_ORDER: Final = (situations.c.over, situations.c.due, situations.c.rank, situations.c.age, situations.c.situation)
_ROWS = msgspec.json.Decoder(Row)


def storable(text: str) -> str:
    """Return a text as it could stand in a database: PostgreSQL fails even on being asked for a NUL."""
    return text.replace("\0", "\ufffd")


def row_of(said: str, now: datetime) -> Row:
    """Read a row as it is at a time."""
    return _ROWS.decode(said).at(now)


def page_of(given: Connection, scope: str, filters: Filters, now: datetime, *, limit: int, after: str | None) -> Page:
    """Read one page of a scope's list."""
    wanted, behind = _filtered(given, scope, filters, now), _behind(after, filters.state)
    limit = min(limit, SHOWN_MAX)
    listed = select(situations.c.number, *_ORDER).where(*wanted, *behind).order_by(*_ORDER).limit(limit + 1)
    # Without a count beside them: so the order's own index is gone through, and the first that are found are enough.
    places = list(given.execute(listed))
    shown, numbers = places[:limit], [one.number for one in places[:limit]]
    rows = given.execute(select(situations.c.number, situations.c.row).where(situations.c.number.in_(numbers)))
    by_number = {one.number: one.row for one in rows}
    open_now = [situations.c.scope == scope, situations.c.over.is_(False)]
    open_count = _count(given, open_now)
    whole = filters == Filters()
    return Page(
        tuple(row_of(by_number[number], now) for number in numbers),
        total=open_count if whole else _total(given, wanted, filters, None if behind else len(places), limit),
        to_answer=_count(given, [*open_now, situations.c.due < NEVER]),
        late=_count(given, [*open_now, situations.c.due < micros(now)]),
        open=open_count,
        after=_cursor(shown[-1]) if len(places) > limit else None,
    )


def _filtered(given: Connection, scope: str, filters: Filters, now: datetime) -> list[Any]:
    of: list[Any] = [situations.c.scope == scope]
    over, due = situations.c.over, situations.c.due
    match filters.state:
        case ListState.OPEN:
            of.append(over.is_(False))
        case ListState.ENDED:
            of.append(over.is_(True))
        case ListState.ANSWER:
            of += [over.is_(False), due < NEVER]
        case ListState.LATE:
            of += [over.is_(False), due < micros(now)]
    if filters.region:
        of.append(situations.c.region == storable(filters.region))
    if filters.hazard:
        of.append(situations.c.hazards.contains(f",{storable(filters.hazard)},", autoescape=True))
    if words := asked(filters.text):
        of.append(_found(given, words))
    return of


def _found(given: Connection, words: tuple[str, ...]) -> ColumnElement[bool] | TextClause:
    """Return the condition of a search. What is found is named, if it is not too much: FTS5 would look for it again."""
    if given.dialect.name != "sqlite":
        return matching(words, sqlite=False)
    numbers = list(given.scalars(numbers_of(words, NAMED_MAX + 1)))
    if len(numbers) > NAMED_MAX:
        return matching(words, sqlite=True)
    named = text("SELECT value FROM json_each(:numbers)").bindparams(numbers=json.dumps(numbers))
    return situations.c.number.in_(named.columns(column("value")))


def _count(given: Connection, conditions: list[Any]) -> int:
    return given.scalar(select(func.count()).select_from(situations).where(*conditions)) or 0


def _total(given: Connection, wanted: list[Any], filters: Filters, met: int | None, limit: int) -> int:
    """Count what the filters leave; of a search and of what is over no more than a reader wants to know."""
    if met is not None and met <= limit:
        return met
    if not asked(filters.text) and filters.state not in {ListState.ENDED, ListState.ALL}:
        return _count(given, wanted)
    some = select(situations.c.number).where(*wanted).limit(COUNTED_MAX + 1).subquery()
    return given.scalar(select(func.count()).select_from(some)) or 0


def _cursor(row: Any) -> str:
    return f"{int(row.over)}.{row.due}.{row.rank}.{-row.age}.{row.situation}"


def _behind(after: str | None, state: ListState) -> list[ColumnElement[bool]]:
    """Read a cursor; what is none asks for the beginning, as no cursor does."""
    parts = (after or "").split(".", CURSOR_PARTS - 1)
    if len(parts) != CURSOR_PARTS or not all(
        part.isascii() and part.isdecimal() and len(part) < DIGITS for part in parts[:4]
    ):
        return []
    over, due, rank, age = (min(int(part), LARGEST) for part in parts[:4])
    of = situations.c
    rest = and_(
        of.due >= due, tuple_(*_ORDER[1:]) > tuple_(due, rank, -age, storable(parts[4]))
    )  # the first enters the index
    if over:
        return [of.over.is_(True), rest]
    return [or_(of.over.is_(True), rest) if state is ListState.ALL else rest]
