"""How the feeds of this machine are, read out of their database beside the process that fills it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from cbrn_consumers.feeds.deliveries import UNSENT
from cbrn_consumers.feeds.errors import FeedStoreError
from cbrn_consumers.feeds.tables import moment_of, unusable

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class FeedFigures(NamedTuple):
    """One feed."""

    feed: str
    documents: int
    in_force: int
    changed: datetime


class EndpointFigures(NamedTuple):
    """One endpoint."""

    endpoint: str
    feed: str
    waiting: int
    """Documents in force that it was not sent."""
    sent: int
    not_taken: int
    """Documents that were given up, or that it refused."""
    failures: int
    """Attempts in a row that failed."""
    since: datetime | None
    why: str | None
    tried: datetime | None


class Status(NamedTuple):
    """All of a process."""

    complete: bool
    """Whether all that Kafka held was taken once."""
    feeds: tuple[FeedFigures, ...]
    endpoints: tuple[EndpointFigures, ...]


def status_of(path: Path) -> Status:
    """Read how the feeds are.

    Raises:
        FeedStoreError: there is no database, or it cannot be read.
    """
    if not path.exists():
        raise FeedStoreError(f"{path} is not there: no feeds were served here", "Start them: `cbrn run feeds`.")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as given:
            return _status(given)
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def _status(given: sqlite3.Connection) -> Status:
    complete = given.execute("SELECT 1 FROM meta WHERE name = 'complete'").fetchone() is not None
    feeds = given.execute(
        "SELECT feed, count(*), sum(in_force), (SELECT changed FROM feeds WHERE feeds.feed = documents.feed) "
        "FROM documents GROUP BY feed ORDER BY feed"
    ).fetchall()
    endpoints = given.execute(
        "SELECT endpoint, feed, "  # noqa: S608 - words of ours
        "(SELECT count(*) FROM documents WHERE documents.feed = endpoints.feed AND in_force AND "
        f"{UNSENT.replace('?', 'endpoints.endpoint')}), "
        "(SELECT count(*) FROM sent WHERE sent.endpoint = endpoints.endpoint AND outcome = 'sent'), "
        "(SELECT count(*) FROM sent WHERE sent.endpoint = endpoints.endpoint AND outcome IN ('refused', 'given-up')), "
        "failures, since, why, at FROM endpoints ORDER BY endpoint"
    ).fetchall()
    return Status(
        complete,
        tuple(FeedFigures(feed, count, in_force, moment_of(changed)) for feed, count, in_force, changed in feeds),
        tuple(
            EndpointFigures(name, feed, waiting, sent, not_taken, failures, _moment(since), why, _moment(tried))
            for name, feed, waiting, sent, not_taken, failures, since, why, tried in endpoints
        ),
    )


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else moment_of(ms)
