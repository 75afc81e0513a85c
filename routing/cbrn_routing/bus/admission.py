"""That a process which lives long is still let in: said before its certificate ends, and once when it is kept out.

A client that has lost its brokers tries on for ever and says of each attempt that it failed, not why. Here that is
heard in its log, the broker is asked, and what it answers is said once until it changes.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_routing.bus.clock import utc_now
from cbrn_routing.bus.diagnosis import own_certificate, why_refused
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

WARN_WITHIN: Final = timedelta(days=30)
"""Time to ask for a new certificate where a person has to sign it."""
CERTIFICATE_EVERY_S: Final = 24 * 3600.0
LOOK_EVERY_S: Final = 60.0
"""While it is kept out; a broker is not asked more often, however many connections fail."""
SAID_AGAIN_AFTER: Final = timedelta(hours=1)


class Admission:
    """What is known of whether this process is let in."""

    def __init__(
        self, settings: Settings, clock: Callable[[], datetime] = utc_now, *, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        self._settings, self._clock, self._look_every_s = settings, clock, look_every_s
        self._said: tuple[str, datetime] | None = None

    async def watch(self) -> None:
        """Say what there is to say, until cancelled."""
        failed = asyncio.Event()
        handler = _Listener(asyncio.get_running_loop(), failed)
        logger = logging.getLogger("aiokafka")
        logger.addHandler(handler)
        try:
            while True:
                self.say_when_it_ends()
                with suppress(TimeoutError):
                    wait = self._look_every_s if self._said else CERTIFICATE_EVERY_S
                    await asyncio.wait_for(failed.wait(), wait)
                if failed.is_set() or self._said:
                    failed.clear()
                    await self.look()
                    await asyncio.sleep(self._look_every_s)
        finally:
            logger.removeHandler(handler)

    def say_when_it_ends(self) -> None:
        """Warn of an own certificate that ends soon."""
        try:
            own = own_certificate(self._settings)
        except BusError:
            return  # whoever connects says so
        if own is None or own.ends - self._clock() > WARN_WITHIN:
            return
        log.warning(
            "the certificate of this process ends soon",
            user=own.subject,
            ends=own.ends.isoformat(),
            days=max(0, (own.ends - self._clock()).days),
            hint="Rotate it (`cbrn access rotate`): afterwards no broker lets this process in.",
        )

    async def look(self) -> None:
        """Ask why this process is kept out, and say it where that is new."""
        try:
            refused: BusError | None = await why_refused(self._settings)
        except BusError as fault:
            refused = fault
        if refused is None:
            if self._said:
                log.info("let in again", servers=self._settings.bootstrap_servers)
            self._said = None
            return
        why = refused.message
        if self._said is None or self._said[0] != _kind(refused) or self._clock() - self._said[1] > SAID_AGAIN_AFTER:
            log.error("no broker lets this process in; it tries on", why=why, hint=refused.hint)
            self._said = (_kind(refused), self._clock())


def _kind(error: BusError) -> str:
    return f"{type(error).__name__} {getattr(error, 'refusal', '')}"


class _Listener(logging.Handler):
    """Hears that a connection failed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, failed: asyncio.Event) -> None:
        super().__init__(logging.WARNING)
        self._loop, self._failed = loop, failed

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the watch."""
        del record
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._failed.set)
