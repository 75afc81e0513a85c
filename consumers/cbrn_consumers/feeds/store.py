"""What the feeds show, as a database that can be lost: documents by feed, and which of them are in force.

In the order of arrival each document of a feed has a number of its own, so that no feed's numbers tell of another's.
The bytes stand here as they were released. A document leaves the current feed once it has expired, or was updated or
cancelled by a later one of the feed; its address stays until Kafka itself keeps it no longer.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from cbrn_consumers.feeds.document import Document, Message
from cbrn_consumers.feeds.tables import Tables, moment_of, ms_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cbrn_schemas.settings import Settings

BLOCK: Final = 50
"""Documents whose numbers make up a page. A page is always of the same numbers, so a new document changes the first
page alone, and an expired one its own."""
KEPT: Final = timedelta(days=90)
"""As long as Kafka keeps `to.<body>.documents` and `.alerts`."""


_DOCUMENTS: Final = msgspec.json.Decoder(Document)


def store_path(settings: Settings, body: str | None) -> Path:
    """Return where the database of a process is: one for partners, and one for each body."""
    return settings.data_dir / f"feeds-{settings.realm}{'' if body is None else f'-{body}'}.sqlite3"


class FeedState(NamedTuple):
    """How a feed is."""

    version: int
    """Grows with each change."""
    changed: datetime
    """When the last document came into it or left it, by the documents' own times: the same after a rebuild."""
    noted: datetime
    """When that was noted here; never before an earlier change was."""
    next: int
    """Number of the next document."""


class Shown(NamedTuple):
    """A document and its number."""

    seq: int
    in_force: bool
    document: Document


