"""What a shard of the watch remembers: situations, who was told and has answered, what was passed on and last said.

One record a situation in a compacted topic, written when it has changed. It is bounded: of situations in which nothing
is waited for the longest untouched is forgotten first, then of the others, which is told.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from cbrn_consumers.watch.escalation import Chain
from cbrn_consumers.watch.rows import AnswerRow, Moment, ToldRow, share, word_of
from cbrn_routing.shards import StateRecord, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

SITUATIONS_MAX: Final = 20_000
"""Remembered a shard, with some three bodies that must answer and 700 B a message each: some 100 MB."""
STRANGERS_MAX: Final = 16
"""Bodies of whose answers is known while nothing is known to have been told them: an alert may be read later."""
OFFSETS_KEY: Final = b"\0offsets"
"""No situation is called so."""
SILENT_KEY: Final = b"\0silent"
CLOCK: Final = "clock/"
"""Clocks that are off are heard of with alerts; an alarm a day."""
AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)


class Party(msgspec.Struct, gc=False):
    """A body that was told. Of one that is only informed no answer is waited for; it may give one."""

    told: Annotated[list[ToldRow], msgspec.Meta(min_length=1)] = []
    answers: list[AnswerRow] = []
    chain: Chain | None = None
    next: Moment | None = None
    """When something is to be done about it."""


class Situation(msgspec.Struct):
    """What is known of a situation."""

    told: dict[str, str] = {}
    """Everybody who was told of it, and the latest role."""
    restricted: bool = False
    parties: dict[str, Party] = {}
    """Of a state that an older watch wrote, those alone who had to answer."""
    strangers: dict[str, list[AnswerRow]] = {}
    """Answers of bodies that are no parties: asked in another's place, or told by what is not read yet."""
    said: int = 0
    """By what the last that everybody told was told of the others is known again; 0: nothing was."""

    def due(self) -> datetime | None:
        """Return when something is to be done about any of its parties."""
        return min((each.next for each in self.parties.values() if each.next is not None), default=None)


class _Offsets(msgspec.Struct):
    offsets: dict[str, int]


_situation: Final = msgspec.json.Decoder(Situation)
_silent: Final = msgspec.json.Decoder(dict[str, Moment])
_offsets: Final = msgspec.json.Decoder(_Offsets)


