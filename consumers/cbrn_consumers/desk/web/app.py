"""The desk as one web application: the rooms behind the door, and what is answered where there is no page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi import FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException

from cbrn_consumers.desk.web.door import HEADERS, LANGUAGE_COOKIE, NOT_KEPT, YEAR_S, Door, keep_cookie
from cbrn_consumers.desk.web.packed import Packed
from cbrn_consumers.desk.web.render import assets, render
from cbrn_consumers.desk.web.rooms.situations.drawing import Drawing
from cbrn_consumers.desk.web.streams import Streams
from cbrn_consumers.desk.web.visit import (
    PASSWORD,
    ForbiddenError,
    NotSignedInError,
    PasswordToChangeError,
    desk_of,
    language_of,
    own_path,
    sign_in_path,
)
from cbrn_consumers.desk.web.words import LANGUAGES, N_, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_consumers.desk.web.visit import Desk, Room

log = structlog.get_logger(__name__)

TYPES: Final = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
PROBLEMS: Final = {
    400: (N_("This cannot be read"), N_("Go back, correct what was given, and try again. Nothing was written.")),
    403: (
        N_("This is not yours to do"),
        N_("Your account may not do this. Ask the shift leader, or whoever keeps accounts."),
    ),
    404: (N_("There is no such page"), N_("It does not exist, or is not shown to you. The list shows what is.")),
    405: (N_("This cannot be read"), N_("Go back, correct what was given, and try again. Nothing was written.")),
    413: (N_("Too much was sent"), N_("Shorten the text and send it again. Nothing was written.")),
    500: (N_("The desk has failed"), N_("Try again. If it stays so, call the bus's officer and use the command line.")),
    503: (N_("The bus is not reached"), N_("Nothing was written. Try again; if it stays so, telephone.")),
}
"""What is said where there is no page: what it is, and what to do."""


def desk_app(desk: Desk, rooms: Sequence[Room]) -> FastAPI:
    """Put the application together."""
    app = FastAPI(title="desk", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    app.state.streams = Streams(desk.store, desk.clock, Drawing(desk.store, desk.body))
    desk.store.on_change = app.state.streams.changed
    app.add_api_route("/static/{name}", _static, methods=["GET", "HEAD"])
    app.add_api_route("/language", _language, methods=["POST"])
    app.add_api_route("/alive", _alive, methods=["GET", "HEAD"])
    for room in rooms:
        app.include_router(room.router)
    _answer_problems(app)
    app.add_middleware(Packed)
    app.add_middleware(Door, origin=desk.origin, local=desk.local)
    return app


async def _static(request: Request, name: str, v: str = "") -> Response:
    """Hand out a file; under the stamp of its content for good, else to be asked for anew (modules import by name)."""
    found = assets().get(name)
    if found is None:
        raise HTTPException(404)
    content, stamp = found
    keep = f"public, max-age={YEAR_S}, immutable" if v == stamp else "no-cache"
    headers = {"cache-control": keep, "etag": f'"{stamp}"'}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=TYPES[name.rpartition(".")[2]], headers=headers)


async def _language(lang: str = Form("", max_length=8), back: str = Form("/", max_length=500)) -> Response:
    """Change the language of this browser, also of somebody who has not signed in."""
    answer = RedirectResponse(own_path(back), 303)
    if lang in LANGUAGES:
        keep_cookie(answer, LANGUAGE_COOKIE, lang)
    return answer


async def _alive() -> PlainTextResponse:
    """Tell a proxy that the desk answers; what it holds is for those who are signed in."""
    return PlainTextResponse("alive\n")


def problem(request: Request, status: int, lang: Any = None) -> Response:
    """Answer with what is wrong, in words."""
    status_shown = status if status in PROBLEMS else (500 if status >= 500 else 400)  # noqa: PLR2004 - HTTP's own border
    title, hint = PROBLEMS[status_shown]
    spoken = lang or language_of(request)
    page = render(
        "problem.html",
        spoken,
        title=say(title, spoken),
        hint=say(hint, spoken),
        exercise=desk_of(request).exercise,
        desk_body=desk_of(request).body,
    )
    return HTMLResponse(page, status)


def _answer_problems(app: FastAPI) -> None:
    async def not_signed_in(request: Request, _: Exception) -> Response:
        if "text/html" not in request.headers.get("accept", "text/html"):
            return PlainTextResponse("Sign in.\n", 401)
        return RedirectResponse(sign_in_path(request), 303)

    async def password_first(_: Request, __: Exception) -> Response:
        return RedirectResponse(PASSWORD, 303)

    async def forbidden(request: Request, error: Exception) -> Response:
        assert isinstance(error, ForbiddenError)
        return problem(request, 403, None if error.visit is None else error.visit.lang)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(request, error.status_code)

    async def unreadable(request: Request, _: Exception) -> Response:
        return problem(request, 400)

    async def failed(request: Request, error: Exception) -> Response:
        log.error("a page has failed", path=request.url.path, error=repr(error))
        answer = problem(request, 500)
        answer.headers.update(HEADERS | NOT_KEPT)  # this is answered outside the door, which puts them on all else
        return answer

    app.add_exception_handler(NotSignedInError, not_signed_in)
    app.add_exception_handler(PasswordToChangeError, password_first)
    app.add_exception_handler(ForbiddenError, forbidden)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(Exception, failed)
