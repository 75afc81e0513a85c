"""Reports: choosing the kind, typing, seeing what will happen, sending. Every page works without JavaScript.

What was typed is in the page that answers, whatever went wrong; only a report that Kafka holds ends the form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.report import (
    OFFERED,
    PLACE,
    TooMuchTypedError,
    continued,
    families,
    proposed,
    text_at,
    typed_of,
    with_row,
    without_row,
)
from cbrn_consumers.desk.web.rooms.report import pressing
from cbrn_consumers.desk.web.rooms.report.pages import (
    ACT,
    AROUND,
    around_of,
    draft_of,
    form_page,
    found_of,
    look_page,
    reporting_of,
    send,
    with_point,
    without_auto,
)
from cbrn_consumers.desk.web.visit import Link, Room, Visitor, needs
from cbrn_consumers.desk.web.words import N_
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.errors import BusError
from cbrn_schemas.events.time import LOCAL_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cbrn_consumers.desk.report import Typed
    from cbrn_consumers.desk.web.visit import Visit

FIELDS_MAX: Final = 3_000
NEXT: Final = ("Update", "Cancel")

router = APIRouter(prefix="/report", dependencies=[needs(Right.REPORT)])


def publishes(visit: Visit) -> bool:
    """Tell whether the account's body publishes at all."""
    body = bodies().get(visit.account.body)
    return body is not None and body.publishes


@router.get("")
async def choose(visit: Visitor, q: str = "") -> Response:
    """Offer the kinds of reports."""
    offered = families(visit.lang, q) if publishes(visit) else ()
    return visit.render(
        "report/choose.html",
        families=offered or (families(visit.lang) if publishes(visit) else ()),
        wanted=q[:200],
        nothing=bool(q.strip()) and not offered,
        publishes=publishes(visit),
    )


@router.get("/earlier")
async def earlier(visit: Visitor) -> Response:
    """Show what this body has reported, to update it or to end it."""
    _refuse_silent(visit)
    try:
        reports, problem = await reporting_of(visit.request).earlier(visit.account.body), None
    except BusError as error:
        reports, problem = (), error
    return visit.render("report/earlier.html", reports=reports, problem=problem)


@router.get("/new/{kind}")
async def begin(visit: Visitor, kind: str, follows: str = "", to: str = "Update") -> Response:
    """Show an empty form, or one that goes on from an earlier report."""
    _refuse_silent(visit)
    _known(kind)
    now = visit.now.astimezone(LOCAL_TIME)
    if not follows:
        return form_page(visit, kind, proposed(kind, now), fresh=True)
    try:
        reports = await reporting_of(visit.request).earlier(visit.account.body)
    except BusError as error:
        return visit.render("report/earlier.html", status=503, reports=(), problem=error)
    before = next((each for each in reports if each.id == follows and each.event.kind == kind), None)
    if before is None or to not in NEXT:
        raise HTTPException(404)
    return form_page(visit, kind, continued(kind, before.data, before.id, to, now))


@router.post("/new/{kind}")
async def typed(visit: Visitor, kind: str, request: Request) -> Response:
    """Take what was typed, and answer with the next page: the form again, what will happen, or the receipt."""
    _refuse_silent(visit)
    _known(kind)
    try:
        async with request.form(max_files=0, max_fields=FIELDS_MAX) as sent:
            given = typed_of(sent.multi_items())
    except TooMuchTypedError:
        raise HTTPException(413) from None
    act, path = _act(given)
    change = _CHANGES.get(act)
    if change is not None:
        return form_page(visit, kind, change(given, path))
    return await (send if act == "send" else look_page)(visit, kind, given)


@router.get("/sent/{event_id}")
async def sent(visit: Visitor, event_id: str, kind: str = "") -> Response:
    """Show the receipt of a report."""
    receipt = reporting_of(visit.request).sent(visit.account.body, event_id)
    if receipt is None:
        raise HTTPException(404)
    return visit.render("report/sent.html", receipt=receipt, draft=draft_of(visit, kind))


@router.get("/map.svg")
async def map_image(visit: Visitor, around: str = "", lat: str = "", lon: str = "") -> Response:
    """Draw the map that is pressed."""
    image = pressing.drawn(around_of(around), pressing.place_of(lat, lon), visit.lang)
    return Response(image, media_type="image/svg+xml")


@router.get("/where")
async def where(visit: Visitor, name: str = "", lat: str = "", lon: str = "", press: str = "") -> Response:
    """Say which district a place lies in, for a form that is being typed."""
    given: Typed = {PLACE: [name[:200]], "where.point.lat": [lat], "where.point.lon": [lon]}
    if press:
        given = with_point({**given, AROUND: [lat and f"{lat},{lon}"]}, press)
    answer = {"found": found_of(visit, given), "lat": text_at(given, "where.point.lat")}
    return JSONResponse(
        {
            **answer,
            "lon": text_at(given, "where.point.lon"),
            "around": text_at(given, AROUND),
            "accuracy": text_at(given, "where.point.accuracy_m"),
        }
    )


def _refuse_silent(visit: Visit) -> None:
    if not publishes(visit):
        raise HTTPException(404)


def _known(kind: str) -> None:
    if kind not in OFFERED:
        raise HTTPException(404)


def _act(given: Typed) -> tuple[str, str]:
    """Take the button that was pressed out of what was typed, and what it is about."""
    act, _, path = text_at(given, ACT).partition(":")
    given.pop(ACT, None)
    for size in pressing.SIZES:
        x, y = given.pop(f"map-{size}.x", None), given.pop(f"map-{size}.y", None)
        if x and y:
            return "map", f"{size},{x[0]},{y[0]}"
    return act, path


def _without_row(given: Typed, path: str) -> Typed:
    name, _, row = path.rpartition(".")
    return without_row(given, name, int(row[:3])) if row.isascii() and row.isdigit() else given


_CHANGES: Final[Mapping[str, Callable[[Typed, str], Typed]]] = {
    "add": with_row,
    "remove": _without_row,
    "place": lambda given, code: {**given, PLACE: [code]},
    "map": with_point,
    "country": lambda given, _: {**given, AROUND: [""]},
    "edit": lambda given, _: without_auto(given),
    "find": lambda given, _: given,
    "draft": lambda given, _: given,
}
"""What a button changes in the form, by its name and what it is about."""

ROOM = Room("report", router, (Link("/report", N_("Report"), Right.REPORT),))
"""How the desk knows it."""
