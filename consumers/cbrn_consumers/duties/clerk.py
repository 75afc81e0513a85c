"""The clerk: drafts what is raised, and says once when a duty's time has run out.

There is one for a realm; a second one fences the first. It keeps no state of its own: what it has done stands on the
topic, so that a restart, or a repetition, changes nothing. Whether a duty was released it judges by its own trust file;
without one it can know of none, and reminds of each.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.errors import IllegalOperation, KafkaError, ProducerFenced, UnknownTopicOrPartitionError

from cbrn_consumers.duties.alarm import Told, overdue_records
from cbrn_consumers.duties.log import Log, duties_topic
from cbrn_consumers.duties.persons import decision_writer
from cbrn_consumers.errors import SecondClerkError
from cbrn_consumers.quarantine import release_writer
from cbrn_routing.activation import Trust, TrustFileError
from cbrn_routing.bus.clock import ClockError, check_clock, now_ms
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.producer import BrokenConnectionError
from cbrn_routing.bus.read import assigned, explained
from cbrn_routing.bus.write import only_writer
from cbrn_routing.duties.drafts import draft
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
    from aiokafka.structs import RecordMetadata

    from cbrn_routing.duties import DutyState
    from cbrn_routing.duties.fold import Entry
    from cbrn_schemas.duty import Drafted
    from cbrn_schemas.settings import Settings

LOOK_EVERY_S: Final = 1.0
"""How often time is looked at; also how soon a new duty is drafted at the latest."""
AGAIN_AFTER_S: Final = 2.0
WRITE_WITHIN_S: Final = 20.0
CATCH_UP_WITHIN_S: Final = 120.0
"""Reading a year of duties at the start."""
AT_ONCE_MAX: Final = 50
"""Duties in one transaction: drafts of 10 kB in two languages, so 1 MB."""
DRAFT_BYTES_MAX: Final = 1_000_000
"""Of a record; the topic takes 1 MiB. A longer one would be refused at every try, and end the clerk each time."""

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The clerk's clock; tests pass their own."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ClerkOptions:
    """What a clerk is told."""

    settings: Settings
    clock: Callable[[], datetime] = utc_now


class Clerk:
    """Keeps the duties of one realm until `stop` is called."""

    def __init__(self, options: ClerkOptions) -> None:
        self.options = options
        self.log = Log(options.settings.realm, Trust())
        self.ready = asyncio.Event()
        """Set once everything that was there has been read and seen to."""
        self._stopping = asyncio.Event()
        self._has_lived = False
        self._undrafted: set[str] = set()
        self._trust_said: str | None = None
        """What was last told of the trust file: a log that repeats itself hides what is new in it."""

    def stop(self) -> None:
        """Ask for a graceful stop: what is being written is finished."""
        self._stopping.set()

    async def run(self) -> None:
        """Draft and remind until stopped.

        Raises:
            SecondClerkError: another clerk took over.
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
        """
        settings = self.options.settings
        topic = duties_topic(settings.realm)
        try:
            while not self._stopping.is_set():
                try:
                    await self._live(settings, topic)
                except (BrokenConnectionError, BrokerUnreachableError, KafkaError, TimeoutError) as error:
                    if not self._has_lived or not _passes(error):
                        raise
                    log.warning("a broker may have died: duties wait until it is back", error=str(error))
                    self.ready.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), AGAIN_AFTER_S)
        except (ProducerFenced, IllegalOperation):  # the latter where aiokafka knew already that it was fenced
            raise SecondClerkError(
                "another clerk of duties has taken over", hint="Run one `cbrn run duties` for a realm."
            ) from None
        except ClockError as error:
            error.hint = "Until then no duty is drafted and nobody is reminded."
            raise
        except KafkaError as error:
            raise explained(error, topic, settings) from error
        except TimeoutError:
            raise BrokerUnreachableError(
                f"{settings.bootstrap_servers} did not answer in time", hint="Start it again: nothing is lost."
            ) from None
        finally:
            self.ready.clear()

    async def _live(self, settings: Settings, topic: str) -> None:
        """Keep the duties until stopped, or until a connection breaks."""
        await _end_what_persons_left(settings)
        self.log, self._undrafted = Log(settings.realm, Trust()), set()
        broken = asyncio.Event()
        async with (
            only_writer(settings, "duties.clerk", topic, *self._alerted(), broken=broken) as producer,
            assigned(settings, topic) as (consumer, partitions),
        ):
            await self._catch_up(consumer, partitions)
            await self._see_to_all(producer, broken)
            self._has_lived = True
            self.ready.set()
            while not self._stopping.is_set():
                await self._read(consumer, partitions)
                await self._see_to_all(producer, broken)

    def _alerted(self) -> list[str]:
        """Where alarms may go: to whoever exists today."""
        today = local_day(self.options.clock())
        return [to_topic(self.options.settings.realm, body, "alerts") for body in receivers(today)]

    async def _catch_up(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        """Read all that was there: what the former clerk has done is known before anything is done again."""
        async with asyncio.timeout(CATCH_UP_WITHIN_S):
            ends = await consumer.end_offsets(partitions)
            while not self._stopping.is_set():
                positions = [await consumer.position(partition) for partition in partitions]
                if all(at >= ends[partition] for at, partition in zip(positions, partitions, strict=True)):
                    return
                await self._read(consumer, partitions)

    async def _read(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        fetching = asyncio.ensure_future(consumer.getmany(*partitions, timeout_ms=int(LOOK_EVERY_S * 1000)))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not fetching.done():
            fetching.cancel()
            with suppress(asyncio.CancelledError):
                await fetching
            return
        for records in fetching.result().values():
            self._undrafted.update(self.log.take(records))

    async def _see_to_all(self, producer: AIOKafkaProducer, broken: asyncio.Event) -> None:
        """Draft what is new, alarm for what is late; a transaction for some dozens at a time.

        Raises:
            BrokenConnectionError: no further transaction may begin (see `cbrn_routing.bus.producer`).
        """
        await self._read_trust()
        now = self.options.clock()
        while True:
            if broken.is_set():
                raise BrokenConnectionError("a connection broke")
            if not (work := self._work(now)):
                return
            async with asyncio.timeout(WRITE_WITHIN_S), producer.transaction():
                before = now_ms()
                answers = [taken for entry, alarms in work for taken in await self._write(producer, entry, alarms)]
                # Within the transaction: a reminder that a wrong clock gave too early is not given.
                check_clock(answers, before, now_ms())
            for entry, _ in work:
                self.log.add(entry, now)

    async def _read_trust(self) -> None:
        """Take over the trust file as it is now. One that cannot be read leaves the former in force, and is told of."""
        path = self.options.settings.rulebook_signers
        said, hint = None, "Mend it; until then those count whom it named before, at the start nobody."
        try:
            trust = await asyncio.to_thread(Trust.read, path)
            if not trust.signers:
                said = "there is no trust file, or it names nobody: of no duty can be known that it was released"
                hint = "Set CBRN_RULEBOOK_SIGNERS for this process, too; `cbrn rules keygen` prints its lines."
            self.log.verifier.trust = trust
        except TrustFileError as error:
            said, hint = str(error), f"{error.hint} {hint}"
        if said is not None and said != self._trust_said:
            log.warning("releases cannot be verified", why=said, hint=hint)
        self._trust_said = said

    def _work(self, now: datetime) -> list[tuple[Entry, list[Told]]]:
        work: list[tuple[Entry, list[Told]]] = []
        while self._undrafted and len(work) < AT_ONCE_MAX:
            state = self.log.states[self._undrafted.pop()]
            wanted = state.known and (state.open or state.superseded) and not state.drafted_all
            if wanted and (written := _drafted(state, now)):
                work.append((written, []))
                log.info("drafted", duty=state.id, form=written.form, draft=written.digest[:12])
        if not work:
            work = [self._late(state, now) for state in self.log.known if self._is_late(state, now)][:AT_ONCE_MAX]
        return work

    def _is_late(self, state: DutyState, now: datetime) -> bool:
        limit = state.limit()
        return limit is not None and limit[0] not in state.alarms and state.is_overdue(now)

    def _late(self, state: DutyState, now: datetime) -> tuple[Entry, list[Told]]:
        record, alarms = overdue_records(state, self.options.settings.realm, now)
        log.warning("a duty is overdue", duty=state.id, limit=record.limit, told=record.told)
        return record, alarms

    async def _write(self, producer: AIOKafkaProducer, entry: Entry, alarms: list[Told]) -> list[RecordMetadata]:
        key, partition = entry.id.encode(), self.log.partitions[entry.id]
        topic = duties_topic(self.options.settings.realm)
        taken = [await producer.send_and_wait(topic, entry.model_dump_json().encode(), key=key, partition=partition)]
        for told in alarms:
            sent = await producer.send_and_wait(
                told.topic, told.value, key=key, partition=partition, headers=told.headers
            )
            taken.append(sent)
        return taken


async def _end_what_persons_left(settings: Settings) -> None:
    """End what a broker left open of persons' decisions and releases: they come and go, and nobody else is there."""
    for writer in (decision_writer(settings), release_writer(settings)):
        try:
            async with writer:
                pass
        except (ProducerFenced, IllegalOperation):
            pass  # a person is deciding at this moment, and has seen to it
        except KafkaError as error:
            if error.retriable and not isinstance(error, UnknownTopicOrPartitionError):
                raise
            log.warning("what a broker may have left open of persons' decisions was not looked after", error=str(error))


def _passes(error: Exception) -> bool:
    """Tell whether a broker that is away explains an error: it comes back."""
    return not isinstance(error, KafkaError) or error.retriable


def _drafted(state: DutyState, now: datetime) -> Drafted | None:
    """The draft; None where it could not be written: that duty waits for a person, and the others must not wait."""
    try:
        written = draft(state, now)
        size = len(written.model_dump_json().encode())
    except Exception:
        log.exception("no draft could be written", duty=state.id)
        return None
    if size > DRAFT_BYTES_MAX:
        log.error("a draft is too long to be written", duty=state.id, size=size, most=DRAFT_BYTES_MAX)
        return None
    return written
