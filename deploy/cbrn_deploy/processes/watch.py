"""The composition root of a watch process."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import uvloop

from cbrn_consumers.watch import Watch
from cbrn_deploy.processes.catalogue import Follower, begin
from cbrn_deploy.processes.living import live, quieter
from cbrn_deploy.processes.tuning import tune_process
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_schemas.events.parse import VALIDATORS
from cbrn_schemas.receipt import receipts_topic
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm


def run_watch(settings: Settings, instance: str | None) -> None:
    """Run one watch until SIGTERM or SIGINT.

    Raises:
        PolicyError: the escalation policies cannot be used.
        ShardsError: it cannot begin, for instance since topics are missing.
        StartAgain: the catalogue has changed.
    """
    names = partial(_topics_of, settings.realm)
    asyncio.run(begin(settings, names))
    watch = Watch(MemberOptions(settings, instance))
    VALIDATORS.build()
    tune_process()
    uvloop.run(_run(watch, Follower(settings, names)))


def _topics_of(realm: Realm, code: str, publishes: bool, receives: bool) -> list[str]:  # noqa: FBT001 - see `Names`
    del publishes
    return [to_topic(realm, code, "alerts"), receipts_topic(realm, code)] if receives else []


async def _run(watch: Watch, catalogue: Follower) -> None:
    asyncio.get_running_loop().set_exception_handler(quieter)
    facts = {"realm": watch.realm.value, "bodies": len(watch.bodies)}
    await live(Worker(watch), "watch", lambda: {**facts, **watch.counts}, watch.options.settings, catalogue=catalogue)
