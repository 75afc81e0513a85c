"""The router process: a member of its lane's group that runs the shards it is given.

A membership lives until something unexpected happens; then everything of it is thrown away, producers included, and a
new one begins from what was committed. So there is one way to recover, and it is the one that every start takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

from cbrn_routing.router.errors import RouterError, TopicsMissingError
from cbrn_routing.router.forgiving import forgive_header_names
from cbrn_routing.router.judge import Judge, RouteEngine, utc_now
from cbrn_routing.router.narrate import LogNarrator
from cbrn_routing.router.rulebooks import Rulebooks
from cbrn_routing.router.shard import Shard
from cbrn_schemas.bodies import publishers, receivers
from cbrn_schemas.topics import Lane, Realm, bus_topic, from_topic, router_group, state_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from datetime import datetime

    from cbrn_routing.router.sitting import Narrator
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

LET_GO_DEADLINE_S: Final = 7.0
"""For the last commits and for closing the producers. A stop is asked to take less than 10 s in all."""
LEAVE_DEADLINE_S: Final = 2.0
"""For leaving the group. While it rebalances, aiokafka waits for the join to end, and the broker holds that back until
every member has answered or its session is over: other members' trouble, for which nobody waits here."""
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before a new membership; the last repeats. A membership that lasted a minute starts the list again."""
STEADY_S: Final = 60.0
WATCH_EVERY_S: Final = 1.0
TOPICS_WITHIN_S: Final = 15.0
"""A broker lags behind the controller: topics that were created a moment ago are waited for, missing ones reported."""
FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
"""What one fetch brings at the most: 4,000 events of 1 kB. It bounds the router's memory."""


@dataclass(frozen=True, slots=True)
class RouterOptions:
    """What a router process is told."""

    settings: Settings
    lane: Lane
    instance: str | None = None
    """Stable name of this process among the lane's routers (static membership); unique, or two will fight for ever."""
    session_timeout_ms: int = 6_000
    clock: Callable[[], datetime] = utc_now
    narrator: Narrator | None = None
    fencing: bool = True
    """Only the test of the checker switches this off, to show that it sees the duplicates that follow."""
    topics: list[str] = field(default_factory=list)
    """Ingress topics; empty for those of every publishing body."""
    engine_of: Callable[[RuleBook], RouteEngine] | None = None
    """Makes the engine of a rule book that is put into force. Without it the router keeps the engine that it is given,
    and reads no rule books from the bus."""


