"""The rule book in force, as the bus says: the topic `cbrn.bus.rulebook`, read to its end at start and then followed.

Whoever may write to the topic still cannot change what is decided: each record is verified here against this machine's
own trust file, and its book is proved, before the dispatcher is handed another engine. Whatever is wrong, the book in
force stays in force, the log says why, and so does the router's report.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog
from aiokafka import TopicPartition

from cbrn_routing.activation import (
    ActivationError,
    Candidate,
    Ladder,
    Posted,
    Trust,
    by_precedence,
    candidate,
    refuse_older,
)
from cbrn_routing.activation.status import REFUSALS_MAX, Refusal, RulebookStatus, shortened
from cbrn_routing.bus.pauses import Pauses
from cbrn_routing.bus.read import assigned, batch, catch_up, read_all
from cbrn_routing.router.proof_process import proved_apart
from cbrn_routing.router.reporting import Reporter
from cbrn_schemas.records import broker_time
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.decide import Engine
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

CAUGHT_UP_WITHIN_S: Final = 30.0
"""A router that has just started waits so long for the book in force, its proof included (2 s where nothing else runs);
then alerts go out by the book that it has, since a late alert is worse than one by the former book. It says so, and
goes on trying. Whoever starts a router waits a minute for it."""
PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Before the topic is read anew; the last repeats, and after a steady minute the first comes again."""
STEADY_S: Final = 60.0
CANDIDATES_MAX: Final = 32
"""Signed books kept while the history is read, the newest: 1 MB each at the most."""


class InForce(NamedTuple):
    """The book by which a router decides."""

    sequence: int
    """0 for the book that this software ships."""
    digest: str | None
    since: datetime | None
    """When the broker took it."""
    signers: tuple[str, ...] = ()
    offset: int | None = None
    taken: datetime | None = None
    """When this router changed over, by its own clock."""


SHIPPED: Final = InForce(0, None, None)


