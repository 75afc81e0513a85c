"""The composition root of the clerk of duties: settings, signals, the parent that waits for it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from cbrn_consumers.duties import Clerk, ClerkOptions
from cbrn_deploy.processes.router import LIFELINE_VARIABLE, READY_FD_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)


async def run_clerk(settings: Settings) -> None:
    """Run the clerk until SIGTERM or SIGINT.

    Raises:
        BusError: it cannot begin or go on, for instance since topics are missing or another clerk took over.
    """
    clerk = Clerk(ClerkOptions(settings))
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(clerk.run())

    def stop() -> None:
        clerk.stop()
        if not clerk.ready.is_set():  # it waits for a broker, for as long as that may take, and has written nothing
            running.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if os.environ.get(LIFELINE_VARIABLE):
        loop.add_reader(sys.stdin.fileno(), _lifeline_cut, loop, stop)
    telling = asyncio.create_task(_tell_when_ready(clerk))
    log.info("clerk of duties starts", realm=settings.realm.value)
    try:
        with suppress(asyncio.CancelledError):
            await running
    finally:
        telling.cancel()
    log.info("clerk of duties stopped", duties=len(clerk.log.known))


def _lifeline_cut(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        loop.remove_reader(sys.stdin.fileno())
        stop()


async def _tell_when_ready(clerk: Clerk) -> None:
    await clerk.ready.wait()
    log.info("clerk of duties ready", duties=len(clerk.log.known))
    descriptor = os.environ.pop(READY_FD_VARIABLE, "")
    if descriptor:
        with os.fdopen(int(descriptor), "w") as parent:
            parent.write("ready\n")
