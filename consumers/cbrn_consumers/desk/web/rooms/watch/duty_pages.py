"""Who is on duty now and next; the watch taken and handed over with what is open; the rota of two weeks."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Form, Query, Response

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.store import Filters, ListState
from cbrn_consumers.desk.web.rooms.watch import own
from cbrn_consumers.desk.web.rooms.watch.calendar import days_of, standins_of
from cbrn_consumers.desk.web.rooms.watch.now import alarms_of, found_in, person_of, seats_now
from cbrn_consumers.desk.web.rooms.watch.problems import Problem, away_of, problem_of
from cbrn_consumers.desk.web.visit import Visitor, needs
from cbrn_consumers.shifts import Refusal, RefusedError
from cbrn_consumers.shifts.changing import handing_over, taking
from cbrn_consumers.shifts.standing_in import stamp_of
from cbrn_schemas.errors import BusError
from cbrn_schemas.shift import OPEN_MAX, SEATS, Seat

if TYPE_CHECKING:
    from cbrn_consumers.desk.store import Page
    from cbrn_consumers.rota import Held, Roster, ShiftLog
    from cbrn_schemas.shift import ShiftHandedOver, ShiftTaken

    Change = TypeVar("Change", ShiftTaken, ShiftHandedOver)

AHEAD: Final = timedelta(days=14)
NOTE_CHARS_MAX: Final = 2_000
Body = Annotated[str, Query(max_length=own.BODY_CHARS_MAX)]
Said = Annotated[str, Query(max_length=128)]
Post = Annotated[str, Form(max_length=64)]
Seen = Annotated[str, Form(max_length=128)]
Note = Annotated[str, Form(max_length=NOTE_CHARS_MAX)]

router = APIRouter()
READS: Final = [needs(Right.READ)]
WATCHES: Final = [needs(Right.WATCH)]


@router.get("/watch", dependencies=READS)
async def watch(visit: Visitor, body: Body = "", said: Said = "", kept: Said = "") -> Response:
    """Show who is on duty, what is wrong with that, and the rota."""
    return await show_watch(visit, own.body_of(visit, body), said=said, kept=kept)


async def show_watch(
    visit: Visitor, body: str, *, problem: Problem | None = None, said: str = "", kept: str = "", typed: Any = None
) -> Response:
    """Make the page; with a problem, what was typed stays."""
    roster, missing = await own.roster_or_problem(visit, body)
    heard = await own.bus_of(visit).log(body)
    log = heard.value
    known: dict[str, Any] = {"seats": [], "alarms": [], "days": [], "standins": [], "findings": [], "posts": []}
    if roster is not None:
        known = {
            "seats": seats_now(roster, log, visit.now, numbers=own.sees_numbers(visit, body)),
            "alarms": alarms_of(roster, log, visit.now),
            "days": days_of(roster, visit.now),
            "standins": standins_of(roster, visit.now),
            "findings": found_in(roster, log, visit.now, AHEAD),
            "posts": posts_of(roster),
            "stamp": stamp_of(roster.rota),
            "seen": {seat: seen_of(log, seat, visit) for seat in SEATS},
            "tests": own.posts_to_test(visit, roster, log),
        }
    return visit.render(
        "watch/now.html",
        200 if problem is None else problem.status,
        body=body,
        own=body == visit.account.body,
        may_watch=body == visit.account.body and visit.may(Right.WATCH),
        may_plan=body == visit.account.body and visit.may(Right.ROTA),
        roster=roster,
        missing=None if missing is None else problem_of(visit, missing),
        away=away_of(visit, heard.problem),
        problem=problem,
        typed=defaultdict(str, typed or {}),
        said=said_of(log, said),
        asked_said=said,
        kept=kept,
        bodies=[body],
        **known,
    )


@router.post("/watch/take", dependencies=WATCHES)
async def take(
    visit: Visitor,
    seat: Annotated[Seat, Form()],
    post: Post = "",
    note: Note = "",
    seen: Seen = "",
) -> Response:
    """Take a seat."""
    body = own.own_body(visit)
    typed = {"seat": seat, "post": post, "note": note}
    try:
        roster, _ = await _asked(visit, body, seat, seen)
        by = visit.account.shown
        fact = taking(visit.desk.settings, roster, seat, post or None, by=by, at=visit.now, note=note.strip() or None)
        await _publish(visit, fact)
    except BusError as error:
        return await show_watch(visit, body, problem=problem_of(visit, error), typed=typed)
    return visit.redirect(f"/watch?said={fact.id}")


@router.get("/watch/handover", dependencies=READS)
async def sheet(visit: Visitor, seat: Annotated[Seat, Query()] = "first", said: Said = "") -> Response:
    """Show the sheet that goes with a seat: what is open, who has it, a note; to print, and to hand over with."""
    return await _show_sheet(visit, seat, said=said)


@router.post("/watch/handover", dependencies=WATCHES)
async def hand_over(
    visit: Visitor,
    seat: Annotated[Seat, Form()],
    post: Post = "",
    note: Note = "",
    seen: Seen = "",
) -> Response:
    """Hand a seat over, with what is open."""
    body = own.own_body(visit)
    try:
        roster, log = await _asked(visit, body, seat, seen)
        by = visit.account.shown
        fact = handing_over(
            visit.desk.settings, roster, log, seat, post or None, by=by, at=visit.now, note=note.strip() or None
        )
        await _publish(visit, fact)
    except BusError as error:
        typed = {"post": post, "note": note}
        return await _show_sheet(visit, seat, problem=problem_of(visit, error), typed=typed)
    return visit.redirect(f"/watch/handover?seat={seat}&said={fact.id}")


async def _show_sheet(
    visit: Visitor, seat: Seat, *, problem: Problem | None = None, said: str = "", typed: Any = None
) -> Response:
    body = own.own_body(visit)
    roster, missing = await own.roster_or_problem(visit, body)
    heard = await own.bus_of(visit).log(body)
    seats = [] if roster is None else seats_now(roster, heard.value, visit.now, numbers=False)
    done = said_of(heard.value, said)
    return visit.render(
        "watch/handover.html",
        200 if problem is None else problem.status,
        body=body,
        seat=seat,
        seated=next((each for each in seats if each.seat == seat), None),
        page=await _open(visit, body),
        posts=[] if roster is None else posts_of(roster),
        missing=None if missing is None else problem_of(visit, missing),
        away=away_of(visit, heard.problem),
        problem=problem,
        typed=defaultdict(str, typed or {}),
        said=done,
        asked_said=said,
        receiver=None if done is None or roster is None else person_of(roster, done.fact.post),
        former=None if roster is None else _former(roster, done),
        seen=seen_of(heard.value, seat, visit),
        may_watch=visit.may(Right.WATCH),
    )


def posts_of(roster: Roster) -> list[Any]:
    """Return the officers who can be chosen; where there is no file, the posts that the rota names."""
    if roster.officers is None:
        return [person_of(roster, post) for post in sorted(roster.rota.posts)]
    return [person_of(roster, each.post) for each in roster.officers.officers]


def seen_of(log: ShiftLog | None, seat: Seat, visit: Visitor) -> str:
    """Name what was last said of a seat, so that of two officers at once the second is told of the first."""
    held = None if log is None else log.holder(seat, visit.now)
    return "-" if held is None else held.fact.id


def said_of(log: ShiftLog | None, identifier: str) -> Held | None:
    """Find a change that was just written, as the log has it."""
    if log is None or not identifier:
        return None
    return next((one for held in log.held.values() for one in reversed(held) if one.fact.id == identifier), None)


async def _asked(visit: Visitor, body: str, seat: Seat, seen: str) -> tuple[Roster, ShiftLog]:
    """Read files and log; refuse where somebody else was quicker."""
    roster = await own.roster_of(visit, body)
    bus = own.bus_of(visit)
    bus.forget_log(body)
    heard = await bus.log(body)
    if heard.value is None or heard.problem is not None:
        raise heard.problem or BusError("the bus does not answer")
    if seen and seen != seen_of(heard.value, seat, visit):
        raise RefusedError(Refusal.CHANGED_SINCE, "the seat has changed hands since", "Look at it again.")
    return roster, heard.value


async def _open(visit: Visitor, body: str) -> Page:
    return await visit.desk.store.page(body, Filters(state=ListState.OPEN), visit.now, limit=OPEN_MAX)


async def _publish(visit: Visitor, fact: Change) -> None:
    page = await _open(visit, fact.body)
    await own.bus_of(visit).publish(fact, [row.situation for row in page.rows], page.total)


def _former(roster: Roster, held: Held | None) -> Any:
    former = None if held is None else getattr(held.fact, "former", None)
    return None if former is None else person_of(roster, former)
