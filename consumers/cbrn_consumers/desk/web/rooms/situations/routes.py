"""The list at `/`, a situation at `/situations/<name>`, and what is done to it: receipts, silences, duties.

Every act is a form that is sent, and answers 303 to the page that shows what the log holds of it: so it works without
JavaScript, and loading a page again does nothing twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.rulebook import HAZARDS
from cbrn_consumers.desk.store import Filters, ListState
from cbrn_consumers.desk.web.render import clock, situation_path
from cbrn_consumers.desk.web.rooms.situations import document_pages
from cbrn_consumers.desk.web.rooms.situations.acting import TEXT_MAX, ActForm, receipt_of
from cbrn_consumers.desk.web.rooms.situations.drawing import card, load_of
from cbrn_consumers.desk.web.rooms.situations.listing import folded, line_of
from cbrn_consumers.desk.web.rooms.situations.sheet import Trouble, sheet
from cbrn_consumers.desk.web.visit import Link, Room, Visit, Visitor, needs
from cbrn_consumers.desk.web.words import N_
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_schemas.catalogue.places import districts
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from cbrn_consumers.standing import Answer

router = APIRouter(dependencies=[needs(Right.READ)])
router.include_router(document_pages.router)
ROOM = Room("situations", router, (Link("/", N_("Situations"), Right.READ),))

ROWS: Final = 100
OVER_SHOWN: Final = 5
"""Situations that are over, below the open ones: an all-clear is read, too."""
SILENCES_H: Final = (1, 2, 8, 24)
UNSURE: Final = N_(
    "The log has not answered. It may have been written all the same. What you typed stays here: press again, it counts"
    " once."
)
Word = Annotated[str, Query(max_length=200)]
Text = Annotated[str, Form(max_length=TEXT_MAX)]
Name = Annotated[str, Form(max_length=200)]


class _Asked(NamedTuple):
    state: ListState
    filters: Filters

    @property
    def narrowed(self) -> bool:
        """Whether this is not the whole list of what is open."""
        return self.filters != Filters()


@router.get("/")
async def listed(
    visit: Visitor, *, state: Word = "open", q: Word = "", region: Word = "", hazard: Word = "", after: Word = ""
) -> HTMLResponse:
    """Show the list."""
    asked = _asked(state, q, region, hazard)
    store, audience = visit.desk.store, visit.audience
    cursor = visit.streams.cursor(audience)  # before the rows are read: what changes meanwhile is told, twice at worst
    page = await store.page(audience.scope, asked.filters, visit.now, limit=ROWS, after=after or None)
    over = None
    if not asked.narrowed and not after:
        over = await store.page(audience.scope, Filters(ListState.ENDED), visit.now, limit=OVER_SHOWN)
    load = await load_of(store, audience.scope, visit.now)
    lines = [line_of(row, audience, visit.scope.own, visit.now) for row in page.rows]
    flood = load.flood and asked.filters.state in {ListState.OPEN, ListState.ANSWER}
    return visit.render(
        "situations/list.html",
        page=page,
        lines=folded(lines) if flood else lines,
        over=[] if over is None else [line_of(row, audience, visit.scope.own, visit.now) for row in over.rows],
        flood=flood,
        load=load,
        asked=asked,
        cursor=cursor,
        states=list(ListState),
        regions=sorted({each.region for each in districts().values() if each.region}),
        hazards=HAZARDS,
        first_page=not after,
    )


def _asked(state: str, q: str, region: str, hazard: str) -> _Asked:
    wanted = ListState(state) if state in set(ListState) else ListState.OPEN
    known = hazard if hazard in HAZARDS else ""
    return _Asked(wanted, Filters(wanted, q.strip(), region if region.startswith("KG-") else "", known))


@router.get("/situations")
async def named(visit: Visitor, name: Word = "", done: Word = "") -> HTMLResponse:
    """Show a situation whose name no path can hold."""
    return await sheet(visit, name, done=done)


@router.get("/situations/{name}")
async def situation(visit: Visitor, name: str, done: Word = "") -> HTMLResponse:
    """Show a situation."""
    return await sheet(visit, name, done=done)


@router.post("/acts/{act}", dependencies=[needs(Right.ANSWER)])
async def act(
    visit: Visitor,
    act: str,
    *,
    situation: Name,
    seen: Name = "",
    once: Name = "",
    reason: Text = "",
    text: Text = "",
    to: Name = "",
    place: Name = "",
) -> Response:
    """Answer: done when Kafka holds the receipt, and shown when the page's own database has it."""
    form = ActForm(act, situation, seen, once, reason, text, to)
    store, scope = visit.desk.store, visit.audience.scope
    read = await store.read(scope, situation)
    if read is None:
        raise HTTPException(404)
    try:
        receipt = receipt_of(form, read, visit.account, realm=visit.desk.settings.realm, at=visit.now)
        answer = await visit.desk.answers(visit.scope.own).write(receipt)
    except BusError as error:
        return await _not_done(visit, form, error, place)
    shown = await store.wait_for(answer.origin)
    if visit.wants_part and place == "list":
        return await _card(visit, situation, said=_in_the_log(visit, answer, shown=shown))
    if (
        visit.wants_part or not shown
    ):  # what the database does not have yet no address can say; sent again, it is the same
        return await sheet(visit, situation, done=receipt.id, written=None if shown else answer)
    path = situation_path(situation)
    return visit.redirect(f"{path}{'&' if '?' in path else '?'}done={receipt.id}")


