"""`python -m tests.bench.feed`: how fast a body's program takes its alerts off the bus. Prints a line a contestant.

All read the same alerts, make the same typed `Alert` of each, hand it to the same handler and acknowledge as they are
built to. Each is a process of its own in a group of its own; the second half of its alerts is measured, and it ends
with an error where an alert came twice or out of its partition's order.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from tests.bench.arena import BROKER, HeldBack, resident_mb
from tests.bench.traffic import traffic
from tests.builders.feed import ORDER

from cbrn_consumers import Alert, AlertFeed
from cbrn_consumers.alert import read_alert
from cbrn_deploy.cli.logs import configure_logs
from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm, to_topic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BODY: Final = "moh"
TOPIC: Final = to_topic(Realm.EXERCISE, BODY, "alerts")
"""Not one of the arena, which makes its own anew."""
PARTITIONS: Final = 4
ALERTS: Final = 60_000
BATCH: Final = 500
WITHIN_S: Final = 180.0
"""For one run of one contestant."""


class Handler:
    """What a ministry does with an alert, here next to nothing; it sees to it that each comes once and in order."""

    def __init__(self, alerts: int) -> None:
        self.left = alerts
        self.done = asyncio.Event()
        self._half = alerts // 2
        self._last: dict[int, int] = {}
        self._wall = self._cpu = 0.0

    async def __call__(self, alert: Alert) -> None:
        """Take one."""
        place, number = alert.origin.partition, int(alert.id)
        if self._last.get(place, -1) >= number:
            raise AssertionError(f"{number} came after {self._last[place]}")
        self._last[place] = number
        self.left -= 1
        if self.left == self._half:
            self._wall, self._cpu = time.perf_counter(), time.process_time()
        elif self.left == 0:
            wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
            print(json.dumps({"alerts_per_s": self._half / wall, "cpu_us": cpu / self._half * 1e6}), flush=True)
            self.done.set()


async def alert_feed(settings: Settings, group: str, handler: Handler) -> None:
    """The product's feed, unchanged."""
    feed = AlertFeed(BODY, name=group, settings=settings, parking=Path(tempfile.mkdtemp(prefix="cbrn-bench-")))
    feed.handler(handler)
    async with feed:
        await handler.done.wait()


async def faststream_batches(settings: Settings, group: str, handler: Handler) -> None:
    """FastStream's batch subscriber as its documentation shows it, acknowledged by hand after each batch."""
    broker = KafkaBroker(settings.bootstrap_servers, logger=None)

    @broker.subscriber(TOPIC, batch=True, max_records=BATCH, **_faststream(group))
    async def take(message: KafkaMessage) -> None:
        for record in message.raw_message:
            await handler(read_alert(record))
        await message.ack()

    async with broker:
        await broker.start()
        await handler.done.wait()


async def faststream_messages(settings: Settings, group: str, handler: Handler) -> None:
    """FastStream's subscriber of single messages."""
    broker = KafkaBroker(settings.bootstrap_servers, logger=None)

    @broker.subscriber(TOPIC, **_faststream(group))
    async def take(message: KafkaMessage) -> None:
        await handler(read_alert(message.raw_message))
        await message.ack()

    async with broker:
        await broker.start()
        await handler.done.wait()


def _faststream(group: str) -> dict[str, Any]:
    return {"group_id": group, "ack_policy": AckPolicy.MANUAL, "auto_offset_reset": "earliest"}


async def aiokafka_batches(settings: Settings, group: str, handler: Handler) -> None:
    """A loop over `getmany` on plain aiokafka, a commit a batch."""
    async with _consumer(settings, group) as consumer:
        while not handler.done.is_set():
            for records in (await consumer.getmany(timeout_ms=100, max_records=BATCH)).values():
                for record in records:
                    await handler(read_alert(record))
            await consumer.commit()


