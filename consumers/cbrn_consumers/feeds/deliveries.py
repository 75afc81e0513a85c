"""What was sent to which endpoint, in the database of feeds: it stays when the feeds themselves are filled anew.

By endpoint and the document's name, which its bytes decide, and not by a position: so it holds also after a rebuild,
and says of each document what came of it. Lost, each document in force is sent again, under the same `webhook-id`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cbrn_consumers.feeds.tables import moment_of, ms_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_consumers.feeds.document import Document
    from cbrn_consumers.feeds.endpoints import Endpoint
    from cbrn_consumers.feeds.store import Store

Result = Literal["sent", "refused", "given-up", "left-out"]
"""`left-out`: when its turn came it was in force no more."""

UNSENT: Final = "NOT EXISTS (SELECT 1 FROM sent WHERE sent.endpoint = ? AND sent.name = documents.name)"
"""Of a document, for an endpoint."""


class EndpointState(NamedTuple):
    """How an endpoint is."""

    failures: int
    """Attempts in a row that failed."""
    since: datetime | None
    """Since when they do."""
    why: str | None


class Deliveries:
    """What was sent. Sync; used from threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._below: dict[str, int] = {}
        """By endpoint: the number below which nothing is left to send."""

    def register(self, endpoints: Iterable[Endpoint]) -> None:
        """Note which endpoints there are; one that is no more is forgotten, but not what it was sent."""
        wanted = {one.name: one.feed for one in endpoints}
        with self._store.tables.writing() as given:
            known = {name for (name,) in given.execute("SELECT endpoint FROM endpoints").fetchall()}
            given.executemany("DELETE FROM endpoints WHERE endpoint = ?", [(name,) for name in known - wanted.keys()])
            given.executemany(
                "INSERT INTO endpoints VALUES (?, ?, 0, NULL, NULL, NULL) "
                "ON CONFLICT (endpoint) DO UPDATE SET feed = excluded.feed",
                wanted.items(),
            )

    def next(self, endpoint: Endpoint, now: datetime) -> Document | None:
        """Return the oldest document that an endpoint was not sent; what is in force no more is noted as left out."""
        begin = self._below.get(endpoint.name, 0)
        with self._store.tables.writing() as given:
            given.execute(
                "INSERT OR IGNORE INTO sent SELECT ?, name, 'left-out', ?, 0, 'no longer in force' FROM documents "  # noqa: S608 - ours
                f"WHERE feed = ? AND seq >= ? AND NOT in_force AND {UNSENT}",
                (endpoint.name, ms_of(now), endpoint.feed, begin, endpoint.name),
            )
            found = given.execute(
                f"SELECT seq, name FROM documents WHERE feed = ? AND seq >= ? AND {UNSENT} ORDER BY seq LIMIT 1",  # noqa: S608 - ours
                (endpoint.feed, begin, endpoint.name),
            ).fetchone()
            ahead = given.execute("SELECT next FROM feeds WHERE feed = ?", (endpoint.feed,)).fetchone()
        self._below[endpoint.name] = found[0] if found else (ahead[0] if ahead else 0)
        return None if found is None else self._store.document(endpoint.feed, found[1])

    def note(self, endpoint: str, name: str, result: Result, *, attempts: int, why: str | None, now: datetime) -> None:
        """Note what came of a document in the end."""
        with self._store.tables.writing() as given:
            given.execute(
                "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?)",
                (endpoint, name, result, ms_of(now), attempts, why),
            )

    def attempt(self, endpoint: str, why: str | None, now: datetime) -> EndpointState:
        """Note an attempt, with why it failed; return how the endpoint was before."""
        before = self.state(endpoint)
        failures = 0 if why is None else before.failures + 1
        since = None if why is None else ms_of(before.since or now)
        with self._store.tables.writing() as given:
            given.execute(
                "UPDATE endpoints SET failures = ?, since = ?, why = ?, at = ? WHERE endpoint = ?",
                (failures, since, why, ms_of(now), endpoint),
            )
        return before

    def state(self, endpoint: str) -> EndpointState:
        """Return how an endpoint is; one that was never tried has not failed."""
        with self._store.tables.reading() as given:
            row = given.execute("SELECT failures, since, why FROM endpoints WHERE endpoint = ?", (endpoint,)).fetchone()
        if row is None:
            return EndpointState(0, None, None)
        return EndpointState(row[0], None if row[1] is None else moment_of(row[1]), row[2])
