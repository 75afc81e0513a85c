"""What an operator, a foreign client or a broken machine does to a router, on a real broker."""

import asyncio
import contextlib
import gc
import json
import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition, errors
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.conn import CloseReason
from structlog.testing import capture_logs

from cbrn_deploy.processes.router import engine_of
from cbrn_deploy.provisioning import connected
from cbrn_routing.bus import clock as clock_module
from cbrn_routing.bus import promises
from cbrn_routing.bus.producer import cut
from cbrn_routing.bus.promises import Promise, keep_promise
from cbrn_routing.bus.write import only_writer
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router
from cbrn_routing.router.state import ShardState, content_digest, id_digest
from cbrn_routing.rulebook import national_rulebook
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_routing.shards import caution as caution_module
from cbrn_routing.shards.lane_topics import count_partitions
from cbrn_routing.shards.placement import Placement
from cbrn_routing.shards.shard import Shard
from cbrn_schemas import envelope
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.topics import (
    Lane,
    Realm,
    bus_topic,
    from_topic,
    misplaced_topic,
    state_topic,
    to_topic,
    transactional_id,
)

EXAMPLE = json.loads((Path(__file__).parents[3] / "schemas/examples/chemical-release.json").read_text(encoding="utf8"))
BODIES = ("mes", "moh", "mnrets")
WITHIN_S = 60
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def engine():
    return engine_of(national_rulebook(), Gazetteer())


def event(situation, message_type="Alert", **more):
    now = datetime.now(UTC).isoformat()
    return json.dumps(
        EXAMPLE
        | {"body": "mes", "situation": situation, "message_type": message_type, "status": "Exercise"}
        | {"observed": now, "reported": now}
        | more
    ).encode()


def headers(identifier):
    return binary_headers(
        id=identifier, source="/mes", type="kg.cbrn.incident.chemical-release.v1", time="2026-11-26T00:00:00Z"
    )


class Bus:
    """An exercise realm of two shards whose bodies all exist, and routers over it."""

    def __init__(self, settings, engine):
        self.engine = engine
        self.settings = settings
        self.servers = settings.bootstrap_servers
        self.ingress = [from_topic(Realm.EXERCISE, body, "incidents") for body in BODIES]
        self.running = {}

    @contextlib.asynccontextmanager
    async def router(self, topics=None, **options):
        told = MemberOptions(self.settings, **options)
        router = Worker(Router(told, Lane.INCIDENTS, self.engine, ingress=topics or self.ingress))
        task = asyncio.create_task(router.run())
        self.running[router] = task
        try:
            yield router
        finally:
            router.stop()
            await asyncio.wait_for(task, WITHIN_S)

    async def ready(self, router):
        waiting = asyncio.create_task(router.ready.wait())
        await asyncio.wait({waiting, self.running[router]}, timeout=WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        assert router.ready.is_set(), "the router did not become ready"

    async def send(self, *records):
        """Each a partition, a key, a value and headers, on the topic of mes."""
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, acks="all", max_request_size=2_000_000)
        await producer.start()
        try:
            for partition, key, value, own in records:
                await producer.send_and_wait(self.ingress[0], value, key=key, partition=partition, headers=own)
        finally:
            await producer.stop()

    async def read(self, topic, until):
        """Committed records of a topic, once `until` says that all is there."""
        reader = AIOKafkaConsumer(
            topic,
            bootstrap_servers=self.servers,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            metadata_max_age_ms=1000,
            max_partition_fetch_bytes=4_000_000,
        )
        found = []
        await reader.start()
        try:
            async with asyncio.timeout(WITHIN_S):
                while not until(found):
                    for records in (await reader.getmany(timeout_ms=200)).values():
                        found += records
            # Whatever was told twice lies close behind.
            for records in (await reader.getmany(timeout_ms=500)).values():
                found += records
        finally:
            await reader.stop()
        return found

    async def decisions(self, count):
        found = await self.read(bus_topic(Realm.EXERCISE, "decisions"), lambda seen: len(seen) >= count)
        return [json.loads(record.value) for record in found]

    async def alerts(self, count, body="mes"):
        return await self.read(to_topic(Realm.EXERCISE, body, "alerts"), lambda seen: len(seen) >= count)

    async def raise_partitions(self, topic, count):
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await admin.start()
        try:
            await admin.create_partitions({topic: NewPartitions(total_count=count)})
        finally:
            await admin.close()


