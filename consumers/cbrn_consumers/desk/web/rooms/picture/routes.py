"""The picture's pages. What they show stands in `seen` and `month`; everybody sees what the own lists show, no more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import HTMLResponse  # noqa: TC002 - FastAPI reads the annotations

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.picture import (
    SIGNS,
    bar_plot,
    country_map,
    load_plot,
    load_words,
    readings_plot,
    readings_words,
)
from cbrn_consumers.desk.store import Filters, ListState
from cbrn_consumers.desk.store.asked import Outcome, asked
from cbrn_consumers.desk.web.rooms.picture.month import as_csv, counts, lasting, load_lines, month_of, times
from cbrn_consumers.desk.web.rooms.picture.seen import (
    GRAVEST,
    board_of,
    curve_of,
    marks_of,
    measured,
    numbered,
    posts_of,
    standing_lists,
    station_lines,
)
from cbrn_consumers.desk.web.rooms.situations.drawing import veiled
from cbrn_consumers.desk.web.visit import Link, Room, Visitor, needs
from cbrn_consumers.desk.web.words import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_consumers.desk.store import Entry, Row, Station
    from cbrn_consumers.desk.web.rooms.picture.month import Month
    from cbrn_consumers.desk.web.rooms.picture.seen import Numbered
    from cbrn_consumers.desk.web.visit import Visit

ROWS_MAX: Final = 500
"""Open situations that are looked at for a page: more than a country has; the page says what it leaves out."""
WALL_MARKS: Final = 40
ASKED_MAX: Final = 200
LOG_MAX: Final = 1_000
TICKER: Final = 10
STATIONS: Final = 6
"""Stations above a limit that are named on the wall; all of them stand on its map."""
LOG_HOURS: Final = (8, 12, 24, 72, 168)
DAYS: Final = (1, 7, 30)
REFRESH_S: Final = 10
"""Without JavaScript the wall is shown anew so often."""

Wanted = Annotated[str, Query(max_length=10)]
Code = Annotated[str, Query(max_length=64)]

router = APIRouter(dependencies=[needs(Right.READ)])
ROOM: Final = Room(
    "picture",
    router,
    (
        Link("/picture", N_("Picture"), Right.READ),
        Link("/picture/month", N_("Month"), Right.READ),
        Link("/picture/log", N_("Log"), Right.READ),
    ),
)


@router.get("/picture")
async def picture(visit: Visitor) -> HTMLResponse:
    """Show the country, who has not answered, and the stations."""
    listed, total = await _open(visit)
    lines = station_lines(await _stations(visit), visit.lang)
    return visit.render(
        "picture/picture.html",
        map=country_map(marks_of(listed, visit.lang), visit.lang, posts=posts_of(lines)),
        listed=listed,
        left_out=total - len(listed),
        board=board_of(listed, visit.now),
        stations=lines,
    )


@router.get("/picture/readings")
async def readings(
    visit: Visitor, station: Annotated[str, Query(max_length=300)] = "", days: Annotated[int, Query(ge=1, le=30)] = 7
) -> HTMLResponse:
    """Show what a station has given, each name with its curve."""
    stations = await _stations(visit)
    names = [each.name for each in stations if each.station == station]
    if station and not names:
        raise HTTPException(404)
    since = visit.now - timedelta(days=days)
    given = [
        (name, await visit.desk.store.readings(_body(visit), station, name, since)) for name in dict.fromkeys(names)
    ]
    curves = [curve_of(station, name, noted, visit.lang) for name, noted in given]
    return visit.render(
        "picture/readings.html",
        station=station,
        stations=sorted({each.station for each in stations}),
        days=days,
        choices=DAYS,
        curves=[
            (measured(name, visit.lang), readings_plot(curve, visit.lang, key=f"readings-{index}"),
             readings_words(curve, visit.lang), curve)
            for index, ((name, _), curve) in enumerate(zip(given, curves, strict=True))
        ],
    )  # fmt: skip


@router.get("/picture/month")
async def month(visit: Visitor, month: Wanted = "", body: Code = "") -> HTMLResponse:
    """Show a month: counts, times to acknowledge, load of alarms."""
    asked = _month(visit, month)
    figures = await visit.desk.store.figures(_scope(visit), asked.since, asked.until, visit.now)
    loads = load_lines(await visit.desk.store.alarm_times(_scope(visit), asked.since, asked.until), asked, visit.now)
    chosen = next((line for line in loads if line.body == body), loads[0] if loads else None)
    listed, total = await _open(visit)
    plots = {
        "counts": bar_plot(
            counts(figures, visit.lang), title=visit.text("Answers asked for, by severity"),
            about=visit.text("The table below says the same."), key="counts",
        ),
        "times": bar_plot(
            times(figures, visit.lang), title=visit.text("Time to answer, by body and severity"),
            about=visit.text("The table below says the same."), key="times",
        ),
        "load": None if chosen is None else load_plot(chosen.load, visit.lang),
    }  # fmt: skip
    return visit.render(
        "picture/month.html",
        month=asked,
        figures=figures,
        plots=plots,
        loads=loads,
        chosen=chosen,
        load_said="" if chosen is None else load_words(chosen.load, visit.lang),
        standing=standing_lists(listed, visit.now),
        left_out=total - len(listed),
        lasting=lambda seconds: lasting(seconds, visit.lang),
    )


@router.get("/picture/month.csv")
async def month_csv(visit: Visitor, month: Wanted = "") -> Response:
    """Give a month's figures as a file."""
    asked = _month(visit, month)
    figures = await visit.desk.store.figures(_scope(visit), asked.since, asked.until, visit.now)
    name = f"figures-{_body(visit)}-{asked.name}.csv"
    return Response(
        as_csv(figures),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.get("/picture/month/asked")
async def month_asked(
    visit: Visitor, body: Code = "", severity: Code = "", outcome: Code = "", month: Wanted = ""
) -> HTMLResponse:
    """Show what stands behind a number of the month."""
    asked_month = _month(visit, month)
    if severity not in SIGNS or outcome not in {"", *Outcome}:
        raise HTTPException(404)
    found = await asked(
        visit.desk.store, _scope(visit), asked_month.since, asked_month.until, body=body, severity=severity
    )
    if not found:
        raise HTTPException(404)
    behind = [each for each in found if outcome in {"", each.outcome(visit.now)}]
    shown = behind[:ASKED_MAX]
    rows = {
        name: await visit.desk.store.row(_scope(visit), name, visit.now) for name in {one.situation for one in shown}
    }
    return visit.render(
        "picture/asked.html",
        month=asked_month,
        body=body,
        severity=severity,
        outcome=outcome,
        asked=[(each, rows[each.situation]) for each in shown],
        left_out=len(behind) - len(shown),
    )


@router.get("/picture/log")
async def log(visit: Visitor, hours: Annotated[int, Query(ge=1, le=168)] = 12) -> HTMLResponse:
    """Show what was answered and said in the last hours: the shift's log, to be printed."""
    since = visit.now - timedelta(hours=hours)
    entries = await visit.desk.store.log(_scope(visit), LOG_MAX, since=since)
    return visit.render(
        "picture/log.html", entries=entries, since=since, hours=hours, choices=LOG_HOURS, full=len(entries) == LOG_MAX
    )


@router.get("/wall")
async def wall(visit: Visitor) -> HTMLResponse:
    """Show the wall of the duty room: nobody touches it."""
    return visit.render("picture/wall.html", refresh_s=REFRESH_S, **await _wall(visit))


@router.get("/wall/now")
async def wall_now(visit: Visitor) -> HTMLResponse:
    """Give what stands on the wall, for the page that asks anew."""
    return visit.render("picture/wall_now.html", **await _wall(visit))


async def _wall(visit: Visit) -> dict[str, Any]:
    rows, total = await _open_rows(visit)
    listed = numbered(map(veiled, rows), visit.now, visit.lang)
    lines = station_lines(await _stations(visit), visit.lang)
    entries: list[Entry] = await visit.desk.store.log(_scope(visit), TICKER)
    return {
        "map": country_map(marks_of(listed[:WALL_MARKS], visit.lang), visit.lang, posts=posts_of(lines)),
        "board": board_of(listed, visit.now),
        "above": [line for line in lines if line.level][:STATIONS],
        "gravest": listed[:GRAVEST],
        "total": total,
        "late": sum(bool(each.missing) for each in listed),
        "waiting": sum(bool(each.waiting) for each in listed),
        "entries": entries,
    }


async def _open(visit: Visit) -> tuple[list[Numbered], int]:
    """Return the open situations by number, and how many there are in all."""
    rows, total = await _open_rows(visit)
    return numbered(rows, visit.now, visit.lang), total


async def _open_rows(visit: Visit) -> tuple[Sequence[Row], int]:
    page = await visit.desk.store.page(_scope(visit), Filters(state=ListState.OPEN), visit.now, limit=ROWS_MAX)
    return page.rows, page.total


async def _stations(visit: Visit) -> list[Station]:
    return await visit.desk.store.stations(_body(visit))


def _scope(visit: Visit) -> str:
    """Return whose lists are shown: whoever has none has no right to read, and does not come here."""
    name = visit.scope.name
    if name is None:
        raise HTTPException(404)
    return name


def _body(visit: Visit) -> str:
    """Return the body whose stations are shown: of a desk for all bodies, its own, which hears all of them."""
    return visit.desk.body if visit.scope.all else visit.scope.own


def _month(visit: Visit, text: str) -> Month:
    found = month_of(text, visit.now)
    if found is None:
        raise HTTPException(404)
    return found
