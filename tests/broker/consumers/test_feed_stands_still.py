"""A feed on a real broker in front of an alert with which it can do nothing: it stands, and the alert is not lost.

FastStream swallows what a subscriber raises and moves on, and one acknowledgement counts for all that came before it.
"""

import asyncio
import json
import os

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from tests.builders.golden import MIN_KUSH

from cbrn_consumers import AlertFeed, Patience, StandstillError
from cbrn_consumers.parking import Parking
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.topics import Realm, to_topic

pytestmark = pytest.mark.broker

BODIES = iter(("ppp-jalal-abad", "ppp-issyk-kul", "mayor-bishkek", "kz", "woah"))
"""Each test has a body of its own, in the exercise realm, so that what others write does not meet it."""


class Desk:
    """A body whose alerts topic is new, and a program of its own that is started again and again."""

    def __init__(self, body, settings, folder):
        self.settings, self.body, self.folder = settings, body, folder
        self.topic = to_topic(Realm.EXERCISE, body, "alerts")
        self.handled = []
        self.refused = set()
        """Ids that the handler refuses."""
        self.seen = asyncio.Event()

    def feed(self):
        feed = AlertFeed(
            self.body, name="desk", settings=self.settings, parking=self.folder, patience=Patience(5.0, ())
        )

        @feed.handler
        async def handle(alert):
            if alert.id in self.refused:
                raise ValueError(f"cannot show {alert.id}")
            self.handled.append(alert.id)
            self.seen.set()

        return feed

    async def write(self, *ids, partition=0, headers=()):
        producer = AIOKafkaProducer(**self.settings.connection())
        await producer.start()
        try:
            for name in ids:
                own = binary_headers(id=name, source="/mes", type="kg.x", time="2026-05-01T06:00:00Z")
                bus = [("cbrn_role", b"lead"), *headers]
                value, key = json.dumps(MIN_KUSH).encode(), name.encode()
                await producer.send_and_wait(self.topic, value, key=key, headers=[*own, *bus], partition=partition)
        finally:
            await producer.stop()

    async def run_until(self, *ids):
        async with self.feed() as feed, asyncio.timeout(60):
            while not set(ids) <= set(self.handled):
                self.seen.clear()
                await asyncio.wait({asyncio.ensure_future(self.seen.wait())}, timeout=1.0)
                assert not feed._failure.done(), feed._failure.exception()

    async def committed(self):
        """Next offset of the feed's group in partition 0; 0 where nothing was acknowledged."""
        admin = AIOKafkaAdminClient(**self.settings.connection())
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.feed().group)
            found = offsets.get(TopicPartition(self.topic, 0))
            return 0 if found is None else found.offset
        finally:
            await admin.close()


@pytest.fixture
async def desk(kafka, topics, tmp_path):
    settings = kafka.settings(data_dir=tmp_path, realm=Realm.EXERCISE)
    made = Desk(next(BODIES), settings, tmp_path / "parked")
    await topics([made.topic], partitions=2)
    return made


async def test_a_refused_alert_with_a_header_without_a_value_is_parked_and_handled_after_a_restart(desk):
    """Kafka allows such a header, and the router passes it on; the alert was lost by the next acknowledgement."""
    await desk.write("before")
    await desk.write("odd", headers=[("note", None), ("odd", b"\xff")])
    await desk.write("after")
    desk.refused = {"odd"}
    await desk.run_until("before", "after")
    (parked,) = desk.feed().parking.parked()
    assert ("note", None) in [tuple(header) for header in parked.headers]
    desk.refused = set()
    await desk.run_until("odd")
    assert desk.handled == ["before", "after", "odd"]
    assert desk.feed().parking.parked() == []


@pytest.mark.parametrize("fault", [TypeError("unforeseen"), RuntimeError("no thread can be started"), MemoryError()])
async def test_whatever_goes_wrong_the_feed_does_not_pass_the_alert(desk, monkeypatch, fault):
    """The program ends with the error; started again, it begins with that alert, and all others come too."""
    real = Parking.park

    def park(self, record, **kwargs):
        if record.key == b"odd":
            raise fault
        return real(self, record, **kwargs)

    monkeypatch.setattr(Parking, "park", park)
    await desk.write("before", "odd", "after")
    await desk.write("other", partition=1)
    desk.refused = {"odd"}
    with pytest.raises(StandstillError, match=f"{desk.topic}/0/1") as caught:
        await asyncio.wait_for(desk.feed().run(), 60)
    assert caught.value.__cause__ is fault
    assert "after" not in desk.handled
    assert await desk.committed() <= 1
    monkeypatch.setattr(Parking, "park", real)
    desk.refused = set()
    await desk.run_until("before", "odd", "after", "other")
    assert desk.handled.index("odd") < desk.handled.index("after")


async def test_a_feed_that_nobody_ends_stands_until_it_can_move_on(desk, monkeypatch):
    """Where the program only looks at `failed`, room on the disk is enough: it goes on by itself, in order."""
    full = asyncio.Event()
    real = Parking.park

    def park(self, record, **kwargs):
        if not full.is_set():
            raise ZeroDivisionError(os.fspath(self.folder))
        return real(self, record, **kwargs)

    monkeypatch.setattr(Parking, "park", park)
    monkeypatch.setattr("cbrn_consumers.feed.STANDSTILL_S", 0.01)
    await desk.write("odd", "after")
    desk.refused = {"odd"}
    async with desk.feed() as feed, asyncio.timeout(60):
        with pytest.raises(StandstillError):
            await feed.failed()
        assert desk.handled == []
        full.set()
        await desk.seen.wait()
        assert desk.handled == ["after"]
    assert [one.key for one in feed.parking.parked()] == [b"odd"]
