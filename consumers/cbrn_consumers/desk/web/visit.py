"""A visit: who asks, what they may see, in which language, and how they are answered. What every room is given.

    @router.get("/rules")
    async def rules(visit: Visitor) -> HTMLResponse: ...

    @router.post("/acts/{act}", dependencies=[needs(Right.ANSWER)])

Seam: `Signed` is a `Visitor` without the rights: for pages of somebody who must first change the password.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, Protocol, cast
from urllib.parse import quote

from babel import negotiate_locale
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from cbrn_consumers.desk.accounts import Right, may, scope_of
from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE, SESSION_COOKIE
from cbrn_consumers.desk.web.render import render
from cbrn_consumers.desk.web.ring import Audience
from cbrn_consumers.desk.web.words import LANGUAGES, say
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from fastapi import APIRouter

    from cbrn_consumers.desk.accounts import Account, Accounts, Scope, Session
    from cbrn_consumers.desk.store import Store
    from cbrn_consumers.desk.web.streams import Streams
    from cbrn_consumers.standing import Answer
    from cbrn_routing.duties import DutyState
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.events.foreign import Original
    from cbrn_schemas.receipt import Receipt
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.silence import Silence

SIGN_IN: Final = "/sign-in"
PASSWORD: Final = "/password"  # noqa: S105 - the address of a page
NEXT_MAX: Final = 500


class Writing(Protocol):
    """A body's way to answer: `cbrn_consumers.answering.Answers`, or what stands for it in a test."""

    async def write(self, receipt: Receipt) -> Answer:
        """Return once Kafka holds it."""

    async def close(self) -> None:
        """Close the connection, if there is one."""


class Bus(Protocol):
    """What pages ask Kafka itself for, beside what the store holds: `web/bus.py`, or what stands for it in a test."""

    async def duties(self, situation: str) -> tuple[DutyState, ...] | None:
        """Return the duties of a situation; None where they cannot be read."""

    async def book(self, digest: str) -> RuleBook | None:
        """Return the rule book that decided; None where it is not at hand."""

    async def original(self, partner: str, original: Original) -> bytes | None:
        """Return what a partner sent, byte for byte; None where it is no longer there, or is another by now."""

    async def silence(self, body: str, situation: str, *, by: str, reason: str, lasts: timedelta) -> Silence:
        """Declare a silence of one situation for a body; what may never be silenced is refused."""

    async def release(self, duty: str, account: Account, note: str | None) -> DutyState:
        """Decide that a duty's draft is released."""

    async def settle(self, duty: str, account: Account, note: str) -> DutyState:
        """Decide that a duty was answered."""


class OnDuty(NamedTuple):
    """Who has a body's watch, for the head of every page."""

    name: str
    """Post or person; empty: nobody."""
    until: datetime | None
    call: str = ""
    """Telephone, as the body's own file of officers has it; empty where it has none."""


class BusLine(NamedTuple):
    """How the bus is, for the head of the crisis centre's pages."""

    live: int
    """Routers that were heard lately."""
    routers: int
    sequence: int | None
    """Of the rule book in force; 0 for the shipped one, None where no router is heard."""
    silent: int
    """Parts of the bus that the watch misses."""
    agreed: bool
    """Whether all decide by the same book."""


class CopiesLine(NamedTuple):
    """What waits for a word of a body's persons before it goes abroad, for the head of their pages."""

    number: int
    until: datetime | None
    """When the first of them can no longer be released."""


class Link(NamedTuple):
    """A door to a room, at the head of every page."""

    path: str
    msgid: str
    right: Right


