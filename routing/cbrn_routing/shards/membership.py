"""One membership of the lane's group: the shards that it is given are taken over, run, and let go."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.inside import gather
from cbrn_routing.bus.leaving import leave_for_good
from cbrn_routing.shards.assignor import shard_assignor
from cbrn_routing.shards.errors import ShardsError, StaleAssignmentError
from cbrn_routing.shards.lane_topics import LaneTopics, count_partitions
from cbrn_routing.shards.shard import Shard, Shared
from cbrn_routing.shards.stalls import STALL_S, Stalls
from cbrn_routing.shards.stuck import StuckReaders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_routing.shards.worker import Worker

log = structlog.get_logger(__name__)

LET_GO_DEADLINE_S: Final = 7.0
"""For the last commits and for closing the producers. A stop is asked to take less than 10 s in all."""
START_GIVEN_UP_AFTER_S: Final = 3.0
"""How long a rebalance or a stop waits for take-overs that are under way."""
WATCH_EVERY_S: Final = 1.0
TOPICS_WITHIN_S: Final = 15.0
"""A broker lags behind the controller: topics that were created a moment ago are waited for, missing ones reported."""
FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
"""What one fetch brings at the most: 4,000 events of 1 kB. It bounds the process's memory."""


class Membership(ConsumerRebalanceListener):
    """A membership, from joining the group to leaving it. Whatever goes wrong ends it; the worker begins another."""

    def __init__(self, worker: Worker, stopping: asyncio.Event) -> None:
        self._worker = worker
        self._member = worker.member
        self._options = worker.member.options
        self._connection = self._options.settings.connection()
        self._stopping = stopping
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._shards: dict[int, Shard] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._release = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None
        self._closing = False
        self._changing = asyncio.Lock()
        self._topics: LaneTopics
        self._consumer: AIOKafkaConsumer
        self._was_ready = False
        self._stalls = Stalls()

    def _new_consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **self._connection,
            group_id=self._member.group,
            group_instance_id=self._options.instance,
            partition_assignment_strategy=(shard_assignor(self._topics.shards),),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=self._options.session_timeout_ms,
            heartbeat_interval_ms=self._options.session_timeout_ms // 4,
            rebalance_timeout_ms=15_000,
            max_poll_interval_ms=60_000,
            fetch_max_wait_ms=100,
            fetch_max_bytes=FETCH_BYTES_MAX,
            max_partition_fetch_bytes=FETCH_BYTES_MAX // 16,
        )

    async def run(self) -> None:
        """Hold shards until the worker is to stop.

        Raises:
            ShardsError: it cannot begin at all.
            Exception: anything else that broke the membership.
        """
        topics = await self._wait_for_topics()
        if topics is None:
            return
        self._topics = topics
        self._consumer = self._new_consumer()
        try:
            await self._consumer.start()
        except BaseException:
            self._worker.later(stop_reading(self._consumer))  # half started it would be reported as forgotten
            raise
        wire = gather(self._consumer)
        looking = asyncio.create_task(self._stalls.watch(partial(wire.unanswered, STALL_S)))
        try:
            await self._member.prepare(self._stopping)
            self._consumer.subscribe(self._topics.read, listener=self)
            watching = asyncio.create_task(self._watch_group())
            watching.add_done_callback(self._shard_ended)
            stopped: asyncio.Future[Any] = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait({stopped, self._broken}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopped.cancel()
                watching.cancel()
            if self._broken.done():
                self._broken.result()
        finally:
            self._closing = True
            self._worker.ready.clear()
            try:
                async with asyncio.timeout(LET_GO_DEADLINE_S):
                    await self._let_go()
            finally:
                looking.cancel()
                for task in self._tasks.values():
                    task.cancel()
                self._worker.later(self._close_shards())
                await self._worker.leave(self._consumer)
                if self._options.instance is not None and not self._was_ready:
                    await self._leave_for_good(self._options.instance)

    async def _wait_for_topics(self) -> LaneTopics | None:
        """Return the topics, once all are there; None where the worker is to stop before."""
        deadline = asyncio.get_running_loop().time() + TOPICS_WITHIN_S
        while not self._stopping.is_set():
            try:
                return self._member.topics(await count_partitions(self._connection))
            except ShardsError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(WATCH_EVERY_S / 2)
        return None

    async def _leave_for_good(self, instance: str) -> None:
        """Leave the group, so that the next join begins from nothing: what it gave was of no use."""
        try:
            await leave_for_good(self._connection, self._member.group, instance)
        except (KafkaError, TimeoutError) as error:
            log.warning(
                "could not leave the group: it keeps this router's former shards until its session is over",
                instance=instance,
                error=f"{type(error).__name__}: {error}",
                session_s=self._options.session_timeout_ms / 1000,
            )

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Commit what is in hand, then let every shard go: the assignor is eager."""
        del revoked
        self._worker.ready.clear()
        await self._let_go()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take over each shard, then start all of them.

        A membership that is over may still be given shards, by a join that was under way: it leaves them alone.
        """
        assigned = set(assigned)
        shards, misplaced = self._topics.shards, self._topics.misplaced
        numbers = sorted({one.partition % shards for one in assigned if one.topic == misplaced})
        async with self._changing:
            if self._closing:
                return
            log.info("shards assigned", shards=numbers, lane=self._member.lane.value)
            self._topics = self._topics.with_counts(_counted(assigned, self._topics, self._consumer))
            self._tell_odd()
            if missing := _missing(assigned, self._topics, numbers):
                self._fail(StaleAssignmentError(f"the group left out {missing}: it gave what a former life read"))
                return
            self._release = asyncio.Event()
            known = self._member, self._topics, self._consumer, self._connection, self._worker.heard
            shared = Shared(*known, stalls=self._stalls)
            self._shards = {number: Shard(number, shared, self._worker.caution[number]) for number in numbers}
            self._starting = asyncio.create_task(self._start(self._release))
            self._starting.add_done_callback(self._shard_ended)

    async def _start(self, release: asyncio.Event) -> None:
        """Take every shard over, then start all of them.

        Beside the group's own business: aiokafka sends no heartbeat while it tells of an assignment, and a take-over
        that waits for a slow broker would cost the membership. Each is seen to its end, since one that is interrupted
        leaves more to be put right.
        """
        shards = list(self._shards.values())
        for outcome in await asyncio.gather(*(shard.take_over() for shard in shards), return_exceptions=True):
            if isinstance(outcome, BaseException):
                self._fail(outcome)
        if release.is_set() or self._closing or self._broken.done():
            return
        for shard in shards:
            task = asyncio.create_task(shard.run(release), name=f"shard-{shard.number}")
            task.add_done_callback(self._shard_ended)
            self._tasks[shard.number] = task
        self._was_ready = True
        self._worker.now_runs()

    def _tell_odd(self) -> None:
        """Say which topics have another number of partitions than there are shards. Nothing of them is lost."""
        for topic, count in self._topics.odd.items():
            log.error(
                "a topic has another number of partitions than the lane has shards",
                topic=topic,
                partitions=count,
                shards=self._topics.shards,
                hint="All of it is routed, if somewhat later. Partitions cannot be taken away: make the topic anew "
                "with the right number when its records are through (`cbrn topics plan` shows it).",
            )

    async def _watch_group(self) -> None:
        """Hear of what goes wrong in the group. aiokafka tells it to `getmany` alone, and waits until somebody asks.

        While a join is under way, and in a process that has no shards, nobody else does. The partition does not exist,
        so that no shard's records are taken.
        """
        nowhere = TopicPartition(self._topics.misplaced, -1)
        stuck = StuckReaders(self._consumer)
        while True:
            stuck.look(asyncio.get_running_loop().time())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2 * WATCH_EVERY_S):
                    await self._consumer.getmany(nowhere, timeout_ms=int(WATCH_EVERY_S * 1000))

    def _shard_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._broken.done():
            self._broken.set_exception(error)

    async def _let_go(self) -> None:
        self._release.set()
        # A rebalance and the membership's end may ask for it at once: closing a producer under a commit would abort it.
        async with self._changing:
            if self._starting is not None:
                await self._give_up_start(self._starting)
                self._starting = None
            if self._tasks:
                await asyncio.wait(self._tasks.values())
            self._tasks.clear()
            await self._close_shards()

    async def _give_up_start(self, starting: asyncio.Task[None]) -> None:
        """Wait for take-overs under way, for as long as others can wait; each has its own end."""
        await asyncio.wait({starting}, timeout=START_GIVEN_UP_AFTER_S)
        starting.cancel()
        await asyncio.wait({starting})

    async def _close_shards(self) -> None:
        shards, self._shards = list(self._shards.values()), {}
        await asyncio.gather(*(shard.close() for shard in shards))


def _counted(assigned: set[TopicPartition], topics: LaneTopics, consumer: AIOKafkaConsumer) -> Mapping[str, int]:
    """Count the partitions of what is read, as the client knows them now: somebody may have added some."""
    known = {topic: len(consumer.partitions_for_topic(topic) or ()) for topic in topics.read}
    for one in assigned:
        known[one.topic] = max(known.get(one.topic, 0), one.partition + 1)
    return {topic: count for topic, count in known.items() if count}


def _missing(assigned: set[TopicPartition], topics: LaneTopics, numbers: list[int]) -> str | None:
    """Find the first partition that is missing of the shards given, if any.

    Further partitions of a topic with too many may come later: whoever deals them may not have heard of them yet.
    """
    for topic in topics.read:
        for number in numbers:
            if number < topics.partitions[topic] and TopicPartition(topic, number) not in assigned:
                return f"{topic}/{number}"
    return None
