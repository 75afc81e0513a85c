"""What is measured, in which order: the most important first, so that a run that ends early has said something.

Contestants take turns within a round, and rounds follow one another, so that a machine that becomes slower becomes so
for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tests.bench.measure import STREAMS, Job
from tests.bench.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

NATIONAL: Final = Setting()
SMALL: Final = Setting("small")
EVENTS: Final = {"national": 40_000, "small": 60_000}
SHARE: Final = {"aiokafka": 0.5, "faststream": 0.01}
"""Of the events, for those who would take minutes."""
CONTESTANTS: Final = (
    "router",
    "streams",
    "router, two processes",
    "streams, two threads",
    "streams, stateless",
    "aiokafka",
    "faststream",
)
PACED: Final = ("router", "streams", "aiokafka")
"""Whose latency is measured; FastStream's handler holds neither rate."""
RATES: Final = (500, 2_000)
PACED_S: Final = 15
GROWTH: Final = {
    "rules": [replace(SMALL, rules=rules) for rules in (10, 100, 1_000)],
    "recipients": [replace(SMALL, recipients=recipients, bodies=30) for recipients in (3, 6, 12, 24)],
    "payload": [replace(SMALL, payload=payload) for payload in (0, 4_096, 16_384, 49_152)],
    "situations": [replace(SMALL, situations=situations) for situations in (100, 1_000, 10_000, 0)],
    "bodies": [replace(SMALL, bodies=bodies) for bodies in (10, 50, 500)],
    "shards": [replace(SMALL, shards=shards) for shards in (1, 2, 4, 8)],
}
"""How the router fares as one thing grows and the rest stays."""
GROWTH_EVENTS: Final = 20_000
PAYLOAD_TOTAL: Final = 200_000_000
"""Bytes of events in one run of large ones."""
MEMORY: Final = replace(SMALL, situations=100_000)
MEMORY_EVENTS: Final = 500_000
"""Ids and situations that a shard remembers are full long before."""


@dataclass(frozen=True, slots=True)
class Step:
    """One job, and to which table it belongs."""

    section: str
    """`national`, `small`, `paced`, `memory`, or what grows."""
    job: Job


def steps(rounds: int, scale: float, without: frozenset[str]) -> Iterator[Step]:
    """Yield the steps of a whole run; `scale` multiplies all counts, to try it out. `without`: contestants left out."""
    later = [
        [*_growth()],
        [Step("memory", Job("router", MEMORY, MEMORY_EVENTS))],
    ]
    for number in range(max(rounds, 1 + len(later))):
        wave = [*_compared()] if number < rounds else []
        if number < min(rounds, 2):
            wave += _paced()
        if 0 < number <= len(later):
            wave += later[number - 1]
        for step in wave:
            if step.job.contestant not in without:
                yield _scaled(step, scale)


def absent_streams() -> frozenset[str]:
    """Name the contestants that need Java and Maven."""
    return frozenset(STREAMS)


def _compared() -> Iterator[Step]:
    for section, setting in (("national", NATIONAL), ("small", SMALL)):
        for name in CONTESTANTS:
            yield Step(section, Job(name, setting, round(EVENTS[section] * SHARE.get(name, 1))))


def _paced() -> list[Step]:
    return [Step("paced", Job(name, NATIONAL, rate * PACED_S, rate)) for rate in RATES for name in PACED]


def _growth() -> Iterator[Step]:
    for section, settings in GROWTH.items():
        for setting in settings:
            most = PAYLOAD_TOTAL // setting.payload if setting.payload else GROWTH_EVENTS
            yield Step(section, Job("router", setting, min(GROWTH_EVENTS, most)))


def _scaled(step: Step, scale: float) -> Step:
    job = step.job
    events = job.events if job.rate else max(200, round(job.events * scale))
    situations = round(job.setting.situations * scale) if step.section == "memory" else job.setting.situations
    setting = replace(job.setting, situations=situations)
    return Step(step.section, replace(job, events=events, setting=setting))
