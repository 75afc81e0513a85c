"""Copies for partners: the list of what waits, one copy, the decision, and the history of what has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, cast

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.confirming import not_confirmed
from cbrn_consumers.desk.web.rooms.partners.bus import Partners
from cbrn_consumers.desk.web.rooms.partners.comparing import Passing, Reasons, compared
from cbrn_consumers.desk.web.rooms.partners.problems import (
    CHANGED,
    NO_REASON,
    UNREADABLE,
    Problem,
    away_of,
    problem_of,
)
from cbrn_consumers.desk.web.rooms.partners.reasons import clauses_in, withheld_in
from cbrn_consumers.desk.web.rooms.partners.shown import copy_path, documents_of, may_see, seen_of, shown_to
from cbrn_consumers.desk.web.rooms.partners.signing_person import KEY_BYTES_MAX, NobodyError, person_by
from cbrn_consumers.desk.web.visit import Link, Room, Visitor, needs
from cbrn_consumers.desk.web.words import N_
from cbrn_schemas.errors import BusError
from cbrn_schemas.events import read_event

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.rooms.partners.bus import Heard
    from cbrn_consumers.desk.web.rooms.partners.comparing import Line
    from cbrn_consumers.desk.web.rooms.partners.shown import CopyShown
    from cbrn_consumers.desk.web.visit import Visit
    from cbrn_consumers.partners import Copy

HISTORY_MAX: Final = 200
REASON_WORDS_MIN: Final = 2
Name = Annotated[str, Query(alias="id", max_length=500)]
Word = Annotated[str, Query(max_length=40)]
Line_ = Annotated[str, Form(max_length=500)]
Reason = Annotated[str, Form(max_length=2_000)]
Secret = Annotated[str, Form(max_length=256)]


class Given(NamedTuple):
    """A decision as it was sent."""

    act: str
    seen: str
    reason: str
    password: str
    pem: bytes
    passphrase: str


router = APIRouter(prefix="/partners", dependencies=[needs(Right.READ)])
ROOM: Final = Room("partners", router, (Link("/partners", N_("Partners"), Right.READ),))


@router.get("")
async def waiting(visit: Visitor) -> Response:
    """Show what waits for release."""
    heard = await _bus(visit).copies()
    copies = [_shown(visit, copy) for copy in _seen(visit, heard) if copy.waits]
    return visit.render("partners/list.html", copies=copies, away=away_of(visit, heard.problem))


@router.get("/history")
async def history(visit: Visitor, partner: Word = "") -> Response:
    """Show what has left, to whom and by which clause, and what has not."""
    heard = await _bus(visit).copies()
    over = [_shown(visit, copy) for copy in _seen(visit, heard) if not copy.waits]
    partners = sorted({copy.partner for copy in over})
    wanted = [copy for copy in over if partner in {"", copy.partner}]
    wanted.sort(key=lambda copy: copy.ended_at, reverse=True)
    return visit.render(
        "partners/history.html",
        copies=wanted[:HISTORY_MAX],
        more=len(wanted) > HISTORY_MAX,
        partner=partner,
        partners=partners,
        away=away_of(visit, heard.problem),
    )


@router.get("/copy")
async def one(visit: Visitor, identifier: Name, done: Word = "") -> Response:
    """Show a copy: what the partner will see, or has got."""
    return await _show(visit, identifier, done=done)


@router.get("/document")
async def document(visit: Visitor, identifier: Name, format: Word) -> Response:  # noqa: A002 - as it stands in the address
    """Hand out what the partner gets, byte for byte, as a file: no browser is to make anything of it."""
    _, copy = await _found(visit, identifier)
    found = next((each for each in documents_of(copy) if each.format == format), None)
    if found is None:
        raise HTTPException(404)
    ending = "json" if format == "json" else "xml"
    name = f"{copy.held.partner}-{format}.{ending}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(found.text.encode(), media_type=found.content_type, headers=headers)


@router.post("/decide", dependencies=[needs(Right.RELEASE)])
async def decide(
    visit: Visitor,
    *,
    name: Line_,
    act: Line_,
    seen: Line_ = "",
    reason: Reason = "",
    password: Secret = "",
    passphrase: Secret = "",
    key: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Release just what was shown, or refuse it for good: done when the keeper has answered."""
    if act not in {"release", "refuse"}:
        raise HTTPException(400)
    _, found = await _found(visit, name)
    if not _shown(visit, found).may:
        raise HTTPException(403)
    pem = b"" if key is None else await key.read(KEY_BYTES_MAX + 1)
    problem = await _decided(visit, found, Given(act, seen, " ".join(reason.split()), password, pem, passphrase))
    if problem is not None:
        return await _show(visit, name, problem=problem, typed=reason)
    return visit.redirect(f"{copy_path(found.id)}&done={act}")


