"""Records as large as the broker takes, in every shape: the lane writes an answer to each and goes on."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from tests.builders.golden import chlorine

from cbrn_consumers.quarantine import quarantined
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.bus.read import read_all
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router
from cbrn_routing.rulebook import national_rulebook
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_routing.shards.encoding import RecordBatch, encode_record
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import Reason
from cbrn_schemas.events import ce_type
from cbrn_schemas.topics import Lane, Realm, bus_topic, from_topic

pytestmark = pytest.mark.broker

MIB = 1024 * 1024
TOPIC = from_topic(Realm.EXERCISE, "mes", Lane.INCIDENTS)
NOW = datetime.now(UTC).isoformat()
EVENT = chlorine(situation="s-1", observed=NOW, reported=NOW, status="Exercise")
DATA = json.dumps(EVENT).encode()


def usual(name):
    return binary_headers(id=name, source="/mes", type=ce_type("chemical-release"), time=NOW)


def size(value, headers, key):
    batch = RecordBatch(0)
    batch.add(encode_record(key, value, headers))
    return len(batch._build())


ROOM = MIB - size(DATA, usual("full"), b"s-1") - 64
"""What a record can hold beside the event, all but to the last byte; 64 are for lengths and timestamps."""
SHAPES = {
    "name": (DATA, [*usual("full"), ("x" * ROOM, b"")], b"s-1"),
    "again and again": (DATA, [*usual("full"), *[("trace", b"")] * (ROOM // 7)], b"s-1"),
    "nothing, often": (DATA, [*usual("full"), *[("", b"")] * (ROOM // 2)], b"s-1"),
    "twice": (DATA, [*usual("full"), *[("ce_" + "\x01" * (ROOM // 2 - 16), b"")] * 2], b"s-1"),
    "key": (b"{", usual("full"), b"\xff" * ROOM),
    "value": (b"\xff" * ROOM, usual("full"), b"s-1"),
}


async def test_a_record_as_large_as_the_broker_takes_never_stops_the_lane(realm_of):
    """One such record once took membership after membership with it, every shard of the process and every agency."""
    settings = await realm_of(*bodies(), shards=1)
    engine = engine_of(national_rulebook(), Gazetteer())
    worker = Worker(Router(MemberOptions(settings), Lane.INCIDENTS, engine, ingress=[TOPIC]))
    producer = AIOKafkaProducer(**settings.connection(), acks="all", max_request_size=4 * MIB)
    await producer.start()
    try:
        for value, headers, key in SHAPES.values():
            await producer.send_and_wait(TOPIC, value, key=key, headers=headers, partition=0)
        running = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(60):
                while len(set_aside := await quarantined(settings)) < len(SHAPES):
                    assert not running.done()
        finally:
            worker.stop()
            await asyncio.wait_for(running, 30)
    finally:
        await producer.stop()
    found = [set_aside[f"{TOPIC}/0/{offset}"] for offset in range(len(SHAPES))]
    assert {item.reason for item in found} <= {Reason.TOO_LARGE, Reason.HEADERS_CONTRADICT, Reason.NOT_JSON}
    for item, (value, headers, key) in zip(found, SHAPES.values(), strict=True):
        assert (item.value, item.key) == (value, key), "nothing of it is lost"
        assert sorted(item.headers) == sorted(headers)


async def test_the_broker_measures_what_a_record_holds_not_how_well_it_was_packed(realm_of):
    """The arithmetic of what must fit rests on it: 3 MiB of blanks are 3 kB in gzip."""
    settings = await realm_of("mes", shards=1)
    producer = AIOKafkaProducer(
        **settings.connection(), acks="all", max_request_size=4 * MIB, max_batch_size=4 * MIB, compression_type="gzip"
    )
    await producer.start()
    try:
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(TOPIC, b" " * 3 * MIB, headers=usual("packed"), partition=0)
    finally:
        await producer.stop()
    assert await read_all(settings, bus_topic(Realm.EXERCISE, "quarantine")) == []
