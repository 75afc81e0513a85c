"""A desk with nothing but the pages of the rule book, and somebody who is signed in there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
from tests.builders.desk_accounts import ADDRESS, PASSWORD, add_account, desk_accounts
from tests.builders.situation import NOW

from cbrn_consumers.desk.rulebook import Held, Library
from cbrn_consumers.desk.store import Store, Whose
from cbrn_consumers.desk.web.app import desk_app
from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE, SESSION_COOKIE
from cbrn_consumers.desk.web.rooms.rules import ROOM
from cbrn_consumers.desk.web.visit import Desk
from cbrn_consumers.errors import HistoryError
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fastapi import FastAPI

    from cbrn_consumers.standing.reader import Read

ORIGIN = "https://desk.example"


class GivenStore(Store):
    """A store that reads situations which a test has made; those of other bodies are not there."""

    def __init__(self, folder: Path, body: str, *, all_bodies: bool) -> None:
        settings = Settings()
        super().__init__(f"sqlite:///{folder / 'desk.sqlite3'}", Whose(settings.realm, body, all_bodies))
        self.situations: dict[tuple[str, str], Read] = {}

    async def read(self, scope: str, situation: str) -> Read | None:
        """Return what the test has given for this scope."""
        return self.situations.get((scope, situation))


async def nobody_heard(*_: Any) -> Held:
    """Find the shipped book, as where no router was heard."""
    return Held(national_rulebook())


async def no_decision(*_: Any) -> Any:
    """Find no decision on the bus."""
    raise HistoryError("no decision", hint="")


def app_of(folder: Path, body: str = "moh", *, all_bodies: bool = False, **library: Any) -> FastAPI:
    """An application with the room of the rules; its library asks no bus."""
    store, accounts = GivenStore(folder, body, all_bodies=all_bodies), desk_accounts(folder)
    desk = Desk(Settings(), body, all_bodies, store, accounts, lambda _: None, lambda: NOW, rooms=(ROOM,), origin=ORIGIN)
    app = desk_app(desk, (ROOM,))
    app.state.library = Library(desk.settings, desk.clock, **{"find": nobody_heard, "decided": no_decision, **library})
    return app


def cookies_of(app: FastAPI, lang: str = "en", **account: Any) -> dict[str, str]:
    """What the browser of somebody who has signed in sends with every request."""
    accounts = app.state.desk.accounts
    account = {"name": "asanov", "body": app.state.desk.body, **account}
    add_account(accounts, now=NOW, **account)
    token = accounts.sign_in(account["name"], PASSWORD, address=ADDRESS, now=NOW).token
    return {SESSION_COOKIE: token, LANGUAGE_COOKIE: lang}


@asynccontextmanager
async def reader(app: FastAPI, lang: str = "en", **account: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is signed in, and reads in a language."""
    cookies = cookies_of(app, lang, **account)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies) as client:
        yield client
    await app.state.library.close()
