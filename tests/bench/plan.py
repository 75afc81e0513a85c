"""What is measured, in which order: the most important first, so that a run that ends early has said something.

Contestants take turns within a round, and rounds follow one another, so that a machine that becomes slower becomes so
for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tests.bench.measure import Job
from tests.bench.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

NATIONAL: Final = Setting()
SMALL: Final = Setting("small")
EVENTS: Final = {"national": 40_000, "small": 80_000}
SHARE: Final = {"aiokafka": 0.5, "faststream": 0.01}
"""Of the events, for those who would take minutes."""
ROUNDS_MAX: Final = {"streams, two threads": 2, "streams, stateless": 2, "faststream": 1}
"""They are there to compare with, not to be compared to a hair."""
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
PACED_ROUNDS_MAX: Final = 2
GROWTH: Final = {
    "rules": [replace(SMALL, rules=rules) for rules in (10, 100, 1_000)],
    "recipients": [replace(SMALL, recipients=recipients, bodies=30) for recipients in (3, 6, 12, 24)],
    "payload": [replace(SMALL, payload=payload) for payload in (0, 4_096, 16_384, 40_960)],
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


def steps(rounds: int, scale: float, paced_s: int, without: frozenset[str]) -> Iterator[Step]:
    """Yield the steps of a whole run.

    `scale` multiplies all counts, to try it out; a rate is held for `paced_s`; `without` are contestants left out.
    """
    between = {0: [*_growth()], 1: [Step("memory", Job("router", MEMORY, MEMORY_EVENTS))]}
    for number in range(max(rounds, len(between))):
        wave = [*_compared(number)] if number < rounds else []
        if number < min(rounds, PACED_ROUNDS_MAX):
            wave += _paced(paced_s)
        for step in wave + between.get(number, []):
            if step.job.contestant not in without:
                yield _scaled(step, scale)


def _compared(number: int) -> Iterator[Step]:
    for section, setting in (("national", NATIONAL), ("small", SMALL)):
        for name in CONTESTANTS:
            if number < ROUNDS_MAX.get(name, number + 1):
                yield Step(section, Job(name, setting, round(EVENTS[section] * SHARE.get(name, 1))))


def _paced(seconds: int) -> list[Step]:
    return [Step("paced", Job(name, NATIONAL, rate * seconds, rate)) for rate in RATES for name in PACED]


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
