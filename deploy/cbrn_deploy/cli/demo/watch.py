"""Reading what the bus writes while the demo plays: every alert, reading, decision and quarantined record.

One consumer without a group, so that it takes nothing away from anybody.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from cbrn_deploy.cli.demo.board import Board, Receipt
from cbrn_deploy.provisioning import planned_topics
from cbrn_routing.bus.read import assigned, batch, written
from cbrn_routing.decision_record import DecisionRecordError, read_decision
from cbrn_schemas.records import RESTRICTED, ROLE, RULE, bus_headers
from cbrn_schemas.topics import Lane, bus_topic, parse_from_topic, router_group

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from aiokafka import AIOKafkaConsumer

    from cbrn_schemas.settings import Settings

CONNECT_WITHIN_S: Final = 20.0
LOOK_EVERY_S: Final = 0.1
DELIVERED: Final = frozenset(lane.delivery for lane in Lane)

Positions = dict[TopicPartition, int]

log = structlog.get_logger(__name__)


async def ends(settings: Settings, *wanted: str) -> Positions:
    """Find where the partitions of the realm's topics end now; what is still in a transaction counts.

    `wanted`: second parts of topic names: `from`, `to`, `bus`; of `to` what a router delivers, as what the watch says
    there of others is no alert.
    """
    planned = planned_topics(settings.realm, shards=settings.shards, replication=1, on=datetime.now(UTC).date())
    partitions = [
        TopicPartition(spec.name, number)
        for spec in planned
        if _part(spec.name, settings) in wanted
        for number in range(spec.partitions)
    ]
    return await written(settings, partitions)


def _part(topic: str, settings: Settings) -> str | None:
    realm, _, rest = topic.partition(".")
    part = rest.partition(".")[0] if realm == settings.realm.value else None
    return None if part == "to" and rest.rpartition(".")[2] not in DELIVERED else part


@asynccontextmanager
async def watching(
    settings: Settings, start: Mapping[TopicPartition, int], board: Board
) -> AsyncGenerator[asyncio.Task[None]]:
    """Keep the board up to date from `start` on, in the background; the task ends only by an error."""
    async with assigned(settings, starts=start) as (consumer, partitions):
        task = asyncio.create_task(_watch(consumer, partitions, settings, board))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})


async def _watch(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], settings: Settings, board: Board
) -> None:
    decisions, quarantine = bus_topic(settings.realm, "decisions"), bus_topic(settings.realm, "quarantine")
    while True:
        records = await batch(consumer, partitions, settings)
        now_ms = time.time_ns() // 1_000_000
        for record in records:
            if record.topic == decisions:
                _decided(record, board)
            elif record.topic == quarantine:
                wrote = {name.removeprefix("cbrn_"): text for name, text in bus_headers(record.headers).items()}
                board.set_aside((record.key or b"").decode("utf-8", "replace"), wrote)
            elif _part(record.topic, settings) == "to":
                board.received(*_receipt(record, now_ms))


def _decided(record: Any, board: Board) -> None:
    """Tell the board of a decision. What is no record of the router's is of no play."""
    try:
        decision = read_decision(record.value or b"")
    except DecisionRecordError as error:
        where = f"{record.topic}/{record.partition}/{record.offset}"
        log.warning("a decision cannot be read, left out", record=where, error=str(error))
        return
    board.decided((decision.source, decision.id), json.loads(record.value))


def _receipt(record: Any, now_ms: int) -> tuple[tuple[str, str], Receipt]:
    headers = bus_headers(record.headers)
    rules = headers.get(RULE, "")
    return identity(record), Receipt(
        body=record.topic.split(".")[2],
        role=headers.get(ROLE, ""),
        rules=tuple(rules.split(",")) if rules else (),
        routed_ms=record.timestamp,
        received_ms=now_ms,
        restricted=headers.get(RESTRICTED) == "true",
    )


def identity(record: Any) -> tuple[str, str]:
    """Read source and id of the event in a record; empty where it has none."""
    headers = dict(record.headers)
    source, identifier = ((headers.get(name) or b"").decode("utf-8", "replace") for name in ("ce_source", "ce_id"))
    return source, identifier


def _routed(partition: TopicPartition) -> bool:
    """Tell whether a router reads it: answers and notices of bodies lie beside their events."""
    ingress = parse_from_topic(partition.topic)
    return ingress is not None and ingress.stream in set(Lane)


class Routing:
    """How far the routers have come, by what they committed. An async context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AIOKafkaAdminClient(**settings.connection())

    async def __aenter__(self) -> Self:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            await self._admin.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()

    async def past(self, positions: Mapping[TopicPartition, int], within_s: float) -> bool:
        """Wait until everything before `positions` was routed, of what is routed; whether it was."""
        waiting = {partition: offset for partition, offset in positions.items() if offset > 0 and _routed(partition)}
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while waiting:
                    done = await self._committed()
                    waiting = {each: offset for each, offset in waiting.items() if done.get(each, 0) < offset}
                    if waiting:
                        await asyncio.sleep(LOOK_EVERY_S)
        return not waiting

    async def _committed(self) -> Positions:
        found: Positions = {}
        for lane in Lane:
            group = router_group(self._settings.realm, lane)
            committed = await self._admin.list_consumer_group_offsets(group)
            found |= {partition: offset.offset for partition, offset in committed.items()}
        return found
