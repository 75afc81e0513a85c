"""The contestants that are written in Python, each a process of its own: `streams` has the one that is not.

They are the router; a handler per message as FastStream's documentation shows it; a plain aiokafka loop with
transactions as its documentation shows it.

All do the same work: each record is validated by the product's models, decided by its engine, and the same alerts,
copies, duties and decision records are written. The peers do not count an event once nor follow its situation, and keep
no state across restarts; the router does, and pays for it here.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from tests.bench.layout import Origin, Written, lay_out
from tests.bench.setting import Setting

from cbrn_deploy.cli.logs import configure_logs
from cbrn_deploy.processes.router import engine_of
from cbrn_deploy.processes.tuning import GC_THRESHOLD, tune_process
from cbrn_routing.bus.clock import utc_now
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_routing.signatures.policy import SignaturePolicy
from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.events import key_of, parse_event
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from cbrn_routing.decide import Engine


class Progress:
    """Says how many events are committed, each time that some are: of two processes none knows which is its last."""

    def __init__(self) -> None:
        self._done = 0

    def count(self, events: int) -> None:
        """So many more are."""
        self._done += events
        print(f"done {self._done}", flush=True)


def written(record: Any, engine: Engine) -> list[Written]:
    """Read and validate a record; return what has to be written for it."""
    envelope = read_envelope(list(record.headers), record.value)
    event = parse_event(envelope.data)
    origin = Origin(
        envelope.id,
        envelope.source,
        key_of(event).encode(),
        record.topic,
        record.partition,
        record.offset,
        envelope.data,
        list(envelope.headers),
    )
    return lay_out(event, origin, engine, utc_now())


async def router(settings: Settings, engine: Engine, progress: Progress, ingress: list[str]) -> None:
    """The product's router, unchanged; only its commits are watched."""
    from cbrn_routing.shards import membership, shard  # noqa: PLC0415 - patched here and nowhere else

    class Watched(shard.Shard):
        async def _commit(self, outbox: Any, *rest: Any) -> Any:
            done = await super()._commit(outbox, *rest)
            if outbox is not None and outbox.events:
                progress.count(outbox.events)
            return done

    membership.Shard = Watched  # type: ignore[misc] # the measuring subclass
    # Signatures as shipped: looked for, and asked of nobody.
    policy = SignaturePolicy.load(None)
    worker = Worker(Router(MemberOptions(settings), Lane.INCIDENTS, engine, ingress=ingress, signatures=policy))
    running = asyncio.create_task(worker.run())
    await worker.ready.wait()
    print("ready", flush=True)
    await running


async def faststream(settings: Settings, engine: Engine, progress: Progress, ingress: list[str]) -> None:
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
        *ingress,
        group_id="bench-faststream",
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        ack_policy=AckPolicy.ACK,
    )
    async def handle(message: KafkaMessage) -> None:
        for one in written(message.raw_message, engine):
            headers = {name: content.decode() for name, content in one.headers}
            await broker.publish(one.value, topic=one.topic, key=one.key, headers=headers)
        progress.count(1)

    @application.after_startup
    async def started() -> None:
        print("ready", flush=True)

    await application.run()


async def aiokafka(settings: Settings, engine: Engine, progress: Progress, ingress: list[str]) -> None:
    """The read-process-write loop of aiokafka's documentation, `send` per recipient, one transaction a batch."""
    connection = settings.connection()
    consumer = AIOKafkaConsumer(
        *ingress,
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
        transaction_timeout_ms=10_000,  # the broker as shipped refuses the client's own minute
        acks="all",
        retry_backoff_ms=5,
        max_batch_size=900_000,
    )
    await producer.start()
    await consumer.start()
    print("ready", flush=True)
    while True:
        fetched = await consumer.getmany(timeout_ms=200, max_records=1000)
        if not fetched:
            continue
        async with producer.transaction():
            futures = [
                await producer.send(one.topic, one.value, key=one.key, headers=one.headers)
                for records in fetched.values()
                for record in records
                for one in written(record, engine)
            ]
            await asyncio.gather(*futures)
            offsets = {partition: records[-1].offset + 1 for partition, records in fetched.items()}
            await producer.send_offsets_to_transaction(offsets, "bench-aiokafka")
        progress.count(sum(map(len, fetched.values())))


def main() -> None:
    """`python -m tests.bench.contestants NAME BOOTSTRAP SETTING FOLDER`; goes on until it is killed."""
    name, bootstrap, said, folder = sys.argv[1:5]
    setting = Setting.read(said)
    configure_logs("console", os.environ.get("BENCH_LOG", "error"))
    settings = Settings(bootstrap_servers=bootstrap)
    engine = engine_of(setting.load_book(Path(folder) / f"book-{os.getpid()}"), Gazetteer())
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)  # the peers are given this much of the router's tuning
    if name == "router":
        tune_process()
    contestant = {"router": router, "faststream": faststream, "aiokafka": aiokafka}[name]
    uvloop.run(contestant(settings, engine, Progress(), setting.ingress))


if __name__ == "__main__":
    main()
