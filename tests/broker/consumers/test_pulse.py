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
from cbrn_consumers.watch import Watch, member
from cbrn_consumers.watch import pulse as pulse_module
from cbrn_consumers.watch.policy_file import PublisherRule
from cbrn_consumers.watch.pulse import Pulse
from cbrn_routing.bus.read import read_all
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_schemas.records import rfc3339
from cbrn_schemas.shift import ShiftTaken, state_fact
from cbrn_schemas.topics import Lane, from_topic, router_group, to_topic
from cbrn_schemas.unanswered import Silent

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


def missed(pulse):
    """What is silent, but for lanes: nobody routes here."""
    return sorted(name for name in pulse.quiet if not name.startswith("lane/"))


async def test_a_publisher_is_silent_beyond_its_interval_and_heard_again_when_anything_comes(realm):
    """By the broker's clock, whatever time a record claims; of whom nothing was ever heard, too."""
    settings, producer = realm
    rules = [
        PublisherRule(body="mes", lane=Lane.MONITORING, every="2h"),
        PublisherRule(body="moh", lane=Lane.INCIDENTS, every="1h"),
    ]
    ahead = [timedelta(hours=1, minutes=50)]
    pulse = Pulse(settings, BODIES, lambda: datetime.now(UTC) + ahead[0], expected=lambda: rules)
    topic = from_topic(settings.realm, "mes", "monitoring")
    claim = [("ce_time", b"2026-11-01T00:00:00Z")]
    sent = await producer.send_and_wait(topic, b"x", key=b"k", partition=0, headers=claim)
    await looked(pulse)
    assert missed(pulse) == ["publisher/moh/incidents"]
    ahead[0] = timedelta(hours=2, minutes=5)
    await looked(pulse)
    assert missed(pulse) == ["publisher/mes/monitoring", "publisher/moh/incidents"]
    said = pulse.quiet["publisher/mes/monitoring"]
    assert (said.part, said.name, said.body) == ("publisher", "mes/monitoring", "mes")
    assert said.since.timestamp() * 1000 == sent.timestamp
    ahead[0] = timedelta(0)
    await producer.send_and_wait(topic, b"y", key=b"k", partition=1, headers=claim)
    await looked(pulse)
    assert missed(pulse) == ["publisher/moh/incidents"]


async def test_from_whom_something_is_expected_is_read_anew_while_the_watch_runs(realm, tmp_path, monkeypatch):
    """As the policies beside it."""
    monkeypatch.setattr(member, "LOOK_EVERY_S", 0.05)
    policies = "crisis_centre: mes-cmc\npolicies: [{name: one, steps: [{to: crisis-centre}]}]\n"
    (tmp_path / "escalation.yaml").write_text(policies)
    watch = Watch(MemberOptions(realm[0].model_copy(update={"escalation": tmp_path})), bodies=BODIES)
    await looked(watch.pulse)
    assert missed(watch.pulse) == []
    await watch.prepare(asyncio.Event())
    try:
        (tmp_path / "escalation.yaml").write_text(f"{policies}publishers: [{{body: moh, lane: incidents, every: 1h}}]")
        async with asyncio.timeout(WITHIN_S):
            while not watch.policies.publishers:  # noqa: ASYNC110 - a file is looked at
                await asyncio.sleep(0.05)
    finally:
        await watch.close()
    monkeypatch.setattr(pulse_module, "PUBLISHERS_AGAIN", timedelta(0))
    await looked(watch.pulse)
    assert missed(watch.pulse) == ["publisher/moh/incidents"]


