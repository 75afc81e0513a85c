"""`python -m tests.bench`: the router against its peers. Prints a table and, with `--json FILE`, the figures."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.arena import Contest, Result, latencies, preload, reset_topics, written
from tests.bench.traffic import BODIES, BUS, EGRESS, rulebook, traffic

from cbrn_deploy.kafka import EmbeddedKafka

RATES = (500, 2000)
LATENCY_S = 10.0
CONTESTANTS = ("router", "aiokafka", "faststream")


async def throughput(name: str, bootstrap: str, events: int, rules: Path, partitions: int) -> Result:
    """One run over preloaded events, its output checked."""
    await reset_topics(bootstrap, partitions)
    await preload(bootstrap, traffic(events, partitions))
    contest = Contest(name, bootstrap, events, rules)
    try:
        await contest.start()
        measured = await contest.finish(120)
    finally:
        await contest.kill()
    counts = await written(bootstrap, partitions)
    alerts = sum(counts[topic] for topic in EGRESS)
    assert alerts == 3 * events, f"{name}: {alerts} alerts written, {3 * events} expected"
    assert counts[BUS[0]] == events, f"{name}: {counts[BUS[0]]} decisions written, {events} expected"
    assert counts[BUS[1]] == 0, f"{name}: {counts[BUS[1]]} records quarantined"
    return Result(
        events_per_s=measured["events"] / measured["wall_s"],
        cpu_ms_per_1000=measured["cpu_s"] * 1e6 / measured["events"],
        peak_mb=measured["peak_mb"],
    )


async def delay(name: str, bootstrap: str, rate: int, rules: Path, partitions: int) -> tuple[float, float] | None:
    """p50 and p99 in milliseconds at a steady rate; None where the contestant cannot hold it."""
    await reset_topics(bootstrap, partitions)
    events = traffic(int(rate * LATENCY_S), partitions)
    contest = Contest(name, bootstrap, 10**9, rules)
    try:
        await contest.start()
        found = await latencies(bootstrap, events, rate, LATENCY_S, partitions)
    finally:
        await contest.kill()
    if not found:
        return None
    cuts = statistics.quantiles(found, n=100)
    return cuts[49], cuts[98]


async def compete(options: argparse.Namespace) -> dict[str, Result]:
    """All contestants in turn, `--rounds` times; the median round of each counts."""
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory(prefix="cbrn-bench-") as folder:
        few, many = Path(folder) / "rules-10", Path(folder) / "rules-1000"
        rulebook(few, 10)
        rulebook(many, 1000)
        async with EmbeddedKafka(Path(folder) / "kafka", plaintext=True) as kafka:
            where = kafka.bootstrap_servers
            rows = [(name, name, few) for name in options.only] + [("router, 1000 rules", "router", many)]
            runs: dict[str, list[Result]] = {label: [] for label, _, _ in rows}
            for _ in range(options.rounds):
                for label, name, rules in rows:
                    events = options.events // 10 if name == "faststream" else options.events
                    runs[label].append(await throughput(name, where, events, rules, options.partitions))
                    last = runs[label][-1]
                    print(f"  {label}: {last.events_per_s:,.0f} events/s, {last.cpu_ms_per_1000:.1f} ms", flush=True)
            for label, name, rules in rows:
                result = sorted(runs[label], key=lambda run: run.events_per_s)[len(runs[label]) // 2]
                result.peak_mb = max(run.peak_mb for run in runs[label])
                if rules is few:
                    for rate in RATES:
                        result.latency_ms[rate] = await delay(name, where, rate, rules, options.partitions)
                        print(f"  {label} at {rate}/s: {result.latency_ms[rate]}", flush=True)
                results[label] = result
    return results


def table(results: dict[str, Result], options: argparse.Namespace) -> str:
    """The figures as Markdown."""
    setting = (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {_cores()} cores, Python {platform.python_version()}, "
        f"aiokafka {version('aiokafka')}, faststream {version('faststream')}, pydantic {version('pydantic')}, "
        f"Apache Kafka 4.3.0 embedded; {options.events:,} events of 1 kB, {len(BODIES)} bodies, "
        f"{options.partitions} partitions, median of {options.rounds} rounds."
    )
    lines = [
        setting,
        "",
        "| contestant | events/s | CPU ms per 1,000 | peak MB | "
        + " | ".join(f"p50 / p99 ms at {rate}/s" for rate in RATES)
        + " |",
        "| --- " * (4 + len(RATES)) + "|",
    ]
    for label, result in results.items():
        cells = [
            ""
            if rate not in result.latency_ms
            else "cannot hold it"
            if (pair := result.latency_ms[rate]) is None
            else f"{pair[0]:.0f} / {pair[1]:.0f}"
            for rate in RATES
        ]
        lines.append(
            f"| {label} | {result.events_per_s:,.0f} | {result.cpu_ms_per_1000:.1f} | {result.peak_mb:.0f} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def main() -> None:
    """Parse options, compete, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--events", type=int, default=40_000, help="events of a throughput run (a tenth for faststream)"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    results = asyncio.run(compete(options))
    print(table(results, options))
    if options.json:
        options.json.write_text(json.dumps({label: vars(result) for label, result in results.items()}, indent=1))


if __name__ == "__main__":
    main()
