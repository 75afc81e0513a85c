"""What a shard remembers: ids seen, situations and whom they reached, how far each input was read.

It is bounded, and kept as a log of segments in a compacted topic, one record a transaction.

A segment holds what was learnt in one transaction (in quiet times in several: the open segment is rewritten until it is
full). When the ids exceed their bound the oldest segment is dropped by a tombstone; situations that only it still held
are carried into the newest. Pure data: reading and writing the topic is the shard's business.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from hashlib import blake2b, sha256
from typing import Final

import msgspec

from cbrn_routing.router.refusals import Refusals
from cbrn_routing.shards import StateRecord, Unread

IDS_MAX: Final = 50_000
"""Ids remembered a shard: about 190 B each, 9 MB. A resent event is counted once within the last 50,000 events."""
SITUATIONS_MAX: Final = 20_000
"""Situations remembered a shard: about 400 B each, 8 MB; the longest untouched is forgotten first."""
SEGMENT_IDS: Final = 256
"""Ids, and situations, that a segment holds at most: 8 KiB of ids written again with each quiet transaction, and some
1,300 B a situation that reached every body, 340 kB: a third of what the broker takes in one record."""
SEGMENTS_MAX: Final = 1_000
"""Segments kept: a restart closes one that is not full, so there may be more than the ids' bound alone implies."""
ID_BYTES: Final = 16
CONTENT_BYTES: Final = 8
ROW_BYTES: Final = ID_BYTES + CONTENT_BYTES
OFFSET_MAX: Final = 2**63 - 1
"""Of a Kafka partition."""


class Situation(msgspec.Struct, array_like=True):
    """Whom a situation has reached, in which role each, whether it was cancelled, and which duties it has raised."""

    recipients: dict[str, int]
    cancelled: bool
    duties: tuple[str, ...] = ()
    """Ids of the rules of duties, sorted."""
    sealed: tuple[str, ...] = ()
    """Those who were told while it was for named bodies alone, sorted: they hear the rest of it, others don't."""


class Segment(msgspec.Struct, omit_defaults=True):
    """One record of the state topic."""

    number: int
    ids: bytes
    """Rows of `ROW_BYTES`: digest of source and id (16), digest of the content (8)."""
    situations: dict[str, Situation]
    offsets: dict[str, int]
    """Next offset to read: by topic for the shard's own partition of it, by `offset_name` for any other."""
    carried: dict[str, int] = {}
    """Situations that have only been carried here, and the rank (`rank`) at which each was touched; the others were
    touched here, in their order. So a restored shard forgets those that were longest untouched, and not others."""


_segment: Final = msgspec.json.Decoder(Segment)


def id_digest(source: str, identifier: str) -> bytes:
    """Return what stands for (source, id): 128 bits, so that two ids of one shard never meet by chance."""
    return blake2b(f"{source}\0{identifier}".encode(), digest_size=ID_BYTES).digest()


def content_digest(data: bytes) -> bytes:
    """Return what stands for an event's bytes, to tell a resent event from an id used twice."""
    return sha256(data).digest()[:CONTENT_BYTES]


def rank(number: int, position: int) -> int:
    """Order situations by their latest touch: by segment, and by their position among those of it."""
    return number * SEGMENT_IDS + position


def segment_key(number: int) -> bytes:
    """Return the key of a segment's record: the shard is the partition."""
    return b"segment/%d" % number


