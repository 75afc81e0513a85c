"""An inbox from Kafka: without a group, `read_committed`, so nothing is consumed and a restart sees the same.

Silences are read first, then what was delivered; both then as they come, if wanted. Thin: what is folded, told or
hidden is decided by `fold`.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from cbrn_consumers.alert import Alert, Origin, failed_on, read_alert
from cbrn_consumers.inbox.answers import OwnAnswers
from cbrn_consumers.inbox.delivery import delivery_of, delivery_of_unreadable
from cbrn_consumers.inbox.fold import GROUPS_MAX, INTERVAL, Inbox
from cbrn_consumers.inbox.silences import Silences
from cbrn_consumers.standing.reader import Read, take_receipt
from cbrn_consumers.tail import Unreadable
from cbrn_routing.bus.clock import utc_now
from cbrn_routing.bus.errors import NotAuthorizedError, UnknownTopicError
from cbrn_routing.bus.read import POLL_MS, Bytes, assigned, batch, catch_up, read_all
from cbrn_schemas.catalogue.bodies import body as body_of
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.receipt import receipts_topic
from cbrn_schemas.silence import silences_topic
from cbrn_schemas.topics import Lane, to_topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from datetime import datetime, timedelta

    from aiokafka import AIOKafkaConsumer, TopicPartition

    from cbrn_consumers.inbox.delivery import Delivery
    from cbrn_consumers.inbox.notice import Notice
    from cbrn_schemas.settings import Settings

EXPANDED_MAX: Final = 10_000
"""Messages of one expanded group that are kept whole: 64 KiB each at the very most, some 2 KiB as a rule, 20 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to read and how to fold it."""

    lanes: tuple[Lane, ...] = tuple(Lane)
    since: datetime | None = None
    """Fold only what was routed at that time or later; None: everything that Kafka holds."""
    interval: timedelta = INTERVAL
    groups_max: int = GROUPS_MAX
    expand: str | None = None
    """Name of a group whose messages are kept whole."""


def _of_a_lane(_: Bytes) -> None:
    """Do nothing: what lies on a lane is delivered."""


@dataclass(slots=True)
class _Source:
    """One topic that is being read: of a lane, or one that the body itself writes."""

    lane: Lane | None
    heed: Callable[[Bytes], object]
    """What takes a record of no lane."""
    consumer: AIOKafkaConsumer
    partitions: list[TopicPartition]

    async def more(self, settings: Settings, within_ms: int) -> list[tuple[_Source, Bytes]]:
        records = await batch(self.consumer, self.partitions, settings, within_ms=within_ms)
        return [(self, record) for record in records]


@dataclass(slots=True)
class InboxReader:
    """A reader of a body's inbox: a context; `inbox` holds what is there once it is entered, `notices` follows.

    Raises (on entering and following):
        UnknownCodeError: the body is not in the catalogue.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """

    settings: Settings
    body: str
    options: Options = field(default_factory=Options)
    clock: Callable[[], datetime] = utc_now
    inbox: Inbox = field(init=False)
    answers: OwnAnswers = field(init=False)
    """What the body has answered, of what is read here: with `since`, not to what it was told before."""
    expanded: list[Alert | Unreadable] = field(init=False, default_factory=list)
    """Messages of the expanded group, at most the last `EXPANDED_MAX`, in the order read."""
    deliveries: list[Delivery] = field(init=False, default_factory=list)
    """The same as the inbox keeps them."""
    _stack: AsyncExitStack = field(init=False, default_factory=AsyncExitStack)
    _sources: list[_Source] = field(init=False, default_factory=list)

    async def __aenter__(self) -> Self:
        """Read what is there now."""
        options, code = self.options, body_of(self.body).code
        self.inbox = Inbox(Silences(code), interval=options.interval, groups_max=options.groups_max)
        self.answers = OwnAnswers(code)
        try:
            await self._open_silences(code)
            for lane in options.lanes:
                await self._open(lane, to_topic(self.settings.realm, code, lane.delivery), options.since)
            if Lane.INCIDENTS in options.lanes:
                await self._open_receipts(code)  # after what they answer: of what has no room they need none either
            now = self.clock()
            for source in self._sources:
                await self._restore(source, now)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading."""
        await self._stack.aclose()

    async def notices(self, poll_ms: int = POLL_MS) -> AsyncGenerator[Notice]:
        """Yield what is put before the officer from now on, without an end."""
        while True:
            batches = await asyncio.gather(*(source.more(self.settings, poll_ms) for source in self._sources))
            now = self.clock()
            for source, record in (each for records in batches for each in records):
                if source.lane is None:
                    source.heed(record)
                    continue
                for notice in self._take(source.lane, record, now):
                    yield notice
            for notice in self.inbox.tick(self.clock()):
                yield notice

    async def _open_silences(self, body: str) -> None:
        """Open the silences; without their topic nothing is hidden: no reason to show nothing."""
        try:
            await self._open(None, silences_topic(self.settings.realm, body), None, self.inbox.silences.heed)
        except (UnknownTopicError, NotAuthorizedError) as error:
            self.inbox.silences.warnings.append(f"silences are not read, nothing is hidden: {error}. {error.hint}")

    async def _open_receipts(self, body: str) -> None:
        """Open the body's own answers; without their topic every deadline counts as open."""
        read = Read(self.answers.standings)

        def heed(record: Bytes) -> None:
            take_receipt(record, body, self.settings.realm, read)

        try:
            await self._open(None, receipts_topic(self.settings.realm, body), None, heed)
        except (UnknownTopicError, NotAuthorizedError) as error:
            self.answers.readable = False
            self.inbox.silences.warnings.append(f"own answers are not known: {error}. {error.hint}")

    async def _open(
        self, lane: Lane | None, topic: str, since: datetime | None, heed: Callable[[Bytes], object] = _of_a_lane
    ) -> None:
        opened = await self._stack.enter_async_context(assigned(self.settings, topic, since=since))
        self._sources.append(_Source(lane, heed, *opened))

    async def _restore(self, source: _Source, now: datetime) -> None:
        async with aclosing(catch_up(source.consumer, source.partitions, self.settings)) as batches:
            async for record in (record async for records in batches for record in records):
                if source.lane is None:
                    source.heed(record)
                else:
                    self.inbox.restore(self._delivery(record, source.lane), now)

    def _take(self, lane: Lane, record: Bytes, now: datetime) -> list[Notice]:
        return self.inbox.take(self._delivery(record, lane), now)

    def _delivery(self, record: Any, lane: Lane) -> Delivery:
        message: Alert | Unreadable
        try:
            message = read_alert(record)
            delivery = delivery_of(message, lane)
        except Exception as error:  # noqa: BLE001 - one odd record must not hide the others from the officer
            said = error if isinstance(error, InvalidEventError) else failed_on(error)
            message = Unreadable(Origin.of(record), said, record.value)
            delivery = delivery_of_unreadable(message, lane)
        self.answers.tell(message)
        if self.options.expand in delivery.names:
            self.expanded.append(message)
            self.deliveries.append(delivery)
            del self.expanded[:-EXPANDED_MAX], self.deliveries[:-EXPANDED_MAX]
        return delivery


async def read_silences(settings: Settings, body: str) -> Silences:
    """Read the silences of a body that Kafka still holds, ended ones included.

    Raises:
        UnknownCodeError: the body is not in the catalogue.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    code = body_of(body).code
    return Silences.of(code, await read_all(settings, silences_topic(settings.realm, code)))
