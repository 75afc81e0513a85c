"""A desk to test with: real accounts and a real store in a folder, its application, and clients that are signed in.

async with desk_house(tmp_path, "moh") as house:
    await house.told.tell("moh", situation="KG-2026-a", severity="Severe")
    client = house.client(Role.OFFICER)
    page = await client.get("/situations/KG-2026-a")
    await client.post("/acts/acknowledged", data={...})   # Origin and cookies are those of a browser
    house.answered                                        # the receipts that the log holds

There is no Kafka: what is answered goes straight into the store, as the projection would bring it. `house.refusing` is
raised instead, where the broker shall be away. `house.now` is the time; set it to let time pass.
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import httpx
from tests.builders.desk_accounts import add_account, desk_accounts, token_of
from tests.builders.desk_store import START, Told, desk_store

from cbrn_consumers.alert import Origin
from cbrn_consumers.desk.accounts import Account, Accounts, Role
from cbrn_consumers.desk.store import Pulse, Store
from cbrn_consumers.desk.web.app import desk_app
from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE, SESSION_COOKIE
from cbrn_consumers.desk.web.rooms import all_rooms
from cbrn_consumers.desk.web.visit import Desk, OnDuty, Room
from cbrn_consumers.standing import Answer
from cbrn_schemas.receipt import Receipt, receipts_topic, record_of
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from fastapi import FastAPI

ORIGIN = "https://desk.test"


class Client(httpx.AsyncClient):
    """A browser that is signed in: same origin, cookies, no redirects of its own."""

    def __init__(self, app: FastAPI, *, token: str = "", lang: str = "en") -> None:
        cookies = {LANGUAGE_COOKIE: lang} | ({SESSION_COOKIE: token} if token else {})
        super().__init__(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url=ORIGIN,
            headers={"origin": ORIGIN, "sec-fetch-site": "same-origin", "accept": "text/html"},
            cookies=cookies,
        )


class Recorded:
    """A body's way to answer without Kafka: what it writes, the store holds at once."""

    def __init__(self, house: House, body: str) -> None:
        self._house, self._body = house, body

    async def write(self, receipt: Receipt) -> Answer:
        house = self._house
        if house.refusing is not None:
            raise house.refusing
        topic = receipts_topic(house.desk.settings.realm, self._body)
        record = house.told.records.record(topic, *record_of(receipt), house.now)
        if not house.lagging:
            await house.store.take([record])
        answer = Answer(receipt, Origin.of(record))
        house.answered.append(answer)
        return answer

    async def close(self) -> None:
        """Nothing is open."""


class Silent:
    """The bus itself, where nothing more is known: no duties, no rule book. What is asked for is noted."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.known_duties: tuple[Any, ...] | None = None
        self.originals: dict[str, bytes | Exception] = {}
        """What partners sent, by its id."""

    async def duties(self, situation: str) -> Any:
        del situation
        return self.known_duties

    async def original(self, partner: str, original: Any) -> bytes | None:
        del partner
        found = self.originals.get(original.id)
        if isinstance(found, Exception):
            raise found
        return found

    async def book(self, digest: str) -> Any:
        del digest

    async def silence(self, body: str, situation: str, *, by: str, reason: str, lasts: timedelta) -> Any:
        self.asked.append(("silence", body, situation, by, reason, lasts))

    async def release(self, duty: str, account: Account, note: str | None) -> Any:
        self.asked.append(("release", duty, account.shown, note))

    async def settle(self, duty: str, account: Account, note: str) -> Any:
        self.asked.append(("settle", duty, account.shown, note))


class House:
    """A desk and what belongs to it."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        body: str,
        *,
        all_bodies: bool,
        realm: Realm,
        rooms: Sequence[Room] | None,
        **more: Any,
    ) -> None:
        self.store, self.accounts = store, accounts
        self.told = Told(store)
        self.now = START + timedelta(minutes=1)
        self.answered: list[Answer] = []
        self.refusing: Exception | None = None
        self.lagging = False
        """Whether the store does not get what is answered: a projection that is behind."""
        self.on_duty: OnDuty | None = None
        self.bus = Silent()
        self.pulse = Pulse(START, connected=True, behind=0, ready=True, trouble=None)
        store.beat = lambda: self.pulse
        known = tuple(all_rooms()) if rooms is None else tuple(rooms)
        given = {
            "settings": Settings(realm=realm, body=body, rota_dir=more.pop("rota_dir", "rota")),
            "answers": lambda code: Recorded(self, code),
            "bus": self.bus,
            "clock": lambda: self.now,
            "on_duty": lambda _: self.on_duty,
        }
        self.desk = Desk(body=body, all=all_bodies, store=store, accounts=accounts, rooms=known, **{**given, **more})
        self.app = desk_app(self.desk, known)
        self._known: dict[str, Account] = {}
        self._clients: list[Client] = []

    def account(self, role: Role = Role.OFFICER, body: str | None = None, name: str | None = None) -> Account:
        """An account of this role and body; made when it is first asked for."""
        body = body or self.desk.body
        name = name or f"{role.value}.{body}"
        if name not in self._known:
            self._known[name] = add_account(self.accounts, name, body=body, role=role, now=self.now)
        return self._known[name]

    def token(self, role: Role = Role.OFFICER, body: str | None = None, name: str | None = None) -> str:
        """The token of a session of this account, for a cookie."""
        return token_of(self.accounts, self.account(role, body, name), self.now)

    def client(
        self, role: Role | None = Role.OFFICER, body: str | None = None, *, name: str | None = None, lang: str = "en"
    ) -> Client:
        """A client that is signed in; with `role=None` one that is not."""
        made = Client(self.app, token="" if role is None else self.token(role, body, name), lang=lang)
        self._clients.append(made)
        return made

    async def close(self) -> None:
        self.app.state.streams.stop()
        for client in self._clients:
            await client.aclose()
        await self.store.close()
        self.accounts.close()


@asynccontextmanager
async def desk_house(
    folder: Path,
    body: str = "moh",
    *,
    all_bodies: bool = False,
    realm: Realm = Realm.REAL,
    rooms: Sequence[Room] | None = None,
    **more: Any,
) -> AsyncIterator[House]:
    """A desk in this folder; `more` are fields of `Desk` to be other than usual."""
    store = desk_store(folder, body, all_bodies=all_bodies, realm=realm)
    house = House(store, desk_accounts(folder), body, all_bodies=all_bodies, realm=realm, rooms=rooms, **more)
    store._clock = lambda: house.now
    try:
        yield house
    finally:
        await house.close()


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form with this action, as a browser would send them."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form is not None, f"no form for {action}"
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1])
    return {name: unescape(value) for name, value in found}


def moment(minutes: float) -> datetime:
    """So many minutes after the start."""
    return START + timedelta(minutes=minutes)
