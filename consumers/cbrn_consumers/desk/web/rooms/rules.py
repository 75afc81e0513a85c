"""The rule book as pages: found, read, by law, by duty, its coverage, and why a body was told or not.

Nothing here changes anything; whoever may read the desk may read the rules.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse  # noqa: TC002 - FastAPI reads the annotations of its functions

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.rulebook import (
    HAZARDS,
    PAGE,
    TEXT_MAX,
    Chosen,
    Filters,
    Library,
    Shelf,
    acts,
    cells_of,
    duties,
    read,
)
from cbrn_consumers.desk.store import ALL
from cbrn_consumers.desk.web.visit import Link, Room, Visit, Visitor, needs
from cbrn_consumers.desk.web.words import N_
from cbrn_routing.proof.matrix import PLACES
from cbrn_routing.proof.page import stylesheet
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.citing import instrument_name
from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import Incident

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from cbrn_consumers.desk.rulebook import Entry, Proved

GENERAL: Final = "general"
"""Rules that look neither at the kind of event nor at its hazard."""
STYLE_KEPT_S: Final = 3_600
PAGES_MAX: Final = 10_000

Short = Annotated[str, Query(max_length=64)]
Sought = Annotated[str, Query(max_length=2_000)]
Situation = Annotated[str, Query(max_length=400)]


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    """End what the library has under way when the desk stops."""
    yield
    library: Library | None = getattr(app.state, "library", None)
    if library is not None:
        await library.close()


router = APIRouter(prefix="/rules", dependencies=[needs(Right.READ)], lifespan=_closing)
ROOM: Final = Room("rules", router, (Link("/rules", N_("Rules"), Right.READ),))


class Pager(NamedTuple):
    """Where in a list one is; the addresses are empty where there is nothing."""

    page: int
    pages: int
    before: str
    after: str


def library_of(request: Request) -> Library:
    """Return what the desk keeps of the rules; made at the first visit."""
    state = request.app.state
    if not hasattr(state, "library"):
        desk = state.desk
        state.library = Library(desk.settings, desk.clock)
    library: Library = state.library
    return library


@router.get("")
async def rules(
    visit: Visitor, *, text: Sought = "", body: Short = "", hazard: Short = "", act: Short = "", page: int = 1
) -> HTMLResponse:
    """Show the list, with filters that stand in the address."""
    shelf = _shelf(visit)
    asked = _known(Filters(text.strip()[:TEXT_MAX], body, hazard, act), shelf)
    found = shelf.find(asked)
    pager = _pager(len(found), page, asked)
    entries = found[(pager.page - 1) * PAGE : pager.page * PAGE]
    return _page(
        visit,
        "rules/list.html",
        filters=asked,
        total=len(found),
        pager=pager,
        rows=[read(entry, shelf.on, visit.lang) for entry in entries],
        **_choices(shelf, visit),
    )


@router.get("/coverage.css")
async def coverage_style() -> Response:
    """Return the style of the coverage matrix: the same that a file of `cbrn rules check --html` carries in itself."""
    keep = {"cache-control": f"private, max-age={STYLE_KEPT_S}"}
    return Response(stylesheet(), media_type="text/css; charset=utf-8", headers=keep)


@router.get("/matrix")
async def coverage(visit: Visitor, hazard: Short = "", body: Short = "", region: Short = "") -> HTMLResponse:
    """Show whom the book tells of every event of one hazard, and what its proof has found."""
    shelf, proved = _shelf(visit), _proved(visit)
    body = body if body in shelf.bodies else ""
    region = region if region in PLACES else ""
    hazard = hazard if hazard in {*HAZARDS, GENERAL} else HAZARDS[0]
    known: dict[str, Any] = {
        "hazard": hazard,
        "body": body,
        "region": region,
        "region_options": [(place, place_name(place, visit.lang)) for place in PLACES if place],
        "query": urlencode({"body": body, "region": region}),
        **_choices(shelf, visit),
    }
    if proved is None or proved.proof is None:
        return _page(visit, "rules/matrix.html", proved=proved, drawn=None, **known)
    drawn = await library_of(visit.request).drawing(proved.proof, Chosen(visit.lang, hazard, body, region))
    return _page(visit, "rules/matrix.html", proved=proved, drawn=drawn, **known)


@router.get("/law")
async def law(visit: Visitor) -> HTMLResponse:
    """Show the book by act and article."""
    return _page(visit, "rules/law.html", acts=acts(_shelf(visit), visit.lang))


@router.get("/duties")
async def owed(visit: Visitor) -> HTMLResponse:
    """Show what the country owes to others, by when, by which article."""
    return _page(visit, "rules/duties.html", owing=duties(_shelf(visit), visit.lang))


@router.get("/why")
async def why_named(visit: Visitor, name: Situation = "", body: Short = "") -> HTMLResponse:
    """Explain the decision on a situation whose name a path cannot hold."""
    return await _why(visit, name, body)


@router.get("/why/{situation}")
async def why(visit: Visitor, situation: str, body: Short = "") -> HTMLResponse:
    """Explain why a body was told of a situation, or why not: the visitor's own body, or another."""
    return await _why(visit, situation, body)


