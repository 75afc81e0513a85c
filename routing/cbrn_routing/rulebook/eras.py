"""A rule book through time: ministries are split and renamed, laws begin and lapse.

An event is routed by the bodies of the day on which it was observed. The days on which anything changes are few, so
there is one compiled matcher for each stretch between two of them.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.rulebook.directory import Directory
from cbrn_routing.rulebook.matcher import Matcher
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.events.time import LOCAL_TIME

if TYPE_CHECKING:
    from cbrn_routing.rulebook.book import RuleBook

MATCHERS_MAX: Final = 64
"""Compiled matchers kept: 2 MB each where the cache of one of the past is full. The national book has 23 eras: with
room for fewer, reports of all of them in turn would each compile one anew (3 ms, 700 times as long as a look-up)."""
PAST_CACHE: Final = 1_024
"""Decisions kept by a matcher of the past: a correction of an old report now and then."""


class Span(NamedTuple):
    """A stretch of time in which nothing changes, and the matcher for it. Aware; the end is not part of it."""

    since: datetime
    until: datetime
    matcher: Matcher


class Eras:
    """One rule book, as it decides on any day. Filled as it is asked; threads may share it."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.digest: Final = book.digest
        self._changes: Final = changes(book)
        self._matchers: dict[tuple[int, int | None], Matcher] = {}

    def changes(self) -> tuple[date, ...]:
        """List the days on which a body or a basis begins, or is gone for the first time; in order."""
        return self._changes

    def on(self, day: date, today: date | None = None) -> Matcher:
        """Return the book with the bodies that existed on `day`, and the rules with a basis in force on that day.

        Where `today` is given, rules with a basis in force today count as well: whoever hears of an old event now must
        not be left out since a law is younger than the event.

        Raises:
            RuleFileError: a rule names a body that no day knows.
        """
        era = bisect_right(self._changes, day)
        also = None if today is None else bisect_right(self._changes, today)
        name = era, None if also == era else also
        matcher = self._matchers.get(name)
        if matcher is None:
            if len(self._matchers) >= MATCHERS_MAX:
                self._matchers.pop(next(iter(self._matchers)))
            matcher = self._matchers[name] = self._compile(*name)
        return matcher

    def span(self, moment: datetime) -> Span:
        """Find the stretch around an aware moment, and its matcher."""
        era = bisect_right(self._changes, local_day(moment))
        first = self._changes[era - 1] if era else None
        end = self._changes[era] if era < len(self._changes) else None
        return Span(
            datetime.min.replace(tzinfo=UTC) if first is None else _midnight(first),
            datetime.max.replace(tzinfo=UTC) if end is None else _midnight(end),
            self.on(local_day(moment)),
        )

    def _compile(self, era: int, also: int | None) -> Matcher:
        day = self._day_in(era)
        if also is None:
            return Matcher(self.book, on=day)
        return Matcher(
            self.book, Directory.from_catalogue(day), on=(day, self._day_in(also)), as_of=day, cache_size=PAST_CACHE
        )

    def _day_in(self, era: int) -> date:
        """Pick a day of the era: its first, or the last before anything changed."""
        if era:
            return self._changes[era - 1]
        return self._changes[0] - timedelta(days=1) if self._changes else date(2000, 1, 1)


def changes(book: RuleBook) -> tuple[date, ...]:
    """List the days on which a body of the catalogue, a basis or a duty of the book begins, or is gone; in order."""
    found: set[date] = set()
    for body in bodies().values():
        found |= {day for day in (body.valid_from, body.valid_to) if day is not None}
    for rule in book.rules:
        for basis in rule.bases:
            found |= set(basis.turning_days())
    found |= {duty.obligation.since for duty in book.duties if duty.obligation.since is not None}
    return tuple(sorted(found))


def local_day(moment: datetime) -> date:
    """Return the country's calendar day of an aware moment."""
    return moment.astimezone(LOCAL_TIME).date()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL_TIME)
