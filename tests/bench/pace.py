"""Latency: from an event's `send` to the receipt of its first alert by a `read_committed` reader, at a steady rate."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.bench.arena import HeldBack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.bench.arena import Contest
    from tests.bench.traffic import Sent

WARM_EVENTS: Final = 8_000
"""Done at full speed before: caches fill, and what is compiled at run time is compiled."""
WARM_UP_S: Final = 2.0
"""The first seconds at the rate are not counted either."""
TICK_S: Final = 0.005
AFTER_S: Final = 1.5
HELD: Final = 0.99
"""Whoever has told less than this of the events by `AFTER_S` does not hold the rate."""


def covering(told: Mapping[int, Sequence[str]]) -> list[str]:
    """Return few topics of which every combination has one.

    Who read all that is told would, in Python, be busier than the contestants.
    """
    open_ones, chosen = set(told), []
    while open_ones:
        counts: dict[str, int] = {}
        for number in open_ones:
            for topic in told[number]:
                counts[topic] = counts.get(topic, 0) + 1
        best = max(sorted(counts), key=counts.__getitem__)
        chosen.append(best)
        open_ones = {number for number in open_ones if best not in told[number]}
    return chosen


class Reader:
    """Reads alerts and remembers when each event was first told."""

    def __init__(self) -> None:
        self.received: dict[bytes, float] = {}
        self.stopping = False

    async def read(self, consumer: AIOKafkaConsumer) -> None:
        """Read until `stopping`."""
        while not self.stopping:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                now = time.perf_counter()
                for record in records:
                    self.received.setdefault(dict(record.headers)["ce_id"], now)


async def latency(  # noqa: PLR0917 - all of it is one measurement
    contest: Contest, bootstrap: str, load: Sequence[Sent], rate: int, topics: Sequence[str], shards: int
) -> dict[str, Any] | None:
    """Publish at the rate and read; p50, p99 and longest in ms, the CPU meanwhile. None: it did not hold the rate."""
    warming, events = load[:WARM_EVENTS], load[WARM_EVENTS:]
    held = HeldBack(bootstrap, warming)
    await contest.start()
    await asyncio.to_thread(held.release)
    await contest.until(len(warming))
    await asyncio.sleep(AFTER_S)
    sent: dict[bytes, float] = {}
    reader = Reader()
    async with (
        AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0) as producer,
        AIOKafkaConsumer(
            bootstrap_servers=bootstrap, isolation_level="read_committed", fetch_max_wait_ms=50
        ) as consumer,
    ):
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(shards)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        reading = asyncio.create_task(reader.read(consumer))
        began = time.perf_counter()
        warm = None
        while len(sent) < len(events):
            now = time.perf_counter()
            if warm is None and now - began > WARM_UP_S:
                warm = contest.now()
            for event in events[len(sent) : int((now - began) * rate)]:
                sent[event.headers[1][1]] = time.perf_counter()
                await producer.send(
                    event.topic, event.value, key=event.key, partition=event.partition, headers=event.headers
                )
            await asyncio.sleep(TICK_S)
        await producer.flush()
        end = contest.now()
        await asyncio.sleep(AFTER_S)
        reader.stopping = True
        await reading
    assert warm is not None, "shorter than the warm-up"
    counted = {identifier: at for identifier, at in sent.items() if at >= warm.wall_s}
    found = [(reader.received[one] - at) * 1000 for one, at in counted.items() if one in reader.received]
    if len(found) < HELD * len(counted):
        return None
    cuts = statistics.quantiles(found, n=100)
    return {
        "p50_ms": cuts[49],
        "p99_ms": cuts[98],
        "max_ms": max(found),
        "core_percent": (end.cpu_s - warm.cpu_s) / (end.wall_s - warm.wall_s) * 100,
        "peak_mb": contest.peak_mb(),
        "missing": len(counted) - len(found),
    }