@pytest.fixture
async def bus(realm_of, engine):
    return Bus(await realm_of(*_everybody()), engine)


def _everybody():
    return {*receivers(datetime.now(UTC).date(), ahead=True), *BODIES}


def _elsewhere(situation):
    """The shard of two to which a situation does not belong."""
    return 1 - Placement(0, 2).shard_of(situation.encode())


async def test_a_situation_is_one_whatever_partition_its_records_came_by(bus):
    """Librdkafka places keys by CRC-32: the same id was told twice, and a correction did not reach its readers."""
    name = "KG-partitioner"
    right, wrong = 1 - _elsewhere(name), _elsewhere(name)
    key = name.encode()
    async with bus.router() as router:
        await bus.ready(router)
        await bus.send((wrong, key, event(name, severity="Extreme"), headers("a")))
        await bus.decisions(1)
        await bus.send((right, key, event(name, severity="Extreme"), headers("a")))  # resent by another client
        await bus.send((right, key, event(name, "Update", severity="Minor"), headers("b")))
        await bus.decisions(2)
        await bus.send((wrong, b"", event(name, "Cancel", severity="Minor"), headers("c")))
        found = await bus.decisions(3)
    assert [one["id"] for one in found] in (["a", "b", "c"], ["c", "a", "b"])
    by_id = {one["id"]: one for one in found}
    assert len(found) == 3
    assert by_id["a"]["doubts"].count("partition-differs") == 1
    assert (by_id["a"]["topic"], by_id["a"]["partition"]) == (bus.ingress[0], wrong)
    assert "partition-differs" not in by_id["b"]["doubts"]
    told = {each["body"] for each in by_id["a"]["recipients"]}
    again = {each["body"] for each in by_id["b"]["recipients"]} | set(by_id["b"]["earlier"])
    assert told <= again
    assert "unknown-situation" not in by_id["b"]["doubts"] + by_id["c"]["doubts"]
    assert "key-differs" in by_id["c"]["doubts"]


@pytest.mark.parametrize("which", ["from.mes.incidents", "bus.misplaced-incidents", "bus.state-incidents"])
async def test_partitions_that_an_operator_adds_stop_nothing(bus, which):
    """Raising one topic is a usual act: what landed on the new partitions was acknowledged and never told."""
    raised, partition = f"{Realm.EXERCISE}.{which}", 2 if which.startswith("from") else 0
    async with bus.router() as router:
        await bus.ready(router)
        await bus.raise_partitions(raised, 3)
        await asyncio.wait_for(_until(lambda: _has_partitions(bus, raised, 3)), WITHIN_S)
        with capture_logs() as logs:
            await bus.send((partition, b"KG-raised", event("KG-raised"), headers("raised")))
            await bus.send((1, b"KG-other", event("KG-other"), headers("other")))
            assert {one["id"] for one in await bus.decisions(2)} == {"raised", "other"}
    async with bus.router() as router:  # a start behind it: nothing anew, nothing lost
        with capture_logs() as more:
            await bus.ready(router)
        await bus.send((partition, b"KG-raised-2", event("KG-raised-2"), headers("raised-2")))
        assert {one["id"] for one in await bus.decisions(3)} == {"raised", "other", "raised-2"}
    told = [line for line in (*logs, *more) if line["event"].startswith("a topic has another number of partitions")]
    assert {line["topic"] for line in told} == {raised}


