"""What a broken connection or a wrong clock does to a router, on a real broker."""

import asyncio
import gc
import re
import socket

from aiokafka import AIOKafkaProducer, TopicPartition, errors
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.conn import CloseReason
from structlog.testing import capture_logs
from tests.builders.router_bus import WITHIN_S, elsewhere, event, hang, headers, wait_until

from cbrn_deploy.provisioning import connected
from cbrn_routing.bus import clock as clock_module
from cbrn_routing.bus.producer import cut
from cbrn_routing.shards.shard import Shard
from cbrn_schemas.topics import (
    Realm,
    bus_topic,
    to_topic,
)


async def test_a_wrong_clock_lets_the_shards_go_and_says_so(bus, monkeypatch):
    """A router whose clock is wrong stamps deadlines and decisions: it says by how much and which remedy there is."""
    skewed = {"ms": 2 * 3_600_000}
    true = clock_module.now_ms
    monkeypatch.setattr("cbrn_routing.shards.shard.now_ms", lambda: true() + skewed["ms"])
    await _broker_time(bus)
    with capture_logs() as logs:
        async with bus.router() as router:
            await asyncio.wait_for(wait_until(lambda: _said(logs, "ClockError")), WITHIN_S)
            assert not router.ready.is_set()
            skewed["ms"] = 0
            await bus.ready(router)
    told = next(line["error"] for line in logs if "ClockError" in str(line.get("error")))
    assert re.search(r"clock is (1:59:5\d|2:00:0\d) ahead of the broker's", told)


async def _said(logs, word):
    return any(word in str(line.get("error")) for line in logs)


async def _broker_time(bus):
    """Let the broker stamp what routers write, as provisioning does."""
    async with connected(bus.settings) as cluster:
        names = [one.name for one in await cluster.read(prefix="cbrn-exercise.")]
        await _alter(bus, names)


async def _alter(bus, names):
    admin = AIOKafkaAdminClient(**bus.settings.connection())
    await admin.start()
    try:
        config = {"message.timestamp.type": "LogAppendTime"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=config) for name in names])
    finally:
        await admin.close()


async def test_a_shard_that_is_let_go_begins_no_transaction_after_a_broken_connection(
    bus, forgetful, forgotten_marker, monkeypatch
):
    """Had it been given up half way, what was promised before it would have been aborted with it."""
    name = "KG-let-go"
    shard = 1 - elsewhere(name)
    alerts = TopicPartition(to_topic(Realm.EXERCISE, "mes", "alerts"), shard)
    async with bus.router() as router:
        await bus.ready(router)
        await hang(bus, [bus_topic(Realm.EXERCISE, "duties")], 0, bus_topic(Realm.EXERCISE, "duties.test"))
        dispatcher = router.member._dispatcher
        dispatched = dispatcher.dispatch
        second = asyncio.Event()

        def counted(records, *others):
            dispatched(records, *others)
            if any((b"ce_id", b"second") in [(n.encode(), v) for n, v in one.headers] for one in records):
                second.set()

        monkeypatch.setattr(dispatcher, "dispatch", counted)

        async def more_comes_and_it_is_to_stop():
            await bus.send((shard, name.encode(), event(name), headers("second")))
            await asyncio.wait_for(second.wait(), WITHIN_S)
            router.stop()

        def break_connections(producer):
            for connection in list(producer.client._conns.values()):
                connection.close(reason=CloseReason.CONNECTION_BROKEN)

        begun_by = forgotten_marker(alerts, break_connections, more_comes_and_it_is_to_stop)
        await bus.send((shard, name.encode(), event(name), headers("first")))
        await asyncio.wait({bus.running[router]}, timeout=WITHIN_S)
        assert len([one for one in begun_by if ".router." in one._txn_manager.transactional_id]) == 1
    async with bus.router() as router:
        await bus.ready(router)
        assert [one["id"] for one in await bus.decisions(2)] == ["first", "second"]
        assert [dict(record.headers)["ce_id"] for record in await bus.alerts(2)] == [b"first", b"second"]


async def test_asking_the_group_tells_it_nothing_that_was_not_committed(bus, monkeypatch):
    """It was told how far the shard had judged; who came next began behind an event that nobody had been told of."""
    name = "KG-asked"
    shard = 1 - elsewhere(name)
    commit, take_over = AIOKafkaProducer.commit_transaction, Shard.take_over
    taken, broken = [], []

    async def unanswered(producer):
        if broken or ".router." not in producer._txn_manager.transactional_id:
            return await commit(producer)
        broken.append(producer)
        for connection in list(producer.client._conns.values()):
            connection.close(reason=CloseReason.CONNECTION_BROKEN)
        return await asyncio.Future()

    async def fails_once(mine):
        taken.append(mine.number)
        if taken.count(shard) == 2 and mine.number == shard:
            raise errors.KafkaConnectionError("once")
        return await take_over(mine)

    monkeypatch.setattr(AIOKafkaProducer, "commit_transaction", unanswered)
    monkeypatch.setattr(Shard, "take_over", fails_once)
    async with bus.router() as router:
        await bus.ready(router)
        await bus.send((shard, name.encode(), event(name), headers("first")))
        assert [one["id"] for one in await bus.decisions(1)] == ["first"]
    assert taken.count(shard) >= 3


async def test_a_client_whose_peer_does_not_read_is_cut_all_the_same(bus):
    """A frozen broker takes what its socket holds, and no more: closing waits for the rest to be taken."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        _, writer = await asyncio.open_connection(*server.getsockname())
        producer = AIOKafkaProducer(**bus.settings.connection(), transactional_id="cut", transaction_timeout_ms=10_000)
        await producer.start()
        connection = next(iter(producer.client._conns.values()))
        connection._writer.close()
        connection._writer = writer
        writer.write(b"x" * 8_000_000)
        assert writer.transport.get_write_buffer_size()
        async with asyncio.timeout(WITHIN_S):
            await cut(producer)
        assert writer.transport.get_write_buffer_size() == 0


async def test_a_broken_connection_makes_a_shard_take_itself_over(bus):
    """Whatever broke it: it may have been the broker."""
    name = "KG-broken"
    shard = 1 - elsewhere(name)
    with capture_logs() as logs:
        async with bus.router() as router:
            await bus.ready(router)
            (mine,) = (one for one in gc.get_objects() if type(one) is Shard and one.number == shard and one._writer)
            for connection in list(mine._writer.producer.client._conns.values()):
                connection.close(reason=CloseReason.CONNECTION_BROKEN)
            await bus.send((shard, name.encode(), event(name), headers("after")))
            assert [one["id"] for one in await bus.decisions(1)] == ["after"]
    assert [one["shard"] for one in logs if one["event"] == "shard taken"].count(shard) == 2
