"""Alerts and receipts from Kafka: without a group, `read_committed`, so nothing is consumed. Thin: `fold` decides.

One situation is read from the one partition in which the bus puts it, and of that only its own records are looked
into. Receipts are read in all partitions, since it began: a body's own program may place them otherwise.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiokafka import TopicPartition

from cbrn_consumers.alert import Alert, Origin, read_alert
from cbrn_consumers.standing.delivered import committed_by
from cbrn_consumers.standing.fold import Standings
from cbrn_consumers.standing.others import read_others
from cbrn_consumers.standing.party import Answer
from cbrn_consumers.standing.told import told_of
from cbrn_routing.bus.clock import OFF_MAX
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.read import assigned, catch_up, there
from cbrn_routing.shards.placement import Placement
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.errors import BusError, InvalidEventError
from cbrn_schemas.events import read_event
from cbrn_schemas.receipt import ReceiptError, read_receipt, receipts_topic
from cbrn_schemas.records import record_time
from cbrn_schemas.standing_record import StandingRecordError, standing_topic
from cbrn_schemas.topics import to_topic
from cbrn_schemas.unanswered import Unanswered

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
    from datetime import datetime

    from cbrn_consumers.standing.others import Others
    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm

EVENTS_MAX: Final = 1_000
"""Events of one situation that are kept whole: some 2 KiB each, 2 MB."""
WARNINGS_MAX: Final = 100
"""Warnings remembered about records that are no receipts, or no alerts of this version."""


@dataclass(slots=True)
class Read:
    """What was read."""

    standings: Standings = field(default_factory=Standings)
    latest: Alert | None = None
    """The latest alert of the situation that was asked for."""
    alerts: dict[str, Alert] = field(default_factory=dict)
    """The latest alert of it to each body."""
    events: dict[tuple[str, str], Alert] = field(default_factory=dict)
    """One alert an event of it, by source and id: the latest `EVENTS_MAX` events that were met."""
    alarms: dict[str, Alert] = field(default_factory=dict)
    """By body, the latest by which the watch asks it in another body's place."""
    passed_on: dict[tuple[str, str], Alert] = field(default_factory=dict)
    """What the watch has passed on for want of an answer, by who heard it and its id: the latest `EVENTS_MAX`."""
    names: set[str] = field(default_factory=set)
    """Situations that were met on the way, where one was asked for that is not there."""
    others: Others | None = None
    """Where everybody told stands, as the watch has told the one body whose topics were read."""
    warnings: list[str] = field(default_factory=list)
    """What was left out, in words."""

    def keep(self, body: str, alert: Alert) -> None:
        """Keep an alert of the situation that was asked for."""
        self.latest = _later(self.latest, alert)
        self.alerts[body] = _later(self.alerts.get(body), alert)
        self.events.setdefault(alert.identity[:2], alert)
        if len(self.events) > EVENTS_MAX:
            del self.events[min(self.events, key=lambda one: _order(self.events[one].origin))]

    def hear(self, body: str, alarm: Alert) -> None:
        """Keep what the watch has told a body."""
        self.passed_on[body, alarm.id] = alarm
        if len(self.passed_on) > EVENTS_MAX:
            del self.passed_on[next(iter(self.passed_on))]

    def warn(self, text: str) -> None:
        """Keep a warning, while there is room."""
        if len(self.warnings) < WARNINGS_MAX:
            self.warnings.append(text)


def told_bodies() -> tuple[str, ...]:
    """List every body that is told, or was: its alerts may still be there."""
    return tuple(code for code, body in bodies().items() if body.receives)


