"""`/stream`: what changes, as it changes, to every open page of somebody who is signed in."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.door import SESSION_COOKIE
from cbrn_consumers.desk.web.visit import Room, Visitor, needs

router = APIRouter()
ROOM = Room("stream", router)


@router.get("/signed-in", dependencies=[needs(Right.READ)])
async def signed_in() -> Response:
    """Tell a page whose line is lost whether signing in would help: 401 if so."""
    return Response(status_code=204)


@router.get("/stream", dependencies=[needs(Right.READ)])
async def stream(
    visit: Visitor,
    after: Annotated[str, Query(max_length=40)] = "",
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> Response:
    """Tell one page what changes from its cursor on."""
    if visit.streams.full:
        return PlainTextResponse("Too many pages are open. Try again.\n", 503, {"retry-after": "5"})
    desk, token, known = visit.desk, visit.request.cookies.get(SESSION_COOKIE, ""), visit.account

    async def lasting() -> bool:
        """Tell whether the same may still be shown: signed out everywhere is signed out here."""
        session = await asyncio.to_thread(desk.accounts.session, token, desk.clock())
        return session is not None and session.account == known

    events = visit.streams.page(visit.audience, last_event_id or after, lasting)
    return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
