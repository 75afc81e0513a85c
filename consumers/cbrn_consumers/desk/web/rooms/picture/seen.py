"""What the map and the board show, out of the list's rows and the stations' latest numbers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode

from cbrn_consumers.desk.picture import Curve, Limit, Mark, Post, Read, placed
from cbrn_consumers.desk.picture.loads import STALE_AFTER
from cbrn_consumers.desk.web.render import place_and_region, situation_path
from cbrn_consumers.desk.web.rooms.situations.drawing import headline_of
from cbrn_consumers.standing import ASKED, State
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cbrn_consumers.desk.store import Noted, Party, Row, Station
    from cbrn_schemas.events import Severity
    from cbrn_schemas.events.base import Language

GRAVEST: Final = 5
"""Situations in large type on the wall: as many as are read from four metres."""
DANGER: Final[frozenset[Severity]] = frozenset({"Extreme", "Severe"})
DOSE_LIMITS: Final = {"uSv/h": 1.0, "uGy/h": 1.0, "uR/h": 100.0}
"""From here on a dose rate is dangerous to live in (`cbrn_routing.severity`), by UCUM code. Others give no line."""


class Numbered(NamedTuple):
    """A situation by the number that it has on the map."""

    number: int
    row: Row
    said: str
    """The headline, behind what must not be overlooked: an exercise, an all-clear."""
    path: str
    missing: tuple[Party, ...]
    """Who is late, the longest first."""
    waiting: tuple[Party, ...]
    """Who has yet to answer, and has time."""
    placed: bool
    """Whether it stands on the map."""


class BoardLine(NamedTuple):
    """What a body has not answered, and what it bears."""

    body: str
    late: tuple[Numbered, ...]
    waiting: tuple[Numbered, ...]
    answered: tuple[Numbered, ...]


class StandingLists(NamedTuple):
    """What stands with a body, as ISA-18.2 counts it."""

    standing: list[Numbered]
    unanswered: list[Numbered]
    stale: list[Numbered]
    """Told of more than a day ago."""


class StationLine(NamedTuple):
    """The latest number of a station."""

    station: Station
    level: int
    said: str
    value: str
    path: str


def numbered(rows: Iterable[Row], now: datetime, lang: Language) -> list[Numbered]:
    """Rank situations by number, the gravest first; of those alike the one that is due first, then the newest."""
    ordered = sorted(rows, key=_gravity)
    found = []
    for number, row in enumerate(ordered, 1):
        asked = sorted((each for each in row.parties if each.due is not None), key=_due)
        missing = tuple(each for each in asked if _due(each) < now.timestamp())
        mark = _mark(number, row, lang)
        found.append(
            Numbered(
                number,
                row,
                headline_of(row, lang),
                situation_path(row.situation),
                missing,
                tuple(asked[len(missing) :]),
                placed(mark),
            )
        )
    return found


def marks_of(listed: Sequence[Numbered], lang: Language) -> list[Mark]:
    """Make the marks of the map."""
    return [_mark(each.number, each.row, lang) for each in listed]


def board_of(listed: Iterable[Numbered], now: datetime) -> list[BoardLine]:
    """List by body what it has not answered: who has let most go by first."""
    bodies: dict[str, tuple[list[Numbered], list[Numbered], list[Numbered]]] = {}
    for each in listed:
        for party in each.row.parties:
            if party.role not in ASKED:
                continue
            late, waiting, answered = bodies.setdefault(party.body, ([], [], []))
            (answered if party.due is None else late if party.due < now else waiting).append(each)
    lines = [BoardLine(body, *(tuple(each) for each in lists)) for body, lists in bodies.items()]
    return sorted(lines, key=lambda line: (-len(line.late), -len(line.waiting), line.body))


def standing_lists(listed: Iterable[Numbered], now: datetime) -> dict[str, StandingLists]:
    """List by body what stands with it: asked of it, neither ended nor closed."""
    found: dict[str, StandingLists] = {}
    for each in listed:
        for party in each.row.parties:
            if each.row.over or party.role not in ASKED or party.state is State.CLOSED:
                continue
            lists = found.setdefault(party.body, StandingLists([], [], []))
            lists.standing.append(each)
            if party.due is not None:
                lists.unanswered.append(each)
            if now - each.row.told_at > STALE_AFTER:
                lists.stale.append(each)
    order = sorted(found, key=lambda body: (-len(found[body].standing), body))
    return {body: found[body] for body in order}


def station_lines(stations: Iterable[Station], lang: Language) -> list[StationLine]:
    """List stations, those above a limit first."""
    lines = [
        StationLine(each, level_of(each.severity), measured(each.name, lang), amount(each.value, each.unit, lang),
                    readings_path(each.station))
        for each in stations
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line.level, line.station.station, line.station.name))


def posts_of(lines: Iterable[StationLine]) -> list[Post]:
    """Make the stations' marks: each station once, by its gravest number."""
    first: dict[str, StationLine] = {}
    for line in lines:
        first.setdefault(line.station.station, line)
    return [
        Post(
            level=line.level,
            place=line.station.place,
            said=f"{line.station.station}, {line.said} {line.value}",
            href=line.path,
        )
        for line in first.values()
    ]


def curve_of(station: str, name: str, noted: Sequence[Noted], lang: Language) -> Curve:
    """Make the curve of what a station gave under one name, in the unit of its latest number."""
    unit = noted[-1].unit if noted else ""
    reads = [Read(each.at, each.value) for each in noted if each.unit == unit]
    limits = [Limit(DOSE_LIMITS[unit], word("limit", "danger", lang), 2)] if unit in DOSE_LIMITS else []
    return Curve(said=f"{station}: {measured(name, lang)}", unit=unit, reads=reads, limits=limits)


def measured(name: str, lang: Language) -> str:
    """Say what a number is of: `dose rate`, `activity per volume (Cs-137)`."""
    field, *rest = name.split("/")
    if not rest:
        return word("reading", field, lang)
    quantity, *of = rest
    said = word("quantity", quantity, lang)
    return f"{said} ({', '.join(of)})" if of else said


def level_of(severity: Severity) -> int:
    """Tell how a station stands, by the severity of its message: 0 normal, 1 attention, 2 danger."""
    return 2 if severity in DANGER else int(severity == "Moderate")


def readings_path(station: str) -> str:
    """Return the page of a station's readings."""
    return f"/picture/readings?{urlencode({'station': station})}"


def _mark(number: int, row: Row, lang: Language) -> Mark:
    where = place_and_region(row.place, row.region, lang)
    return Mark(
        number=number,
        severity=row.severity,
        place=row.place or row.region,
        said=f"{word('severity', row.severity, lang)}: {headline_of(row, lang)} ({where})",
        href=situation_path(row.situation),
        exercise=row.exercise,
    )


def _gravity(row: Row) -> tuple[int, float, float, str]:
    due = float("inf") if row.due is None else row.due.timestamp()
    return -SEVERITY_ORDER[row.severity], due, -row.updated_at.timestamp(), row.situation


def _due(party: Party) -> float:
    return float("inf") if party.due is None else party.due.timestamp()