async def _decided(visit: Visit, copy: Copy, given: Given) -> Problem | None:
    """Decide, if it is known who does, and of what; else say why not."""
    if len(given.reason.split()) < REASON_WORDS_MIN:
        return Problem(UNREADABLE, visit.text(NO_REASON))
    release_seen = given.seen if given.act == "release" else None
    if release_seen is not None and (copy.shown is None or copy.shown.digest != release_seen):
        return Problem(UNREADABLE, visit.text(CHANGED))
    if said := await not_confirmed(visit, given.password):
        return Problem(UNREADABLE, said)
    settings = visit.desk.settings
    try:
        person = await person_by(
            given.pem, given.passphrase, trust_file=settings.rulebook_signers, body=visit.account.body, now=visit.now
        )
        await _bus(visit).decide(copy.id, person, release_seen=release_seen, reason=given.reason, now=visit.now)
    except NobodyError as error:
        return Problem(UNREADABLE, visit.text(error.said), error.detail)
    except BusError as error:
        return problem_of(visit, error)
    return None


async def _show(
    visit: Visit, identifier: str, *, done: str = "", problem: Problem | None = None, typed: str = ""
) -> Response:
    heard, copy = await _found(visit, identifier)
    shown = _shown(visit, copy)
    lines = await _lines(visit, copy)
    known = any(line.ours for line in lines)
    documents = documents_of(copy)
    return visit.render(
        "partners/copy.html",
        200 if problem is None else problem.status,
        copy=shown,
        shown=seen_of(copy.shown),
        lines=lines,
        known=known,
        counted={each.value: sum(line.passing is each for line in lines) for each in Passing},
        documents=documents,
        done=_done(visit, shown, done),
        problem=problem,
        away=away_of(visit, heard.problem),
        typed=typed,
        other=visit.may(Right.RELEASE) and shown.open and not shown.may,
    )


async def _lines(visit: Visit, copy: Copy) -> list[Line]:
    shown = copy.shown
    if shown is None:
        return []
    theirs = read_event(shown.event.encode())
    ours = await _bus(visit).event(copy)
    why = Reasons(clauses_in(shown.clauses, visit.lang), withheld_in(shown.withheld, visit.lang))
    return compared(ours, theirs, why, visit.lang)


def _done(visit: Visit, copy: CopyShown, act: str) -> str:
    """Say what became of a decision by what the log holds, whatever the address says."""
    if act == "refuse" and copy.state == "refused":
        return visit.text(N_("It is refused for good, and will not leave."))
    if act == "release" and copy.state == "released":
        return visit.text(N_("It has left for the partner."))
    if act == "release" and copy.state == "half":
        return visit.text(N_("Your release is in the log. A second, different person has to release it, too."))
    if act == "release" and copy.open:
        return visit.text(N_("Your release is in the log. It leaves as soon as its time has come."))
    return ""


def _bus(visit: Visit) -> Partners:
    state = visit.request.app.state
    if not hasattr(state, "partners"):
        desk = visit.desk
        state.partners = Partners(desk.settings, desk.store, None if desk.all else desk.body)
    return cast("Partners", state.partners)


def _seen(visit: Visit, heard: Heard) -> list[Copy]:
    own = visit.account.body
    return [copy for copy in heard.copies if may_see(copy, own, everything=visit.scope.all)]


async def _found(visit: Visit, identifier: str) -> tuple[Heard, Copy]:
    """Find a copy; one that is not shown to the visitor is as one that does not exist."""
    heard = await _bus(visit).copies()
    copy = next((each for each in _seen(visit, heard) if each.id == identifier), None)
    if copy is None:
        raise HTTPException(503 if heard.problem is not None else 404)
    return heard, copy


def _shown(visit: Visit, copy: Copy) -> CopyShown:
    return shown_to(copy, body=visit.account.body, decides=visit.may(Right.RELEASE), lang=visit.lang)
