"""A history in a file: JSON lines, each a decision record or a structured CloudEvent, in any order.

A decision and its event belong together by `source` and `id`. What `cbrn rules replay --save` writes is one event and
one decision a line, the event first; other programs may leave out either. Pure: lines in, lines out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from cbrn_routing.compare.past import Past, PastReader
from cbrn_routing.decision_record import DecisionRecordError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


WAITING_MAX: Final = 200_000
"""Events, and decisions, that wait for their other half: 1 kB each, 400 MB at the most. Beyond it the oldest are
decided as they are: an archive whose halves lie farther apart is read less well, never without end."""


class Judge(Protocol):
    """Whoever takes decisions and events, as `Replay` and `Load` do."""

    def take(self, past: Past, data: bytes | None, where: str | None = None) -> None:
        """Take a decision, with the event's bytes where they are still there."""

    def take_event(self, identifier: str, data: bytes, where: str) -> None:
        """Take an event without a decision."""

    def unreadable(self, where: str, message: str) -> None:
        """Note a line that is neither."""


class _Line(msgspec.Struct):
    """The members by which lines are told apart."""

    id: str
    source: str
    specversion: str | None = None
    time: str | None = None
    data: msgspec.Raw = msgspec.Raw()
    facets: msgspec.Raw = msgspec.Raw()


_line: Final = msgspec.json.Decoder(_Line)
_Name = tuple[str, str]


class ArchiveReplay:
    """The reader that feeds the lines of an archive to who judges them.

    What waits for its other half is kept: in a saved archive that is one event.
    """

    def __init__(self, replay: Judge, since: datetime | None = None, until: datetime | None = None) -> None:
        """Take what was decided from `since` on and before `until` (aware)."""
        self._replay = replay
        self._since, self._until = since, until
        self._reader = PastReader()
        self._decisions: dict[_Name, tuple[Past, str]] = {}
        self._events: dict[_Name, tuple[bytes, str]] = {}
        self._outside: set[_Name] = set()

    def take(self, lines: Iterable[bytes], name: str) -> None:
        """Take all lines of a file called `name`; call `finish` when there are no more."""
        for number, line in enumerate(lines, start=1):
            if not line.isspace():
                self.line(line, f"{name}:{number}")

    def line(self, line: bytes, where: str) -> None:
        """Take one line; `where` is what a complaint says."""
        try:
            members = _line.decode(line)
            if bytes(members.facets):
                self._decision(self._reader.read(line), where)
            elif bytes(members.data):
                self._event((members.source, members.id), bytes(members.data), where)
            else:
                self._replay.unreadable(where, "neither a decision record nor a structured event")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, DecisionRecordError) as error:
            self._replay.unreadable(where, str(error))

    def finish(self) -> None:
        """Decide what lacks its other half, as no more lines come."""
        for past, where in self._decisions.values():
            self._replay.take(past, None, where)
        for (_, identifier), (data, where) in self._events.items():
            self._replay.take_event(identifier, data, where)
        self._decisions.clear()
        self._events.clear()

    def _decision(self, past: Past, where: str) -> None:
        name = past.source, past.id
        event = self._events.pop(name, None)
        if not within(past.decided, self._since, self._until):
            if event is None:
                self._outside.add(name)
        elif event is not None:
            self._replay.take(past, *event)
        elif name in self._decisions:
            self._replay.take(past, None, where)
        else:
            self._decisions[name] = past, where
            if len(self._decisions) > WAITING_MAX:
                oldest, place = self._decisions.pop(next(iter(self._decisions)))
                self._replay.take(oldest, None, place)

    def _event(self, name: _Name, data: bytes, where: str) -> None:
        waiting = self._decisions.pop(name, None)
        if waiting is not None:
            self._replay.take(waiting[0], data, where)
        elif name in self._outside:
            self._outside.discard(name)
        else:
            self._events[name] = data, where
            if len(self._events) > WAITING_MAX:
                (_, identifier), (oldest, place) = next(iter(self._events.items()))
                del self._events[next(iter(self._events))]
                self._replay.take_event(identifier, oldest, place)


def within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Tell whether a moment lies in a span whose end is not part of it."""
    return (since is None or since <= moment) and (until is None or moment < until)


def event_line(source: str, identifier: str, kind: str, data: bytes) -> bytes:
    """Write the line of an event, its data's bytes as they are (without line breaks, which JSON does not need).

    `kind` is the CloudEvents type.
    """
    head = msgspec.json.encode({"specversion": "1.0", "id": identifier, "source": source, "type": kind})
    return head[:-1] + b',"datacontenttype":"application/json","data":' + _one_line(data) + b"}\n"


def decision_line(record: bytes) -> bytes:
    """Write the line of a decision record, whoever wrote the record and however it was laid out."""
    return _one_line(record) + b"\n"


def _one_line(content: bytes) -> bytes:
    return content.replace(b"\r", b" ").replace(b"\n", b" ")
