"""Who is on duty, whether they can be reached, and what is wrong with that: rota, officers and log together. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.rota.entries import BISHKEK, EARLIEST
from cbrn_consumers.rota.findings import Finding, FindingType
from cbrn_consumers.rota.log import Reach
from cbrn_consumers.rota.shifts import holes, on_duty, overlaps, stretches
from cbrn_schemas.shift import SEATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_consumers.rota.calendar import Rota
    from cbrn_consumers.rota.log import Held, ShiftLog
    from cbrn_consumers.rota.shifts import Shift, Stretch
    from cbrn_schemas.officers import Officer, Officers
    from cbrn_schemas.shift import Seat

AHEAD: Final = timedelta(days=14)
"""How far the end of a hole, or the next shift, is looked for."""
TAKES_EARLY: Final = timedelta(hours=2)
"""Whoever takes over so long before the shift begins takes that shift; by then its channels are to have been tested."""


class Duty(NamedTuple):
    """Who has a seat at one time."""

    seat: Seat
    post: str | None
    """None: nobody."""
    since: datetime
    until: datetime
    """When that changes; of a hole whose end is not known, `AHEAD` on."""
    shift: Shift | None
    """What the rota says."""
    held: Held | None
    """What was said since: taken, or handed over."""


class ShiftAlarm(NamedTuple):
    """Somebody may not be reached, now. `id` stays the same for as long as nothing changes."""

    id: str
    body: str
    seat: Seat
    type: FindingType
    post: str | None
    since: datetime
    until: datetime


def duty_at(rota: Rota, log: ShiftLog, seat: Seat, at: datetime) -> Duty:
    """Return who has a seat: whoever has taken it, else whoever the rota names."""
    stretch = _stretch(rota, seat, at)
    held = log.holder(seat, at)
    if held is None:
        post = None if stretch.shift is None else stretch.shift.post
        return Duty(seat, post, stretch.begins, stretch.ends, stretch.shift, None)
    return Duty(seat, held.fact.post, held.since, held.until, stretch.shift, held)


def shift_to_take(rota: Rota, seat: Seat, at: datetime) -> Shift | None:
    """Return the shift that one takes who takes the seat now: the one about to begin, else the one that is on."""
    soon = [each for each in rota.between(at, at + TAKES_EARLY) if each.seat == seat and each.begins > at]
    now = on_duty(rota.between(at, at + TAKES_EARLY), seat, at)
    starting = next((each for each in soon if now is None or each.post != now.post), None)
    return now if starting is None else starting


def until_of(rota: Rota, seat: Seat, post: str, at: datetime) -> datetime:
    """Return until when an officer has the seat who takes it now: to the end of the shift, their own if it is next."""
    own = shift_to_take(rota, seat, at)
    stretch = _stretch(rota, seat, at)
    if own is not None and own.post == post:
        return own.ends
    return min(stretch.ends, at + timedelta(days=1)) if stretch.shift is None else stretch.ends


def alarms_at(rota: Rota, officers: Officers | None, log: ShiftLog, now: datetime) -> tuple[ShiftAlarm, ...]:
    """Return what keeps a body from being reached now: a hole, or an officer on duty without a working channel.

    Called at any time, best at each shift's start; the same trouble has the same `id` until it is over. `officers` are
    None where their file cannot be used.
    """
    found = []
    for seat in SEATS:
        if seat not in rota.seats:
            continue
        duty = duty_at(rota, log, seat, now)
        if duty.post is None:
            # A seat behind the first may be empty by design: then nobody said that it is not.
            kind = FindingType.HOLE if seat == "first" else None
        else:
            kind = trouble(officers, log, duty.post, duty.since)
        if kind is not None:
            name = f"{rota.body}/{seat}/{kind}/{duty.post or '-'}/{duty.since:%Y%m%dT%H%M%SZ}"
            found.append(ShiftAlarm(name, rota.body, seat, kind, duty.post, duty.since, duty.until))
    return tuple(found)


def trouble(officers: Officers | None, log: ShiftLog, post: str, begins: datetime) -> FindingType | None:
    """Say why an officer could not be reached in a shift that begins then; None where one channel is known to work."""
    officer = None if officers is None else officers.officer(post)
    if officer is None:
        return FindingType.UNKNOWN_POST
    states = set(reaches(officer, log, begins).values())
    if not states:
        return FindingType.NO_CHANNEL
    if Reach.WORKS in states:
        return None
    return FindingType.UNTESTED if states & {Reach.UNTESTED, Reach.STALE} else FindingType.UNREACHABLE


def reaches(officer: Officer, log: ShiftLog, begins: datetime) -> dict[str, Reach]:
    """Return what is known of each channel of an officer, by its name."""
    return {channel.name: log.reach(officer, channel, begins) for channel in officer.channels}


def findings_between(
    rota: Rota, officers: Officers | None, log: ShiftLog | None, since: datetime, until: datetime
) -> list[Finding]:
    """List what is wrong with a body's watch in a span of time, and with its calendar. `log` None: tests are not known.

    Tests are asked for where a shift is on, or about to begin: nobody can test for those of next week.
    """
    shifts = rota.between(since, until)
    found = list(rota.findings)
    for seat in (seat for seat in SEATS if seat in rota.seats):
        found += [_hole(seat, each) for each in holes(shifts, seat, since, until)]
        found += [
            Finding(
                FindingType.OVERLAP,
                f"{each.one.post} and {each.other.post} are both {seat} from {_written(each.begins)} to "
                f"{_written(each.ends)}",
                "Let one of them end earlier, or write «override» before the one that replaces the other.",
                uid=f"{each.one.uid}, {each.other.uid}",
                seat=seat,
                posts=(each.one.post, each.other.post),
                begins=each.begins,
                ends=each.ends,
            )
            for each in overlaps(shifts, seat, since, until)
        ]
    if officers is not None:
        found += _unreached(rota, officers, log, since, until)
    return found


def _unreached(
    rota: Rota, officers: Officers, log: ShiftLog | None, since: datetime, until: datetime
) -> Iterator[Finding]:
    first: dict[str, datetime] = {}
    for seat in rota.seats:
        for each in stretches(rota.between(since, until), seat, since, until):
            if each.shift is not None:
                begins = each.shift.begins
                first[each.shift.post] = min(first.get(each.shift.post, begins), begins)
    for post, begins in sorted(first.items()):
        officer = officers.officer(post)
        if officer is None:
            yield Finding(
                FindingType.UNKNOWN_POST,
                f"{post} has a shift and is not among the officers",
                f"Add {post} to the file.",
            )
        elif not officer.channels:
            yield Finding(
                FindingType.NO_CHANNEL, f"{post} has no channel", "Add one to the file, then test it.", posts=(post,)
            )
        elif log is not None and begins <= since + TAKES_EARLY:
            kind = trouble(officers, log, post, begins)
            if kind is not None:
                said = ", ".join(f"{name} {state}" for name, state in reaches(officer, log, begins).items())
                remedy = f"Try `cbrn shift test --post {post}`; correct the channel in the file if it does not work."
                yield Finding(kind, f"no channel of {post} is known to work: {said}", remedy, posts=(post,))


def _hole(seat: Seat, hole: Stretch) -> Finding:
    kind = FindingType.HOLE if seat == "first" else FindingType.HOLE_BEHIND
    said = f"nobody is {seat} from {_written(hole.begins)} to {_written(hole.ends)}"
    remedy = "Add a shift to the calendar, and import it."
    return Finding(kind, said, remedy, seat=seat, begins=hole.begins, ends=hole.ends)


def _stretch(rota: Rota, seat: Seat, at: datetime) -> Stretch:
    """Find the stretch around a time; one without a shift ends where the next begins.

    Its beginning is where it truly began, or a fixed time: never one that moves on with `at`, since alarms are named
    by it.
    """
    behind = AHEAD
    while True:
        span = at - behind, at + AHEAD
        found = next(each for each in stretches(rota.between(*span), seat, *span) if each.begins <= at < each.ends)
        if found.begins > span[0] or found.shift is not None or span[0] <= EARLIEST:
            break
        behind *= 4  # a long hole: five looks at the most, kept by the rota
    if found.begins == span[0]:
        found = found._replace(begins=EARLIEST if found.shift is None else found.shift.begins)
    if found.ends == span[1] and found.shift is not None:
        found = found._replace(ends=found.shift.ends)
    return found


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(BISHKEK):%d.%m %H:%M}"
