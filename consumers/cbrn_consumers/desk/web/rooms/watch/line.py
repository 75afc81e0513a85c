"""The bus in one line, for the head of the crisis centre's pages: looked at now and then, so that no page waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.desk.web.rooms.watch.health import health_of
from cbrn_consumers.desk.web.visit import BusLine
from cbrn_consumers.rulebooks.status import read_reports
from cbrn_consumers.watch.silent import read_silent
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_schemas.settings import Settings

LOOK_EVERY_S: Final = 15.0

log = structlog.get_logger(__name__)


class Lines:
    """What the bus last said of itself."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._last: BusLine | None = None

    def last(self) -> BusLine | None:
        """Return what was seen last; None where nothing is known."""
        return self._last

    async def look(self) -> BusLine:
        """Look at routers' reports and the watch's memory.

        Raises:
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
        """
        health = health_of(await read_reports(self._settings) or [], self._clock())
        silent = await read_silent(self._settings)
        return BusLine(health.live, len(health.routers), health.sequence, len(silent), agreed=health.agreed)

    async def run(self) -> None:
        """Look again and again until cancelled; where the bus does not answer nothing is known."""
        while True:
            try:
                self._last = await self.look()
            except BusError as error:
                self._last = None
                log.warning("how the bus is cannot be seen", error=str(error))
            except Exception:
                self._last = None
                log.exception("how the bus is cannot be seen; report this fault")
            await asyncio.sleep(LOOK_EVERY_S)
