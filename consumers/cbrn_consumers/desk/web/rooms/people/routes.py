"""The people of the desk: who can sign in, as what; added, changed, disabled; and what became of every sign-in.

An administrator sees no alert, and whoever sees alerts keeps no accounts (`cbrn_consumers.desk.accounts.rights`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, Response
from fastapi import Path as Named
from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Account, NoAccountError, Right, Role
from cbrn_consumers.desk.web.rooms.people.keeping import Keeping, Ruling, RulingError
from cbrn_consumers.desk.web.visit import Link, Room, Visitor, needs
from cbrn_consumers.desk.web.words import LANGUAGES, N_
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.errors import BusError
from cbrn_schemas.events.base import Language

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_consumers.desk.web.visit import Visit

KEEPS: Final = [needs(Right.PEOPLE)]
SEES: Final = [needs(Right.AUDIT)]
UNREADABLE: Final = 422
SAID: Final = {
    Ruling.ONESELF: N_("Nobody changes their own rights, name or password here. Another administrator has to."),
    Ruling.LAST: N_("This is the last administrator of the desk. Make somebody else one first."),
    Ruling.BODY: N_("Accounts of another body are not kept here."),
}
AS_IT_SHOULD: Final = N_(
    "It cannot be kept so. A sign-in name has 3 to 64 Latin letters, digits, dots or hyphens and is nobody else's; "
    "what is shown is post and surname, one line of 2 to 120 letters."
)
DONE: Final = {
    "changed": N_("It was changed. Another role or body ends the sessions of the account."),
    "disabled": N_("The account is disabled, and signed out everywhere."),
    "enabled": N_("The account can sign in again."),
    "signed-out": N_("The account is signed out everywhere."),
}
AccountId = Annotated[str, Named(max_length=16, pattern="^[0-9a-f]{1,16}$")]
Line = Annotated[str, Form(max_length=200)]
RoleGiven = Annotated[Role, Form()]
LangGiven = Annotated[Language, Form()]

router = APIRouter(prefix="/people")
ROOM: Final = Room(
    "people", router, (Link("/people", N_("People"), Right.PEOPLE), Link("/people/log", N_("Sign-ins"), Right.AUDIT))
)


@router.get("", dependencies=KEEPS)
async def people(visit: Visitor) -> Response:
    """Show the accounts."""
    return await _show_list(visit)


@router.post("", dependencies=KEEPS)
async def add(
    visit: Visitor, *, name: Line, shown: Line, role: RoleGiven, lang: LangGiven, body: Line = ""
) -> Response:
    """Add an account; its password is shown once, on the page that answers."""
    keeping = _keeping(visit)
    whose = body or visit.account.body
    typed = {"name": name, "shown": shown, "role": role, "lang": lang, "body": whose}
    try:
        account, made = await asyncio.to_thread(
            keeping.add, name, shown=shown.strip(), body=whose, role=role, lang=lang
        )
    except BusError as error:
        return await _show_list(visit, problem=error, typed=typed)
    return await _show_one(visit, account, made=made)


@router.get("/log", dependencies=SEES)
async def log(visit: Visitor) -> Response:
    """Show who signed in, who was refused, and who changed which account."""
    entries = await asyncio.to_thread(_keeping(visit).entries)
    return visit.render("people/log.html", entries=entries)


@router.get("/{account_id}", dependencies=KEEPS)
async def one(visit: Visitor, account_id: AccountId, done: str = "") -> Response:
    """Show an account."""
    return await _show_one(visit, await _found(visit, account_id), done=DONE.get(done, ""))


@router.post("/{account_id}/change", dependencies=KEEPS)
async def change(
    visit: Visitor, account_id: AccountId, *, shown: Line, role: RoleGiven, lang: LangGiven, body: Line = ""
) -> Response:
    """Change role, language, shown name; at the crisis centre's desk also the body."""
    known = await _found(visit, account_id)
    given: dict[str, Any] = {"shown": shown.strip(), "role": role, "lang": lang, "body": body or known.body}

    def changed(keeping: Keeping) -> object:
        return keeping.change(account_id, **given)

    return await _done(visit, known, "changed", changed, typed=given)


