"""History decided again by another rule book: who would have been told otherwise?

A fold over what was decided and published: decisions and events go in, a report comes out, nothing else happens. Who
reads them, from a broker or an archive, is the caller's business.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cbrn_routing.compare.outcome import EVERYBODY, Change, Outcome, changes
from cbrn_routing.compare.report import RECORDED, Report, Tally
from cbrn_routing.decide import Engine, decided
from cbrn_routing.decision import with_successors
from cbrn_routing.rulebook.eras import Eras, local_day
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import AnyEvent, parse_event, read_event

if TYPE_CHECKING:
    from datetime import date, datetime

    from cbrn_routing.compare.past import Past
    from cbrn_routing.decision import Decision, Facets
    from cbrn_routing.jurisdiction import Gazetteer
    from cbrn_routing.rulebook import RuleBook

MEMORY_MAX: Final = 100_000
"""Pairs of outcomes whose differences are kept: about 0.3 kB each, 30 MB at the most."""


class Evaluator:
    """A rule book that decides as the router did: an event by its day, with the day of the decision given."""

    def __init__(self, book: RuleBook, gazetteer: Gazetteer, today: date | None = None) -> None:
        """Decide by `book`; with `today`, bodies of the past count as whoever has their task then."""
        self._today = today
        self.digest: Final = book.digest
        self._eras = Eras(book)
        self._engine = Engine(self._eras, gazetteer)
        self._outcomes: dict[Decision, Outcome] = {}

    def evaluate(self, event: AnyEvent, decided: datetime) -> Outcome:
        """Return what the book says of an event that was decided on at `decided` (aware)."""
        return self._outcome(self._engine.route(event, decided).decision)

    def evaluate_cell(self, past: Past) -> Outcome:
        """Return the same by the record's facets alone, where the event is gone."""
        today = local_day(past.decided)
        matcher = self._eras.on(today) if past.as_of is None else self._eras.on(past.as_of, today)
        return self._outcome(decided(matcher, (past.facets, *past.further)))

    def evaluate_facets(self, facets: Facets, today: date) -> Outcome:
        """Decide what the book of a day says of facets."""
        return self._outcome(self._eras.on(today).decide(facets))

    def _told(self, decision: Decision) -> Decision:
        return (
            decision
            if self._today is None
            else replace(decision, recipients=with_successors(decision.recipients, self._today))
        )

    def _outcome(self, decision: Decision) -> Outcome:
        """Return one object for one decision: the matcher interns decisions, so that differences can be looked up."""
        outcome = self._outcomes.get(decision)
        if outcome is None:
            if len(self._outcomes) >= MEMORY_MAX:
                self._outcomes.clear()
            outcome = self._outcomes[decision] = Outcome.of(self._told(decision))
        return outcome


def read_past(data: bytes) -> AnyEvent:
    """Read an event of a history; one of a newer publisher as its readers do. Raises as `read_event` does."""
    try:
        return parse_event(data)
    except InvalidEventError:
        return read_event(data)


class Replay:
    """A collection of what a book would have decided otherwise."""

    def __init__(self, evaluator: Evaluator, against: Evaluator | None = None) -> None:
        """Decide by `evaluator`, and compare with `against`, or with what was recorded."""
        self._evaluator = evaluator
        self._against = against
        self._differences: dict[tuple[Outcome, Outcome], tuple[Change, ...]] = {}
        self.report: Final = Report(evaluator.digest, RECORDED if against is None else against.digest)

    def take(self, past: Past, data: bytes | None, where: str | None = None) -> None:
        """Compare a decision, with the event's bytes where they are still there.

        `where` is what a complaint says; without it, the record that the decision is about.
        """
        place = where or f"{past.topic}/{past.partition}/{past.offset}"
        event = None if data is None else self._read(data, place)
        try:
            if event is None:
                after = self._evaluator.evaluate_cell(past)
                before = past.outcome if self._against is None else self._against.evaluate_cell(past)
            else:
                after = self._evaluator.evaluate(event, past.decided)
                before = past.outcome if self._against is None else self._against.evaluate(event, past.decided)
        except Exception as error:  # noqa: BLE001 - one record must not hide the rest of a history
            self._unjudged(place, error)
            return
        self.report.by_facets += event is None
        self._compare(past.id, before, after)

    def take_event(self, identifier: str, data: bytes, where: str) -> None:
        """Compare an event without a decision: only with another book. It is decided on as of its report."""
        if self._against is None:
            self.report.undecided += 1
            return
        event = self._read(data, where)
        if event is None:
            return
        try:
            before, after = (
                self._against.evaluate(event, event.reported),
                self._evaluator.evaluate(event, event.reported),
            )
        except Exception as error:  # noqa: BLE001 - one event must not hide the rest of a history
            self._unjudged(where, error)
            return
        self._compare(identifier, before, after)

    def _unjudged(self, where: str, error: Exception) -> None:
        self.unreadable(where, f"cannot be judged: {type(error).__name__}: {error}")

    def unreadable(self, where: str, message: str) -> None:
        """Count what could not be read, and name the first ones."""
        self.report.unreadable(where, message)

    def _read(self, data: bytes, where: str) -> AnyEvent | None:
        try:
            return read_past(data)
        except InvalidEventError as error:
            self.unreadable(where, str(error))
            return None

    def _compare(self, identifier: str, before: Outcome, after: Outcome) -> None:
        self.report.judged += 1
        found = self._changes(before, after)
        if found:
            self.report.different += 1
            for change in found:
                self._note(change, identifier, before, after)

    def _note(self, change: Change, identifier: str, before: Outcome, after: Outcome) -> None:
        if change.what == "duty":
            self.report.duties[change.body, change.before is None] += 1
            return
        # What concerns everybody is a change for those told before and after; for the others all is new, or gone.
        concerned = before.roles.keys() & after.roles.keys() if change.body == EVERYBODY else (change.body,)
        for body in concerned:
            self.report.bodies.setdefault(body, Tally()).note(change, identifier)

    def _changes(self, before: Outcome, after: Outcome) -> tuple[Change, ...]:
        found = self._differences.get((before, after))
        if found is None:
            if len(self._differences) >= MEMORY_MAX:
                self._differences.clear()
            found = self._differences[before, after] = changes(before, after)
        return found