class Router:
    """Runs one lane of one realm until `stop` is called."""

    def __init__(self, options: RouterOptions, engine: RouteEngine) -> None:
        forgive_header_names()
        settings = options.settings
        self.options = options
        self.realm: Realm = settings.realm
        self.topics = options.topics or ingress_topics(settings.realm, options.lane, options.clock())
        self.judge = Judge(settings.realm, options.lane, engine, options.narrator or LogNarrator(settings.lang))
        self.rulebooks = Rulebooks(settings, options.engine_of, self.judge.use) if options.engine_of else None
        self.counts: Counter[str] = Counter()
        self.ready = asyncio.Event()
        """Set while every shard that this process was given is running."""
        self._stopping = asyncio.Event()
        self._leaving: set[asyncio.Future[None]] = set()

    def stop(self) -> None:
        """Ask for a graceful stop: the batch at hand is committed, then the group is left."""
        self._stopping.set()

    async def run(self) -> None:
        """Route until stopped.

        Raises:
            TopicsMissingError: provisioning has not been done.
        """
        try:
            await self._run_memberships()
        finally:
            if self.rulebooks is not None:
                await self.rulebooks.close()

    async def _run_memberships(self) -> None:
        attempt = 0
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await _Membership(self, self._stopping).run()
            except RouterError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it was, the way back is the same: begin anew
                if loop.time() - began > STEADY_S:
                    attempt = 0
                pause = BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)]
                attempt += 1
                log.warning("membership lost, beginning anew", error=_said(error), pause_s=pause, attempt=attempt)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)

    async def leave(self, consumer: AIOKafkaConsumer) -> None:
        """Let a consumer leave its group, in the background where that takes long.

        It is not cancelled: half stopped it would go on to send heartbeats, and the group would wait for it in vain.
        """
        await asyncio.wait({self.later(consumer.stop())}, timeout=LEAVE_DEADLINE_S)

    def later(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """Finish something of a membership that is over, in the background."""
        working = asyncio.ensure_future(work)
        self._leaving.add(working)
        working.add_done_callback(self._left)
        return working

    def _left(self, stopping: asyncio.Future[None]) -> None:
        self._leaving.discard(stopping)
        if not stopping.cancelled() and (error := stopping.exception()) is not None:
            log.warning("left the group with an error", error=_said(error))


class _Membership(ConsumerRebalanceListener):
    """One membership of the group, from joining to leaving."""

    def __init__(self, router: Router, stopping: asyncio.Event) -> None:
        self._router = router
        self._options = router.options
        self._connection = router.options.settings.connection()
        self._stopping = stopping
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._shards: dict[int, Shard] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._release = asyncio.Event()
        self._closing = False
        self._changing = asyncio.Lock()
        self._consumer = AIOKafkaConsumer(
            **self._connection,
            group_id=router_group(router.realm, self._options.lane),
            group_instance_id=self._options.instance,
            # Range over topics of equal partition counts gives one member the same number of every topic.
            partition_assignment_strategy=(RangePartitionAssignor,),
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
        await self._consumer.start()
        try:
            await self._check_topics()
            if self._router.rulebooks is not None:
                await self._router.rulebooks.caught_up(self._stopping)
            self._consumer.subscribe(self._router.topics, listener=self)
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
            self._router.ready.clear()
            try:
                async with asyncio.timeout(LET_GO_DEADLINE_S):
                    await self._let_go()
            finally:
                for task in self._tasks.values():
                    task.cancel()
                self._router.later(self._close_shards())
                await self._router.leave(self._consumer)

    async def _check_topics(self) -> None:
        realm, lane = self._router.realm, self._options.lane
        needed = [*self._router.topics, state_topic(realm, lane)]
        needed += [bus_topic(realm, name) for name in ("decisions", "duties", "quarantine", "outbound")]
        if self._router.rulebooks is not None:
            needed.append(bus_topic(realm, "rulebook"))
        if not self._options.topics:
            today = self._options.clock().date()
            needed += [to_topic(realm, body, lane.delivery) for body in receivers(today)]
        deadline = asyncio.get_running_loop().time() + TOPICS_WITHIN_S
        while missing := sorted(set(needed) - await self._consumer.topics()):
            if self._stopping.is_set():
                return
            if asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(WATCH_EVERY_S / 2)
                continue
            shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")  # noqa: PLR2004
            raise TopicsMissingError(
                f"missing topics: {shown}. Run `cbrn topics apply` for realm {realm}, then start again."
            )

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Commit what is in hand, then let every shard go: the assignor is eager."""
        del revoked
        self._router.ready.clear()
        await self._let_go()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take over each shard, then start all of them.

        A membership that is over may still be given shards, by a join that was under way: it leaves them alone.
        """
        numbers = sorted({partition.partition for partition in assigned})
        async with self._changing:
            if self._closing:
                return
            log.info("shards assigned", shards=numbers, lane=self._options.lane.value)
            self._release = asyncio.Event()
            self._shards = {number: self._shard(number) for number in numbers}
            try:
                async with asyncio.TaskGroup() as group:
                    for shard in self._shards.values():
                        group.create_task(shard.take_over())
            except Exception as error:  # noqa: BLE001 - aiokafka would log it and go on with a shard that has no state
                self._fail(error)
            if self._closing or self._broken.done():
                await self._close_shards()
                return
            for shard in self._shards.values():
                task = asyncio.create_task(shard.run(self._release), name=f"shard-{shard.number}")
                task.add_done_callback(self._shard_ended)
                self._tasks[shard.number] = task
            self._router.ready.set()

    async def _watch_group(self) -> None:
        """Hear of what goes wrong in the group. aiokafka tells it to `getmany` alone, and waits until somebody asks.

        While a join is under way, and in a router that has no shards, nobody else does. The partition does not exist,
        so that no shard's records are taken.
        """
        nowhere = TopicPartition(self._router.topics[0], -1)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2 * WATCH_EVERY_S):
                    await self._consumer.getmany(nowhere, timeout_ms=int(WATCH_EVERY_S * 1000))

    def _shard(self, number: int) -> Shard:
        return Shard(
            number,
            realm=self._router.realm,
            lane=self._options.lane,
            topics=self._router.topics,
            consumer=self._consumer,
            connection=self._connection,
            judge=self._router.judge,
            clock=self._options.clock,
            transactional=None if self._options.fencing else f"unfenced-{os.getpid()}-{number}",
        )

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
            if self._tasks:
                await asyncio.wait(self._tasks.values())
            self._tasks.clear()
            for shard in self._shards.values():
                self._router.counts.update(shard.tally.counts)
            await self._close_shards()

    async def _close_shards(self) -> None:
        shards, self._shards = list(self._shards.values()), {}
        await asyncio.gather(*(shard.close() for shard in shards))


def ingress_topics(realm: Realm, lane: Lane, now: datetime) -> list[str]:
    """Ingress topics of the lane, of every body that publishes today."""
    return sorted(from_topic(realm, body, lane.value) for body in publishers(now.date()))


def _said(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_said(one) for one in error.exceptions)
    detail = str(error).strip()
    name = type(error).__name__
    retriable = " (retriable)" if isinstance(error, KafkaError) and error.retriable else ""
    return f"{name}: {detail}{retriable}" if detail else f"{name}{retriable}"
