"""The tables of a feeds' database, and how a file of it is opened: SQLite's own driver, one connection, one lock.

What is made from Kafka is thrown away where its form or whose it is has changed, and comes again. What was sent to
partners stands apart and stays: without it each document that is in force would be sent once more.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.feeds.errors import FeedStoreError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

FORM: Final = 1
BUSY_MS: Final = 5_000
_MADE: Final = ("meta", "positions", "feeds", "documents", "replaced")
"""Tables that are made from Kafka."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    topic TEXT, part INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS feeds (
    feed TEXT PRIMARY KEY, changed INTEGER NOT NULL, noted INTEGER NOT NULL, next INTEGER NOT NULL,
    version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    feed TEXT NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL, taken INTEGER NOT NULL,
    expires INTEGER, in_force INTEGER NOT NULL, sender TEXT NOT NULL, identifier TEXT NOT NULL, facts BLOB NOT NULL,
    content BLOB NOT NULL, PRIMARY KEY (feed, seq));
CREATE UNIQUE INDEX IF NOT EXISTS documents_name ON documents (feed, name);
CREATE INDEX IF NOT EXISTS documents_message ON documents (feed, sender, identifier);
CREATE INDEX IF NOT EXISTS documents_current ON documents (feed, seq) WHERE in_force;
CREATE INDEX IF NOT EXISTS documents_expiring ON documents (expires) WHERE in_force;
CREATE INDEX IF NOT EXISTS documents_taken ON documents (taken);
CREATE TABLE IF NOT EXISTS replaced (
    feed TEXT, sender TEXT, identifier TEXT, taken INTEGER NOT NULL,
    PRIMARY KEY (feed, sender, identifier)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (
    endpoint TEXT, name TEXT, outcome TEXT NOT NULL, at INTEGER NOT NULL, attempts INTEGER NOT NULL, why TEXT,
    PRIMARY KEY (endpoint, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS endpoints (
    endpoint TEXT PRIMARY KEY, feed TEXT NOT NULL, failures INTEGER NOT NULL, since INTEGER, why TEXT, at INTEGER)
    WITHOUT ROWID;
"""


class Tables:
    """An open database. Used from several threads, one at a time."""

    def __init__(self, path: Path, whose: dict[str, Any]) -> None:
        """Open it; what was made from Kafka for anybody else, or in another form, is thrown away.

        Raises:
            FeedStoreError: it cannot be used.
        """
        self.path = path
        self._lock = threading.Lock()
        whole = json.dumps({"form": FORM, **whose}, sort_keys=True)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # For its owner alone: documents for a partner are in it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_MS}"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_TABLES)
            found = self._connection.execute("SELECT value FROM meta WHERE name = 'whose'").fetchone()
            if found is None or found[0] != whole:
                self.begin_anew()
                self._connection.execute("INSERT INTO meta VALUES ('whose', ?)", (whole,))
        except (OSError, sqlite3.Error) as error:
            raise unusable(path, error) from error

    def begin_anew(self) -> None:
        """Forget all that is made from Kafka."""
        for table in _MADE:
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """Give the connection in a transaction: all of it is kept, or nothing.

        Raises:
            FeedStoreError: it cannot be used.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise unusable(self.path, error) from error

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Give the connection to read by.

        Raises:
            FeedStoreError: it cannot be used.
        """
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise unusable(self.path, error) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def unusable(path: Path, error: Exception) -> FeedStoreError:
    """Say what is wrong with the database."""
    said = f"the database of feeds {path} cannot be used: {error}"
    return FeedStoreError(
        said, "It can be deleted: it is filled again from Kafka. Is the disk full, or the folder closed?"
    )


def ms_of(moment: datetime) -> int:
    """Return a moment as the tables keep it: milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def moment_of(ms: int) -> datetime:
    """Read a moment as the tables keep it."""
    return datetime.fromtimestamp(ms / 1000, UTC)
