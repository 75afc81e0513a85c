"""A record as the database keeps it: raw, with what it is looked for by. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

from cbrn_consumers.desk.store.tables import micros
from cbrn_schemas.notice import NOTICE_TYPE, STREAM
from cbrn_schemas.records import record_time
from cbrn_schemas.standing_record import STREAM as STANDING_STREAM

if TYPE_CHECKING:
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.envelope import Header

ALERTS: Final = "alerts"
RECEIPTS: Final = "receipts"
NOTICES: Final = STREAM
MONITORING: Final = "monitoring"
STANDING: Final = STANDING_STREAM
"""Where the others stand: the latest of a situation says all of it."""
FOLDED: Final = frozenset({ALERTS, RECEIPTS, STANDING})
"""Streams out of which rows are folded: their key is the situation."""
NAME_MAX: Final = 300
"""Letters of a key that are kept as a name: an index has room for no more, and no situation's is longer than 128."""
_decode = msgspec.msgpack.Decoder(list[tuple[str, bytes | None]]).decode
_encode = msgspec.msgpack.Encoder().encode


class Place(NamedTuple):
    """What a topic's name says."""

    body: str
    """Empty of a topic of the bus."""
    stream: str


def place_of(topic: str) -> Place:
    """Read `<realm>.to.<body>.<stream>`, `<realm>.from.<body>.<stream>`, `<realm>.bus.<stream>`."""
    _, side, rest = topic.split(".", 2)
    if side == "bus":
        return Place("", rest)
    body, _, stream = rest.partition(".")
    return Place(body, stream)


@dataclass(slots=True)
class Kept:
    """A record that comes back from the database, or from a client."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[Header]

    @classmethod
    def of(cls, row: Any) -> Kept:
        """Make it of a row of the table."""
        return cls(
            row.topic,
            row.partition,
            row.offset,
            row.timestamp,
            row.key,
            row.value,
            cast("list[Header]", _decode(row.headers)),
        )


def name_of(key: bytes | None) -> str:
    """Return a key as the name of a situation, whatever its bytes are."""
    return (key or b"").decode("utf-8", "replace").replace("\0", "\ufffd")[:NAME_MAX]


def as_row(record: Record, place: Place) -> dict[str, Any]:
    """Make a row of the table."""
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "body": place.body,
        "stream": place.stream,
        "situation": _situation(record, place),
        "at": micros(record_time(record.timestamp)),
        "timestamp": record.timestamp,
        "headers": _encode(list(record.headers)),
        "key": record.key,
        "value": record.value,
    }


def _situation(record: Record, place: Place) -> str:
    if place.stream in FOLDED:
        return name_of(record.key)
    if place.stream == NOTICES and ("ce_type", NOTICE_TYPE.encode()) in record.headers:
        try:
            return name_of(msgspec.json.decode(record.value or b"", type=_About).situation.encode())
        except msgspec.MsgspecError:
            return ""
    return ""


class _About(msgspec.Struct):
    situation: str = ""
