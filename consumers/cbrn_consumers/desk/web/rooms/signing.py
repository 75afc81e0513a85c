"""Signing in and out, one's own password, language and sessions. Works without JavaScript, by paste and by keepers.

What is refused is refused in one sentence, whatever is at fault. A sign-in gives a new token always, and ends the
session that the browser had before.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from cbrn_consumers.desk.accounts import (
    PASSWORD_CHARS_MIN,
    PasswordError,
    SignInError,
    WaitError,
    scope_of,
)
from cbrn_consumers.desk.web.confirming import HASHING, TOO_MANY, address_of, asking_from
from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE, SESSION_COOKIE, drop_cookie, keep_cookie
from cbrn_consumers.desk.web.few_threads import FewThreads
from cbrn_consumers.desk.web.render import render
from cbrn_consumers.desk.web.visit import PASSWORD, SIGN_IN, Room, Signed, desk_of, language_of, own_path
from cbrn_consumers.desk.web.words import LANGUAGES, N_, say

if TYPE_CHECKING:
    from cbrn_consumers.desk.accounts import SignedIn
    from cbrn_consumers.desk.accounts.oidc import Oidc
    from cbrn_schemas.events.base import Language

STATE_COOKIE: Final = "__Host-desk-begun"
STATE_KEPT_S: Final = 600
ACCOUNT: Final = "/account"
AGENT_CHARS_MAX: Final = 40
PROGRAMS: Final = {
    "YaBrowser": "Yandex",
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
"""By a word in what a browser calls itself, first those that also call themselves another."""
SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
REFUSED: Final = N_("The name or the password is not right.")
ELSEWHERE: Final = N_("This account is not for this desk: ask for the address of your own body's desk.")
PROVIDER_FAILED: Final = N_("The other sign-in has not worked. Try again, or sign in here with name and password.")
SESSION_OVER: Final = N_("The old password is not right.")
NOT_THE_SAME: Final = N_("The two new passwords are not the same.")
PASSWORDS: Final = {
    "short": N_("The new password is too short."),
    "long": N_("The new password is too long."),
    "control": N_("The new password has a character that cannot be typed."),
    "common": N_("The new password is one that everybody tries."),
    "name": N_("The new password is little more than a name that stands on the page."),
}
"""By the code of a PasswordError."""

Typed = Annotated[str, Form(max_length=500)]
Path = Annotated[str, Form(alias="next", max_length=500)]
Brought = Annotated[str, Query(max_length=4000)]

router = APIRouter()
_asking: Final = FewThreads("provider", 4, waiting=30, again_s=10)
"""Each may wait some seconds for the provider, and must not hold up those with a password."""


@router.get(SIGN_IN)
async def sign_in_page(request: Request, to: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    """Show where to sign in; whoever has is sent on."""
    desk, token = desk_of(request), request.cookies.get(SESSION_COOKIE, "")
    if token and await asyncio.to_thread(desk.accounts.session, token, desk.clock()) is not None:
        return RedirectResponse(own_path(to), 303)
    return _page(request, to)


@router.post(SIGN_IN)
async def sign_in(request: Request, name: Typed = "", password: Typed = "", to: Path = "/") -> Response:
    """Sign in with name and password."""
    desk = desk_of(request)
    try:
        signed = await HASHING.run(desk.accounts.sign_in, name, password, **asking_from(request))
    except WaitError as error:
        return _page(request, to, name, error)
    except SignInError:
        return _page(request, to, name, REFUSED)
    return await _let_in(request, signed, to)


@router.get("/sign-in/provider")
async def to_provider(request: Request, to: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    """Send the browser to the state's own sign-in. A link: no form may lead elsewhere."""
    desk, oidc = desk_of(request), _provider(request)
    if oidc is None:
        return RedirectResponse(SIGN_IN, 303)
    try:
        sent = await _asking.run(oidc.begin, own_path(to), address=address_of(request), now=desk.clock())
    except WaitError as error:
        return _page(request, to, problem=error)
    except SignInError:
        return _page(request, to, problem=PROVIDER_FAILED)
    answer = RedirectResponse(sent.url, 303)
    keep_cookie(answer, STATE_COOKIE, sent.state, STATE_KEPT_S)
    return answer


@router.get("/sign-in/back")
async def from_provider(request: Request, state: Brought = "", code: Brought = "", iss: Brought = "") -> Response:
    """Take the browser back from the state's own sign-in."""
    oidc = _provider(request)
    if oidc is None:
        return RedirectResponse(SIGN_IN, 303)
    from cbrn_consumers.desk.accounts.oidc import Returned  # noqa: PLC0415 - few have a provider, and it brings a client

    returned = Returned(state, code, iss, request.cookies.get(STATE_COOKIE, ""))
    try:
        signed, to = await _asking.run(oidc.finish, returned, lang=language_of(request), **asking_from(request))
    except WaitError as error:
        answer: Response = _page(request, "/", problem=error)
    except SignInError:
        answer = _page(request, "/", problem=PROVIDER_FAILED)
    else:
        answer = await _let_in(request, signed, to)
    drop_cookie(answer, STATE_COOKIE)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End this browser's session."""
    desk = desk_of(request)
    await asyncio.to_thread(desk.accounts.sign_out, request.cookies.get(SESSION_COOKIE, ""), desk.clock())
    answer = RedirectResponse(SIGN_IN, 303)
    drop_cookie(answer, SESSION_COOKIE)
    return answer


