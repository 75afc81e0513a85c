"""What brokers die with: transactions left open, and promises that are kept all the same, on a real broker."""

import asyncio

import pytest
from aiokafka import TopicPartition, errors
from structlog.testing import capture_logs
from tests.builders.router_bus import WITHIN_S, elsewhere, event, hang, headers
from tests.builders.thorough import whole_only

from cbrn_routing.bus import promises
from cbrn_routing.bus.promises import Promise, keep_promise
from cbrn_routing.bus.write import only_writer
from cbrn_routing.router.state import ShardState, content_digest, id_digest
from cbrn_schemas.topics import (
    Lane,
    Realm,
    bus_topic,
    state_topic,
    to_topic,
    transactional_id,
)


async def test_what_a_dead_broker_left_open_is_not_committed_with_the_next_event(bus, forgetful):
    """It was: told twice where it was complete, decided and not told where it was partial."""
    name = "KG-open"
    shard = 1 - elsewhere(name)
    written = [bus_topic(Realm.EXERCISE, "decisions"), to_topic(Realm.EXERCISE, "mes", "alerts")]
    await hang(bus, written, shard, transactional_id(Realm.EXERCISE, Lane.INCIDENTS, shard))
    async with bus.router() as router:
        await bus.ready(router)
        await bus.send((shard, name.encode(), event(name), headers("next")))
        assert [one["id"] for one in await bus.decisions(1)] == ["next"]
        assert [dict(record.headers)["ce_id"] for record in await bus.alerts(1)] == [b"next"]


async def test_what_a_writer_of_ones_own_left_open_is_not_committed_either(bus, forgetful):
    """The clerk of duties and the keeper of the quarantine write in transactions, too."""
    topic = bus_topic(Realm.EXERCISE, "duties")
    await hang(bus, [topic], 0, bus_topic(Realm.EXERCISE, "duties.test"))
    async with only_writer(bus.settings, "duties.test", topic) as producer, producer.transaction():
        await producer.send_and_wait(topic, b"next", partition=0)
    assert [record.value for record in await bus.read(topic, bool)] == [b"next"]


async def test_what_a_dead_broker_had_promised_is_committed_to_its_end(bus, forgetful):
    """It was aborted: the state knew of an event, whose alert nobody ever saw."""
    name = "KG-promised"
    shard = 1 - elsewhere(name)
    state, data = ShardState(), event(name)
    state.see(id_digest("/mes", "abandoned"), content_digest(data))
    known = [(state_topic(Realm.EXERCISE, Lane.INCIDENTS), *record) for record in state.record()]
    hanging = [bus_topic(Realm.EXERCISE, "decisions"), to_topic(Realm.EXERCISE, "mes", "alerts")]
    await hang(bus, hanging, shard, transactional_id(Realm.EXERCISE, Lane.INCIDENTS, shard), known)
    async with bus.router() as router:
        await bus.ready(router)
        for identifier in ("abandoned", "next"):
            await bus.send((shard, name.encode(), data, headers(identifier)))
        assert [one["id"] for one in await bus.decisions(2)] == ["abandoned", "next"]
        assert [dict(record.headers)["ce_id"] for record in await bus.alerts(2)] == [b"abandoned", b"next"]


async def test_what_a_broker_had_promised_to_a_writer_of_ones_own_is_committed_too(bus, forgetful):
    """A person was told that it is written."""
    duties, decisions = (bus_topic(Realm.EXERCISE, one) for one in ("duties", "decisions"))
    await hang(bus, [duties], 0, bus_topic(Realm.EXERCISE, "duties.test"), [(decisions, b"k", b"seen")])
    async with only_writer(bus.settings, "duties.test", duties) as producer, producer.transaction():
        await producer.send_and_wait(duties, b"next", partition=0)
    assert [record.value for record in await bus.read(duties, bool)] == [b'{"id": "abandoned"}', b"next"]


async def test_a_promise_of_another_life_is_not_kept(bus, forgetful):
    """What was heard and could not be done counts only while nobody else has written since."""
    topic, identifier = bus_topic(Realm.EXERCISE, "duties"), bus_topic(Realm.EXERCISE, "duties.test")
    await hang(bus, [topic], 0, identifier)
    for fenced in (False, True):
        heard = {identifier: Promise((1, 0), fenced=fenced)}
        connection = bus.settings.connection()
        assert not await keep_promise(connection, identifier, 10_000, [TopicPartition(topic, 0)], heard)
        assert heard == {}
    assert not await keep_promise(connection, "never heard of", 10_000, [TopicPartition(topic, 0)])