async def read_situation(
    settings: Settings, situation: str, of: Iterable[str] | None = None, *, delivered: bool = True
) -> Read:
    """Read one situation as these bodies were told of it, by default all whose topics this user may see.

    Without `delivered` it is not asked what bodies' programs have taken off the bus, nor, for one body, where the
    others stand: an answer need not wait for that.

    Where nobody was told, `names` holds what else these bodies were told of.

    Raises:
        UnknownTopicError: there is no topic of any of them.
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    topics = await _Topics.of(settings, of)
    key, read = situation.encode(), Read()
    placed = {
        TopicPartition(topic, Placement(0, len(partitions)).shard_of(key)): 0
        for topic, partitions in topics.alerts.items()
    }
    await _take_alerts(settings, topics, placed, read, key)
    if read.latest is None:
        # Not where it belongs: it may be misspelt, and whoever asks is told what there is.
        rest = {one: 0 for partitions in topics.alerts.values() for one in partitions}
        await _take_alerts(settings, topics, rest, read, key)
    await _take_receipts(settings, topics, read, key)
    if delivered:
        await _know_delivered(settings, topics, read)
        await _know_others(settings, topics, read, key)
    return read


async def read_standings(settings: Settings, of: Iterable[str] | None = None, *, since: datetime | None = None) -> Read:
    """Read all situations of which these bodies were told; raises as above.

    With `since` those of which something was told at that time or later, and they whole: what was answered before it
    is answered.
    """
    topics, read = await _Topics.of(settings, of), Read()
    recent: set[bytes | None] | None = None
    if since is not None:
        async with _batches(settings, topics.alerts, since=since) as batches:
            recent = {record.key async for records in batches for record in records}
    met: set[bytes | None] = set()
    for several in (topics.alerts, topics.receipts):  # first what was told: then it is known which answers have room
        if not several:
            continue
        async with _batches(settings, several) as batches:
            async for record in (record async for records in batches for record in records):
                if recent is not None and record.key not in recent:
                    continue
                if record.topic in topics.alerts:
                    met.add(record.key)
                    take_alert(record, topics.body[record.topic], read)
                elif record.key not in met or (record.key or b"").decode("utf-8", "replace") in read.standings:
                    take_receipt(record, topics.body[record.topic], settings.realm, read)
    await _know_delivered(settings, topics, read)
    return read


@dataclass(frozen=True, slots=True)
class _Topics:
    body: Mapping[str, str]
    alerts: Mapping[str, list[TopicPartition]]
    receipts: Mapping[str, list[TopicPartition]]

    @classmethod
    async def of(cls, settings: Settings, of: Iterable[str] | None) -> _Topics:
        codes = list(told_bodies() if of is None else of)
        alerts = {to_topic(settings.realm, code, "alerts"): code for code in codes}
        receipts = {receipts_topic(settings.realm, code): code for code in codes}
        found = await there(settings, [*alerts, *receipts])
        if not found.keys() & alerts.keys():
            where = settings.bootstrap_servers
            raise UnknownTopicError(
                f"topic {next(iter(alerts))} does not exist on {where}, or this user may not see it"
            )
        return cls(
            alerts | receipts,
            {topic: found[topic] for topic in alerts if topic in found},
            {topic: found[topic] for topic in receipts if topic in found},
        )


def _batches(
    settings: Settings,
    topics: Iterable[str] = (),
    *,
    starts: Mapping[TopicPartition, int] | None = None,
    since: datetime | None = None,
) -> aclosing[AsyncGenerator[list[Bytes]]]:
    async def given() -> AsyncGenerator[list[Bytes]]:
        async with (
            assigned(settings, *topics, starts=starts, since=since) as (consumer, partitions),
            aclosing(catch_up(consumer, partitions, settings)) as batches,
        ):
            async for records in batches:
                yield records

    return aclosing(given())


async def _take_alerts(
    settings: Settings, topics: _Topics, starts: Mapping[TopicPartition, int], read: Read, key: bytes
) -> None:
    others: set[bytes | None] = set()
    async with _batches(settings, starts=starts) as batches:
        async for records in batches:
            others.update(record.key for record in records)
            for record in records:
                if record.key == key and (alert := take_alert(record, topics.body[record.topic], read)) is not None:
                    read.keep(topics.body[record.topic], alert)
    if read.latest is None:
        read.names |= {(name or b"").decode("utf-8", "replace") for name in others}


async def _take_receipts(settings: Settings, topics: _Topics, read: Read, key: bytes) -> None:
    """Read what was answered since it was first told: of 100,000 receipts those of the last hours, as a rule."""
    if not topics.receipts:
        return
    first = read.standings.first_told(key.decode())
    since = None if first is None else first - OFF_MAX  # each broker stamps by its own clock
    async with _batches(settings, topics.receipts, since=since) as batches:
        async for records in batches:
            for record in records:
                if record.key == key:
                    take_receipt(record, topics.body[record.topic], settings.realm, read)


def _later(one: Alert | None, other: Alert) -> Alert:
    return other if one is None or _order(one.origin) < _order(other.origin) else one


def _order(origin: Origin) -> tuple[datetime, Origin]:
    return origin.timestamp, origin


def take_alert(record: Record, body: str, read: Read, parse: Callable[[bytes], AnyEvent] = read_event) -> Alert | None:
    """Take one alert into account; None where it is of no situation, or cannot be read. `parse` as in `read_alert`."""
    try:
        alert = read_alert(record, parse)
    except InvalidEventError as error:
        read.warn(f"{record.topic}/{record.partition}/{record.offset} left out: {error}. {error.hint}")
        return None
    told = told_of(body, alert)
    if isinstance(alert.event, Unanswered):
        read.hear(body, alert)
    if isinstance(alert.event, Unanswered) and alert.role == "lead":
        read.standings.ask_in_place(body, alert.event.situation)
        read.alarms[body] = alert if body not in read.alarms else _later(read.alarms[body], alert)
    if told is None:
        return None
    read.standings.tell(told)
    return alert


def take_receipt(record: Record, body: str, realm: Realm, read: Read) -> None:
    """Take a record of a body's receipts into account; what is none of it is warned of."""
    where = f"{record.topic}/{record.partition}/{record.offset}"
    try:
        receipt = read_receipt(list(record.headers), record.value, realm, body)
    except ReceiptError as error:
        read.warn(f"{where} left out: {error}. {error.hint}")
        return
    if record.key != receipt.situation.encode():
        read.warn(f"{where} left out: its key is not its situation, {receipt.situation}. Answer again if it was meant.")
        return
    origin = Origin(record.topic, record.partition, record.offset, record_time(record.timestamp))
    read.standings.take(Answer(receipt, origin))


