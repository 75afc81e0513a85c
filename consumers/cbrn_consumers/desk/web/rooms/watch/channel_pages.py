"""Channels tried before they are needed: a code goes out, the officer gives it back here, the result stands in the log.

The body's notify process sends; where nothing sends, or there is no file of officers, the page says what is missing.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Form, Query, Response

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.rooms.watch import own
from cbrn_consumers.desk.web.rooms.watch.now import Person, Way, person_of, ways_of
from cbrn_consumers.desk.web.rooms.watch.problems import Problem, away_of, problem_of
from cbrn_consumers.desk.web.visit import ForbiddenError, Visitor, needs
from cbrn_consumers.shifts import Refusal, RefusedError, officer_of
from cbrn_consumers.shifts.reaching import channels_of
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.visit import Visit
    from cbrn_consumers.rota import Roster, ShiftLog, Tested

HEARD_WITHIN: Final = timedelta(seconds=30)
"""Notify looks at what is asked every ten seconds; then nobody sends for this body."""
ANSWERED_WITHIN: Final = timedelta(minutes=10)
EVERYBODY: Final = "*"
GUESSES_MAX: Final = 5
GUESSED_WITHIN: Final = timedelta(minutes=10)
"""Of 10,000 codes: who guesses all day hits one in two weeks."""
GUESSERS_MAX: Final = 1_000

router = APIRouter(prefix="/watch/channels")


class Tried(NamedTuple):
    """A channel and the latest test of it."""

    way: Way
    tested: Tested | None
    waiting: bool
    """A test was asked for, and nothing has come of it yet."""


class Row(NamedTuple):
    """An officer's channels."""

    who: Person
    mine: bool
    channels: tuple[Tried, ...]
    asked_at: datetime | None
    unheard: bool
    """A test was asked for, and nobody sends."""


@router.get("", dependencies=[needs(Right.READ)])
async def channels(
    visit: Visitor, body: Annotated[str, Query(max_length=own.BODY_CHARS_MAX)] = "", asked: int = 0, answered: str = ""
) -> Response:
    """Show each officer's channels and what is known of them."""
    return await _show(visit, own.body_of(visit, body), asked=asked > 0, answered=answered[:64])


@router.post("/test", dependencies=[needs(Right.WATCH)])
async def try_channels(
    visit: Visitor,
    post: Annotated[str, Form(max_length=64)],
    channel: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Ask for a test of an officer's channels: one's own, and for a shift leader anybody's, or everybody's."""
    body = own.own_body(visit)
    try:
        roster = await own.roster_of(visit, body)
        bus = own.bus_of(visit)
        allowed = own.posts_to_test(visit, roster, (await bus.log(body)).value)
        posts = sorted(allowed) if post == EVERYBODY and visit.may(Right.ROTA) else [officer_of(roster, post).post]
        if not allowed.issuperset(posts):
            raise ForbiddenError(visit)
        for one in posts:
            if post != EVERYBODY or officer_of(roster, one).channels:
                channels_of(officer_of(roster, one), channel or None)
                await bus.ask_test(body, one, channel or None, by=visit.account.shown, at=visit.now)
    except BusError as error:
        return await _show(visit, body, problem=problem_of(visit, error))
    return visit.redirect("/watch/channels?asked=1")


@router.post("/answer", dependencies=[needs(Right.WATCH)])
async def answer(visit: Visitor, code: Annotated[str, Form(max_length=16)]) -> Response:
    """Give a code back: the channel over which it came reaches the officer."""
    body = own.own_body(visit)
    try:
        roster = await own.roster_of(visit, body)
        bus = own.bus_of(visit)
        allowed = own.posts_to_test(visit, roster, (await bus.log(body)).value)
        _count_guess(visit)
        fact = await bus.give_back(roster, code, by=visit.account.shown, at=visit.now, posts=allowed)
    except BusError as error:
        return await _show(visit, body, problem=problem_of(visit, error), typed=code)
    _guesses(visit).pop(visit.account.id, None)
    return visit.redirect(f"/watch/channels?answered={fact.post}")


async def _show(
    visit: Visit,
    body: str,
    *,
    problem: Problem | None = None,
    asked: bool = False,
    answered: str = "",
    typed: str = "",
) -> Response:
    roster, missing = await own.roster_or_problem(visit, body)
    heard = await own.bus_of(visit).log(body)
    allowed = frozenset[str]() if roster is None else own.posts_to_test(visit, roster, heard.value)
    rows = [] if roster is None else rows_of(visit, roster, heard.value, allowed)
    return visit.render(
        "watch/channels.html",
        200 if problem is None else problem.status,
        body=body,
        rows=rows,
        no_file=roster is not None and roster.officers is None,
        findings=[] if roster is None else roster.findings,
        missing=None if missing is None else problem_of(visit, missing),
        away=away_of(visit, heard.problem),
        problem=problem,
        asked=asked,
        answered=answered,
        typed=typed,
        allowed=allowed,
        everybody=EVERYBODY if visit.may(Right.ROTA) and allowed else "",
        waiting=any(each.waiting for row in rows for each in row.channels),
    )


def rows_of(visit: Visit, roster: Roster, log: ShiftLog | None, allowed: frozenset[str]) -> list[Row]:
    """Return every officer, those first whose channels one may test."""
    if roster.officers is None:
        return []
    found = [_row(visit, roster, log, officer, mine=officer.post in allowed) for officer in roster.officers.officers]
    return sorted(found, key=lambda row: not row.mine)


def _row(visit: Visit, roster: Roster, log: ShiftLog | None, officer: Any, *, mine: bool) -> Row:
    numbers = own.sees_numbers(visit, roster.rota.body)
    ways = ways_of(officer, log, visit.now, numbers=numbers)
    asked = [] if log is None else [each for each in log.asked if each.fact.post == officer.post]
    latest = asked[-1] if asked and visit.now - asked[-1].at <= ANSWERED_WITHIN else None
    found = []
    for way in ways:
        tested = None if log is None else log.tests.get((officer.post, way.name))
        wanted = latest is not None and latest.fact.channel in {None, way.name}
        waiting = wanted and (tested is None or (latest is not None and tested.at < latest.at))
        found.append(Tried(way, tested, waiting))
    unheard = latest is not None and visit.now - latest.at > HEARD_WITHIN and any(each.waiting for each in found)
    at = None if latest is None else latest.at
    return Row(person_of(roster, officer.post), mine, tuple(found), at, unheard)


def _guesses(visit: Visit) -> OrderedDict[str, list[datetime]]:
    state = visit.request.app.state
    if not hasattr(state, "channel_guesses"):
        state.channel_guesses = OrderedDict()
    found: OrderedDict[str, list[datetime]] = state.channel_guesses
    return found


def _count_guess(visit: Visit) -> None:
    """Refuse whoever has guessed too often: a code proves a channel only if nobody can find it otherwise."""
    known = _guesses(visit)
    made = [at for at in known.get(visit.account.id, []) if visit.now - at < GUESSED_WITHIN]
    if len(made) >= GUESSES_MAX:
        raise RefusedError(Refusal.GUESSED, "too many codes were wrong", "Wait ten minutes, then test again.")
    known[visit.account.id] = [*made, visit.now]
    while len(known) > GUESSERS_MAX:
        known.popitem(last=False)
