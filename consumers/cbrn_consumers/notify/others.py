"""Telegram, and whatever else apprise reaches: the last metre only, one URL an object, in threads of its own.

A thread cannot be ended from outside, and a server that drips a byte a second holds one for ever. So threads are
counted, a hanging one keeps its place, and none holds up the end of the process.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any, Final

import apprise

from cbrn_consumers.notify.channel import SENT, Outcome, passing, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_schemas.notice import Notice

THREADS_MAX: Final = 64
TIMES: Final = "cto=4&rto=8"
"""Seconds to connect, and between two bytes."""


class Apprise:
    """One way to many services. `url_of` makes apprise's URL of an officer's address."""

    def __init__(self, url_of: Callable[[str], str] = str) -> None:
        self._url_of = url_of
        self._running = 0
        # What apprise says of a failure repeats the URL, which holds the token.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        # Its 180 services are loaded with the first address, which takes a second: not when an alert waits.
        with warnings.catch_warnings():  # some of them still look for modules that newer Pythons lack
            warnings.simplefilter("ignore", DeprecationWarning)
            apprise.Apprise.instantiate("json://127.0.0.1/")

    async def send(self, notice: Notice, address: str) -> Outcome:
        """Send a notice in a thread; one that does not come back in time goes on by itself, and may still send."""
        if self._running >= THREADS_MAX:
            return passing("too many services hang")
        url = self._url_of(address)
        url = f"{url}{'&' if '?' in url else '?'}{TIMES}"
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            self._running -= 1
            if not done.done():
                done.set_result(outcome)

        def work() -> None:
            outcome = _sent(url, notice)
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, outcome)

        self._running += 1
        threading.Thread(target=work, daemon=True, name="cbrn-apprise").start()
        return await done

    async def close(self) -> None:
        """Leave the threads: they end by themselves, or with the process."""


def _sent(url: str, notice: Notice) -> Outcome:
    try:
        # The service itself is asked, in this very thread: whatever way one asks an `Apprise` object, it uses a pool
        # that the whole process shares, and that a handful of dead services fill.
        service: Any = apprise.Apprise.instantiate(url)
        if service is None:
            return refused("apprise knows no such address")
        took = service.notify(body=notice.text, title=notice.subject)
    except Exception as error:  # noqa: BLE001 - 180 services, each with errors of its own
        return passing(f"failed: {type(error).__name__}")
    return SENT if took else passing("the service did not take it")


def telegram_url(token: str) -> Callable[[str], str]:
    """Return how a chat's number becomes apprise's URL, with the bot's token."""
    return lambda chat: f"tgram://{token}/{chat}/"
