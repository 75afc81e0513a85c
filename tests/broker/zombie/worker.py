"""A router process that can be stopped at a chosen point of a transaction.

The router is the product's own. Only its producer class is replaced by one that looks, at each step of a transaction,
whether a trap is set there; then the process stops or kills itself, so that a fault hits in mid-transaction by design
and not by luck. Standard input takes `trap <point> <signal number>` and `disarm`, standard output tells in JSON lines.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop
from aiokafka import AIOKafkaProducer
from assigned import AssignedWorker
from points import POINTS

from cbrn_deploy.cli.logs import configure_logs
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router
from cbrn_routing.rulebook import national_rulebook
from cbrn_routing.shards import MemberOptions, Worker, shard, writer
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm

ENDING_WITHIN_S: Final = 0.004
PR_SET_PDEATHSIG: Final = 1


class Trap:
    """At most one point at which this process does something to itself."""

    def __init__(self) -> None:
        self.point: str | None = None
        self._signal = signal.SIGSTOP

    def order(self, line: str) -> None:
        """Take one line of standard input."""
        match line.split():
            case ["trap", point, number] if point in POINTS:
                self.point, self._signal = point, signal.Signals(int(number))
            case ["disarm"]:
                self.point = None
            case words:
                raise ValueError(f"cannot understand {words}")

    def spring(self, point: str) -> None:
        """Fall in, where this is the point."""
        if self.point == point:
            self.point = None
            tell("trapped", point=point)
            os.kill(os.getpid(), self._signal)


TRAP = Trap()
log = structlog.get_logger("zombie.worker")


class TrappedProducer(AIOKafkaProducer):  # type: ignore[misc] # aiokafka ships no types
    """The producer of a shard, with a trap between any two steps."""

    fencing = True
    """Switched off to show that the checker sees the duplicates that follow."""

    def __init__(self, *, transactional_id: str, **options: Any) -> None:
        own = transactional_id if self.fencing else f"{transactional_id}.unfenced-{os.getpid()}"
        super().__init__(transactional_id=own, **options)

    async def begin_transaction(self) -> None:
        await super().begin_transaction()
        TRAP.spring("begun")

    async def send_batch(self, *arguments: Any, **named: Any) -> Any:
        future = await super().send_batch(*arguments, **named)
        if TRAP.point == "sending":
            await asyncio.sleep(0)  # the sender takes what is queued: some batches are on their way, some are not
            TRAP.spring("sending")
        return future

    async def commit_transaction(self) -> None:
        TRAP.spring("before-commit")
        ending = asyncio.ensure_future(super().commit_transaction())
        if TRAP.point == "ending":
            await asyncio.sleep(random.uniform(0, ENDING_WITHIN_S))  # noqa: S311 - a moment, not a secret
            TRAP.spring("ending")
        await ending
        TRAP.spring("after-commit")


def tell(event: str, **facts: Any) -> None:
    """One line to the driver, before anything else can happen."""
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def die_with_parent() -> None:
    """Even a stopped process must not outlive the test that stopped it (Linux; elsewhere its own end must do)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


async def serve(told: dict[str, Any]) -> None:
    """Run one router until SIGTERM."""
    settings = Settings(credentials=Path(told["credentials"]), realm=Realm(told["realm"]))
    options = MemberOptions(settings, told["instance"], told["session_timeout_ms"])
    engine = engine_of(national_rulebook(), Gazetteer())
    router = Router(options, Lane.INCIDENTS, engine, ingress=told["topics"])
    worker = Worker(router) if told["shards"] is None else AssignedWorker(router, told["shards"])
    await work(worker)


async def work(worker: Worker | AssignedWorker) -> None:
    """Run a worker until SIGTERM, and take the driver's orders."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop, worker)
    loop.add_reader(sys.stdin.fileno(), lambda: TRAP.order(sys.stdin.readline()))
    telling = asyncio.create_task(tell_when_ready(worker))
    try:
        await worker.run()
    finally:
        telling.cancel()
    log.info("stopped")


def stop(worker: Worker | AssignedWorker) -> None:
    """A line in the log shows, should a stop take long, when it was asked for."""
    log.info("asked to stop")
    worker.stop()


async def tell_when_ready(worker: Worker | AssignedWorker) -> None:
    """Say it once: the driver then knows that this start has succeeded."""
    await worker.ready.wait()
    tell("ready")


async def no_promise(*_: Any) -> bool:
    """Keep nothing."""
    return False


def main() -> None:
    """`worker.py '{"credentials": ...}'`."""
    die_with_parent()
    told = json.loads(sys.argv[1])
    configure_logs("json", "info")
    if not told["fencing"]:
        TrappedProducer.fencing = False
        shard.keep_promise = no_promise  # type: ignore[assignment] # it would fence, too
    writer.AIOKafkaProducer = TrappedProducer  # type: ignore[attr-defined] # the shard's name for it is the seam
    if told["transaction_timeout_ms"] is not None:
        shard.TRANSACTION_TIMEOUT_MS = writer.TRANSACTION_TIMEOUT_MS = told["transaction_timeout_ms"]  # type: ignore[misc] # shortened for the test
    uvloop.run(serve(told))


if __name__ == "__main__":
    main()
