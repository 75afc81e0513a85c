"""`python -m tests.bench.reading`: CPU an event from its record to its key, read by pydantic and by structs.

In one process and turn about, so that what else the machine does falls on both; medians, in microseconds.
"""

from __future__ import annotations

import json
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench.traffic import EXAMPLES, traffic

from cbrn_routing.router.state import content_digest, id_digest
from cbrn_schemas.claims import check_claims, check_source
from cbrn_schemas.envelope import binary_headers, read_envelope
from cbrn_schemas.events import ce_type, key_of, lane_of, parse_event, parse_quickly
from cbrn_schemas.events.parse import VALIDATORS
from cbrn_schemas.events.quickly import DECODERS
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cbrn_schemas.envelope import Envelope, Header
    from cbrn_schemas.events import AnyEvent

    Records = list[tuple[list[Header], bytes]]

ROUNDS = 15
EVENTS = 3_000
"""Of a round; the records of a set again and again."""


def examples(*, escaped: bool) -> Records:
    """All shipped examples as programs write them: compact, with letters as they are or as escapes."""
    found = []
    for path in sorted(EXAMPLES.glob("*.json")):
        data = json.loads(path.read_bytes())
        value = json.dumps(data, ensure_ascii=escaped, separators=(",", ":")).encode()
        kind, body = data["kind"], data["body"]
        time_of = "2026-05-01T06:00:00Z"
        found.append((binary_headers(id=kind, source=f"/{body}", type=ce_type(kind), time=time_of), value))
    return found


def whole(parse: Callable[[bytes], AnyEvent]) -> Callable[[list[Header], bytes], Any]:
    """All that is done before it is known to which shard a record belongs."""

    def read(headers: list[Header], value: bytes) -> bytes:
        envelope = read_envelope(headers, value)
        body = envelope.body
        check_source(envelope, body)
        id_digest(envelope.source, envelope.id)
        content_digest(envelope.data)
        event = parse(envelope.data)
        check_claims(envelope, event, body, lane_of(event.kind), Realm.REAL)
        return key_of(event).encode()

    return read


WAYS: dict[str, Callable[[list[Header], bytes], Any]] = {
    "pydantic": lambda _, value: parse_event(value),
    "structs": lambda _, value: parse_quickly(value),
    "to the key, pydantic": whole(parse_event),
    "to the key, structs": whole(parse_quickly),
    "envelope alone": read_envelope,
}


def microseconds(way: Callable[[list[Header], bytes], Envelope | AnyEvent], records: Iterable[Any]) -> float:
    """CPU of this process, an event."""
    started, count = time.process_time(), 0
    for count, (headers, value) in enumerate(records, 1):  # noqa: B007 - their number is needed afterwards
        way(headers, value)
    return (time.process_time() - started) / count * 1e6


def main() -> None:
    """Measure all ways on all sets of records, and print a line each."""
    VALIDATORS.build()
    DECODERS.build()
    sets: dict[str, Records] = {
        "traffic": [(sent.headers, sent.value) for sent in traffic(1_000, 1)],
        "examples": examples(escaped=False),
        "escaped": examples(escaped=True),
    }
    for name, records in sets.items():
        many = (records * (EVENTS // len(records) + 1))[:EVENTS]
        spent: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way, call in WAYS.items():
                spent[way].append(microseconds(call, many))
        mean = sum(len(value) for _, value in records) // len(records)
        for way, found in spent.items():
            print(f"{name:<9} {mean:>5} B  {way:<21} {median(found):6.2f} us  ({min(found):.2f} to {max(found):.2f})")


if __name__ == "__main__":
    main()
