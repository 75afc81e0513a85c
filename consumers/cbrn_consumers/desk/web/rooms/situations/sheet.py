"""One situation, whole: what its page needs, put together from the store and the bus."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.picture import Spot, place_map, place_words
from cbrn_consumers.desk.web.rooms.situations.acting import ActForm, before, found, party_of
from cbrn_consumers.desk.web.rooms.situations.drawing import headline_of
from cbrn_consumers.desk.web.rooms.situations.foreign import arrived, cap_path
from cbrn_consumers.desk.web.rooms.situations.listing import line_of
from cbrn_consumers.desk.web.rooms.situations.reasons import reasons, why_path
from cbrn_consumers.desk.web.rooms.situations.stands import table_of
from cbrn_consumers.desk.web.rooms.situations.timeline import timeline, timeline_in_place
from cbrn_consumers.situation import overview, sections
from cbrn_consumers.standing import Stray

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.desk.store import Row, Sent
    from cbrn_consumers.desk.web.visit import Visit
    from cbrn_consumers.standing import Answer
    from cbrn_consumers.standing.reader import Read

ELSEWHERE: Final = frozenset({"updates", "others", "why", "why-all"})
"""What updates said stands in the time line, the others in the table of who stands where, rules with their links."""
FIRST: Final = ("to-do", "answer", "what", "people", "danger", "where", "call")
"""What one acts on, in this order; the rest stands behind the map, the standing and the time line."""


class Done(NamedTuple):
    """What was just done, as the log holds it."""

    answer: Answer
    counts: bool
    before: Answer | None
    """Another person's, which the log had first."""
    shown: bool = True
    """Whether the rest of the page has it, too."""


class Trouble(NamedTuple):
    """Why nothing was done, or is not known to be, and what to do."""

    head: str
    message: str
    hint: str
    form: ActForm


async def sheet(
    visit: Visit,
    name: str,
    *,
    done: str = "",
    written: Answer | None = None,
    trouble: Trouble | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Answer with the page of a situation; what is not shown to the visitor is as what does not exist.

    `done` names what was just done; `written` is it, where the log holds it and the database does not yet.
    """
    row, read = await _known(visit, name)
    notices = await visit.desk.store.notices(visit.audience.scope, name)
    own = visit.scope.own
    pending = None if written is None else Done(written, counts=True, before=None, shown=False)
    common = _common(visit, row, done=_done(read, name, done, own) or pending, trouble=trouble)
    standing = read.standings.of(name)
    if standing is None or read.latest is None:
        return _answered(visit, status, **common, **_in_place(visit, row, read, notices))
    bus = visit.desk.bus
    view = None if visit.scope.all else own
    whole = overview(
        read,
        name,
        visit.now,
        body=view,
        book=await bus.book(read.latest.rulebook),
        duties=await bus.duties(name) if visit.scope.all else None,
    )
    assert whole is not None, "what is known can be put together"
    laid = {section.code: section for section in sections(whole, visit.lang) if section.code not in ELSEWHERE}
    party = party_of(standing, own)
    spot = Spot.of(whole)
    known: dict[str, Any] = {
        "overview": whole,
        "table": table_of(standing, whole.others, row, own, visit.now, all_bodies=visit.scope.all),
        "first": [laid.pop(code) for code in FIRST if code in laid],
        "rest": list(laid.values()),
        "reasons": reasons(whole, visit.lang),
        "why_path": why_path(name),
        "map": place_map(spot, visit.lang),
        "map_words": place_words(spot, visit.lang),
        "timeline": timeline(whole, read, notices, visit.lang),
        "texts": whole.event.texts,
        "arrived": arrived(read, name),
        "cap": cap_path(name),
        "can_answer": visit.may(Right.ANSWER) and (party is not None or own in read.alarms),
        "can_silence": visit.may(Right.SILENCE) and party is not None,
        "can_decide": visit.may(Right.DECIDE) and visit.scope.all,
        "alarms": _alarms(read, own) if row.in_place_of or visit.scope.all else [],
    }
    return _answered(visit, status, **common, **known)


def _common(visit: Visit, row: Row, *, done: Done | None, trouble: Trouble | None) -> dict[str, Any]:
    """Return what each page of a situation has."""
    own = visit.scope.own
    return {
        "row": row,
        "line": line_of(row, visit.audience, own, visit.now),
        "headline": headline_of(row, visit.lang),
        "once": secrets.token_hex(8),
        "done": done,
        "trouble": trouble,
        "typed": ActForm("", row.situation) if trouble is None else trouble.form,
        "duty_of": visit.duty_of,
    }


def _in_place(visit: Visit, row: Row, read: Read, notices: list[Sent]) -> dict[str, Any]:
    """Return what a body is shown that was never told of it, and is asked in another's place."""
    own = visit.scope.own
    given = read.standings.given(row.situation, own)
    return {
        "overview": None,
        "alarms": _alarms(read, own),
        "timeline": timeline_in_place(read, given, notices, visit.lang),
        "can_answer": visit.may(Right.ANSWER) and own in read.alarms,
    }


def _alarms(read: Read, own: str) -> list[Alert]:
    """List by what a body is asked in another's place: the latest for each, the latest first."""
    found: dict[str, Alert] = {}
    heard = [alarm for (body, _), alarm in read.passed_on.items() if body == own and alarm.role == "lead"]
    for alarm in sorted(heard, key=lambda one: one.origin.timestamp, reverse=True):
        body = getattr(alarm.event, "body", own)
        if body != own:
            found.setdefault(body, alarm)
    return list(found.values())


def _answered(visit: Visit, status: int, **known: Any) -> HTMLResponse:
    template = "situations/sheet.html" if visit.wants_part else "situations/page.html"
    return visit.render(template, status, **known)


async def _known(visit: Visit, name: str) -> tuple[Row, Read]:
    scope = visit.scope.name
    row = None if scope is None or not name else await visit.desk.store.row(scope, name, visit.now)
    read = None if row is None or scope is None else await visit.desk.store.read(scope, name)
    if row is None or read is None:
        raise HTTPException(404)
    return row, read


def _done(read: Read, name: str, identifier: str, own: str) -> Done | None:
    """Find what was done: only the body's own, and only what the log holds."""
    answer = found(read, name, identifier) if identifier.startswith(f"{own}.") else None
    if answer is None:
        return None
    standing = read.standings.of(name)
    strays = () if standing is None else standing.strays
    counts = all(stray.receipt.id != identifier or why is Stray.IN_PLACE for stray, why in strays)
    return Done(answer, counts, before(read, answer))
