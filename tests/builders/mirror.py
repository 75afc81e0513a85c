"""Two secured clusters, ours and a partner's, MirrorMaker between them; writers and readers that outlive faults."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.mirrormaker import Mirror, Side, kept_topics, rules_there, topics_there
from cbrn_deploy.mirrormaker.process import MirrorMaker
from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_deploy.provisioning.access.applying import apply_rights
from cbrn_deploy.provisioning.access.protocol import new_password, opened
from cbrn_deploy.provisioning.access.rule import Rule
from cbrn_schemas.credentials import Credentials, write_credentials
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

if TYPE_CHECKING:
    from pathlib import Path

OUT, BACK = "cbrn.to.kz.alerts", "cbrn.from.kz.originals"
OTHERS = "cbrn.to.uz.alerts", "cbrn.to.kz.standing", "cbrn.to.kz.copies"
"""Of another partner; and what is said of our own bodies."""
MIRROR = User(Realm.REAL, "kz", "mirror")
THEIR_USER = "mm2"
OUTGOING = "warnings.for.kg"
"""What the partner calls its topic for us."""
SHARDS = 2
HEAP_MIB = 256
CAUGHT_UP_S = 90


@dataclass
class Border:
    """Both clusters and what is between them."""

    ours: EmbeddedKafka
    theirs: EmbeddedKafka
    folder: Path
    mirror: Mirror
    maker: MirrorMaker

    @property
    def wires(self):
        """Where one begins and where it ends: cluster and topic."""
        return ((self.ours, OUT), (self.theirs, OUT)), ((self.theirs, OUTGOING), (self.ours, BACK))


def clusters(folder):
    """Two brokers that start at the same time."""
    return tuple(EmbeddedKafka(temporary_in=folder, heap_mib=HEAP_MIB) for _ in range(2))


async def border(ours, theirs, folder):
    """MirrorMaker's topics and users on two running clusters: ours by certificate, theirs by password."""
    by_broker, by_writer = ({"message.timestamp.type": each} for each in ("LogAppendTime", "CreateTime"))
    alone = [TopicSpec(BACK, 1, 1, by_broker), *kept_topics(Realm.REAL, "kz", 1)]
    planned = topics_there(Realm.REAL, "kz", shards=SHARDS, replication=1)
    copied = [TopicSpec(spec.name, spec.partitions, 1, by_broker) for spec in planned if ".to." in spec.name]
    async with connected(ours.settings()) as cluster:
        await cluster.create([*alone, *copied, *(TopicSpec(each, SHARDS, 1, by_broker) for each in OTHERS)])
    there = topics_there(Realm.REAL, "kz", shards=SHARDS, replication=1, outgoing=OUTGOING)
    async with connected(theirs.settings()) as cluster:
        await cluster.create([*there, *(TopicSpec(each, SHARDS, 1, by_writer) for each in OTHERS)])
    await apply_rights(ours.settings(), {MIRROR.name: MIRROR})
    password = new_password()
    async with opened(theirs.settings()) as cluster:
        rules = rules_there(Realm.REAL, "kz", OUTGOING)
        await cluster.add_rules({Rule(THEIR_USER, right) for right in rules})
        await cluster.set_password(THEIR_USER, password)
    file = folder / "theirs.cbrn"
    values = {
        "CBRN_BOOTSTRAP_SERVERS": theirs.bootstrap_servers,
        "CBRN_SECURITY_PROTOCOL": "SASL_SSL",
        "CBRN_USERNAME": THEIR_USER,
        "CBRN_PASSWORD": password,
    }
    write_credentials(file, Credentials(values, certificates=theirs.access.authority.bundle))
    sides = Side.of(ours.credentials(MIRROR.name)), Side.of(file)
    mirror = Mirror(Realm.REAL, "kz", *sides, outgoing=OUTGOING)
    return Border(ours, theirs, folder, mirror, MirrorMaker(folder / "mirror", mirror.text()))


