"""A campaign: a broker, one or more cells under fault at the same time, the checker, and a report of what was done."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.topics import Realm

from . import faults
from .cell import Budget, Cell, CellOptions, CellResult
from .checker import Verdict, check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cbrn_schemas.settings import Settings

GROUP: Final = CellOptions(realm=Realm.REAL)
"""Members without names: whoever is silent for 1.5 s loses its shards to the others."""
STATIC: Final = CellOptions(
    realm=Realm.EXERCISE,
    static=True,
    session_s=5.0,
    transaction_timeout_s=1.5,
    faults=(
        (faults.transaction_timeout, 3),
        (faults.zombie, 2),
        (faults.pause, 1),
        (faults.kill_in_transaction, 3),
        (faults.kill, 1),
        (faults.restart, 2),
    ),
)
"""Named members, long sessions, short transactions: the broker ends a frozen transaction before the group stirs."""
UNFENCED: Final = CellOptions(fencing=False, members=2, faults=((faults.zombie, 1),))
"""What happens without fencing: the checker must see it."""
REFUSALS: Final = {"ProducerFenced", "IllegalOperation"}
"""Errors of a fenced producer: the second where a call came after the one that was refused."""
BROKER_SETTINGS: Final = {
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
}


@dataclass(slots=True)
class Report:
    """What was done, and what the checker says."""

    seed: int
    duration_s: float
    results: list[CellResult]
    verdict: Verdict
    cells: dict[str, Verdict] = field(default_factory=dict)
    """The verdict on each cell, where they differ."""
    faults: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for result in self.results:
            self.faults.update(result.faults)
            self.lost.update(result.lost)

    @property
    def fenced(self) -> int:
        """Memberships that ended since somebody else had taken the shard: zombies that tried, and were refused."""
        return sum(count for kind, count in self.lost.items() if kind in REFUSALS)

    @property
    def settled(self) -> bool:
        """Whether everything was through before the routers were stopped."""
        return all(result.settled for result in self.results)

    def lines(self) -> list[str]:
        """The report as text."""
        histories = [result.history for result in self.results]
        return [
            f"zombie test, seed {self.seed}: {sum(self.faults.values())} faults in {self.duration_s:.0f} s",
            *(f"  {count:5d}  {kind}" for kind, count in self.faults.most_common()),
            (
                f"starts of a router {sum(one.starts for one in self.results)}, "
                f"shards taken over {sum(one.takeovers for one in self.results)}, "
                f"slowest graceful stop {max(one.slowest_stop_s for one in self.results):.1f} s"
            ),
            "memberships given up: "
            + (", ".join(f"{count} {kind}" for kind, count in self.lost.most_common()) or "none"),
            (
                f"events {sum(len(one.sent) for one in histories)}, resent {sum(one.resent for one in self.results)}, "
                f"alerts {sum(len(one.alerts) for one in histories)}, "
                f"decisions and quarantined {sum(len(one.rulings) for one in histories)}, "
                f"offsets sampled {sum(len(one.committed) + len(one.stated) for one in histories)}"
            ),
            f"verdict: {self.verdict.findings}",
            *(f"  {cell}: {one.findings}" for cell, one in self.cells.items()),
            *(f"  {kind}: {example}" for kind, examples in self.verdict.examples.items() for example in examples),
            *([] if self.settled else ["not everything was through before the routers were stopped"]),
        ]


async def run(
    number: int,
    seed: int,
    logs: Path,
    cells: tuple[CellOptions, ...] = (GROUP, STATIC),
    tell: Callable[[str], None] = print,
) -> Report:
    """Cause `number` faults over all cells and judge what is left behind. Routers log into the folder `logs`."""
    async with EmbeddedKafka(settings=BROKER_SETTINGS) as kafka:
        began = time.monotonic()
        results = await _run_cells(kafka.settings(), logs, number=number, seed=seed, options=cells, tell=tell)
    verdict = Verdict()
    for result in results:
        verdict.add(check(result.history))
    return Report(seed, time.monotonic() - began, results, verdict)


async def _run_cells(
    settings: Settings,
    folder: Path,
    *,
    number: int,
    seed: int,
    options: tuple[CellOptions, ...],
    tell: Callable[[str], None],
) -> list[CellResult]:
    engine = await asyncio.to_thread(engine_of, national_rulebook(), Gazetteer())
    cells = [Cell(one, settings, folder, engine, seed) for one in options]
    for cell in cells:
        await cell.provision()
    budget = Budget(number)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_suffer(cell, budget, tell)) for cell in cells]
    except BaseExceptionGroup as errors:
        raise _first(errors) from errors
    return [task.result() for task in tasks]


def _first(errors: BaseExceptionGroup) -> BaseException:
    """What went wrong, without the groups around it: a test's summary shows one line."""
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _suffer(cell: Cell, budget: Budget, tell: Callable[[str], None]) -> CellResult:
    async with cell.running():
        return await cell.suffer(budget, tell)
