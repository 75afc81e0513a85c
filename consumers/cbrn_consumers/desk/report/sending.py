"""Reports onto the bus in a body's name, and what the body said before. The one part of this room that knows Kafka.

What is sent is the bytes that were shown, under an id that follows from them: sent twice, it is one event and counts
once, and a receipt that was given is given again.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import structlog

from cbrn_consumers.rulebooks.finding import NATIONAL, find_book
from cbrn_consumers.rulebooks.status import live, read_reports
from cbrn_producers import Agency
from cbrn_producers.outgoing import Sender, check_sender, prepare
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.read import existing
from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.errors import BusError, InvalidEventError
from cbrn_schemas.events import Incident, read_event, to_bytes
from cbrn_schemas.records import broker_time
from cbrn_schemas.topics import Lane, from_topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_producers import Receipt
    from cbrn_producers.outgoing import Outgoing
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings

SYSTEM: Final = "desk"
"""What speaks for the body, in the event's source: `/moh/desk`."""
CONNECT_WITHIN_S: Final = 8.0
"""An officer waits before a page: sooner than a program gives up."""
RECEIPTS_MAX: Final = 1_000
"""Receipts that are remembered, some 300 bytes each."""
EARLIER: Final = timedelta(days=60)
"""How far back a body's own situations are looked for."""
EARLIER_MAX: Final = 200
BOOK_KEPT: Final = timedelta(minutes=1)
BOOK_WITHIN_S: Final = 5.0

log = structlog.get_logger(__name__)


class Earlier(NamedTuple):
    """The latest report of this body about a situation."""

    id: str
    event: Incident
    at: datetime
    """By the broker."""

    @property
    def data(self) -> dict[str, Any]:
        """The event as JSON has it."""
        return dict(json.loads(to_bytes(self.event)))

    @property
    def headlines(self) -> dict[Language, str]:
        """Its headline in each language that it has."""
        return {lang: text.headline for lang, text in self.event.texts.items()}


class Book(NamedTuple):
    """The rule book by which it is foreseen who is told."""

    book: RuleBook
    in_force: bool
    """Whether a router said that it decides by it; else it is the one that this software ships."""


class Reporting(Protocol):
    """What pages for reports need of the bus: `KafkaReporting`, or what stands for it in a test."""

    async def publish(self, body: str, event: AnyEvent) -> Receipt:
        """Return once Kafka holds it."""

    def sent(self, body: str, event_id: str) -> Receipt | None:
        """Return the receipt of a report that was sent from here."""

    async def earlier(self, body: str) -> tuple[Earlier, ...]:
        """Return what the body said before, the newest first."""

    async def book(self) -> Book:
        """Return the rule book in force."""

    async def close(self) -> None:
        """Close the connections."""


def outgoing(settings: Settings, body: str, event: AnyEvent) -> Outgoing:
    """Make the record of a report, with its id.

    Raises:
        RefusedEventError, TooLargeError: the bus would not take it; or the body publishes nothing.
    """
    sender = Sender(body, SYSTEM, settings.realm)
    check_sender(sender)
    return prepare(event, sender)


class KafkaReporting:
    """Reports on a real bus. A body's connection is opened with its first report, and anew after a failure."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        connect_within_s: float = CONNECT_WITHIN_S,
    ) -> None:
        self._settings = settings
        self._connect_within_s = connect_within_s
        self._clock = clock
        self._agencies: dict[str, Agency] = {}
        self._opening = asyncio.Lock()
        self._being_sent: dict[tuple[str, str], asyncio.Lock] = {}
        self._receipts: OrderedDict[tuple[str, str], Receipt] = OrderedDict()
        self._book: tuple[datetime, Book] | None = None

    async def publish(self, body: str, event: AnyEvent) -> Receipt:
        """Publish a report in a body's name; one that was sent from here before is not sent again.

        Raises:
            RefusedEventError, TooLargeError: the bus would not take it.
            NotAcknowledgedError, BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_producers`.
        """
        key = body, outgoing(self._settings, body, event).id
        try:
            async with self._being_sent.setdefault(key, asyncio.Lock()):  # a button that is pressed twice
                return self.sent(*key) or await self._publish(body, event)
        finally:
            self._being_sent.pop(key, None)

    async def _publish(self, body: str, event: AnyEvent) -> Receipt:
        receipt = await (await self._agency(body)).publish(event)
        self._receipts[body, receipt.id] = receipt
        while len(self._receipts) > RECEIPTS_MAX:
            self._receipts.popitem(last=False)
        return receipt

    def sent(self, body: str, event_id: str) -> Receipt | None:
        """Return the receipt of a report that was sent from here."""
        return self._receipts.get((body, event_id))

    async def _agency(self, body: str) -> Agency:
        async with self._opening:
            if body not in self._agencies:
                agency = Agency(body, system=SYSTEM, settings=self._settings, connect_within_s=self._connect_within_s)
                self._agencies[body] = await agency.__aenter__()
            return self._agencies[body]

    async def earlier(self, body: str) -> tuple[Earlier, ...]:
        """Read what the body published lately: of each situation the latest report, the newest first.

        Raises:
            BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
        """
        found: dict[str, Earlier] = {}
        topic = from_topic(self._settings.realm, body, Lane.INCIDENTS)
        with suppress(UnknownTopicError):
            async with aclosing(existing(self._settings, topic, since=self._clock() - EARLIER)) as records:
                async for record in records:
                    with suppress(InvalidEventError):  # what is in quarantine is nobody's situation
                        envelope = read_envelope([(name, value) for name, value in record.headers], record.value)
                        event = read_event(envelope.data)
                        if isinstance(event, Incident):
                            at = broker_time(record.timestamp, record.timestamp_type, event.reported)
                            found.pop(event.situation, None)
                            found[event.situation] = Earlier(envelope.id, event, at)
        return tuple(sorted(found.values(), key=lambda each: each.at, reverse=True)[:EARLIER_MAX])

    async def book(self) -> Book:
        """Return the book by which a router says that it decides; where none says so, the shipped one."""
        now = self._clock()
        if self._book is None or now - self._book[0] > BOOK_KEPT:
            self._book = now, await self._ask_for_book(now)
        return self._book[1]

    async def _ask_for_book(self, now: datetime) -> Book:
        try:
            async with asyncio.timeout(BOOK_WITHIN_S):
                reports = live(await read_reports(self._settings), now)
                digests = [each.status.digest for each in reports if each.status.digest]
                if digests:
                    return Book((await find_book(digests[0], self._settings)).book, in_force=True)
        except (BusError, TimeoutError) as error:
            log.warning("the rule book in force was not found: the shipped one foresees", error=str(error))
        return Book((await find_book(NATIONAL)).book, in_force=False)

    async def close(self) -> None:
        """Close the connections."""
        agencies, self._agencies = self._agencies, {}
        for agency in agencies.values():
            await agency.__aexit__(None, None, None)
