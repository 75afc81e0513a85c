"""The composition root of a watch process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvloop

from cbrn_consumers.watch import Watch
from cbrn_deploy.processes.living import live, quieter
from cbrn_deploy.processes.tuning import tune_process
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_schemas.events.parse import VALIDATORS

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings


def run_watch(settings: Settings, instance: str | None) -> None:
    """Run one watch until SIGTERM or SIGINT.

    Raises:
        PolicyError: the escalation policies cannot be used.
        ShardsError: it cannot begin, for instance since topics are missing.
    """
    watch = Watch(MemberOptions(settings, instance))
    VALIDATORS.build()
    tune_process()
    uvloop.run(_run(watch))


async def _run(watch: Watch) -> None:
    asyncio.get_running_loop().set_exception_handler(quieter)
    facts = {"realm": watch.realm.value, "bodies": len(watch.bodies)}
    await live(Worker(watch), "watch", lambda: {**facts, **watch.counts}, watch.options.settings)
