"""The composition root of a router process: settings, rule book, gazetteer, signals; then the loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
import uvloop
from aiokafka.errors import KafkaError

from cbrn_deploy.processes.tuning import tune_process
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_routing.shards import MemberOptions, Worker

if TYPE_CHECKING:
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Lane

log = structlog.get_logger(__name__)

READY_FD_VARIABLE: Final = "CBRN_READY_FD"
"""Where a parent wants to know when the shards run: a file descriptor that gets one line."""
LIFELINE_VARIABLE: Final = "CBRN_LIFELINE"
"""Set where standard input is a pipe that a parent holds open: when that ends, so does this process."""


def engine_of(book: RuleBook, gazetteer: Gazetteer) -> Engine:
    """Make the engine of a rule book, compiled for today."""
    eras = Eras(book)
    eras.span(datetime.now(UTC))
    return Engine(eras, gazetteer)


def run_router(settings: Settings, lane: Lane, instance: str | None) -> None:
    """Run one router until SIGTERM or SIGINT.

    Raises:
        ShardsError: it cannot begin, for instance since topics are missing.
    """
    # One map under the engines of all books: what it has answered is not asked again.
    engine_on_map = partial(engine_of, gazetteer=Gazetteer())
    engine = engine_on_map(national_rulebook())
    tune_process()
    uvloop.run(_run(Router(MemberOptions(settings, instance), lane, engine, engine_of=engine_on_map)))


async def _run(router: Router) -> None:
    worker = Worker(router)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_quieter)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    if os.environ.get(LIFELINE_VARIABLE):
        loop.add_reader(sys.stdin.fileno(), _lifeline_cut, loop, worker)
    telling = asyncio.create_task(_tell_when_ready(worker))
    log.info("router starts", realm=router.realm.value, lane=router.lane.value, topics=len(router.ingress))
    try:
        await worker.run()
    finally:
        telling.cancel()
    log.info("router stopped", lane=router.lane.value, **router.tally.counts)


def _quieter(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of futures that the client library forgets when its producer is fenced: the router has said why."""
    if isinstance(context.get("exception"), KafkaError) and "never retrieved" in context.get("message", ""):
        log.debug("forgotten by the client library", error=repr(context["exception"]))
    else:
        loop.default_exception_handler(context)


def _lifeline_cut(loop: asyncio.AbstractEventLoop, worker: Worker) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        loop.remove_reader(sys.stdin.fileno())
        worker.stop()


async def _tell_when_ready(worker: Worker) -> None:
    await worker.ready.wait()
    log.info("router ready", lane=worker.member.lane.value)
    descriptor = os.environ.pop(READY_FD_VARIABLE, "")
    if descriptor:
        with os.fdopen(int(descriptor), "w") as parent:
            parent.write("ready\n")
