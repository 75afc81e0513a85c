"""What a body has said of its watch, folded from its topic: who holds which seat, what each channel's last test gave.

It counts from when the broker had it, so that nobody can say afterwards who was on duty. Pure.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.records import record_time
from cbrn_schemas.shift import ChannelTestAsked, ChannelTested, ShiftError, ShiftHandedOver, ShiftTaken, read_shift
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.bus.record import Record
    from cbrn_schemas.officers import Channel, Officer
    from cbrn_schemas.shift import Seat, ShiftFact

HELD_MAX: Final = 1_000
"""Changes of a seat that are remembered, the newest: at three a day, most of a year."""
TESTS_MAX: Final = 10_000
IDS_MAX: Final = 20_000
ASKED_MAX: Final = 100
WARNINGS_MAX: Final = 100
TESTED_WITHIN: Final = timedelta(hours=24)
"""A test proves that the channel reaches the officer in a shift that begins so long after it, at the latest."""


class Reach(StrEnum):
    """What is known of one channel of an officer."""

    WORKS = "works"
    UNTESTED = "untested"
    STALE = "stale"
    """It worked, too long before the shift."""
    UNANSWERED = "unanswered"
    FAILED = "failed"


class Held(NamedTuple):
    """An officer on a seat, since the broker had it, and until when at the latest."""

    since: datetime
    until: datetime
    fact: ShiftTaken | ShiftHandedOver


class Tested(NamedTuple):
    """A test of a channel, and when the broker had it."""

    at: datetime
    fact: ChannelTested


class Asked(NamedTuple):
    """A test that was asked for, and when the broker had that."""

    at: datetime
    fact: ChannelTestAsked


@dataclass(slots=True)
class ShiftLog:
    """All that a body's topic says of its watch. Empty, it says nothing: then the rota alone does."""

    body: str
    realm: Realm = Realm.REAL
    warnings: list[str] = field(default_factory=list)
    """What was found in the topic that is no fact of the body, in words."""
    held: dict[Seat, deque[Held]] = field(default_factory=dict)
    tests: dict[tuple[str, str], Tested] = field(default_factory=dict)
    """The latest by post and channel."""
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=ASKED_MAX))
    """Tests that were asked for, the newest last."""
    _ids: dict[str, None] = field(default_factory=dict)

    @classmethod
    def of(cls, body: str, realm: Realm, records: Iterable[Record]) -> ShiftLog:
        """Read what these records of the body's topic say."""
        log = cls(body, realm)
        for record in records:
            log.heed(record)
        return log

    def heed(self, record: Record) -> str | None:
        """Take one record of the topic into account; return a warning where it is none and therefore ignored."""
        try:
            fact = read_shift(list(record.headers), record.value, self.realm, self.body)
        except ShiftError as error:
            warning = f"{record.topic}/{record.partition}/{record.offset} ignored: {error}"
            if len(self.warnings) < WARNINGS_MAX:
                self.warnings.append(warning)
            return warning
        self.note(fact, record_time(record.timestamp))
        return None

    def note(self, fact: ShiftFact, at: datetime) -> None:
        """Take a fact that the broker has had since `at`; one that comes again changes nothing."""
        if fact.id in self._ids:
            return
        self._ids[fact.id] = None
        if len(self._ids) > IDS_MAX:
            del self._ids[next(iter(self._ids))]
        if isinstance(fact, ChannelTestAsked):
            self.asked.append(Asked(at, fact))
        elif isinstance(fact, ChannelTested):
            self.tests.pop((fact.post, fact.channel), None)
            self.tests[fact.post, fact.channel] = Tested(at, fact)
            if len(self.tests) > TESTS_MAX:
                del self.tests[next(iter(self.tests))]
        else:
            self.held.setdefault(fact.seat, deque(maxlen=HELD_MAX)).append(Held(at, fact.until, fact))

    def holder(self, seat: Seat, at: datetime) -> Held | None:
        """Return who has taken the seat, and has not handed it over, at that time."""
        latest = next((each for each in reversed(self.held.get(seat, ())) if each.since <= at), None)
        return latest if latest is not None and at < latest.until else None

    def reach(self, officer: Officer, channel: Channel, begins: datetime) -> Reach:
        """Tell whether a channel of an officer is known to work in a shift that begins then."""
        tested = self.tests.get((officer.post, channel.name))
        if tested is None or (tested.fact.kind, tested.fact.check) != (channel.kind, channel.check):
            return Reach.UNTESTED
        if tested.fact.outcome == "failed":
            return Reach.FAILED
        if tested.fact.outcome == "sent":
            return Reach.UNANSWERED
        return Reach.WORKS if begins - tested.at <= TESTED_WITHIN else Reach.STALE
