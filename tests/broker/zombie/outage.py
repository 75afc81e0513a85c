"""Brokers under fault: killed or frozen for longer than a transaction may last, and slow to come back.

Each cell has brokers of its own, so that several can suffer at once: what one's start costs slows down the others, and
a slow start is what makes a broker forget how its transactions ended (docs/decisions/broker-crashes.md).
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import national_rulebook

from .campaign import BROKER_SETTINGS, Report
from .cell import Budget, Cell, CellOptions
from .checker import Verdict, check

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cbrn_routing.decide import Engine

    from .cell import CellResult

TRAFFIC_S: Final = (2.0, 4.0)
"""Before each fault: some hundred events are on their way."""
DOWN_S: Final = (11.0, 30.0)
"""Longer than a transaction's time-out, so that the broker ends what was open as soon as it is back."""
THROUGH_WITHIN_S: Final = 180.0
"""From the broker's return until all that was acknowledged has been routed, on a machine that does other things."""
BURN_FOR_S: Final = 60
OUTAGE_CELL: Final = CellOptions(members=1, rate=80.0, session_s=6.0, outages=True)


@dataclass(frozen=True, slots=True)
class OutageOptions:
    """How brokers suffer."""

    brokers: int = 1
    burn: int = 6
    """Busy loops beside a broker that starts."""
    down_s: tuple[float, float] = DOWN_S


async def run_outages(
    number: int, seed: int, logs: Path, options: tuple[OutageOptions, ...], tell: Callable[[str], None] = print
) -> Report:
    """Cause `number` faults, shared by as many cells as there are options, and judge what is left behind."""
    engine = await asyncio.to_thread(engine_of, national_rulebook(), Gazetteer())
    budget = Budget(number)
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        tasks = []
        for index, one in enumerate(options):
            folder = logs / f"cell-{index}"
            folder.mkdir()
            tasks.append(group.create_task(_suffer(one, engine, folder, seed + index, budget, tell)))
    verdict = Verdict()
    cells = {}
    results = [task.result() for task in tasks]
    for index, (one, result) in enumerate(zip(options, results, strict=True)):
        found = check(result.history)
        verdict.add(found)
        brokers = "one broker" if one.brokers == 1 else f"{one.brokers} brokers"
        cells[f"cell {index}, {brokers}, {sum(result.faults.values())} faults"] = found
    return Report(seed, time.monotonic() - began, results, verdict, cells)


async def _suffer(  # noqa: PLR0917 - all of it is the cell
    options: OutageOptions, engine: Engine, folder: Path, seed: int, budget: Budget, tell: Callable[[str], None]
) -> CellResult:
    kafka = EmbeddedKafka(brokers=options.brokers, settings=BROKER_SETTINGS)
    async with kafka:
        cell = Cell(OUTAGE_CELL, kafka.settings(), folder, engine, seed)
        await cell.provision(replication=options.brokers)
        async with cell.running():
            return await cell.suffer_outages(lambda rng: _outage(kafka, cell, options, rng), budget, tell)


async def _outage(kafka: EmbeddedKafka, cell: Cell, options: OutageOptions, rng: random.Random) -> str:
    """One fault of the brokers, from traffic to traffic. Returns its name."""
    await asyncio.sleep(rng.uniform(*TRAFFIC_S))
    victims = rng.sample(range(1, options.brokers + 1), 1 if options.brokers == 1 else rng.choice((1, 2)))
    frozen = rng.random() < 0.25
    down_s = rng.uniform(*options.down_s)
    act, back = (kafka.pause_broker, kafka.resume_broker) if frozen else (kafka.kill_broker, kafka.start_broker)
    await asyncio.gather(*(asyncio.to_thread(act, one) for one in victims))
    with _busy(options.burn):
        await asyncio.sleep(down_s)
        await asyncio.gather(*(asyncio.to_thread(back, one) for one in victims))
        await cell.wait_through(THROUGH_WITHIN_S)
    of = "" if options.brokers == 1 else f" {len(victims)} of {options.brokers}"
    return f"broker{of} {'frozen' if frozen else 'killed'}"


@contextmanager
def _busy(loops: int) -> Iterator[None]:
    """Take the processor away; each loop ends by itself, should this process not end it."""
    command = ["timeout", str(BURN_FOR_S), "sh", "-c", "while :; do :; done"]
    burning = [subprocess.Popen(command) for _ in range(loops)]
    try:
        yield
    finally:
        for one in burning:
            one.terminate()
            one.wait()