class Store:
    """The documents of all feeds of a process."""

    def __init__(self, path: Path, whose: Mapping[str, Any]) -> None:
        """Open it.

        Raises:
            FeedStoreError: it cannot be used.
        """
        self.tables = Tables(path, dict(whose))
        self.dirty: set[tuple[str, int]] = set()
        """Feed and block of what has changed, for whoever writes files; they take it away, in another thread."""

    def taken_dirty(self) -> set[tuple[str, int]]:
        """Take away what has changed so far; what changes from now on is there the next time."""
        taken = set()
        while self.dirty:
            taken.add(self.dirty.pop())
        return taken

    def close(self) -> None:
        """Close it."""
        self.tables.close()

    @property
    def complete(self) -> bool:
        """Whether all that Kafka held was taken once: before that, an empty feed would say that there is no danger."""
        with self.tables.reading() as given:
            return given.execute("SELECT 1 FROM meta WHERE name = 'complete'").fetchone() is not None

    def note_complete(self, now: datetime) -> None:
        """Note that all was taken once, and when first."""
        with self.tables.writing() as given:
            given.execute("INSERT OR IGNORE INTO meta VALUES ('complete', ?)", (str(ms_of(now)),))

    def positions(self) -> dict[tuple[str, int], int]:
        """Return the offset from which each partition is read on."""
        with self.tables.reading() as given:
            return {(topic, part): at for topic, part, at in given.execute("SELECT topic, part, next FROM positions")}

    def take(
        self, documents: Iterable[tuple[str, Document]], positions: Mapping[tuple[str, int], int], now: datetime
    ) -> list[Document]:
        """Take documents, each with the topic that it is from, and how far was read: all of it or nothing.

        Those that are new are returned.
        """
        new: list[Document] = []
        with self.tables.writing() as given:
            changes = _Changes(given, now)
            new += [one for topic, one in documents if changes.take(topic, one)]
            changes.note()
            given.executemany(
                "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)",
                [(topic, part, at) for (topic, part), at in positions.items()],
            )
        self.dirty.update(changes.blocks)
        return new

    def expire(self, now: datetime) -> bool:
        """Take out of the current feeds what has expired, and out of the database what is too old; whether any did."""
        at = ms_of(now)
        with self.tables.writing() as given:
            changes = _Changes(given, now)
            gone = given.execute("SELECT feed, seq, expires FROM documents WHERE in_force AND expires <= ?", (at,))
            for feed, seq, expires in gone.fetchall():
                changes.leave(feed, seq, expires)
            old = ms_of(now - KEPT)
            for feed, seq, taken in given.execute(
                "SELECT feed, seq, taken FROM documents WHERE taken < ?", (old,)
            ).fetchall():
                given.execute("DELETE FROM documents WHERE feed = ? AND seq = ?", (feed, seq))
                changes.touch(feed, seq, taken)
            given.execute("DELETE FROM replaced WHERE taken < ?", (old,))
            given.execute("DELETE FROM sent WHERE at < ?", (ms_of(now - 2 * KEPT),))
            changes.note()
        self.dirty.update(changes.blocks)
        return bool(changes.blocks)

    def forget(self, topic: str, now: datetime) -> None:
        """Forget what came of a topic that was made anew."""
        with self.tables.writing() as given:
            changes = _Changes(given, now)
            for feed, seq, taken in given.execute(
                "SELECT feed, seq, taken FROM documents WHERE topic = ?", (topic,)
            ).fetchall():
                given.execute("DELETE FROM documents WHERE feed = ? AND seq = ?", (feed, seq))
                changes.touch(feed, seq, taken)
            given.execute("DELETE FROM positions WHERE topic = ?", (topic,))
            given.execute("DELETE FROM meta WHERE name = 'complete'")
            changes.note()
        self.dirty.update(changes.blocks)

    def feeds(self) -> dict[str, FeedState]:
        """Return all feeds that ever held something."""
        with self.tables.reading() as given:
            rows = given.execute("SELECT feed, version, changed, noted, next FROM feeds").fetchall()
        return {feed: _state(*rest) for feed, *rest in rows}

    def state(self, feed: str) -> FeedState:
        """Return how a feed is; one that holds nothing yet is as it was when all was taken that Kafka held."""
        with self.tables.reading() as given:
            row = given.execute("SELECT version, changed, noted, next FROM feeds WHERE feed = ?", (feed,)).fetchone()
            if row is None:
                begun = given.execute("SELECT value FROM meta WHERE name = 'complete'").fetchone()
                at = 0 if begun is None else int(begun[0])
                row = 0, at, at, 0
        return _state(*row)

    def all_of(self, feed: str) -> list[Document]:
        """Return what is known of all documents of a feed, in their order, without their content."""
        with self.tables.reading() as given:
            rows = given.execute("SELECT facts FROM documents WHERE feed = ? ORDER BY seq", (feed,)).fetchall()
        return [_document(facts, b"") for (facts,) in rows]

    def document(self, feed: str, name: str) -> Document | None:
        """Return a document by its address, in force or not."""
        with self.tables.reading() as given:
            row = given.execute(
                "SELECT facts, content FROM documents WHERE feed = ? AND name = ?", (feed, name)
            ).fetchone()
        return None if row is None else _document(*row)

    def names(self, feed: str) -> set[str]:
        """Return the names of all documents of a feed."""
        with self.tables.reading() as given:
            return {name for (name,) in given.execute("SELECT name FROM documents WHERE feed = ?", (feed,))}

    def head_block(self, feed: str) -> int:
        """Return the lowest block of the first page: so low that it has a block's worth of what is in force."""
        with self.tables.reading() as given:
            found = given.execute(
                "SELECT seq FROM documents WHERE feed = ? AND in_force ORDER BY seq DESC LIMIT 1 OFFSET ?",
                (feed, BLOCK - 1),
            ).fetchone()
        return 0 if found is None else int(found[0]) // BLOCK

    def between(self, feed: str, begin: int, end: int | None, *, all_of_it: bool = False) -> list[Shown]:
        """Return what is in force, or all of it, of the numbers from `begin` to below `end`; newest first."""
        which = "" if all_of_it else " AND in_force"
        with self.tables.reading() as given:
            rows = given.execute(
                f"SELECT seq, in_force, facts FROM documents WHERE feed = ? AND seq >= ? AND seq < ?{which}"  # noqa: S608 - ours
                " ORDER BY seq DESC",
                (feed, begin, 1 << 62 if end is None else end),
            ).fetchall()
        return [Shown(seq, bool(in_force), _document(facts, b"")) for seq, in_force, facts in rows]

    def block_before(self, feed: str, block: int, *, all_of_it: bool = False) -> int | None:
        """Return the next lower block that holds something."""
        return self._neighbour(feed, "<", "DESC", block * BLOCK, all_of_it=all_of_it)

    def block_after(self, feed: str, block: int, *, all_of_it: bool = False) -> int | None:
        """Return the next higher block that holds something."""
        return self._neighbour(feed, ">=", "ASC", (block + 1) * BLOCK, all_of_it=all_of_it)

    def _neighbour(self, feed: str, sign: str, order: str, seq: int, *, all_of_it: bool) -> int | None:
        which = "" if all_of_it else " AND in_force"
        with self.tables.reading() as given:
            found = given.execute(
                f"SELECT seq FROM documents WHERE feed = ? AND seq {sign} ?{which} ORDER BY seq {order} LIMIT 1",  # noqa: S608 - ours
                (feed, seq),
            ).fetchone()
        return None if found is None else int(found[0]) // BLOCK


