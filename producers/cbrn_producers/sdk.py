"""How an agency's program publishes: five lines, a typed event, the broker's acknowledgement or a typed error.

    async with Agency("mes", bootstrap_servers="kafka1:9092") as mes:
        receipt = await mes.publish(TailingsFailure(...))

Every wait has a bound. A retry with the same id is safe: the bus counts an event with the same source and id once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import structlog
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
    UnknownTopicOrPartitionError,
)

from cbrn_producers.connection import Connection
from cbrn_producers.errors import NotAcknowledgedError, NotStartedError, TooLargeError
from cbrn_producers.outgoing import Outgoing, Sender, check_sender, prepare
from cbrn_producers.signing import signer
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.explaining import DENIED, explained
from cbrn_schemas.errors import BusError
from cbrn_schemas.records import rfc3339
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable
    from types import TracebackType

    from aiokafka import AIOKafkaProducer

    from cbrn_producers.outgoing import Publishable
    from cbrn_routing.doubts import EventWarning

ACKNOWLEDGE_WITHIN_S: Final = 10.0
"""Covers a broker that fails over: 3.2 s were measured with tuned time-outs, 9 s is Kafka's own session time-out."""
CONNECT_WITHIN_S: Final = 15.0
ATTEMPTS_MAX: Final = 3
"""How often an event is handed to a producer: to a new one each time, as only a broken one is a reason to retry."""
IN_FLIGHT_MAX: Final = 1_000
"""Events of `publish_many` that wait for their acknowledgement: at most 64 KiB each, typically 1 MB in all."""

_PRODUCER_BROKEN = (
    InvalidProducerEpoch,
    KafkaTimeoutError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
)
"""The producer can write no more, the event is not to blame."""


log = structlog.get_logger(__name__)


