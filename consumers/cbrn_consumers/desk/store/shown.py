"""What the desk's lists show: one row a situation and scope, what is asked for, a page of rows, the log. Pure data.

As agreed, but for these: `Store.row` and `Store.page` take the time and write `missing` as a state by it; `Entry` is a
line of the log, `Station` and `Sent` are what the Picture and the page of a situation ask for.
"""

# ruff: noqa: TC001, TC003 - msgspec reads the types of what it reads back from the database

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from cbrn_consumers.alert import RoleCode
from cbrn_consumers.standing import State
from cbrn_schemas.events.base import Language, MessageType, Severity
from cbrn_schemas.notice import Notice, NoticeOutcome

ALL: Final = "*"
"""Scope of the row that is folded over all bodies; only a desk that shows them all keeps it."""


COUNTED_MAX: Final = 1_000
"""Rows that are counted where to count all would take longer than to show them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Where one body that was told stands."""

    body: str
    role: RoleCode | None
    state: State
    since: datetime
    """When it said so; when it was told, where it has said nothing."""
    due: datetime | None
    level: int
    by: str | None

    def at(self, now: datetime) -> Party:
        """Return it as it is at a time."""
        return replace(self, state=State.MISSING) if self.due is not None and self.due < now else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One situation as one scope's list shows it. Times are aware."""

    scope: str
    situation: str
    kind: str
    publisher: str
    message_type: MessageType
    headlines: Mapping[Language, str]
    original_lang: Language
    severity: Severity
    hazards: tuple[str, ...]
    place: str
    region: str
    """Code of the region; empty where there is none."""
    role: RoleCode | None
    """None for all bodies together."""
    state: State | None
    """None for all bodies together, where none is late."""
    due: datetime | None
    """Of the answer that is asked for; None: nothing to answer. For all together of the one that is due first."""
    asked_since: datetime | None
    acknowledged_at: datetime | None
    """Of the first answer."""
    holder: str | None
    level: int
    told_at: datetime
    updated_at: datetime
    version: int
    changes: tuple[Mapping[Language, str], ...]
    """What changed since this body answered, else since the message before."""
    anew: bool
    """An answer is asked for anew."""
    ended: bool
    ended_by: str | None
    ended_at: datetime | None
    closed: bool
    """The body has closed it; for all together: everybody who was asked has."""
    restricted: bool
    exercise: bool
    facts: Mapping[Language, str]
    """«injured: 41»; no languages where nobody is hurt."""
    parties: tuple[Party, ...]
    """Everybody told, as far as this scope may know."""
    signature: str = ""
    """Of what a partner abroad has sent: what its signature was worth (`value` in the catalogue); else empty."""
    in_place_of: tuple[str, ...] = ()
    """Bodies in whose place this one is asked, for want of their answer."""
    beside: tuple[Party, ...] = ()
    """For all together: who is asked in another's place, and where they stand with that."""

    @property
    def over(self) -> bool:
        """Whether there is nothing more to do."""
        return self.ended or self.closed

    def late(self, now: datetime) -> bool:
        """Tell whether it is asked for an answer that is overdue."""
        return self.due is not None and self.due < now

    def at(self, now: datetime) -> Row:
        """Return it as it is at a time: who is late is missing."""
        state = State.MISSING if self.late(now) else self.state
        parties, beside = (tuple(party.at(now) for party in each) for each in (self.parties, self.beside))
        return replace(self, state=state, parties=parties, beside=beside)


class ListState(StrEnum):
    """Which situations a list shows."""

    OPEN = "open"
    ANSWER = "answer"
    LATE = "late"
    ENDED = "ended"
    ALL = "all"


class Filters(NamedTuple):
    """What a list is asked for."""

    state: ListState = ListState.OPEN
    text: str = ""
    region: str = ""
    hazard: str = ""


class Page(NamedTuple):
    """A part of a list, and how long all of it is."""

    rows: tuple[Row, ...]
    total: int
    """Rows that the filters leave; of a search, and of what is over, no more than one above `COUNTED_MAX`."""
    to_answer: int
    """In the whole scope, whatever is filtered, as are these two."""
    late: int
    open: int
    after: str | None
    """What to ask for the next page with; None at the end."""

    @property
    def counted(self) -> tuple[bool, int]:
        """Whether the filters leave more than were counted, and how many those are."""
        return self.total > COUNTED_MAX, min(self.total, COUNTED_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log: an answer, or something that the bus itself said."""

    at: datetime
    body: str
    situation: str
    act: str
    """Act of a receipt (`word("act", ...)`), or the kind of what the bus said (`word("kind", ...)`)."""
    by: str | None = None
    to: str | None = None
    reason: str | None = None
    text: str | None = None
    severity: Severity | None = None
    headlines: Mapping[Language, str]
    """Of what the bus said; of an answer those of its situation."""
    restricted: bool = False
    origin: tuple[str, int, int]

    @property
    def answer(self) -> bool:
        """Whether a body said it, and not the bus."""
        return self.by is not None


class Sent(NamedTuple):
    """What an officer was sent, and what came of it, in order."""

    notice: Notice
    at: datetime
    """When Kafka had it."""
    outcomes: tuple[NoticeOutcome, ...]


class Station(NamedTuple):
    """The latest number that a station has given under one name."""

    station: str
    name: str
    """As `cbrn_consumers.inbox.Reading.name`: field, quantity, and what it is of."""
    kind: str
    place: str
    severity: Severity
    value: float
    unit: str
    at: datetime
    """When it was observed."""


class Noted(NamedTuple):
    """One number over time."""

    at: datetime
    value: float
    unit: str


class Pulse(NamedTuple):
    """How well the database follows Kafka. Honest: an empty poll proves nothing."""

    last_heard: datetime | None
    """When every broker that holds something of ours had answered."""
    connected: bool
    behind: int
    """Records that are known and not yet taken."""
    ready: bool
    """Whether all that was there at the start has been taken."""
    trouble: str | None
    """What is wrong, for a person; None if nothing is."""
