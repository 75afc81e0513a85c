"""How a ministry's program is told: five lines, a handler, every alert handled once or visibly put aside.

    feed = AlertFeed("moh", name="duty-desk", bootstrap_servers="kafka1:9092")

    @feed.handler
    async def tell(alert: Alert) -> None:
        print(alert.role, alert.event.kind)

    asyncio.run(feed.run())

In the handler, `await alert.acknowledge(by="Duty desk")` answers for the body; so do `accept` and `decline`. A plain
function says `feed.wait(alert.acknowledge(by="Duty desk"))`. An alert is acknowledged to Kafka only after its handler
has returned. A handler that fails is tried again, a bounded number of times; then the alert is parked (see
`cbrn_consumers.parking`), an error is logged, and the next one follows. Whatever else goes wrong over an alert, the
feed stands still in front of it: an acknowledgement counts for everything before it, so whoever moved on would lose the
alert. Parked alerts are tried again whenever the feed starts. Kafka is told once a second, or when a batch is done: an
alert that comes twice is handled once, within a bounded window, but after a crash those of the last second may come
again, so a handler had better be idempotent by `alert.identity`.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import FastStream
from faststream.kafka import KafkaMessage  # noqa: TC002 - FastStream reads the annotations of handlers

from cbrn_consumers.alert import Alert, Origin, read_alert
from cbrn_consumers.answering import Answers
from cbrn_consumers.begun import Begun
from cbrn_consumers.errors import NoHandlerError, ParkingError, StandstillError, said
from cbrn_consumers.in_thread import THREAD, InThread
from cbrn_consumers.parking import Parked, Parking
from cbrn_consumers.subscription import alert_broker, broker_log, subscribe
from cbrn_routing.bus.admission import Admission
from cbrn_routing.bus.read import check_topics
from cbrn_schemas.catalogue.bodies import body as body_of
from cbrn_schemas.errors import BusError, InvalidEventError
from cbrn_schemas.events.parse import VALIDATORS
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm, to_topic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from cbrn_routing.bus.record import Record

Handler = Callable[[Alert], Awaitable[None]]
Said = TypeVar("Said")
AnyHandler = TypeVar("AnyHandler", bound=Handler | Callable[[Alert], None])

TOLD_EVERY_S: Final = 1.0
"""How often Kafka is told, within a batch, of what has been handled: what a crash may repeat."""
BATCH_WITHIN_S: Final = 60.0
"""After so long the rest of a batch is fetched anew: Kafka gives the partitions of whoever asks for nothing for
`POLL_INTERVAL_MAX_MS` to another process, and one alert alone may take half of that."""
IN_ONE_GO: Final = 100
"""Alerts, some milliseconds, for which a handler that never waits may keep everything else on its loop waiting."""
WINDOW_MAX: Final = 10_000
"""Alerts remembered as handled: about 300 B each, 3 MB."""
STANDSTILL_S: Final = 1.0
"""Pause before an alert in front of which the feed stands is tried again, where nobody ends the feed. A handler that
runs is waited for when the feed stops, and this pause with it: so it is short and does not grow."""
RETRY_PARKED_WITHIN_S: Final = 60.0
NAME: Final = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often, how long and with which pauses a handler is tried before its alert is parked."""

    handler_within_s: float = 60.0
    pauses_s: tuple[float, ...] = (1.0, 5.0, 15.0)
    """Pauses between attempts; there is one attempt more than pauses."""


def feed_group(realm: Realm, body: str, name: str) -> str:
    """Name the consumer group of a feed. It begins as the body's topics do, so that one prefixed rule covers both."""
    return f"{to_topic(realm, body, name)}"


