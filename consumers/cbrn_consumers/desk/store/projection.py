"""Kafka into the database, for as long as the desk runs. Thin: what a batch changes is decided by `keeping`.

Kafka or the database away is waited for; nothing is lost by it, and the pulse says so.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from cbrn_consumers.desk.store.records import ALERTS, MONITORING, NOTICES, RECEIPTS, STANDING, place_of
from cbrn_consumers.desk.store.shown import Pulse
from cbrn_consumers.projecting import Projecting, heard_at
from cbrn_consumers.standing.reader import told_bodies
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.read import assigned, batch, catch_up, ends_of, offsets_at, there
from cbrn_schemas.topics import from_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiokafka import AIOKafkaConsumer, TopicPartition

    from cbrn_consumers.desk.store.database import Whose
    from cbrn_consumers.desk.store.store import Store
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

FAR_BEHIND: Final = 2_000
"""Records from which on they are taken first and folded afterwards."""
TOGETHER_MAX: Final = 5_000
"""Records of a transaction: what a page waits for a while it is written, at the most a second."""
HEARD_WITHIN_S: Final = 5.0
"""A broker answers each request within half a second, records or not."""
READINGS_KEPT: Final = timedelta(days=7)
TIDY_EVERY_S: Final = 3600.0
LOOK_AGAIN_EVERY_S: Final = 300.0
"""How often topics that were not there are looked for."""
OWN: Final = (RECEIPTS, NOTICES, "shifts", "silences")


def topics_of(whose: Whose) -> list[str]:
    """List the topics out of which a desk's database is made."""
    realm, body = whose.realm, whose.body
    found = [to_topic(realm, body, stream) for stream in (ALERTS, MONITORING, STANDING)]
    found += [from_topic(realm, body, stream) for stream in OWN]
    if whose.all:
        others = [code for code in told_bodies() if code != body]
        found += [to_topic(realm, code, ALERTS) for code in others]
        found += [from_topic(realm, code, RECEIPTS) for code in others]
    return found


