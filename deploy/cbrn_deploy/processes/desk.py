"""The composition root of a desk: its database and what fills it, accounts, pages, and the server of them."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import structlog

from cbrn_consumers.answering import Answers
from cbrn_consumers.desk.accounts import Accounts
from cbrn_consumers.desk.store import Projection, Store, Whose, database_url
from cbrn_consumers.desk.web.app import desk_app
from cbrn_consumers.desk.web.bus import KafkaBus
from cbrn_consumers.desk.web.on_duty import Watches
from cbrn_consumers.desk.web.rooms import all_rooms
from cbrn_consumers.desk.web.rooms.partners.bus import Partners
from cbrn_consumers.desk.web.rooms.report.pages import close_reporting
from cbrn_consumers.desk.web.rooms.watch.line import Lines
from cbrn_consumers.desk.web.visit import Desk
from cbrn_deploy.processes.catalogue import Follower
from cbrn_deploy.processes.listening import Connection, ListenError, listener_at, server
from cbrn_deploy.processes.living import live
from cbrn_schemas.catalogue.bodies import body as body_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

STOP_WITHIN_S: Final = 5
"""Streams end at once; an answer that is being written has this long."""
LISTEN: Final = "127.0.0.1:8490"
ZONE: Final = "<+06>-6"
"""The country's, in the form of POSIX: pages show its clock, wherever the machine stands that serves them."""
EXPOSED: Final = (
    "passwords would cross the network in the clear",
    "Put a proxy with TLS before it and say under which address browsers reach it: --behind-tls https://desk.moh.kg",
)


class _Connection(Connection):
    """Each holds at most a form of 256 KiB, mostly a stream of some KB: 500 MB if all sent their longest at once."""

    connections_max = 2_000


class DeskServer:
    """The work of the process: pages at once, and ready when the database has caught up with Kafka."""

    def __init__(
        self, settings: Settings, body: str, listener: socket.socket, *, all_bodies: bool, origin: str | None
    ) -> None:
        """Open the databases.

        Raises:
            AccountsFileError, StoreError: one of them cannot be used.
        """
        self._settings, self._listener = settings, listener
        self._answers: dict[str, Answers] = {}
        self._opened = ExitStack()
        self.accounts = self._opened.enter_context(Accounts.of(settings))
        whose = Whose(settings.realm, body, all_bodies)
        self.store = Store(database_url(settings, whose), whose, _now)
        self.projection = Projection(self.store, settings, _now)
        self.ready = self.projection.ready
        self._watches = Watches(settings, self.store, _now)
        self._lines = Lines(settings, _now)
        self._partners = Partners(settings, self.store, None if all_bodies else body)
        rooms = all_rooms()
        self.desk = Desk(
            settings=settings,
            body=body,
            all=all_bodies,
            store=self.store,
            accounts=self.accounts,
            answers=self._answers_of,
            bus=KafkaBus(settings, _now, all_bodies=all_bodies),
            clock=_now,
            rooms=rooms,
            on_duty=self._watches.of,
            bus_line=self._lines.last,
            copies_line=self._partners.waiting,
            origin=origin,
            local=origin is None,
        )
        self._app = desk_app(self.desk, rooms)
        self._app.state.partners = self._partners
        self._server = server(self._app, _Connection, stop_within_s=STOP_WITHIN_S)

    def stop(self) -> None:
        """Take no more requests, end the streams, answer what is being written, and end."""
        self._app.state.streams.stop()
        self._server.should_exit = True

    async def run(self) -> None:
        """Hand out pages until stopped."""
        serving = asyncio.create_task(self._server.serve([self._listener]))
        looks = [self._watches.run(), self._partners.run(), *([self._lines.run()] if self.desk.all else [])]
        others = [asyncio.create_task(each) for each in (self.projection.run(), *looks)]
        try:
            done, _ = await asyncio.wait({serving, *others}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {serving}:
                task.result()  # what has failed for good is told
            await serving
        finally:
            self.stop()
            self.projection.stop()
            for look in others[1:]:
                look.cancel()
            await asyncio.wait({serving, *others})
            for answers in self._answers.values():
                await answers.close()
            await close_reporting(self._app.state)
            await self.store.close()
            self._opened.close()

    def _answers_of(self, body: str) -> Answers:
        if body not in self._answers:
            self._answers[body] = Answers(body, settings=self._settings)
        return self._answers[body]


async def run_desk(settings: Settings, body: str, listen: str, *, all_bodies: bool, behind_tls: str | None) -> None:
    """Run a body's desk until SIGTERM or SIGINT.

    Raises:
        ListenError: the address is none or is taken; or others could reach it, and nothing with TLS is said to stand
            before it.
        AccountsFileError, StoreError: a database cannot be used.
        StartAgain: the catalogue has changed.
    """
    os.environ["TZ"] = ZONE
    time.tzset()
    code = body_of(body).code
    origin = None if behind_tls is None else origin_of(behind_tls)
    with listener_at(listen, LISTEN, exposed=None if origin else EXPOSED) as listener:
        process = DeskServer(
            signing_for_one(settings, all_bodies=all_bodies), code, listener, all_bodies=all_bodies, origin=origin
        )
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        facts: Mapping[str, Any] = {
            "realm": settings.realm.value,
            "body": code,
            "all": all_bodies,
            "address": origin or f"http://{shown}:{port}",
        }
        await live(process, "desk", lambda: facts, settings, catalogue=Follower(settings))


def signing_for_one(settings: Settings, *, all_bodies: bool) -> Settings:
    """Return the settings without the signing key where a desk reports in the name of every body.

    A key is one body's: with it another's report would be signed wrongly, and be set aside where it was to alarm.
    """
    if not all_bodies or settings.signing_key is None:
        return settings
    log.warning(
        "the desk of all bodies signs nothing: a key is one body's",
        signing_key=str(settings.signing_key),
        hint="Who must sign reports from a desk of its own: cbrn run desk --body BODY, with that body's key.",
    )
    return settings.model_copy(update={"signing_key": None})


def origin_of(given: str) -> str:
    """Return the origin under which browsers reach the desk.

    Raises:
        ListenError: it is none, or has no TLS.
    """
    said = urlsplit(given)
    plain = said.path in {"", "/"} and not (said.query or said.fragment or said.username)
    if said.scheme != "https" or not said.hostname or not plain:
        raise ListenError(f"{given} is no address of a desk behind TLS", "Write it as --behind-tls https://desk.moh.kg")
    return f"https://{said.netloc}"


def _now() -> datetime:
    return datetime.now(UTC)