async def test_what_no_router_has_passed_on_stops_nothing(bus):
    """Whoever may write the bus's own topic could stop every shard with one record."""
    misplaced = misplaced_topic(Realm.EXERCISE, Lane.INCIDENTS)
    origin = [("cbrn_topic", b"nowhere"), ("cbrn_partition", b"0"), ("cbrn_offset", b"0"), ("cbrn_key", b"-")]
    async with AIOKafkaProducer(bootstrap_servers=bus.servers, acks="all") as producer:
        for own in ([], [*headers("forged"), *origin], [(name, None) for name, _ in origin]):
            await producer.send_and_wait(misplaced, event("KG-forged"), partition=1, headers=own)
    await bus.send((0, b"KG-a", event("KG-a"), headers("a")), (1, b"KG-b", event("KG-b"), headers("b")))
    async with bus.router() as router:
        await bus.ready(router)
        assert {one["id"] for one in await bus.decisions(2)} == {"a", "b"}
        aside = await bus.read(bus_topic(Realm.EXERCISE, "quarantine"), lambda seen: len(seen) >= 3)
    assert [dict(record.headers)["cbrn_reason"] for record in aside] == [b"foreign-source"] * 3


async def _has_partitions(bus, topic, count):
    return (await count_partitions(bus.settings.connection()))[topic] == count


async def _until(asked):
    while not await asked():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("change", [1, -1], ids=["one more publisher", "one publisher fewer"])
async def test_a_named_router_that_reads_other_topics_than_before_goes_on(bus, change):
    """The broker gives it back what it had, which does not fit: it had no partitions for ever after."""
    few, many = bus.ingress[:2], bus.ingress
    before, after = (few, many) if change > 0 else (many, few)
    async with bus.router(before, instance="router-0") as router:
        await bus.ready(router)
    async with bus.router(after, instance="router-0") as router:
        await bus.ready(router)
        await bus.send((0, b"KG-named", event("KG-named"), headers("named")))
        assert [one["id"] for one in await bus.decisions(1)] == ["named"]


async def test_a_record_that_cannot_be_written_is_set_aside_and_its_neighbours_are_told(bus, monkeypatch):
    """One record of an ordinary publisher stopped a lane for ever: whatever the reason, it is found and set aside."""
    monkeypatch.setattr("cbrn_routing.router.dispatch.read_envelope", _unbounded)
    own = event("KG-bomb")
    # It fits into the topic that takes it, and not into those of the bodies, with the bus's headers behind it.
    bomb = [*headers("bomb"), ("x" * (MIB - len(own) - 400), b"")]
    good = [(0, b"KG-%d" % number, event(f"KG-{number}"), headers(f"good-{number}")) for number in range(20)]
    await bus.send(*good[:10], (0, b"KG-bomb", own, bomb), *good[10:])
    async with bus.router() as router:
        await bus.ready(router)
        found = await bus.decisions(20)
        aside = await bus.read(bus_topic(Realm.EXERCISE, "quarantine"), bool)
    assert {one["id"] for one in found} == {f"good-{number}" for number in range(20)}
    assert len(found) == 20
    (record,) = aside
    told = dict(record.headers)
    assert told["cbrn_reason"] == b"internal-error"
    assert b"MessageSizeTooLarge" in told["cbrn_message"]


def _unbounded(own, value):
    """An envelope whose bounds have a hole: the next one that nobody has thought of."""
    short = [header for header in own if len(header[0]) < 1000]
    return envelope.read_envelope(short, value)._replace(headers=list(own))


def test_the_broker_is_never_taken_for_a_bad_record():
    """An error of the network or of the group sets nothing aside."""
    for innocent in (errors.KafkaConnectionError(), errors.ProducerFenced(), errors.NotEnoughReplicasError()):
        assert not caution_module.blames_the_batch(innocent)
    assert not caution_module.blames_the_batch(TimeoutError())
    assert caution_module.blames_the_batch(errors.MessageSizeTooLargeError())


