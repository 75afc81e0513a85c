"""A handler that blocks, in a thread, so that the feed keeps its word to Kafka meanwhile."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from inspect import isawaitable
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_consumers.alert import Alert


class InThread:
    """Runs a plain function, never two at once: a thread cannot be cut off, so who asks again waits for what runs."""

    def __init__(self, function: Callable[[Alert], None]) -> None:
        self._function = function
        self._running: asyncio.Future[None] | None = None
        self._of: object = None

    async def __call__(self, alert: Alert) -> None:
        """Run the function for the alert, or wait for its run that outlasted the feed's patience; raise its error."""
        if self._running is not None and self._of != alert.identity:
            await asyncio.wait([self._running])  # the alert before, given up and parked: its outcome comes too late
            self._running.exception()
            self._running = None
        if self._running is None:
            self._of, self._running = alert.identity, asyncio.wrap_future(self._started(alert))
        running = self._running
        await asyncio.wait([running])  # unlike an await of itself it leaves what runs alone when it is cancelled
        self._running = None
        running.result()

    def _started(self, alert: Alert) -> Future[None]:
        outcome: Future[None] = Future()

        def run() -> None:
            try:
                answer: object = self._function(alert)
                if isawaitable(answer):
                    raise TypeError("the handler returned a coroutine that nobody awaits: make it `async def`")  # noqa: TRY301 - it takes the way of the handler's own errors
            except BaseException as error:  # noqa: BLE001 - the feed decides what becomes of it
                outcome.set_exception(error)
            else:
                outcome.set_result(None)

        # A daemon: a handler that hangs must not keep the program from ending.
        Thread(target=run, name="alert-handler", daemon=True).start()
        return outcome
