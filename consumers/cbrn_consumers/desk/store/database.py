"""The database of a desk: opened, brought to this program's form, and only ever used by the desk whose it is."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, Text, cast, column, create_engine, event, func, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError

from cbrn_consumers.desk.databases import Form, NewerFormError, address_of, cause_of, renew
from cbrn_consumers.desk.store.errors import NotOursError, StoreError
from cbrn_consumers.desk.store.many import put
from cbrn_consumers.desk.store.tables import whose as whose_table

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sqlalchemy import ColumnElement, Table

    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm

VERSIONS: Final = "desk_store_version"
"""Table in which Alembic notes how far it is: not its own name, accounts may lie in the same database."""
FORM: Final = Form("cbrn_consumers.desk.store", VERSIONS, newest="0001")
BUSY_MS: Final = 15_000
"""How long a writer waits for another one in SQLite."""
POOL: Final = 10
"""Connections that are kept, with as many more when pages come at once."""

_File = tuple[int, int]


class Whose(NamedTuple):
    """Whose desk it is, and how far it sees."""

    realm: Realm
    body: str
    all: bool = False


def database_url(settings: Settings, whose: Whose) -> str:
    """Return where the desk's database is: as set, else a file in the data folder."""
    if settings.desk_database:
        return settings.desk_database.get_secret_value()
    reach = "-all" if whose.all else ""
    return f"sqlite:///{settings.data_dir / f'desk-{whose.realm}-{whose.body}{reach}.sqlite3'}"


class Database:
    """An open database. Sync; used from several threads."""

    def __init__(self, url: str, whose: Whose) -> None:
        """Open it, and bring it to this program's form.

        Raises:
            StoreError: it cannot be reached or used, or is another desk's.
        """
        self.whose = whose
        try:
            self.engine = _engine(url)
        except (ArgumentError, ImportError, OSError) as error:
            raise StoreError(
                f"the desk's database cannot be used: {error}",
                hint="Write CBRN_DESK_DATABASE as sqlite:////var/lib/cbrn/desk.sqlite3 or "
                "postgresql+psycopg://user@host/name (with the part `postgresql` of this program).",
            ) from error
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._file: _File | None = None
        self._held: int | None = None
        try:
            self.open_again()
        except StoreError:
            self.close()
            raise

    @property
    def replaced(self) -> bool:
        """Whether the file is not the one that was opened: somebody has deleted it, or put another one in its place."""
        return self.is_sqlite and _file_of(self.engine.url.database) != self._file

    def open_again(self) -> None:
        """Bring what is there now to this program's form.

        Raises:
            StoreError: it cannot be reached or used, or is another desk's.
        """
        try:
            with self.writing() as connection:
                renew(connection, FORM)
                self._claim(connection)
                if self.is_sqlite:
                    self._hold(self.engine.url.database)
        except NewerFormError as error:
            raise StoreError(
                f"the desk's database is of another version of this program: {error}",
                hint="Start the newer program, or point CBRN_DESK_DATABASE elsewhere: it is filled again from Kafka.",
            ) from error
        except SQLAlchemyError as error:
            raise unusable(error) from error

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Give a connection that sees one state of the database."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """Give a connection in a transaction: all of it is kept, or nothing."""
        with self.engine.connect().execution_options(desk_writes=True) as connection, connection.begin():
            yield connection

    def among(self, of: ColumnElement[Any], names: Sequence[str]) -> ColumnElement[bool]:
        """Return the condition that a column is one of many names, handed over as one value."""
        if self.is_sqlite:
            each = text("SELECT value FROM json_each(:names)").bindparams(names=json.dumps(names))
            return of.in_(each.columns(column("value")))
        from sqlalchemy.dialects.postgresql import ARRAY  # noqa: PLC0415 - only where it is used: a desk starts sooner

        return of == func.any(cast(list(names), ARRAY(Text)))

    def insert(self, table: Table) -> Any:
        """Begin an insert in the database's own tongue, which can say what happens to what is there."""
        if self.is_sqlite:
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - as above

        return postgresql.insert(table)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _hold(self, path: str | None) -> None:
        """Note which file it is, and hold it: the number of one that is deleted and let go is given to the next.

        What was held is let go: SQLite's locks on a file end when any descriptor of it is closed, and it is gone.
        """
        found, before = _file_of(path), self._held
        if found is None or path is None or found == self._file:
            return
        self._file, self._held = found, os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if before is not None:
            os.close(before)

    def _claim(self, connection: Connection) -> None:
        mine = {"realm": str(self.whose.realm), "body": self.whose.body, "all": str(self.whose.all)}
        found = {row.name: row.value for row in connection.execute(select(whose_table))}
        if not found:
            put(connection, whose_table, (), [{"name": name, "value": value} for name, value in mine.items()])
        elif found != mine:
            raise NotOursError(
                f"this database is the desk's of {found.get('body')} in {found.get('realm')}, not of {self.whose.body}",
                hint="Point CBRN_DESK_DATABASE at one of its own: one ministry must not be shown what another is told.",
            )


def unusable(error: SQLAlchemyError) -> StoreError:
    """Say what is wrong with the database."""
    return StoreError(
        f"the desk's database does not answer: {cause_of(error)}",
        hint="Nothing is lost: Kafka holds all of it, and the desk goes on where it was. Mend the database, or rebuild "
        "it with `cbrn desk rebuild`.",
    )


def _engine(url: str) -> Engine:
    parsed = address_of(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_size=POOL, max_overflow=POOL, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, pool_size=POOL, max_overflow=POOL, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkout", _refuse_deleted)
    event.listen(engine, "begin", _begin)
    return engine


def _file_of(path: str | None) -> _File | None:
    """Tell one file from another of the same name; None where there is none."""
    with suppress(OSError):
        if path:
            found = Path(path).stat()
            return found.st_dev, found.st_ino
    return None


def _refuse_deleted(_: object, record: Any, __: object) -> None:
    """Let go of a connection to a file that was deleted: what it wrote would be seen by no other."""
    path, opened = record.info["file"]
    if _file_of(path) != opened:
        raise DisconnectionError("the file was replaced")


def _prepare(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver would begin a transaction only with the first change
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_MS}", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    record.info["file"] = path, _file_of(path)


def _begin(connection: Connection) -> None:
    # A writer that only later finds that it writes cannot wait for another one.
    writes = connection.get_execution_options().get("desk_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
