"""One pool of workers and one outer deadline for one kind of channel: what hangs delays nobody else.

Each address has a queue of its own, gravest first, and one attempt at a time: so a dead address holds one worker at the
most, and then rests. Addresses whose last attempt failed share half of the workers, so that however many are dead,
those that live find one. Bounded throughout: what finds no room is given up, and that is said.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from cbrn_consumers.notify.channel import Channel, Outcome, Sendable, SendableT_contra, passing, refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WORKERS: Final = 64
DEADLINE_S: Final = 15.0
PAUSES_S: Final = (2.0, 5.0, 15.0, 30.0, 60.0, *(120.0,) * 28)
"""Pauses between attempts at one notice, and of an address that fails; one attempt more than pauses: an hour."""
WAITING_MAX: Final = 5_000
"""Notices that wait in one pool: some 4 kB each, 20 MB."""
STOP_WITHIN_S: Final = 5.0
NO_ROOM: Final = "no room: too many notices wait for this kind of channel"


SendableT = TypeVar("SendableT", bound=Sendable)


class Tell(Protocol[SendableT_contra]):
    """Is told of each attempt."""

    def __call__(self, one: SendableT_contra, outcome: Outcome, attempt: int, /, *, last: bool) -> Awaitable[None]:
        """Note what came of a notice, in which attempt from 1, and whether there will be another."""


@dataclass(frozen=True, slots=True, order=True)
class Job(Generic[SendableT]):
    """A notice that waits, by how it is sorted."""

    grave: int
    number: int
    attempt: int = field(compare=False)
    notice: SendableT = field(compare=False)
    address: str = field(compare=False)


@dataclass(slots=True)
class _Address(Generic[SendableT]):
    waiting: list[Job[SendableT]] = field(default_factory=list)
    failures: int = 0
    """In a row."""
    task: asyncio.Task[None] | None = None


class Pool(Generic[SendableT]):
    """The workers of one kind of channel."""

    def __init__(
        self,
        channel: Channel[SendableT],
        tell: Tell[SendableT],
        *,
        workers: int = WORKERS,
        deadline_s: float = DEADLINE_S,
        pauses_s: tuple[float, ...] = PAUSES_S,
        waiting_max: int = WAITING_MAX,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.channel = channel
        self._tell = tell
        self._deadline_s = deadline_s
        self._pauses_s = pauses_s
        self._waiting_max = waiting_max
        self._sleep = sleep
        self._workers = asyncio.Semaphore(workers)
        self._doubtful = asyncio.Semaphore(max(1, workers // 2))
        self._addresses: dict[str, _Address[SendableT]] = {}
        self._number = 0
        self.waiting = 0
        """Notices that are not done with."""

    async def put(self, notice: SendableT, address: str) -> None:
        """Take a notice; return once it has a place in the queue of its address, or was given up for want of room."""
        if self.waiting >= self._waiting_max:
            await self._tell(notice, refused(NO_ROOM), 0, last=True)
            return
        self.waiting += 1
        self._number += 1
        grave = 0 if notice.severity == "Extreme" else 1
        one = self._addresses.setdefault(address, _Address[SendableT]())
        heappush(one.waiting, Job(grave, self._number, 1, notice, address))
        if one.task is None:
            one.task = asyncio.create_task(self._serve(address, one))

    async def close(self) -> None:
        """Stop; what was under way is cut off, and comes again at the next start under the same id."""
        tasks = [one.task for one in self._addresses.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
        await self.channel.close()

    async def _serve(self, address: str, one: _Address[SendableT]) -> None:
        try:
            while one.waiting:
                if one.failures:
                    await self._sleep(self._pauses_s[min(one.failures, len(self._pauses_s)) - 1])
                await self._next(one)
        finally:
            # Nothing is awaited since the queue was seen empty, so nothing can have come in between.
            del self._addresses[address]

    async def _next(self, one: _Address[SendableT]) -> None:
        async with AsyncExitStack() as worker:
            if one.failures:
                await worker.enter_async_context(self._doubtful)
            await worker.enter_async_context(self._workers)
            job = heappop(one.waiting)  # only now: something graver may have come meanwhile
            outcome = await self._attempt(job)
        again = not outcome.sent and outcome.recoverable and job.attempt <= len(self._pauses_s)
        one.failures = one.failures + 1 if not outcome.sent and outcome.recoverable else 0
        if again:
            heappush(one.waiting, replace(job, attempt=job.attempt + 1))
        else:
            self.waiting -= 1
        await self._tell(job.notice, outcome, job.attempt, last=not again)

    async def _attempt(self, job: Job[SendableT]) -> Outcome:
        try:
            async with asyncio.timeout(self._deadline_s) as bound:
                return await self.channel.send(job.notice, job.address)
        except Exception as error:  # noqa: BLE001 - whatever a channel raises, it is one attempt that failed
            if bound.expired():
                return passing(f"no answer within {self._deadline_s:g} s; it may have gone out")
            return passing(f"failed: {type(error).__name__}")
