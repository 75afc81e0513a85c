"""The faults.

Each is a coroutine that does one thing to a cell's members, waits until what it did is over, and returns its name.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from .history import Position
from .points import POINTS

if TYPE_CHECKING:
    from .cell import Cell
    from .member import Member

TRAP_WITHIN_S: Final = 6.0
"""A transaction comes by within this, unless the group is rebalancing; then the fault hits whatever is going on."""
SWEEP_S: Final = 1.0
"""How often the test's broker looks for transactions that have timed out."""
INJECT_DEADLINE_S: Final = 20.0

Fault = Callable[["Cell", "Member", random.Random], Awaitable[str]]


async def zombie(cell: Cell, member: Member, rng: random.Random) -> str:
    """Frozen in mid-transaction until the group has given its shards to others; then it goes on where it was."""
    return await _freeze(member, rng, cell.options.session_s + rng.uniform(0.7, 2.0), "zombie")


async def transaction_timeout(cell: Cell, member: Member, rng: random.Random) -> str:
    """Frozen in mid-transaction until the broker has aborted it; the group has not noticed anything."""
    frozen_s = cell.options.transaction_timeout_s + SWEEP_S + rng.uniform(0.2, 1.0)
    return await _freeze(member, rng, frozen_s, "transaction time-out")


async def pause(cell: Cell, member: Member, rng: random.Random) -> str:
    """A short freeze, as by swapping or a virtual machine that moves."""
    return await _freeze(member, rng, rng.uniform(0.05, cell.options.session_s * 0.6), "pause")


async def kill_in_transaction(cell: Cell, member: Member, rng: random.Random) -> str:
    """SIGKILL in mid-transaction; the supervisor restarts it."""
    trapped = await member.trap(rng.choice(POINTS), signal.SIGKILL, TRAP_WITHIN_S)
    if trapped:
        await member.ended()
    else:
        await member.kill()
    await _restart(member, rng)
    return "kill in transaction" if trapped else "kill"


async def kill(cell: Cell, member: Member, rng: random.Random) -> str:
    """SIGKILL at any moment; the supervisor restarts it."""
    await member.kill()
    await _restart(member, rng)
    return "kill"


async def restart(cell: Cell, member: Member, rng: random.Random) -> str:
    """A graceful stop in mid-stream and a new start: an upgrade."""
    await member.stop()
    await _restart(member, rng)
    return "graceful restart"


async def visit(cell: Cell, member: Member, rng: random.Random) -> str:
    """One more member joins and leaves: two rebalances while the others are in their transactions."""
    await member.start()
    await member.wait_ready()
    await asyncio.sleep(rng.uniform(0.2, 2.0))
    if rng.random() < 0.5:
        await member.kill()
        return "join and vanish"
    await member.stop()
    return "join and leave"


async def stale_commit(cell: Cell, member: Member, rng: random.Random) -> str:
    """Offsets are committed for the group by somebody who holds no shard, backwards or ahead.

    It is what a zombie of another program, or a hand at the tools, does in a transaction of its own. The broker takes
    it, since such a commit names no generation.
    """
    del member
    await cell.sampler.has_some.wait()
    known = sorted(cell.sampler.current.items())
    chosen = {partition: rng.randint(0, offset + 20) for partition, offset in rng.sample(known, min(4, len(known)))}
    cell.injected |= {Position(partition.topic, partition.partition, offset) for partition, offset in chosen.items()}
    outsider = AIOKafkaProducer(
        **cell.settings.connection(),
        transactional_id=f"outsider-{cell.options.realm}",
        transaction_timeout_ms=10_000,  # the broker refuses the client's own minute
        acks="all",
    )
    try:
        async with asyncio.timeout(INJECT_DEADLINE_S):
            await outsider.start()
            async with outsider.transaction():
                await outsider.send_offsets_to_transaction(chosen, cell.group)
    except (KafkaError, TimeoutError) as error:  # the group or a coordinator is moving: the outsider's own trouble
        return f"stale commit refused ({type(error).__name__})"
    finally:
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(INJECT_DEADLINE_S):
                await outsider.stop()
    with contextlib.suppress(KafkaError):
        await cell.sampler.sample()
    await asyncio.sleep(rng.uniform(0.5, 2.0))
    return "stale commit"


async def _freeze(member: Member, rng: random.Random, frozen_s: float, name: str) -> str:
    trapped = await member.trap(rng.choice(POINTS), signal.SIGSTOP, TRAP_WITHIN_S)
    if not trapped:
        member.send(signal.SIGSTOP)
    await asyncio.sleep(frozen_s)
    member.send(signal.SIGCONT)
    return f"{name} in transaction" if trapped else f"{name} at a random moment"


async def _restart(member: Member, rng: random.Random) -> None:
    await asyncio.sleep(rng.uniform(0.0, 0.5))
    await member.start()
    await member.wait_ready()