async def test_a_wrong_clock_lets_the_shards_go_and_says_so(bus, monkeypatch):
    """A router whose clock is wrong stamps deadlines and decisions: it says by how much and which remedy there is."""
    skewed = {"ms": 2 * 3_600_000}
    true = clock_module.now_ms
    monkeypatch.setattr("cbrn_routing.shards.shard.now_ms", lambda: true() + skewed["ms"])
    await _broker_time(bus)
    with capture_logs() as logs:
        async with bus.router() as router:
            await asyncio.wait_for(_until(lambda: _said(logs, "ClockError")), WITHIN_S)
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
    admin = AIOKafkaAdminClient(bootstrap_servers=bus.servers)
    await admin.start()
    try:
        config = {"message.timestamp.type": "LogAppendTime"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=config) for name in names])
    finally:
        await admin.close()


@pytest.fixture
async def forgetful(bus):
    """A broker that takes records of transactions of which its coordinator knows nothing, as it does after a crash."""
    await _alter_broker(bus, {"transaction.partition.verification.enable": "false"})
    yield
    await _alter_broker(bus, {"transaction.partition.verification.enable": "true"})


async def _alter_broker(bus, config):
    admin = AIOKafkaAdminClient(bootstrap_servers=bus.servers)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", configs=config)])
    finally:
        await admin.close()


async def _hang(bus, topics, partition, identifier, promised=()):
    """Leave a record open in each topic under a transactional id; nobody will ever end it.

    With `promised`, records of the same transaction, its commit was promised, and these have been given their end.
    """
    async with asyncio.timeout(WITHIN_S):
        # Until the broker's new setting is in force.
        while not await _hung(bus, topics, partition, identifier, promised):
            pass


