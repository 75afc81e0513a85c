"""On the real bus: the desk's database follows, is killed in between, is lost, and is the same again."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import SecretStr
from tests.builders.databases import postgresql
from tests.builders.desk_content import content
from tests.builders.standing_bus import Bus

from cbrn_consumers.answering import Answers
from cbrn_consumers.desk.store import ALL, Filters, Projection, Store, StoreError, Whose, database_url
from cbrn_consumers.standing import State
from cbrn_consumers.standing.reader import read_situation
from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_schemas.topics import to_topic

BODIES = ("mes", "moh", "mia")
WITHIN_S = 60
FILL = """
import asyncio, sys
from pathlib import Path
from cbrn_consumers.desk.store import Projection, Store, Whose, database_url
from cbrn_schemas.settings import Settings

async def main():
    settings = Settings()
    whose = Whose(settings.realm, "mes", all=True)
    store = Store(database_url(settings, whose), whose)
    store.on_change = lambda _: print("changed", flush=True)
    await Projection(store, settings).run()

asyncio.run(main())
"""


@pytest.fixture
async def bus(realm_of, tmp_path):
    settings = await realm_of(*BODIES)
    settings = settings.model_copy(update={"data_dir": tmp_path})
    async with AIOKafkaProducer(**settings.connection()) as producer:
        yield Bus(settings, producer)


@asynccontextmanager
async def following(bus, body="moh", *, all_bodies=False, settings=None):
    """A store with its projection running."""
    settings = settings or bus.settings
    whose = Whose(settings.realm, body, all_bodies)
    store = await asyncio.to_thread(Store, database_url(settings, whose), whose)
    projection = Projection(store, settings)
    running = asyncio.create_task(projection.run())
    try:
        async with asyncio.timeout(WITHIN_S):
            await projection.ready.wait()
        yield store, projection
    finally:
        projection.stop()
        await running
        await store.close()


async def until(condition):
    async with asyncio.timeout(WITHIN_S):
        while not await condition():  # noqa: ASYNC110 - a broker's answer is waited for
            await asyncio.sleep(0.05)


async def test_a_page_has_the_answer_that_was_just_given_and_the_pulse_is_honest(bus, monkeypatch):
    """Rule 5 of the desk: what the page shows is what the durable log holds."""
    await bus.tell("moh", "mes", name="KG-1")
    changed = []
    async with following(bus) as (store, projection):
        store.on_change = changed.extend
        assert (await store.row("moh", "KG-1")).state is State.ADDRESSED
        read = await read_situation(bus.settings, "KG-1", ["moh"], delivered=False)
        async with Answers("moh", settings=bus.settings) as answers:
            answer = await answers.acknowledge(read.latest, by="Officer Asanov")
        assert await store.wait_for(answer.origin, WITHIN_S)
        row = await store.row("moh", "KG-1")
        assert (row.state, row.holder, row.acknowledged_at) == (State.ACKNOWLEDGED, "Officer Asanov", answer.at)
        assert ("moh", "KG-1") in changed
        assert (await store.read("moh", "KG-1")).standings.given("KG-1", "moh")[0].receipt == answer.receipt
        await until(lambda: asyncio.sleep(0, store.pulse().connected))
        pulse = store.pulse()
        assert (pulse.behind, pulse.ready, pulse.trouble) == (0, True, None)
        assert datetime.now(UTC) - pulse.last_heard < timedelta(seconds=WITHIN_S)
        assert projection.ready.is_set()
        await away_and_back(bus, store, monkeypatch)
        await made_anew(bus, store)


async def away_and_back(bus, store, monkeypatch):
    """The database does not answer for a while: it is said, and nothing is lost."""
    right, troubles = store.keeping.take, []

    def failing(*given, **how):
        if len(troubles) < 2:
            troubles.append(store.pulse().trouble)
            raise StoreError("the desk's database does not answer: locked")
        return right(*given, **how)

    monkeypatch.setattr(store.keeping, "take", failing)
    await bus.tell("moh", name="KG-2")
    await until(lambda: store.row("moh", "KG-2"))
    assert troubles == [None, "the desk's database does not answer: locked"]
    await until(lambda: asyncio.sleep(0, store.pulse().trouble is None))


async def made_anew(bus, store):
    """A topic is deleted and made again: its offsets mean other records."""
    for number in range(3):
        await bus.tell("moh", name="KG-2", injured=number)
    await until(lambda: at_version(store, 4))
    topic = to_topic(bus.settings.realm, "moh", "alerts")
    admin = AIOKafkaAdminClient(**bus.settings.connection() | {"request_timeout_ms": 30_000})
    await admin.start()
    try:
        await admin.delete_topics([topic])
        async with asyncio.timeout(WITHIN_S):
            while topic in await admin.list_topics():  # noqa: ASYNC110 - Kafka is asked
                await asyncio.sleep(0.05)
    finally:
        await admin.close()
    async with connected(bus.settings) as cluster:
        await cluster.create([TopicSpec(topic, 2, 1, {})])
    await bus.tell("moh", name="KG-2", severity="Minor")
    await until(lambda: is_minor(store))
    assert [row.situation for row in (await store.page("moh", Filters())).rows] == ["KG-2"]
    assert (await store.row("moh", "KG-2")).version == 1


async def at_version(store, number):
    return (await store.row("moh", "KG-2")).version == number


async def is_minor(store):
    row = await store.row("moh", "KG-2")
    return row is not None and row.severity == "Minor"


async def test_killed_in_between_and_lost_it_is_the_same_again_row_for_row(bus, tmp_path, monkeypatch):
    """A machine that dies, or its disk: nobody may be shown fewer alerts than Kafka holds, or one of them twice."""
    settings = bus.settings
    env = os.environ | {
        "CBRN_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "CBRN_REALM": settings.realm,
        "CBRN_DATA_DIR": str(settings.data_dir),
    }
    for number in range(30):
        await bus.tell("mes", "moh", name=f"KG-{number % 5}", injured=number)
    for _ in range(3):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FILL, env=env, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(WITHIN_S):
            await child.stdout.readline()
        await bus.tell("mes", "moh", "mia", name="KG-0")
        child.send_signal(signal.SIGKILL)
        await child.communicate()
        await bus.tell("mes", "mia", name="KG-9", severity="Extreme")
    async with following(bus, "mes", all_bodies=True) as (store, _):
        page = await store.page(ALL, Filters())
        assert {row.situation for row in page.rows} == {"KG-0", "KG-1", "KG-2", "KG-3", "KG-4", "KG-9"}
        grown = content(store.database)
        assert len(grown["records"]) == 60 + 9 + 6
    for file in tmp_path.glob("desk-*"):
        file.unlink()
    monkeypatch.setenv("CBRN_DATA_DIR", str(tmp_path))
    assert '"situations": 19' in (await bus.cbrn("desk", "rebuild", "--body", "mes", "--all", "--json")).stdout
    async with following(bus, "mes", all_bodies=True) as (store, _):
        assert content(store.database) == grown
    with postgresql() as server:
        there = settings.model_copy(update={"desk_database": SecretStr(server.empty())})
        async with following(bus, "mes", all_bodies=True, settings=there) as (store, _):
            assert content(store.database) == grown
