"""The composition root of a router process: settings, rule book, gazetteer, signals; then the loop."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
import uvloop
from aiokafka.errors import KafkaError

from cbrn_deploy.processes.living import live
from cbrn_deploy.processes.tuning import tune_process
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router, RouterOptions
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_schemas.events.parse import VALIDATORS

if TYPE_CHECKING:
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Lane

log = structlog.get_logger(__name__)


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
    VALIDATORS.build()
    engines = Engines()
    engine = engines.of(national_rulebook())
    tune_process()
    options = RouterOptions(settings, lane, instance, engine_of=engines.of)
    uvloop.run(_run(Router(options, engine)))


async def _run(router: Router) -> None:
    asyncio.get_running_loop().set_exception_handler(_quieter)
    lane, realm = router.options.lane.value, router.realm.value
    await live(router, "router", lambda: {"realm": realm, "lane": lane, "topics": len(router.topics), **router.counts})


def _quieter(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of futures that the client library forgets when its producer is fenced: the router has said why."""
    if isinstance(context.get("exception"), KafkaError) and "never retrieved" in context.get("message", ""):
        log.debug("forgotten by the client library", error=repr(context["exception"]))
    else:
        loop.default_exception_handler(context)
