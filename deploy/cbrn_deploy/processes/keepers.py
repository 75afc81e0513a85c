"""The root of a process that keeps a topic of the bus: signals, and the parent that waits for it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from cbrn_deploy.processes.router import LIFELINE_VARIABLE, READY_FD_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_consumers.keeping import Keeper

log = structlog.get_logger(__name__)


async def run_keeper(keeper: Keeper) -> None:
    """Run the clerk of duties, or the keeper of the quarantine, until SIGTERM or SIGINT.

    Raises:
        ConsumersError: it cannot begin or go on, for instance since topics are missing or another one took over.
    """
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(keeper.run())

    def stop() -> None:
        keeper.stop()
        if not keeper.ready.is_set():  # it waits for a broker, for as long as that may take, and has written nothing
            running.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if os.environ.get(LIFELINE_VARIABLE):
        loop.add_reader(sys.stdin.fileno(), _lifeline_cut, loop, stop)
    telling = asyncio.create_task(_tell_when_ready(keeper))
    log.info("starts", process=keeper.name, realm=keeper.settings.realm.value)
    try:
        with suppress(asyncio.CancelledError):
            await running
    finally:
        telling.cancel()
    log.info("stopped", process=keeper.name)


def _lifeline_cut(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        loop.remove_reader(sys.stdin.fileno())
        stop()


async def _tell_when_ready(keeper: Keeper) -> None:
    await keeper.ready.wait()
    log.info("ready", process=keeper.name)
    descriptor = os.environ.pop(READY_FD_VARIABLE, "")
    if descriptor:
        with os.fdopen(int(descriptor), "w") as parent:
            parent.write("ready\n")
