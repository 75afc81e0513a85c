"""The silences of one body, folded from its topic: which is in force when, and what it covers. Pure.

Whether a silence covers a message depends on the message, on its group and on the time, never on who looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from cbrn_schemas.records import record_time
from cbrn_schemas.silence import Silence, SilenceEnd, SilenceError, read_silence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_consumers.inbox.delivery import Delivery
    from cbrn_consumers.inbox.group import Group
    from cbrn_routing.bus.record import Record

STANDING_MAX: Final = 10_000
"""Silences remembered: about 2 KiB each, 20 MB. Those that ended longest ago are forgotten first."""
FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Not before what it hid has been told."""
WARNINGS_MAX: Final = 100
"""Warnings remembered about records that are no silences."""


class SilenceState(StrEnum):
    """Where a silence stands."""

    PLANNED = "planned"
    IN_FORCE = "in-force"
    ENDED = "ended"
    """Somebody ended it early."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ActiveSilence:
    """A silence and what became of it."""

    silence: Silence
    since: datetime
    """When it began to count: not before the broker had it, so that nothing told before is hidden afterwards."""
    until: datetime
    """When it stops counting: its expiry, or earlier if somebody ended it."""
    end: SilenceEnd | None = None

    def in_force(self, at: datetime) -> bool:
        """Tell whether it counts at that moment."""
        return self.since <= at < self.until

    def state(self, now: datetime) -> SilenceState:
        """Tell where it stands now."""
        if now < self.since and now < self.until:
            return SilenceState.PLANNED
        if now < self.until:
            return SilenceState.IN_FORCE
        return SilenceState.EXPIRED if self.end is None else SilenceState.ENDED


class Silences:
    """All silences of a body that its topic still holds."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.standing: dict[str, ActiveSilence] = {}
        """By id, in the order declared."""
        self.warnings: list[str] = []
        """What was found in the topic that is no silence of the body, in words."""
        self._live: list[ActiveSilence] = []

    @classmethod
    def of(cls, body: str, records: Iterable[Record]) -> Silences:
        """Read the silences in these records of the body's topic."""
        silences = cls(body)
        for record in records:
            silences.heed(record)
        return silences

    def heed(self, record: Record) -> str | None:
        """Take one record of the topic into account; a warning where it is not valid and therefore ignored."""
        try:
            said = read_silence(list(record.headers), record.value, self.body)
            self.note(said, record_time(record.timestamp))
        except SilenceError as error:
            warning = f"{record.topic}/{record.partition}/{record.offset} ignored: {error}"
            if len(self.warnings) < WARNINGS_MAX:
                self.warnings.append(warning)
            return warning
        return None

    def note(self, said: Silence | SilenceEnd, at: datetime) -> None:
        """Take a silence, or its end, that the broker has had since `at`.

        Raises:
            SilenceError: an id that is taken, or an end of a silence that is unknown or ended already.
        """
        if isinstance(said, Silence):
            self._begin(said, at)
        else:
            self._end(said, at)
        self._live = list(self.standing.values())

    def live(self, now: datetime) -> list[ActiveSilence]:
        """List those that have not ended, planned ones included."""
        if any(each.until <= now for each in self._live):
            self._live = [each for each in self._live if now < each.until]
        return self._live

    def covering(self, delivery: Delivery, group: Group, now: datetime) -> ActiveSilence | None:
        """Find the silence that hides this message, which the group already holds; None where the officer must be told.

        It was in force before the message was routed and still is: so a restart hides what was hidden, and nothing that
        was told. Of several, the one that lasts longest; where that was ended early, all that it hid was told then.
        """
        # All about a situation is as grave as the gravest that was said of it; each reading speaks for itself.
        protection = group.protection if delivery.subject.situation is not None else delivery.protection
        if protection:
            return None

        def covers(each: ActiveSilence) -> bool:
            return (
                each.since < delivery.routed <= each.until
                and each.silence.takes(delivery.severity, delivery.limits)
                and each.silence.scope.matches(delivery.subject)
            )

        longest = max(
            (each for each in self.live(now) if each.in_force(now) and covers(each)), key=_lasting, default=None
        )
        if longest is None:
            return None
        ended = (each for each in self.standing.values() if each.end is not None and each.until <= now)
        told = any((each.silence.expires, each.silence.id) > _lasting(longest) and covers(each) for each in ended)
        return None if told else longest

    def hiding(self, group: Group, now: datetime) -> ActiveSilence | None:
        """Find the silence that hides a whole group from the default list: every message of it must be coverable."""
        if group.protection or not group.subjects or group.crowded:
            return None
        found = [
            each
            for each in self.live(now)
            if each.in_force(now)
            and each.silence.takes(group.highest, group.limits)
            and all(map(each.silence.scope.matches, group.subjects))
        ]
        return max(found, key=_lasting, default=None)

    def _begin(self, silence: Silence, at: datetime) -> None:
        if silence.id in self.standing:
            raise SilenceError(
                f"there is a silence {silence.id} already", where="id", hint="A silence is not changed: end it."
            )
        if len(self.standing) >= STANDING_MAX:
            self._forget_oldest(at)
        self.standing[silence.id] = ActiveSilence(silence, max(silence.starts, at), silence.expires)

    def _forget_oldest(self, at: datetime) -> None:
        oldest = min(self.standing, key=lambda name: self.standing[name].until)
        if self.standing[oldest].until + FORGOTTEN_AFTER > at:
            raise SilenceError(f"there are {STANDING_MAX} silences already", where="id", hint="End some of them.")
        del self.standing[oldest]

    def _end(self, end: SilenceEnd, at: datetime) -> None:
        active = self.standing.get(end.silence)
        if active is None or active.end is not None or active.until <= at:
            raise SilenceError(
                f"there is no silence {end.silence} that could be ended",
                where="silence",
                hint=f"`cbrn silence list {end.body} --all` shows which there are.",
            )
        self.standing[end.silence] = replace(active, until=at, end=end)


def _lasting(active: ActiveSilence) -> tuple[datetime, str]:
    return active.until, active.silence.id
