"""`python -m tests.bench.desk`: how fast the desk's database is filled, and how soon a list of it is there.

No Kafka: records are handed over as a client would, so the figures are those of the database and the folds alone.
`fill` takes alerts into SQLite as a desk does that is far behind; `lists` asks a database of 20,000 open and 200,000
past situations; `--url` measures another database. `pages` tells so many open pages of what comes (`desk_pages`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import platform
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil
from tests.bench.desk_pages import pages
from tests.bench.traffic import traffic

from cbrn_consumers.desk.store import Filters, ListState, Store, Whose
from cbrn_consumers.desk.store.records import Kept
from cbrn_deploy.cli.main import GC_THRESHOLD
from cbrn_schemas.receipt import give, receipts_topic, record_of
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Realm, to_topic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

REALM: Final = Realm.REAL
BATCH: Final = 2_000
NOW: Final = datetime(2026, 11, 27, 3, tzinfo=UTC)
BY: Final = "Дежурный Асанов"
OTHERS: Final = (("mes", "lead"), ("moh", "support"), ("mia", "inform"), ("mnr", "inform"))


def alerts(count: int, bodies: tuple[tuple[str, str], ...], *, over: bool = False, name: str = "") -> Iterator[Kept]:
    """So many alerts, one situation each time all bodies were told; with `over` the ministry has closed each."""
    offsets: dict[str, int] = {}

    def kept(topic: str, key: bytes, value: bytes, headers: Any, at: datetime) -> Kept:
        offsets[topic] = offsets.get(topic, -1) + 1
        place = offsets[topic] + (10_000_000 if over else 0)
        return Kept(topic, 0, place, int(at.timestamp() * 1000), key, value, list(headers))

    events = traffic(count // len(bodies), 1)
    for number, event in enumerate(events):
        at = NOW - timedelta(seconds=number)
        key = name.encode() + event.key
        value = event.value.replace(event.key, key)
        due = rfc3339(at + timedelta(hours=1)).encode()
        order = [("cbrn_rule", b"toxic-release"), ("cbrn_rulebook", b"0" * 12), ("cbrn_acknowledge_by", due)]
        for body, role in bodies:
            headers = [*event.headers, *order, ("cbrn_role", role.encode()), ("cbrn_place", b"41708203")]
            yield kept(to_topic(REALM, body, "alerts"), key, value, headers, at)
        if over:
            seen = {one: text.decode() for one, text in event.headers if one in {"ce_id", "ce_source"}}
            said: dict[str, Any] = {"id": f"moh.{name}{number}", "realm": REALM, "body": "moh", "by": BY, "at": at}
            said |= {"situation": key.decode(), "event": {"source": seen["ce_source"], "id": seen["ce_id"]}}
            _, written, content = record_of(give(act="closed", **said))
            yield kept(receipts_topic(REALM, "moh"), key, content, written, at + timedelta(minutes=5))


def taken(store: Store, records: list[Kept], *, fold_now: bool = False) -> tuple[float, float, float]:
    """Seconds until all records are in the database, until all rows are, and of processor time."""
    gc.collect()
    gc.freeze()  # what this bench holds is not the desk's to walk through
    began, before = time.perf_counter(), time.process_time()
    for start in range(0, len(records), BATCH):
        store.keeping.take(records[start : start + BATCH], fold_now=fold_now)
    raw = time.perf_counter() - began
    for _ in store.keeping.catch_up():
        pass
    return raw, time.perf_counter() - began, time.process_time() - before


def fill(count: int, url: str | None) -> None:
    """Alerts of one ministry, each of a situation of its own; then of four, as the crisis centre takes them."""
    print("| alerts | records/s | rows too, alerts/s | alerts a CPU second |\n| --- | --- | --- | --- |")
    for label, whose, bodies, now in (
        ("one ministry's, far behind", Whose(REALM, "moh"), (("moh", "lead"),), False),
        ("one ministry's, folded with each batch", Whose(REALM, "moh"), (("moh", "lead"),), True),
        ("four bodies', crisis centre", Whose(REALM, "mes", all=True), OTHERS, False),
    ):
        with tempfile.TemporaryDirectory() as folder:
            store = Store(url or f"sqlite:///{Path(folder) / 'desk.sqlite3'}", whose)
            records = list(alerts(count, bodies))
            spent = taken(store, records, fold_now=now)
            store.database.close()
            speeds = " | ".join(f"{len(records) / each:,.0f}" for each in spent)
            print(f"| {len(records):,}, {label} | {speeds} |", flush=True)


async def lists(url: str | None, open_now: int, past: int, runs: int) -> None:
    """How long questions take. The temporary folder is on a disk where there is one."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(url or f"sqlite:///{Path(folder) / 'desk.sqlite3'}", Whose(REALM, "moh"))
        one = (("moh", "lead"),)
        for start in range(0, past, 20_000):
            some = alerts(min(20_000, past - start), one, over=True, name=f"past-{start}-")
            taken(store, [replace(each, offset=each.offset + start) for each in some])
        taken(store, list(alerts(open_now, one)))
        first = await store.page("moh", Filters(), NOW)
        assert (first.open, first.total) == (open_now, open_now), first[1:]
        print(f"\n{open_now:,} open, {past:,} past\n\n| question | ms, median | ms, longest |\n| --- | --- | --- |")
        for label, question in (
            ("the list", lambda: store.page("moh", Filters(), NOW)),
            ("what is late", lambda: store.page("moh", Filters(ListState.LATE), NOW)),
            ("the next page", lambda: store.page("moh", Filters(), NOW, after=first.after)),
            ("all, past ones too", lambda: store.page("moh", Filters(ListState.ALL), NOW)),
            ("search: «майлуу», open", lambda: store.page("moh", Filters(text="майлуу"), NOW)),
            ("search: «карабалта», all", lambda: store.page("moh", Filters(ListState.ALL, "кара балта"), NOW)),
            ("search: one name of all", lambda: store.page("moh", Filters(ListState.ALL, "past-0-bench-77 "), NOW)),
            ("region and hazard", lambda: store.page("moh", Filters(region="KG-C", hazard="chemical"), NOW)),
            ("one situation, whole", lambda: store.read("moh", "bench-7")),
            ("the log", lambda: store.log("moh", 50)),
        ):
            print(f"| {label} | {await _timed(question, runs)} |", flush=True)
        await store.close()


