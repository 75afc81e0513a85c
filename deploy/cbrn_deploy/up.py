"""The whole bus on one machine: broker, topics, a router for each lane, the clerk of duties; kept running."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_deploy.kafka import EmbeddedKafka, broker_folder
from cbrn_deploy.processes import DutiesProcess, RouterProcess
from cbrn_deploy.provisioning import connected, planned_topics
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_deploy.kafka import ProgressCallback
    from cbrn_deploy.processes import ChildProcess
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 0.5
RESTART_PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before a process that ended is started again; the last repeats."""
STEADY_S: Final = 60.0
"""A process that ran as long as this begins the list of pauses again."""


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
        children: list[ChildProcess] = [*routers, DutiesProcess(own, logs / "duties.log")]
        for child in children:
            stack.push_async_callback(child.stop)
        await asyncio.gather(*(child.start() for child in children))
        log.info("the bus is up", realm=own.realm.value, logs=str(logs), stop="Ctrl-C")
        watchers = [asyncio.create_task(keep(child, stopping)) for child in children]
        await stopping.wait()
        log.info("stopping")
        await asyncio.gather(*watchers)


async def keep(child: ChildProcess, stopping: asyncio.Event) -> None:
    """Start a process again whenever it ends, until the bus is to stop."""
    loop = asyncio.get_running_loop()
    attempt, began = 0, loop.time()
    while not await _stops_within(LOOK_EVERY_S, stopping):
        if child.running:
            continue
        if loop.time() - began >= STEADY_S:
            attempt = 0
        pause = RESTART_PAUSES_S[min(attempt, len(RESTART_PAUSES_S) - 1)]
        attempt += 1
        log.warning("a process ended, starting it again", process=child.name, pause_s=pause, log=str(child.log_file))
        if await _stops_within(pause, stopping):
            return
        try:
            await child.start()
        except Exception as error:  # noqa: BLE001 - whatever it was (no memory, no file left): it is tried again
            log.warning("a process did not come up", process=child.name, error=str(error).partition("\n")[0])
        began = loop.time()


async def _stops_within(seconds: float, stopping: asyncio.Event) -> bool:
    """Wait, but no longer than until the bus is to stop; whether it is."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