class Receipt(NamedTuple):
    """The broker's word that an event is stored on every replica in sync."""

    id: str
    topic: str
    partition: int
    offset: int
    timestamp: datetime
    """When the broker's record says it was sent; UTC."""
    warnings: tuple[EventWarning, ...] = ()
    """What is doubtful about the event: it is routed all the same, and whoever is told sees the same."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        warnings = [warning.as_json() for warning in self.warnings]
        return {**self._asdict(), "timestamp": rfc3339(self.timestamp), "warnings": warnings}


class Checked(NamedTuple):
    """What publishing an event would come to."""

    id: str
    topic: str
    warnings: tuple[EventWarning, ...]
    """What the router would doubt about it."""


class _Handed(NamedTuple):
    """An event that a producer has taken and not yet answered for."""

    outgoing: Outgoing
    producer: AIOKafkaProducer
    future: asyncio.Future[Any]
    deadline: float


class Agency:
    """A body's way onto the bus. Use it as an async context manager and share it between tasks of one event loop."""

    def __init__(
        self,
        body: str,
        *,
        system: str | None = None,
        bootstrap_servers: str | None = None,
        realm: Realm | None = None,
        settings: Settings | None = None,
        acknowledge_within_s: float = ACKNOWLEDGE_WITHIN_S,
        connect_within_s: float = CONNECT_WITHIN_S,
    ) -> None:
        """Take a `body`, its code in the catalogue, and a `system`, which names the post or program that speaks for it.

        TLS and SASL come with `settings`, by default from `CBRN_*` variables; the arguments beside it win.

        What is published is signed where the settings name a key (`CBRN_SIGNING_KEY`).

        Raises:
            RefusedEventError: the body is not in the catalogue or does not publish.
            SigningKeyError: the key cannot be used, or what signs is not installed.
        """
        given: dict[str, Any] = {"bootstrap_servers": bootstrap_servers, "realm": realm}
        settings = (settings or Settings()).model_copy(update={k: v for k, v in given.items() if v is not None})
        self.sender = Sender(body, system, settings.realm)
        check_sender(self.sender)
        self._acknowledge_within_s = acknowledge_within_s
        self._connection_arguments: dict[str, Any] = {
            "client_id": f"{settings.realm}.from.{body}",
            "topics": [self.sender.topic(lane) for lane in Lane],
            "connect_within_s": connect_within_s,
        }
        self._settings = settings
        self._signer = signer(settings)
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        """Connect, and check that the body's topics exist.

        Raises:
            BrokerUnreachableError: no broker answered in time.
            UnknownTopicError: the realm is not provisioned, or this user may not see the body's topics.
        """
        connection = Connection(self._settings, **self._connection_arguments)
        await connection.producer()
        self._connection = connection
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def publish(self, event: Publishable, *, event_id: str | None = None) -> Receipt:
        """Publish one event and wait for the acknowledgement: a model, a dict, or JSON bytes, which travel as they are.

        `event_id` names the event for ever; without it a UUID does that follows from source and bytes, the same as
        `cbrn publish` gives: what is published twice counts once.

        Raises:
            RefusedEventError, TooLargeError: the event is at fault; nothing was sent.
            NotAcknowledgedError: no answer in time; retry with the same id.
            NotAuthorizedError, UnknownTopicError, BrokerUnreachableError: see `cbrn_producers.errors`.
        """
        return await self._deliver(self._prepare(event, event_id))

    def check(self, event: Publishable, *, event_id: str | None = None) -> Checked:
        """Check an event as `publish` does, without sending it; a connection is not needed.

        Raises:
            RefusedEventError, TooLargeError: the event is at fault.
        """
        outgoing = self._prepare(event, event_id)
        return Checked(outgoing.id, outgoing.topic, outgoing.warnings)

    async def publish_many(
        self,
        events: Iterable[Publishable | tuple[Publishable, str] | Outgoing],
        *,
        in_flight_max: int = IN_FLIGHT_MAX,
    ) -> list[Receipt | BusError]:
        """Publish events (or pairs of event and id) without waiting for each; one outcome per event, in their order.

        What was prepared before (`cbrn_producers.outgoing`) is sent as it is.

        One that is refused holds no other back. Events with the same key stay in the order given.
        """
        outcomes: list[Receipt | BusError] = []
        waiting: deque[tuple[int, _Handed]] = deque()
        for index, item in enumerate(events):
            if len(waiting) >= in_flight_max:
                await self._settle(outcomes, waiting)
            try:
                outgoing = self._prepared(item)
            except BusError as error:
                outcomes.append(error)
                continue
            # Its place is held by an error, so that nothing left unsettled could pass for a receipt.
            outcomes.append(NotAcknowledgedError(f"{outgoing.id} has no answer yet", event_id=outgoing.id))
            try:
                waiting.append((index, await self._hand_over(outgoing, self._deadline())))
            except BusError as error:
                outcomes[index] = error
            except _PRODUCER_BROKEN:
                while waiting:  # first what was handed over before, or the order within a key would be lost
                    await self._settle(outcomes, waiting)
                outcomes[index] = await self._outcome(outgoing)
        while waiting:
            await self._settle(outcomes, waiting)
        return outcomes

    async def ask_broker(self) -> None:
        """Return if a broker answers and has the body's topics.

        Raises:
            BrokerUnreachableError, UnknownTopicError: see `cbrn_producers.errors`.
        """
        await self._open_connection().ask()

    def _prepared(self, item: Publishable | tuple[Publishable, str] | Outgoing) -> Outgoing:
        if isinstance(item, Outgoing):
            return item
        event, event_id = item if isinstance(item, tuple) else (item, None)
        return self._prepare(event, event_id)

    def _prepare(self, event: Publishable, event_id: str | None) -> Outgoing:
        return prepare(event, self.sender, event_id=event_id, now=datetime.now(UTC), lang=self._settings.lang)

    async def _settle(self, outcomes: list[Receipt | BusError], waiting: deque[tuple[int, _Handed]]) -> None:
        index, handed = waiting.popleft()
        try:
            outcomes[index] = await self._receipt(handed)
        except BusError as error:
            outcomes[index] = error
        except _PRODUCER_BROKEN:
            outcomes[index] = await self._outcome(handed.outgoing)

    async def _outcome(self, outgoing: Outgoing) -> Receipt | BusError:
        try:
            return await self._deliver(outgoing)
        except BusError as error:
            return error

    async def _deliver(self, outgoing: Outgoing) -> Receipt:
        deadline = self._deadline()
        for _ in range(ATTEMPTS_MAX):
            try:
                return await self._receipt(await self._hand_over(outgoing, deadline))
            except _PRODUCER_BROKEN as error:
                log.info("producer replaced, event sent again", id=outgoing.id, error=repr(error))
        raise NotAcknowledgedError(f"{outgoing.id}: the producer failed {ATTEMPTS_MAX} times", event_id=outgoing.id)

    async def _hand_over(self, outgoing: Outgoing, deadline: float) -> _Handed:
        connection = self._open_connection()
        producer = await connection.producer()
        if self._signer is not None:  # as late as this: it is signed when, too
            outgoing = self._signer(outgoing, datetime.now(UTC))
        async with self._answered_for(outgoing, producer, deadline):
            future = await connection.send(producer, outgoing)
        return _Handed(outgoing, producer, future, deadline)

    async def _receipt(self, handed: _Handed) -> Receipt:
        async with self._answered_for(handed.outgoing, handed.producer, handed.deadline):
            # Shielded: a cancelled future would not keep the record from being sent.
            stored = await asyncio.shield(handed.future)
        return Receipt(
            handed.outgoing.id,
            stored.topic,
            stored.partition,
            stored.offset,
            datetime.fromtimestamp(stored.timestamp / 1000, UTC),
            handed.outgoing.warnings,
        )

    @asynccontextmanager
    async def _answered_for(
        self, outgoing: Outgoing, producer: AIOKafkaProducer, deadline: float
    ) -> AsyncGenerator[None]:
        """Bound the wait and explain what goes wrong. Errors of a broken producer pass, for the caller to try again."""
        try:
            async with asyncio.timeout_at(deadline):
                yield
        except _PRODUCER_BROKEN:
            await self._open_connection().discard(producer)
            raise
        except TimeoutError as error:
            await self._open_connection().discard(producer)
            raise NotAcknowledgedError(
                f"{outgoing.id} was not acknowledged within {self._acknowledge_within_s:g} s", event_id=outgoing.id
            ) from error
        except KafkaError as error:
            raise self._explained(error, outgoing) from error

    def _explained(self, error: KafkaError, outgoing: Outgoing) -> BusError:
        if isinstance(error, DENIED):
            return explained(error, outgoing.topic, self._settings, "write")
        if isinstance(error, MessageSizeTooLargeError):
            return TooLargeError("the broker refused the event as too large", hint="Shorten the event's texts.")
        if isinstance(error, UnknownTopicOrPartitionError):
            return UnknownTopicError(f"topic {outgoing.topic} does not exist")
        return NotAcknowledgedError(f"{outgoing.id} was not acknowledged ({error})", event_id=outgoing.id)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._acknowledge_within_s

    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise NotStartedError(
                f"the connection of {self.sender.body} is not open", hint="Use it inside `async with Agency(...)`."
            )
        return self._connection
