"""What silences hide of the body's inbox, by whom, why, until when; one begun, one ended. Never what is extreme."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Response

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.rooms.watch import own
from cbrn_consumers.desk.web.rooms.watch.problems import away_of, problem_of
from cbrn_consumers.desk.web.visit import Visitor, needs
from cbrn_consumers.inbox import SilenceState
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.places import districts
from cbrn_schemas.errors import BusError
from cbrn_schemas.events.kinds import EVENT_TYPES
from cbrn_schemas.silence import SilenceError, declare_end, scope_of

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.rooms.watch.problems import Problem
    from cbrn_consumers.desk.web.visit import Visit

LASTS: Final = (1, 2, 4, 8, 12, 24, 48, 72, 168)
"""Hours that can be chosen; seven days at most."""
SCOPES: Final = ("situation", "station", "kind", "hazard", "region", "district", "publisher")
Part = Annotated[str, Form(max_length=128)]
Reason = Annotated[str, Form(max_length=500)]
MAY: Final = [needs(Right.SILENCE)]

router = APIRouter(prefix="/watch/silences")


@router.get("", dependencies=[needs(Right.READ)])
async def silences(
    visit: Visitor,
    body: Annotated[str, Query(max_length=own.BODY_CHARS_MAX)] = "",
    situation: Annotated[str, Query(max_length=128)] = "",
    ended: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """Show what is hidden."""
    return await _show(visit, own.body_of(visit, body), typed={"situation": situation}, ended=ended)


@router.post("", dependencies=MAY)
async def begin(
    visit: Visitor,
    *,
    reason: Reason,
    hours: Annotated[int, Form(ge=1, le=168)],
    situation: Part = "",
    station: Part = "",
    kind: Part = "",
    hazard: Part = "",
    region: Part = "",
    district: Part = "",
    publisher: Part = "",
) -> Response:
    """Begin a silence; the page says what it hides, and what stays visible in spite of it."""
    body = own.own_body(visit)
    given = (situation, station, kind, hazard, region, district, publisher)
    typed: dict[str, Any] = dict(zip(SCOPES, map(str.strip, given), strict=True))
    try:
        scope = scope_of({name: value for name, value in typed.items() if value})
        until = visit.now + timedelta(hours=hours)
        times = {"created": visit.now, "starts": visit.now, "expires": until}
        bus = own.bus_of(visit)
        done = await bus.declare(body, scope, visit.now, author=visit.account.shown, reason=reason.strip(), **times)
    except BusError as error:
        typed |= {"reason": reason, "hours": hours}
        return await _show(visit, body, problem=problem_of(visit, error), typed=typed)
    return await _show(visit, body, begun=done)


@router.post("/end", dependencies=MAY)
async def end(visit: Visitor, silence: Annotated[str, Form(max_length=128)], reason: Reason = "") -> Response:
    """End a silence before its time; what it hid is told."""
    body = own.own_body(visit)
    try:
        said = declare_end(silence, author=visit.account.shown, reason=reason.strip() or None, at=visit.now)
        if said.body != body:  # another body's silence is answered as one that does not exist
            raise SilenceError("there is no such silence", where="silence", hint="Look at the list.")
        await own.bus_of(visit).end(said, visit.now)
    except BusError as error:
        return await _show(visit, body, problem=problem_of(visit, error))
    return visit.redirect(f"/watch/silences?ended={silence}")


async def _show(
    visit: Visit,
    body: str,
    *,
    problem: Problem | None = None,
    typed: dict[str, Any] | None = None,
    begun: Any = None,
    ended: str = "",
) -> Response:
    heard = await own.bus_of(visit).silences(body)
    known = [] if heard.value is None else list(heard.value.standing.values())
    live = [each for each in known if visit.now < each.until]
    over = sorted((each for each in known if each.until <= visit.now), key=lambda each: each.until, reverse=True)
    return visit.render(
        "watch/silences.html",
        200 if problem is None else problem.status,
        body=body,
        live=sorted(live, key=lambda each: each.until),
        over=over[:20],
        states={each.silence.id: each.state(visit.now) for each in known},
        in_force=SilenceState.IN_FORCE,
        warnings=[] if heard.value is None else heard.value.warnings,
        away=away_of(visit, heard.problem),
        problem=problem,
        typed=defaultdict(str, typed or {}),
        begun=begun,
        ended=heard.value.standing.get(ended) if heard.value is not None else None,
        may_silence=body == visit.account.body and visit.may(Right.SILENCE),
        lasts=[(each, timedelta(hours=each)) for each in LASTS],
        kinds=sorted(EVENT_TYPES),
        regions=sorted({each.region for each in districts().values() if each.region}),
        publishers=sorted(bodies()),
    )