@router.get(PASSWORD)
async def password_page(visit: Signed) -> HTMLResponse:
    """Show where to change one's password."""
    return visit.render("signing/password.html", problem="", chars_min=PASSWORD_CHARS_MIN)


@router.post(PASSWORD)
async def change_password(visit: Signed, old: Typed = "", new: Typed = "", again: Typed = "") -> Response:
    """Change one's password; every other session ends."""
    desk, request = visit.desk, visit.request

    def refused(message: str, **values: object) -> HTMLResponse:
        told = visit.text(message, **values)
        return visit.render("signing/password.html", 422, problem=told, chars_min=PASSWORD_CHARS_MIN)

    if new != again:
        return refused(NOT_THE_SAME)
    token = request.cookies[SESSION_COOKIE]
    try:
        signed = await HASHING.run(desk.accounts.change_own_password, token, old, new, **asking_from(request))
    except PasswordError as error:
        return refused(PASSWORDS[error.code])
    except WaitError as error:
        return refused(TOO_MANY, seconds=error.wait_s)
    except SignInError:
        return refused(SESSION_OVER)
    answer = visit.redirect(f"{ACCOUNT}?done=password")
    _keep_session(answer, signed, visit.now.timestamp())
    return answer


@router.get(ACCOUNT)
async def account_page(visit: Signed, done: Annotated[str, Query(max_length=20)] = "") -> HTMLResponse:
    """Show one's own account: language, password, sessions."""
    sessions = await asyncio.to_thread(visit.desk.accounts.sessions, visit.account.id, visit.now)
    return visit.render("signing/account.html", sessions=sessions, done=done, browser_of=browser_of)


@router.post("/account/language")
async def change_language(visit: Signed, lang: Typed = "") -> Response:
    """Change the language of one's pages, on every device."""
    if lang in LANGUAGES:
        known: dict[str, Any] = {"lang": lang, "by": visit.account.shown, "now": visit.now}
        await asyncio.to_thread(visit.desk.accounts.change, visit.account.id, **known)
    answer = visit.redirect(f"{ACCOUNT}?done=language")
    if lang in LANGUAGES:
        keep_cookie(answer, LANGUAGE_COOKIE, lang)
    return answer


@router.post("/account/sessions")
async def end_sessions(visit: Signed, session: Typed = "") -> Response:
    """End one of one's sessions, or all of them, this one too."""
    accounts, account = visit.desk.accounts, visit.account
    known: dict[str, Any] = {"by": account.shown, "now": visit.now}
    if session != "all":
        await asyncio.to_thread(accounts.end_session, account.id, session, **known)
        return visit.redirect(f"{ACCOUNT}?done=session")
    await asyncio.to_thread(accounts.sign_out_everywhere, account.id, **known)
    answer = visit.redirect(SIGN_IN)
    drop_cookie(answer, SESSION_COOKIE)
    return answer


async def _let_in(request: Request, signed: SignedIn, to: str) -> Response:
    """Send somebody on who has signed in, unless the account has no business at this desk."""
    desk, before = desk_of(request), request.cookies.get(SESSION_COOKIE, "")
    account, now = signed.session.account, desk.clock()
    if before:
        await asyncio.to_thread(desk.accounts.sign_out, before, now)
    if scope_of(account, desk.body, all_bodies=desk.all) is None:
        await asyncio.to_thread(desk.accounts.sign_out, signed.token, now)
        return _page(request, "/", problem=ELSEWHERE)
    answer = RedirectResponse(PASSWORD if account.must_change else own_path(to), 303)
    _keep_session(answer, signed, now.timestamp())
    return answer


def _page(request: Request, to: str, name: str = "", problem: str | WaitError = "") -> HTMLResponse:
    """Show the page to sign in, with what was wrong; the name is kept, the password never."""
    lang, to = language_of(request), own_path(to)
    wait_s = problem.wait_s if isinstance(problem, WaitError) else 0
    told = "" if not problem else say(TOO_MANY if wait_s else str(problem), lang, seconds=wait_s)
    onward = "" if to == "/" else f"?next={quote(to, safe='')}"
    page = render(
        "signing/sign-in.html",
        lang,
        exercise=desk_of(request).exercise,
        desk_body=desk_of(request).body,
        back=f"{SIGN_IN}{onward}",
        next=to,
        onward=onward,
        name=name,
        problem=told,
        provider=_shown(_provider(request), lang),
    )
    status = 429 if wait_s else 422 if problem else 200
    return HTMLResponse(page, status, {"retry-after": str(wait_s)} if wait_s else None)


def _provider(request: Request) -> Oidc | None:
    return desk_of(request).accounts.provider


def _shown(oidc: Oidc | None, lang: Language) -> str | None:
    """Return what the other sign-in is called; empty: it has no name here."""
    if oidc is None:
        return None
    names = oidc.provider.shown or {}
    return names.get(lang, next(iter(names.values()), ""))


def browser_of(agent: str) -> str:
    """Return what a browser is, of all that it calls itself: `Firefox · Android`."""
    program = next((name for mark, name in PROGRAMS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return " · ".join(filter(None, (program, system))) or agent[:AGENT_CHARS_MAX] or "—"


def _keep_session(answer: Response, signed: SignedIn, now_s: float) -> None:
    # Kept until its end: a telephone closes its browser whenever it likes, and at 3 a.m. nobody should have to type.
    keep_cookie(answer, SESSION_COOKIE, signed.token, int(signed.ends.timestamp() - now_s))


ROOM: Final = Room("signing", router)
