"""The router process: it keeps a membership of its lane's group, and follows the rule books.

A membership lives until something unexpected happens; then everything of it is thrown away, producers included, and a
new one begins from what was committed: the way that every start takes. Only a batch that cannot be written is looked
into by its shard itself (`caution`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from cbrn_routing.bus.clock import explained
from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.header_names import forgive_header_names
from cbrn_routing.bus.pauses import Pauses
from cbrn_routing.router.dispatch import Judge, RouteEngine, utc_now
from cbrn_routing.router.errors import RouterError
from cbrn_routing.router.in_force import Rulebooks
from cbrn_routing.router.log import LogNarrator
from cbrn_routing.router.reporting import router_name
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.shards.caution import Caution
from cbrn_routing.shards.membership import Membership
from cbrn_schemas.catalogue.bodies import publishers
from cbrn_schemas.topics import Lane, Realm, from_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from aiokafka import AIOKafkaConsumer

    from cbrn_routing.bus.promises import Heard
    from cbrn_routing.router.batch import Narrator
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

LEAVE_DEADLINE_S: Final = 2.0
"""For leaving the group. While it rebalances, aiokafka waits for the join to end, and the broker holds that back until
every member has answered or its session is over: other members' trouble, for which nobody waits here."""
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before a new membership; the last repeats. A membership that lasted a minute starts the list again."""
STEADY_S: Final = 60.0


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
        name = router_name(options.lane, options.instance)
        self.rulebooks = (
            Rulebooks(settings, options.engine_of, self.judge.use, name=name) if options.engine_of else None
        )
        self.counts: Counter[str] = Counter()
        self.caution: defaultdict[int, Caution] = defaultdict(Caution)
        """Of each shard: what was learnt of batches that could not be written, kept from one membership to the next."""
        self.heard: Heard = {}
        self.ready = asyncio.Event()
        """Set while every shard that this process was given is running, or taking itself over."""
        self._has_run = False
        self._stopping = asyncio.Event()
        self._leaving: set[asyncio.Future[None]] = set()

    def now_runs(self) -> None:
        """Say that every shard that this process was given is running."""
        self._has_run = True
        self.ready.set()

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
        pauses = Pauses(BACKOFF_S, STEADY_S)
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await Membership(self, self._stopping).run()
            except Exception as error:
                # Before it has ever run it is not set up; afterwards a broker that starts may not know its topics yet.
                if isinstance(error, RouterError) and not self._has_run:
                    raise
                pause, error_said = pauses.after(loop.time() - began), _said(error)
                log.warning("membership lost, beginning anew", error=error_said, pause_s=pause, attempt=pauses.attempts)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)

    async def leave(self, consumer: AIOKafkaConsumer) -> None:
        """Let a consumer leave its group, in the background where that takes long.

        It is not cancelled: half stopped it would go on to send heartbeats, and the group would wait for it in vain.
        """
        await asyncio.wait({self.later(stop_reading(consumer))}, timeout=LEAVE_DEADLINE_S)

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


def ingress_topics(realm: Realm, lane: Lane, now: datetime) -> list[str]:
    """Ingress topics of the lane, of every body that publishes today."""
    return sorted(from_topic(realm, body, lane.value) for body in publishers(local_day(now), ahead=True))


def _said(error: BaseException) -> str:
    error = explained(error)
    if isinstance(error, TopicAuthorizationFailedError):
        return f"{type(error).__name__}: {error}. A router writes every topic `to.*` and `bus.*`, and reads `from.*`"
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_said(one) for one in error.exceptions)
    detail = str(error).strip()
    name = type(error).__name__
    retriable = " (retriable)" if isinstance(error, KafkaError) and error.retriable else ""
    return f"{name}: {detail}{retriable}" if detail else f"{name}{retriable}"
