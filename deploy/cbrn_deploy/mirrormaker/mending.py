"""What a broker left open when it died is ended before MirrorMaker starts; that MirrorMaker stands still is seen.

A broker of Kafka 4.1 to 4.3 that comes back after a crash can forget the markers of a transaction
(docs/decisions/broker-crashes.md). MirrorMaker reads its own offsets up to their end before it does anything: with such
a transaction in them it waits for ever, and so do the readers of what it copies. So whoever starts it has what was
promised committed and what was abandoned aborted, under MirrorMaker's own transactional id and its own rights.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from cbrn_deploy.mirrormaker.configuration import OURS, TRANSACTION_MS
from cbrn_routing.bus.leftovers import close_leftovers
from cbrn_routing.bus.promises import keep_promise
from cbrn_schemas.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

WITHIN_S: Final = 60.0
_DOT: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Target:
    """One cluster to which MirrorMaker writes: by which credentials, and what."""

    credentials: Path
    transactional_id: str
    topics: tuple[str, ...]


def targets(said: Mapping[str, str]) -> list[Target]:
    """Return where a configuration, as `cbrn mirror config` makes it, writes to."""
    partner = next(name for name in said["clusters"].split(",") if name != OURS)
    found = []
    for source, target in ((OURS, partner), (partner, OURS)):
        flow = f"{source}->{target}"
        if said.get(f"{flow}.enabled") == "true":
            names = said.get(f"{flow}.transforms.rename.replacement") or _DOT.sub(r"\1", said[f"{flow}.topics"])
            found.append(
                Target(
                    Path(said[f"{target}.ssl.truststore.location"]),
                    f"{said[f'{target}.group.id']}-MirrorSourceConnector-0",
                    (*names.split(","), said[f"{target}.offset.storage.topic"]),
                )
            )
    return found


async def mend(said: Mapping[str, str]) -> None:
    """End on every target whatever hangs of a MirrorMaker that is no more: nothing where nothing hangs.

    Raises:
        KafkaError, TimeoutError: a cluster does not answer, or refuses it; MirrorMaker would stand still, too.
    """
    async with asyncio.timeout(WITHIN_S):
        for target in targets(said):
            await _mend(target)


async def _mend(target: Target) -> None:
    connection = Settings(credentials=target.credentials).connection()
    producer = AIOKafkaProducer(
        **connection, transactional_id=target.transactional_id, transaction_timeout_ms=TRANSACTION_MS, acks="all"
    )
    partitions = await _partitions(connection, target.topics)
    try:
        await keep_promise(connection, target.transactional_id, TRANSACTION_MS, partitions)
        await producer.start()
        await close_leftovers(producer, partitions)
    finally:
        await producer.stop()


async def standing_still(said: Mapping[str, str]) -> dict[TopicPartition, int]:
    """Return the partitions whose stable end lies before their end now, on all targets, and where it is."""
    found: dict[TopicPartition, int] = {}
    for target in targets(said):
        connection = Settings(credentials=target.credentials).connection()
        partitions = await _partitions(connection, target.topics)
        stable, end = [await _ends(connection, level, partitions) for level in ("read_committed", "read_uncommitted")]
        found |= {part: stable[part] for part in partitions if stable[part] < end[part]}
    return found


async def _partitions(connection: dict[str, Any], topics: tuple[str, ...]) -> list[TopicPartition]:
    asking = AIOKafkaProducer(**connection)
    try:
        await asking.start()
        return [TopicPartition(name, part) for name in topics for part in sorted(await asking.partitions_for(name))]
    finally:
        await asking.stop()


async def _ends(connection: dict[str, Any], level: str, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
    reader = AIOKafkaConsumer(**connection, isolation_level=level)
    try:
        await reader.start()
        ends: dict[TopicPartition, int] = await reader.end_offsets(partitions)
        return ends
    finally:
        await reader.stop()
