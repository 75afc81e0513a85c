"""The composition root of a router process: settings, rule book, gazetteer, signals; then the loop."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import uvloop

from cbrn_deploy.processes.catalogue import Follower, begin
from cbrn_deploy.processes.living import live, quieter
from cbrn_deploy.processes.tuning import tune_process
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router, rehearse
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_routing.signatures.policy import SignaturePolicy
from cbrn_schemas.events.parse import VALIDATORS
from cbrn_schemas.events.quickly import DECODERS
from cbrn_schemas.topics import from_topic, to_topic

if TYPE_CHECKING:
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Lane, Realm


def engine_of(book: RuleBook, gazetteer: Gazetteer) -> Engine:
    """Make the engine of a rule book, compiled for today."""
    eras = Eras(book)
    eras.span(datetime.now(UTC))
    return Engine(eras, gazetteer)


def rehearsed(gazetteer: Gazetteer, lang: Language) -> Engine:
    """Make the engine of the national book, and have all read and built that an event would else wait for."""
    VALIDATORS.build()
    DECODERS.build()
    gazetteer.build()
    engine = engine_of(national_rulebook(), gazetteer)
    rehearse(engine, datetime.now(UTC), lang)
    return engine


def run_router(settings: Settings, lane: Lane, instance: str | None) -> None:
    """Run one router until SIGTERM or SIGINT.

    Raises:
        ShardsError: it cannot begin, for instance since topics are missing.
        StartAgain: the catalogue has changed.
        SignaturePolicyError: the policy of signatures cannot be used.
    """
    names = partial(topics_of, settings.realm, lane)
    asyncio.run(begin(settings, names))
    signatures = SignaturePolicy.load(settings.signatures)
    # One map under the engines of all books: what it has answered is not asked again.
    gazetteer = Gazetteer()
    engine_on_map = partial(engine_of, gazetteer=gazetteer)
    engine = rehearsed(gazetteer, settings.lang)
    tune_process()
    router = Router(MemberOptions(settings, instance), lane, engine, engine_of=engine_on_map, signatures=signatures)
    uvloop.run(_run(router, Follower(settings, names)))


def topics_of(realm: Realm, lane: Lane, code: str, publishes: bool, receives: bool) -> list[str]:  # noqa: FBT001 - see `Names`
    """Name the topics of a body that a router of the lane reads and writes."""
    read = [from_topic(realm, code, lane.value)] if publishes else []
    return [*read, to_topic(realm, code, lane.delivery)] if receives else read


async def _run(router: Router, catalogue: Follower) -> None:
    asyncio.get_running_loop().set_exception_handler(quieter)
    lane, realm = router.lane.value, router.realm.value
    facts = {"realm": realm, "lane": lane, "topics": len(router.ingress)}
    await live(
        Worker(router), "router", lambda: {**facts, **router.tally.counts}, router.options.settings, catalogue=catalogue
    )