def _in_the_log(visit: Visit, answer: Answer, *, shown: bool) -> str:
    said = visit.text("in the log %(time)s", time=clock(answer.at))
    act = word("act", answer.receipt.act, visit.lang)
    late = () if shown else (visit.text("the list will follow"),)
    return " · ".join((f"{act}: {said}", *late))


async def _not_done(visit: Visit, form: ActForm, error: BusError, place: str) -> Response:
    """Say that nothing was written; what was typed stays in the form."""
    status = 422 if error.bad_input or isinstance(error, ValueError | LookupError) else 503
    if isinstance(
        error, BrokerUnreachableError
    ):  # what the command line says of it helps nobody with a phone in the hand
        head, said, hint = visit.text("Not confirmed."), visit.text(UNSURE), ""
    else:
        head, said, hint = visit.text("Not written."), str(error), error.hint or ""
    if visit.wants_part and place == "list":
        return await _card(visit, form.situation, trouble=f"{head} {said}", status=status)
    trouble = Trouble(head, said, hint, form)
    return await sheet(visit, form.situation, trouble=trouble, status=status)


async def _card(visit: Visit, name: str, *, said: str = "", trouble: str = "", status: int = 200) -> HTMLResponse:
    row = await visit.desk.store.row(visit.audience.scope, name, visit.now)
    if row is None:
        raise HTTPException(404)
    line = line_of(row, visit.audience, visit.scope.own, visit.now)
    return HTMLResponse(card(line, visit.lang, visit.now, said, trouble), status)


@router.post("/silences", dependencies=[needs(Right.SILENCE)])
async def silence(visit: Visitor, situation: Name, reason: Text = "", hours: Annotated[int, Form()] = 1) -> Response:
    """Declare a silence of one situation for a while; what is grave is refused, and shown in spite of it."""
    name, store = situation, visit.desk.store
    row = await store.row(visit.audience.scope, name, visit.now)
    if row is None or not any(party.body == visit.scope.own for party in row.parties):
        raise HTTPException(404)
    form = ActForm("silence", name, reason=reason)
    if row.severity == "Extreme":
        said = visit.text("What is extreme is never silenced.")
        return await sheet(visit, name, trouble=Trouble(visit.text("Not written."), said, "", form), status=422)
    lasts = timedelta(hours=hours if hours in SILENCES_H else 1)
    try:
        await visit.desk.bus.silence(visit.scope.own, name, by=visit.account.shown, reason=reason.strip(), lasts=lasts)
    except BusError as error:
        return await _not_done(visit, form, error, "")
    return visit.redirect(situation_path(name))


@router.post("/duties/{verb}", dependencies=[needs(Right.DECIDE)])
async def duty(visit: Visitor, verb: str, situation: Name, duty: Name, note: Text = "") -> Response:
    """Release a duty's draft, or say how it was answered; only where duties are shown."""
    if not visit.scope.all or verb not in {"release", "answer"}:
        raise HTTPException(404)
    name, bus = situation, visit.desk.bus
    try:
        if verb == "release":
            await bus.release(duty, visit.account, note.strip() or None)
        else:
            await bus.settle(duty, visit.account, note.strip())
    except BusError as error:
        return await _not_done(visit, ActForm(verb, name, text=note), error, "")
    return visit.redirect(situation_path(name))