async def aiokafka_messages(settings: Settings, group: str, handler: Handler) -> None:
    """A loop over single messages on plain aiokafka, a commit each."""
    async with _consumer(settings, group) as consumer:
        async for record in consumer:
            await handler(read_alert(record))
            await consumer.commit()
            if handler.done.is_set():
                return


def _consumer(settings: Settings, group: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        TOPIC,
        **settings.connection(),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )


CONTESTANTS: Final[dict[str, tuple[Callable[..., Awaitable[None]], int]]] = {
    "AlertFeed": (alert_feed, 1),
    "plain aiokafka, a commit a batch": (aiokafka_batches, 1),
    "FastStream, a batch": (faststream_batches, 1),
    "plain aiokafka, a commit a message": (aiokafka_messages, 10),
    "FastStream, a message": (faststream_messages, 20),
}
"""And which share of the alerts each gets: the slow ones need fewer."""


async def _is_led(admin: AIOKafkaAdminClient) -> bool:
    """Tell whether every partition of the topic has a leader."""
    (topic,) = await admin.describe_topics([TOPIC])
    return len(topic["partitions"]) == PARTITIONS and all(each["leader"] >= 0 for each in topic["partitions"])


async def figures(bootstrap: str, *, alerts: int = ALERTS, rounds: int = 3) -> dict[str, dict[str, list[float]]]:
    """Run all contestants in turn, `rounds` times, against a broker in the clear; leave their topic behind.

    Of each contestant a list, a figure a round: `alerts_per_s`, `cpu_us` an alert, `peak_mb`.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
    while not await _is_led(admin):  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.05)
    await admin.close()
    events = traffic(alerts, PARTITIONS)
    alerts_of = [one._replace(topic=TOPIC, headers=[*one.headers, *ORDER]) for one in events]
    await asyncio.to_thread(lambda: HeldBack(bootstrap, alerts_of).release())
    found: dict[str, dict[str, list[float]]] = {}
    for number in range(rounds):
        for name, (_, share) in CONTESTANTS.items():
            measured = await _run(name, bootstrap, f"{number}-{time.time_ns()}", alerts // share)
            for what, figure in measured.items():
                found.setdefault(name, {}).setdefault(what, []).append(figure)
    return found


async def _run(name: str, *arguments: object) -> dict[str, float]:
    """Run one contestant in a process of its own, and read what it measured of itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.feed", "--run", name, *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"{name} ended with {process.returncode}")
    speed, memory = map(json.loads, said.splitlines())
    return {**speed, **memory}


def _contest(name: str, bootstrap: str, group: str, alerts: str) -> None:
    configure_logs("console", "error")
    settings = Settings(bootstrap_servers=bootstrap, realm=Realm.EXERCISE)
    asyncio.run(_within(CONTESTANTS[name][0], settings, group, int(alerts)))
    print(json.dumps({"peak_mb": resident_mb(os.getpid(), "VmHWM:")}), flush=True)


async def _within(contestant: Callable[..., Awaitable[None]], *given: Any) -> None:
    *place, alerts = given
    async with asyncio.timeout(WITHIN_S):
        await contestant(*place, Handler(alerts))


async def _with_broker(alerts: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    with tempfile.TemporaryDirectory(prefix="cbrn-bench-") as folder:
        async with EmbeddedKafka(Path(folder), plaintext=True, settings=BROKER) as kafka:
            return await figures(kafka.bootstrap_servers, alerts=alerts, rounds=rounds)


def main() -> None:
    """Measure, and print a line each: median, minimum and maximum."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feed", description=__doc__)
    parser.add_argument("--alerts", type=int, default=ALERTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        _contest(*options.run)
        return
    for name, found in asyncio.run(_with_broker(options.alerts, options.rounds)).items():
        said = (f"{statistics.median(all_):,.0f} ({min(all_):,.0f} to {max(all_):,.0f})" for all_ in found.values())
        print(f"{name:36} " + "   ".join(f"{what} {text}" for what, text in zip(found, said, strict=True)))


if __name__ == "__main__":
    main()
