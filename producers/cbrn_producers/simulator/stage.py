"""The simulated agencies on a real bus: each publishes with the SDK, as its own program would.

Records with a slip go past the SDK, which would refuse them: old programs write to Kafka by themselves.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from aiokafka import AIOKafkaProducer

from cbrn_producers.sdk import Agency
from cbrn_producers.simulator.script import Published, Script
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import from_topic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import TracebackType

    from cbrn_producers.sdk import Receipt
    from cbrn_producers.simulator.scenario import Step
    from cbrn_schemas.settings import Settings

ANSWER_WITHIN_S = 10.0


class Stage:
    """Connections of every body that takes part. An async context manager; opens each when it is first needed.

    `settings_of` says how a body connects: each as itself.
    """

    def __init__(self, settings_of: Callable[[str], Settings]) -> None:
        self._settings_of = settings_of
        self._stack = AsyncExitStack()
        self._agencies: dict[tuple[str, str | None], Agency] = {}
        self._careless: dict[str, AIOKafkaProducer] = {}
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def open(self, senders: Iterable[tuple[str, str | None]], careless: Iterable[str]) -> None:
        """Connect senders (body, system) before they are needed, so that the first event does not wait.

        `careless` are bodies of which a program comes that knows nothing of ours.
        """
        for body, system in dict.fromkeys(senders):
            await self._agency(body, system)
        for body in dict.fromkeys(careless):
            await self._careless_producer(body)

    async def publish(self, body: str, system: str | None, value: bytes, event_id: str) -> Receipt:
        """Publish through the SDK. Raises its errors."""
        agency = await self._agency(body, system)
        return await agency.publish(value, event_id=event_id)

    async def perform(self, step: Step, script: Script) -> Published:
        """Publish what a step says; returns once the broker has it."""
        event_id, source, value = script.write(step, datetime.now(UTC))
        if step.slip is not None:
            return await self._publish_carelessly(step, event_id, source, value)
        body, _, system = source[1:].partition("/")
        receipt = await self.publish(body, system or None, value, event_id)
        return Published(
            step,
            event_id,
            source,
            value,
            receipt.topic,
            receipt.partition,
            receipt.offset,
            round(receipt.timestamp.timestamp() * 1000),
        )

    async def _agency(self, body: str, system: str | None) -> Agency:
        async with self._opening:
            agency = self._agencies.get((body, system))
            if agency is None:
                # It speaks for many bodies, and a key for one.
                unsigned = self._settings_of(body).model_copy(update={"signing_key": None})
                agency = await self._stack.enter_async_context(Agency(body, system=system, settings=unsigned))
                self._agencies[(body, system)] = agency
            return agency

    async def _careless_producer(self, body: str) -> AIOKafkaProducer:
        async with self._opening:
            producer = self._careless.get(body)
            if producer is None:
                connection = self._settings_of(body).connection()
                producer = AIOKafkaProducer(**connection, acks="all", client_id="cbrn-old-program")
                await asyncio.wait_for(producer.start(), ANSWER_WITHIN_S)
                self._stack.push_async_callback(producer.stop)
                self._careless[body] = producer
            return producer

    async def _publish_carelessly(self, step: Step, event_id: str, source: str, value: bytes) -> Published:
        assert step.event is not None
        producer = await self._careless_producer(step.body)
        key = str(step.event.get("situation") or step.event.get("station"))
        headers = binary_headers(
            id=event_id, source=source, type=ce_type(step.event["kind"]), time=rfc3339(datetime.now(UTC))
        )
        topic = from_topic(self._settings_of(step.body).realm, step.body, step.lane)
        stored: Any = await asyncio.wait_for(
            producer.send_and_wait(topic, value, key=key.encode(), headers=headers), ANSWER_WITHIN_S
        )
        return Published(step, event_id, source, value, topic, stored.partition, stored.offset, stored.timestamp)


async def play(
    script: Script,
    *,
    speed: float,
    before: Callable[[Step], None],
    perform: Callable[[Step], Awaitable[None]],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Play every step in its time, `speed` times as fast as written.

    `before` is told what comes; `perform` does it, and may wait until the bus is done with it: in the real case minutes
    lay between two reports, so the play never lets two of them race.
    """
    for step in script.scenario.steps:
        await sleep(step.after / speed)
        before(step)
        await perform(step)
