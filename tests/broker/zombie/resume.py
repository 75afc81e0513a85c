"""How long alerts wait when a router is killed: members of a group, with and without stable names, and fixed workers.

`python -m tests.broker.zombie --resume`. Measured from outside: the longest time from an event's acknowledgement to its
decision, for the shards of the killed router and for everybody else's.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.topics import Realm

from .cell import Cell, CellOptions

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_routing.decide import Engine

    from .member import Member

MODES: Final = ("group", "group, named members", "fixed workers")
SESSION_S: Final = 6.0
"""The product's default."""
RESTART_AFTER_S: Final = 1.0
"""What a supervisor waits before it starts a process again."""
WARM_S: Final = 3.0
WATCHED_S: Final = 14.0
RATE: Final = 80.0
MEMBERS: Final = 2


async def measure(rounds: int, folder: Path) -> list[str]:
    """Kill one of two routers `rounds` times in each mode; the table's lines."""
    engine = await asyncio.to_thread(engine_of, national_rulebook(), Gazetteer())
    lines = [
        f"{rounds} kills each, restarted after {RESTART_AFTER_S:g} s, session {SESSION_S:g} s; median (worst), seconds",
        "| mode | shards of the killed router wait | the other router's shards wait |",
        "| --- | --- | --- |",
    ]
    for mode in MODES:
        await asyncio.to_thread((folder / mode).mkdir, parents=True)
        own, others = await _measure_mode(mode, rounds, folder / mode, engine)
        lines.append(f"| {mode} | {_spread(own)} | {_spread(others)} |")
    return lines


async def _measure_mode(mode: str, rounds: int, folder: Path, engine: Engine) -> tuple[list[float], list[float]]:
    options = CellOptions(realm=Realm.REAL, static=mode == MODES[1], members=MEMBERS, session_s=SESSION_S, rate=RATE)
    own: list[float] = []
    others: list[float] = []
    async with EmbeddedKafka() as kafka:
        cell = Cell(options, kafka.settings(), folder, engine, seed=1)
        if mode == MODES[2]:
            for index, member in enumerate(cell.members):
                numbers = [number for number in range(options.shards) if number % MEMBERS == index]
                member.options = replace(member.options, shards=numbers)
        await cell.provision()
        async with cell.running():
            stopping = asyncio.Event()
            publishing = asyncio.create_task(cell.traffic.run(stopping))
            for number in range(rounds):
                await asyncio.sleep(WARM_S)
                mine, theirs = await _kill(cell, cell.members[number % MEMBERS])
                own.append(mine)
                others.append(theirs)
            stopping.set()
            await publishing
    return own, others


async def _kill(cell: Cell, victim: Member) -> tuple[float, float]:
    shards = set(victim.options.shards or _assigned(victim.log_file))
    began = time.monotonic()
    await victim.kill()
    await asyncio.sleep(RESTART_AFTER_S)
    await victim.start()
    await victim.wait_ready()
    await asyncio.sleep(max(0.0, began + WATCHED_S - time.monotonic()))
    waits: dict[bool, float] = {True: 0.0, False: 0.0}
    for identity, (published, shard) in cell.traffic.published.items():
        if began - 1 <= published <= began + WATCHED_S - 2:
            wait = cell.watch.arrived.get(identity, time.monotonic()) - published
            waits[shard in shards] = max(waits[shard in shards], wait)
    return waits[True], waits[False]


def _assigned(log_file: Path) -> list[int]:
    lines = [
        json.loads(line) for line in log_file.read_text(encoding="utf-8").splitlines() if "shards assigned" in line
    ]
    numbers: list[int] = lines[-1]["shards"]
    return numbers


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({max(values):.1f})"
