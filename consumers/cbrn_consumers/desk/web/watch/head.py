"""Who has the watch, for the head of every page: looked at again and again, so that no page waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.desk.web.visit import OnDuty
from cbrn_consumers.rota import NoRotaError, Rosters, ShiftLog, duty_at
from cbrn_consumers.rota.reader import read_log
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_consumers.rota import Roster
    from cbrn_schemas.settings import Settings

EVERY_S: Final = 10.0
"""A hand-over is seen at the head of a page so much later at the most."""
BODIES_MAX: Final = 100

log = structlog.get_logger(__name__)


class Heads:
    """Who has the watch of the bodies whose officers look: `on_duty` answers from memory, `run` keeps it fresh."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime], *bodies: str) -> None:
        self._settings, self._clock = settings, clock
        self._rosters = Rosters(settings.rota_dir)
        self._known: dict[str, tuple[Roster, ShiftLog] | None] = dict.fromkeys(bodies)

    def on_duty(self, body: str) -> OnDuty | None:
        """Return who has a body's first seat now; None: not known, or the body keeps no rota here."""
        if body not in self._known and len(self._known) < BODIES_MAX:
            self._known[body] = None
        known = self._known.get(body)
        if known is None:
            return None
        roster, said = known
        duty = duty_at(roster.rota, said, "first", self._clock())
        if duty.post is None:
            return OnDuty("", duty.until)
        officer = None if roster.officers is None else roster.officers.officer(duty.post)
        name = duty.post if officer is None else officer.name or officer.title
        return OnDuty(name, duty.until)

    async def look(self) -> None:
        """Look once at files and logs; where the bus does not answer, what it last said still counts."""
        for body in [*self._known]:
            try:
                roster = await asyncio.to_thread(self._rosters.of, body)
            except NoRotaError:
                self._known[body] = None
                continue
            except BusError as error:
                log.warning("the rota cannot be read", body=body, error=str(error))
                continue
            known = self._known.get(body)
            said = ShiftLog(body, self._settings.realm) if known is None else known[1]
            try:
                said = await read_log(self._settings, body)
            except BusError as error:
                log.warning("what was said of the watch cannot be read", body=body, error=str(error))
            self._known[body] = roster, said

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("who has the watch cannot be seen; report this fault")
            await asyncio.sleep(EVERY_S)