@dataclass
class Reading:
    """All committed records of a topic, as they come; it goes on when the broker has been away."""

    kafka: EmbeddedKafka
    topic: str
    partitions: int
    found: dict = field(default_factory=dict)
    """By partition and offset."""

    @contextlib.asynccontextmanager
    async def going_on(self):
        """Read until the end of the block."""
        task = asyncio.create_task(self._read())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _read(self):
        while True:
            reader = AIOKafkaConsumer(
                **self.kafka.settings().connection(), isolation_level="read_committed", enable_auto_commit=False
            )
            with contextlib.suppress(KafkaError, OSError):
                try:
                    await reader.start()
                    parts = [TopicPartition(self.topic, number) for number in range(self.partitions)]
                    reader.assign(parts)
                    for part in parts:
                        done = [offset for partition, offset in self.found if partition == part.partition]
                        reader.seek(part, max(done, default=-1) + 1)
                    while True:
                        for records in (await reader.getmany(timeout_ms=200)).values():
                            self.found |= {(one.partition, one.offset): one for one in records}
                finally:
                    await reader.stop()
            await asyncio.sleep(0.2)

    def said(self, partition):
        """What stands in a partition, in order, without where: key, value, headers."""
        ordered = sorted((one.offset, one) for one in self.found.values() if one.partition == partition)
        return [(one.key, one.value, one.headers) for _, one in ordered]

    def times(self, partition):
        """Their time stamps, in order."""
        return [
            stamp
            for _, stamp in sorted((o.offset, o.timestamp) for o in self.found.values() if o.partition == partition)
        ]


@dataclass
class Writing:
    """A writer that goes on whatever happens: what it has written stands in its topic, some of it perhaps twice."""

    kafka: EmbeddedKafka
    topic: str
    partitions: int
    a_second: int = 100
    written: int = 0

    @contextlib.asynccontextmanager
    async def going_on(self):
        """Write until the end of the block."""
        end = asyncio.Event()
        task = asyncio.create_task(self._write(end))
        try:
            yield self
        finally:
            end.set()
            await task

    async def _write(self, end):
        ids = itertools.count()
        while not end.is_set():
            producer = AIOKafkaProducer(**self.kafka.settings().connection(), acks="all", enable_idempotence=True)
            with contextlib.suppress(KafkaError, OSError):
                try:
                    await producer.start()
                    while not end.is_set():
                        await asyncio.gather(
                            *[await self._one(producer, next(ids)) for _ in range(self.a_second // 10)]
                        )
                        await asyncio.sleep(0.1)
                finally:
                    await producer.stop()
            await asyncio.sleep(0.2)

    async def _one(self, producer, number):
        sent = await producer.send(
            self.topic,
            b"" if number % 50 == 7 else None if number % 50 == 8 else b"event %d" % number,
            key=b"situation %d" % (number % 20),
            partition=number % self.partitions,
            headers=odd_headers(number),
        )
        sent.add_done_callback(self._done)
        return sent

    def _done(self, sent):
        if not sent.cancelled() and sent.exception() is None:
            self.written += 1


def odd_headers(number):
    """Headers as CloudEvents has them, and what else Kafka allows: none, empty, binary, a name twice."""
    own = [("ce_id", b"id-%d" % number), ("twice", b"1"), ("none", None), ("empty", b""), ("twice", bytes(range(256)))]
    return own if number % 3 else own[:1]


async def caught_up(*pairs):
    """Wait until all that stands at one end stands at the other, in each of these pairs; return after how long."""
    began, wanted = asyncio.get_running_loop().time(), [len(here.found) for here, _ in pairs]
    await until(lambda: all(len(there.found) >= count for count, (_, there) in zip(wanted, pairs, strict=True)))
    return asyncio.get_running_loop().time() - began


async def until(is_so):
    """Wait for a fact of another process, of which nobody tells."""
    async with asyncio.timeout(CAUGHT_UP_S):
        while not is_so():  # noqa: ASYNC110 - records come from another thread's socket: there is no event to wait for
            await asyncio.sleep(0.05)
