"""Records as Kafka's batch format v2 has them, laid out so that what alerts have in common is encoded once.

An event goes to ten bodies under the same key, value and headers; only a few headers differ. So key, value and the
event's own headers are encoded once (`EncodedRecord`), the bus's headers once for each delivery plan (`Block`), and a
record is a few bytes between them. aiokafka's own builder encodes every header of every record anew.

`RecordBatch` stands where aiokafka's `BatchBuilder` stands in `send_batch`: the one place that relies on names private
to the pinned aiokafka. `tests/unit/routing/shards/test_encoding.py` holds both against the same reader.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import google_crc32c

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbrn_schemas.envelope import Header

HEADER: Final = struct.Struct(">qiibI")
"""Base offset, length, leader epoch, magic, CRC-32C: before what the CRC covers."""
COVERED: Final = struct.Struct(">hiqqqhii")
"""Attributes, last offset delta, first and last timestamp, producer id, epoch, base sequence, count."""
MAGIC: Final = 2
TRANSACTIONAL: Final = 0x10
LENGTH_OFFSET: Final = 12
"""The length counts from behind itself: base offset (8) and length (4) are not in it."""


def varint(number: int) -> bytes:
    """Encode a signed number in zigzag base 128, as Kafka writes lengths and offsets."""
    value = number << 1 if number >= 0 else (-number << 1) - 1
    encoded = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


_NULL: Final = varint(-1)
_SHORT: Final = 8192
_VARINTS: Final = [varint(number) for number in range(_SHORT)]
_HEADS: Final = [b"\0\0" + encoded for encoded in _VARINTS]
"""Looked up in place below: a call for each length cost 1.6 us of the 66 that an event takes (27 November 2026)."""


def _varint(number: int) -> bytes:
    return _VARINTS[number] if number < _SHORT else varint(number)


class Block(NamedTuple):
    """Headers, as they are and encoded."""

    headers: list[Header]
    encoded: bytes

    @classmethod
    def of(cls, headers: list[Header]) -> Block:
        """Encode headers."""
        return cls(headers, encode_headers(headers))


class EncodedRecord(NamedTuple):
    """Key and value encoded, and the headers that every record of the event carries."""

    content: bytes
    headers: bytes
    header_count: int

    def with_headers(self, others: int) -> bytes:
        """Encode it as it begins a record that has so many headers more."""
        count = self.header_count + others
        return self.content + (_VARINTS[count] if count < _SHORT else varint(count)) + self.headers


def encode_headers(headers: Iterable[Header]) -> bytes:
    """Encode headers one behind the other, without their count."""
    parts: list[bytes] = []
    for name, value in headers:
        parts.append(_NAMES.get(name) or _name(name))
        if value is None:  # cannot come from us, but Kafka lets others write it
            parts.append(_NULL)
        else:
            length = len(value)
            parts += (_VARINTS[length] if length < _SHORT else varint(length), value)
    return b"".join(parts)


_NAMES: dict[str, bytes] = {}
_NAMES_MAX: Final = 1_000
_NAME_BYTES_MAX: Final = 64
"""Header names come from outside too: no more and no longer ones than these are remembered, 200 kB at the most."""


def _name(name: str) -> bytes:
    raw = name.encode()
    encoded = varint(len(raw)) + raw
    if len(_NAMES) < _NAMES_MAX and len(raw) <= _NAME_BYTES_MAX:
        _NAMES[name] = encoded
    return encoded


NOTHING: Final = Block([], b"")


def encode_record(key: bytes | None, value: bytes | None, headers: Sequence[Header]) -> EncodedRecord:
    """Encode what all records of one event have in common."""
    content = (_NULL if key is None else _varint(len(key)) + key) + (
        _NULL if value is None else _varint(len(value)) + value
    )
    return EncodedRecord(content, encode_headers(headers) if headers else b"", len(headers))


class RecordBatch:
    """Records of one topic-partition and one moment, on their way to the broker."""

    def __init__(self, timestamp: int) -> None:
        self._timestamp = timestamp
        self._parts: list[bytes] = []
        self._count = 0
        self._bytes = HEADER.size + COVERED.size
        self._producer = (-1, -1, -1)
        self._built: tuple[bytes, bytes] | None = None

    def add(self, body: EncodedRecord, first: Block = NOTHING, second: Block = NOTHING) -> None:
        """Add one record: the body, and two blocks of headers behind the body's own."""
        self.put(body.with_headers(len(first.headers) + len(second.headers)), first.encoded, second.encoded)

    def put(self, body: bytes, first: bytes, second: bytes) -> None:
        """Add one record that is encoded: up to its own headers, and two blocks behind them."""
        number = self._count
        # No attributes, and no delta to the batch's timestamp, before the offset.
        head = _HEADS[number] if number < _SHORT else b"\0\0" + varint(number)
        length = len(head) + len(body) + len(first) + len(second)
        self._parts += (_VARINTS[length] if length < _SHORT else varint(length), head, body, first, second)
        self._count = number + 1
        self._bytes += length + 3

    def size(self) -> int:
        """Count the bytes so far, a few too many for short records."""
        return self._bytes

    def record_count(self) -> int:
        """Count the records so far."""
        return self._count

    def close(self) -> None:
        """Add nothing behind the producer's back: a batch is full when it is sent."""

    def closed(self) -> bool:
        """Return always yes: the producer need not linger for more."""
        return True

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._producer = producer_id, producer_epoch, base_sequence

    def _build(self) -> bytes:
        """Encode the batch; called once the producer's state is set, and again for each retry."""
        return b"".join(self._built_parts())

    def _built_parts(self) -> tuple[bytes, bytes]:
        """Encode the batch: the header, and what its checksum covers."""
        if self._built is None:
            head = COVERED.pack(
                TRANSACTIONAL, self._count - 1, self._timestamp, self._timestamp, *self._producer, self._count
            )
            covered = b"".join((head, *self._parts))
            length = HEADER.size + len(covered) - LENGTH_OFFSET
            self._built = HEADER.pack(0, length, -1, MAGIC, google_crc32c.value(covered)), covered
            self._parts = []
        return self._built


class RecordBatchInParts(RecordBatch):
    """A batch for a producer with a `Wire`, which writes it in two parts: to join them would copy it once more."""

    def _build(self) -> Any:
        return self._built_parts()
