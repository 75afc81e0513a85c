"""`uv run python -m tests.bench`: the router, Kafka Streams, aiokafka and FastStream at the same job, measured.

Each measurement is a process; its figures are in the file (`--out`) before the next one begins. With `--write` they are
put into `docs/`, tables and pictures with them. What does not fit into `--minutes` is left out, and the page says so.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.agreement import disagreements
from tests.bench.arena import BROKER
from tests.bench.machine import ROOT, described
from tests.bench.measure import STREAMS
from tests.bench.page import FIGURES, as_text, write_page
from tests.bench.plan import CONTESTANTS, NATIONAL, steps
from tests.bench.streams import build, missing
from tests.bench.table import table_of, weight
from tests.bench.tables import page_part

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer

if TYPE_CHECKING:
    from tests.bench.measure import Job
    from tests.bench.plan import Step

CACHE: Final = ROOT / "build" / "bench"
"""What Maven builds stays there."""
JOB_S: Final = 420
BROKER_MIB: Final = 1_024
"""Heap: of a thousand topics, and of transactions of many MB."""


def measure(step: Step, bootstrap: str, limit_s: float) -> dict[str, Any]:
    """Run one job; what failed is figures, too."""
    job = step.job
    run: dict[str, Any] = {"section": step.section, **asdict(job), "load": round(os.getloadavg()[0], 1)}
    began = time.monotonic()
    try:
        said = _output(job, bootstrap, limit_s)
    except subprocess.TimeoutExpired:
        run["error"] = f"not done in {limit_s:.0f} s"
    except subprocess.CalledProcessError as error:
        run["error"] = (error.stderr.strip().splitlines() or ["said nothing"])[-1][:300]
    else:
        run["figures"] = json.loads(said.splitlines()[-1])
    run["took_s"] = round(time.monotonic() - began, 1)
    return run


def _output(job: Job, bootstrap: str, limit_s: float) -> str:
    command = [sys.executable, "-m", "tests.bench.measure", bootstrap, str(CACHE), job.text()]
    # A group of its own, with its contestants in it: none outlives the measurement, however that ends.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as process:
        try:
            out, error = process.communicate(timeout=limit_s)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, out, error)
    return out


def compete(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Take all steps in turn, as many as there is time for; the file is whole after each."""
    why = missing()
    without = frozenset(CONTESTANTS) - frozenset(options.only) | (frozenset(STREAMS) if why else frozenset())
    streams, agreed = (None, 0) if why else _streams()
    found: dict[str, Any] = {
        "machine": described(streams),
        "scale": options.scale,
        "agreed": agreed,
        "left_out": [],
        "runs": [],
    }
    book = NATIONAL.load_book(folder)
    found["book"] = {"rules": len(book.rules), **weight(table_of(NATIONAL, engine_of(book, Gazetteer())))}
    if why:
        found["without_streams"] = why
    until = time.monotonic() + options.minutes * 60
    # In the clear, so that what is compared is routing.
    with EmbeddedKafka(folder / "kafka", plaintext=True, settings=BROKER, heap_mib=BROKER_MIB) as kafka:
        for step in steps(options.rounds, options.scale, options.paced_s, without):
            if options.sections and step.section not in options.sections:
                continue
            name = f"{step.section}: {step.job.contestant}" + (f" at {step.job.rate}/s" if step.job.rate else "")
            left = until - time.monotonic()
            if left < _usual_s(found["runs"], step):
                found["left_out"].append(name)
                continue
            run = measure(step, kafka.bootstrap_servers, min(left, JOB_S + options.paced_s))
            found["runs"].append(run)
            options.out.write_text(as_text(found), encoding="utf-8")
            print(f"{name}: {_brief(run)}", flush=True)
    options.out.write_text(as_text(found), encoding="utf-8")
    return found


def _streams() -> tuple[str, int]:
    """Build Kafka Streams' contestant and have it validate what the product does; return version and how much."""
    built = build(CACHE)
    shown, differing = disagreements(built)
    if differing:
        raise SystemExit("Kafka Streams validates otherwise:\n" + "\n".join(differing[:5]))
    return built.version, shown


def _usual_s(runs: list[dict[str, Any]], step: Step) -> float:
    """Guess how long a step takes: as long as it did before, else half a minute."""
    same = [run["took_s"] for run in runs if _of(run) == (step.section, step.job.contestant, step.job.rate)]
    return float(max(same, default=30))


def _of(run: dict[str, Any]) -> tuple[str, str, int]:
    return run["section"], run["contestant"], run["rate"]


def _brief(run: dict[str, Any]) -> str:
    figures = run.get("figures")
    if "error" in run:
        return f"failed: {run['error']}"
    if figures is None:
        return "does not hold the rate"
    if run["rate"]:
        return f"p50 {figures['p50_ms']:.0f}, p99 {figures['p99_ms']:.0f} ms, {figures['core_percent']:.0f} % of a core"
    return f"{figures['events_per_s']:,.0f} events/s, {figures['cpu_ms_per_1000']:.1f} ms per 1,000"


def main() -> None:
    """Parse options, compete, print or write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--minutes", type=float, default=25, help="after which nothing more is begun")
    parser.add_argument("--rounds", type=int, default=3, help="of the comparisons")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of events; 0.05 to try it out")
    parser.add_argument("--paced-s", type=int, default=15, help="seconds for which each rate is held")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--sections", nargs="+", help="of them only: national, small, paced, memory, rules, ...")
    parser.add_argument("--out", type=Path, default=CACHE / "figures.json", help="figures, kept as they come")
    parser.add_argument("--write", action="store_true", help="put the figures, tables and pictures into docs/")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cbrn-bench-") as name:
        found = compete(options, Path(name))
    if options.write:
        FIGURES.parent.mkdir(exist_ok=True)
        FIGURES.write_text(as_text(found), encoding="utf-8")
        write_page()
    else:
        print(page_part(found))


if __name__ == "__main__":
    main()
