"""The rota changed by touch: somebody stands in, two officers swap, a stand-in is changed or taken away.

What the ministry's calendar says stays as it is: a stand-in is an entry beside it, as `cbrn shift swap` writes it, and
only such an entry can be taken away here.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import structlog
from fastapi import APIRouter, Form, Query, Response

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.rooms.watch import own
from cbrn_consumers.desk.web.rooms.watch.duty_pages import show_watch
from cbrn_consumers.desk.web.rooms.watch.problems import problem_of
from cbrn_consumers.desk.web.visit import Visitor, needs
from cbrn_consumers.rota import BISHKEK, written
from cbrn_consumers.shifts import Refusal, RefusedError, officer_of
from cbrn_consumers.shifts.standing_in import keep_entries, shift_at, with_override, with_swap, without_override
from cbrn_schemas.errors import BusError
from cbrn_schemas.shift import Seat

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_consumers.rota import Entry, Roster

SeatGiven = Annotated[Seat, Form()]
Moment = Annotated[str, Form(max_length=32)]
Post = Annotated[str, Form(max_length=64)]
Uid = Annotated[str, Form(max_length=200)]
Stamp = Annotated[str, Form(max_length=32)]
PLANS: Final = [needs(Right.ROTA)]
SINGLE: Final = asyncio.Lock()
"""One change at a time: each is held against the calendar as it is."""

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/watch/rota")


@router.post("/override", dependencies=PLANS)
async def override(
    visit: Visitor,
    *,
    seat: SeatGiven,
    post: Post,
    begins: Moment,
    ends: Moment,
    stamp: Stamp,
    uid: Uid = "",
) -> Response:
    """Let a post stand in; with a `uid`, instead of the stand-in of that name."""

    def changed(roster: Roster) -> list[Entry]:
        officer_of(roster, post)
        span = moment_of(begins), moment_of(ends)
        if not uid:
            return with_override(roster.rota, seat, post, span, now=visit.now, by=visit.account.name)
        kept = without_override(roster.rota, uid, allow_empty=True)
        return with_override(roster.rota, seat, post, span, now=visit.now, by=visit.account.name, beside=kept)

    typed = {"seat": seat, "post": post, "begins": begins, "ends": ends, "uid": uid}
    return await _kept(visit, "override", stamp, changed, typed)


@router.post("/cancel", dependencies=PLANS)
async def cancel(visit: Visitor, uid: Uid, stamp: Stamp) -> Response:
    """Take a stand-in away: the rota says again who is on duty."""
    return await _kept(visit, "cancel", stamp, lambda roster: without_override(roster.rota, uid), {"uid": uid})


@router.post("/swap", dependencies=PLANS)
async def swap(visit: Visitor, seat: SeatGiven, one: Moment, other: Moment, stamp: Stamp) -> Response:
    """Let two officers exchange two shifts."""

    def changed(roster: Roster) -> list[Entry]:
        shifts = [shift_at(roster.rota, seat, moment_of(text)) for text in (one, other)]
        return with_swap(roster.rota, *shifts)[0]

    return await _kept(visit, "swap", stamp, changed, {"seat": seat, "one": one, "other": other})


@router.get(".ics", dependencies=[needs(Right.READ)])
async def download(visit: Visitor, body: Annotated[str, Query(max_length=own.BODY_CHARS_MAX)] = "") -> Response:
    """Give the rota as iCalendar, for any calendar program; posts stand in it, no numbers."""
    code = own.body_of(visit, body)
    roster, missing = await own.roster_or_problem(visit, code)
    if roster is None:
        assert missing is not None
        return await show_watch(visit, code, problem=problem_of(visit, missing))
    headers = {"content-disposition": f'attachment; filename="rota-{code}.ics"'}
    content = await asyncio.to_thread(written, roster.rota.entries)
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def moment_of(text: str) -> datetime:
    """Read a time of a form, in the country's time.

    Raises:
        RefusedError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=BISHKEK)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RefusedError(Refusal.TIMES, "this is no time", "Write it as 2026-12-01T09:00.") from None


async def _kept(
    visit: Visitor, act: str, stamp: str, changed: Callable[[Roster], list[Entry]], typed: dict[str, Any]
) -> Response:
    """Change the calendar, held against what the person saw; or show why not, with what was typed."""
    body = own.own_body(visit)
    try:
        async with SINGLE:
            roster = await own.roster_of(visit, body)
            entries = changed(roster)
            folder = visit.desk.settings.rota_dir
            await asyncio.to_thread(keep_entries, folder, stamp, roster.rota, entries)
    except BusError as error:
        return await show_watch(visit, body, problem=problem_of(visit, error), typed=typed | {"act": act})
    log.info("the rota was changed", body=body, act=act, by=visit.account.shown, account=visit.account.name)
    return visit.redirect(f"/watch?kept={act}")
