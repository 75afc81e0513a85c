"""Who is on duty: shifts laid over one another, and where they leave a hole. Pure; all times are UTC.

For one seat a stretch of time has one shift or none: what replaces another wins, then what begins later, then the
smaller name. Two shifts that contradict one another are found, and still decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from cbrn_schemas.shift import Seat


OVERLAPS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Shift:
    """One officer, on one seat, for one stretch of time; the end is not part of it."""

    seat: Seat
    post: str
    begins: datetime
    ends: datetime
    uid: str
    """Of the calendar's entry."""
    replaces: bool = False
    """It stands in for whoever would be on duty then: an override, or half of a swap."""

    def holds(self, at: datetime) -> bool:
        """Tell whether it is on then."""
        return self.begins <= at < self.ends

    @property
    def rank(self) -> tuple[bool, datetime, str, str]:
        """By which, of several, the greatest is on duty."""
        return self.replaces, self.begins, self.post, self.uid


class Stretch(NamedTuple):
    """A stretch of time in which the same shift is on, or none."""

    begins: datetime
    ends: datetime
    shift: Shift | None


class Overlap(NamedTuple):
    """Two shifts of which the calendar does not say which counts."""

    begins: datetime
    ends: datetime
    one: Shift
    other: Shift


def on_duty(shifts: Iterable[Shift], seat: Seat, at: datetime) -> Shift | None:
    """Return the shift that is on then; None in a hole."""
    return max((each for each in shifts if each.seat == seat and each.holds(at)), key=_rank, default=None)


def stretches(shifts: Iterable[Shift], seat: Seat, since: datetime, until: datetime) -> Iterator[Stretch]:
    """Split a span of time into stretches, in order and without a gap; neighbours differ in their shift."""
    mine = [each for each in shifts if each.seat == seat and each.begins < until and since < each.ends]
    mine.sort(key=_rank, reverse=True)
    edges = {since, until, *(edge for each in mine for edge in (each.begins, each.ends) if since < edge < until)}
    cuts = sorted(edges)
    waiting = sorted(range(len(mine)), key=lambda number: mine[number].begins, reverse=True)
    running: list[int] = []
    """A heap: the first is whoever is on duty, or has gone since."""
    pending: Stretch | None = None
    for begins, ends in pairwise(cuts):
        while waiting and mine[waiting[-1]].begins <= begins:
            heappush(running, waiting.pop())
        while running and mine[running[0]].ends <= begins:
            heappop(running)
        shift = mine[running[0]] if running else None
        if pending is not None and pending.shift == shift:
            pending = pending._replace(ends=ends)
        else:
            if pending is not None:
                yield pending
            pending = Stretch(begins, ends, shift)
    if pending is not None:
        yield pending


def holes(shifts: Iterable[Shift], seat: Seat, since: datetime, until: datetime) -> list[Stretch]:
    """List the stretches in which nobody is on duty."""
    return [each for each in stretches(shifts, seat, since, until) if each.shift is None]


def overlaps(shifts: Iterable[Shift], seat: Seat, since: datetime, until: datetime) -> list[Overlap]:
    """List where two officers are on duty and neither replaces the other, each pair of entries once: the first of them.

    Of 5,000 that overlap there are twelve million pairs, and nobody reads them.
    """
    found: list[Overlap] = []
    seen: set[tuple[str, str]] = set()
    running: list[Shift] = []
    mine = (each for each in shifts if each.seat == seat and each.begins < until and since < each.ends)
    for shift in sorted(mine, key=lambda each: (each.begins, each.uid, each.post)):
        running = [each for each in running if shift.begins < each.ends]
        if len(running) > OVERLAPS_MAX or len(found) >= OVERLAPS_MAX:
            break
        for other in running:
            pair = (other.uid, shift.uid)
            if other.post != shift.post and other.replaces == shift.replaces and pair not in seen:
                seen.add(pair)
                found.append(Overlap(shift.begins, min(shift.ends, other.ends), other, shift))
        running.append(shift)
    return found


def swapped(one: Shift, other: Shift) -> tuple[Shift, Shift]:
    """Return what two officers' exchange of two shifts adds to a rota: each stands in for the other.

    One that was such an addition itself keeps its name, and is to be left out.
    """
    return _in_for(one, other.post), _in_for(other, one.post)


def _in_for(shift: Shift, post: str) -> Shift:
    uid = shift.uid if shift.replaces else f"{shift.uid}/{shift.begins:%Y%m%dT%H%M}Z"
    return Shift(shift.seat, post, shift.begins, shift.ends, uid, replaces=True)


def _rank(shift: Shift) -> tuple[bool, datetime, str, str]:
    return shift.rank
