"""Looking at a body's alerts, and being told of them, on a real broker."""

import asyncio
import json
import uuid
from contextlib import aclosing
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.builders.golden import MIN_KUSH

from cbrn_consumers import AlertFeed, Patience, UnknownTopicError
from cbrn_consumers.tail import Unreadable, tail
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.read import read_all
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm, to_topic

pytestmark = pytest.mark.broker


BODIES = iter(("ppp-osh", "ppp-talas", "ppp-chuy", "ppp-naryn", "ppp-batken", "mayor-osh", "un-1540", "opcw", "unece"))
"""Each test has a body of its own, in the exercise realm, so that what others write does not meet it."""


@dataclass(frozen=True)
class Desk:
    """A body whose alerts topic is new and empty."""

    body: str
    settings: Settings

    @property
    def topic(self):
        return to_topic(Realm.EXERCISE, self.body, "alerts")

    def feed(self, handle, **options):
        made = AlertFeed(self.body, name="desk", settings=self.settings, **options)
        made.handler(handle)
        return made

    def tail(self, **options):
        return tail(self.settings, self.body, **options)


@pytest.fixture
async def desk(kafka, tmp_path):
    settings = kafka.settings(data_dir=tmp_path, realm=Realm.EXERCISE)
    made = Desk(next(BODIES), settings)
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    try:
        await admin.create_topics([NewTopic(made.topic, 2, 1)])
        async with asyncio.timeout(10):
            while made.topic not in await admin.list_topics():
                pass
    finally:
        await admin.close()
    return made


@pytest.fixture
async def router(desk):
    """Writes alerts as the router does: in transactions."""
    ours = {"transactional_id": f"test-{uuid.uuid4()}", "transaction_timeout_ms": 10_000}
    producer = AIOKafkaProducer(**desk.settings.connection(), **ours)
    await producer.start()

    async def write(*ids, partition=0, abort=False, value=None):
        await producer.begin_transaction()
        for name in ids:
            headers = [
                *binary_headers(id=name, source="/mes", type="kg.x", time="2026-05-01T06:00:00Z"),
                ("cbrn_role", b"lead"),
            ]
            data = json.dumps(MIN_KUSH).encode() if value is None else value
            await (await producer.send(desk.topic, data, key=name.encode(), headers=headers, partition=partition))
        await (producer.abort_transaction() if abort else producer.commit_transaction())

    yield write
    await producer.stop()


async def ids_of(alerts):
    async with aclosing(alerts):
        return [alert.id async for alert in alerts]


async def test_tail_shows_what_is_committed_and_ends_at_the_end(desk, router):
    """Aborted alerts were never sent; markers at the end of the log must not keep the reader waiting."""
    await router("a", "b")
    await router("gone", partition=0, abort=True)
    await router("c", partition=1)
    await router("gone-too", partition=1, abort=True)
    assert sorted(await ids_of(desk.tail(until_now=True))) == ["a", "b", "c"]


async def test_empty_topic_ends_at_once(desk):
    """Nothing is an answer, too."""
    assert await ids_of(desk.tail(until_now=True)) == []


async def test_following_starts_with_what_comes_next(desk, router):
    """An officer who looks in wants the present, unless asked otherwise."""
    await router("old")
    async with aclosing(desk.tail(count=1)) as alerts:
        waiting = asyncio.ensure_future(anext(alerts))
        while not waiting.done():
            await router(f"new-{uuid.uuid4()}")
        assert (await waiting).id.startswith("new-")
    assert await ids_of(desk.tail(from_beginning=True, count=1)) == ["old"]


async def test_unreadable_alert_does_not_end_the_tail(desk, router):
    """What follows it must be seen."""
    await router("bad", value=b"{")
    await router("good")
    seen = []
    async with aclosing(desk.tail(until_now=True)) as alerts:
        seen.extend([alert async for alert in alerts])
    assert isinstance(seen[0], Unreadable)
    assert seen[1].id == "good"


async def test_tail_leaves_no_trace_in_kafka(desk, router):
    """It must take nothing away from the body's own programs."""
    await router("a")
    assert await ids_of(desk.tail(until_now=True)) == ["a"]
    control = f"{desk.topic.removesuffix('alerts')}control"
    connection = desk.settings.connection()
    async with AIOKafkaConsumer(desk.topic, group_id=control, auto_offset_reset="earliest", **connection) as consumer:
        await consumer.getone()
        await consumer.commit()
    admin = AIOKafkaAdminClient(**connection)
    await admin.start()
    try:
        groups = [name for name, _ in await admin.list_consumer_groups()]
    finally:
        await admin.close()
    left = [name for name in groups if not name or name.startswith(desk.topic.removesuffix("alerts"))]
    assert left == [control], "a group that was there is seen, and it is the only one"


async def test_missing_topic_and_missing_broker_are_told_apart(desk):
    """Two mistakes with two remedies."""
    with pytest.raises(UnknownTopicError):
        await ids_of(tail(desk.settings, "iaea", until_now=True))
    nowhere = desk.settings.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})
    with pytest.raises(BrokerUnreachableError):
        await ids_of(tail(nowhere, desk.body, until_now=True))


class Handled(list):
    """Ids in the order handled; `reached` waits for so many."""

    def __init__(self):
        super().__init__()
        self.more = asyncio.Event()

    def append(self, name):
        super().append(name)
        self.more.set()

    async def reached(self, count):
        while len(self) < count:
            self.more.clear()
            await self.more.wait()


async def run_until(feed, handled, count):
    async with feed, asyncio.timeout(60):
        await handled.reached(count)


async def test_feed_hands_over_each_alert_once_and_goes_on_where_it_stopped(desk, router):
    """A restart must neither repeat nor skip."""
    handled = Handled()

    async def handle(alert):
        handled.append(alert.id)

    await router("a", "b")
    await router("c", partition=1)
    await run_until(desk.feed(handle), handled, 3)
    await router("d")
    await run_until(desk.feed(handle), handled, 4)
    assert sorted(handled[:3]) == ["a", "b", "c"]
    assert handled[3:] == ["d"]


async def test_feed_parks_what_its_handler_refuses_and_tries_it_again_at_the_next_start(desk, router):
    """Never lost, never in the way, never in silence."""
    handled, broken = Handled(), True

    async def handle(alert):
        if alert.id == "poison" and broken:
            raise ValueError("cannot show this")
        handled.append(alert.id)

    def feed():
        return desk.feed(handle, patience=Patience(5.0, (0.0,)))

    await router("poison", "b")
    await run_until(feed(), handled, 1)
    assert handled == ["b"]
    broken = False
    await run_until(feed(), handled, 2)
    assert handled == ["b", "poison"]
    assert feed().parking.parked() == []


async def test_running_feed_ends_and_tells_why_when_an_alert_can_be_kept_nowhere(desk, router, tmp_path):
    """The alert is not acknowledged: it is there when somebody has made room."""
    (tmp_path / "file").write_text("in the way")

    async def handle(alert):
        raise ValueError("no")

    feed = desk.feed(handle, parking=tmp_path / "file" / "x", patience=Patience(5.0, ()))
    await router("a")
    with pytest.raises(OSError, match="cannot be parked"):
        await asyncio.wait_for(feed.run(), 60)
    admin = AIOKafkaAdminClient(**desk.settings.connection())
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(feed.group)
    finally:
        await admin.close()
    assert TopicPartition(desk.topic, 0) not in offsets
    assert len(await read_all(desk.settings, desk.topic)) == 1
