"""Who is on duty now, by which channels they are reached, who is next, and what is wrong with that. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.rota import (
    FindingType,
    Reach,
    ShiftLog,
    alarms_at,
    duty_at,
    findings_between,
    reaches,
    trouble,
)
from cbrn_schemas.shift import SEATS, ShiftTaken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from cbrn_consumers.rota import Duty, Finding, Roster, ShiftAlarm
    from cbrn_schemas.officers import Channel, Officer
    from cbrn_schemas.shift import Seat

SHOWN: Final = frozenset({"sms", "email"})
"""Channels whose address a person can use; a webhook's is a secret of machines."""
FINDINGS_MAX: Final = 50


class Way(NamedTuple):
    """A channel of an officer, as a page shows it."""

    name: str
    kind: str
    state: Reach | None
    """None: the bus was not asked, or did not answer."""
    address: str | None
    """Only for those who may see it."""


class Person(NamedTuple):
    """A post, and whoever holds it as far as the body's file says."""

    post: str
    title: str
    name: str | None


class Seated(NamedTuple):
    """Who has a seat."""

    seat: Seat
    who: Person | None
    since: datetime
    until: datetime
    said: str | None
    """`taken` or `handed-over`; None: by the rota alone."""
    said_at: datetime | None
    by: str | None
    note: str | None
    open_count: int | None
    by_rota: Person | None
    """Whom the rota names, where it is another."""
    next: Person | None
    trouble: FindingType | None
    known: bool
    """Whether the bus has said what was taken and tested."""
    ways: tuple[Way, ...]


def person_of(roster: Roster, post: str) -> Person:
    """Return the post with its words."""
    officer = None if roster.officers is None else roster.officers.officer(post)
    return Person(post, post, None) if officer is None else Person(post, officer.title, officer.name)


def seats_now(roster: Roster, log: ShiftLog | None, at: datetime, *, numbers: bool) -> list[Seated]:
    """Return every seat that the rota fills; addresses only where `numbers` may be shown."""
    return [_seated(roster, log, seat, at, numbers=numbers) for seat in SEATS if seat in roster.rota.seats]


def ways_of(officer: Officer, log: ShiftLog | None, begins: datetime, *, numbers: bool) -> tuple[Way, ...]:
    """Return an officer's channels and what is known of each."""
    states = {} if log is None else reaches(officer, log, begins)
    return tuple(
        Way(each.name, each.kind, states.get(each.name), address_of(each) if numbers else None)
        for each in officer.channels
    )


def address_of(channel: Channel) -> str | None:
    """Return the number or mail address of a channel that a person can use."""
    return channel.address if channel.kind in SHOWN else None


def alarms_of(roster: Roster, log: ShiftLog | None, at: datetime) -> Sequence[ShiftAlarm]:
    """Return what keeps the body from being reached now; holes also where the bus does not answer."""
    found = alarms_at(roster.rota, roster.officers, log or ShiftLog(roster.rota.body), at)
    return found if log is not None else [each for each in found if each.type is FindingType.HOLE]


def found_in(roster: Roster, log: ShiftLog | None, at: datetime, ahead: timedelta) -> list[Finding]:
    """List what is wrong with files, calendar and the time ahead, the grave first."""
    found = [*roster.findings, *findings_between(roster.rota, roster.officers, log, at, at + ahead)]
    return sorted(found, key=lambda each: not each.grave)[:FINDINGS_MAX]


def own_posts(roster: Roster, log: ShiftLog | None, name: str, shown: str, at: datetime) -> frozenset[str]:
    """Return the posts that somebody holds: the one that is signed in with, and seats that they have taken."""
    known = set() if roster.officers is None else {each.post for each in roster.officers.officers}
    held = set() if log is None else {one.fact for seat in SEATS if (one := log.holder(seat, at)) is not None}
    return frozenset(
        ({name} & known) | {fact.post for fact in held if isinstance(fact, ShiftTaken) and fact.by == shown}
    )


def _seated(roster: Roster, log: ShiftLog | None, seat: Seat, at: datetime, *, numbers: bool) -> Seated:
    known = log or ShiftLog(roster.rota.body)
    duty = duty_at(roster.rota, known, seat, at)
    after = duty_at(roster.rota, known, seat, duty.until)
    other = duty.shift is not None and duty.shift.post != duty.post
    fact = None if duty.held is None else duty.held.fact
    return Seated(
        seat=seat,
        who=None if duty.post is None else person_of(roster, duty.post),
        since=duty.since,
        until=duty.until,
        said=None if fact is None else ("taken" if isinstance(fact, ShiftTaken) else "handed-over"),
        said_at=None if duty.held is None else duty.held.since,
        by=None if fact is None else fact.by,
        note=None if fact is None else fact.note,
        open_count=None if fact is None else fact.open_count,
        by_rota=person_of(roster, duty.shift.post) if other and duty.shift is not None else None,
        next=None if after.post in {None, duty.post} else person_of(roster, str(after.post)),
        trouble=_trouble(roster, log, duty),
        known=log is not None,
        ways=_ways(roster, log, duty, numbers=numbers),
    )


def _trouble(roster: Roster, log: ShiftLog | None, duty: Duty) -> FindingType | None:
    if duty.post is None:
        return FindingType.HOLE if duty.seat == "first" else FindingType.HOLE_BEHIND
    return None if log is None else trouble(roster.officers, log, duty.post, duty.since)


def _ways(roster: Roster, log: ShiftLog | None, duty: Duty, *, numbers: bool) -> tuple[Way, ...]:
    officer = None if roster.officers is None or duty.post is None else roster.officers.officer(duty.post)
    return () if officer is None else ways_of(officer, log, duty.since, numbers=numbers)