class ShardState:
    """The memory of one shard. Not shared between tasks."""

    due: Final = None
    """A router acts on what comes, never on the time."""

    def __init__(self) -> None:
        self.ids: dict[bytes, bytes] = {}
        # Ordered, so that the longest untouched is found at once: a plain dictionary looks past all that were dropped.
        self.situations: OrderedDict[str, Situation] = OrderedDict()
        self.offsets: dict[str, int] = {}
        self.refusals = Refusals()
        self.forgotten = 0
        """Situations dropped for want of room since start."""
        self._closed: deque[tuple[int, list[bytes], list[str]]] = deque()
        self._holders: dict[str, int] = {}
        self._carried: dict[str, int] = {}
        self._number = 0
        self._open_ids: list[bytes] = []
        self._open_rows = bytearray()  # of these ids: a segment is written again and again until it is full
        self._open_situations: dict[str, Situation] = {}

    def see(self, identifier: bytes, content: bytes) -> None:
        """Remember an event as counted."""
        self.ids[identifier] = content
        self._open_ids.append(identifier)
        self._open_rows += identifier + content

    def keep(self, name: str, situation: Situation) -> None:
        """Remember a situation as it stands now; the latest touched is forgotten last."""
        self.situations[name] = situation
        self.situations.move_to_end(name)
        self._open_situations.pop(name, None)
        self._open_situations[name] = situation
        self._holders[name] = self._number
        if self._carried:
            self._carried.pop(name, None)

    def held(self) -> dict[str, int]:
        """Count what is remembered."""
        return {"ids": len(self.ids), "situations": len(self.situations)}

    def record(self) -> list[StateRecord]:
        """Return key and value of the records to write with this transaction.

        They are the open segment (after a large batch others before it), and tombstones of segments that have become
        too old.
        """
        tombstones = self._forget()
        records: list[StateRecord] = []
        while max(len(self._open_ids), len(self._open_situations)) > SEGMENT_IDS:
            records.append(self._full_segment())
        records.append(self._written())
        if max(len(self._open_ids), len(self._open_situations)) == SEGMENT_IDS:
            self._close()
        return records + tombstones

    def _full_segment(self) -> tuple[bytes, bytes]:
        """Write the open segment before it holds beyond its measure: a record has its limit at the broker."""
        ids, rows, named = self._open_ids, self._open_rows, list(self._open_situations.items())
        bound = SEGMENT_IDS * ROW_BYTES
        self._open_ids, self._open_rows = ids[:SEGMENT_IDS], rows[:bound]
        self._open_situations = dict(named[:SEGMENT_IDS])
        record = self._written()
        self._close()
        self._open_ids, self._open_rows = ids[SEGMENT_IDS:], rows[bound:]
        self._open_situations = dict(named[SEGMENT_IDS:])
        self._holders.update(dict.fromkeys(self._open_situations, self._number))
        return record

    def _written(self) -> tuple[bytes, bytes]:
        situations = self._open_situations
        carried = self._carried and {name: self._carried[name] for name in situations if name in self._carried}
        segment = Segment(self._number, bytes(self._open_rows), situations, self.offsets, carried)
        return segment_key(self._number), msgspec.json.encode(segment)

    def _close(self) -> None:
        self._closed.append((self._number, self._open_ids, list(self._open_situations)))
        self._number += 1
        self._open_ids = []
        self._open_rows = bytearray()
        self._open_situations = {}

    def _forget_situations(self) -> None:
        while len(self.situations) > SITUATIONS_MAX:
            oldest, _ = self.situations.popitem(last=False)
            self._holders.pop(oldest, None)
            self._carried.pop(oldest, None)
            self._open_situations.pop(oldest, None)
            self.forgotten += 1

    def _forget(self) -> list[StateRecord]:
        self._forget_situations()
        tombstones: list[StateRecord] = []
        while self._closed and (len(self.ids) > IDS_MAX or len(self._closed) > SEGMENTS_MAX):
            number, identifiers, names = self._closed.popleft()
            for identifier in identifiers:
                self.ids.pop(identifier, None)
            self._carry(number, names)
            tombstones.append((segment_key(number), None))
        return tombstones

    def _carry(self, number: int, names: list[str]) -> None:
        """Write situations that only segment `number` still holds into the open one."""
        for position, name in enumerate(names):
            if self._holders.get(name) == number:
                self._open_situations[name] = self.situations[name]
                self._holders[name] = self._number
                self._carried.setdefault(name, rank(number, position))

    def restore(self, records: list[StateRecord]) -> list[Unread]:
        """Rebuild from the records of the state partition, in the order of their offsets; return what is no segment.

        Of a key whose newest record cannot be read an older one counts, if it is still there: it knows less, and what
        it knows is true. The caller names what is returned; see `docs/decisions/router-state.md` for why it goes on.
        """
        segments: dict[bytes, list[tuple[int, bytes]]] = {}
        for index, (key, value) in enumerate(records):
            if value is None:
                segments.pop(key, None)
            else:
                segments.setdefault(key, []).append((index, value))
        unread: list[Unread] = []
        found: list[Segment] = []
        for key, written in segments.items():
            for index, value in reversed(written):
                segment = _read_segment(key, value)
                if isinstance(segment, Segment):
                    found.append(segment)
                    break
                unread.append(Unread(index, key, segment))
        touched: dict[str, int] = {}
        for segment in sorted(found, key=lambda segment: segment.number):
            self._apply(segment)
            touched |= {name: rank(segment.number, position) for position, name in enumerate(segment.situations)}
        touched |= self._carried
        for name in sorted(touched, key=touched.__getitem__):
            self.situations.move_to_end(name)
        self._forget_situations()  # segments still name those that the former holder had forgotten
        return sorted(unread)

    def _apply(self, segment: Segment) -> None:
        identifiers = []
        for start in range(0, len(segment.ids), ROW_BYTES):
            identifier = segment.ids[start : start + ID_BYTES]
            self.ids[identifier] = segment.ids[start + ID_BYTES : start + ROW_BYTES]
            identifiers.append(identifier)
        for name, situation in segment.situations.items():
            self.situations[name] = situation
            self._holders[name] = segment.number
            self._carried.pop(name, None)
        self._carried |= {name: at for name, at in segment.carried.items() if name in segment.situations}
        self.offsets.update(segment.offsets)
        self._closed.append((segment.number, identifiers, list(segment.situations)))
        self._number = segment.number + 1


def _read_segment(key: bytes, value: bytes) -> Segment | str:
    """Read the segment in a record of the state topic, or say why it is none."""
    try:
        segment = _segment.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"not a segment: {error}"
    if segment.number < 0 or key != segment_key(segment.number):
        return f"the key is not that of segment {segment.number}"
    if len(segment.ids) % ROW_BYTES:
        return f"{len(segment.ids)} bytes of ids are no whole rows"
    if not all(0 <= offset <= OFFSET_MAX for offset in segment.offsets.values()):
        return "an offset is none"
    return segment
