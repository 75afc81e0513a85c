"""`python -m tests.bench.answers`: what screens cost on a bus with 100,000 alerts; the watch; hanging channels.

Prints rows for the page of benchmarks. `screens`, `watch` or `channels` measures one of the three; each is bounded in
time. Whatever is measured are the product's own commands and processes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
from aiokafka import AIOKafkaProducer
from tests.bench.traffic import Sent, traffic

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.processes.children import ChildProcess
from cbrn_deploy.provisioning import TopicSpec, connected, planned_topics
from cbrn_routing.bus.read import read_all
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.receipt import give, receipts_topic, record_of
from cbrn_schemas.records import record_time, rfc3339
from cbrn_schemas.topics import Realm, bus_topic, to_topic
from cbrn_schemas.unanswered import UNANSWERED_TYPE, Unanswered
from cbrn_schemas.users import User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.envelope import Header
    from cbrn_schemas.settings import Settings

SHARDS: Final = 4
REALM: Final = Realm.REAL
BODIES_TOLD: Final = 4
"""Of one situation: one leads, one supports, two hear of it."""
OPEN_NOW: Final = 20
"""Situations of the last hour, which nobody has answered."""
WITHIN_S: Final = 300
TODAY: Final = date(2026, 11, 1)
RAM: Final = Path("/dev/shm")  # noqa: S108 - our folder in it has an unguessable name
BY: Final = "Дежурный Асанов"
KEPT: Final = timedelta(days=80)
"""The alerts lie that far back, evenly: the topics of this bench take their writer's time."""
Record = tuple[str, bytes, bytes, list["Header"], datetime]