class _Changes:
    """What one transaction does to feeds."""

    def __init__(self, given: sqlite3.Connection, now: datetime) -> None:
        self._given, self._now = given, ms_of(now)
        self._changed: dict[str, int] = {}
        self._ahead: Counter[str] = Counter()
        self.blocks: set[tuple[str, int]] = set()

    def take(self, topic: str, one: Document) -> bool:
        """Take a document; whether it is new."""
        feed, taken = one.feed, ms_of(one.taken)
        if self._given.execute("SELECT 1 FROM documents WHERE feed = ? AND name = ?", (feed, one.name)).fetchone():
            return False
        seq = self._number(feed)
        expires = None if one.expires is None else ms_of(one.expires)
        facts = msgspec.json.encode(msgspec.structs.replace(one, content=b""))
        in_force = not self._is_replaced(feed, one.message) and (expires is None or expires > self._now)
        self._given.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (feed, seq, one.name, topic, taken, expires, in_force, *one.message, facts, one.content),
        )
        self.touch(feed, seq, taken if in_force or expires is None else max(taken, min(expires, self._now)))
        for message in one.replaces:
            self._replace(feed, message, taken)
        return True

    def leave(self, feed: str, seq: int, at: int) -> None:
        """Take a document out of the current feed."""
        self._given.execute("UPDATE documents SET in_force = 0 WHERE feed = ? AND seq = ?", (feed, seq))
        self.touch(feed, seq, at)

    def touch(self, feed: str, seq: int, at: int) -> None:
        """Note that a document's block changed."""
        self.blocks.add((feed, seq // BLOCK))
        self._changed[feed] = max(self._changed.get(feed, 0), at)

    def note(self) -> None:
        """Write down which feeds have changed."""
        for feed, at in self._changed.items():
            self._given.execute(
                "INSERT INTO feeds VALUES (?, ?, ?, ?, 1) ON CONFLICT (feed) DO UPDATE SET changed = max(changed, "
                "excluded.changed), noted = max(noted + 1, excluded.noted), next = max(next, excluded.next), "
                "version = version + 1",
                (feed, at, self._now, self._ahead[feed]),
            )

    def _number(self, feed: str) -> int:
        if feed not in self._ahead:
            row = self._given.execute("SELECT next FROM feeds WHERE feed = ?", (feed,)).fetchone()
            self._ahead[feed] = 0 if row is None else row[0]
        self._ahead[feed] += 1
        return self._ahead[feed] - 1

    def _is_replaced(self, feed: str, message: Message) -> bool:
        found = self._given.execute(
            "SELECT 1 FROM replaced WHERE feed = ? AND sender = ? AND identifier = ?", (feed, *message)
        )
        return found.fetchone() is not None

    def _replace(self, feed: str, message: Message, taken: int) -> None:
        self._given.execute("INSERT OR IGNORE INTO replaced VALUES (?, ?, ?, ?)", (feed, *message, taken))
        for (seq,) in self._given.execute(
            "SELECT seq FROM documents WHERE feed = ? AND sender = ? AND identifier = ? AND in_force", (feed, *message)
        ).fetchall():
            self.leave(feed, seq, taken)


def _document(facts: bytes, content: bytes) -> Document:
    return msgspec.structs.replace(_DOCUMENTS.decode(facts), content=content)


def _state(version: int, changed: int, noted: int, ahead: int) -> FeedState:
    return FeedState(version, moment_of(changed), moment_of(noted), ahead)
