"""Who has the watch, for the head of every page: the rota's files and what was said since, looked at now and then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.desk.web.visit import OnDuty
from cbrn_consumers.rota import NoRotaError, Rosters, ShiftLog, duty_at
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_consumers.desk.store import Store
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 15.0


class Watches:
    """The watches of the bodies whose pages are looked at."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], datetime]) -> None:
        """Take where the rota lies (`CBRN_ROTA_DIR`), and the store, which holds what was said of watches."""
        self._settings, self._store, self._clock = settings, store, clock
        self._rosters = Rosters(settings.rota_dir)
        self._known: dict[str, OnDuty | None] = {}

    def of(self, body: str) -> OnDuty | None:
        """Return who has a body's watch, as it was known last; None where nothing is known."""
        return self._known.setdefault(body, None)

    async def run(self) -> None:
        """Look again and again."""
        while True:
            for body in list(self._known):
                try:
                    self._known[body] = await self.look(body)
                except BusError as error:
                    self._known[body] = None
                    log.warning("who is on duty is not known", body=body, error=str(error))
                except Exception:
                    self._known[body] = None
                    log.exception("who is on duty is not known; report this fault", body=body)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, body: str) -> OnDuty | None:
        """Find out who has a body's watch now; None where it keeps no rota here.

        Raises:
            RotaFileError: its calendar cannot be used.
            StoreError: the database does not answer.
        """
        try:
            roster = await asyncio.to_thread(self._rosters.of, body)
        except NoRotaError:
            return None
        said = ShiftLog.of(body, self._settings.realm, await self._store.records(body, "shifts"))
        duty = duty_at(roster.rota, said, "first", self._clock())
        officer = None if duty.post is None or roster.officers is None else roster.officers.officer(duty.post)
        name, call = duty.post or "", ""
        if officer is not None:
            name = officer.title if officer.name is None else f"{officer.title} ({officer.name})"
            call = next((each.address for each in officer.channels if each.kind == "sms"), "")
        return OnDuty(name, duty.until, call)
