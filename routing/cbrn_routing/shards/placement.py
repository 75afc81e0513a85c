"""Which shard a situation or station belongs to: the one number that everybody must agree on.

Clients place a record by its key, and not all by the same hash: Java's and aiokafka's by murmur2, librdkafka's (C, Go,
.NET, Node, kcat) by CRC-32 unless it is told otherwise, and a record without a key lies anywhere. Ids, a situation's
memory and order live in one shard, so the shard is computed from what the event itself says. A record that lies
elsewhere is passed on to it, on a topic of the bus's own (see docs/decisions/partitioners.md).
"""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.records import ORIGIN_KEY, ORIGIN_OFFSET, ORIGIN_PARTITION, ORIGIN_TOPIC
from cbrn_schemas.topics import parse_from_topic

if TYPE_CHECKING:
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.envelope import Header

_MIX: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF


class Placement(NamedTuple):
    """One shard among all of a lane."""

    number: int
    shards: int

    def shard_of(self, key: bytes) -> int:
        """Return the shard to which a situation or station belongs: Kafka's `murmur2` of the key.

        Written out, since this runs for every event and aiokafka's own takes twice as long.
        """
        length = len(key)
        found = 0x9747B28C ^ length
        for word in unpack_from(f"<{length >> 2}I", key):
            mixed = word * _MIX & _MASK
            found = found * _MIX & _MASK ^ (mixed ^ mixed >> 24) * _MIX & _MASK
        if rest := key[length & ~3 :]:
            found = (found ^ int.from_bytes(rest, "little")) * _MIX & _MASK
        found = (found ^ found >> 13) * _MIX & _MASK
        return ((found ^ found >> 15) & 0x7FFFFFFF) % self.shards


class Misplaced(NamedTuple):
    """A record that another shard has passed on, as its publisher wrote it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[Header]
    timestamp: int = 0


_ORIGIN: Final = [ORIGIN_TOPIC, ORIGIN_PARTITION, ORIGIN_OFFSET, ORIGIN_KEY]
_NO_KEY: Final = b"-"
_A_KEY: Final = b"="


def passed_on_headers(record: Record) -> list[Header]:
    """Return the record's own headers as they came, and where it came from behind them."""
    return [
        *record.headers,
        (ORIGIN_TOPIC, record.topic.encode()),
        (ORIGIN_PARTITION, b"%d" % record.partition),
        (ORIGIN_OFFSET, b"%d" % record.offset),
        (ORIGIN_KEY, _NO_KEY if record.key is None else _A_KEY + record.key),
    ]


def original(record: Record) -> Misplaced:
    """Return what was passed on, as it lay in its publisher's topic.

    Raises:
        ValueError: it does not say where it came from; only the bus writes there: somebody else did.
    """
    headers = list(record.headers)
    own, origin = headers[: -len(_ORIGIN)], headers[-len(_ORIGIN) :]
    if [name for name, _ in origin] != _ORIGIN:
        raise ValueError(f"its last headers are not {', '.join(_ORIGIN)}")
    topic, partition, offset, key = (value or b"" for _, value in origin)
    if parse_from_topic(topic.decode()) is None:
        raise ValueError("it says that it came from a topic into which nobody publishes")
    return Misplaced(
        topic.decode(), int(partition), int(offset), None if key == _NO_KEY else key[len(_A_KEY) :], record.value, own
    )
