"""The contestants, each a process of its own.

They are the router; a handler per message as FastStream's documentation shows it; a plain aiokafka loop with
transactions as its documentation shows it.

All do the same work: each record is validated, judged and laid out by the product's own `Judge`, and the same alerts
and decision records are written. What differs is how records are fetched and written. The peers keep no state across
restarts; the router does, and pays for it here.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from tests.bench.traffic import INGRESS

from cbrn_deploy.logs import configure_logs
from cbrn_deploy.tuning import GC_THRESHOLD, tune_process
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Judge, Router, RouterOptions, Tally
from cbrn_routing.router.encoding import NOTHING, Block
from cbrn_routing.router.judge import utc_now
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook import Matcher, RuleBook
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm

QUIET_S = 60.0
"""A contestant that has seen nothing for so long gives up."""


class Silent:
    """Narrates nothing."""

    every = False

    def routed(self, *_: Any) -> None:
        """Nothing."""

    def duplicate(self, *_: Any) -> None:
        """Nothing."""

    def quarantined(self, *particulars: Any) -> None:
        """The traffic is clean: a quarantined record means that the benchmark is wrong."""
        raise AssertionError(str(particulars[-1]))


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


class Layout:
    """A sink that lists what one transaction, or one message, has to write."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]] = []

    def body(self, key: bytes | None, value: bytes | None, headers: Any) -> Any:
        """Nothing to lay out: the peers' libraries encode each record."""
        return key, value, headers

    def append(self, topic: str, body: Any, first: Block = NOTHING, second: Block = NOTHING) -> None:
        """Note one record."""
        key, value, headers = body
        self.records.append((topic, key, value, headers + first.headers + second.headers))


async def router(settings: Settings, engine: Engine, clock: Clock) -> None:
    """The product's router, unchanged; only its progress is watched."""
    from cbrn_routing.router import shard  # noqa: PLC0415 - patched here and nowhere else

    class Watched(shard.Shard):
        def _prepare(self, fetched: Any, outbox: Any) -> Any:
            if fetched:
                clock.begin()
            return super()._prepare(fetched, outbox)

        async def _commit(self, outbox: Any, offsets: Any) -> None:
            await super()._commit(outbox, offsets)
            clock.count(outbox.events)

    from cbrn_routing.router import service  # noqa: PLC0415

    service.Shard = Watched  # type: ignore[misc] # the measuring subclass
    process = Router(RouterOptions(settings, Lane.INCIDENTS, narrator=Silent(), topics=INGRESS), engine)
    running = asyncio.create_task(process.run())
    await process.ready.wait()
    print("ready", flush=True)
    await asyncio.wait_for(clock.finished.wait(), None)
    process.stop()
    await running


async def faststream(settings: Settings, engine: Engine, clock: Clock) -> None:
    """A handler per message, `publish` per recipient, acknowledged after success."""
    judge, state = Judge(Realm.REAL, Lane.INCIDENTS, engine, Silent()), ShardState()
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
        layout = Layout()
        record = message.raw_message
        judge.judge([record], state, layout, utc_now(), Tally())  # type: ignore[list-item] # one record, not a batch
        for topic, key, value, headers in layout.records:
            await broker.publish(
                value,
                topic=topic,
                key=key,
                partition=record.partition,
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
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # noqa: PLC0415

    connection = settings.connection()
    judge, state = Judge(Realm.REAL, Lane.INCIDENTS, engine, Silent()), ShardState()
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
        now = utc_now()
        async with producer.transaction():
            futures = []
            for partition, records in fetched.items():
                for record in records:
                    layout = Layout()
                    judge.judge([record], state, layout, now, Tally())
                    for topic, key, value, headers in layout.records:
                        futures.append(
                            await producer.send(topic, value, key=key, partition=partition.partition, headers=headers)
                        )
            await asyncio.gather(*futures)
            offsets = {partition: records[-1].offset + 1 for partition, records in fetched.items()}
            await producer.send_offsets_to_transaction(offsets, "bench-aiokafka")
        clock.count(sum(map(len, fetched.values())))
    await consumer.stop()
    await producer.stop()


def main() -> None:
    """`python -m tests.bench.contestants NAME BOOTSTRAP EVENTS RULES`."""
    name, bootstrap, events, rules = sys.argv[1:5]
    configure_logs("console", os.environ.get("BENCH_LOG", "error"))
    settings = Settings(bootstrap_servers=bootstrap)
    engine = Engine(Matcher(RuleBook.load(Path(rules))), Gazetteer())
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)  # the peers are given this much of the router's tuning
    if name == "router":
        tune_process()
    contestant = {"router": router, "faststream": faststream, "aiokafka": aiokafka}[name]

    async def compete() -> None:
        await contestant(settings, engine, Clock(int(events)))

    uvloop.run(compete())
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"peak_mb": peak_kb / 1024}), flush=True)


if __name__ == "__main__":
    main()
