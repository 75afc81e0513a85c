"""The pulse: what a page says was heard is in the database. Kafka is played by a consumer that always answers."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from aiokafka import TopicPartition
from tests.builders.desk_store import START, Records, desk_store

from cbrn_consumers.desk.store import projection as module
from cbrn_consumers.desk.store.errors import StoreError
from cbrn_consumers.desk.store.projection import Projection
from cbrn_schemas.settings import Settings

HERE = TopicPartition("cbrn.to.moh.alerts", 0)
LATER = START + timedelta(minutes=5)


class Answering:
    """A consumer whose broker answers every moment."""

    def __init__(self, clock):
        self._clock = clock

    def last_poll_timestamp(self, _):
        return int(self._clock().timestamp() * 1000)

    def last_stable_offset(self, _):
        return 1

    async def position(self, _):
        return 1


class Scene:
    """A projection that follows: what is read, and the time, are the test's."""

    def __init__(self, store, monkeypatch):
        self.now, self.batches = START, asyncio.Queue()
        self.caught_up = asyncio.Event()
        self.projection = Projection(store, Settings(body="moh"), lambda: self.now)

        @asynccontextmanager
        async def assigned(*_, **__):
            yield Answering(lambda: self.now), [HERE]

        async def ends_of(*_):
            return {HERE: 1}

        async def catch_up(*_):
            await self.caught_up.wait()
            return
            yield

        async def batch(*_):
            return await self.batches.get()

        for one in (assigned, ends_of, catch_up, batch):
            monkeypatch.setattr(module, one.__name__, one)
        monkeypatch.setattr(self.projection, "_topics", lambda: asyncio.sleep(0, [HERE]))
        monkeypatch.setattr(self.projection, "_skip_old_readings", lambda *_: asyncio.sleep(0))
        monkeypatch.setattr(self.projection, "_pause", lambda _: asyncio.Event().wait())
        monkeypatch.setattr(self.projection, "_tidy", lambda: asyncio.sleep(0))

    async def until(self, condition):
        async with asyncio.timeout(20):
            while not condition(self.projection.pulse()):  # noqa: ASYNC110 - a thread's work is waited for
                await asyncio.sleep(0)


@pytest.fixture
async def scene(tmp_path, monkeypatch):
    store = desk_store(tmp_path, "moh")
    made = Scene(store, monkeypatch)
    running = asyncio.create_task(made.projection.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await store.close()


async def test_nothing_was_heard_until_all_that_was_there_is_in_the_list(scene):
    """An empty list beside «last heard now» would say that nothing has happened."""
    await scene.until(lambda _: scene.projection._consumer is not None)
    assert (scene.projection.pulse().connected, scene.projection.pulse().last_heard) == (False, None)
    scene.caught_up.set()
    await scene.until(lambda pulse: pulse.connected)
    assert scene.projection.pulse().last_heard == START


async def test_what_the_database_does_not_take_was_not_heard(scene, monkeypatch):
    """Kafka answers, and the disk is full: the page must not go on saying «last heard now»."""
    scene.caught_up.set()
    await scene.until(lambda pulse: pulse.connected)
    taking, ending = asyncio.Event(), asyncio.Event()

    async def full(*_, **__):
        taking.set()
        await ending.wait()
        raise StoreError("the desk's database does not answer: database or disk is full")

    monkeypatch.setattr(scene.projection.store, "take", full)
    await scene.batches.put([Records().alert("moh")])
    await taking.wait()
    scene.now = LATER
    pulse = scene.projection.pulse()
    assert (pulse.connected, pulse.last_heard) == (False, START)
    ending.set()
    await scene.until(lambda pulse: pulse.trouble is not None)
    pulse = scene.projection.pulse()
    assert (pulse.connected, pulse.last_heard) == (False, START)
