"""`python -m tests.bench.flood`: how long an incident of one body takes while another body floods the bus.

A bus as `cbrn up` runs it (broker, a router for each lane, keepers, watch), a flooding publisher (`flooder.py`), and a
probe: one incident of another body each 100 ms, read where no alert of the flood goes. For each kind of flood a bus
of its own, in three phases: quiet, flood, after. Prints a table and, with `--json FILE`, the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka import KafkaAdminClient
from kafka.protocol.admin import AlterClientQuotasRequest
from tests.bench.flooder import CLIENT, KINDS, event, template

from cbrn_consumers.duties import Clerk
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.processes.children import ChildProcess, KeeperProcess, RouterProcess, WatchProcess
from cbrn_deploy.provisioning import connected, planned_topics
from cbrn_routing.shards.placement import Placement
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm, from_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROBE_BODY, PROBE_EXAMPLE = "moh", "vaccine-reaction"
READ = to_topic(Realm.REAL, "moh-ses", "alerts")
"""The probe's alerts go there, the flood's do not: what a reader's own backlog costs is not measured."""
EVERY_S = 0.1
WARM_UP_S = 5.0
NORMAL_IN_A_ROW = 10
"""Normal again is it with the first of so many probes, a second, that all take less than the limit."""
SETTLED_S = 10.0
"""After it is normal the probe goes on for this long, so that what comes twice or late is seen."""


@dataclass
class Probe:
    """One incident each 100 ms, and when its alert was read."""

    settings: Settings
    sent: dict[bytes, float] = field(default_factory=dict)
    """Time of sending by id."""
    read: dict[bytes, list[float]] = field(default_factory=dict)
    """Times of reading by id."""

    async def __aenter__(self) -> Self:
        connection = self.settings.connection()
        self._producer = AIOKafkaProducer(**connection, acks="all", enable_idempotence=True, linger_ms=0)
        self._consumer = AIOKafkaConsumer(**connection, isolation_level="read_committed", fetch_max_wait_ms=50)
        await self._producer.start()
        await self._consumer.start()
        partitions = [TopicPartition(READ, number) for number in range(self.settings.shards)]
        self._consumer.assign(partitions)
        await self._consumer.seek_to_end(*partitions)
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._receive())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._consumer.stop()
        await self._producer.stop()

    async def _send(self) -> None:
        made, placement = template(PROBE_EXAMPLE, PROBE_BODY), Placement(0, self.settings.shards)
        topic, began, number = from_topic(Realm.REAL, PROBE_BODY, "incidents"), time.perf_counter(), 0
        while True:
            await asyncio.sleep(max(0.0, began + number * EVERY_S - time.perf_counter()))
            key, value, headers = event(PROBE_EXAMPLE, PROBE_BODY, number, made)
            self.sent[key] = time.perf_counter()
            await self._producer.send(topic, value, key=key, partition=placement.shard_of(key), headers=headers)
            number += 1

    async def _receive(self) -> None:
        while True:
            for records in (await self._consumer.getmany(timeout_ms=100)).values():
                now = time.perf_counter()
                for record in records:
                    self.read.setdefault(record.key, []).append(now)

    def delays(self, since: float, until: float) -> list[tuple[float, float]]:
        """When each probe of a time was sent, and how many ms it took or has taken so far."""
        now = time.perf_counter()
        return [
            (at, (self.read.get(key, [now])[0] - at) * 1000) for key, at in self.sent.items() if since <= at < until
        ]

    def normal_since(self, ended: float, limit_ms: float) -> float | None:
        """When it was normal again: s after the flood's end; None: not yet."""
        row: list[float] = []
        for at, delay in self.delays(ended, time.perf_counter() - limit_ms / 1000):
            row = [*row, at] if delay <= limit_ms else []
            if len(row) == NORMAL_IN_A_ROW:
                return row[0] - ended
        return None


def figures(delays: list[tuple[float, float]]) -> dict[str, float]:
    """p50, p99 and the longest of some delays in ms."""
    cuts = statistics.quantiles([delay for _, delay in delays], n=100, method="inclusive")
    return {"count": len(delays), "p50": cuts[49], "p99": cuts[98], "max": max(delay for _, delay in delays)}


@asynccontextmanager
async def bus(options: argparse.Namespace) -> AsyncIterator[tuple[Settings, dict[str, int]]]:
    """A bus with its processes, and their ids by name."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cbrn-flood-")))
        overrides = dict(one.split("=", 1) for one in options.broker)
        kafka = await stack.enter_async_context(EmbeddedKafka(folder / "kafka", settings=overrides))
        settings = Settings(bootstrap_servers=kafka.bootstrap_servers, shards=options.shards)
        async with connected(settings) as cluster:
            planned = planned_topics(Realm.REAL, shards=options.shards, replication=1, on=datetime.now(UTC).date())
            for start in range(0, len(planned), 50):
                await cluster.create(planned[start : start + 50])
        children: list[ChildProcess] = [
            RouterProcess(settings, lane, folder / f"{lane}.log", instance=f"{lane}-0") for lane in Lane
        ]
        children += [KeeperProcess(settings, keeper, folder / "keeper.log") for keeper in (Clerk, QuarantineKeeper)]
        children.append(WatchProcess(settings, folder / "watch.log", instance="watch-0"))
        for child in children:
            stack.push_async_callback(child.stop)
        await asyncio.gather(*(child.start() for child in children))
        pids = {child.name: child._process.pid for child in children if child._process}
        yield settings, {"broker": kafka.pids[1]} | pids


def limit(settings: Settings, limits: dict[str, float]) -> None:
    """Set quotas of the flooder, by its client's name."""
    entry = AlterClientQuotasRequest.EntryData
    ops = [entry.OpData(key=key, value=value, remove=False) for key, value in limits.items()]
    entity = [entry.EntityData(entity_type="client-id", entity_name=CLIENT)]
    request = AlterClientQuotasRequest(entries=[entry(entity=entity, ops=ops)], validate_only=False)
    admin = KafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    try:
        answer = admin._manager.run(admin._manager.send, request)
        assert not any(each.error_code for each in answer.entries), answer
    finally:
        admin.close()