@router.post("/{account_id}/disable", dependencies=KEEPS)
async def disable(visit: Visitor, account_id: AccountId) -> Response:
    """Let an account sign in no more."""
    return await _done(visit, await _found(visit, account_id), "disabled", lambda each: each.disable(account_id))


@router.post("/{account_id}/enable", dependencies=KEEPS)
async def enable(visit: Visitor, account_id: AccountId) -> Response:
    """Let an account sign in again."""
    return await _done(visit, await _found(visit, account_id), "enabled", lambda each: each.enable(account_id))


@router.post("/{account_id}/sign-out", dependencies=KEEPS)
async def sign_out(visit: Visitor, account_id: AccountId) -> Response:
    """End all sessions of an account."""
    return await _done(visit, await _found(visit, account_id), "signed-out", lambda each: each.sign_out(account_id))


@router.post("/{account_id}/password", dependencies=KEEPS)
async def renew(visit: Visitor, account_id: AccountId) -> Response:
    """Give an account another one-time password; it is shown once."""
    known = await _found(visit, account_id)
    try:
        account, made = await asyncio.to_thread(_keeping(visit).renew, account_id)
    except BusError as error:
        return await _show_one(visit, known, problem=error)
    return await _show_one(visit, account, made=made)


def _keeping(visit: Visit) -> Keeping:
    return Keeping(visit.desk.accounts, visit.account, visit.desk.body, visit.desk.all, visit.now)


async def _found(visit: Visit, account_id: str) -> Account:
    try:
        return await asyncio.to_thread(_keeping(visit).one, account_id)
    except NoAccountError:
        raise HTTPException(404) from None


async def _done(
    visit: Visit, known: Account, act: str, changed: Callable[[Keeping], object], typed: dict[str, Any] | None = None
) -> Response:
    try:
        await asyncio.to_thread(changed, _keeping(visit))
    except BusError as error:
        return await _show_one(visit, known, problem=error, typed=typed)
    return visit.redirect(f"/people/{known.id}?done={act}")


async def _show_list(visit: Visit, *, problem: BusError | None = None, typed: dict[str, Any] | None = None) -> Response:
    keeping = _keeping(visit)
    return visit.render(
        "people/list.html",
        200 if problem is None else UNREADABLE,
        accounts=await asyncio.to_thread(keeping.listed),
        problem=_said(visit, problem),
        typed=typed or {"lang": "ky", "role": Role.OFFICER, "body": visit.account.body},
        **_choices(keeping),
    )


async def _show_one(
    visit: Visit,
    account: Account,
    *,
    made: str | None = None,
    done: str = "",
    problem: BusError | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    keeping = _keeping(visit)
    kept = {"shown": account.shown, "role": account.role, "lang": account.lang, "body": account.body}
    return visit.render(
        "people/account.html",
        200 if problem is None else UNREADABLE,
        account=account,
        mine=account.id == visit.account.id,
        made=made,
        done=visit.text(done) if done else "",
        problem=_said(visit, problem),
        typed=typed or kept,
        sessions=await asyncio.to_thread(visit.desk.accounts.sessions, account.id, visit.now),
        entries=(await asyncio.to_thread(keeping.entries, account.id))[:50],
        **_choices(keeping),
    )


def _choices(keeping: Keeping) -> dict[str, Any]:
    known = bodies()
    return {
        "roles": list(Role),
        "tongues": LANGUAGES,
        "bodies": sorted(known) if keeping.whole else [keeping.actor.body],
        "whole": keeping.whole,
    }


def _said(visit: Visit, error: BusError | None) -> tuple[str, str] | None:
    """Say what was not done, and the detail in the bus's own words."""
    if error is None:
        return None
    if isinstance(error, RulingError):
        return visit.text(SAID[error.ruling]), ""
    return visit.text(AS_IT_SHOULD), f"{error}. {error.hint}"
