"""A partner learns that somebody here has its alert: our CAP `Ack`, once for each of its messages.

An officer's receipt for a partner's event stands on the topic of the officer's own body; whoever here answers first is
whom the `Ack` stands for. It names the message and nothing else, so it is no copy that waits for a release; but without
an agreement in force nothing leaves, this neither. What was sent before is known from the partner's documents.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog
from aiokafka.errors import KafkaError

from cbrn_consumers.partners.agreements import InForce
from cbrn_consumers.partners.keeper import TOPICS_EVERY_S
from cbrn_producers.inbound.answers import acknowledgement
from cbrn_routing.bus.read import assigned, batch, catch_up, there, written
from cbrn_routing.bus.write import write_record
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import partners, receivers
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import BusError, InvalidEventError
from cbrn_schemas.events import ForeignAlert, read_event
from cbrn_schemas.formats.cap.model import CONTENT_TYPE
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.held_alarm import HELD_SOURCE
from cbrn_schemas.receipt import ReceiptError, read_receipt, receipts_topic
from cbrn_schemas.records import DOCUMENT_TYPE, rfc3339
from cbrn_schemas.topics import Lane, from_topic, parse_from_topic, parse_to_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from cbrn_consumers.partners.releasing import Sign
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.receipt import Receipt
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm

log = structlog.get_logger(__name__)

READ_BACK: Final = timedelta(days=35)
"""A little longer than partners' events are kept."""
LOOK_EVERY_MS: Final = 1_000
AGAIN_AFTER_S: Final = 5.0
_ANSWERS: Final = frozenset({"acknowledged", "accepted"})


class Answer(NamedTuple):
    """An `Ack` that is due."""

    partner: str
    id: str
    event: ForeignAlert
    receipt: Receipt


class Acknowledgements:
    """What partners said, who here has answered, and which `Ack` has left. Pure."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._events: dict[tuple[str, str], ForeignAlert] = {}
        self._receipts: dict[tuple[str, str], Receipt] = {}
        """By partner and the event's id: the first that counts."""
        self._sent: set[tuple[str, str]] = set()

    def take(self, records: Iterable[Bytes]) -> None:
        """Take in partners' incidents, bodies' receipts, and documents that have left."""
        for record in records:
            ingress, egress = parse_from_topic(record.topic), parse_to_topic(record.topic)
            if egress is not None:
                self.sent(egress.body, _named(record, "ce_id"))
            elif ingress is None:
                continue
            elif ingress.stream == Lane.INCIDENTS:
                self._hear(record, ingress.body)
            else:
                self._answered(record, ingress.body)

    def sent(self, partner: str, identifier: str) -> None:
        """Note a document that has left."""
        self._sent.add((partner, identifier))

    def due(self) -> Iterator[Answer]:
        """Yield what is to be sent."""
        for (partner, event_id), receipt in self._receipts.items():
            event, identifier = self._events.get((partner, event_id)), f"ack-{event_id}"
            if event is not None and (partner, identifier) not in self._sent:
                yield Answer(partner, identifier, event, receipt)

    def _hear(self, record: Bytes, partner: str) -> None:
        try:
            event = read_event(record.value or b"")
        except InvalidEventError:
            return  # the router says so
        if isinstance(event, ForeignAlert) and event.original is not None and event.body == partner:
            self._events[partner, _named(record, "ce_id")] = event

    def _answered(self, record: Bytes, body: str) -> None:
        try:
            receipt = read_receipt(list(record.headers), record.value, self._realm, body)
        except ReceiptError:
            return  # it answers nothing
        partner = receipt.event.source.split("/")[1]
        if receipt.act in _ANSWERS:
            self._receipts.setdefault((partner, receipt.event.id), receipt)


def _named(record: Bytes, name: str) -> str:
    found = next((content or b"" for header, content in record.headers if header == name), b"")
    return found.decode("utf-8", "replace")


class Acknowledger:
    """The program that writes them, beside the keeper of partners."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime], sign: Sign | None) -> None:
        """Take the folder of agreements from the settings, and what signs documents."""
        self._settings, self._clock, self._sign = settings, clock, sign
        self._agreements = InForce(settings.agreements)
        self._known = Acknowledgements(settings.realm)

    async def run(self, stopping: asyncio.Event) -> None:
        """Write what is due until stopped; whatever keeps it from that is told of once, and tried again."""
        said = ""
        while not stopping.is_set():
            try:
                await self._live(stopping)
                said = ""
            except (BusError, KafkaError, TimeoutError) as error:
                if str(error) != said:
                    log.warning("acknowledgements to partners wait", why=str(error), hint=getattr(error, "hint", None))
                said = str(error)
                await _pause(stopping)
            except Exception:  # nobody awaits this program before the keeper ends: it would be missed in silence
                log.exception("acknowledgements to partners wait; report this fault")
                await _pause(stopping)

    async def _live(self, stopping: asyncio.Event) -> None:
        """Write until stopped, or until there are more topics than before."""
        topics = list(await there(self._settings, self._topics()))
        if not topics:
            await _pause(stopping)
            return
        async with assigned(self._settings, *topics, since=self._clock() - READ_BACK) as (consumer, partitions):
            ends = await written(self._settings, partitions)
            async with aclosing(catch_up(consumer, partitions, self._settings, ends)) as batches:
                async for records in batches:
                    self._known.take(records)
            time = asyncio.get_running_loop().time
            looked = time()
            while not stopping.is_set():
                await self._send()
                self._known.take(await batch(consumer, partitions, self._settings, within_ms=LOOK_EVERY_MS))
                if time() - looked > TOPICS_EVERY_S:
                    looked = time()
                    if set(await there(self._settings, self._topics())) - set(topics):
                        return

    def _topics(self) -> list[str]:
        realm, day = self._settings.realm, local_day(self._clock())
        abroad = partners(day, ahead=True)
        return [
            *(from_topic(realm, partner, Lane.INCIDENTS) for partner in abroad),
            *(to_topic(realm, partner, "documents") for partner in abroad),
            *(receipts_topic(realm, body) for body in receivers(day, ahead=True) if body not in abroad),
        ]

    async def _send(self) -> None:
        due = list(self._known.due())
        if not due:
            return
        await self._agreements.refresh(self._clock())
        for answer in due:
            agreement = self._agreements.of(answer.partner)
            if agreement is None or not (self._sign is not None or agreement.unsigned):
                continue
            document = acknowledgement(answer.event, answer.receipt, sent=self._clock())
            if document is None:
                continue
            data = write(document) if self._sign is None else self._sign(write(document))
            headers = binary_headers(
                id=answer.id,
                source=HELD_SOURCE,
                type=DOCUMENT_TYPE,
                time=rfc3339(self._clock()),
                content_type=CONTENT_TYPE,
            )
            key = answer.event.situation.encode()
            topic = to_topic(self._settings.realm, answer.partner, "documents")
            await write_record(
                self._settings, topic, (key, headers, data), unsure="It is written again if it is missing."
            )
            self._known.sent(answer.partner, answer.id)
            log.info("a partner's alert is acknowledged", partner=answer.partner, document=answer.id)


async def _pause(stopping: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), AGAIN_AFTER_S)
