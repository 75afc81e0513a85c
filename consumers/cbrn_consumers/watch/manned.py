"""Whether somebody can be reached: bodies' rotas on this machine, against what their shifts' topics say. It only reads.

The part of the package that reads calendars need not be installed where there is no calendar.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from cbrn_consumers.rota import Rosters, ShiftAlarm
    from cbrn_schemas.settings import Settings

AGAIN: Final = timedelta(seconds=60)
"""How late a hole is noticed at the most."""

log = structlog.get_logger(__name__)


class Unmanned(NamedTuple):
    """A seat of a body in which nobody is known to be reached."""

    key: str
    """The same for as long as nothing changes."""
    body: str
    name: str
    since: datetime


class Manned:
    """A look at the rotas of `CBRN_ROTA_DIR`; a body's that cannot be had is taken to be as it was."""

    def __init__(self, settings: Settings, bodies: Collection[str]) -> None:
        self._settings = settings
        self._bodies = bodies
        self._rosters: Rosters | None = None
        self._found: dict[str, tuple[Unmanned, ...]] = {}
        self._said: dict[str, str] = {}
        self._at: datetime | None = None

    async def look(self, now: datetime) -> list[Unmanned]:
        """Return who cannot be reached now; what was found a moment ago still counts."""
        if self._at is None or abs(now - self._at) >= AGAIN:
            self._at = now
            named = await asyncio.to_thread(lambda: {file.stem for file in self._settings.rota_dir.glob("*.ics")})
            here = sorted(named.intersection(self._bodies))
            self._found = {body: await self._of(body, now) for body in here}
        return [each for found in self._found.values() for each in found]

    async def _of(self, body: str, now: datetime) -> tuple[Unmanned, ...]:
        try:
            found = await self._alarms(body, now)
        except Exception as error:  # noqa: BLE001 - one body's files must not keep the others from being watched
            why = (
                str(error) if isinstance(error, BusError | ModuleNotFoundError) else f"{type(error).__name__}: {error}"
            )
            if self._said.get(body) != why:
                log.warning("a body's rota is not watched", body=body, why=why)
            self._said[body] = why
            return self._found.get(body, ())
        self._said.pop(body, None)
        return tuple(Unmanned(each.id, body, f"{body}/{each.seat}/{each.type}", each.since) for each in found)

    async def _alarms(self, body: str, now: datetime) -> tuple[ShiftAlarm, ...]:
        from cbrn_consumers.rota import Rosters, alarms_at  # noqa: PLC0415 - see above
        from cbrn_consumers.rota.reader import read_log  # noqa: PLC0415 - as above

        if self._rosters is None:
            self._rosters = Rosters(self._settings.rota_dir)
        roster = await asyncio.to_thread(self._rosters.of, body)
        said = await read_log(self._settings, body)
        return await asyncio.to_thread(alarms_at, roster.rota, roster.officers, said, now)