async def _hung(bus, topics, partition, identifier, promised):
    producer = AIOKafkaProducer(
        bootstrap_servers=bus.servers, transactional_id=identifier, transaction_timeout_ms=10_000
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        # The client believes that the coordinator knows of the partitions, and does not tell it.
        told = producer._txn_manager._txn_partitions
        for topic in topics:
            told.add(TopicPartition(topic, partition))
            await producer.send_and_wait(
                topic, b'{"id": "abandoned"}', partition=partition, headers=headers("abandoned")
            )
        told.clear()
        for topic, key, value in promised:
            await producer.send_and_wait(topic, value, key=key, partition=partition, headers=headers("abandoned"))
        await (producer.commit_transaction() if promised else producer.abort_transaction())
    except errors.KafkaError:
        return False
    finally:
        with contextlib.suppress(errors.KafkaError):
            await producer.stop()
    return True


async def test_what_a_dead_broker_left_open_is_not_committed_with_the_next_event(bus, forgetful):
    """It was: told twice where it was complete, decided and not told where it was partial."""
    name = "KG-open"
    shard = 1 - _elsewhere(name)
    written = [bus_topic(Realm.EXERCISE, "decisions"), to_topic(Realm.EXERCISE, "mes", "alerts")]
    await _hang(bus, written, shard, transactional_id(Realm.EXERCISE, Lane.INCIDENTS, shard))
    async with bus.router() as router:
        await bus.ready(router)
        await bus.send((shard, name.encode(), event(name), headers("next")))
        assert [one["id"] for one in await bus.decisions(1)] == ["next"]
        assert [dict(record.headers)["ce_id"] for record in await bus.alerts(1)] == [b"next"]


async def test_what_a_writer_of_ones_own_left_open_is_not_committed_either(bus, forgetful):
    """The clerk of duties and the keeper of the quarantine write in transactions, too."""
    topic = bus_topic(Realm.EXERCISE, "duties")
    await _hang(bus, [topic], 0, bus_topic(Realm.EXERCISE, "duties.test"))
    async with only_writer(bus.settings, "duties.test", topic) as producer, producer.transaction():
        await producer.send_and_wait(topic, b"next", partition=0)
    assert [record.value for record in await bus.read(topic, bool)] == [b"next"]


async def test_what_a_dead_broker_had_promised_is_committed_to_its_end(bus, forgetful):
    """It was aborted: the state knew of an event, whose alert nobody ever saw."""
    name = "KG-promised"
    shard = 1 - _elsewhere(name)
    state, data = ShardState(), event(name)
    state.see(id_digest("/mes", "abandoned"), content_digest(data))
    known = [(state_topic(Realm.EXERCISE, Lane.INCIDENTS), *record) for record in state.record()]
    hanging = [bus_topic(Realm.EXERCISE, "decisions"), to_topic(Realm.EXERCISE, "mes", "alerts")]
    await _hang(bus, hanging, shard, transactional_id(Realm.EXERCISE, Lane.INCIDENTS, shard), known)
    async with bus.router() as router:
        await bus.ready(router)
        for identifier in ("abandoned", "next"):
            await bus.send((shard, name.encode(), data, headers(identifier)))
        assert [one["id"] for one in await bus.decisions(2)] == ["abandoned", "next"]
        assert [dict(record.headers)["ce_id"] for record in await bus.alerts(2)] == [b"abandoned", b"next"]


async def test_what_a_broker_had_promised_to_a_writer_of_ones_own_is_committed_too(bus, forgetful):
    """A person was told that it is written."""
    duties, decisions = (bus_topic(Realm.EXERCISE, one) for one in ("duties", "decisions"))
    await _hang(bus, [duties], 0, bus_topic(Realm.EXERCISE, "duties.test"), [(decisions, b"k", b"seen")])
    async with only_writer(bus.settings, "duties.test", duties) as producer, producer.transaction():
        await producer.send_and_wait(duties, b"next", partition=0)
    assert [record.value for record in await bus.read(duties, bool)] == [b'{"id": "abandoned"}', b"next"]


async def test_a_promise_of_another_life_is_not_kept(bus, forgetful):
    """What was heard and could not be done counts only while nobody else has written since."""
    topic, identifier = bus_topic(Realm.EXERCISE, "duties"), bus_topic(Realm.EXERCISE, "duties.test")
    await _hang(bus, [topic], 0, identifier)
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
    await _hang(bus, [topic], 0, identifier, [(other, b"k", b"seen")])
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
    await _hang(bus, [topic], 0, bus_topic(Realm.EXERCISE, "duties.test"), [(other, b"k", b"seen")])
    with pytest.raises(errors.UnknownTopicOrPartitionError):
        async with only_writer(bus.settings, "duties.test", bus_topic(Realm.EXERCISE, "nowhere")):
            pass
    async with only_writer(bus.settings, "duties.test", topic):
        assert [record.value for record in await bus.read(topic, bool)] == [b'{"id": "abandoned"}']


@pytest.fixture
def forgotten_marker(monkeypatch):
    """Of the next transaction of a router the marker of one partition is forgotten.

    One function is called before it is written, another with its producer once it is committed. Returns the producers
    of all transactions that routers begin.
    """

    def arm(partition, after, before=None):
        begin, commit = AIOKafkaProducer.begin_transaction, AIOKafkaProducer.commit_transaction
        chosen, begun_by = [], []

        async def begun(producer):
            await begin(producer)
            begun_by.append(producer)
            if not chosen and ".router." in producer._txn_manager.transactional_id:
                chosen.append(producer)
                producer._txn_manager._txn_partitions.add(partition)
                if before is not None:
                    await before()

        async def committed(producer):
            mine = chosen == [producer]
            if mine:
                chosen.append(None)
                producer._txn_manager._txn_partitions.discard(partition)
            await commit(producer)
            if mine:
                after(producer)

        monkeypatch.setattr(AIOKafkaProducer, "begin_transaction", begun)
        monkeypatch.setattr(AIOKafkaProducer, "commit_transaction", committed)
        return begun_by

    return arm


@pytest.mark.parametrize("waiting", [(), ("second",)], ids=["nothing waits", "more waits"])
async def test_a_broker_that_dies_behind_an_answered_commit_costs_no_alert(
    bus, kafka, forgetful, forgotten_marker, waiting
):
    """An idle router never heard of it; a busy one began the next transaction, and the coordinator forgot the last."""
    name = "KG-behind"
    shard = 1 - _elsewhere(name)
    alerts = TopicPartition(to_topic(Realm.EXERCISE, "mes", "alerts"), shard)
    dead = asyncio.Event()

    def kill(_):
        kafka.kill_broker(1)
        dead.set()

    async with bus.router() as router:
        await bus.ready(router)
        await _hang(bus, [bus_topic(Realm.EXERCISE, "duties")], 0, bus_topic(Realm.EXERCISE, "duties.test"))
        forgotten_marker(alerts, kill)
        events = [(shard, name.encode(), event(name), headers(one)) for one in ("first", *waiting)]
        sending = asyncio.create_task(bus.send(*events))
        await asyncio.wait_for(dead.wait(), WITHIN_S)
        await asyncio.to_thread(kafka.start_broker, 1)
        await sending
        seen = await bus.alerts(1 + len(waiting))
        assert [dict(record.headers)["ce_id"].decode() for record in seen] == ["first", *waiting]


async def test_a_shard_that_is_let_go_begins_no_transaction_after_a_broken_connection(
    bus, forgetful, forgotten_marker, monkeypatch
):
    """Had it been given up half way, what was promised before it would have been aborted with it."""
    name = "KG-let-go"
    shard = 1 - _elsewhere(name)
    alerts = TopicPartition(to_topic(Realm.EXERCISE, "mes", "alerts"), shard)
    async with bus.router() as router:
        await bus.ready(router)
        await _hang(bus, [bus_topic(Realm.EXERCISE, "duties")], 0, bus_topic(Realm.EXERCISE, "duties.test"))
        judge = router.member._judge
        judged = judge.judge
        second = asyncio.Event()

        def counted(records, *others):
            judged(records, *others)
            if any((b"ce_id", b"second") in [(n.encode(), v) for n, v in one.headers] for one in records):
                second.set()

        monkeypatch.setattr(judge, "judge", counted)

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
    shard = 1 - _elsewhere(name)
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
        producer = AIOKafkaProducer(
            bootstrap_servers=bus.servers, transactional_id="cut", transaction_timeout_ms=10_000
        )
        await producer.start()
        connection = next(iter(producer.client._conns.values()))
        connection._writer.close()
        connection._writer = writer
        writer.write(b"x" * 8_000_000)
        assert writer.transport.get_write_buffer_size()
        async with asyncio.timeout(WITHIN_S):
            await cut(producer)
        assert writer.transport.get_write_buffer_size() == 0


async def test_what_somebody_else_left_open_costs_no_membership(bus, forgetful):
    """The take-over waited for it longer than the group waits for a heartbeat, again and again."""
    duties = bus_topic(Realm.EXERCISE, "duties")
    await _hang(bus, [duties], 0, bus_topic(Realm.EXERCISE, "duties.test"))
    with capture_logs() as logs:
        async with bus.router() as router:
            await bus.ready(router)
            async with only_writer(bus.settings, "duties.test", duties):
                pass
    assert [one["event"] for one in logs].count("shards assigned") == 1
    assert [one["event"] for one in logs].count(
        "somebody's open transaction holds back readers of what this shard writes"
    )


async def test_a_broken_connection_makes_a_shard_take_itself_over(bus):
    """Whatever broke it: it may have been the broker."""
    name = "KG-broken"
    shard = 1 - _elsewhere(name)
    with capture_logs() as logs:
        async with bus.router() as router:
            await bus.ready(router)
            (mine,) = (one for one in gc.get_objects() if type(one) is Shard and one.number == shard and one._producer)
            for connection in list(mine._producer.client._conns.values()):
                connection.close(reason=CloseReason.CONNECTION_BROKEN)
            await bus.send((shard, name.encode(), event(name), headers("after")))
            assert [one["id"] for one in await bus.decisions(1)] == ["after"]
    assert [one["shard"] for one in logs if one["event"] == "shard taken"].count(shard) == 2