async def opened(options: argparse.Namespace) -> None:
    """Pages of a desk that holds a stock, told of what comes."""
    one, now = (("moh", "lead"),), int(time.time() * 1000)
    hour = enumerate(alerts(options.open, one))  # a flood that has lasted for an hour
    stock = [replace(each, timestamp=now - 3_600_000 * number // options.open) for number, each in hour]
    came = alerts(int(options.rate * options.seconds), one, name="live-")
    live = [replace(each, offset=each.offset + 1_000_000) for each in came]
    await pages(stock, live, count=options.pages, rate=options.rate)


async def _timed(question: Callable[[], Awaitable[object]], runs: int) -> str:
    found = []
    await question()
    for _ in range(runs):
        began = time.perf_counter()
        await question()
        found.append((time.perf_counter() - began) * 1000)
    return f"{statistics.median(found):.1f} | {max(found):.1f}"


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.desk", description=__doc__)
    parser.add_argument("what", nargs="*", choices=["fill", "lists", "pages", []], default=[])
    parser.add_argument("--alerts", type=int, default=40_000)
    parser.add_argument("--open", type=int, default=20_000)
    parser.add_argument("--past", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--rate", type=float, default=50, help="alerts a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--url", help="another database than SQLite in a folder of its own; it must be empty")
    options = parser.parse_args()
    cores, memory = len(os.sched_getaffinity(0)), psutil.virtual_memory().total / 2**30
    with contextlib.suppress(OSError):
        print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {cores} cores, {memory:.0f} GiB, ", end="")
        print(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n")
    gc.set_threshold(GC_THRESHOLD, 20, 20)  # as `cbrn` has it
    wanted = options.what or ["fill", "lists"]
    if "fill" in wanted:
        fill(options.alerts, options.url)
    if "lists" in wanted:
        asyncio.run(lists(options.url, options.open, options.past, options.runs))
    if "pages" in options.what:
        asyncio.run(opened(options))


if __name__ == "__main__":
    main()
