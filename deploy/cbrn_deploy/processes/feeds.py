"""The composition root of the feeds: their database and what fills it, pages and who may read them, files, webhooks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cbrn_consumers.feeds import PUBLIC_FEED
from cbrn_consumers.feeds.app import Served, feeds_app
from cbrn_consumers.feeds.files import Files
from cbrn_consumers.feeds.following import Following
from cbrn_consumers.feeds.pages import Pages
from cbrn_consumers.feeds.readers import Readers, readers_path
from cbrn_consumers.feeds.sending import Sending
from cbrn_consumers.feeds.store import Store, store_path
from cbrn_consumers.feeds.taking import AlertTaker, ReleasedTaker
from cbrn_deploy.processes.catalogue import Follower
from cbrn_deploy.processes.listening import Connection, ListenError, listener_at, server
from cbrn_deploy.processes.living import live
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import partners
from cbrn_schemas.errors import BusError
from cbrn_schemas.formats.signature import SigningIdentity
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    import socket
    from collections.abc import Collection, Coroutine, Mapping
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

    from cbrn_consumers.feeds.endpoints import Endpoint
    from cbrn_consumers.feeds.taking import Taker
    from cbrn_schemas.settings import Settings

STOP_WITHIN_S: Final = 5
LISTEN: Final = "127.0.0.1:8470"
LOCAL: Final = frozenset({"127.0.0.1", "::1"})
EXPOSED: Final = (
    "tokens would cross the network in the clear",
    "Put a proxy with TLS before it and say how readers reach it: --behind-tls https://feeds.example.kg",
)


class FeedsError(BusError):
    """Feeds are asked for that there cannot be."""

    bad_input = True


class _Connection(Connection):
    """Each holds at most a page of 100 KB, 50 MB in all; from one address no more than a tenth of them.

    A proxy before it is one address, and has those of all its readers: it bounds them itself.
    """

    connections_max = 512
    of_one_max = 64

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Refuse one connection too many of one address, so that others still find one."""
        super().connection_made(transport)
        host = _host(self)
        if host not in LOCAL and sum(_host(one) == host for one in self.connections) > self.of_one_max:
            transport.abort()