class WatchState:
    """The memory of one shard. Not shared between tasks."""

    def __init__(self, policies: Callable[[], object], quiet: Callable[[], Collection[str] | None] = tuple) -> None:
        """Take what returns the policies in force: where they are others than before, every deadline is looked at.

        And what returns the parts of the bus that are silent, by name: where they are others, the watch is called.
        """
        self.silent: dict[str, datetime] = {}
        """Parts of the bus of which an alarm went out, and when: `<part>/<name>`."""
        self._quiet = quiet
        self._silent_changed = False
        self.offsets: dict[str, int] = {}
        self.forgotten = 0
        self._policies = policies
        self._seen: object = None
        self._stale: list[str] = []
        self._waiting: OrderedDict[str, Situation] = OrderedDict()
        self._settled: OrderedDict[str, Situation] = OrderedDict()
        self._heap: list[tuple[datetime, str]] = []
        self._due: dict[str, datetime] = {}
        self._changed: dict[str, None] = {}
        self._unsaid: dict[str, None] = {}
        """Situations of which something may have to be said to those told. After a restart all are looked at anew."""
        self._left_unsaid = False
        """Whether a transaction had no room for all of them. Else none is due: it would hold back a deadline."""

    @property
    def due(self) -> datetime | None:
        """When the watch wants to be called."""
        quiet = self._quiet()
        if quiet is not None and {*quiet} != {name for name in self.silent if not name.startswith(CLOCK)}:
            return AT_ONCE
        if self._left_unsaid:
            return AT_ONCE
        if self._policies() is not self._seen or self._stale:
            return AT_ONCE if self._waiting or self._settled else None
        self._drop_old()
        return self._heap[0][0] if self._heap else None

    def situation(self, name: str) -> Situation | None:
        """Find a situation."""
        return self._waiting.get(name) or self._settled.get(name)

    def __iter__(self) -> Iterator[tuple[str, Situation]]:
        yield from (*self._waiting.items(), *self._settled.items())

    def keep(self, name: str, situation: Situation) -> list[tuple[str, Situation]]:
        """Remember a situation as it stands now; return those in which something was waited for, and are forgotten."""
        self._waiting.pop(name, None)
        self._settled.pop(name, None)
        due = situation.due()
        (self._settled if due is None else self._waiting)[name] = situation
        self._changed[name] = self._unsaid[name] = None
        if due is None:
            self._due.pop(name, None)
        elif self._due.get(name) != due:
            self._due[name] = due
            heappush(self._heap, (due, name))
            if len(self._heap) > 2 * len(self._due) + SITUATIONS_MAX:
                self._rebuild()
        return self._forget()

    def overdue(self, now: datetime, at_most: int) -> list[str]:
        """Return the situations in which something is due by now, the earliest first."""
        found: list[str] = []
        while len(found) < at_most:
            self._drop_old()
            if not self._heap or self._heap[0][0] > now:
                break
            _, name = heappop(self._heap)
            del self._due[name]
            found.append(name)
        return found

    def stale(self, at_most: int) -> list[str]:
        """Return situations whose deadlines are to be looked at again, since the policies are others."""
        if self._policies() is not self._seen:
            self._seen = self._policies()
            self._stale = [*self._settled, *self._waiting]
        found, self._stale = self._stale[-at_most:], self._stale[:-at_most]
        return found

    def unsaid(self, at_most: int) -> list[tuple[str, Situation]]:
        """Return the situations that were touched, the first that was first, each once; forgotten ones are left out."""
        names = [*islice(self._unsaid, at_most)]
        for name in names:
            del self._unsaid[name]
        self._left_unsaid = bool(self._unsaid)
        return [(name, found) for name in names if (found := self.situation(name)) is not None]

    def note_said(self, name: str, situation: Situation, said: int) -> None:
        """Remember what those told were told last."""
        situation.said = said
        self._changed[name] = None

    def note_silent(self, name: str, at: datetime | None) -> None:
        """Remember that an alarm about a part of the bus went out; None: that it is heard again."""
        self._silent_changed = True
        if at is None:
            self.silent.pop(name, None)
        else:
            self.silent[name] = at

    def _forget(self) -> list[tuple[str, Situation]]:
        lost: list[tuple[str, Situation]] = []
        while len(self._waiting) + len(self._settled) > SITUATIONS_MAX:
            if self._settled:
                name, _ = self._settled.popitem(last=False)
            else:
                name, situation = self._waiting.popitem(last=False)
                lost.append((name, situation))
            self._due.pop(name, None)
            self._changed[name] = None
            self.forgotten += 1
        return lost

    def _drop_old(self) -> None:
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)

    def _rebuild(self) -> None:
        self._heap = [(due, name) for name, due in self._due.items()]
        heapify(self._heap)

    def held(self) -> dict[str, int]:
        """Count what is remembered."""
        return {"waiting": len(self._waiting), "settled": len(self._settled)}

    def record(self) -> list[StateRecord]:
        """Return the records to write with this transaction: offsets, and what has changed."""
        records: list[StateRecord] = [(OFFSETS_KEY, msgspec.json.encode(_Offsets(self.offsets)))]
        if self._silent_changed:
            records.append((SILENT_KEY, msgspec.json.encode(self.silent)))
            self._silent_changed = False
        for name in self._changed:
            situation = self.situation(name)
            records.append((name.encode(), None if situation is None else msgspec.json.encode(situation)))
        self._changed = {}
        return records

    def restore(self, records: list[StateRecord]) -> list[Unread]:
        """Rebuild from the records of the state partition; of each key the last counts."""
        latest: dict[bytes, tuple[int, bytes | None]] = {}
        for position, (key, value) in enumerate(records):
            latest.pop(key, None)  # in the order of the last: what was touched last is forgotten last
            latest[key] = position, value
        unread: list[Unread] = []
        for key, (position, value) in latest.items():
            if value is None:
                continue
            try:
                if key == OFFSETS_KEY:
                    self.offsets = _offsets.decode(value).offsets
                elif key == SILENT_KEY:
                    self.silent = _silent.decode(value)
                else:
                    self._take(key.decode(), _situation.decode(value))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                unread.append(Unread(position, key, f"not what the watch writes: {error}"))
        self._rebuild()
        return unread

    def _take(self, name: str, situation: Situation) -> None:
        rows = [row for party in situation.parties.values() for row in party.told]
        for row in rows:
            share(row, rows)
        situation.told = {word_of(body): word_of(role) for body, role in situation.told.items()}
        situation.parties = {word_of(body): party for body, party in situation.parties.items()}
        due = situation.due()
        (self._settled if due is None else self._waiting)[name] = situation
        if due is not None:
            self._due[name] = due
