"""The accounts' database: opened closed to others, brought to its newest form, one transaction a call.

SQLite in the data folder unless `CBRN_DESK_ACCOUNTS` names a PostgreSQL database.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError

from cbrn_consumers.desk.accounts.errors import AccountsFileError
from cbrn_consumers.desk.accounts.tables import VERSION_TABLE
from cbrn_consumers.desk.databases import Form, NewerFormError, address_of, cause_of, renew

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

    from cbrn_schemas.settings import Settings

FORM: Final = Form("cbrn_consumers.desk.accounts", VERSION_TABLE, newest="0001")
FILE: Final = "desk-accounts.sqlite"
BUSY_MS: Final = 5_000
"""A command of an administrator and the desk write to one file; each takes milliseconds."""


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
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # a second one waits
            renew(connection, FORM)
    except NewerFormError as error:
        engine.dispose()
        raise AccountsFileError(
            f"a newer program keeps the accounts in {_shown(parsed)}: {error}", "Start the newer program."
        ) from error
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise _unusable(parsed, error) from error
    return engine


def _parsed(url: str) -> URL:
    try:
        return address_of(url)
    except ArgumentError:
        raise AccountsFileError(
            "CBRN_DESK_ACCOUNTS is no address of a database that can keep accounts",
            "Write sqlite:////folder/file.sqlite or postgresql://user:password@host/database.",
        ) from None  # the address may hold a password: it is not repeated


def _unusable(url: URL, error: Exception) -> AccountsFileError:
    said = f"the accounts in {_shown(url)} cannot be used: {cause_of(error)}"
    return AccountsFileError(said, "Check the address and its rights.")


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


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
