"""What pages ask of the database. Each question sees one state of it, and runs in a thread of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from cbrn_consumers.desk.store.database import Database, unusable
from cbrn_consumers.desk.store.folding import read_of
from cbrn_consumers.desk.store.keeping import Keeping
from cbrn_consumers.desk.store.listing import page_of, row_of, storable
from cbrn_consumers.desk.store.records import ALERTS, FOLDED, NOTICES, Kept
from cbrn_consumers.desk.store.shown import (
    ALL,
    Entry,
    Filters,
    Noted,
    Page,
    Pulse,
    Row,
    Sent,
    Station,
)
from cbrn_consumers.desk.store.tables import acts, asks, micros, moment_of, readings, records, situations
from cbrn_consumers.standing import AskTimes, Figures, figures_of
from cbrn_consumers.standing.reader import told_bodies
from cbrn_schemas.notice import Notice, NoticeError, read_notice
from cbrn_schemas.records import record_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection

    from cbrn_consumers.alert import Origin
    from cbrn_consumers.desk.store.database import Whose
    from cbrn_consumers.standing.reader import Read
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.events.base import Severity

Answer = TypeVar("Answer")
WAIT_WITHIN_S: Final = 5.0
_ENTRIES = msgspec.json.Decoder(Entry)


class Store:
    """The database of a desk, as pages see it; and `take`, by which it is filled without Kafka, too."""

    def __init__(self, url: str, whose: Whose, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open it.

        Raises:
            StoreError: it cannot be used.
        """
        self.database = Database(url, whose)
        self.keeping = Keeping(self.database)
        self.on_change: Callable[[Sequence[tuple[str, str]]], None] = lambda _: None
        """Told scopes and situations, after the database has committed; in the loop's thread."""
        self.beat: Callable[[], Pulse] = lambda: Pulse(None, connected=False, behind=0, ready=False, trouble=None)
        """How the projection that fills it is doing: it says so itself."""
        self._clock = clock
        self._reached: dict[tuple[str, int], int] = self.keeping.positions()
        self._waiting: set[asyncio.Event] = set()

    @property
    def whose(self) -> Whose:
        """Whose desk it is."""
        return self.database.whose

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.to_thread(self.database.close)

    def open_again(self) -> None:
        """Begin anew with a file that was put in the place of the one that was opened, or with none.

        Raises:
            StoreError: it cannot be used, or is another desk's.
        """
        if self.database.replaced:
            self.database.open_again()
            self._reached = self.keeping.positions()

    async def take(self, taken: Sequence[Record], **how: Any) -> None:
        """Take records, and tell who listens; else as `Keeping.take`."""
        changed = await asyncio.to_thread(lambda: self.keeping.take(taken, **how))
        for record in taken:
            self.reach((record.topic, record.partition), record.offset + 1)
        self.changed(changed)

    def changed(self, of: Sequence[tuple[str, str]]) -> None:
        """Tell who listens, and who waits."""
        for each in self._waiting:
            each.set()
        if of:
            self.on_change(of)

    def reach(self, where: tuple[str, int], position: int) -> None:
        """Note how far the database has come."""
        self._reached[where] = max(self._reached.get(where, 0), position)

    def forget(self, topic: str) -> None:
        """Note that a topic was made anew."""
        self._reached = {where: at for where, at in self._reached.items() if where[0] != topic}

    def pulse(self) -> Pulse:
        """Tell how well the database follows Kafka."""
        return self.beat()

    def heard(self, origin: Origin | Record) -> bool:
        """Tell whether the database holds a record."""
        return self._reached.get((origin.topic, origin.partition), 0) > origin.offset

    async def wait_for(self, origin: Origin, within_s: float = WAIT_WITHIN_S) -> bool:
        """Wait until the database holds a record; False where it does not in time."""
        more = asyncio.Event()
        self._waiting.add(more)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    while not self.heard(origin):
                        more.clear()
                        await more.wait()
        finally:
            self._waiting.discard(more)
        return self.heard(origin)

    async def page(
        self,
        scope: str,
        filters: Filters = Filters(),  # noqa: B008 - a tuple that nobody can change
        now: datetime | None = None,
        *,
        limit: int = 100,
        after: str | None = None,
    ) -> Page:
        """List what presses most first: late, due, gravest, newest; what is over behind it, the latest first."""
        at = now or self._clock()
        return await self._ask(lambda given: page_of(given, scope, filters, at, limit=limit, after=after))

    async def row(self, scope: str, situation: str, now: datetime | None = None) -> Row | None:
        """Return one row; None where the scope was told of no such situation."""
        one = select(situations.c.row).where(situations.c.scope == scope, situations.c.situation == storable(situation))
        found = await self._ask(lambda given: given.scalar(one))
        return None if found is None else row_of(found, now or self._clock())

    async def rows(self, scope: str, names: Sequence[str], now: datetime | None = None) -> dict[str, Row]:
        """Return those rows of a scope that there are, by situation."""
        among = self.database.among(situations.c.situation, names)
        wanted = select(situations.c.situation, situations.c.row).where(situations.c.scope == scope, among)
        found = await self._ask(lambda given: list(given.execute(wanted)))
        at = now or self._clock()
        return {row.situation: row_of(row.row, at) for row in found}

    async def read(self, scope: str, situation: str) -> Read | None:
        """Return what the scope's own records say of a situation, for `cbrn_consumers.situation.overview`.

        Of a body that was never told of it, and is asked in another's place, there is no `latest`.
        """

        def find(given: Connection) -> list[Kept]:
            wanted = (
                select(records)
                .where(
                    records.c.situation == storable(situation), records.c.stream.in_(sorted(FOLDED)), *_of_body(scope)
                )
                .order_by(records.c.topic, records.c.partition, records.c.offset)
            )
            return [Kept.of(row) for row in given.execute(wanted)]

        found = await self._ask(find)
        read, _ = await asyncio.to_thread(read_of, situation, found, self.whose.realm)
        if scope == ALL:
            read.others = None  # of all bodies together it is known better
        told = situation in read.standings and read.latest is not None
        return read if told or read.alarms else None

    async def notices(self, scope: str, situation: str) -> list[Sent]:
        """List what officers were sent about a situation, and what came of it, the oldest first."""

        def find(given: Connection) -> list[tuple[str, Kept]]:
            of = [records.c.stream == NOTICES, *_of_body(scope)]
            told = select(records.c.key).where(records.c.situation == storable(situation), *of)
            wanted = select(records).where(records.c.key.in_(told), *of)
            ordered = wanted.order_by(records.c.topic, records.c.partition, records.c.offset)
            return [(row.body, Kept.of(row)) for row in given.execute(ordered)]

        return _sent(await self._ask(find), self.whose)

    async def log(self, scope: str, limit: int = 50, *, since: datetime | None = None) -> list[Entry]:
        """List what bodies answered and the bus said, the newest first."""
        wanted = select(acts.c.entry).order_by(acts.c.at.desc(), acts.c.topic, acts.c.offset.desc()).limit(limit)
        if scope != ALL:
            wanted = wanted.where(acts.c.body == scope)
        if since is not None:
            wanted = wanted.where(acts.c.at >= micros(since))
        return [_ENTRIES.decode(each) for each in await self._ask(lambda given: given.scalars(wanted).all())]

    async def figures(self, scope: str, since: datetime, until: datetime, now: datetime | None = None) -> list[Figures]:
        """Count what was asked in a period and how soon it was answered, by body and severity."""
        wanted = select(asks).where(asks.c.since >= micros(since), asks.c.since < micros(until))
        if scope != ALL:
            wanted = wanted.where(asks.c.body == scope)
        found = await self._ask(lambda given: [_times(row) for row in given.execute(wanted)])
        return figures_of(found, since=since, until=until, now=now or self._clock())

    async def alarm_times(self, scope: str, since: datetime, until: datetime) -> dict[str, list[datetime]]:
        """List by body when it was told of something, in order: the alarm load of its officers (ISA-18.2)."""
        wanted = (
            select(records.c.body, records.c.at)
            .where(records.c.stream == ALERTS, *_of_each_body(scope))
            .where(records.c.at >= micros(since), records.c.at < micros(until))
            .order_by(records.c.body, records.c.at)
        )
        found: dict[str, list[datetime]] = {}
        for body, at in await self._ask(lambda given: list(given.execute(wanted))):
            found.setdefault(body, []).append(moment_of(at))
        return found

    async def alarms(self, scope: str, since: datetime, until: datetime) -> dict[str, int]:
        """Count by body how often it was told of something after `since` and up to `until`; nobody who was not."""
        wanted = (
            select(records.c.body, func.count())
            .where(records.c.stream == ALERTS, *_of_each_body(scope))
            .where(records.c.at > micros(since), records.c.at <= micros(until))
            .group_by(records.c.body)
        )
        return {body: count for body, count in await self._ask(lambda given: list(given.execute(wanted)))}  # noqa: C416 - rows

    async def records(self, body: str, stream: str) -> list[Kept]:
        """List a body's own records of a stream (`silences`, `shifts`) in order, for the folds of those."""
        wanted = (
            select(records)
            .where(records.c.stream == stream, records.c.body == body)
            .order_by(records.c.at, records.c.topic, records.c.partition, records.c.offset)
        )
        return await self._ask(lambda given: [Kept.of(row) for row in given.execute(wanted)])

    async def stations(self, body: str) -> list[Station]:
        """List the latest number of each station and name that a body was told of, in the last days."""
        newest = (
            select(
                readings,
                func.row_number()
                .over(
                    partition_by=(readings.c.station, readings.c.name),
                    order_by=(readings.c.at.desc(), readings.c.offset.desc()),
                )
                .label("place_in_time"),
            )
            .where(readings.c.body == body)
            .subquery()
        )
        wanted = select(newest).where(newest.c.place_in_time == 1).order_by(newest.c.station, newest.c.name)
        return [_station(row) for row in await self._ask(lambda given: list(given.execute(wanted)))]

    async def readings(self, body: str, station: str, name: str, since: datetime | None = None) -> list[Noted]:
        """List the numbers of a station under one name, the oldest first."""
        from_then = self._clock() - timedelta(days=7) if since is None else since
        wanted = (
            select(readings.c.at, readings.c.value, readings.c.unit)
            .where(readings.c.body == body)
            .where(readings.c.station == storable(station), readings.c.name == storable(name))
            .where(readings.c.at >= micros(from_then))
            .order_by(readings.c.at)
        )
        found = await self._ask(lambda given: list(given.execute(wanted)))
        return [Noted(moment_of(row.at), row.value, row.unit) for row in found]

    async def _ask(self, question: Callable[[Connection], Answer]) -> Answer:
        def answered() -> Answer:
            try:
                with self.database.reading() as connection:
                    return question(connection)
            except SQLAlchemyError as error:
                raise unusable(error) from error

        return await asyncio.to_thread(answered)