class AlertFeed:
    """A body's typed, acknowledged way off the bus. Several processes with one `name` share the work."""

    def __init__(
        self,
        body: str,
        *,
        name: str,
        lane: Lane = Lane.INCIDENTS,
        bootstrap_servers: str | None = None,
        realm: Realm | None = None,
        settings: Settings | None = None,
        parking: Path | None = None,
        patience: Patience = Patience(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take a `name`, which tells the feeds of one body apart; a new one starts with all that Kafka still holds.

        Raises:
            UnknownCodeError: the body is not in the catalogue.
            ValueError: the name has other characters than a-z, 0-9 and hyphens.
        """
        if not NAME.match(name):
            raise ValueError(f"feed name {name!r}: use a-z, 0-9 and hyphens, at most 63 characters")
        given: dict[str, Any] = {"bootstrap_servers": bootstrap_servers, "realm": realm}
        self.settings = (settings or Settings()).model_copy(update={k: v for k, v in given.items() if v is not None})
        self.topic = to_topic(self.settings.realm, body_of(body).code, lane.delivery)
        self.group = feed_group(self.settings.realm, body, name)
        self.parking = Parking(parking or self.settings.data_dir / "parked" / self.group)
        self.broker = alert_broker(self.settings, self.group)
        self._answers = Answers(body, settings=self.settings)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._patience = patience
        self._sleep = sleep
        self._handler: Handler | None = None
        self._handled: OrderedDict[tuple[str, str, int], None] = OrderedDict()
        self._failure: asyncio.Future[None] | None = None
        self._standing: Origin | None = None
        """In front of which record the feed stands still."""
        self._ends = False
        """Told to stop: the alert that is being handled is the last one."""
        self._passed = False
        """Whether Kafka's position is behind a record that is not done with: then nothing may be acknowledged."""
        subscribe(self.broker, self.topic, self.group, self._receive)

    def wait(self, answer: Coroutine[Any, Any, Said]) -> Said:
        """Give an answer from a handler that is a plain function, and so runs in a thread; return once Kafka holds it.

        Raises:
            BusError: what the answer raises.
            NoHandlerError: called elsewhere than in such a handler; there an answer is awaited.
        """
        if self._loop is None or threading.current_thread().name != THREAD:
            answer.close()
            raise NoHandlerError("only a plain function that is the feed's handler waits", hint="Use `await` instead.")
        return asyncio.run_coroutine_threadsafe(answer, self._loop).result()

    def handler(self, function: AnyHandler) -> AnyHandler:
        """Register the function that is given every alert; a plain `def` runs in a thread. A feed has one."""
        awaited = any(map(asyncio.iscoroutinefunction, (function, type(function).__call__)))
        self._handler = cast("Handler", function) if awaited else InThread(cast("Callable[[Alert], None]", function))
        return function

    async def run(self) -> None:
        """Handle alerts until SIGINT or SIGTERM, or until the feed fails.

        Raises:
            NoHandlerError, BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: it could not start.
            ParkingError, StandstillError: an alert could neither be handled nor parked. It comes again at the next
                start.
        """
        await self._prepare()
        assert self._failure is not None
        app = FastStream(self.broker, logger=broker_log, on_shutdown=[self._end])
        self._failure.add_done_callback(lambda _: app.exit())
        try:
            await app.run()
        finally:
            self._watching.cancel()
            await self._answers.close()
        if self._failure.done():
            self._failure.result()

    async def __aenter__(self) -> Self:
        """Start handling in the background; `failed` tells of an end that was not asked for."""
        await self._prepare()
        await self.broker.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watching.cancel()
        self._end()
        await self.broker.stop()
        await self._answers.close()

    def _end(self) -> None:
        self._ends = True

    async def failed(self) -> None:
        """Wait until the feed fails, and raise why.

        Raises:
            ParkingError, StandstillError: an alert could neither be handled nor parked.
        """
        if self._failure is not None:
            await asyncio.shield(self._failure)

    async def retry_parked(self) -> int:
        """Try parked alerts once more, in their order; how many are still parked.

        The feed does it whenever it starts, for `RETRY_PARKED_WITHIN_S` at the most: what is new must not wait for what
        is old.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + RETRY_PARKED_WITHIN_S
        remaining = 0
        for path in await asyncio.to_thread(self.parking.files):
            if loop.time() < end and await self._retry(path):
                continue
            remaining += 1
        return remaining

    async def _retry(self, path: Path) -> bool:
        """Try one parked alert; whether it is done with. A file in disorder must not keep the feed from what is new."""
        try:
            parked = await asyncio.to_thread(Parked.read, path)
            done = await self._attempt(parked, ()) is None
            if done:
                await asyncio.to_thread(self.parking.remove, parked)
        except ParkingError as disorder:
            log.error("a parked alert stays where it is", error=str(disorder), hint=disorder.hint)  # noqa: TRY400 - a sentence
            return False
        return done

    async def _prepare(self) -> None:
        if self._handler is None:
            raise NoHandlerError("the feed has no handler", hint="Decorate a function with `@feed.handler`.")
        await check_topics(self.settings, [self.topic])
        await asyncio.to_thread(VALIDATORS.build)  # or one of the first alerts waits for it
        self._watching = asyncio.create_task(Admission(self.settings).watch())
        self._failure = asyncio.get_running_loop().create_future()
        # Looked at, or asyncio would report it as forgotten where nobody waits for `failed`: it was logged.
        self._failure.add_done_callback(lambda failure: failure.cancelled() or failure.exception())
        remaining = await self.retry_parked()
        if remaining:
            log.warning("alerts are parked", count=remaining, folder=str(self.parking.folder))

    async def _receive(self, message: KafkaMessage) -> None:
        """Handle records in order, or park them, and acknowledge them; what is left on any other outcome is given back.

        FastStream swallows what is raised here and moves on, and the next acknowledgement would pass the records: so
        nothing may be raised but an end that was asked for, of which no acknowledgement follows.
        """
        records: Any = message.raw_message
        message.raw_message = records[:1]  # FastStream's own cycles of objects outlive a batch, and may not keep it
        consumer: Any = message.consumer
        done: dict[TopicPartition, int] = {}
        """Next offset of each partition; what Kafka has not been told of."""
        number = 0
        began = told = time.monotonic()
        try:
            for number, record in enumerate(records):
                place = TopicPartition(record.topic, record.partition)
                if place not in consumer.assignment():
                    continue  # it is another process's by now, and so are its alerts
                error = await self._attempt(record, self._patience.pauses_s)
                if error is not None:
                    await self._park(record, error)
                done[place] = record.offset + 1
                if self._standing is not None:
                    self._standing = None
                    log.warning("the feed moves on", handled=str(Origin.of(record)))
                now = time.monotonic()
                if self._ends or now - began >= BATCH_WITHIN_S:
                    # Also at the end: FastStream may ask for another batch before it has stopped.
                    self._move_back(consumer, records[number + 1 :])
                    break
                if now - told >= TOLD_EVERY_S:
                    await self._acknowledge(consumer, done)
                    told = time.monotonic()
                elif number % IN_ONE_GO == 0:
                    await asyncio.sleep(0)
            await self._acknowledge(consumer, done)
        except Exception as failure:  # noqa: BLE001 - whatever it was, the record must not be passed
            await self._give_back(consumer, done, records[number:], failure)

    async def _acknowledge(self, consumer: Any, done: dict[TopicPartition, int]) -> None:
        """Tell Kafka of what is done, and forget it."""
        if self._passed or not done:
            return
        try:
            await consumer.commit(dict(done))
        except KafkaError as failed:
            # Another process has a partition by now; it is given the alerts again, and so are we at the next start.
            log.warning("alerts handled, but Kafka was not told", error=repr(failed))
        done.clear()

    async def _give_back(
        self, consumer: Any, done: dict[TopicPartition, int], rest: Sequence[Record], failure: Exception
    ) -> None:
        """Have Kafka give the rest again: better a feed that stands still than a lost alert.

        First of all positions are moved back, and only then is anything done that may fail itself, such as logging.
        """
        self._move_back(consumer, rest)
        try:
            self._fail(rest[0], failure)
            with suppress(Exception):  # what it could not be told of is remembered here, and may come again
                await self._acknowledge(consumer, done)
        finally:
            await self._sleep(STANDSTILL_S)

    def _move_back(self, consumer: Any, rest: Sequence[Record]) -> None:
        """Have the next batch begin with the first of these in each partition."""
        first: dict[TopicPartition, int] = {}
        for record in rest:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        for place, offset in first.items():
            try:
                consumer.seek(place, offset)
            except IllegalStateError:
                pass  # the partition is another process's by now, and so is the alert
            except Exception:  # noqa: BLE001 - then the position stays where it is, and nothing later may be acknowledged
                self._passed = True

    def _fail(self, record: Any, failure: Exception) -> None:
        """Say why the feed stands still, once a record, to the log and to whoever waits for it."""
        assert self._failure is not None
        place = Origin.of(record)
        stopped = failure if isinstance(failure, BusError) else StandstillError.at(place, failure)
        if not self._failure.done():
            self._failure.set_exception(stopped)
        if place != self._standing:
            self._standing = place
            log.critical("the feed stands still: an alert is neither handled nor parked", error=str(stopped))

    async def _attempt(self, record: Record, pauses_s: tuple[float, ...]) -> str | None:
        """Hand the alert to the handler, once more than there are pauses; what went wrong, if nothing helped."""
        try:
            alert = read_alert(record, answers=self._answers)
        except InvalidEventError as invalid:
            return f"unreadable: {invalid}. {invalid.hint}"
        if alert.identity in self._handled:
            log.info("alert came again, left out", id=alert.id, source=alert.source)
            return None
        for pause in (*pauses_s, None):
            error = await self._handle(alert)
            if error is None:
                self._remember(alert)
                return None
            log.warning("handler failed", id=alert.id, kind=alert.event.kind, error=error, next_attempt_s=pause)
            if pause is None:
                return error
            await self._sleep(pause)
        raise AssertionError("the last pause is None")

    async def _handle(self, alert: Alert) -> str | None:
        assert self._handler is not None
        self._loop = asyncio.get_running_loop()
        end, bound = self._loop.time() + self._patience.handler_within_s, None
        try:
            begun = Begun(self._handler(alert))
            if begun.waits:
                async with asyncio.timeout_at(end) as bound:
                    await begun
        except asyncio.CancelledError as cancelled:
            task = asyncio.current_task()
            if task is None or task.cancelling():  # the feed itself is stopping
                raise
            return f"the handler was cancelled from within: {cancelled!r}"
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its alert must not be lost
            late = bound is not None and bound.expired()
            return f"not done within {self._patience.handler_within_s:g} s" if late else said(error)
        return None

    def _remember(self, alert: Alert) -> None:
        self._handled[alert.identity] = None
        if len(self._handled) > WINDOW_MAX:
            self._handled.popitem(last=False)

    async def _park(self, record: Record, error: str) -> None:
        attempts = len(self._patience.pauses_s) + 1
        path = await asyncio.to_thread(self.parking.park, record, error=error, attempts=attempts, now=datetime.now(UTC))
        log.error("alert parked: nobody has handled it", file=str(path), error=error)
