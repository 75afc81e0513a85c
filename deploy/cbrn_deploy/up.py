"""The whole bus on one machine: broker, topics, a router for each lane, kept running until told to stop."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_deploy.kafka import EmbeddedKafka, broker_folder
from cbrn_deploy.processes import ProcessError, RouterProcess
from cbrn_deploy.provisioning import connected, planned_topics
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_deploy.kafka import ProgressCallback
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 0.5
RESTART_PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before a router that ended is started again; the last repeats."""


async def bring_up(settings: Settings, data: Path, port: int, progress: ProgressCallback | None = None) -> None:
    """Run the bus until SIGINT or SIGTERM; data stay in `data`.

    Raises what `cbrn_deploy.kafka`, `.provisioning` and `.processes` raise.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        kafka = EmbeddedKafka(broker_folder(data), port=port)
        stack.push_async_callback(asyncio.to_thread, kafka.stop)
        await asyncio.to_thread(kafka.start, progress)
        own = settings.model_copy(
            update={"bootstrap_servers": kafka.bootstrap_servers, "security_protocol": "PLAINTEXT"}
        )
        log.info("broker up", bootstrap_servers=own.bootstrap_servers, data=str(data))
        async with connected(own) as cluster:
            today = datetime.now(UTC).date()
            await cluster.apply(planned_topics(own.realm, shards=own.shards, replication=1, on=today), own.realm)
        logs = data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        routers = [RouterProcess(own, lane, logs / f"router-{lane}.log", instance=f"{lane}-0") for lane in Lane]
        for router in routers:
            stack.push_async_callback(router.stop)
        await asyncio.gather(*(router.start() for router in routers))
        log.info("the bus is up", realm=own.realm.value, router_logs=str(logs), stop="Ctrl-C")
        watchers = [asyncio.create_task(_keep(router, stopping)) for router in routers]
        await stopping.wait()
        log.info("stopping")
        await asyncio.gather(*watchers)


async def _keep(router: RouterProcess, stopping: asyncio.Event) -> None:
    """Start a router again whenever it ends, until the bus is to stop."""
    attempt = 0
    while not stopping.is_set():
        if router.running:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await stopping.wait()
            except TimeoutError:
                continue
            return
        pause = RESTART_PAUSES_S[min(attempt, len(RESTART_PAUSES_S) - 1)]
        attempt += 1
        log.warning("router ended, starting it again", lane=router.lane.value, pause_s=pause, log=str(router.log_file))
        try:
            async with asyncio.timeout(pause):
                await stopping.wait()
        except TimeoutError:
            pass
        else:
            return
        try:
            await router.start()
        except ProcessError as error:
            log.warning("router did not come up", lane=router.lane.value, error=str(error).partition("\n")[0])
