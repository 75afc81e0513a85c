"""The inbox of one body: messages in, groups and notices out. A pure fold; the time is an argument.

What says something new is told at once: a new group, a graver severity, a stronger role, a shorter deadline, a
correction, a cancellation, everything that threatens life; and whatever comes when its group has not been told of for
`interval`. What nobody could read is a group each, until it comes in a flood, which is one. The rest waits, at most
`interval`, and is told as one notice with the count and the latest values. What a silence hides is told when the
silence ends. So every message is in exactly one notice, sooner or later; none is dropped because the matter was settled
quickly.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cbrn_consumers.inbox.delivery import CROWDS
from cbrn_consumers.inbox.group import FOLDED, Change, Group
from cbrn_consumers.inbox.notice import Line, Notice, NoticeItem, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_consumers.inbox.delivery import Coordinate, Delivery, GroupKey
    from cbrn_consumers.inbox.silences import ActiveSilence, Silences

INTERVAL: Final = timedelta(minutes=5)
"""Longest wait of a message that says nothing new: the rule book's shortest deadline; what sets one never waits."""
GROUPS_MAX: Final = 5_000
"""Groups kept: about 4 KiB each, the bytes of the first and the latest message (examples have 1.6 kB at the median, at
most 64 KiB are let in), and 16 B a message: 40 MB as a rule, and 16 MB for a million messages."""
ALONE_MAX: Final = 12
ALONE_WITHIN: Final = timedelta(hours=1)
"""More than so many in that time, of one body for one reason that nobody could read, are a flood: a person can look at
one in five minutes; a program that sends rubbish all night would bury the next alarm."""


@dataclass(slots=True)
class _Waiting:
    """Messages of one group that have not been told."""

    group: Group
    since: datetime
    records: list[Coordinate] = field(default_factory=list)
    changes: set[Change] = field(default_factory=set)

    def told(self) -> NoticeItem:
        return NoticeItem(line_of(self.group), tuple(sorted(self.changes)), tuple(self.records))


@dataclass(frozen=True, slots=True)
class HiddenBy:
    """What one silence hides now."""

    active: ActiveSilence
    lines: tuple[Line, ...]
    """Groups that the default list leaves out."""
    untold: int
    """Messages that are told when it ends."""


@dataclass(frozen=True, slots=True)
class View:
    """The inbox at a moment."""

    at: datetime
    lines: tuple[Line, ...]
    """Groups that no silence hides, that of the latest message last."""
    hidden: tuple[HiddenBy, ...]
    left_groups: int
    """Groups that had to leave for want of room."""
    left_messages: int
    warnings: tuple[str, ...]


