"""Who asks, made sure of: from where a password is given, its slow hash, and the password asked again.

Again, before what nobody can take back: a session lasts a watch long, and a page that stands open is anybody's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.desk.accounts import HASHES_AT_ONCE, SignInError, WaitError
from cbrn_consumers.desk.web.few_threads import FewThreads
from cbrn_consumers.desk.web.visit import desk_of
from cbrn_consumers.desk.web.words import N_

if TYPE_CHECKING:
    from fastapi import Request

    from cbrn_consumers.desk.web.visit import Visit

HASHING: Final = FewThreads("sign-in", HASHES_AT_ONCE, waiting=30, again_s=5)
SIGNED_IN_WITHIN: Final = timedelta(minutes=10)
"""Whoever has no password here, since another vouches for them, must have signed in so lately."""
TOO_MANY: Final = N_("Too many attempts. Try again in %(seconds)s s.")
NOT_RIGHT: Final = N_("The password is not right. Nothing was decided.")
SIGN_IN_ANEW: Final = N_("Sign out and in again, then decide within ten minutes. Nothing was decided.")


async def not_confirmed(visit: Visit, password: str) -> str:
    """Make sure that the account's owner asks; return in words why not, empty if it is so."""
    account = visit.account
    if not account.has_password:
        lately = visit.now - visit.session.began <= SIGNED_IN_WITHIN
        return "" if lately else visit.text(SIGN_IN_ANEW)
    known = {"address": address_of(visit.request), "now": visit.now}
    try:
        await HASHING.run(visit.desk.accounts.confirm, account, password, **known)
    except WaitError as error:
        return visit.text(TOO_MANY, seconds=error.wait_s)
    except SignInError:
        return visit.text(NOT_RIGHT)
    return ""


def asking_from(request: Request) -> dict[str, Any]:
    """Return from where somebody asks, with what, and when: what is counted, and stands in the log."""
    agent = request.headers.get("user-agent", "")
    return {"address": address_of(request), "agent": agent, "now": desk_of(request).clock()}


def address_of(request: Request) -> str:
    """Return where a request is from: its connection's other end, or what the proxy before the desk says of its own.

    That is the last of `x-forwarded-for`: what stands before it whoever asks may have written. Without a proxy none of
    it counts; with one, all would else be counted as one address, and a stranger keep a whole ministry out.
    """
    said = request.headers.getlist("x-forwarded-for")
    if said and desk_of(request).origin is not None:
        return said[-1].rpartition(",")[2].strip()
    return "" if request.client is None else request.client.host
