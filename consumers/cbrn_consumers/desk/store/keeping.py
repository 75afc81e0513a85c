"""Records into the database: a batch is one transaction, with the rows that it changes and how far was read.

So after a crash the rows, the records and the offsets are those of one moment, and what is read again changes nothing.
Far behind, records are taken first and rows are folded afterwards, each situation once (`fold=False`, `catch_up`).
No Kafka.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from cbrn_consumers.alert import read_alert
from cbrn_consumers.desk.store.database import unusable
from cbrn_consumers.desk.store.folding import Folded, fold
from cbrn_consumers.desk.store.records import ALERTS, FOLDED, MONITORING, NOTICES, Kept, as_row, place_of
from cbrn_consumers.desk.store.shown import ALL
from cbrn_consumers.desk.store.tables import NEVER, acts, asks, micros, offsets, readings, situations, stale
from cbrn_consumers.desk.store.tables import records as records_table
from cbrn_consumers.inbox import readings_of
from cbrn_consumers.left_out import LeftOut
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import Monitoring, read_event
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from cbrn_consumers.desk.store.database import Database
    from cbrn_consumers.desk.store.shown import Entry, Row
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.events import AnyEvent

log = structlog.get_logger(__name__)

FOLD_AT_ONCE: Final = 400
"""Situations whose records are held in memory together: at five bodies and 2 KiB each some 4 MB, and more for long
ones. SQLite takes no more than 32,766 values in a statement."""
EVENTS_REMEMBERED: Final = 1_000
"""Events as read, some 5 KB each: the same is told to several bodies, and again with each update."""
GRAVEST: Final = max(SEVERITY_ORDER.values())
Changed = tuple[tuple[str, str], ...]
"""Scopes and situations of which rows were written."""


class Events:
    """Events as they were read, the latest."""

    def __init__(self) -> None:
        self._read: OrderedDict[bytes, AnyEvent] = OrderedDict()

    def __call__(self, data: bytes) -> AnyEvent:
        """Read an event, or remember it."""
        found = self._read.get(data)
        if found is None:
            found = self._read[data] = read_event(data)
            if len(self._read) > EVENTS_REMEMBERED:
                self._read.popitem(last=False)
        return found


class Keeping:
    """The one writer of a desk's database. Sync; used by one thread at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._parse = Events()
        self._left_out = LeftOut()

    def positions(self) -> dict[tuple[str, int], int]:
        """Return the offset of the next record that is wanted, by topic and partition."""
        with self.database.reading() as connection:
            return {(row.topic, row.partition): row.next for row in connection.execute(select(offsets))}

    def take(
        self,
        taken: Sequence[Record],
        *,
        positions: Mapping[tuple[str, int], int] | None = None,
        fold_now: bool = True,
    ) -> Changed:
        """Take records into the database, all or none, and return of what rows were written.

        `positions`: how far was read, where that is beyond the records themselves. Without `fold_now` rows are left
        for `catch_up`.

        Raises:
            StoreError: the database does not answer; nothing was taken.
        """
        try:
            with self.database.writing() as connection:
                return self._take(connection, taken, positions or {}, fold_now=fold_now)
        except SQLAlchemyError as error:
            raise unusable(error) from error
        finally:
            self._left_out.tell()

    def catch_up(self) -> Iterator[Changed]:
        """Fold what `take` has left, part by part, each in a transaction of its own.

        Raises:
            StoreError: the database does not answer.
        """
        while True:
            try:
                with self.database.writing() as connection:
                    wanted = select(stale.c.situation).order_by(stale.c.situation).limit(FOLD_AT_ONCE)
                    names = list(connection.scalars(wanted))
                    changed = self._fold(connection, names)
                    connection.execute(delete(stale).where(self.database.among(stale.c.situation, names)))
            except SQLAlchemyError as error:
                raise unusable(error) from error
            finally:
                self._left_out.tell()
            if not names:
                return
            yield changed

    def forget(self, topic: str) -> Changed:
        """Forget all that came from a topic: it was made anew, and its offsets mean other records.

        Raises:
            StoreError: the database does not answer.
        """
        try:
            with self.database.writing() as connection:
                of_topic = records_table.c.topic == topic
                names = set(connection.scalars(select(records_table.c.situation).where(of_topic).distinct())) - {""}
                for table in (records_table, acts, readings, offsets):
                    connection.execute(delete(table).where(table.c.topic == topic))
                return self._fold_all(connection, sorted(names))
        except SQLAlchemyError as error:
            raise unusable(error) from error

    def tidy(self, kept_since: datetime, readings_since: datetime) -> Changed:
        """Let go of situations of which nothing was heard since, and of old readings.

        Raises:
            StoreError: the database does not answer.
        """
        scope = ALL if self.database.whose.all else self.database.whose.body
        old = select(situations.c.situation).where(situations.c.scope == scope, situations.c.age > -micros(kept_since))
        gone: list[tuple[str, str]] = []
        try:
            while True:
                with self.database.writing() as connection:
                    names = list(connection.scalars(old.limit(FOLD_AT_ONCE)))
                    gone += [(row.scope, row.situation) for row in connection.execute(self._there(names))]
                    for table in (records_table, situations, asks, acts):
                        connection.execute(delete(table).where(self.database.among(table.c.situation, names)))
                if len(names) < FOLD_AT_ONCE:
                    break
            with self.database.writing() as connection:
                before = micros(kept_since)
                nobodys = (records_table.c.situation == "") & records_table.c.stream.in_((ALERTS, NOTICES))
                connection.execute(delete(records_table).where(nobodys, records_table.c.at < before))
                connection.execute(delete(acts).where(acts.c.at < before))
                connection.execute(delete(readings).where(readings.c.at < micros(readings_since)))
        except SQLAlchemyError as error:
            raise unusable(error) from error
        return tuple(gone)

    def _take(
        self,
        connection: Connection,
        taken: Sequence[Record],
        positions: Mapping[tuple[str, int], int],
        *,
        fold_now: bool,
    ) -> Changed:
        rows, numbers, names, further = (
            list[dict[str, Any]](),
            list[dict[str, Any]](),
            dict[str, None](),
            dict(positions),
        )
        for record in taken:
            place = place_of(record.topic)
            where = record.topic, record.partition
            further[where] = max(further.get(where, 0), record.offset + 1)
            if place.stream == MONITORING:
                numbers += self._readings(record, place.body)
                continue
            row = as_row(record, place)
            rows.append(row)
            if place.stream in FOLDED:
                names[row["situation"]] = None
        self.database.insert_new(connection, records_table, rows)
        self.database.insert_new(connection, readings, numbers)
        self._reach(connection, further)
        if fold_now:
            return self._fold_all(connection, list(names))
        self.database.insert_new(connection, stale, [{"situation": name} for name in names])
        return ()

    def _reach(self, connection: Connection, positions: Mapping[tuple[str, int], int]) -> None:
        rows = [{"topic": topic, "partition": number, "next": at} for (topic, number), at in sorted(positions.items())]
        self.database.replace(connection, offsets, ("topic", "partition"), rows)

    def _fold_all(self, connection: Connection, names: Sequence[str]) -> Changed:
        changed: list[tuple[str, str]] = []
        for start in range(0, len(names), FOLD_AT_ONCE):
            changed += self._fold(connection, names[start : start + FOLD_AT_ONCE])
        return tuple(changed)

    def _fold(self, connection: Connection, names: Sequence[str]) -> Changed:
        """Fold situations anew from all their records, and write what comes of it."""
        if not names:
            return ()
        by_name: dict[str, list[Kept]] = {name: [] for name in names}
        for row in connection.execute(self._of(names)):
            by_name[row.situation].append(Kept.of(row))
        folded = {name: self._folded(name, found) for name, found in by_name.items()}
        return self._write(connection, {name: one for name, one in folded.items() if one is not None})

    def _of(self, names: Sequence[str]) -> Select[Any]:
        named = self.database.among(records_table.c.situation, names)
        order = records_table.c.topic, records_table.c.partition, records_table.c.offset
        return select(records_table).where(named, records_table.c.stream.in_(sorted(FOLDED))).order_by(*order)

    def _there(self, names: Sequence[str]) -> Select[Any]:
        named = self.database.among(situations.c.situation, names)
        return select(situations.c.scope, situations.c.situation, situations.c.number).where(named)

    def _folded(self, name: str, found: list[Kept]) -> Folded | None:
        """Fold one situation; None where this program fails on it: its row stays as it is, and no other waits."""
        try:
            folded = fold(name, found, self.database.whose, self._parse)
        except Exception as error:
            log.exception("this program failed on a situation; its row is not brought up to date", situation=name)
            self._left_out.note(found[-1], f"this program failed on its situation: {type(error).__name__}")
            return None
        for warning in folded.warnings:
            self._left_out.note(found[-1], warning)
        return folded

    def _write(self, connection: Connection, folded: Mapping[str, Folded]) -> Changed:
        rows = [_row(row, words) for one in folded.values() for row, words in one.rows]
        kept = {(row["scope"], row["situation"]) for row in rows}
        names = list(folded)
        there = {(row.scope, row.situation): row.number for row in connection.execute(self._there(names))}
        if gone := [number for key, number in there.items() if key not in kept]:
            connection.execute(delete(situations).where(situations.c.number.in_(gone)))
        self.database.replace(connection, situations, ("scope", "situation"), rows)
        connection.execute(delete(asks).where(self.database.among(asks.c.situation, names)))
        self.database.insert_new(connection, asks, list(_asks(folded)))
        entries = [_act(entry) for one in folded.values() for entry in one.entries]
        self.database.replace(connection, acts, ("topic", "partition", "offset"), entries)
        return tuple(sorted(kept | there.keys()))

    def _readings(self, record: Record, body: str) -> Iterator[dict[str, Any]]:
        try:
            alert = read_alert(record)
        except InvalidEventError as error:
            self._left_out.note(record, f"left out of the readings: {error}")
            return
        if not isinstance(alert.event, Monitoring):
            return
        at = micros(alert.event.observed)
        for each in readings_of(alert.event):
            yield {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "name": each.name,
                "body": body,
                "station": alert.event.station,
                "kind": alert.event.kind,
                "place": alert.place,
                "severity": alert.event.severity,
                "value": float(each.value),
                "unit": each.unit,
                "at": at,
            }


def _row(row: Row, words: str) -> dict[str, Any]:
    over = row.over
    return {
        "scope": row.scope,
        "situation": row.situation,
        "over": over,
        "due": NEVER if row.due is None or over else micros(row.due),
        "rank": 0 if over else GRAVEST - SEVERITY_ORDER[row.severity],
        "age": -micros(row.updated_at),
        "region": row.region,
        "hazards": f",{','.join(row.hazards)},",
        "found_by": words,
        "row": msgspec.json.encode(row).decode(),
    }


def _asks(folded: Mapping[str, Folded]) -> Iterable[dict[str, Any]]:
    for name, one in folded.items():
        for body, number, ask in one.asks:
            yield {
                "situation": name,
                "body": body,
                "number": number,
                "since": micros(ask.since),
                "due": micros(ask.due),
                "severity": ask.severity,
                "answered": None if ask.answer is None else micros(ask.answer.at),
                "withdrawn": None if ask.withdrawn is None else micros(ask.withdrawn),
            }


def _act(entry: Entry) -> dict[str, Any]:
    topic, partition, offset = entry.origin
    return {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "body": entry.body,
        "situation": entry.situation,
        "at": micros(entry.at),
        "entry": msgspec.json.encode(entry).decode(),
    }
