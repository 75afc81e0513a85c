"""The topics, the load, and the processes of one contestant, which are measured from outside, all by the same clock."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from tests.bench.setting import BUS, MISPLACED_TOPIC, STATE_TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.bench.setting import Setting
    from tests.bench.traffic import Sent

READY_S: Final = 90.0
SETTLE_S: Final = 2.0
"""Between ready and the first event: two routers divide the shards between them."""
DEADLINE_S: Final = 240.0
"""A contestant that has not done half by then, or the rest in as long again, is given up."""
LAST_COMMITS_S: Final = 0.5
SHORTEST_S: Final = 0.5
"""What was measured for less than that says nothing: then the whole run counts, start and all."""
PARTS: Final = 10
"""Of a run; after each the resident size is noted."""
FROM_PART, TO_PART = 4, 9
"""Between them it is measured: what is compiled at run time is compiled, and at both ends the next batch is on its way,
so that work for what is not committed yet counts on neither side."""
TRANSACTION_MS: Final = 600_000
BROKER: Final = {"transaction.max.timeout.ms": str(TRANSACTION_MS)}
"""Settings that the broker needs beyond our own: all events of a run are made visible at once, by one commit."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a contestant was, and what it had used."""

    done: int
    wall_s: float
    cpu_s: float


class Contest:
    """A contestant's processes. Each prints `ready`, then `done N` as it goes on, at last with all that it did."""

    def __init__(self, commands: Sequence[list[str]], environment: dict[str, str]) -> None:
        self._commands = commands
        self._environment = environment
        self._processes: list[asyncio.subprocess.Process] = []
        self._done: list[int] = []
        self._readers: list[asyncio.Task[None]] = []
        self._moved = asyncio.Event()
        self._failed = ""

    async def start(self) -> None:
        """Start them all and wait until each consumes."""
        for command in self._commands:
            self._processes.append(
                await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=self._environment)
            )
        async with asyncio.timeout(READY_S):
            for process in self._processes:
                assert process.stdout is not None
                line = (await process.stdout.readline()).decode().strip()
                assert line == "ready", line or "a contestant ended before it was ready"
        self._done = [0] * len(self._processes)
        self._readers = [asyncio.create_task(self._read(number)) for number in range(len(self._processes))]
        await asyncio.sleep(SETTLE_S)

    async def _read(self, number: int) -> None:
        stdout = self._processes[number].stdout
        assert stdout is not None
        async for line in stdout:
            if line.startswith(b"done "):
                self._done[number] = int(line.split()[1])
                self._moved.set()
        self._failed = f"process {number} ended with {await self._processes[number].wait()}"
        self._moved.set()

    async def until(self, events: int) -> Moment:
        """Wait until so many are done."""
        async with asyncio.timeout(DEADLINE_S):
            while sum(self._done) < events:
                if self._failed:
                    raise RuntimeError(self._failed)
                self._moved.clear()
                await self._moved.wait()
        return self.now()

    def now(self) -> Moment:
        """Look at them."""
        return Moment(sum(self._done), time.perf_counter(), sum(_cpu_s(process.pid) for process in self._processes))

    def peak_mb(self) -> float:
        """Largest resident size so far, of all of them."""
        return sum(resident_mb(process.pid, "VmHWM:") for process in self._processes)

    def resident_mb(self) -> float:
        """Resident size now, of all of them."""
        return sum(resident_mb(process.pid, "VmRSS:") for process in self._processes)

    async def kill(self) -> None:
        """End them, whatever they do."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for process in self._processes:
            await process.wait()


def python_contestant(name: str, *arguments: str) -> list[str]:
    """Return the command of a contestant that is written in Python."""
    return [sys.executable, "-m", "tests.bench.contestants", name, *arguments]


def make_topics(bootstrap: str, setting: Setting, sinks: Iterable[str]) -> list[str]:
    """Delete every topic of the benchmark and make anew those of this setting; return those that are written."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    written = sorted({*sinks, *BUS, MISPLACED_TOPIC})
    wanted = [NewTopic(topic, setting.shards, 1) for topic in {*setting.ingress, *written}]
    wanted.append(NewTopic(STATE_TOPIC, setting.shards, 1, config={"cleanup.policy": "compact"}))
    if old := [topic for topic in _listed(admin) if not topic.startswith("__")]:
        for future in admin.delete_topics(old, operation_timeout=60, request_timeout=120).values():
            future.result()
        while _listed(admin) & set(old):
            time.sleep(0.05)
    for future in admin.create_topics(wanted, operation_timeout=60, request_timeout=120).values():
        future.result()
    while len(_led(admin)) < len(wanted):
        time.sleep(0.05)
    return written


def _listed(admin: AdminClient) -> set[str]:
    return set(admin.list_topics(timeout=60).topics)


def _led(admin: AdminClient) -> list[str]:
    """List the topics whose every partition has a leader."""
    return [
        name
        for name, topic in admin.list_topics(timeout=60).topics.items()
        if not name.startswith("__") and all(partition.leader >= 0 for partition in topic.partitions.values())
    ]


class HeldBack:
    """Events that are on the broker and that nobody sees until `release`."""

    def __init__(self, bootstrap: str, events: Iterable[Sent]) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": "bench-load",
                "transaction.timeout.ms": TRANSACTION_MS,
                "linger.ms": 20,
                "batch.size": 500_000,
                "queue.buffering.max.messages": 1_000_000,
                "queue.buffering.max.kbytes": 1_000_000,
            }
        )
        self._producer.init_transactions()
        self._producer.begin_transaction()
        for event in events:
            while True:
                try:
                    self._producer.produce(
                        event.topic, event.value, event.key, partition=event.partition, headers=list(event.headers)
                    )
                    break
                except BufferError:
                    self._producer.poll(0.1)
        self._producer.flush()

    def release(self) -> None:
        """Let everybody see them, all at once."""
        self._producer.commit_transaction()


async def throughput(contest: Contest, held: HeldBack, events: int) -> dict[str, Any]:
    """Let it do all of them; the speed of the half in which it is warm counts."""
    await contest.start()
    began = contest.now()
    await asyncio.to_thread(held.release)
    moments, resident = [], []
    for part in range(1, PARTS + 1):
        moments.append(await contest.until(events * part // PARTS))
        resident.append([moments[-1].done, round(contest.resident_mb())])
    first, last, whole = moments[FROM_PART - 1], moments[TO_PART - 1], moments[-1]
    peak = contest.peak_mb()
    await asyncio.sleep(LAST_COMMITS_S)
    if last.wall_s - first.wall_s < SHORTEST_S:  # so few events that some transactions had them all
        first, last = began, whole
    done = last.done - first.done
    return {
        "events_per_s": done / (last.wall_s - first.wall_s),
        "cpu_ms_per_1000": (last.cpu_s - first.cpu_s) * 1e6 / done,
        "cpu_ms_per_1000_cold": (whole.cpu_s - began.cpu_s) * 1e6 / whole.done,
        "peak_mb": peak,
        "resident_mb": resident,
    }


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def resident_mb(pid: int, field: str) -> float:
    """Read a resident size of a process. Not `ru_maxrss`, which remembers the parent from before `exec`."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition(field)[2].split()[0]) / 1024
