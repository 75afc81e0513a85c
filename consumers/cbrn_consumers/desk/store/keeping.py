"""Records into the database: a batch is one transaction, with the rows that it changes and how far was read.

So after a crash the rows, the records and the offsets are those of one moment, and what is read again changes nothing.
Far behind, records are taken first and rows are folded afterwards, each situation once (`fold=False`, `catch_up`).
No Kafka.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from cbrn_consumers.alert import read_alert
from cbrn_consumers.desk.store.database import unusable
from cbrn_consumers.desk.store.folding import Folded, fold
from cbrn_consumers.desk.store.many import put
from cbrn_consumers.desk.store.records import ALERTS, FOLDED, MONITORING, NOTICES, STANDING, Kept, as_row, place_of
from cbrn_consumers.desk.store.shown import ALL
from cbrn_consumers.desk.store.tables import acts, asks, micros, offsets, readings, situations, stale
from cbrn_consumers.desk.store.tables import records as records_table
from cbrn_consumers.desk.store.written import act_row, ask_rows, reading_rows, situation_row
from cbrn_consumers.left_out import LeftOut
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import read_event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from cbrn_consumers.desk.store.database import Database
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.events import AnyEvent

log = structlog.get_logger(__name__)

FOLD_AT_ONCE: Final = 400
"""Situations whose records are held in memory together: at five bodies and 2 KiB each some 4 MB, and more for long
ones. SQLite takes no more than 32,766 values in a statement."""
EVENTS_REMEMBERED: Final = 1_000
"""Events as read, some 5 KB each: the same is told to several bodies, and again with each update."""
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
        """Return the offset of the next record that is wanted, by topic and partition.

        Raises:
            StoreError: the database does not answer.
        """
        try:
            with self.database.reading() as connection:
                return {(row.topic, row.partition): row.next for row in connection.execute(select(offsets))}
        except SQLAlchemyError as error:
            raise unusable(error) from error

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
                    for table in (records_table, situations, asks):
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
                numbers += self._numbers(record, place.body)
                continue
            row = as_row(record, place)
            rows.append(row)
            if place.stream in FOLDED:
                names[row["situation"]] = None
        put(connection, records_table, (), rows)
        put(connection, readings, (), numbers)
        self._reach(connection, further)
        if fold_now:
            return self._fold_all(connection, list(names))
        put(connection, stale, (), [{"situation": name} for name in names])
        return ()

    def _reach(self, connection: Connection, positions: Mapping[tuple[str, int], int]) -> None:
        rows = [{"topic": topic, "partition": number, "next": at} for (topic, number), at in sorted(positions.items())]
        if rows:
            insert = self.database.insert(offsets)
            further = insert.on_conflict_do_update(
                index_elements=("topic", "partition"),
                set_={"next": insert.excluded.next},
                where=offsets.c.next < insert.excluded.next,  # what is read again takes nothing back
            )
            connection.execute(further, rows)

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
        self._supersede(connection, by_name)
        folded = {name: self._folded(name, found) for name, found in by_name.items()}
        return self._write(connection, {name: one for name, one in folded.items() if one is not None})

    @staticmethod
    def _supersede(connection: Connection, by_name: Mapping[str, list[Kept]]) -> None:
        """Let go of where the others stood before, as Kafka does of all but the latest of a key."""
        gone: list[Kept] = []
        for found in by_name.values():
            told = [one for one in found if place_of(one.topic).stream == STANDING]
            gone += [one for one in told if one is not told[-1] or one.value is None]
        for one in gone:
            of = records_table.c
            connection.execute(
                delete(records_table).where(
                    of.topic == one.topic, of.partition == one.partition, of.offset == one.offset
                )
            )

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
        rows = [situation_row(row, words) for one in folded.values() for row, words in one.rows]
        kept = {(row["scope"], row["situation"]) for row in rows}
        names = list(folded)
        there = {(row.scope, row.situation): row.number for row in connection.execute(self._there(names))}
        if gone := [number for key, number in there.items() if key not in kept]:
            connection.execute(delete(situations).where(situations.c.number.in_(gone)))
        put(connection, situations, ("situation", "scope"), rows)
        connection.execute(delete(asks).where(self.database.among(asks.c.situation, names)))
        put(connection, asks, (), list(ask_rows(folded)))
        entries = [act_row(entry) for one in folded.values() for entry in one.entries]
        put(connection, acts, ("topic", "partition", "offset"), entries)
        return tuple(sorted(kept | there.keys()))

    def _numbers(self, record: Record, body: str) -> list[dict[str, Any]]:
        try:
            return list(reading_rows(read_alert(record), body))
        except InvalidEventError as error:
            self._left_out.note(record, f"left out of the readings: {error}")
            return []
