"""An exercise realm on a real broker, with routers over it."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition, errors
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from tests.builders.golden import EXAMPLES

from cbrn_routing.router import Router
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_routing.shards.placement import Placement
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.topics import (
    Lane,
    Realm,
    bus_topic,
    from_topic,
    to_topic,
)

EXAMPLE = json.loads((EXAMPLES / "chemical-release.json").read_text(encoding="utf8"))
BODIES = ("mes", "moh", "mnrets")
WITHIN_S = 60


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
        producer = AIOKafkaProducer(**self.settings.connection(), acks="all", max_request_size=2_000_000)
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
            **self.settings.connection() | {"metadata_max_age_ms": 1000},
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4_000_000,
        )
        found = []
        try:
            await reader.start()
            async with asyncio.timeout(WITHIN_S):
                while not until(found):
                    for records in (await reader.getmany(timeout_ms=200)).values():
                        found += records
            # Whatever was told twice lies close behind.
            for records in (await reader.getmany(timeout_ms=500)).values():
                found += records
        except TimeoutError:
            ends = {f"{one.topic}/{one.partition}": reader.last_stable_offset(one) for one in reader.assignment()}
            raise AssertionError(f"only {len(found)} within {WITHIN_S} s; readable up to: {ends}") from None
        finally:
            await reader.stop()
        return found

    async def decisions(self, count):
        found = await self.read(bus_topic(Realm.EXERCISE, "decisions"), lambda seen: len(seen) >= count)
        return [json.loads(record.value) for record in found]

    async def alerts(self, count, body="mes"):
        return await self.read(to_topic(Realm.EXERCISE, body, "alerts"), lambda seen: len(seen) >= count)

    async def raise_partitions(self, topic, count):
        admin = AIOKafkaAdminClient(**self.settings.connection())
        await admin.start()
        try:
            await admin.create_partitions({topic: NewPartitions(total_count=count)})
        finally:
            await admin.close()


def everybody():
    return {*receivers(datetime.now(UTC).date(), ahead=True), *BODIES}


def elsewhere(situation):
    """The shard of two to which a situation does not belong."""
    return 1 - Placement(0, 2).shard_of(situation.encode())


async def wait_until(asked):
    while not await asked():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.05)


async def alter_broker(bus, config):
    admin = AIOKafkaAdminClient(**bus.settings.connection())
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", configs=config)])
    finally:
        await admin.close()


async def hang(bus, topics, partition, identifier, promised=()):
    """Leave a record open in each topic under a transactional id; nobody will ever end it.

    With `promised`, records of the same transaction, its commit was promised, and these have been given their end.
    """
    async with asyncio.timeout(WITHIN_S):
        # Until the broker's new setting is in force.
        while not await hung(bus, topics, partition, identifier, promised):
            pass


async def hung(bus, topics, partition, identifier, promised):
    producer = AIOKafkaProducer(**bus.settings.connection(), transactional_id=identifier, transaction_timeout_ms=10_000)
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
