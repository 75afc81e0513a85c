"""Topics of the catalogue on a real broker."""

import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import date

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import InvalidTransactionTimeout

from cbrn_deploy.provisioning import PartitionsDifferError, TopicSpec, connected, planned_topics
from cbrn_schemas.topics import Realm

REALM = Realm.EXERCISE
ON = date(2026, 11, 1)


@pytest.fixture
async def cluster(kafka):
    async with connected(kafka.settings()) as found:
        yield found


def a_few(shards=1, **config):
    """Some topics of a realm, one of each kind, so that the test is quick."""
    wanted = {f"{REALM}.{name}" for name in ("from.mes.incidents", "to.mes.alerts", "bus.quarantine", "bus.rulebook")}
    planned = planned_topics(REALM, shards=shards, replication=1, on=ON)
    return [TopicSpec(s.name, s.partitions, s.replication, {**s.config, **config}) for s in planned if s.name in wanted]


@pytest.fixture
async def applied(cluster, realm_of):
    await realm_of(shards=1)  # removes what an earlier test left; the bus's own topics
    return await cluster.apply(a_few(), REALM)


async def test_apply_makes_the_cluster_as_planned(cluster, applied):
    """What the plan says is what the broker then has, value by value."""
    topics = {topic.name: topic for topic in await cluster.read(prefix=f"{REALM}.")}
    for spec in a_few():
        assert topics[spec.name].partitions == spec.partitions
        assert spec.config.items() <= topics[spec.name].config.items()
    assert applied.remaining.create == applied.remaining.change == applied.remaining.held == ()


async def test_apply_again_does_nothing(cluster, applied):
    """Idempotent: an operator may run it at every deployment."""
    again = await cluster.apply(a_few(), REALM)
    assert again.created == again.changed == ()


async def test_apply_keeps_settings_that_an_operator_made(cluster, applied):
    """Kafka replaces all settings of a topic at once; those that are not ours must survive."""
    name = f"{REALM}.to.mes.alerts"
    theirs = [TopicSpec(name, 1, 1, {**next(s for s in a_few() if s.name == name).config, "flush.messages": "7"})]
    await cluster.apply(theirs, REALM)
    await cluster.apply([TopicSpec(name, 1, 1, {"max.message.bytes": "1048588"})], REALM)
    (topic,) = await cluster.read([name])
    assert topic.config["flush.messages"] == "7"
    assert topic.config["max.message.bytes"] == "1048588"


async def test_apply_with_another_number_of_partitions_changes_nothing(cluster, applied):
    """A new topic with another number of partitions would break the rule that a key has one partition everywhere."""
    planned = [*a_few(shards=2), TopicSpec(f"{REALM}.from.moh.incidents", 2, 1)]
    with pytest.raises(PartitionsDifferError) as refused:
        await cluster.apply(planned, REALM)
    assert "--shards" in refused.value.hint
    assert not await cluster.read([f"{REALM}.from.moh.incidents"])


@pytest.fixture
async def raised(kafka, applied):
    """One ingress topic of a realm with one partition each was raised to three, as operators do."""
    admin = AIOKafkaAdminClient(**kafka.settings().connection())
    await admin.start()
    await admin.create_partitions({f"{REALM}.from.mes.incidents": NewPartitions(total_count=3)})
    await admin.close()
    return f"{REALM}.from.mes.incidents"


async def test_raised_topic_is_the_odd_one_and_blocks_nothing_else(cluster, raised):
    """Nothing is advised that Kafka cannot do, and `cbrn up` still begins with the topics that are well."""
    for shards in (1, 3):
        found = await cluster.difference(a_few(shards=shards), REALM)
        assert [(odd.topic, odd.present, odd.planned) for odd in found.odd] == [(raised, "3", "1")]
    missing = TopicSpec(f"{REALM}.from.moh.incidents", 1, 1)
    applied = await cluster.apply([*a_few(), missing], REALM)
    assert applied.created == (missing.name,)
    assert [odd.topic for odd in applied.remaining.odd] == [raised]


