"""`python -m tests.bench.measure BOOTSTRAP CACHE JOB`: one measurement, its figures printed as JSON.

A process of its own, so that one that fails or hangs costs no other, and that an installation's own bodies are there
only where a setting has them.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.arena import Contest, HeldBack, make_topics, python_contestant, throughput
from tests.bench.outputs import Outputs, read_back
from tests.bench.pace import WARM_EVENTS, covering, latency
from tests.bench.setting import Setting, own_bodies
from tests.bench.streams import COMMIT_MS, COMMIT_QUICK_MS, build
from tests.bench.table import alert_topics, table_of
from tests.bench.traffic import traffic

from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer

if TYPE_CHECKING:
    from typing import Self

STREAMS: Final = {"streams": ("same", 1), "streams, two threads": ("same", 2), "streams, stateless": ("stateless", 1)}
"""Job and threads of each contestant that is written for Kafka Streams."""
PYTHON: Final = {
    "router": ("router",),
    "router, two processes": ("router", "router"),
    "aiokafka": ("aiokafka",),
    "faststream": ("faststream",),
}
"""Processes of each of the others."""


@dataclass(frozen=True, slots=True)
class Job:
    """One measurement: a contestant at a setting."""

    contestant: str
    setting: Setting
    events: int
    rate: int = 0
    """Events a second, for so many in all; 0: all at once."""

    def text(self) -> str:
        """Return it as an argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `text` gave."""
        said = json.loads(text)
        return cls(**{**said, "setting": Setting(**said["setting"])})


async def measured(job: Job, bootstrap: str, cache: Path, folder: Path) -> dict[str, Any] | None:
    """Make topics, load and processes; measure, and check what was written. None: the rate was not held."""
    setting = job.setting
    engine = engine_of(setting.load_book(folder / "book"), Gazetteer())
    table = table_of(setting, engine)
    written = make_topics(bootstrap, setting, table["sinks"])
    events = traffic(job.events + (WARM_EVENTS if job.rate else 0), setting.shards, setting)
    contest = Contest(_commands(job, table, bootstrap, cache, folder), dict(os.environ))
    try:
        if job.rate:
            topics = covering(alert_topics(table))
            return await latency(contest, bootstrap, events, job.rate, topics, setting.shards)
        figures = await throughput(contest, HeldBack(bootstrap, events), job.events)
    finally:
        await contest.kill()
    counts = read_back(bootstrap, written, setting, Outputs(setting, events, table, engine))
    return figures | {"checked": dict(counts)}


def _commands(job: Job, table: dict[str, Any], bootstrap: str, cache: Path, folder: Path) -> list[list[str]]:
    if job.contestant in STREAMS:
        kind, threads = STREAMS[job.contestant]
        commit_ms = COMMIT_QUICK_MS if job.rate else COMMIT_MS
        events = WARM_EVENTS if job.rate else job.events  # of which it says that they are done
        return [build(cache).contest(table, bootstrap, folder, events, kind, threads, commit_ms)]
    said = (bootstrap, job.setting.text(), str(folder))
    return [python_contestant(name, *said) for name in PYTHON[job.contestant]]


def main() -> None:
    """Measure once."""
    bootstrap, cache, said = sys.argv[1:4]
    job = Job.read(said)
    with tempfile.TemporaryDirectory(prefix="cbrn-bench-") as name:
        folder = Path(name)
        os.environ.update(own_bodies(job.setting, folder))
        print(json.dumps(asyncio.run(measured(job, bootstrap, Path(cache), folder))), flush=True)


if __name__ == "__main__":
    main()
