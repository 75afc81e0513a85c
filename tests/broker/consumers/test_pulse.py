"""The dead-man's switch on a real broker: what nobody takes is an alarm, once, and what moves is none."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError
from tests.builders.rota import BY, calendar, entry

from cbrn_consumers.alert import read_alert
from cbrn_consumers.rota import keep_rota
from cbrn_consumers.rota.reader import publish_fact
from cbrn_consumers.watch import Watch
from cbrn_consumers.watch.pulse import Pulse
from cbrn_routing.bus.read import read_all
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_schemas.shift import ShiftTaken, state_fact
from cbrn_schemas.topics import Lane, from_topic, router_group, to_topic
from cbrn_schemas.unanswered import SILENT_TYPE

pytestmark = pytest.mark.broker

BODIES = ("mes", "moh", "mes-cmc")
WITHIN_S = 60


@pytest.fixture
async def realm(realm_of):
    settings = await realm_of(*BODIES)
    async with AIOKafkaProducer(**settings.connection()) as producer:
        yield settings, producer


async def commit(settings, group, offsets):
    """What a program of that group has taken."""
    consumer = AIOKafkaConsumer(**settings.connection(), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
    finally:
        await consumer.stop()


async def looked(pulse):
    """What is silent after two looks; a broker that has just started knows no groups for a moment."""
    looks = 0
    async with asyncio.timeout(WITHIN_S):
        while looks < 2:
            try:
                await pulse.look()
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(0.2)
            else:
                looks += 1
    return sorted(pulse.quiet)


async def test_a_lane_is_silent_where_input_waits_and_its_routers_commit_nothing(realm):
    """Nobody else would say it: the routers are what tells."""
    settings, producer = realm
    ahead = [timedelta(0)]
    pulse = Pulse(settings, BODIES, lambda: datetime.now(UTC) + ahead[0])
    assert await looked(pulse) == []
    topic = from_topic(settings.realm, "mes", "incidents")
    await producer.send_and_wait(topic, b"x", key=b"k", partition=0)
    assert await looked(pulse) == [], "a minute is given"
    ahead[0] = timedelta(minutes=2)
    assert await looked(pulse) == ["lane/incidents"]
    assert pulse.quiet["lane/incidents"].waiting == 1
    await commit(settings, router_group(settings.realm, Lane.INCIDENTS), {TopicPartition(topic, 0): 1})
    assert await looked(pulse) == [], "taken, and nothing waits"


async def test_the_mark_of_a_transaction_is_nothing_that_waits(realm):
    """It has an offset, and no program ever commits past it."""
    settings, _ = realm
    topic = to_topic(settings.realm, "moh", "alerts")
    async with (
        AIOKafkaProducer(**settings.connection(), transactional_id="pulse", transaction_timeout_ms=9_000) as writer,
        writer.transaction(),
    ):
        await writer.send(topic, b"x", key=b"k", partition=0)
    await commit(settings, f"{settings.realm}.to.moh.desk", {TopicPartition(topic, 0): 1})
    pulse = Pulse(settings, BODIES, lambda: datetime.now(UTC) + timedelta(hours=1))
    assert await looked(pulse) == []


async def test_a_hole_in_a_rota_is_an_alarm_until_somebody_takes_the_watch(realm, tmp_path):
    """At its beginning, not in the incident; a rota that cannot be had any more is taken to be as it was."""
    settings = realm[0].model_copy(update={"rota_dir": tmp_path})
    keep_rota(tmp_path, "moh", calendar(entry()))
    ahead = [timedelta(0)]
    pulse = Pulse(settings, BODIES, lambda: datetime.now(UTC) + ahead[0])
    (key,) = await looked(pulse)
    assert key.startswith("shift/moh/first/hole/")
    assert (pulse.quiet[key].name, pulse.quiet[key].body) == ("moh/first/hole", "moh")
    (tmp_path / "moh.ics").write_bytes(b"no calendar")
    ahead[0] = timedelta(minutes=2)
    assert await looked(pulse) == [key]
    keep_rota(tmp_path, "moh", calendar(entry()))
    taken = {"id": "moh.taken", "realm": settings.realm, "body": "moh", "post": "duty-1", "seat": "first"}
    until = datetime.now(UTC) + timedelta(hours=8)
    await publish_fact(settings, state_fact(ShiftTaken, **taken, by=BY, at=datetime.now(UTC), until=until))
    ahead[0] = timedelta(minutes=4)
    assert all("/hole/" not in each for each in await looked(pulse))


async def test_a_feed_that_stopped_is_an_alarm_once_and_again_when_it_stops_again(realm):
    """To the crisis centre and the ministry, through the watch's own transactions."""
    settings, producer = realm
    topic = to_topic(settings.realm, "moh", "alerts")
    for _ in range(2):
        await producer.send_and_wait(topic, b"x", key=b"k", partition=0)
    await commit(settings, f"{settings.realm}.to.moh.desk", {TopicPartition(topic, 0): 1})
    watch = Watch(MemberOptions(settings), bodies=BODIES)
    watch.pulse = Pulse(settings, BODIES, lambda: datetime.now(UTC) + timedelta(hours=1))
    worker = Worker(watch)
    task = asyncio.create_task(worker.run())

    async def alarms(number):
        topics = [to_topic(settings.realm, body, "alerts") for body in ("mes", "mes-cmc")]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WITHIN_S):
                while len(found := await read_all(settings, *topics)) < number:  # noqa: ASYNC110 - Kafka is asked
                    await asyncio.sleep(0.1)
        assert {dict(record.headers)["ce_type"] for record in found} == {SILENT_TYPE.encode()}
        return sorted((record.topic.split(".")[2], read_alert(record).event.name) for record in found)

    try:
        await asyncio.wait_for(worker.ready.wait(), WITHIN_S)
        await looked(watch.pulse)
        assert await alarms(2) == [("mes", "moh"), ("mes-cmc", "moh")]
        await looked(watch.pulse)
        await asyncio.sleep(2)
        assert len(await alarms(2)) == 2
    finally:
        worker.stop()
        await asyncio.wait_for(task, WITHIN_S)
