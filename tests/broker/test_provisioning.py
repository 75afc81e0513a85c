"""Topics of the catalogue on a real broker."""

from datetime import date

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from cbrn_deploy.provisioning import PartitionsDifferError, TopicSpec, connected, planned_topics
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

REALM = Realm.EXERCISE
ON = date(2026, 11, 1)


@pytest.fixture
async def cluster(kafka):
    async with connected(Settings(bootstrap_servers=kafka.bootstrap_servers)) as found:
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


async def test_apply_leaves_unknown_topics_and_their_records_alone(kafka, cluster, applied, topics):
    """A body that was dissolved leaves records that somebody may still need."""
    (name,) = await topics([f"{REALM}.from.gone.incidents"])
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        await producer.send_and_wait(name, b"still here")
    again = await cluster.apply(a_few(), REALM)
    assert name in again.remaining.left_alone
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers) as consumer:
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