def cpu(pids: dict[str, int]) -> dict[str, float]:
    """CPU seconds of each process so far."""
    found = {}
    for name, pid in pids.items():
        times = psutil.Process(pid).cpu_times()
        found[name] = times.user + times.system
    return found


async def flood(kind: str, settings: Settings, options: argparse.Namespace) -> subprocess.Popen[str]:
    """Start the flooder, and return once its batches are laid out."""
    environment = os.environ | {
        "CBRN_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "CBRN_SHARDS": str(settings.shards),
    }
    command = [sys.executable, "-m", "tests.bench.flooder", kind, str(options.rate), str(options.seconds)]
    process = subprocess.Popen(  # noqa: ASYNC220 - our own module; it forks, and does not wait
        command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout
    async with asyncio.timeout(120):
        assert (await asyncio.to_thread(process.stdout.readline)).strip() == "ready"
    return process


async def measure(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """One kind of flood on a bus of its own."""
    async with bus(options) as (settings, pids):
        limits = {"producer_byte_rate": options.byte_rate, "request_percentage": options.request_percentage}
        if limits := {name: value for name, value in limits.items() if value}:
            await asyncio.to_thread(limit, settings, limits)
        flooder = await flood(kind, settings, options)
        assert flooder.stdin
        assert flooder.stdout
        try:
            async with Probe(settings) as probe:
                await asyncio.sleep(WARM_UP_S)
                began = time.perf_counter()
                await asyncio.sleep(options.quiet)
                flooded, before = time.perf_counter(), cpu(pids)
                flooder.stdin.write("go\n")
                flooder.stdin.flush()
                await asyncio.sleep(options.seconds)
                ended, after = time.perf_counter(), cpu(pids)
                offered = asyncio.create_task(asyncio.to_thread(flooder.stdout.readline))
                quiet = figures(probe.delays(began, flooded))
                normal = None
                while normal is None and time.perf_counter() < ended + options.patience:
                    await asyncio.sleep(0.5)
                    normal = probe.normal_since(ended, 2 * quiet["p99"])
                await asyncio.sleep(SETTLED_S)
                last = time.perf_counter()
                during = probe.delays(flooded, ended)
                await asyncio.sleep(2.0 if normal is not None else SETTLED_S)
                seen = [key for key, at in probe.sent.items() if at < last]
                return {
                    "kind": kind,
                    "load": os.getloadavg()[0],
                    "quiet": quiet,
                    "flood": figures(during),
                    "after": figures(probe.delays(ended, ended + SETTLED_S)),
                    "normal_after_s": normal,
                    "offered": json.loads(await offered),
                    "probe": {
                        "sent": len(seen),
                        "lost": sum(key not in probe.read for key in seen),
                        "doubled": sum(len(times) > 1 for times in probe.read.values()),
                    },
                    "cpu_s": {name: round(after[name] - before[name], 2) for name in pids},
                }
        finally:
            flooder.kill()
            flooder.wait()


def row(found: dict[str, Any]) -> str:
    """One kind as a line of the table."""
    phases = " | ".join(" / ".join(f"{found[phase][name]:.0f}" for name in ("p50", "p99", "max")) for phase in PHASES)
    normal = "not within the patience" if found["normal_after_s"] is None else f"{found['normal_after_s']:.1f}"
    probe, offered = found["probe"], found["offered"]
    rate = offered["taken"] / offered["seconds"]
    counts = f"{probe['sent']} / {probe['lost']} / {probe['doubled']}"
    return f"| {found['kind']} | {phases} | {normal} | {rate:,.0f} | {counts} | {found['load']:.1f} |"


PHASES = ("quiet", "flood", "after")
HEAD = (
    "| flood of | quiet p50 / p99 / max ms | flood | 10 s after | normal after s | taken/s "
    "| probe sent / lost / doubled | load |\n" + "| --- " * 8 + "|"
)


def main() -> None:
    """Parse options, measure each kind, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.flood", description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], default=[])
    parser.add_argument("--rate", type=float, default=20_000, help="events a second that are offered")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--quiet", type=float, default=15.0, help="seconds measured before the flood")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds after the flood")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--byte-rate", type=float, default=0, help="the flooder's producer_byte_rate; 0: none")
    parser.add_argument("--request-percentage", type=float, default=0, help="the flooder's share; 0: no limit")
    parser.add_argument("--broker", action="append", default=[], metavar="NAME=VALUE", help="a property of the broker")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python "
        f"{platform.python_version()}; {options.rate:,.0f} events/s of 1 kB for {options.seconds:.0f} s, "
        f"{options.shards} shards\n\n{HEAD}",
        flush=True,
    )
    results = []
    for _ in range(options.rounds):
        for kind in options.kinds or KINDS:
            results.append(asyncio.run(measure(kind, options)))
            print(row(results[-1]), flush=True)
            if options.json:
                options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
