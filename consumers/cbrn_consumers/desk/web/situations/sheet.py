"""One situation, whole: what its page needs, put together from the store and the bus."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.picture import Spot, place_map, place_words
from cbrn_consumers.desk.web.situations.acting import ActForm, before, found, party_of
from cbrn_consumers.desk.web.situations.drawing import headline_of
from cbrn_consumers.desk.web.situations.listing import line_of
from cbrn_consumers.desk.web.situations.timeline import timeline
from cbrn_consumers.situation import overview, sections

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

    from cbrn_consumers.desk.store import Row
    from cbrn_consumers.desk.web.visit import Visit
    from cbrn_consumers.standing import Answer
    from cbrn_consumers.standing.reader import Read

ELSEWHERE: Final = frozenset({"updates", "others"})
"""What updates said stands in the time line, the others in the table of who stands where."""
FIRST: Final = ("answer", "to-do", "what", "people", "danger", "where", "call")
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
    """Why nothing was done, and what to do."""

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
    standing = read.standings.of(name)
    assert standing is not None, "what is known was told to somebody"
    assert read.latest is not None, "what is known was told by an alert"
    bus, own = visit.desk.bus, visit.scope.own
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
    notices = await visit.desk.store.notices(visit.audience.scope, name)
    party = party_of(standing, own)
    known: dict[str, Any] = {
        "row": row,
        "line": line_of(row, visit.audience, own, visit.now),
        "headline": headline_of(row, visit.lang),
        "overview": whole,
        "standing": standing,
        "party": party,
        "beside": () if whole.others is None or visit.scope.all else whole.others.beside(own),
        "first": [laid.pop(code) for code in FIRST if code in laid],
        "rest": list(laid.values()),
        "map": place_map(Spot.of(whole), visit.lang),
        "map_words": place_words(Spot.of(whole), visit.lang),
        "timeline": timeline(whole, notices, visit.lang),
        "texts": whole.event.texts,
        "can_answer": visit.may(Right.ANSWER) and (party is not None or own in read.alarms),
        "can_silence": visit.may(Right.SILENCE) and party is not None,
        "can_decide": visit.may(Right.DECIDE) and visit.scope.all,
        "once": secrets.token_hex(8),
        "done": _done(read, name, done, own) or (written and Done(written, counts=True, before=None, shown=False)),
        "trouble": trouble,
        "typed": ActForm("", name) if trouble is None else trouble.form,
    }
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
    counts = all(stray.receipt.id != identifier for stray, _ in strays)
    return Done(answer, counts, before(read, answer))
