"""The accounts' database: opened closed to others, brought to its newest form, one transaction a call.

SQLite in the data folder unless `CBRN_DESK_ACCOUNTS` names a PostgreSQL database.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import column, create_engine, event, inspect, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError

from cbrn_consumers.desk.accounts.errors import AccountsFileError
from cbrn_consumers.desk.accounts.tables import VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

    from cbrn_schemas.settings import Settings

NEWEST: Final = "0001"
"""The last step in `migrations/versions`; a test compares."""
FILE: Final = "desk-accounts.sqlite"
BUSY_MS: Final = 5_000
"""A command of an administrator and the desk write to one file; each takes milliseconds."""
_DRIVERS: Final = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}
_LOCK: Final = 0x6362_726E  # «cbrn»
"""Of PostgreSQL: two desks that start at once bring the tables to their form one after the other."""


def accounts_url(settings: Settings) -> str:
    """Return where the accounts are: as set, else a file in the data folder."""
    given = settings.desk_accounts
    return f"sqlite:///{settings.data_dir / FILE}" if given is None else given.get_secret_value()


def open_database(url: str) -> Engine:
    """Open the database, and make or renew its tables.

    Raises:
        AccountsFileError: the file is open to others, or the database cannot be used.
    """
    parsed = _parsed(url)
    if parsed.drivername == "sqlite":
        _close_to_others(parsed)
    engine = create_engine(parsed, pool_pre_ping=parsed.drivername != "sqlite")
    if parsed.drivername == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "checkout", _refuse_replaced)
    try:
        with engine.begin() as connection:
            _renew(connection)
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise _unusable(parsed, error) from error
    return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        drivername = _DRIVERS.get(parsed.drivername.partition("+")[0])
    except ArgumentError:
        drivername = None
    if drivername is None:
        # The address may hold a password: it is not repeated.
        raise AccountsFileError(
            "CBRN_DESK_ACCOUNTS is no address of a database that can keep accounts",
            "Write sqlite:////folder/file.sqlite or postgresql://user:password@host/database.",
        )
    return parsed.set(drivername=drivername)


def _unusable(url: URL, error: Exception) -> AccountsFileError:
    cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0][:200]
    where = url.render_as_string(hide_password=True)
    return AccountsFileError(f"the accounts in {where} cannot be used: {cause}", "Check the address and its rights.")


def _close_to_others(url: URL) -> None:
    """Make the file for its owner alone; refuse one that others may read or write: hashes stand in it."""
    if not url.database or url.database == ":memory:":
        raise AccountsFileError("accounts that are kept in memory only are lost", "Name a file: sqlite:////folder/file")
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o600))
        found = path.stat()
    except OSError as error:
        raise AccountsFileError(f"{path}: {error.strerror}", "Check the folder and its rights.") from error
    if not stat.S_ISREG(found.st_mode):
        raise AccountsFileError(f"{path} is no ordinary file", "Name another file in CBRN_DESK_ACCOUNTS.")
    if os.name != "posix":  # others have no owners and modes of this sort
        return
    if found.st_uid not in (os.geteuid(), 0):
        raise AccountsFileError(f"the accounts in {path} belong to another user", "Run the command as that user.")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise AccountsFileError(
            f"others on this machine may read or write the accounts in {path}",
            f"Look at who could have: chmod 600 {shlex.quote(str(path))}",
        )


def _file_of(connection: Any) -> tuple[str, int | None]:
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    return path, _inode(path)


def _inode(path: str) -> int | None:
    try:
        return Path(path).stat().st_ino
    except OSError:
        return None


def _refuse_replaced(_: object, record: Any, __: object) -> None:
    """Let go of a connection to a file in whose place another one lies: who was disabled there is disabled here."""
    path, opened = record.info["file"]
    if _inode(path) not in {opened, None}:
        raise DisconnectionError("the file was replaced")


def _prepare_sqlite(connection: Any, record: Any) -> None:
    record.info["file"] = _file_of(connection)
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _renew(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # a second one waits, and finds them renewed
    if _version(connection) == NEWEST:
        return
    from alembic import command  # noqa: PLC0415 - a quarter of a second, and seldom needed
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", "cbrn_consumers.desk.accounts:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, NEWEST)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return found
