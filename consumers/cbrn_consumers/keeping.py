"""A process of which a realm has one: it keeps a topic of the bus, and applies to it what persons decide.

A second one fences the first. It keeps no state of its own: what it has done stands on its topic, which it reads behind
the fence, so that a restart, or a decision that comes again, changes nothing. Whose word counts it judges by its own
trust file; without one it can verify nobody's.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Final

import structlog
from aiokafka.errors import IllegalOperation, KafkaError, ProducerFenced, UnknownTopicOrPartitionError

from cbrn_consumers.errors import SecondKeeperError
from cbrn_consumers.left_out import LeftOut
from cbrn_routing.activation import Trust, TrustFileError
from cbrn_routing.bus.clock import ClockError, check_clock, now_ms, utc_now
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.explaining import explained
from cbrn_routing.bus.producer import BrokenConnectionError
from cbrn_routing.bus.read import assigned, batch, catch_up, there, written
from cbrn_routing.bus.write import only_writer
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.person_decision import DecisionError, PersonDecision, UnreadDecision, read_decision
from cbrn_schemas.topics import bus_topic, decisions_topic, parse_from_topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from datetime import datetime

    from aiokafka import AIOKafkaProducer
    from aiokafka.structs import RecordMetadata

    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.settings import Settings

LOOK_EVERY_MS: Final = 1_000
"""How often time is looked at; also how soon what is new is seen to, or that it is to stop, at the latest."""
AGAIN_AFTER_S: Final = 2.0
"""How long it waits for a broker that is away, before it tries again."""
WRITE_WITHIN_S: Final = 20.0
STALLED_AFTER_S: Final = 120.0
"""Without progress at the start: a router that has died may hold the topic back."""
TOPICS_EVERY_S: Final = 60.0
"""How often it is looked whether a body has got its topic of decisions, where one had none."""

log = structlog.get_logger(__name__)


class Keeper(ABC):
    """A program that keeps its topic until `stop` is called."""

    name: ClassVar[str]
    """What messages call it."""
    role: ClassVar[str]
    """As in `cbrn run ROLE`."""
    writer: ClassVar[str]
    """Name of its transactional producer in the realm."""
    former: ClassVar[tuple[str, ...]] = ()
    """Names of writers that its topic had before: nobody else is there to end what a broker left open of theirs."""
    keeps: ClassVar[str]
    """Name of the bus's topic that it keeps."""
    follows: ClassVar[tuple[str, ...]] = ()
    """Names of further topics of the bus, from which `take` gets records, too."""
    decides: ClassVar[type[PersonDecision]]
    """The decisions that are its business."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self.topic = bus_topic(settings.realm, self.keeps)
        self._own = {self.topic, *(bus_topic(settings.realm, name) for name in self.follows)}
        self.trust = Trust()
        self.pending: dict[str, PersonDecision | UnreadDecision] = {}
        """Decisions that have not been looked at, by id, in the order in which they came; of one that came again the
        first."""
        self.ready = asyncio.Event()
        """Set once everything that was there has been read and seen to."""
        self._stopping, self._broken = asyncio.Event(), asyncio.Event()
        self._has_lived = False
        self.left_out = LeftOut()
        self._trust_said: str | None = None
        """What was last told of the trust file: a log that repeats itself hides what is new in it."""
        self.begin()

    @property
    @abstractmethod
    def facts(self) -> dict[str, int]:
        """How much it knows of, for the log."""

    @abstractmethod
    def begin(self) -> None:
        """Forget what was read."""

    @abstractmethod
    def writes(self) -> Iterable[str]:
        """Return the topics beside its own into which it may write."""

    @abstractmethod
    def take(self, records: list[Bytes]) -> None:
        """Take in records of its own topic, and of those that it follows."""

    @abstractmethod
    async def see_to_all(self, producer: AIOKafkaProducer) -> None:
        """Do what there is to be done; what is answered leaves `pending`."""

    def stop(self) -> None:
        """Ask for a graceful stop: what is being written is finished."""
        self._stopping.set()

    async def run(self) -> None:
        """Keep the topic until stopped.

        Raises:
            SecondKeeperError: another one took over.
            ClockError: this machine's clock is wrong.
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`. A broker that
                goes away later is waited for.
        """
        try:
            while not self._stopping.is_set():
                try:
                    await self._live()
                except (BrokenConnectionError, BrokerUnreachableError, KafkaError, TimeoutError) as error:
                    if not self._has_lived or not _passes(error):
                        raise
                    log.warning("a broker may have died: all waits until it is back", process=self.name, why=str(error))
                    self.ready.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), AGAIN_AFTER_S)
        except (ProducerFenced, IllegalOperation):  # the latter where aiokafka knew already that it was fenced
            raise SecondKeeperError(
                f"another {self.name} has taken over", hint=f"Run one `cbrn run {self.role}` for a realm."
            ) from None
        except ClockError as error:
            error.hint = "Until then nothing is decided and nobody is reminded."
            raise
        except KafkaError as error:
            raise explained(error, self.topic, self.settings, "write") from error
        except TimeoutError:
            raise BrokerUnreachableError(
                f"{self.settings.bootstrap_servers} did not answer in time", hint="Start it again: nothing is lost."
            ) from None
        finally:
            self.ready.clear()

    async def _live(self) -> None:
        """Keep the topic until stopped, until a connection breaks, or until a body gets its topic of decisions."""
        if not self._has_lived:
            await self._end_what_others_left()
        self.begin()
        self.pending.clear()
        self._broken, loop = asyncio.Event(), asyncio.get_running_loop()
        async with only_writer(self.settings, self.writer, self.topic, *self.writes(), broken=self._broken) as producer:
            decisions, missing = await self._decisions()
            async with assigned(self.settings, *sorted(self._own), *decisions) as (consumer, partitions):
                # Read first: what the former process has done is known before anything is done again.
                ends = await written(self.settings, partitions)
                existing = catch_up(consumer, partitions, self.settings, ends, stalled_after_s=STALLED_AFTER_S)
                async with aclosing(existing) as batches:
                    async for records in batches:
                        self._sort(records)
                        if self._stopping.is_set():
                            return  # it may not know yet what it has answered
                await self._see(producer)
                self._has_lived = True
                self.ready.set()
                looked = loop.time()
                while not self._stopping.is_set():
                    self._sort(await batch(consumer, partitions, self.settings, within_ms=LOOK_EVERY_MS))
                    await self._see(producer)
                    if missing and loop.time() - looked > TOPICS_EVERY_S:
                        looked = loop.time()
                        if await there(self.settings, missing):
                            return

    async def _end_what_others_left(self) -> None:
        for name in self.former:
            try:
                async with only_writer(self.settings, name, self.topic):
                    pass
            except (ProducerFenced, IllegalOperation):
                pass  # one of them has begun at this moment, and has seen to it
            except KafkaError as error:
                if error.retriable and not isinstance(error, UnknownTopicOrPartitionError):
                    raise
                said = "what a broker may have left open of a former writer was not looked after"
                log.warning(said, writer=name, why=str(error))

    async def _decisions(self) -> tuple[list[str], list[str]]:
        """List the topics on which bodies decide: those that exist, and those that do not."""
        realm, day = self.settings.realm, local_day(self.clock())
        wanted = [decisions_topic(realm, body) for body in receivers(day, ahead=True)]
        found = await there(self.settings, wanted)
        missing = [topic for topic in wanted if topic not in found]
        if missing:
            hint = "Create them with `cbrn topics apply`: until then nobody there can decide."
            log.warning("some bodies have no topic of decisions", missing=len(missing), first=missing[0], hint=hint)
        return list(found), missing

    def _sort(self, records: list[Bytes]) -> None:
        """Take in records of its own topics, and what bodies decide."""
        self.take([record for record in records if record.topic in self._own])
        for record in records:
            if record.topic not in self._own and (ingress := parse_from_topic(record.topic)) is not None:
                self._heed(record, ingress.body)

    def _heed(self, record: Bytes, body: str) -> None:
        """Take in a decision of a body; one that cannot be understood is refused, if it can be answered at all."""
        decision: PersonDecision | UnreadDecision
        try:
            decision = read_decision(list(record.headers), record.value, body)
        except DecisionError as error:
            if error.unread is None:
                self.left_out.note(record, "this is no decision, left out", why=str(error), hint=error.hint)
                return
            decision = error.unread
        if self.decides is (decision.decides if isinstance(decision, UnreadDecision) else type(decision)):
            self.pending.setdefault(decision.id, decision)

    async def _see(self, producer: AIOKafkaProducer) -> None:
        self.left_out.tell()
        await self._read_trust()
        self._check_connection()
        await self.see_to_all(producer)

    @asynccontextmanager
    async def transaction(self, producer: AIOKafkaProducer) -> AsyncGenerator[list[RecordMetadata]]:
        """Write several records or none; put what the broker says of each into the list that this yields.

        Raises:
            BrokenConnectionError: no further transaction may begin (see `cbrn_routing.bus.producer`).
        """
        self._check_connection()
        async with asyncio.timeout(WRITE_WITHIN_S), producer.transaction():
            before = now_ms()
            taken: list[RecordMetadata] = []
            yield taken
            # Within the transaction: a reminder that a wrong clock gave too early is not given.
            check_clock(taken, before, now_ms())

    def _check_connection(self) -> None:
        """Refuse to go on with a producer whose connection broke, also where there is nothing to write.

        What its broker had promised is looked after by its next life alone.
        """
        if self._broken.is_set():
            raise BrokenConnectionError("a connection broke")

    async def _read_trust(self) -> None:
        """Take over the trust file as it is now. One that cannot be read leaves the former in force, and is told of."""
        path = self.settings.rulebook_signers
        said, hint = None, "Mend it; until then those count whom it named before, at the start nobody."
        try:
            self.trust = await asyncio.to_thread(Trust.read, path)
            if not self.trust.signers:
                said = "there is no trust file, or it names nobody: no person's word can be verified"
                hint = "Set CBRN_RULEBOOK_SIGNERS for this process, too; `cbrn rules keygen` prints its lines."
        except TrustFileError as error:
            said, hint = str(error), f"{error.hint} {hint}"
        if said is not None and said != self._trust_said:
            log.warning("signatures cannot be verified", why=said, hint=hint)
        self._trust_said = said


def _passes(error: Exception) -> bool:
    """Tell whether a broker that is away explains an error: it comes back."""
    return not isinstance(error, KafkaError) or error.retriable