def _of_body(scope: str) -> list[ColumnElement[bool]]:
    return [] if scope == ALL else [records.c.body == scope]


def _of_each_body(scope: str) -> list[ColumnElement[bool]]:
    """Name the bodies: neither database looks into an index (stream, body, time) by its first and last part."""
    return [records.c.body.in_(told_bodies())] if scope == ALL else [records.c.body == scope]


def _sent(found: list[tuple[str, Kept]], whose: Whose) -> list[Sent]:
    notices: dict[str, tuple[Notice, datetime]] = {}
    outcomes: dict[str, list[Any]] = {}
    for body, record in found:
        with suppress(NoticeError):
            said = read_notice(record.headers, record.value, whose.realm, body)
            if isinstance(said, Notice):
                notices.setdefault(said.id, (said, record_time(record.timestamp)))
            elif said.notice is not None:
                outcomes.setdefault(said.notice, []).append(said)
    sent = [Sent(notice, at, tuple(outcomes.get(name, ()))) for name, (notice, at) in notices.items()]
    return sorted(sent, key=lambda one: (one.at, one.notice.id))


def _times(row: Any) -> AskTimes:
    answered, withdrawn = (None if each is None else moment_of(each) for each in (row.answered, row.withdrawn))
    severity = cast("Severity", row.severity)
    return AskTimes(row.body, severity, moment_of(row.since), moment_of(row.due), answered, withdrawn)


def _station(row: Any) -> Station:
    return Station(row.station, row.name, row.kind, row.place, row.severity, row.value, row.unit, moment_of(row.at))
