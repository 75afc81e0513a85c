"""What every process of the bus does around its work: hears that it shall end, and tells its parent that it works."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog
from aiokafka.errors import KafkaError

from cbrn_deploy.processes.beginning_anew import StartAgain
from cbrn_deploy.processes.catalogue import changed, keep_last_good, tell_what_is_in_use
from cbrn_routing.bus.admission import Admission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cbrn_deploy.processes.catalogue import Follower
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

READY_FD_VARIABLE: Final = "CBRN_READY_FD"
"""Where a parent wants to know when the work runs: a file descriptor that gets one line."""
LIFELINE_VARIABLE: Final = "CBRN_LIFELINE"
"""Set where standard input is a pipe that a parent holds open: when that ends, so does this process."""


class Work(Protocol):
    """What a process lives for."""

    ready: asyncio.Event

    async def run(self) -> None:
        """Do it until stopped."""

    def stop(self) -> None:
        """Ask for a graceful end."""


async def live(
    work: Work,
    name: str,
    facts: Callable[[], Mapping[str, Any]],
    settings: Settings,
    *,
    cancel_unready: bool = False,
    catalogue: Follower | None = None,
) -> None:
    """Do the work until SIGTERM, SIGINT or the parent's end, and log with `facts` when it starts, is ready and stops.

    `cancel_unready`: what is asked to end before it is ready has written nothing, and need not be waited for.

    Raises:
        StartAgain: the `catalogue` has changed, and the work has ended for that alone.
    """
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(work.run())
    ends = asyncio.Event()

    def stop() -> None:
        ends.set()
        end()

    def end() -> None:
        work.stop()
        if cancel_unready and not work.ready.is_set():
            running.cancel()

    def lifeline_cut() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            loop.remove_reader(sys.stdin.fileno())
            stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if os.environ.get(LIFELINE_VARIABLE):
        loop.add_reader(sys.stdin.fileno(), lifeline_cut)
    telling = asyncio.create_task(_tell_when_ready(work, name, facts))
    following = asyncio.create_task(_follow(catalogue, end))
    watching = asyncio.create_task(Admission(settings).watch())
    log.info("process starts", process=name, **facts())
    try:
        with suppress(asyncio.CancelledError):
            await running
    finally:
        telling.cancel()
        following.cancel()
        watching.cancel()
    log.info("process stopped", process=name, **facts())
    if catalogue is not None and following.done() and not following.cancelled() and not ends.is_set():
        raise StartAgain


async def _follow(catalogue: Follower | None, end: Callable[[], None]) -> None:
    """Ask the work to end when the catalogue has changed."""
    if catalogue is None:
        return
    tell_what_is_in_use()
    await changed(catalogue)
    end()


async def _tell_when_ready(work: Work, name: str, facts: Callable[[], Mapping[str, Any]]) -> None:
    await work.ready.wait()
    log.info("process ready", process=name, **facts())
    await asyncio.to_thread(keep_last_good)
    descriptor = os.environ.pop(READY_FD_VARIABLE, "")
    if descriptor:
        with os.fdopen(int(descriptor), "w") as parent:
            parent.write("ready\n")


def quieter(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of futures that the client library forgets when its producer is fenced: the process has said why."""
    if isinstance(context.get("exception"), KafkaError) and "never retrieved" in context.get("message", ""):
        log.debug("forgotten by the client library", error=repr(context["exception"]))
    else:
        loop.default_exception_handler(context)
