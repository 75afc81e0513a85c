"""Two weeks of a rota, day by day and seat by seat, as a page draws them. Pure; days are the country's."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.web.rooms.watch.now import person_of
from cbrn_consumers.rota import BISHKEK, stretches
from cbrn_consumers.shifts.standing_in import author_of, is_override
from cbrn_schemas.catalogue.holidays import holidays_on
from cbrn_schemas.shift import SEATS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cbrn_consumers.desk.web.rooms.watch.now import Person
    from cbrn_consumers.rota import Roster, Stretch
    from cbrn_schemas.catalogue.holidays import Holiday
    from cbrn_schemas.shift import Seat

DAYS: Final = 14
DAY: Final = timedelta(days=1)
HOURS: Final = 24.0


class Piece(NamedTuple):
    """Who has a seat for a part of one day."""

    begins: str
    """`08:00`"""
    ends: str
    """`24:00` at midnight"""
    left: float
    """Where it is drawn: hours since midnight."""
    wide: float
    who: Person | None
    """None: a hole."""
    override: str | None
    """The override's name, where it can be taken away."""
    replaces: bool
    at: str
    """Its whole shift's beginning, to name it in a swap: `2026-12-01T08:00`."""
    over: bool


class Cell(NamedTuple):
    """A seat on a day."""

    seat: Seat
    pieces: tuple[Piece, ...]


class Day(NamedTuple):
    """A day of the country."""

    on: date
    weekday: int
    today: bool
    holidays: tuple[Holiday, ...]
    cells: tuple[Cell, ...]


class Standin(NamedTuple):
    """An override that stands in the calendar."""

    uid: str
    seat: Seat
    who: Person
    begins: datetime
    ends: datetime
    by: str | None
    """Who entered it, by sign-in name."""


def days_of(roster: Roster, now: datetime, days: int = DAYS) -> list[Day]:
    """Return the days from today on."""
    today = now.astimezone(BISHKEK).date()
    since = datetime.combine(today, time(), BISHKEK).astimezone(UTC)
    until = since + days * DAY
    shifts = roster.rota.between(since, until)
    takeable = {each.uid for each in roster.rota.entries if is_override(each)}
    seats: list[Seat] = [seat for seat in SEATS if seat in roster.rota.seats]
    found = {seat: list(stretches(shifts, seat, since, until)) for seat in seats}
    made = []
    for number in range(days):
        begins = since + number * DAY
        cells = (Cell(seat, tuple(_pieces(roster, found[seat], begins, now, takeable))) for seat in seats)
        on = today + number * DAY
        made.append(Day(on, on.isoweekday(), number == 0, tuple(holidays_on(on)), tuple(cells)))
    return made


def standins_of(roster: Roster, now: datetime) -> list[Standin]:
    """List the overrides that are on or to come, as they were entered."""
    found = [
        Standin(
            each.uid,
            each.seat,
            person_of(roster, each.post),
            each.begins,
            each.begins + each.lasts,
            author_of(each.uid),
        )
        for each in roster.rota.entries
        if is_override(each) and each.begins + each.lasts > now
    ]
    return sorted(found, key=lambda each: each.begins)


def _pieces(
    roster: Roster, found: list[Stretch], begins: datetime, now: datetime, takeable: set[str]
) -> Iterator[Piece]:
    ends = begins + DAY
    for each in found:
        since, until = max(each.begins, begins), min(each.ends, ends)
        if since >= until:
            continue
        shift = each.shift
        override = shift.uid if shift is not None and shift.replaces and shift.uid in takeable else None
        yield Piece(
            begins=f"{since.astimezone(BISHKEK):%H:%M}",
            ends="24:00" if until == ends else f"{until.astimezone(BISHKEK):%H:%M}",
            left=_hours(since - begins),
            wide=_hours(until - since),
            who=None if shift is None else person_of(roster, shift.post),
            override=override,
            replaces=shift is not None and shift.replaces,
            at="" if shift is None else f"{max(since, shift.begins).astimezone(BISHKEK):%Y-%m-%dT%H:%M}",
            over=until <= now,
        )


def _hours(length: timedelta) -> float:
    return round(length / timedelta(hours=1), 2)
