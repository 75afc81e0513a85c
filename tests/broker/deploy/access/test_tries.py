"""What a body tries in another's name, for real: each is refused, and what is its own works."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from tests.builders.access import ON

from cbrn_deploy.provisioning.access.applying import apply_rights
from cbrn_deploy.provisioning.access.errors import NotAdminError
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_routing.bus.errors import NotAuthorizedError, UnknownTopicError
from cbrn_routing.bus.read import read_all
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

BODIES = ("mes", "mes-cmc", "moh")
REALM = Realm.EXERCISE
ALERTS = TopicPartition(f"{REALM}.to.mes.alerts", 0)


@pytest.fixture
async def mes(kafka, realm):
    """Settings of a body with its rights."""
    await apply_rights(realm, {user.principal(): user for user in (User(REALM, "mes"), User(REALM, "moh"))}, ON)
    return kafka.settings("exercise.mes", realm=REALM)


async def write(settings, topic, **options):
    producer = AIOKafkaProducer(**settings.connection(), acks="all", **options)
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"{}", partition=0)
    finally:
        await producer.stop()


async def commit(settings, group, partition=ALERTS):
    consumer = AIOKafkaConsumer(**settings.connection(), group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign([partition])
        await consumer.commit({partition: 0})
    finally:
        await consumer.stop()


async def test_a_body_writes_its_own_and_reads_its_own(mes):
    """The rights are enough for what a body's programs do: an idempotent producer, a feed that commits."""
    await write(mes, f"{REALM}.from.mes.incidents", enable_idempotence=True)
    await write(mes, f"{REALM}.from.mes.receipts")
    await commit(mes, f"{REALM}.to.mes.console")


@pytest.mark.parametrize(
    "topic", ["from.moh.incidents", "from.mes-cmc.incidents", "to.mes.alerts", "bus.decisions", "bus.access"]
)
async def test_a_body_does_not_write_what_is_not_its_own(mes, topic):
    """Neither another's event, nor one whose code only begins alike, nor an alert to itself, nor what the bus says."""
    with pytest.raises(TopicAuthorizationFailedError):
        await write(mes, f"{REALM}.{topic}")


async def test_a_body_does_not_write_into_the_other_realm(mes):
    """An exercise must not alarm anybody."""
    with pytest.raises(KafkaError):
        await write(mes, f"{Realm.REAL}.from.mes.incidents")


@pytest.mark.parametrize("topic", ["to.moh.alerts", "to.mes-cmc.alerts", "from.moh.receipts", "bus.decisions"])
async def test_a_body_does_not_read_what_is_not_its_own(mes, topic):
    """What another was told is another's."""
    with pytest.raises((UnknownTopicError, NotAuthorizedError)):
        await read_all(mes, f"{REALM}.{topic}")


@pytest.mark.parametrize("group", ["to.moh.console", "bus.watch", "bus.router.incidents"])
async def test_a_body_does_not_commit_for_another_group(mes, group):
    """Whoever moves a group's position makes it skip alerts."""
    with pytest.raises(GroupAuthorizationFailedError):
        await commit(mes, f"{REALM}.{group}")


@pytest.mark.parametrize("name", ["bus.router.incidents.0", "bus.duties.clerk", "to.mes.anything"])
async def test_a_body_fences_no_writer(mes, name):
    """Whoever takes a router's transactional id stops it."""
    with pytest.raises(TransactionalIdAuthorizationFailed):
        await write(mes, f"{REALM}.from.mes.incidents", transactional_id=f"{REALM}.{name}")


async def test_a_body_gives_no_rights_and_creates_no_topics(mes):
    """Or it would give itself the rest."""
    async with opened(mes) as cluster:
        with pytest.raises(NotAdminError):
            await cluster.rules()
    admin = AIOKafkaAdminClient(**mes.connection())
    try:
        await admin.start()
        answer = await admin.create_topics([NewTopic(f"{REALM}.from.mes.mine", 1, 1)])
    finally:
        await admin.close()
    assert [code for _, code, _ in answer.topic_errors] == [TopicAuthorizationFailedError.errno]
