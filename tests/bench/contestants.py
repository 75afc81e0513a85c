"""The contestants, each a process of its own.

They are the router; a handler per message as FastStream's documentation shows it; a plain aiokafka loop with
transactions as its documentation shows it.

All do the same work: each record is validated by the product's models, decided by its engine, and the same alerts and
decision records are written. The peers do not count an event once nor follow its situation, and keep no state across
restarts; the router does, and pays for it here.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from tests.bench.traffic import INGRESS, SIGNATURES, registered_keys

from cbrn_deploy.cli.logs import configure_logs
from cbrn_deploy.processes.tuning import GC_THRESHOLD, tune_process
from cbrn_routing.bus.clock import utc_now
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router
from cbrn_routing.rulebook import Eras, RuleBook
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_routing.signatures.policy import SignaturePolicy
from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.events import key_of, parse_event
from cbrn_schemas.records import rfc3339
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm, bus_topic, to_topic

QUIET_S = 60.0
"""A contestant that has seen nothing for so long gives up."""


class Clock:
    """Wall and CPU time from the first judged event to the last committed one."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.done = 0
        self.finished = asyncio.Event()
        self._wall = self._cpu = 0.0

    def begin(self) -> None:
        """Called before the first event; later calls change nothing."""
        if not self._wall:
            self._wall, self._cpu = time.perf_counter(), time.process_time()

    def count(self, events: int) -> None:
        """Events committed."""
        self.done += events
        if self.done >= self.events and not self.finished.is_set():
            wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
            print(json.dumps({"events": self.done, "wall_s": wall, "cpu_s": cpu}), flush=True)
            self.finished.set()


Written = tuple[str, bytes, bytes, list[tuple[str, bytes]]]
"""Topic, key, value and headers of a record to write."""


def lay_out(record: Any, engine: Engine) -> list[Written]:
    """What one event has to be written as: the alerts and the decision record, to the byte as the router writes them.

    As one would write it without a router at hand: read, validate, decide, one record for each recipient. Counting an
    event once and following its situation, which the router does too, are left out in the peers' favour.
    """
    envelope = read_envelope(list(record.headers), record.value)
    event = parse_event(envelope.data)
    decision, place, _ = engine.route(event)
    key = key_of(event).encode()
    label = place.district or place.region or place.country or ""
    now = utc_now()
    shared = [("cbrn_rulebook", decision.rulebook[:12].encode()), ("cbrn_place", label.encode())]
    if decision.acknowledge_within_s is not None:
        by = rfc3339(now + timedelta(seconds=decision.acknowledge_within_s))
        shared.append(("cbrn_acknowledge_by", by.encode()))
    written: list[Written] = []
    for recipient in decision.recipients:
        own = [("cbrn_role", recipient.role.code.encode()), ("cbrn_rule", ",".join(recipient.rules).encode())]
        topic = to_topic(Realm.REAL, recipient.body, "alerts")
        written.append((topic, key, envelope.data, [*envelope.headers, *own, *shared]))
    facets = decision.facets._asdict().items()
    note = {
        "id": envelope.id,
        "source": envelope.source,
        "kind": event.kind,
        "key": key.decode(),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "decided": rfc3339(now),
        "earlier": [],
        "place": label,
        "recipients": [
            {"body": recipient.body, "role": recipient.role.code, "rules": recipient.rules}
            for recipient in decision.recipients
        ],
        "partners": [],
        "acknowledge_within_s": decision.acknowledge_within_s,
        "doubts": [],
        "facets": {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in facets
            if value not in (None, frozenset())
        },
        "rulebook": decision.rulebook,
    }
    written.append((bus_topic(Realm.REAL, "decisions"), key, msgspec.json.encode(note), []))
    return written