def test_plan_names_the_raised_topic_and_does_not_end_as_if_well(kafka, raised):
    """What the operator sees: the topic, what is at stake, and no advice to change the shards."""
    call = ["topics", "plan", "--realm", REALM, "--shards", "1"]
    command = [sys.executable, "-m", "cbrn_deploy", *call]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 1
    assert f"partitions of {raised} is 3, planned 1" in told.stderr
    assert "all of it is routed" in told.stderr
    assert "CBRN_SHARDS" not in told.stderr


async def test_writers_with_wrong_clocks_are_taken_and_kept(kafka, cluster, realm_of):
    """A router or agency 100 days behind lost alerts to retention; one two hours ahead could not write at all."""
    await realm_of("mes", shards=1)
    names = [f"{REALM}.{name}" for name in ("from.mes.incidents", "to.mes.alerts", "bus.decisions")]
    before = time.time() * 1000
    async with AIOKafkaProducer(**kafka.settings().connection(), acks="all") as producer:
        for name in names:
            for hours in (-2400, 2):
                stamped = int(before + hours * 3_600_000)
                stored = await producer.send_and_wait(name, b"{}", timestamp_ms=stamped, partition=0)
                assert abs(stored.timestamp - before) < 600_000


async def test_topics_by_their_writers_clocks_are_changed(cluster, applied):
    """Realms of the first release have them: plan shows it, apply mends it."""
    name = f"{REALM}.to.mes.alerts"
    spec = next(spec for spec in a_few() if spec.name == name)
    await cluster.apply([TopicSpec(name, 1, 1, {**spec.config, "message.timestamp.type": "CreateTime"})], REALM)
    (change,) = (await cluster.difference(a_few(), REALM)).change
    assert change.values == {"message.timestamp.type": ("CreateTime", "LogAppendTime")}
    assert (await cluster.apply(a_few(), REALM)).changed == (name,)
    (topic,) = await cluster.read([name])
    assert topic.config["message.timestamp.type"] == "LogAppendTime"


async def test_long_transaction_is_refused_when_it_is_asked_for(kafka):
    """A publisher that is killed in an open one holds back every reader of the partition until its time is over."""
    for timeout_ms, refused in ((900_000, True), (30_000, False)):
        producer = AIOKafkaProducer(
            **kafka.settings().connection(),
            transactional_id=f"foreign-{timeout_ms}",
            transaction_timeout_ms=timeout_ms,
        )
        with pytest.raises(InvalidTransactionTimeout) if refused else nullcontext():
            await producer.start()
        await producer.stop()


async def test_apply_leaves_unknown_topics_and_their_records_alone(kafka, cluster, applied, topics):
    """A body that was dissolved leaves records that somebody may still need."""
    (name,) = await topics([f"{REALM}.from.gone.incidents"])
    async with AIOKafkaProducer(**kafka.settings().connection()) as producer:
        await producer.send_and_wait(name, b"still here")
    again = await cluster.apply(a_few(), REALM)
    assert name in again.remaining.left_alone
    async with AIOKafkaConsumer(**kafka.settings().connection()) as consumer:
        consumer.assign([TopicPartition(name, 0)])
        await consumer.seek_to_beginning()
        assert (await consumer.getone()).value == b"still here"


async def test_apply_does_not_shorten_what_is_kept(cluster, applied):
    """A shorter retention would delete records at once."""
    name = f"{REALM}.to.mes.alerts"
    again = await cluster.apply(a_few(**{"retention.ms": "1000"}), REALM)
    assert name in {held.topic for held in again.remaining.held if held.setting == "retention.ms"}
    (topic,) = await cluster.read([name])
    assert topic.config["retention.ms"] == str(90 * 24 * 3600 * 1000)


async def test_whole_national_realm_fits_a_small_broker(kafka, cluster, realm_of):
    """Every body's topics at once: what `cbrn topics apply` does on the first day."""
    await realm_of(shards=1)
    planned = planned_topics(REALM, shards=1, replication=1, on=ON)
    applied = await cluster.apply(planned, REALM)
    assert applied.remaining.empty
    assert applied.remaining.unchanged == len(planned)