def alerts(number: int, bodies: tuple[str, ...], now: datetime) -> Iterable[Record]:
    """Alerts to four bodies a situation, the ministry among them, with the receipts of two; the last are open."""
    events, dice = traffic(number // BODIES_TOLD, SHARDS), random.Random(11)  # noqa: S311 - the same each time
    digest = national_rulebook().digest[:12].encode()
    others = [body for body in bodies if body != "mes"]
    for count, event in enumerate(events, 1):
        at = now - KEPT * (1 - count / len(events))
        told = ["mes", *dice.sample(others, BODIES_TOLD - 1)]
        open_now = count > len(events) - OPEN_NOW
        due = rfc3339((now if open_now else at) + timedelta(hours=1)).encode()
        order = [("cbrn_rule", b"toxic-release"), ("cbrn_rulebook", digest), ("cbrn_acknowledge_by", due)]
        for body, role in zip(told, ("lead", "support", "inform", "inform"), strict=True):
            headers = [*event.headers, *order, ("cbrn_role", role.encode())]
            yield to_topic(REALM, body, "alerts"), event.key, event.value, headers, at
        if not open_now:
            seen = {one: value.decode() for one, value in event.headers if one in {"ce_id", "ce_source"}}
            for body in told[:2]:
                said = {"id": f"{body}.{seen['ce_id']}", "realm": REALM, "body": body, "situation": event.key.decode()}
                said |= {"event": {"source": seen["ce_source"], "id": seen["ce_id"]}, "by": BY, "at": at}
                key, written, value = record_of(give(act="accepted", **said))
                yield receipts_topic(REALM, body), key, value, written, at + timedelta(minutes=10)


async def fill(settings: Settings, records: Iterable[Record]) -> int:
    """Write records in their order; return how many there were."""
    written = 0
    async with AIOKafkaProducer(**settings.connection(), linger_ms=20, max_batch_size=500_000) as producer:
        for topic, key, value, headers, at in records:
            stamp = int(at.timestamp() * 1000)
            sent = await producer.send(topic, value, key=key, headers=headers, timestamp_ms=stamp)
            written += 1
        await producer.flush()
        await sent
    return written


async def provision(settings: Settings, **changed: str) -> None:
    """Create the topics of the realm as `cbrn topics apply` does, with some settings changed."""
    async with connected(settings) as cluster:
        planned = [
            TopicSpec(each.name, each.partitions, each.replication, {**each.config, **changed})
            for each in planned_topics(REALM, shards=SHARDS, replication=1, on=TODAY)
        ]
        for start in range(0, len(planned), 50):  # beside other work a broker needs its time for a thousand partitions
            await cluster.create(planned[start : start + 50])


def timed(settings: Settings, compiled: str, *arguments: str) -> tuple[float, float]:
    """Seconds and CPU seconds of one command, compiled into a folder as where it is installed; it must succeed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "cbrn_deploy", *arguments]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
    environment["CBRN_CREDENTIALS"] = str(settings.credentials)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=WITHIN_S, env=environment)
    lasted, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return lasted, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def screens(number: int, runs: int) -> None:
    """What an officer's commands cost beside so many alerts."""
    with tempfile.TemporaryDirectory() as compiled:
        async with EmbeddedKafka(temporary_in=RAM if RAM.is_dir() else None) as kafka:
            await _screens(kafka.settings(shards=SHARDS), number, runs, compiled)


async def _screens(settings: Settings, number: int, runs: int, compiled: str) -> None:
    await provision(settings, **{"message.timestamp.type": "CreateTime"})
    began = time.perf_counter()
    written = await fill(settings, alerts(number, tuple(receivers(TODAY)), datetime.now(UTC)))
    print(f"{number:,} alerts and {written - number:,} receipts, filled in {time.perf_counter() - began:.0f} s\n")
    name = traffic(number // BODIES_TOLD, SHARDS)[-1].key.decode()
    old = traffic(number // BODIES_TOLD, SHARDS)[0].key.decode()
    print("| command | s | CPU s |\n| --- | --- | --- |")
    for arguments in (
        ("show", name),
        ("show", name, "--body", "mes"),
        ("show", old),
        ("standing", name),
        ("inbox", "mes", "--limit", "20"),
        ("board",),
        ("board", "--body", "mes"),
    ):
        await asyncio.to_thread(timed, settings, compiled, *arguments)
        found = [await asyncio.to_thread(timed, settings, compiled, *arguments) for _ in range(runs)]
        lasted, cpu = (statistics.median(each) for each in zip(*found, strict=True))
        said = " ".join({name: "SITUATION", old: "the oldest"}.get(each, each) for each in arguments)
        print(f"| `cbrn {said}` | {lasted:.2f} | {cpu:.2f} |", flush=True)


async def watch(number: int, late: int = 400) -> None:
    """Memory of a watch with so many open alerts; then, with these open, how late an escalation is on Kafka."""
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedKafka(temporary_in=RAM if RAM.is_dir() else None) as kafka:
            settings = kafka.settings(shards=SHARDS)
            await provision(settings)
            child = ChildProcess(
                settings, Path(folder) / "log", name="watch", role=["watch"], user=User(settings.realm, None, "watch")
            )
            await child.start()
            own = next(one for one in psutil.Process().children(recursive=True) if "watch" in one.cmdline())
            empty = own.memory_info().rss
            far = datetime.now(UTC) + timedelta(hours=20)
            await fill(settings, (_open(f"KG-open-{each}", far) for each in range(number)))
            began = time.perf_counter()
            await _watched(settings, number)
            full = own.memory_info().rss
            print(f"{number:,} open alerts, watched after {time.perf_counter() - began:.0f} s more")
            print(f"memory of one watch: {empty / 2**20:.0f} MiB without any, {full / 2**20:.0f} MiB with them")
            soon, dice = datetime.now(UTC) + timedelta(seconds=5), random.Random(11)  # noqa: S311 - as above
            times = [soon + timedelta(seconds=dice.uniform(0, 40)) for _ in range(late)]
            await fill(settings, (_open(f"KG-late-{each}", due) for each, due in enumerate(times)))
            await asyncio.sleep((max(times) - datetime.now(UTC)).total_seconds() + 5)
            found = sorted(await _lateness(settings))
            assert len(found) == late, f"{len(found)} escalations of {late}"
            middle, last = found[len(found) // 2], found[int(len(found) * 0.99)]
            print(f"seconds from {late} times to Kafka: median {middle:.2f}, p99 {last:.2f}, longest {found[-1]:.2f}")
            await child.stop()


@cache
def _template() -> Sent:
    return traffic(1, SHARDS)[0]


def _open(name: str, due: datetime) -> Record:
    event = _template()
    headers = [
        ("ce_id", name.encode()) if key == "ce_id" else (key, value)
        for key, value in event.headers
        if key != "ce_subject"
    ]
    order = {"role": "lead", "rule": "a-rule", "rulebook": "0" * 12, "acknowledge_by": rfc3339(due)}
    headers += [(f"cbrn_{key}", text.encode()) for key, text in order.items()]
    value = event.value.replace(event.key, name.encode())
    return to_topic(REALM, "moh", "alerts"), name.encode(), value, headers, datetime.now(UTC)


async def _watched(settings: Settings, number: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        state = bus_topic(REALM, "state-watch")
        while len({one.key for one in await read_all(settings, state)}) < number:  # noqa: ASYNC110 - Kafka is asked
            await asyncio.sleep(1)


async def _lateness(settings: Settings) -> list[float]:
    found = []
    for record in await read_all(settings, to_topic(REALM, "moh", "alerts")):
        if ("ce_type", UNANSWERED_TYPE.encode()) in record.headers:
            said = Unanswered.model_validate_json(record.value or b"")
            if said.level == 1:
                found.append((record_time(record.timestamp) - said.due).total_seconds())
    return found


async def channels(hanging: int) -> None:
    """How long a good address waits beside addresses that never answer, by kind of channel."""
    from tests.unit.consumers.notify.test_others import Web, notice  # noqa: PLC0415 - only here

    from cbrn_consumers.notify.others import Apprise  # noqa: PLC0415 - only here
    from cbrn_consumers.notify.pool import Pool  # noqa: PLC0415 - only here

    done = asyncio.Event()

    async def told(one: object, *_: object, **__: object) -> None:
        if getattr(one, "id", "") == "mes.good":
            done.set()

    async with Web(hangs=True) as dead, Web() as good:
        pool = Pool(Apprise(), told)
        for number in range(hanging):
            await pool.put(notice(f"dead-{number}"), f"json://127.0.0.1:{dead.port}/{number}?rto=3")
        began = time.perf_counter()
        await pool.put(notice("good"), f"json://127.0.0.1:{good.port}/")
        await asyncio.wait_for(done.wait(), 30)
        print(f"beside {hanging} hanging channels a good one had its notice after {time.perf_counter() - began:.2f} s")
        await pool.close()


async def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.answers", description=__doc__)
    parser.add_argument("what", nargs="*", choices=["screens", "watch", "channels", []], default=[])
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5, help="of each command, beside one that does not count")
    parser.add_argument("--open", type=int, default=20_000)
    parser.add_argument("--hanging", type=int, default=40)
    options = parser.parse_args()
    cores, memory = len(os.sched_getaffinity(0)), psutil.virtual_memory().total / 2**30
    with contextlib.suppress(OSError):
        print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {cores} cores, {memory:.0f} GiB, ", end="")
        print(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    wanted = options.what or ["screens", "watch", "channels"]
    if "screens" in wanted:
        await screens(options.alerts, options.runs)
    if "watch" in wanted:
        await watch(options.open)
    if "channels" in wanted:
        await channels(options.hanging)


if __name__ == "__main__":
    asyncio.run(main())
