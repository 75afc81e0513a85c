"""One Kafka producer, kept usable: started in bounded time, its topics checked, thrown away once it fails.

aiokafka's idempotent producer never gives a record up and retries an unknown topic for ever, so every wait is bounded
here, and a producer that owes an answer is replaced: its queue would else grow with every retry of its caller.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from cbrn_routing.bus.diagnosis import why_refused
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.explaining import unseen
from cbrn_routing.bus.pauses import Pauses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_producers.outgoing import Outgoing
    from cbrn_schemas.settings import Settings

STOP_WITHIN_S: Final = 5.0
"""Time for queued records to leave when the connection is closed."""
CONNECT_BACKOFF_S: Final = (0.1, 0.2, 0.5, 1.0)
"""Pauses between attempts to reach a broker; the last one repeats until the time is over."""

log = structlog.get_logger(__name__)


class Connection:
    """The producer of one agency. Not shared between event loops."""

    def __init__(self, settings: Settings, *, client_id: str, topics: Iterable[str], connect_within_s: float) -> None:
        self._settings = settings
        self._client_id = client_id
        self._topics = tuple(topics)
        self._connect_within_s = connect_within_s
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._unanswered: set[asyncio.Future[Any]] = set()

    async def producer(self) -> AIOKafkaProducer:
        """Return the started producer; a new one where the last was thrown away.

        Raises:
            BrokerUnreachableError: no broker answered in time.
            UnknownTopicError: a topic of the body does not exist, or may not be seen by this user.
        """
        try:
            # Around the lock, too: whoever waits for another's start has the same bound.
            async with asyncio.timeout(self._connect_within_s), self._starting:
                if self._producer is None:
                    self._producer = await self._start()
                return self._producer
        except TimeoutError:
            raise await why_refused(self._settings) or BrokerUnreachableError(
                f"no broker at {self._settings.bootstrap_servers} let us in within {self._connect_within_s:g} s"
            ) from None

    async def ask(self) -> None:
        """Return if a broker answers and has the topics.

        Raises:
            BrokerUnreachableError: none answers.
            UnknownTopicError: a topic of the body does not exist, or may not be seen by this user.
        """
        producer = await self.producer()
        try:
            await self._check_topics(producer)
        except KafkaError as error:
            raise BrokerUnreachableError(f"no broker at {self._settings.bootstrap_servers} answers") from error

    async def send(self, producer: AIOKafkaProducer, outgoing: Outgoing) -> asyncio.Future[Any]:
        """Hand an event to the producer; the future is done when the broker has answered, or the producer is discarded.

        aiokafka's errors pass.
        """
        future: asyncio.Future[Any] = await producer.send(
            outgoing.topic, outgoing.value, key=outgoing.key, headers=outgoing.headers
        )
        self._unanswered.add(future)
        future.add_done_callback(self._unanswered.discard)
        return future

    async def discard(self, producer: AIOKafkaProducer) -> None:
        """Throw the producer away, with what it still holds; whoever waits for an answer gets KafkaTimeoutError."""
        if self._producer is not producer:
            return
        self._producer = None
        unanswered, self._unanswered = self._unanswered, set()
        for future in unanswered:
            if not future.done():
                future.set_exception(KafkaTimeoutError())
        await _abandon(producer)

    async def close(self) -> None:
        """Let queued records leave, within `STOP_WITHIN_S`."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            await asyncio.wait_for(producer.flush(), STOP_WITHIN_S)
        except TimeoutError:
            log.warning("records not acknowledged at close; they may still be delivered", client=self._client_id)
            await _abandon(producer)
        else:
            await producer.stop()

    async def _start(self) -> AIOKafkaProducer:
        pauses = Pauses(CONNECT_BACKOFF_S)
        while True:
            producer = self._new_producer()
            try:
                await producer.start()
                await self._check_topics(producer)
            except KafkaError as error:
                await _abandon(producer)
                refused = await why_refused(self._settings)
                if refused is not None and not refused.passes:
                    raise refused from None
                log.info("broker not reachable yet", servers=self._settings.bootstrap_servers, error=str(error))
            except BaseException:
                await _abandon(producer)
                raise
            else:
                return producer
            await asyncio.sleep(pauses.after())

    def _new_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._settings.connection(),
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            compression_type=None,
            linger_ms=0,
        )

    async def _check_topics(self, producer: AIOKafkaProducer) -> None:
        known = (await producer.client.fetch_all_metadata()).topics()
        missing = [topic for topic in self._topics if topic not in known]
        if missing:
            raise await unseen(self._settings, missing[0], "write")


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Close a producer without its queue: `stop()` would wait without a bound for records that no broker takes."""
    # aiokafka has no public way. Its sender must end before the connections do, or it would open them again.
    producer._closed = True  # noqa: SLF001 - see above
    sender_task = producer._sender.sender_task  # noqa: SLF001 - see above
    if sender_task is not None:
        sender_task.cancel()
    await producer.client.close()  # what is on the wire fails now; the sender waits for its answer
    if sender_task is not None:
        await asyncio.wait([sender_task], timeout=STOP_WITHIN_S)
