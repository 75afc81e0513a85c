"""What pages are told, rendered once for all who see the same: a ring of bytes with a cursor for each page. Pure.

A page that comes back says what it had last; what has left the ring since is not made up: it is told to load anew.
"""

from __future__ import annotations

import json
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_consumers.desk.store import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cbrn_schemas.events.base import Language

EVENTS_MAX: Final = 2_000
BYTES_MAX: Final = 4 * 1024 * 1024
"""Of one ring; some 1,000 rows of 4 KiB. A body's pages in three languages, with and without buttons: 24 MiB."""
PIECE_BYTES: Final = 64 * 1024
"""As much as a socket takes at once."""


class Audience(NamedTuple):
    """Pages that show the same."""

    scope: str
    """Name of the list: a body, or all."""
    lang: Language
    answering: bool
    """Whether they have buttons."""

    @property
    def all(self) -> bool:
        """Whether they show what all bodies were told."""
        return self.scope == ALL


SHARED_MAX: Final = 8
"""Cursors whose news are kept joined until the next event: each at most as large as the ring."""


class Ring:
    """The latest events of one audience."""

    def __init__(self, epoch: str) -> None:
        """Take the `epoch`, which no earlier ring had: a cursor of another process says nothing here."""
        self._epoch = epoch
        self._events: deque[bytes] = deque()
        self._bytes = 0
        self._next = 0
        self._since: dict[int, tuple[bytes, ...]] = {}
        """What was asked for since the last change: most pages are behind by as much."""

    @property
    def cursor(self) -> str:
        """Where the ring is now."""
        return f"{self._epoch}-{self._next}"

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        """Add an event; the oldest make room."""
        self._next += 1
        event = encoded(name, data, self.cursor)
        self._events.append(event)
        self._since.clear()
        self._bytes += len(event)
        while len(self._events) > EVENTS_MAX or self._bytes > BYTES_MAX:
            self._bytes -= len(self._events.popleft())

    def clear(self) -> None:
        """Forget all: more has changed than pages could be told."""
        self._events.clear()
        self._since.clear()
        self._bytes = 0
        self._next += 1

    def since(self, cursor: str) -> tuple[tuple[bytes, ...], str] | None:
        """Return what came after a cursor, in pieces that are shared, and the new one; None: it is unknown by now."""
        epoch, _, number = cursor.rpartition("-")
        if epoch != self._epoch or not number.isascii() or not number.isdigit():
            return None
        behind = self._next - int(number)
        if not 0 <= behind <= len(self._events):
            return None
        if behind not in self._since:
            if len(self._since) >= SHARED_MAX:
                self._since.clear()
            self._since[behind] = tuple(together(islice(self._events, len(self._events) - behind, None)))
        return self._since[behind], self.cursor


def together(events: Iterable[bytes]) -> Iterator[bytes]:
    """Join events into pieces: a page that reads slowly has one of them on its way, the rest it shares."""
    piece = bytearray()
    for event in events:
        piece += event
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def encoded(name: str, data: Mapping[str, Any], cursor: str = "") -> bytes:
    """Write one event of a stream; JSON has no line breaks that would end it."""
    place = f"id: {cursor}\n" if cursor else ""
    return f"event: {name}\n{place}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
