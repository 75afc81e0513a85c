"""What the watch's pages ask of the bus, kept for a moment: ten officers who look at once ask Kafka once.

A page must come also where the bus does not answer: then `Heard.problem` says so, and what the desk's database holds of
the watch is shown.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from cbrn_consumers.inbox import declaring
from cbrn_consumers.inbox.reader import read_silences
from cbrn_consumers.notify.sendings import read_sendings
from cbrn_consumers.rota import ShiftLog
from cbrn_consumers.rota.reader import read_log
from cbrn_consumers.rulebooks.status import read_reports
from cbrn_consumers.shifts.changing import publish_change
from cbrn_consumers.shifts.reaching import ask_test, give_back
from cbrn_consumers.watch.silent import read_silent
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from cbrn_consumers.desk.store import Store
    from cbrn_consumers.inbox import Silences
    from cbrn_consumers.notify.sendings import Sending
    from cbrn_consumers.rota import Roster
    from cbrn_routing.activation.status import Report
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.shift import ChannelTestAsked, ChannelTested, ShiftHandedOver, ShiftTaken
    from cbrn_schemas.silence import Scope, Silence, SilenceEnd

KEPT_S: Final = 3.0
WITHIN_S: Final = 6.0
"""A page waits no longer for the bus; its clients give a broker five seconds."""
KINDS_MAX: Final = 500
"""Answers kept: five sorts, for at most some eighty bodies."""
BACK_MAX: Final = timedelta(hours=48)
"""Of notices: what is older, nobody waits for."""

T = TypeVar("T")
Change = TypeVar("Change", "ShiftTaken", "ShiftHandedOver")


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """What the bus has answered, or why it has not; then `value` is what was known before, if anything was."""

    value: T | None
    problem: BusError | None = None


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    at: float | None = None
    heard: Heard[Any] = field(default_factory=lambda: Heard(None))


class Bus:
    """The bus, as the watch's pages need it. What writes returns once Kafka has it, and raises `BusError`."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Take the desk's database, for what is known of watches while the bus does not answer."""
        self._settings, self._store = settings, store
        self._kept: dict[tuple[str, str], _Kept] = {}

    async def log(self, body: str) -> Heard[ShiftLog]:
        """Read what a body has said of its watch."""
        return await self._ask("log", body, lambda: read_log(self._settings, body), lambda: self._known_log(body))

    async def silences(self, body: str) -> Heard[Silences]:
        """Read a body's silences, ended ones included."""
        return await self._ask("silences", body, lambda: read_silences(self._settings, body))

    async def sendings(self, body: str, now: datetime) -> Heard[Sequence[Sending]]:
        """Read what a body's officers were sent in the last two days, the newest first."""
        return await self._ask("sendings", body, lambda: read_sendings(self._settings, body, now - BACK_MAX))

    async def reports(self) -> Heard[list[Report] | None]:
        """Read what the routers last said of themselves; None within: this bus has no such topic."""
        return await self._ask("reports", "", lambda: read_reports(self._settings))

    async def silent(self) -> Heard[Mapping[str, datetime]]:
        """Read which parts of the bus the watch has found silent, and when."""
        return await self._ask("silent", "", lambda: read_silent(self._settings))

    async def publish(self, fact: Change, names: Sequence[str], count: int) -> None:
        """Write that a seat changes hands, with what is open."""
        try:
            await publish_change(self._settings, fact, names, count)
        finally:
            self._forget("log", fact.body)

    async def ask_test(self, body: str, post: str, channel: str | None, *, by: str, at: datetime) -> ChannelTestAsked:
        """Ask the body's notify process to try an officer's channels."""
        try:
            return await ask_test(self._settings, body, post, channel, by=by, at=at)
        finally:
            self._forget("log", body)

    async def give_back(
        self, roster: Roster, code: str, *, by: str, at: datetime, posts: frozenset[str] | None = None
    ) -> ChannelTested:
        """Say that a test's code has come; `posts` are those for whom it may be said, None for all."""
        try:
            return await give_back(self._settings, roster, code, by=by, at=at, posts=posts)
        finally:
            self._forget("log", roster.rota.body)

    async def declare(
        self, body: str, scope: Scope, now: datetime, **fields: Any
    ) -> tuple[Silence, list[str], list[str]]:
        """Declare a silence; return it, what it hides now, and what stays visible in spite of it."""
        try:
            silence, inbox = await declaring.declare(self._settings, body, scope, fields)
        finally:
            self._forget("silences", body)
        hides, stays = declaring.effect_of(silence, inbox, now)
        return silence, [each.key.name for each in hides], [each.key.name for each in stays]

    async def end(self, said: SilenceEnd, now: datetime) -> None:
        """End a silence before its time."""
        try:
            await declaring.end(self._settings, said, now)
        finally:
            self._forget("silences", said.body)

    def forget_log(self, body: str) -> None:
        """Have the log read anew: what is written next depends on it."""
        self._forget("log", body)

    async def _known_log(self, body: str) -> ShiftLog:
        return ShiftLog.of(body, self._settings.realm, await self._store.records(body, "shifts"))

    async def _ask(
        self,
        sort: str,
        body: str,
        read: Callable[[], Awaitable[T]],
        else_read: Callable[[], Awaitable[T]] | None = None,
    ) -> Heard[T]:
        kept = self._kept.setdefault((sort, body), _Kept())
        loop = asyncio.get_running_loop()
        async with kept.lock:
            if kept.at is None or loop.time() - kept.at > KEPT_S:
                kept.heard = await _heard(read, else_read)
                kept.at = loop.time()
        if len(self._kept) > KINDS_MAX:
            self._kept.pop(next(iter(self._kept)))
        return kept.heard

    def _forget(self, sort: str, body: str) -> None:
        """Drop what was kept, also where nobody knows whether it was written."""
        self._kept.pop((sort, body), None)


async def _heard(read: Callable[[], Awaitable[T]], else_read: Callable[[], Awaitable[T]] | None) -> Heard[T]:
    problem: BusError
    try:
        async with asyncio.timeout(WITHIN_S):
            return Heard(await read())
    except TimeoutError:
        problem = BusError(f"no answer within {WITHIN_S:.0f} s", "Look whether the brokers run, and at the line.")
    except BusError as error:
        problem = error
    try:
        return Heard(None if else_read is None else await else_read(), problem)
    except BusError:  # what the page says of the bus is the graver news
        return Heard(None, problem)
