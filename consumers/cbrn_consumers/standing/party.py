"""Where one body stands in one situation: what it was told and what it answered, laid out in the broker's time. Pure.

A receipt speaks of the event that it names and of what came before. So the order of the two topics, which are read
apart, does not matter: no receipt counts earlier than the event that it names. An answer is asked for by the first
alert; after an update anew, where the facts differ from those that were answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.standing.told import Change, Told, changes
from cbrn_schemas.events import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cbrn_consumers.alert import Origin, RoleCode
    from cbrn_schemas.events import Severity
    from cbrn_schemas.receipt import Act, Receipt

ASKED: Final = frozenset({"lead", "support"})
"""Roles of which an answer is expected, each body for itself. Who is only informed may answer, and is never missing."""
ANSWERS: Final[frozenset[Act]] = frozenset({"acknowledged", "accepted", "en-route", "declined", "closed"})
"""Acts that answer an alert. To have seen it, to note something or to hand it over says only that somebody knows."""


class State(StrEnum):
    """Where a body stands, from least to most; and `missing`, which hides no word that was said before."""

    ADDRESSED = "addressed"
    DELIVERED = "delivered"
    """A program of the body has taken it off the bus."""
    SEEN = "seen"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    EN_ROUTE = "en-route"
    DECLINED = "declined"
    CLOSED = "closed"
    MISSING = "missing"
    """Its time ran out, and it has not answered."""


class Stray(StrEnum):
    """Why a receipt does not count."""

    NOT_TOLD = "not-told"
    """Nobody has told this body of the situation."""
    IN_PLACE = "in-place"
    """The watch has asked the body in another's place: it answers for that one, and has no standing of its own."""
    OTHER_EVENT = "other-event"
    """The body was told of the situation, and not by the event that the receipt names."""
    AFTER_CLOSE = "after-close"
    """The body had closed the situation, and nothing has changed since."""


class Answer(NamedTuple):
    """A receipt as the broker has it."""

    receipt: Receipt
    origin: Origin

    @property
    def at(self) -> datetime:
        """When it counts from: the broker's time."""
        return self.origin.timestamp

    def order(self) -> tuple[datetime, Origin]:
        """Return by what receipts are sorted: the broker's time, then their place."""
        return self.at, self.origin

    @property
    def ahead(self) -> bool:
        """Whether its writer's clock is so far ahead of the broker's that the time entered cannot be believed."""
        return self.receipt.at - self.at > CLOCK_TOLERANCE


class Ask(NamedTuple):
    """An answer that was asked for, and whether it came."""

    version: int
    """Which message of the situation first asked for it, from 1."""
    since: datetime
    due: datetime
    severity: Severity
    changed: tuple[Change, ...] = ()
    """What had changed since the last answer; empty where it was the first that was asked for."""
    answer: Answer | None = None
    withdrawn: datetime | None = None
    """When it was no longer needed: the situation was cancelled, or all was as answered again."""


@dataclass(slots=True)
class PartyStanding:
    """One body in one situation."""

    body: str
    situation: str
    versions: tuple[Told, ...]
    """The messages that it was told, each event once, in the order told; never empty."""
    level: int
    reached: State
    """The most that the body has said, or what is known of its alert."""
    since: datetime
    """Since when it stands there: when it said so, by the broker's clock; before that, when it was told first."""
    answers: tuple[Answer, ...] = ()
    """All receipts that count, in order."""
    strays: tuple[tuple[Answer, Stray], ...] = ()
    asks: tuple[Ask, ...] = ()
    """All answers that were asked for, in order; the last one may be open."""
    answered_version: int = 0
    """The latest message that was answered; 0: none."""
    holder: str | None = None
    """Who has it now: the last who answered, or to whom it was handed over."""
    repeats: tuple[Told, ...] = ()
    """What came again for want of an answer, in order."""

    @property
    def latest(self) -> Told:
        """The last that it was told."""
        return self.versions[-1]

    @property
    def role(self) -> RoleCode | None:
        """What is expected of it now."""
        return self.latest.facts.role

    @property
    def ended(self) -> bool:
        """Whether the situation was cancelled."""
        return self.latest.ends

    @property
    def closed(self) -> Answer | None:
        """The receipt that closed it, where nothing has changed since: no other would count."""
        if self.reached is not State.CLOSED:
            return None
        closing = next(each for each in reversed(self.answers) if each.receipt.act == "closed")
        facts = self.versions[self.version_of(closing) - 1].facts
        return None if changes(facts, self.latest.facts) else closing

    @property
    def open_ask(self) -> Ask | None:
        """The answer that is still asked for."""
        last = self.asks[-1] if self.asks else None
        return last if last is not None and last.answer is None and last.withdrawn is None else None

    def missing(self, now: datetime) -> bool:
        """Tell whether an answer is asked for and its time has run out."""
        ask = self.open_ask
        return ask is not None and ask.due < now

    def state(self, now: datetime) -> State:
        """Tell where it stands."""
        return State.MISSING if self.missing(now) else self.reached

    def first(self, *acts: Act) -> Answer | None:
        """Find the first receipt with one of these acts."""
        return next((each for each in self.answers if each.receipt.act in acts), None)

    def version_of(self, answer: Answer) -> int:
        """Return which message a receipt speaks of, from 1."""
        return _index(self.versions, answer) + 1