@router.get("/{rule}")
async def one(visit: Visitor, rule: str) -> HTMLResponse:
    """Show one rule: its sentence, its law, its cases, and where it decides."""
    shelf = _shelf(visit)
    entry = shelf.by_id.get(rule)
    if entry is None:
        raise HTTPException(404)
    proved = _proved(visit)
    cells = None if proved is None or proved.proof is None else cells_of(proved.proof.shown, rule, visit.lang)
    return _page(
        visit, "rules/rule.html", rule=read(entry, shelf.on, visit.lang), cells=cells, others=_titles(entry, visit.lang)
    )


async def _why(visit: Visit, situation: str, body: str) -> HTMLResponse:
    scope = ALL if visit.scope.all else visit.scope.own
    found = await visit.desk.store.read(scope, situation)
    alert = None if found is None else found.alerts.get(visit.scope.own) or found.latest
    if found is None or alert is None or not isinstance(alert.event, Incident):
        raise HTTPException(404)
    shelf = _shelf(visit)
    standing = found.standings.of(situation)
    # Who else was told of what is restricted is not said to those who were, and not worked out again for them.
    alone = not visit.scope.all and (standing is None or standing.restricted)
    asked = body if body in shelf.bodies and not alone else visit.scope.own
    explained = await library_of(visit.request).explained(alert, recorded=visit.scope.all)
    own = found.alerts.get(asked)
    recorded = None if own is None else own.rules
    titles = {code: getattr(shelf.by_id[code].rule.title, visit.lang) for code in recorded or () if code in shelf.by_id}
    return _page(
        visit,
        "rules/why.html",
        situation=situation,
        headline=alert.headline(visit.lang),
        alert=alert,
        asked=asked,
        alone=alone,
        recorded=recorded or (),
        titles=titles,
        decided=None if explained is None else explained.decision(visit.lang),
        side=None if explained is None else explained.side(asked, visit.lang, recorded),
        **_choices(shelf, visit),
    )


def _page(visit: Visit, template: str, /, **known: Any) -> HTMLResponse:
    library, day = library_of(visit.request), local_day(visit.now)
    library.proved(day)  # whoever looks at the rules soon looks at their coverage: it is begun by then
    return visit.render(template, held=library.books.current(), book_day=day, **known)


def _shelf(visit: Visit) -> Shelf:
    return library_of(visit.request).shelf(local_day(visit.now))


def _proved(visit: Visit) -> Proved | None:
    return library_of(visit.request).proved(local_day(visit.now))


def _known(asked: Filters, shelf: Shelf) -> Filters:
    """Leave out a code that the page does not offer: it comes from an old address, or from nobody."""
    return Filters(
        asked.text,
        asked.body if asked.body in shelf.bodies else "",
        asked.hazard if asked.hazard in HAZARDS else "",
        asked.instrument if asked.instrument in shelf.instruments else "",
    )


def _pager(total: int, page: int, asked: Filters) -> Pager:
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    said = {"text": asked.text, "body": asked.body, "hazard": asked.hazard, "act": asked.instrument}

    def address(number: int) -> str:
        given = {name: value for name, value in (*said.items(), ("page", number)) if value}
        return f"/rules?{urlencode(given)}" if 1 <= number <= pages else ""

    return Pager(page, pages, address(page - 1), address(page + 1))


def _choices(shelf: Shelf, visit: Visit) -> dict[str, list[tuple[str, str]]]:
    """Offer bodies and acts by name, in the order of the reader's alphabet."""
    lang = visit.lang
    return {
        "bodies": _sorted((code, body_name(code, lang)) for code in shelf.bodies),
        "instruments": _sorted((code, instrument_name(code, lang) or code) for code in shelf.instruments),
        "hazards": [(code, word("hazard", code, lang)) for code in HAZARDS],
    }


def _sorted(named: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(named, key=lambda one: one[1].casefold())


def _titles(entry: Entry, lang: str) -> list[tuple[str, str]]:
    """Return the title in the other languages."""
    return [(other, getattr(entry.rule.title, other)) for other in ("ky", "ru", "en") if other != lang]
