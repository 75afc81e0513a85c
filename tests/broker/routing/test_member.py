"""Another member than the router, on a real broker: the loop does for it what it does for the router."""

import asyncio
import contextlib
import gc
from collections import Counter

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.conn import CloseReason
from structlog.testing import capture_logs

from cbrn_routing.bus.read import read_all
from cbrn_routing.shards import MemberOptions, Unread, Worker, lane_topics
from cbrn_routing.shards.placement import original, passed_on_headers
from cbrn_routing.shards.shard import Shard
from cbrn_schemas.topics import Lane, bus_topic, from_topic, misplaced_topic, state_topic

WITHIN_S = 60


class Counts:
    """How often each key has been met: one record of the state topic, written anew each time."""

    due = None

    def __init__(self):
        self.offsets = {}
        self.met = Counter()

    def restore(self, records):
        unread = []
        for position, (key, value) in enumerate(records):
            try:
                found = msgspec.json.decode(value)
                self.offsets, self.met = found["offsets"], Counter(found["met"])
            except (msgspec.DecodeError, KeyError, TypeError):
                unread.append(Unread(position, key, "not what was counted"))
        return unread

    def record(self):
        return [(b"counts", msgspec.json.encode({"offsets": self.offsets, "met": self.met}))]

    def held(self):
        return {"keys": len(self.met)}


class Counting:
    """Counts the records of each key, and says each count once."""

    def __init__(self, settings):
        self.options = MemberOptions(settings, session_timeout_ms=6000)
        self.realm, self.lane = settings.realm, Lane.INCIDENTS
        self.group = bus_topic(self.realm, "counting")
        self.ingress = from_topic(self.realm, "mes", "incidents")
        self.misplaced = misplaced_topic(self.realm, self.lane)
        self.told = bus_topic(self.realm, "decisions")

    def transactional_id(self, shard):
        return f"{self.group}.{shard}"

    def topics(self, counts):
        state = state_topic(self.realm, self.lane)
        return lane_topics(self.realm, self.lane, [self.ingress], self.misplaced, state, [self.told], counts)

    async def prepare(self, stopping): ...

    async def close(self): ...

    async def inspect(self, fetched):
        return fetched

    def new_state(self):
        return Counts()

    def handle(self, records, state, outbox, *_):
        for arrived in records:
            one = original(arrived) if arrived.topic == self.misplaced else arrived
            shard = outbox.placement.shard_of(one.key)
            if shard == outbox.placement.number:
                state.met[one.key.decode()] += 1
                outbox.append(self.told, outbox.encode(one.key, b"%d" % state.met[one.key.decode()], []))
            else:
                body = outbox.encode(one.key, one.value, passed_on_headers(one))
                outbox.append_elsewhere(self.misplaced, shard, body)


@contextlib.asynccontextmanager
async def working(member):
    worker = Worker(member)
    task = asyncio.create_task(worker.run())
    try:
        await asyncio.wait_for(worker.ready.wait(), WITHIN_S)
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, WITHIN_S)


async def publish(settings, keys):
    """One record for each key, in either partition by turns."""
    async with AIOKafkaProducer(**settings.connection(), acks="all") as producer:
        for number, key in enumerate(keys):
            await producer.send_and_wait(
                from_topic(settings.realm, "mes", "incidents"), b"x", key=key.encode(), partition=number % 2
            )


async def told(settings, number):
    """What was said, once it is so much."""
    async with asyncio.timeout(WITHIN_S):
        while len(found := await read_all(settings, bus_topic(settings.realm, "decisions"))) < number:  # noqa: ASYNC110 - Kafka is asked
            await asyncio.sleep(0.05)  # whoever asks without a pause takes the processor from what is waited for
    return sorted((record.key.decode(), int(record.value)) for record in found)


async def test_another_member_counts_each_record_once_through_restarts_and_broken_connections(realm_of):
    """Assessment, watch and others stand on the same loop: with memories and handlers of their own."""
    settings = await realm_of("mes")
    keys = [f"station-{number}" for number in range(8)]
    async with working(Counting(settings)):
        await publish(settings, keys * 2)
        await told(settings, 16)
    with capture_logs() as logs:
        async with working(Counting(settings)) as worker:
            await publish(settings, keys)
            await told(settings, 24)
            for one in gc.get_objects():
                if type(one) is Shard and one._writer and one._member is worker.member:
                    for connection in list(one._writer.producer.client._conns.values()):
                        connection.close(reason=CloseReason.CONNECTION_BROKEN)
            await publish(settings, keys)
            found = await told(settings, 32)
    assert found == sorted((key, count) for key in keys for count in range(1, 5))
    taken = [line for line in logs if line["event"] == "shard taken"]
    assert sum(line["keys"] for line in taken[:2]) == len(keys), "restored by the second worker"
    assert len(taken) == 4, "each of the two shards took itself over"