class Inbox:
    """Groups and notices of one body. Not shared between tasks."""

    def __init__(self, silences: Silences, *, interval: timedelta = INTERVAL, groups_max: int = GROUPS_MAX) -> None:
        """Take an `interval` that bounds the wait of what is not told at once; `groups_max` bounds memory."""
        if interval < timedelta(0) or groups_max < 1:
            raise ValueError("the interval must not be negative, and there must be room for a group")
        self.silences = silences
        self.interval = interval
        self.groups_max = groups_max
        self.left_groups = 0
        self.left_messages = 0
        # Ordered by what was touched last, so that the longest untouched is found at once.
        self._groups: OrderedDict[GroupKey, Group] = OrderedDict()
        self._ended: OrderedDict[GroupKey, None] = OrderedDict()
        # Ordered by what is due first, since all wait equally long.
        self._waiting: OrderedDict[GroupKey, _Waiting] = OrderedDict()
        self._hidden: dict[str, dict[GroupKey, _Waiting]] = {}
        self._alone: dict[GroupKey, list[tuple[datetime, GroupKey]]] = {}
        """Of each crowd, the newest that stand by themselves, the oldest first."""
        self._now: datetime | None = None

    def take(self, delivery: Delivery, now: datetime) -> list[Notice]:
        """Take a message that has come in now: return the notices that are due with it, the longest due first."""
        notices = self.tick(now)
        now = self._clock(now)
        group = self._group(self._place(delivery))
        changes = group.take(delivery)
        self._touch(group)
        if changes is not None:
            notices += self._tell_or_keep(group, delivery, changes, now)
        return notices + self._make_room(now)

    def restore(self, delivery: Delivery, now: datetime) -> None:
        """Fold in a message of before the start, which counts as told by the list that the officer now sees.

        What a silence still hides is told when that ends.
        """
        group = self._group(self._place(delivery))
        changes = group.take(delivery)
        self._touch(group)
        if changes is not None:
            active = self.silences.covering(delivery, group, now)
            if active is None:
                group.mark_told(now)
            else:
                self._keep(self._hidden.setdefault(active.silence.id, {}), group, delivery, changes, now)
        self._make_room(now)

    def tick(self, now: datetime) -> list[Notice]:
        """Return the notices that have become due by now, each stamped with the moment at which it was due."""
        now = self._clock(now)
        notices = self._ended_silences(now)
        while self._waiting:
            key, waiting = next(iter(self._waiting.items()))
            due = waiting.since + self.interval
            if due > now:
                break
            del self._waiting[key]
            notices.append(_notice(waiting, due))
        return sorted(notices, key=lambda notice: notice.at)

    def flush(self, now: datetime) -> list[Notice]:
        """Tell everything that waits, now; what silences hide stays hidden."""
        notices = self.tick(now)
        now = self._clock(now)
        while self._waiting:
            _, waiting = self._waiting.popitem(last=False)
            notices.append(_notice(waiting, now))
        return notices

    @property
    def next_due(self) -> datetime | None:
        """When `tick` next has something to say, if nothing comes in before."""
        due = [self.silences.standing[name].until for name in self._hidden]
        if self._waiting:
            due.append(next(iter(self._waiting.values())).since + self.interval)
        return min(due, default=None)

    def groups(self) -> Iterator[Group]:
        """Return all groups, the longest untouched first."""
        return iter(self._groups.values())

    def view(self, now: datetime) -> View:
        """Show the inbox as it stands now, with what silences hide apart."""
        shown: list[Line] = []
        hidden: dict[str, list[Line]] = {}
        for group in sorted(self._groups.values(), key=_latest_last):
            active = self.silences.hiding(group, now)
            (shown if active is None else hidden.setdefault(active.silence.id, [])).append(line_of(group))
        return View(
            now,
            tuple(shown),
            tuple(
                HiddenBy(active, tuple(hidden.get(active.silence.id, ())), self._untold(active.silence.id))
                for active in self.silences.live(now)
                if active.in_force(now)
            ),
            self.left_groups,
            self.left_messages,
            tuple(self.silences.warnings),
        )

    def _clock(self, now: datetime) -> datetime:
        """Keep time from running backwards, whatever the machine's clock does: what waits would wait for ever."""
        self._now = now if self._now is None else max(self._now, now)
        return self._now

    def _place(self, delivery: Delivery) -> GroupKey:
        """Find the group into which a message goes: of a crowd the newest stand by themselves, but for a flood."""
        crowd = delivery.crowd
        if crowd is None or delivery.key in self._groups:
            return delivery.key
        if (held := self._groups.get(crowd)) is not None and held.knows(delivery):
            return crowd
        alone = self._alone.setdefault(crowd, [])
        if len(alone) == ALONE_MAX:
            oldest, key = alone[0]
            if delivery.routed - oldest < ALONE_WITHIN:
                return crowd
            del alone[0]
            if (group := self._groups.pop(key, None)) is not None:  # it may have left for want of room
                self._group(crowd).absorb(group)
        insort(alone, (delivery.routed, delivery.key))
        return delivery.key

    def _group(self, key: GroupKey) -> Group:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(key)
        return group

    def _touch(self, group: Group) -> None:
        self._groups.move_to_end(group.key)
        self._ended.pop(group.key, None)
        if group.ended:
            self._ended[group.key] = None

    def _tell_or_keep(
        self, group: Group, delivery: Delivery, changes: frozenset[Change], now: datetime
    ) -> list[Notice]:
        active = self.silences.covering(delivery, group, now)
        if active is not None:
            self._keep(self._hidden.setdefault(active.silence.id, {}), group, delivery, changes, now)
            return []
        self._keep(self._waiting, group, delivery, changes, now)
        may_wait = changes <= FOLDED or group.key.sort in CROWDS  # of which a second one is of a flood
        if may_wait and group.told is not None and now < group.told.at + self.interval:
            return []
        return [_notice(self._waiting.pop(group.key), now)]

    @staticmethod
    def _keep(
        where: dict[GroupKey, _Waiting],
        group: Group,
        delivery: Delivery,
        changes: frozenset[Change],
        now: datetime,
    ) -> None:
        waiting = where.get(group.key)
        if waiting is None:
            waiting = where[group.key] = _Waiting(group, now)
        waiting.group = group  # another one where the first had to leave for want of room
        waiting.records.append(delivery.coordinate)
        waiting.changes |= changes

    def _ended_silences(self, now: datetime) -> list[Notice]:
        """Sum up each silence that has ended: everything that it hid."""
        notices = []
        for name in [name for name in self._hidden if self.silences.standing[name].until <= now]:
            batches, active = self._hidden.pop(name), self.silences.standing[name]
            since = min(batch.since for batch in batches.values())
            notices.append(Notice(active.until, since, tuple(batch.told() for batch in batches.values()), active))
            for batch in batches.values():
                batch.group.mark_told(active.until)
        return notices

    def _untold(self, silence: str) -> int:
        return sum(len(batch.records) for batch in self._hidden.get(silence, {}).values())

    def _make_room(self, now: datetime) -> list[Notice]:
        """Let groups go that have no room: those that ended longest ago, then the longest untouched.

        What waits is told first; what a silence hides is kept with the silence.
        """
        notices = []
        while len(self._groups) > self.groups_max:
            key = next(iter(self._ended)) if self._ended else next(iter(self._groups))
            group = self._groups.pop(key)
            self._ended.pop(key, None)
            self.left_groups += 1
            self.left_messages += group.count
            waiting = self._waiting.pop(key, None)
            if waiting is not None:
                notices.append(_notice(waiting, now))
        return notices


def _notice(waiting: _Waiting, at: datetime) -> Notice:
    notice = Notice(at, waiting.since, (waiting.told(),))
    waiting.group.mark_told(at)
    return notice


def _latest_last(group: Group) -> tuple[datetime, str, str, str]:
    """Order by time and name, not as partitions happened to be read: a restart must show the same."""
    assert group.latest is not None
    return (group.latest.routed, *group.key)
