"""What the body's officers were sent in the last two days, over which channel, and what came of it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.rooms.watch import own
from cbrn_consumers.desk.web.rooms.watch.now import person_of
from cbrn_consumers.desk.web.rooms.watch.problems import away_of
from cbrn_consumers.desk.web.visit import Visitor, needs

SHOWN_MAX: Final = 200

router = APIRouter(prefix="/watch/notices")


@router.get("", dependencies=[needs(Right.READ)])
async def notices(
    visit: Visitor,
    body: Annotated[str, Query(max_length=own.BODY_CHARS_MAX)] = "",
    only: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Show what was sent; with `only=failed` what reached nobody."""
    code = own.body_of(visit, body)
    heard = await own.bus_of(visit).sendings(code, visit.now)
    sent = [each for each in heard.value or () if each.notice.channel is not None or each.outcomes]
    failed = [each for each in sent if each.failed]
    roster, _ = await own.roster_or_problem(visit, code)
    shown = (failed if only == "failed" else sent)[:SHOWN_MAX]
    posts = {each.notice.post for each in shown}
    return visit.render(
        "watch/notices.html",
        body=code,
        sendings=shown,
        total=len(sent),
        failed=len(failed),
        only=only,
        people={post: None if roster is None else person_of(roster, post) for post in posts},
        away=away_of(visit, heard.problem),
    )
