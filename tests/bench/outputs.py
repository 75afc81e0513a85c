"""What a contestant has written, read back whole and compared with what it had to write.

Every alert, copy and decision: there, once, with the event's own bytes and the headers of its recipient, in the order
in which its body sent. Of each 50th event every record is compared with the one that the product's models make.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from confluent_kafka import Consumer, TopicPartition
from tests.bench.layout import Origin, lay_out
from tests.bench.setting import DECISIONS, DUTIES, MISPLACED_TOPIC, QUARANTINE
from tests.bench.traffic import combination_of

from cbrn_schemas.events import parse_event
from cbrn_schemas.records import ACKNOWLEDGE_BY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.setting import Setting
    from tests.bench.traffic import Sent

    from cbrn_routing.decide import Engine

EACH: Final = 50
READ_S: Final = 300.0
PARTNER: Final = "cbrn_partner"
OWN: Final = frozenset({ACKNOWLEDGE_BY, "correlation_id"})
"""Headers that are not compared: the first holds a moment, the second is FastStream's own addition."""


class Outputs:
    """Checks records one by one; `finish` says what is missing."""

    def __init__(self, setting: Setting, events: Sequence[Sent], table: dict[str, Any], engine: Engine) -> None:
        self._setting = setting
        self._events = events
        self._engine = engine
        self._plans = [
            {_place(topic, headers): headers for topic, headers in plan["deliveries"]} for plan in table["plans"]
        ]
        self._duties = [
            {"".join(part for part in key if part != "SITUATION") for key, _ in plan["duties"]}
            for plan in table["plans"]
        ]
        self._seen: set[tuple[str, int]] = set()
        self._last: dict[tuple[str, int, str], int] = {}
        self._owed: Counter[bytes] = Counter()
        self._samples: dict[int, list[tuple[str, bytes, dict[str, bytes]]]] = {}
        self.counts: Counter[str] = Counter()

    def take(self, topic: str, partition: int, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        """Check one record."""
        self.counts["records"] += 1
        assert topic != QUARANTINE, f"quarantined: {dict(headers)}"
        assert topic != MISPLACED_TOPIC, "passed on: the events lie where they belong"
        if topic == DUTIES:
            self._owed[key] += 1
            self.counts["duties"] += 1
            if self._setting.situations == 0 and (number := _number(key.partition(b"/")[0])) % EACH == 0:
                self._sample(number, topic, value, {})
            return
        if topic == DECISIONS:
            self._decided(value)
            return
        self._told(topic, partition, value, headers)

    def _decided(self, value: bytes) -> None:
        number = int(msgspec.json.decode(value, type=_Identified).id)
        self._once(DECISIONS, number)
        self.counts["decisions"] += 1
        if number % EACH == 0:
            self._sample(number, DECISIONS, value, {})

    def _told(self, topic: str, partition: int, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        named = dict(headers)
        number = int(named["ce_id"])
        event = self._events[number]
        place = _place(topic, headers)
        wanted = self._plans[combination_of(number)].get(place)
        assert wanted is not None, f"event {number} is not for {place}"
        self._once(place, number)
        assert value == event.value, f"event {number} was altered for {place}"
        for name, content in wanted:
            assert named[name] == content.encode(), f"event {number} in {place}: {name} is {named[name]!r}"
        body = named["ce_source"].decode()
        last = self._last.get((place, partition, body), -1)
        assert number > last, f"{place} has event {number} of {body} behind {last}"
        self._last[place, partition, body] = number
        self.counts["alerts"] += 1
        if number % EACH == 0:
            self._sample(number, topic, value, named)

    def _once(self, place: str, number: int) -> None:
        assert (place, number) not in self._seen, f"event {number} came twice in {place}"
        self._seen.add((place, number))

    def _sample(self, number: int, topic: str, value: bytes, headers: dict[str, bytes]) -> None:
        self._samples.setdefault(number, []).append((topic, value, headers))

    def finish(self) -> Counter[str]:
        """Ask for what did not come; return how much did."""
        numbers = range(len(self._events))
        told = sum(len(self._plans[combination_of(number)]) for number in numbers)
        assert self.counts["alerts"] == told, f"{self.counts['alerts']} alerts and copies, not {told}"
        assert self.counts["decisions"] == len(self._events), f"{self.counts['decisions']} decisions"
        owed = Counter(
            self._events[number].key + duty.encode()
            for number in numbers
            for duty in self._duties[combination_of(number)]
        )
        assert self._owed == owed, f"duties: {self._owed.total()}, not {owed.total()}"
        for number, found in self._samples.items():
            self._compare(number, found)
        return self.counts

    def _compare(self, number: int, found: list[tuple[str, bytes, dict[str, bytes]]]) -> None:
        event = self._events[number]
        (decision,) = (msgspec.json.decode(value) for topic, value, _ in found if topic == DECISIONS)
        identity = (str(number), event.headers[2][1].decode())
        origin = Origin(
            *identity, event.key, event.topic, event.partition, decision["offset"], event.value, event.headers
        )
        at = datetime.fromisoformat(decision["decided"])
        wanted = lay_out(parse_event(event.value), origin, self._engine, at)
        if self._setting.situations:
            wanted = [one for one in wanted if one.topic != DUTIES]
        assert _plain(found) == _plain([(one.topic, one.value, dict(one.headers)) for one in wanted]), (
            f"event {number} is not written as the models say"
        )


class _Identified(msgspec.Struct):
    id: str


def read_back(bootstrap: str, topics: Sequence[str], setting: Setting, outputs: Outputs) -> Counter[str]:
    """Read all committed records of the topics, and have them checked."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench-outputs",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
        }
    )
    try:
        partitions = [TopicPartition(topic, number, 0) for topic in topics for number in range(setting.shards)]
        consumer.assign(partitions)
        open_ones = {(partition.topic, partition.partition) for partition in partitions}
        until = time.monotonic() + READ_S
        while open_ones:
            assert time.monotonic() < until, f"no end of {sorted(open_ones)[:3]}"
            for message in consumer.consume(10_000, 0.2):
                if message.error() is not None:
                    assert message.error().name() == "_PARTITION_EOF", message.error()
                    open_ones.discard((message.topic(), message.partition()))
                    continue
                outputs.take(
                    message.topic(), message.partition(), message.key(), message.value(), message.headers() or ()
                )
        return outputs.finish()
    finally:
        consumer.close()


def _place(topic: str, headers: Sequence[Any]) -> str:
    """Name where something is told: the topic, and on the one of all partners the partner."""
    for name, content in headers:
        if name == PARTNER:
            return f"{topic} {content if isinstance(content, str) else content.decode()}"
    return topic


def _number(key: bytes) -> int:
    return int(key.removeprefix(b"bench-"))


def _plain(found: list[tuple[str, bytes, dict[str, bytes]]]) -> list[str]:
    """Make records comparable: JSON read, the moment of the decision left out."""
    plain = []
    for topic, value, headers in found:
        read = msgspec.json.decode(value)
        read.pop("decided", None)
        if read.get("type") == "raised":
            read.pop("at")
        rest = {name: content.decode() for name, content in headers.items() if name not in OWN}
        plain.append(repr((topic, sorted(read.items()), sorted(rest.items()))))
    return sorted(plain)
