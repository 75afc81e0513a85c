"""Work that blocks, in a thread that nobody waits for when a program ends.

Those of `asyncio.to_thread` are waited for: a look at a broker that says nothing, which may take half a minute, would
keep a process from ending when it is told to.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def aside(function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run a function beside the event loop, and return or raise what it does. Cancelled, it goes on unheard."""
    outcome: Future[Result] = Future()

    def run() -> None:
        if not outcome.set_running_or_notify_cancel():
            return
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    Thread(target=run, name="aside", daemon=True).start()
    return await asyncio.wrap_future(outcome)