@pytest.mark.parametrize("step", ["fence", "add", "commit"])
@pytest.mark.parametrize("done", [False, True])
async def test_a_promise_that_could_not_be_kept_at_once_is_kept_later(bus, forgetful, monkeypatch, step, done):
    """The coordinator has forgotten it by then; whether it has done a step or not, its answer did not come."""
    topic, other = (bus_topic(Realm.EXERCISE, one) for one in ("duties", "decisions"))
    identifier = bus_topic(Realm.EXERCISE, "duties.test")
    await hang(bus, [topic], 0, identifier, [(other, b"k", b"seen")])
    asked = getattr(promises._Coordinator, step)
    never = asyncio.Event()

    async def unanswered(*arguments):
        if done:
            await asked(*arguments)
        never.set()
        await asyncio.Future()

    monkeypatch.setattr(promises._Coordinator, step, unanswered)
    connection, heard = bus.settings.connection(), {}
    keeping = asyncio.create_task(keep_promise(connection, identifier, 10_000, [TopicPartition(topic, 0)], heard))
    await never.wait()
    keeping.cancel()
    await asyncio.wait({keeping})
    monkeypatch.undo()
    assert list(heard) == [identifier]
    await keep_promise(connection, identifier, 10_000, [TopicPartition(topic, 0)], heard)
    assert heard == {}
    async with only_writer(bus.settings, "duties.test", topic):
        assert [record.value for record in await bus.read(topic, bool)] == [b'{"id": "abandoned"}']


async def test_a_writer_without_its_topic_says_so_and_loses_nothing(bus, forgetful):
    """It would have put up a fence, and what was promised would have been forgotten."""
    topic, other = (bus_topic(Realm.EXERCISE, one) for one in ("duties", "decisions"))
    await hang(bus, [topic], 0, bus_topic(Realm.EXERCISE, "duties.test"), [(other, b"k", b"seen")])
    with pytest.raises(errors.UnknownTopicOrPartitionError):
        async with only_writer(bus.settings, "duties.test", bus_topic(Realm.EXERCISE, "nowhere")):
            pass
    async with only_writer(bus.settings, "duties.test", topic):
        assert [record.value for record in await bus.read(topic, bool)] == [b'{"id": "abandoned"}']


@whole_only
@pytest.mark.parametrize("waiting", [(), ("second",)], ids=["nothing waits", "more waits"])
async def test_a_broker_that_dies_behind_an_answered_commit_costs_no_alert(
    bus, kafka, forgetful, forgotten_marker, waiting
):
    """An idle router never heard of it; a busy one began the next transaction, and the coordinator forgot the last."""
    name = "KG-behind"
    shard = 1 - elsewhere(name)
    alerts = TopicPartition(to_topic(Realm.EXERCISE, "mes", "alerts"), shard)
    dead = asyncio.Event()

    def kill(_):
        kafka.kill_broker(1)
        dead.set()

    async with bus.router() as router:
        await bus.ready(router)
        await hang(bus, [bus_topic(Realm.EXERCISE, "duties")], 0, bus_topic(Realm.EXERCISE, "duties.test"))
        forgotten_marker(alerts, kill)
        events = [(shard, name.encode(), event(name), headers(one)) for one in ("first", *waiting)]
        sending = asyncio.create_task(bus.send(*events))
        await asyncio.wait_for(dead.wait(), WITHIN_S)
        await asyncio.to_thread(kafka.start_broker, 1)
        await sending
        seen = await bus.alerts(1 + len(waiting))
        assert [dict(record.headers)["ce_id"].decode() for record in seen] == ["first", *waiting]


async def test_what_somebody_else_left_open_costs_no_membership(bus, forgetful):
    """The take-over waited for it longer than the group waits for a heartbeat, again and again."""
    duties = bus_topic(Realm.EXERCISE, "duties")
    await hang(bus, [duties], 0, bus_topic(Realm.EXERCISE, "duties.test"))
    with capture_logs() as logs:
        async with bus.router() as router:
            await bus.ready(router)
            async with only_writer(bus.settings, "duties.test", duties):
                pass
    assert [one["event"] for one in logs].count("shards assigned") == 1
    assert [one["event"] for one in logs].count(
        "somebody's open transaction holds back readers of what this shard writes"
    )