async def router(settings: Settings, engine: Engine, clock: Clock) -> None:
    """The product's router, unchanged; only its progress is watched."""
    from cbrn_routing.shards import shard  # noqa: PLC0415 - patched here and nowhere else

    class Watched(shard.Shard):
        def _prepare(self, fetched: Any, outbox: Any) -> Any:
            if fetched:
                clock.begin()
            return super()._prepare(fetched, outbox)

        async def _commit(self, outbox: Any, offsets: Any) -> float:
            took_s = await super()._commit(outbox, offsets)
            if outbox is not None:
                clock.count(outbox.events)
            return took_s

    from cbrn_routing.shards import membership  # noqa: PLC0415 - as above

    membership.Shard = Watched  # type: ignore[misc] # the measuring subclass
    policy = None if SIGNATURES == "none" else SignaturePolicy.load(None)
    process = Router(MemberOptions(settings), Lane.INCIDENTS, engine, ingress=INGRESS, signatures=policy)
    if SIGNATURES == "signed":
        process._inspector._keys = registered_keys  # the arena has no register
    worker = Worker(process)
    running = asyncio.create_task(worker.run())
    await worker.ready.wait()
    print("ready", flush=True)
    await asyncio.wait_for(clock.finished.wait(), None)
    worker.stop()
    await running
    # The traffic is clean: a quarantined record means that the benchmark is wrong.
    assert not process.tally.counts["quarantined"]


async def faststream(settings: Settings, engine: Engine, clock: Clock) -> None:
    """A handler per message, `publish` per recipient, acknowledged after success."""
    broker = KafkaBroker(
        settings.bootstrap_servers.split(","),
        acks="all",
        enable_idempotence=True,
        allow_auto_create_topics=False,
        logger=None,
    )
    application = FastStream(broker, logger=None)

    @broker.subscriber(
        *INGRESS,
        group_id="bench-faststream",
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        ack_policy=AckPolicy.ACK,
    )
    async def handle(message: KafkaMessage) -> None:
        clock.begin()
        record = message.raw_message
        for topic, key, value, headers in lay_out(record, engine):
            await broker.publish(
                value,
                topic=topic,
                key=key,
                headers={name: content.decode() for name, content in headers},
            )
        clock.count(1)

    @application.after_startup
    async def started() -> None:
        print("ready", flush=True)

    running = asyncio.create_task(application.run())
    finished = asyncio.create_task(clock.finished.wait())
    await asyncio.wait({running, finished}, return_when=asyncio.FIRST_COMPLETED)
    application.exit()
    await running


async def aiokafka(settings: Settings, engine: Engine, clock: Clock) -> None:
    """The read-process-write loop of aiokafka's documentation, `send` per recipient, one transaction a batch."""
    connection = settings.connection()
    consumer = AIOKafkaConsumer(
        *INGRESS,
        **connection,
        group_id="bench-aiokafka",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=100,
    )
    producer = AIOKafkaProducer(
        **connection,
        transactional_id="bench-aiokafka",
        transaction_timeout_ms=10_000,  # the broker refuses the client's own minute
        acks="all",
        retry_backoff_ms=5,
        max_batch_size=900_000,
    )
    await producer.start()
    await consumer.start()
    print("ready", flush=True)
    while not clock.finished.is_set():
        fetched = await consumer.getmany(timeout_ms=200, max_records=1000)
        if not fetched:
            continue
        clock.begin()
        async with producer.transaction():
            futures = []
            for records in fetched.values():
                for record in records:
                    for topic, key, value, headers in lay_out(record, engine):
                        futures.append(await producer.send(topic, value, key=key, headers=headers))
            await asyncio.gather(*futures)
            offsets = {partition: records[-1].offset + 1 for partition, records in fetched.items()}
            await producer.send_offsets_to_transaction(offsets, "bench-aiokafka")
        clock.count(sum(map(len, fetched.values())))
    await consumer.stop()
    await producer.stop()


def peak_mb() -> float:
    """Largest resident size so far. Not `ru_maxrss`, which remembers the parent from before `exec`."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    """`python -m tests.bench.contestants NAME BOOTSTRAP EVENTS RULES`."""
    name, bootstrap, events, rules = sys.argv[1:5]
    configure_logs("console", os.environ.get("BENCH_LOG", "error"))
    settings = Settings(bootstrap_servers=bootstrap)
    engine = Engine(Eras(RuleBook.load(Path(rules))), Gazetteer())
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)  # the peers are given this much of the router's tuning
    if name == "router":
        tune_process()
    contestant = {"router": router, "faststream": faststream, "aiokafka": aiokafka}[name]

    async def compete() -> None:
        await contestant(settings, engine, Clock(int(events)))

    uvloop.run(compete())
    print(json.dumps({"peak_mb": peak_mb()}), flush=True)


if __name__ == "__main__":
    main()
