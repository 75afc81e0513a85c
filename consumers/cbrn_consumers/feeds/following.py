"""Kafka into the database of feeds, for as long as the process runs; and out of the current feeds what has expired.

Kafka away is waited for: what is there is still handed out, expires in time, and readiness says so.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.left_out import LeftOut
from cbrn_consumers.projecting import Projecting, heard_at
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.read import assigned, batch, catch_up, ends_of, there
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from aiokafka import AIOKafkaConsumer, TopicPartition

    from cbrn_consumers.feeds.document import Document
    from cbrn_consumers.feeds.store import Store
    from cbrn_consumers.feeds.taking import Taker
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.settings import Settings

HEARD_WITHIN: Final = timedelta(seconds=10)
"""A broker answers each request within half a second, records or not."""
EXPIRE_EVERY_S: Final = 1.0
LOOK_AGAIN_EVERY_S: Final = 60.0
"""How often topics that were not there are looked for: a partner that is new in the catalogue gets its own."""
NOT_SHOWN: Final = "a record is in no feed"

log = structlog.get_logger(__name__)


class Following(Projecting):
    """What keeps the feeds as Kafka is."""

    behind = "the feeds do not follow Kafka for now"

    def __init__(
        self, store: Store, taker: Taker, topics: Collection[str], settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        super().__init__()
        self.changed: list[asyncio.Event] = []
        """Set whenever a feed has changed; each waiter has its own, and clears it."""
        self._store, self._taker, self._wanted = store, taker, sorted(topics)
        self._settings, self._clock = settings, clock
        self._heard: datetime | None = None
        self._left_out = LeftOut()

    def fresh(self) -> bool:
        """Tell whether the feeds are as Kafka is now."""
        return self.ready.is_set() and self._heard is not None and self._clock() - self._heard < HEARD_WITHIN

    async def run(self) -> None:
        """Keep on until stopped; what has expired is taken out meanwhile."""
        expiring = asyncio.create_task(self._expire())
        try:
            await super().run()
        finally:
            expiring.cancel()
            with suppress(asyncio.CancelledError):
                await expiring

    async def _follow(self) -> None:
        found = await there(self._settings, self._wanted)
        if not found:
            raise UnknownTopicError(
                f"none of {self._wanted[0]} and its like is there, or this user may not see them",
                hint="Create them with `cbrn topics apply`; give this user its rights with `cbrn access apply`.",
            )
        partitions = sorted(one for each in found.values() for one in each)
        await asyncio.to_thread(self._taker.begin, self._store.all_of)
        known = await asyncio.to_thread(self._store.positions)
        starts = {one: known.get((one.topic, one.partition), 0) for one in partitions}
        async with assigned(self._settings, starts=starts) as (consumer, assigned_to):
            ends = await ends_of(consumer, partitions, self._settings)
            if await self._forget({one.topic for one, at in starts.items() if at > ends[one]}):
                return
            async with aclosing(catch_up(consumer, assigned_to, self._settings, ends)) as batches:
                async for records in batches:
                    await self._take(records)
                    if self._stop.is_set():
                        return
            await asyncio.to_thread(self._store.note_complete, self._clock())
            self._trouble = None
            self._note_heard(consumer, assigned_to)
            self.ready.set()
            self._tell()
            await self._go_on(consumer, assigned_to, some_missing=len(found) < len(self._wanted))

    async def _go_on(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition], *, some_missing: bool) -> None:
        loop = asyncio.get_running_loop()
        looked = loop.time()
        while not self._stop.is_set():
            await self._take(await batch(consumer, partitions, self._settings))
            self._note_heard(consumer, partitions)
            if some_missing and loop.time() - looked > LOOK_AGAIN_EVERY_S:
                looked = loop.time()
                if set(await there(self._settings, self._wanted)) - {one.topic for one in partitions}:
                    return

    async def _forget(self, remade: set[str]) -> bool:
        """Forget what came of topics that were made anew: they end before where they were read to."""
        for topic in sorted(remade):
            log.warning("a topic was made anew; what came of it is read again", topic=topic)
            await asyncio.to_thread(self._store.forget, topic, self._clock())
        return bool(remade)

    async def _take(self, records: list[Bytes]) -> None:
        if not records:
            return
        documents = await asyncio.to_thread(
            lambda: [(record.topic, each) for record in records for each in self._made(record)]
        )
        positions: dict[tuple[str, int], int] = {}
        for record in records:
            place = record.topic, record.partition
            positions[place] = max(positions.get(place, 0), record.offset + 1)
        new = await asyncio.to_thread(self._store.take, documents, positions, self._clock())
        self._left_out.tell()
        if new:
            log.info("feeds have new documents", count=len(new), feeds=sorted({one.feed for one in new}))
            self._tell()

    def _made(self, record: Bytes) -> list[Document]:
        try:
            return self._taker.take(record)
        except BusError as error:
            self._left_out.note(record, NOT_SHOWN, why=str(error), hint=error.hint)
        except Exception as error:  # noqa: BLE001 - whatever it holds, one record must not end all feeds
            self._left_out.note(record, NOT_SHOWN, why=f"this program failed on it: {error!r}"[:300])
        return []

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRE_EVERY_S)
            try:
                if await asyncio.to_thread(self._store.expire, self._clock()):
                    self._tell()
            except BusError as error:
                log.error("what has expired cannot be taken out", error=str(error), hint=error.hint)  # noqa: TRY400 - a sentence

    def _tell(self) -> None:
        for each in self.changed:
            each.set()

    def _note_heard(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        heard = heard_at(consumer, partitions)
        if heard is not None:
            self._heard = heard if self._heard is None else max(self._heard, heard)