class Room(NamedTuple):
    """Pages that belong together."""

    name: str
    router: APIRouter
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What pages are made from, and what acts go to."""

    settings: Settings
    body: str
    all: bool
    store: Store
    accounts: Accounts
    answers: Callable[[str], Writing]
    """By body; the same for each call."""
    bus: Bus
    clock: Callable[[], datetime]
    rooms: Sequence[Room] = ()
    bus_line: Callable[[], BusLine | None] = field(default=lambda: None)
    """How the bus is; None: not known."""
    copies_line: Callable[[str], CopiesLine | None] = field(default=lambda _: None)
    """What waits for a word of a body's persons; None: nothing, or not known."""
    on_duty: Callable[[str], OnDuty | None] = field(default=lambda _: None)
    """Who has a body's watch; None: not known."""
    origin: str | None = None
    """Under which browsers reach it, where a proxy with TLS stands before it."""
    local: bool = False
    """Whether it is reached from this machine alone, by this machine's own names."""

    @property
    def exercise(self) -> bool:
        """Whether all that it shows is an exercise."""
        return self.settings.realm is Realm.EXERCISE


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in."""

    desk: Desk
    account: Account
    session: Session
    scope: Scope
    lang: Language
    now: datetime
    request: Request

    @property
    def audience(self) -> Audience:
        """With whom this visitor's lists are the same."""
        assert self.scope.name is not None, "who may read has a list"
        return Audience(self.scope.name, self.lang, self.may(Right.ANSWER))

    @property
    def streams(self) -> Streams:
        """The pages that are open."""
        return cast("Streams", self.request.app.state.streams)

    @property
    def line(self) -> str:
        """A name that pages of one browser share which are told the same: they need one stream together."""
        same = "\x1f".join((self.account.id, *map(str, self.audience)))
        return blake2b(same.encode(), digest_size=8).hexdigest()

    @property
    def wants_part(self) -> bool:
        """Whether a module of ours asks, which puts the part that has changed into its page."""
        return self.request.headers.get("x-desk") == "part"

    def may(self, right: Right) -> bool:
        """Tell whether whoever asks has a right."""
        return may(self.account, right)

    def text(self, message: str, /, **values: object) -> str:
        """Write a page's words in the visitor's language."""
        return say(message, self.lang, **values)

    def render(self, template: str, /, status: int = 200, **known: Any) -> HTMLResponse:
        """Answer with a page."""
        return HTMLResponse(self.part(template, **known), status)

    def part(self, template: str, /, **known: Any) -> str:
        """Make a page, or a part of one, with what every page has."""
        desk = self.desk
        head = {
            "visit": self,
            "now": self.now,
            "desk_body": self.account.body,  # the tab says whose page it is, also on a desk of all bodies
            "exercise": desk.exercise,
            "links": [link for room in desk.rooms for link in room.links if self.may(link.right)],
            "pulse": desk.store.pulse(),
            "bus_line": desk.bus_line() if self.scope.all else None,
            "copies_line": desk.copies_line(self.account.body) if self.may(Right.RELEASE) else None,
            "on_duty": self.duty_of(self.account.body),
            "path": self.request.url.path,
            "back": here(self.request),
        }
        return render(template, self.lang, **(head | known))

    def duty_of(self, body: str) -> OnDuty | None:
        """Return who has a body's watch; the number only for that body's own officers."""
        found = self.desk.on_duty(body)
        sees = body == self.account.body and self.may(Right.WATCH)
        return found if found is None or sees else found._replace(call="")

    def redirect(self, path: str) -> RedirectResponse:
        """Send the browser to another page of ours, after something was done."""
        return RedirectResponse(own_path(path), 303)


class NotSignedInError(Exception):
    """Whoever asks has to sign in first."""


class PasswordToChangeError(Exception):
    """Whoever asks has to change the password first."""


class ForbiddenError(Exception):
    """Whoever asks is known, and may not. `visit` is None where they have no business at this desk at all."""

    def __init__(self, visit: Visit | None = None) -> None:
        super().__init__("may not")
        self.visit = visit


def desk_of(request: Request) -> Desk:
    """Return the desk that serves a request."""
    return cast("Desk", request.app.state.desk)


def own_path(path: str) -> str:
    """Return a path of ours as it is, and `/` for whatever would lead elsewhere, or into a header."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and len(path) <= NEXT_MAX
    return path if fine and path.isascii() and path.isprintable() else "/"


def language_of(request: Request, account: Account | None = None) -> Language:
    """Return the language of a page: the one chosen in this browser, the account's, the browser's; else Kyrgyz."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    if account is not None:
        return account.lang
    wanted = [each.partition(";")[0].strip() for each in request.headers.get("accept-language", "").split(",")[:20]]
    wanted = [each for each in wanted if each.replace("-", "").isalnum() and each.isascii()]
    return cast("Language", negotiate_locale(wanted, LANGUAGES, sep="-") or LANGUAGES[0])


async def signed(request: Request) -> Visit:
    """Return the visit of whoever is signed in, whatever they may."""
    desk, now = desk_of(request), desk_of(request).clock()
    token = request.cookies.get(SESSION_COOKIE, "")
    session = await asyncio.to_thread(desk.accounts.session, token, now) if token else None
    if session is None:
        raise NotSignedInError
    account = session.account
    scope = scope_of(account, desk.body, all_bodies=desk.all)
    if scope is None:
        raise ForbiddenError
    return Visit(desk, account, session, scope, language_of(request, account), now, request)


Signed = Annotated[Visit, Depends(signed)]


async def visitor(visit: Signed) -> Visit:
    """Return the visit of whoever may use the desk."""
    if visit.account.must_change:
        raise PasswordToChangeError
    return visit


Visitor = Annotated[Visit, Depends(visitor)]


def needs(right: Right) -> Any:
    """Let nobody pass without a right."""

    async def asked(visit: Visitor) -> None:
        if not visit.may(right):
            raise ForbiddenError(visit)

    return Depends(asked)


def here(request: Request) -> str:
    """Return the address of the page that is asked for; `/` where something was sent."""
    url = request.url
    return own_path(f"{url.path}?{url.query}" if url.query else url.path) if request.method == "GET" else "/"


def sign_in_path(request: Request) -> str:
    """Return where to sign in, with the way back."""
    back = here(request)
    return SIGN_IN if back == "/" else f"{SIGN_IN}?next={quote(back, safe='')}"
