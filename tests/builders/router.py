"""Records as a router is given them, and a sink for what it writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState
from cbrn_routing.shards.encoding import NOTHING, Block
from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.events import EVENT_TYPES, ce_type

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TOPIC = "cbrn.from.mes.incidents"


@dataclass
class Arrived:
    """A consumed record."""

    value: bytes | None
    headers: Any
    topic: str = TOPIC
    key: bytes | None = b"KG-2026-test"
    partition: int = 1
    offset: int = 0
    timestamp: int = -1


class Sent(NamedTuple):
    """A record that was written."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[Header]

    @property
    def named(self) -> dict[str, bytes]:
        """Headers by name."""
        return dict(self.headers)


class Written:
    """A sink that keeps what is written, in order."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []

    def encode(self, key: bytes | None, value: bytes | None, headers: Any) -> Any:
        return key, value, headers

    def append(self, topic: str, body: Any, first: Block = NOTHING, second: Block = NOTHING) -> None:
        key, value, headers = body
        self.sent.append(Sent(topic, key, value, [*headers, *first.headers, *second.headers]))

    @property
    def records(self) -> dict[str, list[tuple[bytes | None, bytes | None, dict[str, bytes]]]]:
        """Key, value and headers by topic."""
        found: dict[str, list[tuple[bytes | None, bytes | None, dict[str, bytes]]]] = {}
        for each in self.sent:
            found.setdefault(each.topic, []).append((each.key, each.value, each.named))
        return found

    def told(self) -> set[str]:
        """Bodies to whom something was written."""
        return {each.topic.split(".")[2] for each in self.sent if ".to." in each.topic}


def record(data: dict[str, Any] | bytes | None, *, number: int = 0, **headers: Any) -> Arrived:
    """A record with these data, and the headers of an event of theirs."""
    value = json.dumps(data).encode() if isinstance(data, dict) else data
    kind = data["kind"] if isinstance(data, dict) and data.get("kind") in EVENT_TYPES else "chemical-release"
    given = {"id": f"e{number}", "source": "/mes", "type": ce_type(kind), "time": "2026-11-23T05:55:00Z"} | headers
    return Arrived(value, tuple(binary_headers(**given)), offset=number)


def sit(
    dispatcher: Dispatcher, *records: Arrived, state: ShardState | None = None, now: datetime = NOW
) -> tuple[Written, Tally]:
    """What a dispatcher writes of records that came together, and what it counted."""
    written, tally = Written(), Tally()
    for number, arrived in enumerate(records):
        arrived.offset = number
    dispatcher.dispatch(records, state or ShardState(), written, now, tally)
    return written, tally


def reason_of(written: Written) -> str:
    ((_, _, headers),) = written.records["cbrn.bus.quarantine"]
    assert headers["cbrn_where"]
    assert headers["cbrn_message"]
    assert headers["cbrn_hint"]
    return headers["cbrn_reason"].decode()


STRUCTURED = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
