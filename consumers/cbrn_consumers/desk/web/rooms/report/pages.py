"""The pages of a report, as answers: the form with what was typed, what will happen, and what came of sending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from fastapi.responses import RedirectResponse

from cbrn_consumers.desk.report import (
    PLACE,
    Checked,
    KafkaReporting,
    Mistake,
    Offered,
    Reporting,
    about,
    check,
    form,
    found,
    of_kind,
    outgoing,
    suggestions,
    text_at,
)
from cbrn_consumers.desk.web.rooms.report import pressing
from cbrn_consumers.desk.web.rooms.report.look import found_line, look
from cbrn_schemas.errors import BusError, InvalidEventError
from cbrn_schemas.events.time import LOCAL_TIME

if TYPE_CHECKING:
    from fastapi import Request
    from fastapi.responses import HTMLResponse, Response

    from cbrn_consumers.desk.report import Typed
    from cbrn_consumers.desk.web.visit import Visit

log = structlog.get_logger(__name__)

ACT, EVENT_ID, AROUND, AUTO = "~act", "~id", "~around", "~auto"
"""Fields of the page, none of the event's: the button, the id shown, the map's middle, what was put in here."""
SUGGESTED: Final = ("site", "district", "crossing", "code", "further_districts", "origin")


def reporting_of(request: Request) -> Reporting:
    """Return the desk's way onto the bus: one for all pages, made with the first that asks."""
    state = request.app.state
    if not hasattr(state, "reporting"):
        state.reporting = KafkaReporting(state.desk.settings, clock=state.desk.clock)
    return cast("Reporting", state.reporting)


async def close_reporting(state: Any) -> None:
    """Close the way onto the bus, if any page has asked for it."""
    if hasattr(state, "reporting"):
        await state.reporting.close()


def with_point(given: Typed, pressed: str) -> Typed:
    """Put the place that was pressed into the form, and the map around it."""
    size, _, at = pressed.partition(",")
    x, _, y = at.partition(",")
    if size not in pressing.SIZES or not (x.isascii() and x.isdigit() and y.isascii() and y.isdigit()):
        return given
    here = pressing.pressed(size, float(x[:5]), float(y[:5]), around_of(text_at(given, AROUND)))
    accuracy = "" if here.accuracy_m is None else f"{here.accuracy_m:.0f}"
    return {
        **given,
        "where.point.lat": [str(here.lat)],
        "where.point.lon": [str(here.lon)],
        "where.point.accuracy_m": [accuracy],
        AROUND: [f"{here.lat},{here.lon}"],
    }


def around_of(text: str) -> tuple[float, float] | None:
    """Read the middle of the map; None for the whole country."""
    lat, _, lon = text.partition(",")
    return pressing.place_of(lat, lon)


def _fixed(visit: Visit, kind: str) -> dict[str, Any]:
    """Return what nobody types. An exercise is one because the whole desk is, never by a box that was ticked."""
    return {"kind": kind, "body": visit.account.body, "status": "Exercise" if visit.desk.exercise else "Actual"}


def found_of(visit: Visit, given: Typed) -> str:
    """Say where the place lies that was typed, by its point before its name."""
    point = pressing.place_of(text_at(given, "where.point.lat"), text_at(given, "where.point.lon"))
    if point is not None:
        return found_line({"point": {"lat": point[0], "lon": point[1]}}, visit.lang)
    place = found(text_at(given, PLACE)) if text_at(given, PLACE) else Offered((), exact=False)
    return "" if isinstance(place, Offered) else found_line(place, visit.lang)


def form_page(
    visit: Visit,
    kind: str,
    given: Typed,
    mistakes: tuple[Mistake, ...] = (),
    *,
    fresh: bool = False,
    status: int = 200,
) -> HTMLResponse:
    """Answer with the form: what was typed, what is wrong with it, and the district that the place lies in."""
    around = text_at(given, AROUND) if around_of(text_at(given, AROUND)) else ""
    lat, lon = text_at(given, "where.point.lat"), text_at(given, "where.point.lon")
    mark = (lat, lon) if pressing.place_of(lat, lon) else ("", "")
    return visit.render(
        "report/form.html",
        status=status,
        form=form(kind, given, visit.lang, mistakes),
        about=about(kind, visit.lang),
        fresh=fresh,
        found=found_of(visit, given),
        around=around,
        mark=mark,
        sizes=pressing.SIZES,
        places=suggestions(visit.lang),
        suggested={name: of_kind(name, visit.lang) for name in SUGGESTED},
        draft=draft_of(visit, kind),
    )


def draft_of(visit: Visit, kind: str) -> str:
    """Name the draft that this browser keeps: by account, so that nobody is offered another's."""
    return f"{visit.account.id}:{visit.desk.settings.realm}:{kind}"


def without_auto(given: Typed) -> Typed:
    """Take out what was put in for the look: the time of reporting is that of the next one."""
    auto = set(given.get(AUTO, ()))
    return {name: texts for name, texts in given.items() if name not in auto and name not in {AUTO, EVENT_ID}}


def _checked(visit: Visit, kind: str, given: Typed) -> tuple[Checked, Typed]:
    if not text_at(given, "reported"):
        now = visit.now.astimezone(LOCAL_TIME).replace(microsecond=0)
        given = {**given, "reported": [now.isoformat()], AUTO: ["reported"]}
    return check(kind, given, _fixed(visit, kind)), given


async def look_page(
    visit: Visit, kind: str, given: Typed, problem: BusError | None = None, *, changed: bool = False
) -> Response:
    """Answer with what will happen; with the form where something is wrong with it."""
    checked, filled = _checked(visit, kind, given)
    if checked.event is None:
        return form_page(visit, kind, without_auto(filled), checked.mistakes, status=422)
    try:
        record = outgoing(visit.desk.settings, visit.account.body, checked.event)
    except InvalidEventError as error:
        wrong = Mistake(error.where, "", {}, error.message, error.hint)
        return form_page(visit, kind, without_auto(filled), (wrong,), status=422)
    except BusError as error:
        return form_page(
            visit, kind, without_auto(filled), (Mistake("", "", {}, error.message, error.hint),), status=422
        )
    book = await reporting_of(visit.request).book()
    seen = look(checked.event, realm=visit.desk.settings.realm, book=book, now=visit.now, lang=visit.lang)
    status = 200 if problem is None else 503
    kept = {name: texts for name, texts in filled.items() if name != EVENT_ID}
    return visit.render(
        "report/look.html",
        status=status,
        look=seen,
        kind=kind,
        typed=kept,
        event_id=record.id,
        problem=problem,
        changed=changed,
        answer_by=None if seen.answer_within is None else visit.now + seen.answer_within,
        draft=draft_of(visit, kind),
    )


async def send(visit: Visit, kind: str, given: Typed) -> Response:
    """Send what was shown, and nothing else; return to it where Kafka does not hold it."""
    shown = text_at(given, EVENT_ID)
    checked, _ = _checked(visit, kind, given)
    if checked.event is None:
        return await look_page(visit, kind, given)
    reporting = reporting_of(visit.request)
    try:
        if outgoing(visit.desk.settings, visit.account.body, checked.event).id != shown:
            return await look_page(visit, kind, given, changed=True)
        receipt = await reporting.publish(visit.account.body, checked.event)
    except BusError as error:
        log.warning("a report was not sent", body=visit.account.body, id=shown, error=str(error))
        return await look_page(visit, kind, given, error)
    log.info("a report was sent", body=visit.account.body, id=receipt.id, by=visit.account.name)
    return RedirectResponse(f"/report/sent/{receipt.id}?kind={kind}", 303)
