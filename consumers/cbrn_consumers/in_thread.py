"""A handler that blocks, in a thread, so that the feed keeps its word to Kafka meanwhile.

The threads of `asyncio.to_thread` and of anyio are waited for when a program ends: a handler that hangs would keep it.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from inspect import isawaitable
from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_consumers.alert import Alert

THREAD: Final = "alert-handler"


class InThread:
    """Runs a plain function, never two at once: a thread cannot be cut off, so who asks again waits for what runs."""

    def __init__(self, function: Callable[[Alert], None]) -> None:
        self._function = function
        self._running: asyncio.Future[BaseException | None] | None = None
        self._of: object = None

    async def __call__(self, alert: Alert) -> None:
        """Run the function for the alert, or wait for its run that outlasted the feed's patience; raise its error."""
        if self._running is not None and self._of != alert.identity:
            await asyncio.shield(self._running)  # the alert before, given up and parked: its outcome comes too late
            self._running = None
        if self._running is None:
            self._of, self._running = alert.identity, asyncio.wrap_future(self._started(alert))
        error = await asyncio.shield(self._running)
        self._running = None
        if error is not None:
            raise error

    def _started(self, alert: Alert) -> Future[BaseException | None]:
        """Start the function; its error is a result like another, since no future can be given a StopIteration."""
        outcome: Future[BaseException | None] = Future()

        def run() -> None:
            try:
                answer: object = self._function(alert)
            except BaseException as error:  # noqa: BLE001 - the feed decides what becomes of it
                outcome.set_result(error)
            else:
                forgotten = TypeError("the handler returned a coroutine that nobody awaits: make it `async def`")
                outcome.set_result(forgotten if isawaitable(answer) else None)

        Thread(target=run, name=THREAD, daemon=True).start()
        return outcome
