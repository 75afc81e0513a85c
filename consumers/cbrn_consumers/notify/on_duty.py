"""Who is told of an alert now: whoever has the seat that is asked, as rota, officers' file and the watch's log say.

Rather too many than nobody: without a rota, or in a hole of it, everybody in the list is told. A file that cannot be
used any more leaves the former in force, and is told of.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.notify.composing import TESTER
from cbrn_consumers.rota import NoRotaError, Reach, Rosters, RotaError, ShiftLog, duty_at, reaches, read_officers_of
from cbrn_consumers.rota.reader import read_log
from cbrn_schemas.errors import BusError
from cbrn_schemas.shift import SEATS, ChannelTestAsked
from cbrn_schemas.unanswered import Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.rota import Rota
    from cbrn_schemas.officers import Officer, Officers
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.shift import Seat

EVERY_S: Final = 10.0
"""How often the files and the log are looked at; a hand-over counts so much later at the most."""
ASKED_WITHIN: Final = timedelta(minutes=10)
"""A test that was asked for earlier is not made up for: whoever asked has gone."""
TESTED_AHEAD: Final = timedelta(hours=1)
"""So long before a shift its officer's channels are tested by themselves, where they are not known to work."""
STEPS: Final[Mapping[str, tuple[Seat, ...]]] = {"second-officer": ("second",), "deputy": ("deputy",)}
"""Whom the watch asks by a step within a body; by any other step it asks the body as a whole."""

log = structlog.get_logger(__name__)


def seats_of(alert: Alert) -> tuple[Seat, ...]:
    """Return the seats that an alert is for: the first, or those that are asked since nobody has answered."""
    if isinstance(alert.event, Unanswered):
        # Whoever only hears of it is not asked by its step.
        return STEPS.get(alert.event.step, SEATS) if alert.role == "lead" else ("first",)
    return SEATS if alert.level else ("first",)


class OnDuty:
    """The officers of one body."""

    def __init__(self, settings: Settings, body: str, clock: Callable[[], datetime]) -> None:
        self._settings, self._body, self._clock = settings, body, clock
        self._rosters = Rosters(settings.rota_dir)
        self._officers: Officers | None = None
        self._rota: Rota | None = None
        self._log = ShiftLog(body, settings.realm)
        self._said: set[str] = set()

    def listed(self) -> Sequence[Officer]:
        """Return all officers of the body."""
        return () if self._officers is None else self._officers.officers

    def asked(self, alert: Alert) -> Sequence[Officer]:
        """Return the officers who are told of an alert now."""
        if self._officers is None or self._rota is None:
            return self.listed()
        now = self._clock()
        posts = {duty_at(self._rota, self._log, seat, now).post for seat in seats_of(alert)}
        found = [each for each in self._officers.officers if each.post in posts]
        if not found:
            log.error("nobody in the list is on duty: everybody in it is told", body=self._body)
        return found or self.listed()

    def tests_wanted(self) -> list[ChannelTestAsked]:
        """List the tests of channels that were asked for lately, and those that a shift which begins soon needs."""
        now = self._clock()
        asked = [each.fact for each in self._log.asked if now - each.at <= ASKED_WITHIN]
        return [*asked, *self._before_shifts(now)]

    def _before_shifts(self, now: datetime) -> Iterator[ChannelTestAsked]:
        if self._rota is None or self._officers is None:
            return
        for seat in self._rota.seats:
            shift = duty_at(self._rota, self._log, seat, now + TESTED_AHEAD).shift
            officer = None if shift is None else self._officers.officer(shift.post)
            if shift is None or officer is None or shift.begins <= now:
                continue
            if set(reaches(officer, self._log, shift.begins).values()) <= {Reach.WORKS}:
                continue
            name = f"{self._body}.before-{shift.begins:%Y%m%dT%H%M%SZ}-{officer.post}"
            yield ChannelTestAsked(
                id=name, realm=self._settings.realm, body=self._body, post=officer.post, by=TESTER, at=now
            )

    async def refresh(self) -> None:
        """Look at files and log anew.

        Raises:
            BusError: at the start, where there are no officers to go on with.
        """
        try:
            await asyncio.to_thread(self._read)
            self._log = await read_log(self._settings, self._body)
        except Exception as error:
            if self._officers is None:
                raise
            # Whatever it was, officers are told as before. What is no `BusError` may repeat a number.
            self._warn(str(error) if isinstance(error, BusError) else type(error).__name__)

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.refresh()

    def _read(self) -> None:
        try:
            self._rota, officers, findings = self._rosters.of(self._body)
            findings += self._rota.findings
        except NoRotaError:
            self._rota = None
            officers, findings = read_officers_of(self._settings.rota_dir, self._body)
            self._warn("there is no rota: everybody in the list of officers is told")
        for finding in findings:
            self._warn(str(finding))
        if officers is None and self._officers is None:
            raise RotaError(
                f"{self._body}.yaml in {self._settings.rota_dir} is no list of officers: {findings[0]}",
                findings[0].remedy,
            )
        self._officers = officers or self._officers

    def _warn(self, said: str) -> None:
        """Say each thing once."""
        if said not in self._said:
            self._said.add(said)
            log.warning("the list of officers or the rota", said=said)
