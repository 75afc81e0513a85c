"""A worker keeps its member in the group of the lane, from start to stop.

A membership lives until something unexpected happens; then everything of it is thrown away, producers included, and a
new one begins from what was committed: the way that every start takes. Only a batch that cannot be written is looked
into by its shard itself (`caution`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from cbrn_routing.bus.clock import explained
from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.header_names import forgive_header_names
from cbrn_routing.bus.pauses import Pauses
from cbrn_routing.shards.caution import Caution
from cbrn_routing.shards.errors import ShardsError
from cbrn_routing.shards.membership import Membership

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aiokafka import AIOKafkaConsumer

    from cbrn_routing.bus.promises import Heard
    from cbrn_routing.shards.member import Member

log = structlog.get_logger(__name__)

LEAVE_DEADLINE_S: Final = 2.0
"""For leaving the group. While it rebalances, aiokafka waits for the join to end, and the broker holds that back until
every member has answered or its session is over: other members' trouble, for which nobody waits here."""
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before a new membership; the last repeats. A membership that lasted a minute starts the list again."""
STEADY_S: Final = 60.0


class Worker:
    """A runner of a member in this process until `stop` is called."""

    def __init__(self, member: Member[Any]) -> None:
        forgive_header_names()
        self.member = member
        self.caution: defaultdict[int, Caution] = defaultdict(Caution)
        """Of each shard: what was learnt of batches that could not be written, kept from one membership to the next."""
        self.heard: Heard = {}
        self.ready = asyncio.Event()
        """Set while every shard that this process was given is running, or taking itself over."""
        self._has_run = False
        self._last_said = ""
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
        """Hold shards until stopped.

        Raises:
            ShardsError: it cannot begin; provisioning has not been done, for instance.
        """
        try:
            await self._run_memberships()
        finally:
            await self.member.close()

    async def _run_memberships(self) -> None:
        pauses = Pauses(BACKOFF_S, STEADY_S)
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await Membership(self, self._stopping).run()
            except Exception as error:
                # Before it has ever run it is not set up; afterwards a broker that starts may not know its topics yet.
                if isinstance(error, ShardsError) and not self._has_run:
                    raise
                pause, error_said = pauses.after(loop.time() - began), _said(error)
                # What repeats is said ever less often: why no broker lets it in, `bus.admission` says.
                known, self._last_said = error_said == self._last_said, error_said
                say = log.debug if known and pauses.attempts & (pauses.attempts - 1) else log.warning
                say("membership lost, beginning anew", error=error_said, pause_s=pause, attempt=pauses.attempts)
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


def _said(error: BaseException) -> str:
    error = explained(error)
    if isinstance(error, TopicAuthorizationFailedError):
        return f"{type(error).__name__}: {error}. The bus writes every topic `to.*` and `bus.*`, and reads `from.*`"
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_said(one) for one in error.exceptions)
    detail = str(error).strip()
    name = type(error).__name__
    retriable = " (retriable)" if isinstance(error, KafkaError) and error.retriable else ""
    return f"{name}: {detail}{retriable}" if detail else f"{name}{retriable}"
