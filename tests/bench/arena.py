"""The broker, its topics, the load and the measuring of one contestant at a time."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.bench.traffic import BUS, EGRESS, INGRESS, MISPLACED_TOPIC, STATE_TOPIC, Sent

if TYPE_CHECKING:
    from pathlib import Path

WARM_UP_S = 2.0
"""The first seconds at a rate are not counted: caches fill and the group settles."""
TICK_S = 0.005


@dataclass
class Result:
    """What one contestant did."""

    events_per_s: float = 0.0
    cpu_ms_per_1000: float = 0.0
    peak_mb: float = 0.0
    latency_ms: dict[int, tuple[float, float] | None] = field(default_factory=dict)
    """p50 and p99 by rate; None where it could not hold the rate."""


async def reset_topics(bootstrap: str, partitions: int) -> None:
    """Delete and make anew every topic of the benchmark."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics = [*INGRESS, *EGRESS, *BUS, MISPLACED_TOPIC, STATE_TOPIC]
        existing = set(await admin.list_topics())
        if gone := [topic for topic in topics if topic in existing]:
            await admin.delete_topics(gone)
            while existing & set(gone):
                await asyncio.sleep(0.05)
                existing = set(await admin.list_topics())
        new = [NewTopic(topic, partitions, 1) for topic in topics if topic != STATE_TOPIC]
        new.append(NewTopic(STATE_TOPIC, partitions, 1, topic_configs={"cleanup.policy": "compact"}))
        await admin.create_topics(new)
        while not set(topics) <= set(await admin.list_topics()):  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
    await asyncio.sleep(1)  # leaders of new partitions settle


async def preload(bootstrap: str, events: list[Sent]) -> None:
    """Publish all events before a contestant starts."""
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, linger_ms=20, max_batch_size=500_000, acks="all"
    ) as producer:
        futures = [
            await producer.send(
                event.topic, event.value, key=event.key, partition=event.partition, headers=event.headers
            )
            for event in events
        ]
        await asyncio.gather(*futures)


class Contest:
    """One contestant's process."""

    def __init__(self, name: str, bootstrap: str, events: int, rules: Path) -> None:
        self._arguments = (name, bootstrap, str(events), str(rules))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it consumes."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.contestants", *self._arguments, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            line = await self._line()
        assert line == "ready", line

    async def _line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode().strip()
        if not line:
            raise RuntimeError(f"contestant {self._arguments[0]} ended early")
        return line

    async def finish(self, deadline_s: float) -> dict[str, Any]:
        """What it measured of itself."""
        async with asyncio.timeout(deadline_s):
            measured = json.loads(await self._line()) | json.loads(await self._line())
            assert self._process is not None
            await self._process.wait()
        return dict(measured)

    async def kill(self) -> None:
        """End it, whatever it does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def written(bootstrap: str, shards: int) -> Counter[str]:
    """Committed records by topic, counted one by one (offsets have gaps: transaction markers)."""
    counts: Counter[str] = Counter()
    seen: set[tuple[str, bytes]] = set()
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    ) as consumer:
        partitions = [TopicPartition(topic, number) for topic in (*EGRESS, *BUS) for number in range(shards)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                counts[partition.topic] += len(records)
                for record in records:
                    name = dict(record.headers).get("ce_id") or record.value
                    assert (partition.topic, name) not in seen, f"twice in {partition.topic}: {name!r}"
                    seen.add((partition.topic, name))
            positions = [await consumer.position(partition) for partition in partitions]
            if all(position >= ends[partition] for partition, position in zip(partitions, positions, strict=True)):
                return counts


async def latencies(bootstrap: str, events: list[Sent], rate: int, seconds: float, shards: int) -> list[float] | None:
    """Milliseconds from `send` to receipt of each alert by a `read_committed` reader; None if the rate was not held."""
    sent: dict[bytes, float] = {}
    found: list[float] = []
    done = asyncio.Event()
    expected = int(rate * seconds)

    async def read(consumer: AIOKafkaConsumer) -> None:
        while not done.is_set():
            for records in (await consumer.getmany(timeout_ms=100)).values():
                now = time.perf_counter()
                for record in records:
                    at = sent.get(dict(record.headers)["ce_id"])
                    if at is not None and at - began > WARM_UP_S:
                        found.append((now - at) * 1000)

    async with (
        AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0) as producer,
        AIOKafkaConsumer(
            bootstrap_servers=bootstrap, isolation_level="read_committed", fetch_max_wait_ms=50
        ) as consumer,
    ):
        partitions = [TopicPartition(topic, number) for topic in EGRESS for number in range(shards)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        began = time.perf_counter()
        reader = asyncio.create_task(read(consumer))
        number = 0
        while number < expected:
            due = min(expected, int((time.perf_counter() - began) * rate))
            while number < due:
                event = events[number]
                sent[event.headers[1][1]] = time.perf_counter()
                await producer.send(
                    event.topic, event.value, key=event.key, partition=event.partition, headers=event.headers
                )
                number += 1
            await asyncio.sleep(TICK_S)
        await producer.flush()
        await asyncio.sleep(1.0)
        done.set()
        await reader
    counted = sum(1 for at in sent.values() if at - began > WARM_UP_S)
    return found if len(found) >= 2.9 * counted else None  # 3 alerts an event; fewer: it fell behind