class Projection(Projecting):
    """What keeps a desk's database as Kafka is."""

    behind = "the desk's database does not follow Kafka for now"

    def __init__(
        self, store: Store, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__()
        self.store = store
        self._settings = settings
        self._clock = clock
        self._consumer: AIOKafkaConsumer | None = None
        self._partitions: list[TopicPartition] = []
        self._missing = 0
        self._behind = 0
        self._last_heard: datetime | None = None
        self._caught_up = False
        self._taking: datetime | None = None
        store.beat = self.pulse

    def pulse(self) -> Pulse:
        """Tell how well the database follows Kafka.

        What Kafka has said and the database does not hold was not heard: it is full, or locked, or not filled yet.
        """
        heard = heard_at(self._consumer, self._partitions) if self._caught_up and self._consumer is not None else None
        if heard is not None and self._taking is not None:
            heard = min(heard, self._taking)
        if heard is not None and (self._last_heard is None or heard > self._last_heard):
            self._last_heard = heard
        fresh = heard is not None and (self._clock() - heard).total_seconds() < HEARD_WITHIN_S
        return Pulse(self._last_heard, fresh, self._behind, self.ready.is_set(), self._trouble)

    def _let_go(self) -> None:
        self.pulse()  # what was heard last is remembered beyond the consumer
        self._consumer, self._caught_up, self._taking = None, False, None

    async def fill(self) -> None:
        """Take all that is there, and end.

        Raises:
            BusError: Kafka or the database does not answer.
        """
        try:
            while not self.ready.is_set():
                await self._follow(only_fill=True)
        finally:
            self._consumer = None

    async def _follow(self, *, only_fill: bool = False) -> None:
        partitions = await self._topics()
        await asyncio.to_thread(self.store.open_again)
        known = await asyncio.to_thread(self.store.keeping.positions)
        starts = {one: known.get((one.topic, one.partition), 0) for one in partitions}
        async with assigned(self._settings, starts=starts) as (consumer, self._partitions):
            self._consumer = consumer
            ends = await ends_of(consumer, partitions, self._settings)
            if await self._forget({one.topic for one, at in starts.items() if at > ends[one]}):
                return
            await self._skip_old_readings(consumer, starts)
            await self._catch_up(consumer, ends)
            if not only_fill:
                await self._go_on(consumer)

    async def _topics(self) -> list[TopicPartition]:
        wanted = topics_of(self.store.whose)
        found = await there(self._settings, wanted)
        if not found:
            raise UnknownTopicError(f"none of {wanted[0]} and its like is there, or this user may not see them")
        self._missing = len(wanted) - len(found)
        return sorted(one for partitions in found.values() for one in partitions)

    async def _forget(self, remade: set[str]) -> bool:
        """Forget what came of topics that were made anew: they end, or go on, before where they were read to."""
        for topic in sorted(remade):
            log.warning("a topic was made anew; what came of it is read again", topic=topic)
            changed = await asyncio.to_thread(self.store.keeping.forget, topic)
            self.store.forget(topic)
            self.store.changed(changed)
        return bool(remade)

    async def _skip_old_readings(self, consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int]) -> None:
        fresh = [one for one in self._partitions if place_of(one.topic).stream == MONITORING and not starts[one]]
        if fresh:
            since = self._clock() - READINGS_KEPT
            for one, offset in (await offsets_at(consumer, fresh, self._settings, since)).items():
                consumer.seek(one, offset)

    async def _catch_up(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> None:
        """Take what is there; of much the records first, then each situation once."""
        positions = {one: await consumer.position(one) for one in self._partitions}
        far = sum(max(0, end - positions[one]) for one, end in ends.items()) > FAR_BEHIND
        if far:
            log.info("the desk's database is far behind, and is filled")
        async with aclosing(catch_up(consumer, self._partitions, self._settings, ends)) as batches:
            async for taken in batches:
                await self._take(taken, fold_now=not far)
                await self._measure(consumer)
                if self._stop.is_set():
                    return
        await self._fold_rest()
        self._trouble, self._caught_up = None, True
        self.ready.set()

    async def _fold_rest(self) -> None:
        """Fold what was only taken, by this process or one that ended in the middle of it."""
        folding = self.store.keeping.catch_up()
        while not self._stop.is_set():
            changed = await asyncio.to_thread(next, folding, None)
            if changed is None:
                return
            self.store.changed(changed)

    async def _go_on(self, consumer: AIOKafkaConsumer) -> None:
        loop = asyncio.get_running_loop()
        looked, tidied = loop.time(), float("-inf")
        while not self._stop.is_set():
            await self._take(await batch(consumer, self._partitions, self._settings))
            await self._measure(consumer)
            if self.store.database.replaced:
                log.warning("the desk's database was deleted or replaced; it is filled again from Kafka")
                return
            if loop.time() - tidied > TIDY_EVERY_S:
                tidied = loop.time()
                await self._tidy()
            if self._missing and loop.time() - looked > LOOK_AGAIN_EVERY_S:
                looked = loop.time()
                if set(await self._topics()) - set(self._partitions):
                    return

    async def _take(self, taken: list[Bytes], **how: Any) -> None:
        """Take records.

        Raises:
            StoreError: the database does not answer.
            UnknownTopicError: a topic was made anew while it was read; what came of the old one is forgotten.
        """
        if await self._forget({one.topic for one in taken if self.store.heard(one)}):
            raise UnknownTopicError("a topic was deleted and made anew while it was read", hint="It is read again.")
        for start in range(0, len(taken), TOGETHER_MAX):
            self._taking = self._clock()
            await self.store.take(taken[start : start + TOGETHER_MAX], **how)
        self._taking = None

    async def _tidy(self) -> None:
        now = self._clock()
        kept_since = now - timedelta(days=self._settings.desk_keep_days)
        changed = await asyncio.to_thread(self.store.keeping.tidy, kept_since, now - READINGS_KEPT)
        self.store.changed(changed)

    async def _measure(self, consumer: AIOKafkaConsumer) -> None:
        """Count what is known to be there beyond what was taken; ends of transactions are no records, and counted."""
        ends = {one: consumer.last_stable_offset(one) for one in self._partitions}
        self._behind = sum([max(0, (end or 0) - await consumer.position(one)) for one, end in ends.items()])