class Rulebooks:
    """The follower that hands the dispatcher an engine of each book that is put into force."""

    def __init__(
        self,
        settings: Settings,
        engine_of: Callable[[RuleBook], Engine],
        use: Callable[[Engine], None],
        prove: Callable[[Candidate], Awaitable[RuleBook]] = proved_apart,
        name: str | None = None,
    ) -> None:
        """Take a `name`, the router's in its reports; without one it makes none."""
        self.in_force = SHIPPED
        self.considered = -1
        """Offset up to which every record was taken or refused."""
        self._settings = settings
        self._engine_of = engine_of
        self._use = use
        self._prove = prove
        self._read = asyncio.Event()
        """Set once everything that was on the topic has been considered."""
        self._told: set[int] = set()
        """Offsets beyond `considered` whose refusal was told: a second reading must not tell it again."""
        self._following: asyncio.Task[None] | None = None
        self._name = name or ""
        self._reporter = Reporter(settings.connection(), settings.realm, name) if name else None
        self._reporting: asyncio.Task[None] | None = None
        self._refusals: deque[Refusal] = deque(maxlen=REFUSALS_MAX)
        self._problem: str | None = None

    async def caught_up(self, stopping: asyncio.Event) -> None:
        """Follow the topic from now on. The first call waits for the book in force; see `CAUGHT_UP_WITHIN_S`."""
        if self._following is not None:
            return
        self._following = asyncio.create_task(self._follow(), name="rule-books")
        if self._reporter is not None:
            self._reporting = asyncio.create_task(self._reporter.run(), name="rule-book-status")
        awaited = [asyncio.create_task(event.wait()) for event in (self._read, stopping)]
        done, _ = await asyncio.wait(awaited, timeout=CAUGHT_UP_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        for task in awaited:
            task.cancel()
        if not done:
            log.error(
                "the rule book in force is not known: alerts go out by the book that this router has",
                waited_s=CAUGHT_UP_WITHIN_S,
                **self._said(),
                hint="See the warnings above; it changes over as soon as the book can be read and proved.",
            )

    async def close(self) -> None:
        """Follow no longer, and report no longer."""
        for task in (self._following, self._reporting):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _follow(self) -> None:
        pauses = Pauses(PAUSES_S, STEADY_S)
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._follow_once()
            except Exception as error:  # noqa: BLE001 - whatever it was: the book stays in force, and it is tried again
                pause = pauses.after(loop.time() - began)
                self._report(f"{type(error).__name__}: {error}")
                log.error(  # noqa: TRY400 - a sentence, not a traceback
                    "the rule book's topic cannot be followed; the book in force stays",
                    error=f"{type(error).__name__}: {error}",
                    hint=getattr(error, "hint", None),
                    pause_s=pause,
                    **self._said(),
                )
                await asyncio.sleep(pause)

    async def _follow_once(self) -> None:
        """Read from the beginning, then for ever. What lies there at first is weighed as a whole, then as it comes."""
        ladder, settings = Ladder(), self._settings
        waiting: list[Candidate] = []
        read = -1
        async with assigned(settings, starts=_beginning(settings)) as (reader, partitions):
            async with aclosing(catch_up(reader, partitions, settings)) as batches:
                async for records in batches:
                    waiting = await self._weighed(records, ladder, waiting)
                    read = records[-1].offset if records else read
            while True:
                await self._put_into_force(waiting)
                news = read > self.considered or not self._read.is_set() or self._problem is not None
                self.considered = max(self.considered, read)
                self._told.clear()
                self._read.set()
                if news:
                    self._report()
                records = await batch(reader, partitions, settings)
                waiting = await self._weighed(records, ladder)
                read = records[-1].offset if records else read

    async def _weighed(
        self, records: list[Bytes], ladder: Ladder, waiting: Iterable[Candidate] = ()
    ) -> list[Candidate]:
        """Return what may be put into force of the records and of what was waiting, in the order of precedence."""
        if not records:
            return list(waiting)
        trust = await asyncio.to_thread(Trust.read, self._settings.rulebook_signers)
        return by_precedence([*waiting, *self._signed(map(_posted, records), trust, ladder)])[:CANDIDATES_MAX]

    def _signed(self, records: Iterable[Posted], trust: Trust, ladder: Ladder) -> Iterable[Candidate]:
        """Yield those that two persons signed and that are newer than the book in force; the others are told of."""
        for posted in records:
            try:
                ladder.climb(posted)
                if posted.activation is not None:
                    refuse_older(posted.activation.sequence, self.in_force.sequence)
                yield candidate(posted, trust, self._settings.realm)
            except ActivationError as error:
                self._tell_refused(posted, error)

    async def _put_into_force(self, candidates: Iterable[Candidate]) -> None:
        """Put the first that passes into force, in the order of precedence."""
        for one in candidates:
            try:
                book = await self._prove(one)
            except ActivationError as error:
                self._tell_refused(one.posted, error)
                continue
            engine = await asyncio.to_thread(self._engine_of, book)
            # From here to the end nothing waits, and deciding never does: so the change falls between two batches.
            self._use(engine)
            signers = tuple(map(str, one.signers))
            place, taken = one.posted.offset, datetime.now(UTC)
            self.in_force = InForce(one.activation.sequence, book.digest, one.posted.at, signers, place, taken)
            log.info("rule book in force", **self._said(), signed_by=signers, offset=one.posted.offset)
            return

    def _tell_refused(self, posted: Posted, error: ActivationError) -> None:
        if posted.offset <= self.considered or posted.offset in self._told:
            return
        self._told.add(posted.offset)
        self._refusals.append(
            Refusal(
                offset=posted.offset,
                sequence=posted.activation.sequence if posted.activation else None,
                why=shortened(str(error)),
                hint=shortened(error.hint),
                at=datetime.now(UTC),
            )
        )
        log.warning(
            "rule book refused; the one in force stays",
            offset=posted.offset,
            refused=posted.activation.sequence if posted.activation else None,
            why=str(error),
            hint=error.hint,
            **self._said(),
        )

    def _report(self, problem: str | None = None) -> None:
        """Give the reporter what is so now; it writes when it can."""
        self._problem = problem
        if self._reporter is None:
            return
        book = self.in_force
        status = RulebookStatus(
            router=self._name,
            lane=self._name.partition("/")[0],
            sequence=book.sequence,
            digest=book.digest,
            offset=book.offset,
            since=book.since,
            taken=book.taken,
            considered=self.considered,
            refused=tuple(self._refusals),
            problem=None if problem is None else shortened(problem),
            at=datetime.now(UTC),
        )
        self._reporter.report(status)

    def _said(self) -> dict[str, Any]:
        digest = self.in_force.digest
        return {"sequence": self.in_force.sequence, "rulebook": digest[:12] if digest else "shipped"}


async def read_activations(settings: Settings) -> tuple[Posted, ...]:
    """Read everything on the realm's rule book topic, in order; read but not verified.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    return tuple(map(_posted, await read_all(settings, starts=_beginning(settings))))


def _beginning(settings: Settings) -> dict[TopicPartition, int]:
    """Tell where the history begins. It lies in one partition, whatever the shards: its order counts."""
    return {TopicPartition(bus_topic(settings.realm, "rulebook"), 0): 0}


def _posted(record: Any) -> Posted:
    at = broker_time(record.timestamp, record.timestamp_type, datetime.now(UTC))
    return Posted.of(record.offset, at, record.key, record.value)
