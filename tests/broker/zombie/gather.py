"""Reads what a run left behind, and watches it while it goes on: plain consumers without a group, `read_committed`."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from .history import DECISION, QUARANTINE, Position, Seen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from cbrn_schemas.settings import Settings

SAMPLE_S: Final = 0.2
READ_DEADLINE_S: Final = 120.0
REFUSER: Final = "/bus/router"
"""Source under which the bus speaks of a record that it refused."""


def consumer(settings: Settings) -> AIOKafkaConsumer:
    """A reader that disturbs nobody."""
    return AIOKafkaConsumer(
        **settings.connection(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )


async def read_all(settings: Settings, topics: Iterable[str], shards: int) -> AsyncIterator[Any]:
    """Every committed record of the topics, from the beginning to where each ends now."""
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(shards)]
    reader = consumer(settings)
    try:
        await reader.start()
        reader.assign(partitions)
        await reader.seek_to_beginning(*partitions)
        ends = await reader.end_offsets(partitions)
        left = {partition for partition in partitions if ends[partition] > 0}
        async with asyncio.timeout(READ_DEADLINE_S):
            while left:
                for records in (await reader.getmany(*left, timeout_ms=300)).values():
                    for record in records:
                        yield record
                left = {one for one in left if await reader.position(one) < ends[one]}
    finally:
        await reader.stop()


def seen(record: Any) -> Seen:
    """A record of an alerts topic, of the decisions or of the quarantine."""
    _, stream, name, *_ = record.topic.split(".")
    if stream == "to":
        headers = dict(record.headers)
        return Seen(
            name,
            record.partition,
            record.offset,
            headers["ce_source"].decode(),
            headers["ce_id"].decode(),
            record.key.decode(),
            headers["cbrn_role"].decode(),
            hashlib.sha256(record.value).hexdigest(),
        )
    key = record.key.decode()
    if name == "quarantine":
        return Seen(QUARANTINE, record.partition, record.offset, REFUSER, key, key)
    decision = json.loads(record.value)
    return Seen(DECISION, record.partition, record.offset, decision["source"], decision["id"], key)


def positions(record: Any) -> list[Position]:
    """The offsets that a record of the state topic states."""
    if record.value is None:
        return []
    return [Position(topic, record.partition, offset) for topic, offset in json.loads(record.value)["offsets"].items()]


class Watch:
    """What comes out while the run goes on, and when: tells when all is through and how long each shard was silent."""

    def __init__(self, settings: Settings, topics: list[str], shards: int) -> None:
        self._partitions = [TopicPartition(topic, number) for topic in topics for number in range(shards)]
        self._reader = consumer(settings)
        self.arrived: dict[tuple[str, str], float] = {}
        """Moment (monotonic, seconds) of the first ruling on each source and id."""

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._reader.start()
        try:
            self._reader.assign(self._partitions)
            await self._reader.seek_to_beginning(*self._partitions)
            while True:
                fetched = await self._reader.getmany(timeout_ms=200)
                now = time.monotonic()
                for records in fetched.values():
                    for one in map(seen, records):
                        self.arrived.setdefault((one.source, one.id), now)
        finally:
            await self._reader.stop()


class Sampler:
    """Samples the group's committed offsets."""

    def __init__(self, settings: Settings, group: str) -> None:
        self._admin = AIOKafkaAdminClient(**settings.connection())
        self._group = group
        self.samples: list[Position] = []
        self.current: dict[TopicPartition, int] = {}
        self.has_some = asyncio.Event()

    async def run(self) -> None:
        """Sample until cancelled."""
        await self._admin.start()
        try:
            while True:
                with contextlib.suppress(KafkaError):  # the coordinator is loading: the next sample will do
                    await self.sample()
                await asyncio.sleep(SAMPLE_S)
        finally:
            await self._admin.close()

    async def sample(self) -> None:
        """One look. Only what changed is kept."""
        found = await self._admin.list_consumer_group_offsets(self._group)
        for partition, entry in found.items():
            if entry.offset >= 0 and self.current.get(partition) != entry.offset:
                self.current[partition] = entry.offset
                self.has_some.set()
                self.samples.append(Position(partition.topic, partition.partition, entry.offset))
