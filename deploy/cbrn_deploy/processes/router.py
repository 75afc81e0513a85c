"""The composition root of a router process: settings, rule book, gazetteer, signals; then the loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
import uvloop
from aiokafka.errors import KafkaError

from cbrn_deploy.processes.tuning import tune_process
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router, RouterOptions
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_schemas.events.parse import build_validators

if TYPE_CHECKING:
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Lane

log = structlog.get_logger(__name__)

READY_FD_VARIABLE: Final = "CBRN_READY_FD"
"""Where a parent wants to know when the shards run: a file descriptor that gets one line."""
LIFELINE_VARIABLE: Final = "CBRN_LIFELINE"
"""Set where standard input is a pipe that a parent holds open: when that ends, so does this process."""


class Engines:
    """Engines of one rule book after the other, over one map: what it has answered is not asked again."""

    def __init__(self) -> None:
        self._gazetteer = Gazetteer()

    def of(self, book: RuleBook) -> Engine:
        """The engine of a rule book, compiled for today."""
        eras = Eras(book)
        eras.span(datetime.now(UTC))
        return Engine(eras, self._gazetteer)


def national_engine() -> Engine:
    """The engine with the shipped rule book and the country's map."""
    return Engines().of(national_rulebook())


def run_router(settings: Settings, lane: Lane, instance: str | None) -> None:
    """Run one router until SIGTERM or SIGINT.

    Raises:
        RouterError: it cannot begin, for instance since topics are missing.
    """
    build_validators()
    engines = Engines()
    engine = engines.of(national_rulebook())
    tune_process()
    options = RouterOptions(settings, lane, instance, engine_of=engines.of)
    uvloop.run(_run(Router(options, engine)))


async def _run(router: Router) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_quieter)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, router.stop)
    if os.environ.get(LIFELINE_VARIABLE):
        loop.add_reader(sys.stdin.fileno(), _lifeline_cut, loop, router)
    telling = asyncio.create_task(_tell_when_ready(router))
    log.info("router starts", realm=router.realm.value, lane=router.options.lane.value, topics=len(router.topics))
    try:
        await router.run()
    finally:
        telling.cancel()
    log.info("router stopped", lane=router.options.lane.value, **router.counts)


def _quieter(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of futures that the client library forgets when its producer is fenced: the router has said why."""
    if isinstance(context.get("exception"), KafkaError) and "never retrieved" in context.get("message", ""):
        log.debug("forgotten by the client library", error=repr(context["exception"]))
    else:
        loop.default_exception_handler(context)


def _lifeline_cut(loop: asyncio.AbstractEventLoop, router: Router) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        loop.remove_reader(sys.stdin.fileno())
        router.stop()


async def _tell_when_ready(router: Router) -> None:
    await router.ready.wait()
    log.info("router ready", lane=router.options.lane.value)
    descriptor = os.environ.pop(READY_FD_VARIABLE, "")
    if descriptor:
        with os.fdopen(int(descriptor), "w") as parent:
            parent.write("ready\n")
