"""The topic of duties as one state, kept up as records come.

A record that this version cannot read is told to the log and left where it is: it must not hide the others.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from cbrn_consumers.errors import UnknownDutyError
from cbrn_consumers.reading import read_all
from cbrn_routing.duties import DutyState
from cbrn_schemas.duty import parse_duty_record
from cbrn_schemas.topics import Realm, bus_topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from cbrn_routing.duties.fold import Entry
    from cbrn_schemas.settings import Settings

STOP_WITHIN_S: Final = 5.0
TRANSACTION_MS: Final = 15_000
"""A writer that dies holds back readers of the partitions that it wrote for this long at most."""
RECORD_BYTES_MAX: Final = 1024 * 1024

log = structlog.get_logger(__name__)


class Place(Protocol):
    """What is needed of a consumed record."""

    @property
    def topic(self) -> str:
        """Where it was read."""

    @property
    def partition(self) -> int:
        """Partition of the topic: all records of a situation lie in one."""

    @property
    def offset(self) -> int:
        """Position in the partition."""

    @property
    def value(self) -> bytes | None:
        """The record's bytes."""


class Log:
    """Every duty of a realm, by id."""

    def __init__(self) -> None:
        self.states: dict[str, DutyState] = {}
        self.partitions: dict[str, int] = {}
        """In which partition a duty's records lie; further ones go there, too."""

    def take(self, records: Iterable[Place]) -> list[str]:
        """Take records in; the ids of the duties that they are about."""
        touched: list[str] = []
        for record in records:
            try:
                entry = parse_duty_record(record.value or b"")
            except ValidationError as error:
                where = f"{record.topic}/{record.partition}/{record.offset}"
                log.warning("a record of duties cannot be read, left out", record=where, findings=error.error_count())
                continue
            self.add(entry)
            self.partitions.setdefault(entry.id, record.partition)
            touched.append(entry.id)
        return touched

    def add(self, entry: Entry) -> None:
        """Take one entry in."""
        self.states.setdefault(entry.id, DutyState(entry.id)).add(entry)

    @property
    def known(self) -> list[DutyState]:
        """The duties that an event raised, by id; fragments of older ones are left out."""
        return [state for _, state in sorted(self.states.items()) if state.known]


async def read_log(settings: Settings) -> Log:
    """Every duty that Kafka still holds.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    read = Log()
    read.take(await read_all(settings, duties_topic(settings.realm)))
    return read


def find_duty(read: Log, identifier: str) -> DutyState:
    """The duty with this id.

    Raises:
        UnknownDutyError: there is none.
    """
    state = read.states.get(identifier)
    if state is None or not state.known:
        raise UnknownDutyError(f"no duty is called {identifier!r}", hint="`cbrn duties list --all` shows every id.")
    return state


def duties_topic(realm: Realm) -> str:
    """Where the log of duties lies."""
    return bus_topic(realm, "duties")


@asynccontextmanager
async def only_writer(settings: Settings, name: str) -> AsyncGenerator[AIOKafkaProducer]:
    """A transactional producer of which there is one: whoever starts fences whoever was before.

    What the former left open is aborted by then, so that reading after this sees all that was ever committed.
    """
    producer = AIOKafkaProducer(
        **settings.connection(),
        transactional_id=bus_topic(settings.realm, f"duties.{name}"),
        transaction_timeout_ms=TRANSACTION_MS,
        acks="all",
        enable_idempotence=True,
        max_request_size=RECORD_BYTES_MAX,
    )
    try:
        await producer.start()
        yield producer
    finally:
        # Bounded: a producer whose transaction was cut off may never come to an end by itself.
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(producer.stop(), STOP_WITHIN_S)
