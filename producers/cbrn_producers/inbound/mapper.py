"""The mapper: reads what partners sent, and writes what becomes of it: events, receipts, quarantine, an alarm.

At least once: the group's offsets are committed after everything is written, and what was said before is known from
the bus itself, which is read back at the start; so a crash says nothing twice. One for a realm.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from cbrn_producers.inbound.memory import content_of
from cbrn_producers.inbound.original import ENTRY, OVERRULED, arrived, document_id, headers_of, originals_topic
from cbrn_producers.inbound.taking import Answered, Intake, Kept, Refused, Said, take
from cbrn_routing.bus.clock import utc_now
from cbrn_routing.bus.consumer import stop_reading
from cbrn_routing.bus.header_names import forgive_header_names
from cbrn_routing.bus.read import assigned, batch, catch_up, check_topics, there, written
from cbrn_routing.decision import CRISIS_CENTRE
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.receipt import receipts_topic, record_of
from cbrn_schemas.records import ROLE, alarm_record, quarantine_headers, quarantine_id, rfc3339
from cbrn_schemas.topics import Lane, bus_topic, from_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from aiokafka import ConsumerRecord

    from cbrn_producers.inbound.taking import Outcome
    from cbrn_schemas.envelope import Header
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

GROUP: Final = "inbound"
"""Of the bus: `<realm>.bus.inbound`."""
LOOK_EVERY_MS: Final = 500
READ_BACK: Final = timedelta(days=35)
"""A little longer than events of bodies are kept."""
WRITE_WITHIN_S: Final = 30.0
AGAIN_AFTER_S: Final = 2.0
RECORD_BYTES_MAX: Final = 2 * 1024 * 1024
"""What is set aside has the bus's headers beside the document."""
FETCH_BYTES_MAX: Final = 4 * 1024 * 1024


