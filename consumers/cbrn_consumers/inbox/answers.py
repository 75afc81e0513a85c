"""What the body itself has answered, beside the lines of its inbox: what is still asked of it, and by when. Pure."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.alert import Alert
from cbrn_consumers.inbox.delivery import GroupType
from cbrn_consumers.inbox.protection import GRAVE
from cbrn_consumers.standing import ANSWERS, ASKED, SITUATIONS_MAX, Standings, State, told_of
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_consumers.inbox.notice import Line
    from cbrn_consumers.standing import Answer, Facts, PartyStanding
    from cbrn_consumers.tail import Unreadable
    from cbrn_schemas.topics import Lane


SEVERE: Final = SEVERITY_ORDER["Severe"]


class Asked(NamedTuple):
    """What is asked of the body in one situation."""

    due: datetime | None
    """By when it must answer; None where nothing is asked of it now."""
    state: State | None = None
    """Where it stands; None for what nobody answers, and where its answers cannot be read."""
    holder: str | None = None
    """Who of the body has it."""

    def late(self, now: datetime) -> bool:
        """Tell whether the time has run out."""
        return self.due is not None and self.due < now


class Counts(NamedTuple):
    """What stands on top of the list."""

    to_answer: int
    late: int
    open: int
    ended: int


class Matter(NamedTuple):
    """What the body knows of one situation: a row of its list."""

    line: Line
    """What it was told itself; else the most urgent alarm of the watch."""
    beside: tuple[Line, ...]
    """Further alarms of the watch about it, the most urgent first: one for each body that has not answered."""
    asked: Asked
    ended: bool


class OwnAnswers:
    """A body's own receipts, held against what it was told.

    A situation takes 2 KiB here and each message of it 0.4: without its texts, its facts once where they are those of
    the last. 20,000 situations and 100,000 messages: 80 MB.
    """

    def __init__(self, body: str) -> None:
        self.body = body
        self.readable = True
        """Whether its receipts can be read. Where not, each deadline counts as open: better asked twice than missed."""
        self.standings = Standings()
        self._facts: dict[str, Facts] = {}
        """The latest of a situation."""

    def tell(self, message: Alert | Unreadable) -> None:
        """Take an alert of the body into account."""
        told = told_of(self.body, message) if isinstance(message, Alert) else None
        if told is None:
            return
        if len(self._facts) > SITUATIONS_MAX:
            self._facts.clear()  # only to share what is alike
        held = self._facts.get(told.situation)
        facts = held if held == told.facts else told.facts
        self._facts[told.situation] = facts
        self.standings.tell(replace(told, facts=facts, headlines={}))

    def take(self, answer: Answer) -> None:
        """Take a receipt of the body into account."""
        self.standings.take(answer)

    def party(self, line: Line) -> PartyStanding | None:
        """Return where the body stands in the situation of a line."""
        if line.key.sort is not GroupType.SITUATION or not self.readable:
            return None
        found = self.standings.of(line.key.name)
        return None if found is None else next((one for one in found.parties if one.body == self.body), None)

    def asked(self, line: Line, now: datetime) -> Asked:
        """Return what is asked of the body by a line of its inbox."""
        other = line.key.in_place_of
        if other is not None and self.readable:
            return self._in_place(line, other)
        party = self.party(line)
        if party is None:
            return Asked(line.acknowledge_by if line.role in ASKED and not line.ended else None)
        ask = party.open_ask
        return Asked(None if ask is None else ask.due, party.state(now), party.holder)

    def _in_place(self, line: Line, other: str) -> Asked:
        """Return what is asked by an alarm of the watch; of one about the body itself, its own alert says that."""
        given = self.standings.given(line.key.situation, self.body)
        last = next((one for one in reversed(given) if one.receipt.act in ANSWERS and one.at >= line.latest), None)
        if last is not None:
            return Asked(None, State(last.receipt.act), last.receipt.to or last.receipt.by)
        return Asked(None if other == self.body else line.acknowledge_by)

    def matters(self, lines: Iterable[Line], now: datetime) -> list[Matter]:
        """Bring what is of one situation together: one answer answers all of it."""
        together: dict[tuple[Lane, GroupType, str], list[Line]] = {}
        for line in lines:
            sort = GroupType.SITUATION if line.key.sort is GroupType.UNANSWERED else line.key.sort
            together.setdefault((line.key.lane, sort, line.key.situation), []).append(line)
        return [self._matter(alike, now) for alike in together.values()]

    def _matter(self, lines: list[Line], now: datetime) -> Matter:
        asked = {line.key: self.asked(line, now) for line in lines}
        own = next((line for line in lines if line.key.sort is not GroupType.UNANSWERED), None)
        # What came before the situation was over is over with it.
        gone = {line.key for line in lines if line.ended or (own and own.ended and line.latest <= own.latest)}
        open_ones = {key: one.due for key, one in asked.items() if one.due is not None and key not in gone}
        first, *rest = sorted(
            lines, key=lambda line: (line is not own, due.timestamp() if (due := open_ones.get(line.key)) else inf)
        )
        due = min(open_ones.values(), default=None)
        return Matter(first, tuple(rest), asked[first.key]._replace(due=due), len(gone) == len(lines))

    def counts(self, lines: Iterable[Line], now: datetime) -> Counts:
        """Count the situations and stations to be answered, late, open and over."""
        matters = self.matters(lines, now)
        asked = [one.asked for one in matters]
        ended = sum(one.ended for one in matters)
        to_answer, late = sum(one.due is not None for one in asked), sum(one.late(now) for one in asked)
        return Counts(to_answer, late, len(matters) - ended, ended)


def in_order(lines: Iterable[Line], own: OwnAnswers, now: datetime) -> list[Matter]:
    """Sort open before ended; then what is to be answered; then the graver; then the more urgent; then the latest.

    What is grave by other facts than its severity (nobody has rated it, people are hurt) stands with the severe.
    """

    def place(matter: Matter) -> tuple[bool, bool, int, float, float]:
        lines, due = (matter.line, *matter.beside), matter.asked.due
        severity = max(
            max(SEVERITY_ORDER[line.severity], 0 if GRAVE.isdisjoint(line.protection) else SEVERE) for line in lines
        )
        wait = inf if due is None else due.timestamp()
        return matter.ended, due is None, -severity, wait, -max(line.latest.timestamp() for line in lines)

    return sorted(own.matters(lines, now), key=place)
