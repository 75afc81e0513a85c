"""The credential that lies at a partner's MirrorMaker, stolen: what a thief can do with it on our cluster, tried.

Not asked of the broker but done: every topic read and written, every group and transaction of the bus's own, and all
that an administrator does.
"""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from aiokafka.protocol.fetch import FetchRequest
from tests.broker.deploy.access.conftest import PERSON

from cbrn_deploy.mirrormaker import kept_topics
from cbrn_deploy.provisioning import connected
from cbrn_deploy.provisioning.access.errors import AccessError
from cbrn_deploy.provisioning.access.issuing import issue
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_deploy.provisioning.access.rights import Operation, Resource, Right
from cbrn_deploy.provisioning.access.rule import Rule
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

BODIES = ("kz", "uz", "mes")
MIRROR = User(Realm.EXERCISE, "kz", "mirror")
KEPT = {f"cbrn-exercise.mirror.kz.{each}" for each in ("configs", "offsets", "status")}
READS = KEPT | {f"cbrn-exercise.to.kz.{each}" for each in ("alerts", "documents", "monitoring")}
WRITES = KEPT | {"cbrn-exercise.from.kz.originals"}
REFUSED_TRANSACTIONS = (
    *("cbrn-exercise.bus.router.incidents.0", "cbrn-exercise.bus.partners.0", "cbrn-exercise.mirror.uz.workers-x-0"),
    *("connect-cluster-cbrn-exercise.mirror.uz.workers", "connect-cluster-cbrn.mirror.kz.workers"),
)
REFUSED_GROUPS = (
    *("cbrn-exercise.to.kz.console", "cbrn-exercise.to.mes.notify", "cbrn-exercise.bus.router.incidents"),
    *("cbrn-exercise.bus.inbound", "cbrn-exercise.mirror.uz.workers", "cbrn.mirror.kz.workers"),
)


@pytest.fixture(params=[False, True], ids=["password", "certificate"])
async def thief(request, kafka, realm, order, now):
    """Who has the file of `kz.mirror`, and the names of all topics of the realm."""
    made = order(MIRROR, f"{request.param}.cbrn", certificate=request.param)
    await issue(realm, made, PERSON, now)
    kept = [spec for body in ("kz", "uz") for spec in kept_topics(Realm.EXERCISE, body, 1)]
    async with connected(realm) as cluster:
        await cluster.create(kept)
    admin = AIOKafkaAdminClient(**realm.connection())
    await admin.start()
    names = [name for name in await admin.list_topics() if name.startswith(("cbrn", "__"))]
    await admin.close()
    return Settings(credentials=made.out), sorted(names)


async def allowed_to_write(settings, names):
    """The topics that take a record."""
    async with AIOKafkaProducer(**settings.connection(), acks="all") as producer:

        async def taken(name):
            try:
                await producer.send_and_wait(name, b"forged", key=b"forged", partition=0)
            except TopicAuthorizationFailedError:
                return False
            return True

        return {name for name in names if await taken(name)}


async def allowed_to_read(settings, names):
    """The topics that a broker hands out: asked for as a thief would, without asking first which there are."""
    client = AIOKafkaClient(**settings.connection())
    await client.bootstrap()
    try:
        (node,) = client.cluster.brokers()
        wanted = [(name, [(0, 0, 1_000_000)]) for name in names]
        answer = await client.send(node.nodeId, FetchRequest(100, 1, 50_000_000, 0, wanted))
        return {name for name, partitions in answer.topics if partitions[0][1] == 0 and partitions[0][-1]}
    finally:
        await client.close()


async def test_it_reads_and_writes_its_own_topics_and_nothing_else_of_ours(thief, realm, caplog):
    """Not even what the partner's own other users may: its receipts, decisions, and what is said of our bodies."""
    caplog.set_level("CRITICAL", logger="aiokafka")
    settings, names = thief
    assert {*READS, *WRITES} < {*names}
    assert len(names) > 40
    assert await allowed_to_write(settings, names) == WRITES
    ours = [name for name in names if name.startswith("cbrn-exercise.")]
    assert await allowed_to_write(realm, ours) == {*ours}
    assert await allowed_to_read(realm, ours) == {*ours}
    assert await allowed_to_read(settings, names) == READS


async def test_it_takes_no_ones_place_and_changes_nothing(thief, caplog):
    """With a transactional id of a router a thief would fence the router; in a group he would move its place."""
    caplog.set_level("CRITICAL", logger="aiokafka")
    settings, _ = thief
    for name in REFUSED_TRANSACTIONS:
        producer = AIOKafkaProducer(**settings.connection(), transactional_id=name, transaction_timeout_ms=5_000)
        try:
            with pytest.raises(TransactionalIdAuthorizationFailed):
                await producer.start()
        finally:
            await producer.stop()
    part = TopicPartition("cbrn-exercise.to.kz.alerts", 0)
    for name in REFUSED_GROUPS:
        reader = AIOKafkaConsumer(**settings.connection(), group_id=name, enable_auto_commit=False)
        try:
            await reader.start()
            reader.assign([part])
            with pytest.raises(GroupAuthorizationFailedError):
                await reader.commit({part: 7})
        finally:
            await reader.stop()
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    try:
        assert {name for name in await admin.list_topics() if name.startswith("cbrn")} == READS | WRITES
        refused = await admin.create_topics([NewTopic("cbrn-exercise.mirror.kz.more", 1, 1)])
        assert [code for _, code, *_ in refused.topic_errors] == [TopicAuthorizationFailedError.errno]
        topic = "cbrn-exercise.to.kz.alerts"
        refused = await admin.delete_topics([topic])
        assert [code for _, code in refused.topic_error_codes] == [TopicAuthorizationFailedError.errno]
        wanted = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"retention.ms": "1"})
        (refused,) = await admin.alter_configs([wanted])
        assert refused.resources[0][0] == TopicAuthorizationFailedError.errno
    finally:
        await admin.close()
    own = Rule(MIRROR.name, Right(Resource.TOPIC, "cbrn-exercise.", prefixed=True, operation=Operation.ALL))
    async with opened(settings) as cluster:
        with pytest.raises((AccessError, KafkaError)):
            await cluster.add_rules({own})
        with pytest.raises((AccessError, KafkaError)):
            await cluster.set_password("mes", "guessed-by-nobody")
