"""Header names that are no UTF-8 must stop nobody who reads: no lane, no feed, no command.

The client library decodes header names while it unpacks a batch and raises in `getmany`; asked again it meets the same
record, so one record of one agency would stall every reader of its topic for as long as Kafka keeps it. Here such a
batch is unpacked once more with the offending names written as ASCII; everything else stays as it came. The library's
name for the unpacking class is a private seam: pinned to version 0.14.0 and held by a test against a real broker.
Whoever makes a consumer calls `forgive_header_names` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH_AT: Final = 8
"""Of the batch length, behind the base offset; it counts from behind itself (Kafka protocol, record batch v2)."""
LENGTH_END: Final = 12
RECORDS_AT: Final = 61
COUNT_AT: Final = 57
UNREADABLE: Final = ord("?")


def forgive_header_names() -> None:
    """Let every consumer of this process read on behind a header name that is no UTF-8; again is harmless."""
    vars(fetcher)["MemoryRecords"] = LenientRecords


class LenientRecords:
    """The batches of one fetched partition; what `aiokafka` asks of its own class."""

    __slots__ = ("_data", "_inner", "_position", "has_next", "size_in_bytes")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._inner = MemoryRecords(data)
        self._position = 0
        self.has_next = self._inner.has_next
        self.size_in_bytes = self._inner.size_in_bytes

    def next_batch(self) -> Any:
        """Return the next batch, or None behind the last."""
        batch = self._inner.next_batch()
        if batch is None:
            return None
        begin = self._position
        length = int.from_bytes(self._data[begin + LENGTH_AT : begin + LENGTH_END], "big", signed=True)
        self._position = begin + LENGTH_END + length
        return _Batch(batch, self._data, begin, self._position)


class _Batch:
    """One batch: the library's own, until it stumbles."""

    __slots__ = ("_begin", "_data", "_end", "_inner")

    def __init__(self, inner: Any, data: bytes, begin: int, end: int) -> None:
        self._inner = inner
        self._data = data
        self._begin = begin
        self._end = end

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __next__(self) -> Any:
        return next(self._inner)

    def __iter__(self) -> Iterator[Any]:
        """Return all records at once: a generator between the library's own would cost each of them a microsecond."""
        try:
            return iter(list(self._inner))
        except UnicodeDecodeError:
            if self._inner.compression_type:  # the broker unpacks what agencies pack: see the topics' settings
                raise
            return iter(DefaultRecordBatch(with_readable_names(self._data[self._begin : self._end])))


def with_readable_names(batch: bytes) -> bytes:
    """Replace each byte of a header name that is no UTF-8 by `?` in an uncompressed record batch of version 2.

    Lengths stay; the checksum is not made anew, since the library has compared it before it unpacks.
    """
    content = bytearray(batch)
    position = RECORDS_AT
    for _ in range(int.from_bytes(content[COUNT_AT:RECORDS_AT], "big")):
        length, begin = _varint(content, position)
        position = begin + length
        _repair(content, begin)
    return bytes(content)


def _repair(content: bytearray, position: int) -> None:
    """Repair the header names of one record that begins at its attributes."""
    position += 1
    for _ in ("timestamp", "offset"):
        _, position = _varint(content, position)
    for _ in ("key", "value"):
        _, position = _skip(content, position)
    headers, position = _varint(content, position)
    for _ in range(headers):
        begin, end = _skip(content, position)
        content[begin:end] = _readable(bytes(content[begin:end]))
        _, position = _skip(content, end)


def _readable(name: bytes) -> bytes:
    try:
        name.decode()
    except UnicodeDecodeError:
        return bytes(byte if byte < 128 else UNREADABLE for byte in name)  # noqa: PLR2004 - ASCII
    return name


def _skip(content: bytearray, position: int) -> tuple[int, int]:
    """Find where bytes with a length before them begin and end; a length of -1 stands for null."""
    length, begin = _varint(content, position)
    return begin, begin + max(length, 0)


def _varint(content: bytearray, position: int) -> tuple[int, int]:
    """Read a zigzag-coded number and where it ends."""
    value = shift = 0
    while True:
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte has no continuation bit
            return (value >> 1) ^ -(value & 1), position
        shift += 7