def party_standing(tellings: Iterable[Told], receipts: Iterable[Answer]) -> PartyStanding:
    """Fold what one body was told of a situation, at least once, and what it answered, in whatever order they come."""
    told = sorted(tellings, key=Told.order)
    versions: dict[tuple[str, str], Told] = {}
    for one in told:  # what comes again, passed on, is the same message
        versions.setdefault(one.event, one)
    found = _Timeline(list(versions.values()), max(one.level for one in told)).run(_once(receipts))
    again = tuple(one for one in told if one.level and versions[one.event] is not one)
    return replace(found, repeats=again) if again else found


def _once(receipts: Iterable[Answer]) -> list[Answer]:
    """Take each receipt once, as the broker first had it."""
    first: dict[str, Answer] = {}
    for each in sorted(receipts, key=Answer.order):
        first.setdefault(each.receipt.id, each)
    return list(first.values())


def _index(versions: Sequence[Told], answer: Answer) -> int:
    event = answer.receipt.event.source, answer.receipt.event.id
    return next((index for index, one in enumerate(versions) if one.event == event), -1)


@dataclass(slots=True)
class _Timeline:
    versions: list[Told]
    level: int
    state: State = State.ADDRESSED
    since: datetime | None = None
    answered: int = -1
    """Index of the latest version that was answered; of the others as far as the line has been gone through."""
    told: int = -1
    closed: int = -1
    """Index of the version that was closed; -1 where the situation is not closed."""
    declined: int = -1
    asks: list[Ask] = field(default_factory=list)
    open: Ask | None = None
    counted: list[Answer] = field(default_factory=list)
    strays: list[tuple[Answer, Stray]] = field(default_factory=list)
    holder: str | None = None

    def run(self, receipts: list[Answer]) -> PartyStanding:
        """Play all of it once, in the order of time."""
        steps: list[tuple[tuple[datetime, int, Origin], int, Answer | None]] = [
            ((one.at, 0, one.origin), index, None) for index, one in enumerate(self.versions)
        ]
        for each in receipts:
            index = _index(self.versions, each)
            if index < 0:
                self.strays.append((each, Stray.OTHER_EVENT))
            else:  # brokers' clocks differ by little; it was told before it was answered
                steps.append(((max(each.at, self.versions[index].at), 1, each.origin), index, each))
        for (at, *_), index, answer in sorted(steps, key=lambda step: step[0]):
            if answer is None:
                self._tell(index)
            else:
                self._answer(index, answer, at)
        if self.open is not None:
            self.asks.append(self.open)
        first = self.versions[0]
        return PartyStanding(
            body=first.body,
            situation=first.situation,
            versions=tuple(self.versions),
            level=self.level,
            reached=self.state,
            since=self.since or first.at,
            answers=tuple(self.counted),
            strays=tuple(self.strays),
            asks=tuple(self.asks),
            answered_version=self.answered + 1,
            holder=self.holder,
        )

    def _tell(self, index: int) -> None:
        self.told = index
        now = self._asked()
        if self.open is not None and now is None:
            self.asks.append(self.open._replace(withdrawn=self.versions[index].at))
        self.open = now

    def _asked(self) -> Ask | None:
        """Return the answer that is asked for by what was told so far; None where none is needed.

        It is asked for by the first message since when one is needed without a break. What comes after may want it
        sooner, and never puts it off.
        """
        start = self.told + 1
        while start > 0 and self._needed(start - 1):
            start -= 1
        asking = [(index, one) for index, one in enumerate(self.versions[start : self.told + 1], start) if _asks(one)]
        if not asking:
            return None
        (version, first), *_ = asking
        due = min(one.acknowledge_by for _, one in asking if one.acknowledge_by is not None)
        facts = self.versions[self.told].facts
        changed = changes(self.versions[self.answered].facts, facts) if self.answered >= 0 else ()
        return Ask(version + 1, first.at, due, facts.severity, changed)

    def _needed(self, index: int) -> bool:
        """Tell whether a message needs an answer, as things stand: its facts are not those that were answered."""
        one = self.versions[index]
        if one.ends or one.facts.role not in ASKED:
            return False
        return self.answered < 0 or bool(changes(self.versions[self.answered].facts, one.facts))

    def _answer(self, index: int, answer: Answer, at: datetime) -> None:
        if self.closed >= 0:
            if index <= self.closed or not changes(self.versions[self.closed].facts, self.versions[index].facts):
                self.strays.append((answer, Stray.AFTER_CLOSE))
                return
            self.closed, self.state = -1, State.ADDRESSED
        receipt = answer.receipt
        self.counted.append(answer)
        self.holder = receipt.to or receipt.by
        before, self.state = self.state, self._next(receipt.act, index)
        if self.state is not before:
            self.since = at
        if receipt.act == "closed":
            self.closed = index
        if receipt.act not in ANSWERS:
            return
        self.answered = max(self.answered, index)
        if self.open is not None:
            if self.open.version <= index + 1:
                self.asks.append(self.open._replace(answer=answer))
            self.open = self._asked()

    def _next(self, act: Act, index: int) -> State:
        """Return the state after an act: a word that says less takes nothing back, but for a refusal of older facts."""
        match act:
            case "accepted" if self.state is not State.EN_ROUTE:
                return State.ACCEPTED
            case "en-route":
                return State.EN_ROUTE
            case "declined":
                self.declined = index
                return State.DECLINED
            case "closed":
                return State.CLOSED
            case "acknowledged" if self.state in _BELOW or (self.state is State.DECLINED and index > self.declined):
                return State.ACKNOWLEDGED
        return State.SEEN if self.state in _BELOW else self.state


_BELOW: Final = frozenset({State.ADDRESSED, State.DELIVERED, State.SEEN})


def _asks(one: Told) -> bool:
    return one.acknowledge_by is not None and one.facts.role in ASKED and not one.ends