async def test_a_publisher_whose_times_lie_ahead_of_the_brokers_is_an_alarm(realm):
    """Readings reach nobody's alerts: without this nobody would say that their times cannot be believed."""
    settings, producer = realm
    rule = PublisherRule(body="mes", lane=Lane.MONITORING, every="2h")
    moment = [datetime.now(UTC)]
    pulse = Pulse(settings, BODIES, lambda: moment[0], expected=lambda: [rule])
    topic = from_topic(settings.realm, "mes", "monitoring")

    async def send(minutes):
        said = rfc3339(datetime.now(UTC) + timedelta(minutes=minutes)).encode()
        await producer.send_and_wait(topic, b"x", key=b"k", partition=0, headers=[("ce_time", said)])
        moment[0] += timedelta(seconds=61)
        await looked(pulse)
        return missed(pulse)

    assert await send(4) == []
    assert await send(7) == ["time/mes"]
    assert (pulse.quiet["time/mes"].part, pulse.quiet["time/mes"].body) == ("clock", "mes")
    assert await send(-600) == [], "what was measured long ago may be sent late"


class Remembering(Watch):
    """A watch that says what its first shard holds for silent."""

    silent: frozenset[str] = frozenset()

    def elapse(self, state, outbox, now):
        super().elapse(state, outbox, now)
        if outbox.placement.number == 0:
            self.silent = frozenset(state.silent)


async def test_a_slow_broker_is_not_taken_for_a_feed_that_reads_again(realm, monkeypatch):
    """Nothing came in two seconds, so it was heard again, and an alarm again a look later."""
    settings, producer = realm
    topic = to_topic(settings.realm, "moh", "alerts")
    for _ in range(2):
        await producer.send_and_wait(topic, b"x", key=b"k", partition=0)
    await commit(settings, f"{settings.realm}.to.moh.desk", {TopicPartition(topic, 0): 1})
    pulse = Pulse(settings, BODIES, lambda: datetime.now(UTC) + timedelta(hours=1))
    await looked(pulse)
    fetch, empty = AIOKafkaConsumer.getmany, [{}, {}]

    async def getmany(self, *given, **more):
        slow = empty and topic in {one.topic for one in given}
        return empty.pop() if slow else await fetch(self, *given, **more)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    await pulse.look()
    assert "feed/moh" in pulse.quiet


async def test_a_feed_that_stopped_is_an_alarm_once_and_again_when_it_stops_again(realm):
    """To the crisis centre and the ministry, through the watch's own transactions."""
    settings, producer = realm
    topic = to_topic(settings.realm, "moh", "alerts")
    for _ in range(2):
        await producer.send_and_wait(topic, b"x", key=b"k", partition=0)
    await commit(settings, f"{settings.realm}.to.moh.desk", {TopicPartition(topic, 0): 1})
    watch = Remembering(MemberOptions(settings), bodies=BODIES)
    watch.pulse = Pulse(settings, BODIES, lambda: datetime.now(UTC) + timedelta(hours=1))
    worker = Worker(watch)
    task = asyncio.create_task(worker.run())

    async def alarms(number):
        """Those about this feed: groups of other tests stay, and are those of a feed that stopped, too."""
        topics = [to_topic(settings.realm, body, "alerts") for body in ("mes", "mes-cmc")]
        found = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WITHIN_S):
                while len(found) < number:
                    alerts = map(read_alert, await read_all(settings, *topics))
                    found = [alert for alert in alerts if alert.event.name == "moh"]
                    await asyncio.sleep(0.1)
        assert {type(alert.event) for alert in found} == {Silent}
        return sorted(alert.origin.topic.split(".")[2] for alert in found)

    try:
        await asyncio.wait_for(worker.ready.wait(), WITHIN_S)
        await looked(watch.pulse)
        assert await alarms(2) == ["mes", "mes-cmc"]
        await looked(watch.pulse)
        await commit(settings, f"{settings.realm}.to.moh.desk", {TopicPartition(topic, 0): 2})
        assert "feed/moh" not in await looked(watch.pulse)
        async with asyncio.timeout(WITHIN_S):
            while "feed/moh" in watch.silent:  # noqa: ASYNC110 - the watch is asked
                await asyncio.sleep(0.05)
        await producer.send_and_wait(topic, b"x", key=b"k", partition=0)
        await looked(watch.pulse)
        assert await alarms(4) == ["mes", "mes", "mes-cmc", "mes-cmc"]
    finally:
        worker.stop()
        await asyncio.wait_for(task, WITHIN_S)