def take_others(record: Record, read: Read) -> None:
    """Take into account what the watch has told one body of the others; what is none of it is warned of."""
    try:
        read.others = read_others(list(record.headers), record.value)
    except StandingRecordError as error:
        read.warn(f"{record.topic}/{record.partition}/{record.offset} left out: {error}. {error.hint}")


async def _know_others(settings: Settings, topics: _Topics, read: Read, key: bytes) -> None:
    """Read what one body was told of the others; of several bodies their own topics say all of it."""
    bodies_read = {topics.body[topic] for topic in topics.alerts}
    if len(bodies_read) > 1 or read.latest is None:
        return
    topic = standing_topic(settings.realm, *bodies_read)
    try:
        partitions = (await there(settings, [topic])).get(topic)
        if partitions is None:
            read.warn(f"where the others stand is not known: topic {topic} does not exist, or this user may not see it")
            return
        own = TopicPartition(topic, Placement(0, len(partitions)).shard_of(key))
        async with _batches(settings, starts={own: 0}) as batches:
            async for record in (record async for records in batches for record in records):
                if record.key == key:
                    take_others(record, read)
    except BusError as error:
        read.warn(f"where the others stand is not known: {error}")


async def _know_delivered(settings: Settings, topics: _Topics, read: Read) -> None:
    """Ask how far bodies' programs have come; where nobody says, to whom it was addressed is all that is known."""
    partitions = {topic: list(found) for topic, found in topics.alerts.items()}
    try:
        read.standings.committed = await committed_by(settings, topics.body, partitions)
    except BusError as error:
        read.warn(f"whether an alert was taken off the bus is not known: {error}")