class Mapper:
    """What becomes of partners' documents. `keep` writes one that was fetched or laid into a folder."""

    def __init__(self, settings: Settings, intake: Intake, clock: Callable[[], datetime] = utc_now) -> None:
        self.settings, self.intake, self.clock = settings, intake, clock
        self.ready = asyncio.Event()
        self.known: set[str] = set()
        """Ids of documents that lie on the bus, and names of feeds' entries that brought them."""
        self.counts: Counter[str] = Counter()
        self.partners = sorted(intake.terms)
        self._producer: AIOKafkaProducer | None = None
        self._topics = {partner: originals_topic(settings.realm, partner) for partner in self.partners}

    async def run(self, stopping: asyncio.Event) -> None:
        """Map until stopped.

        Raises:
            UnknownTopicError, NotAuthorizedError, BrokerUnreachableError: it cannot begin. A broker that goes away
                later is waited for.
        """
        forgive_header_names()
        realm = self.settings.realm
        read = [*self._topics.values(), bus_topic(realm, OVERRULED)]
        await check_topics(self.settings, [*read, bus_topic(realm, "quarantine")], "read")
        await self._read_back()
        self._producer = AIOKafkaProducer(
            **self.settings.connection(), acks="all", enable_idempotence=True, max_request_size=RECORD_BYTES_MAX
        )
        consumer = AIOKafkaConsumer(
            *read,
            **self.settings.connection(),
            group_id=bus_topic(realm, GROUP),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES_MAX,
            max_poll_interval_ms=600_000,
        )
        try:
            await self._producer.start()
            await consumer.start()
            async with assigned(self.settings, *self._remembered(), from_beginning=False) as (reader, partitions):
                self.ready.set()
                while not stopping.is_set():
                    for record in await batch(reader, partitions, self.settings, within_ms=1):
                        self.intake.memory.take(record)
                    await self._map(consumer)
        finally:
            self.ready.clear()
            await stop_reading(consumer)
            with suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(self._producer.stop(), WRITE_WITHIN_S)

    async def keep(
        self, partner: str, data: bytes, content_type: str, came_from: str, entry: str | None = None
    ) -> None:
        """Write a document as it came, confirmed by Kafka.

        Raises:
            KafkaError, TimeoutError: it was not confirmed; it may be there.
        """
        assert self._producer is not None, "nothing is fetched before the mapper is ready"
        headers = headers_of(
            data, partner=partner, content_type=content_type, received=self.clock(), came_from=came_from, entry=entry
        )
        await self._write(self._topics[partner], None, headers, data)
        self.known |= {name for name in (dict(headers)["ce_id"].decode(), entry) if name}
        self.counts["originals"] += 1

    def _remembered(self) -> list[str]:
        realm = self.settings.realm
        said = [from_topic(realm, partner, Lane.INCIDENTS) for partner in self.partners]
        return [*said, *(to_topic(realm, partner, "alerts") for partner in self.partners)]

    async def _read_back(self) -> None:
        """Read what was said in partners' names, what they were sent, and which documents lie here."""
        since = self.clock() - READ_BACK
        existing = await there(self.settings, [*self._remembered(), *self._topics.values()])
        async with assigned(self.settings, *existing, since=since) as (consumer, partitions):
            ends = await written(self.settings, partitions)
            async for records in catch_up(consumer, partitions, self.settings, ends):
                for record in records:
                    if record.topic in self._topics.values():
                        named = {name: content or b"" for name, content in record.headers}
                        self.known |= {
                            document_id(record.value or b""),
                            named.get(ENTRY, b"").decode("utf-8", "replace"),
                        }
                    else:
                        self.intake.memory.take(record)

    async def _map(self, consumer: AIOKafkaConsumer) -> None:
        """Map what has come, and commit it once all is written; a broker that is away is waited for."""
        try:
            found = await consumer.getmany(timeout_ms=LOOK_EVERY_MS, max_records=50)
            for records in found.values():
                for record in records:
                    await self._take(record)
            if found:
                await consumer.commit()
        except (KafkaError, TimeoutError) as error:
            if isinstance(error, KafkaError) and not error.retriable:
                raise
            log.warning("a broker may have died: documents wait until it is back", why=str(error) or "no answer")
            for partition in consumer.assignment():
                with suppress(KafkaError):
                    await consumer.seek_to_committed(partition)
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _take(self, record: ConsumerRecord[bytes, bytes]) -> None:
        document = arrived(record, self.clock())
        try:
            outcomes = await asyncio.to_thread(take, document, self.intake, self.clock())
        except Exception:
            # Our own fault, and one that would come again at every start: it is set aside, and what follows is not.
            log.exception("a document cannot be mapped", document=document.id, partner=document.partner)
            outcomes = [Refused(_internal())]
        refused = next((each.error for each in outcomes if isinstance(each, Refused)), None)
        for outcome in outcomes:
            await self._follow(outcome, document.partner, document.id)
        if refused is not None:
            await self._set_aside(record, document.partner, refused)

    async def _follow(self, outcome: Outcome, partner: str, document: str) -> None:
        match outcome:
            case Said(event, situation, remarks):
                await self._write(event.topic, event.key, event.headers, event.value)
                self.intake.memory.said(partner, event.id, situation, content_of(event.value))
                self.counts["events"] += 1
                log.info("a partner's alert is an event", partner=partner, id=event.id, remarks=remarks or None)
            case Answered(receipt, remarks):
                key, headers, value = record_of(receipt)
                await self._write(receipts_topic(self.settings.realm, partner), key, headers, value)
                self.counts["receipts"] += 1
                said = {"act": receipt.act, "situation": receipt.situation, "remarks": remarks or None}
                log.info("a partner has answered", partner=partner, **said)
            case Kept(why, message):
                self.counts[f"kept: {why}"] += 1
                log.info("a document is kept, and no event", partner=partner, document=document, why=why, what=message)

    async def _set_aside(self, record: ConsumerRecord[bytes, bytes], partner: str, error: InvalidEventError) -> None:
        """Put a document into quarantine, and tell the crisis centre: nobody can route what nobody can read."""
        at = rfc3339(self.clock())
        identifier = quarantine_id(record.topic, record.partition, record.offset)
        headers = quarantine_headers(
            record.headers,
            error,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            at=at,
        )
        realm = self.settings.realm
        await self._write(bus_topic(realm, "quarantine"), identifier.encode(), headers, record.value)
        alarm, value = alarm_record(error, identifier=identifier, body=partner, at=at)
        await self._write(to_topic(realm, CRISIS_CENTRE, "alerts"), identifier.encode(), [*alarm, _LEAD], value)
        self.counts["quarantined"] += 1
        log.warning("a document is set aside", id=identifier, why=str(error)[:300], hint=error.hint)

    async def _write(self, topic: str, key: bytes | None, headers: Iterable[Header], value: bytes | None) -> None:
        assert self._producer is not None, "it is started before anything is read"
        async with asyncio.timeout(WRITE_WITHIN_S):
            await self._producer.send_and_wait(topic, value, key=key, headers=list(headers))


_LEAD: Final = (ROLE, b"lead")


def _internal() -> InvalidEventError:
    return InvalidEventError(
        Reason.INTERNAL_ERROR,
        where="document",
        message="the mapper failed over it",
        hint="Read the document yourself; report the fault, with the log of `cbrn run inbound`.",
    )
