"""One group: everything that a body was told about one situation, or by one station, folded into one line.

A group forgets no record: it keeps the coordinates of each. It is changed by `take` alone; no clock, no Kafka.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.inbox.delivery import CROWDS, Coordinate, Delivery, GroupType
from cbrn_consumers.inbox.readings import SERIES_MAX, Noted, Series
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cbrn_consumers.alert import RoleCode
    from cbrn_consumers.inbox.delivery import GroupKey
    from cbrn_consumers.inbox.protection import Protection
    from cbrn_schemas.events import Severity
    from cbrn_schemas.silence import Subject

SUBJECTS_MAX: Final = 64
"""Different subjects and facts kept a group, 0.3 KiB each; with more, no silence covers it and each new one is told."""
ROLES: Final = {None: 0, "inform": 1, "support": 2, "lead": 3}


class Change(StrEnum):
    """What a message changes in its group."""

    NEW = "new"
    SEVERITY = "severity"
    """Graver than what was last told."""
    LIMIT = "limit"
    """A limit is exceeded that was not when it was last told."""
    ROLE = "role"
    DEADLINE = "deadline"
    """An answer is wanted, or wanted sooner."""
    ESCALATION = "escalation"
    CORRECTION = "correction"
    """Kind, hazard, place or intent are others than was said, or an update lowers the severity."""
    CANCELLATION = "cancellation"
    SETTLED = "settled"
    """The bus says that nothing more is to be done: no all-clear of the danger itself."""
    REOPENED = "reopened"
    GRAVE = "grave"
    """Severe or life-threatening, and not a mere repetition of what was told."""
    UPDATE = "update"
    READING = "reading"


FOLDED: Final = frozenset({Change.UPDATE, Change.READING})
"""What may wait; everything else is told at once."""


@dataclass(slots=True)
class Offsets:
    """Offsets of one partition, ascending, 8 bytes each."""

    held: array[int] = field(default_factory=lambda: array("q"))

    def add(self, offset: int) -> bool:
        """Note an offset; False where it is known."""
        if not self.held or offset > self.held[-1]:
            self.held.append(offset)
            return True
        place = bisect_left(self.held, offset)
        if self.held[place] == offset:
            return False
        self.held.insert(place, offset)
        return True

    def has(self, offset: int) -> bool:
        """Tell whether it is known."""
        place = bisect_left(self.held, offset)
        return place < len(self.held) and self.held[place] == offset


@dataclass(slots=True)
class LastNotified:
    """What the officer knew when the group was last told."""

    at: datetime
    severity: int
    rank: int
    urgent: bool
    kinds: frozenset[str]
    worst: dict[str, float]


@dataclass(slots=True)
class Group:
    """The fold of one group's messages."""

    key: GroupKey
    count: int = 0
    """Messages; one that came again counts once."""
    repeated: int = 0
    first: Delivery | None = None
    latest: Delivery | None = None
    role: RoleCode | None = None
    """The strongest."""
    rules: tuple[str, ...] = ()
    acknowledge_by: datetime | None = None
    """The earliest that is open; none once the situation is cancelled."""
    level: int = 0
    highest: Severity = "Unknown"
    ended: bool = False
    changed: frozenset[Change] = frozenset()
    """What the latest message changed."""
    protection: frozenset[Protection] = frozenset()
    warnings: tuple[str, ...] = ()
    restricted: bool = False
    publishers: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    limits: frozenset[str] = frozenset()
    """Every limit that a reading has reached."""
    series: dict[str, Series] = field(default_factory=dict)
    subjects: set[Subject] = field(default_factory=set)
    told: LastNotified | None = None
    _facts: set[tuple[Any, ...]] = field(default_factory=set)
    _coordinates: dict[tuple[str, int], Offsets] = field(default_factory=dict)
    _identities: Offsets = field(default_factory=Offsets)

    def take(self, delivery: Delivery) -> frozenset[Change] | None:
        """Fold a message in: what it changes, or None where it was here before, under this offset or another."""
        coordinate = delivery.coordinate
        offsets = self._coordinates.setdefault(coordinate[:2], Offsets())
        if not offsets.add(coordinate.offset):
            return None
        if not self._identities.add(delivery.identity):
            self.repeated += 1
            return None
        changes = frozenset(self._changes(delivery))
        self._fold(delivery, changes)
        return changes

    def coordinates(self) -> Iterator[Coordinate]:
        """Yield where each message stands, those that came again included."""
        for (topic, partition), offsets in self._coordinates.items():
            for offset in offsets.held:
                yield Coordinate(topic, partition, offset)

    def holds(self, coordinate: Coordinate) -> bool:
        """Tell whether the record is one of the group's."""
        offsets = self._coordinates.get(coordinate[:2])
        return offsets is not None and offsets.has(coordinate.offset)

    def knows(self, delivery: Delivery) -> bool:
        """Tell whether the message was here before, under whatever offset."""
        return self._identities.has(delivery.identity)

    def absorb(self, other: Group) -> None:
        """Fold in a group of one message; its officer has been told of it."""
        assert other.first is not None
        for coordinate in other.coordinates():
            self._coordinates.setdefault(coordinate[:2], Offsets()).add(coordinate.offset)
        self._identities.add(other.first.identity)
        self._fold(other.first, other.changed)
        self.repeated += other.repeated
        self.told = self.told or other.told

    @property
    def crowded(self) -> bool:
        """Whether there are more different messages than are remembered."""
        return len(self.subjects) > SUBJECTS_MAX

    def mark_told(self, at: datetime) -> None:
        """Note that at this moment the officer learns of the group as it is now."""
        assert self.latest is not None
        self.told = LastNotified(
            at,
            SEVERITY_ORDER[self.latest.severity],
            self.latest.rank,
            self.latest.urgent,
            self.kinds,
            {name: series.worst for name, series in self.series.items()},
        )

    def _changes(self, delivery: Delivery) -> Iterator[Change]:
        if self.latest is None:
            yield Change.NEW
        else:
            yield from self._order(delivery)
            yield from self._facts_changed(delivery, self.latest)
        yield from self._danger(delivery)
        yield Change.READING if self.key.sort is GroupType.STATION else Change.UPDATE

    def _order(self, delivery: Delivery) -> Iterator[Change]:
        """Yield what is asked of the body anew."""
        if ROLES[delivery.role] > ROLES[self.role]:
            yield Change.ROLE
        due = delivery.acknowledge_by
        if due is not None and not delivery.ends and (self.acknowledge_by is None or due < self.acknowledge_by):
            yield Change.DEADLINE
        if delivery.level > self.level:
            yield Change.ESCALATION

    def _facts_changed(self, delivery: Delivery, latest: Delivery) -> Iterator[Change]:
        if delivery.ends != self.ended:
            over = Change.SETTLED if self.key.sort is GroupType.HELD else Change.CANCELLATION
            yield over if delivery.ends else Change.REOPENED
        if self.key.sort is GroupType.STATION or delivery.ends:
            return
        lowered = SEVERITY_ORDER[delivery.severity] < SEVERITY_ORDER[latest.severity]
        if delivery.facts not in self._facts or (lowered and delivery.message_type == "Update"):
            yield Change.CORRECTION

    def _danger(self, delivery: Delivery) -> Iterator[Change]:
        told = self.told
        if told is None:
            if delivery.urgent:
                yield Change.GRAVE
            return
        if SEVERITY_ORDER[delivery.severity] > told.severity:
            yield Change.SEVERITY
        if delivery.rank > told.rank:
            yield Change.LIMIT
        if delivery.urgent and self._is_news(delivery, told):
            yield Change.GRAVE

    def _is_news(self, delivery: Delivery, told: LastNotified) -> bool:
        """Tell whether a grave message says more than was told.

        Of a situation each one does, and each that nobody could read. A station that repeats itself does not: such a
        flood would bury the next alarm.
        """
        if (
            self.key.sort is GroupType.SITUATION
            or self.key.sort in CROWDS
            or not told.urgent
            or delivery.kind not in told.kinds
        ):
            return True
        return any(
            (-reading.base if reading.falling else reading.base) > told.worst.get(reading.name, float("-inf"))
            for reading in delivery.readings
        )

    def _fold(self, delivery: Delivery, changes: frozenset[Change]) -> None:
        self.count += 1
        if self.first is None or _stands_before(delivery, self.first):
            self.first = delivery
        if self.latest is None or not _stands_before(delivery, self.latest):
            self.latest, self.changed, self.ended = delivery, changes, delivery.ends
        if ROLES[delivery.role] > ROLES[self.role]:
            self.role = delivery.role
        self._fold_deadline(delivery)
        self.level = max(self.level, delivery.level)
        self.highest = max(self.highest, delivery.severity, key=SEVERITY_ORDER.__getitem__)
        self.protection |= delivery.protection
        self.restricted |= delivery.restricted
        self.rules = _joined(self.rules, delivery.rules)
        self.warnings = _joined(self.warnings, delivery.warnings)
        self.publishers = _joined(self.publishers, (delivery.publisher,))
        self.kinds |= {delivery.kind}
        self.limits |= delivery.limits
        if len(self.subjects) <= SUBJECTS_MAX:
            self.subjects.add(delivery.subject)
        if len(self._facts) <= SUBJECTS_MAX:
            self._facts.add(delivery.facts)
        self._fold_readings(delivery)

    def _fold_deadline(self, delivery: Delivery) -> None:
        if delivery.ends:
            self.acknowledge_by = None
        elif self.key.in_place_of is not None and self.latest is not None:
            self.acknowledge_by = self.latest.acknowledge_by  # each alarm of the watch says anew by when
        elif delivery.acknowledge_by is not None:
            self.acknowledge_by = min(self.acknowledge_by or delivery.acknowledge_by, delivery.acknowledge_by)

    def _fold_readings(self, delivery: Delivery) -> None:
        for reading in delivery.readings:
            noted = Noted(reading, delivery.observed)
            series = self.series.get(reading.name)
            if series is not None:
                series.note(noted)
            elif len(self.series) < SERIES_MAX:
                self.series[reading.name] = Series.of(noted)


CODES_MAX: Final = 20
"""Rules, warnings or publishers named a group."""


def _stands_before(one: Delivery, other: Delivery) -> bool:
    """Compare by offset within a partition; by time between two, where a group has several (alarms of the bus do)."""
    if one.coordinate[:2] == other.coordinate[:2]:
        return one.coordinate.offset < other.coordinate.offset
    return (one.routed, one.coordinate) < (other.routed, other.coordinate)


def _joined(held: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """Join both, in the order first seen."""
    if set(more) <= set(held):
        return held
    return tuple(dict.fromkeys((*held, *more)))[:CODES_MAX]