def _host(connection: object) -> str | None:
    client = getattr(connection, "client", None)
    return client[0] if client else None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the process was asked to do."""

    body: str | None = None
    """Whose alerts are served; None: what was released to partners."""
    restricted: bool = False
    behind_tls: str | None = None
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    files: Path | None = None
    files_address: str | None = None
    endpoints: tuple[Endpoint, ...] = ()


class FeedsServer:
    """The work of the process: feeds at once where they are known, and ready when they are as Kafka is."""

    def __init__(self, settings: Settings, asked: Asked, listener: socket.socket) -> None:
        """Open the database and the file of readers.

        Raises:
            BusError: one of them, the signing identity or an endpoint's feed cannot be used.
        """
        self._settings, self._asked, self._listener = settings, asked, listener
        for one in asked.endpoints:
            if one.feed not in self.feeds():
                raise FeedsError(
                    f"the endpoint {one.name} wants the feed {one.feed}", f"There are: {_listed(self.feeds())}."
                )
        self.readers = Readers(readers_path(settings))
        identity = _identity(settings) if asked.body is not None else None
        whose = _whose(settings, asked, identity)
        self.store = Store(store_path(settings, asked.body), whose)
        taker = self._taker(identity)
        self.following = Following(self.store, taker, self._topics(taker), settings, _now)
        self.ready = self.following.ready
        self._origin = asked.behind_tls or _address(listener)
        self._pages = Pages(self.store, f"{self._origin}/feeds", settings.realm, settings.lang)
        served = Served(
            self.store,
            self._pages,
            self.readers,
            self.feeds,
            clock=_now,
            fresh=self.following.fresh,
            proxies=asked.proxies,
        )
        hosts = [urlsplit(asked.behind_tls).netloc] if asked.behind_tls else []
        self._server = server(feeds_app(served, hosts), _Connection, stop_within_s=STOP_WITHIN_S)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the log says of it."""
        return {
            "realm": self._settings.realm.value,
            "body": self._asked.body,
            "feeds": len(self.feeds()),
            "readers": len(self.readers),
            "endpoints": len(self._asked.endpoints),
            "address": self._origin,
        }

    def feeds(self) -> Collection[str]:
        """Return the names of all feeds that there are today."""
        if self._asked.body is not None:
            return (self._asked.body,)
        return (*partners(local_day(_now()), ahead=True), PUBLIC_FEED)

    def stop(self) -> None:
        """Take no more requests, answer those that are there, and end."""
        self.following.stop()
        self._server.should_exit = True

    async def run(self) -> None:
        """Hand out feeds until stopped.

        Raises:
            BusError: the database cannot be used.
        """
        serving = asyncio.create_task(self._server.serve([self._listener]))
        others = [asyncio.create_task(each) for each in self._others()]
        try:
            done, _ = await asyncio.wait({serving, *others}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {serving}:
                task.result()  # what has failed for good is told
            await serving
        finally:
            self.stop()
            for task in others[1:]:
                task.cancel()
            await asyncio.wait({serving, *others})
            for task in others:
                with suppress(asyncio.CancelledError, Exception):  # its failure was raised, or it was asked to end
                    task.result()
            self.store.close()

    def _others(self) -> list[Coroutine[Any, Any, None]]:
        found = [self.following.run()]
        if self._asked.files is not None:
            found.append(self._files(self._asked.files).run(self._changes()))
        if self._asked.endpoints:
            found.append(Sending(self.store, self._asked.endpoints, _now).run(self._changes()))
        return found

    def _files(self, folder: Path) -> Files:
        address = self._asked.files_address or f"{self._origin}/feeds"
        return Files(
            folder, self.store, Pages(self.store, address, self._settings.realm, self._settings.lang), self.feeds
        )

    def _changes(self) -> asyncio.Event:
        event = asyncio.Event()
        self.following.changed.append(event)
        return event

    def _taker(self, identity: SigningIdentity | None) -> Taker:
        if self._asked.body is None:
            return ReleasedTaker(self._settings.lang)
        return AlertTaker(self._asked.body, self._settings.lang, identity, restricted=self._asked.restricted)

    def _topics(self, taker: Taker) -> list[str]:
        return [to_topic(self._settings.realm, feed, taker.stream) for feed in self.feeds() if feed != PUBLIC_FEED]


async def run_feeds(settings: Settings, listen: str, asked: Asked) -> None:
    """Hand out feeds until SIGTERM or SIGINT.

    Raises:
        ListenError: the address is none or is taken; or others could reach it, and nothing with TLS is said to stand
            before it.
        BusError: the database, a file or an identity cannot be used.
        StartAgain: the catalogue has changed.
    """
    with listener_at(listen, LISTEN, exposed=None if asked.behind_tls else EXPOSED) as listener:
        process = FeedsServer(settings, asked, listener)
        await live(process, "feeds", lambda: process.facts, settings, catalogue=Follower(settings))


def address_of(given: str) -> str:
    """Return the address under which readers reach what stands behind TLS.

    Raises:
        ListenError: it is none.
    """
    said = urlsplit(given)
    if said.scheme != "https" or not said.hostname or said.query or said.fragment or said.username:
        raise ListenError(f"{given} is no address with TLS", "Write it as https://feeds.example.kg.")
    return given.rstrip("/")


def _identity(settings: Settings) -> SigningIdentity | None:
    return None if settings.cap_key is None else SigningIdentity.from_file(settings.cap_key)


def _whose(settings: Settings, asked: Asked, identity: SigningIdentity | None) -> dict[str, Any]:
    """Say of what a database is made: where that changes, it is made anew."""
    signed = None if identity is None else identity.fingerprint
    return {
        "realm": settings.realm.value,
        "body": asked.body,
        "restricted": asked.restricted,
        "lang": settings.lang,
        "signed": signed,
    }


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _listed(feeds: Collection[str]) -> str:
    return ", ".join(sorted(feeds))


def _now() -> datetime:
    return datetime.now(UTC)
