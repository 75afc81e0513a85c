"""The pages that are open: each is told what changed within a tick, and hears a heart beat while nothing does.

One task renders what changed, once an audience; each page only copies bytes from its ring. What a page is told is what
its list would show: it is read from the store in the scope of whoever looks at it, never handed on from elsewhere.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from cbrn_consumers.desk.web.render import clock
from cbrn_consumers.desk.web.ring import Audience, Ring, encoded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from cbrn_consumers.desk.store import Row, Store

log = structlog.get_logger(__name__)

TICK_S: Final = 0.1
"""From a change to the pages: on each tick, whatever came since, in one piece."""
BEAT_S: Final = 3.0
COUNT_S: Final = 15.0
"""What is late becomes so by time alone."""
CHANGES_MAX: Final = 500
"""Situations of a scope that are rendered in one tick; of more, pages are told to load anew."""
PAGES_MAX: Final = 1_500
KEPT_S: Final = 600.0
"""How long a ring is kept that no page looks at: a phone that was out of reach finds what it missed."""
RESET: Final = encoded("reset", {})
SIGNED_OUT: Final = encoded("signed-out", {})


class Drawn(Protocol):
    """How what pages are told is drawn."""

    def row(self, audience: Audience, row: Row, now: datetime) -> Mapping[str, object]:
        """Draw a line of the list."""

    async def counts(self, scope: str, now: datetime) -> Callable[[Audience], dict[str, object]]:
        """Count once for a scope, and return what draws it for each audience."""


@dataclass(slots=True)
class _Kept:
    ring: Ring
    pages: int = 0
    used: float = 0.0
    told: str = ""
    """Cursor of which its pages were last told."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Have its pages look what there is: those of others sleep on."""
        self.told = self.ring.cursor
        woken, self.news = self.news, asyncio.Event()
        woken.set()


class Streams:
    """All open pages of a desk."""

    def __init__(self, store: Store, clock_: Callable[[], datetime], drawn: Drawn) -> None:
        """Take how rows and counts are drawn for an audience."""
        self._store, self._clock, self._drawn = store, clock_, drawn
        self._counted: dict[str, float] = {}
        self._rings: dict[Audience, _Kept] = {}
        self._changed: dict[str, dict[str, None]] = {}
        self._running: asyncio.Task[None] | None = None
        self._stopped = False
        self._pages = 0
        self._beat = b""

    @property
    def full(self) -> bool:
        """Whether no more pages can be told."""
        return self._stopped or self._pages >= PAGES_MAX

    def changed(self, changes: Sequence[tuple[str, str]]) -> None:
        """Note that situations have changed, each in a scope; called once the database has them."""
        looked_at = {audience.scope for audience in self._rings}
        for scope, situation in (each for each in changes if each[0] in looked_at):
            self._changed.setdefault(scope, {})[situation] = None

    def cursor(self, audience: Audience) -> str:
        """Return where a page begins that is made now."""
        return self._kept(audience).ring.cursor

    async def page(
        self, audience: Audience, after: str, lasting: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[bytes]:
        """Yield what one page is told, until it leaves, the desk stops, or whoever looks is not signed in any more."""
        kept = self._kept(audience)
        kept.pages += 1
        self._pages += 1
        loop, beat, asked = asyncio.get_running_loop(), b"", 0.0
        try:
            # At once, so that the page knows that the line stands.
            yield b"retry: 2000\n\n" + self._pulse()
            while not self._stopped:
                now = loop.time()
                if now - asked > BEAT_S * 2:
                    asked = now
                    if not await lasting():
                        yield SIGNED_OUT
                        return
                news = kept.ring.since(after)
                told, after = ((RESET,), kept.ring.cursor) if news is None else news
                if self._beat is not beat:
                    beat = self._beat
                    told = (*told, beat)
                for piece in told:
                    yield piece
                # What came while the page was told something is no news that it would be woken for again.
                if after == kept.ring.cursor and beat is self._beat and not self._stopped:
                    await kept.news.wait()
        finally:
            kept.pages -= 1
            self._pages -= 1
            kept.used = loop.time()

    def stop(self) -> None:
        """End all pages' streams: they come back to whatever listens then."""
        self._stopped = True
        for kept in self._rings.values():
            kept.wake()
        if self._running is not None:
            self._running.cancel()

    def _kept(self, audience: Audience) -> _Kept:
        loop = asyncio.get_running_loop()
        if self._running is None and not self._stopped:
            self._running = loop.create_task(self._run())
        if audience not in self._rings:
            self._rings[audience] = _Kept(Ring(secrets.token_hex(4)))
        kept = self._rings[audience]
        kept.used = loop.time()
        return kept

    async def _run(self) -> None:
        loop, beaten = asyncio.get_running_loop(), 0.0
        while not self._stopped:
            try:
                await self._tell()
                await self._count(loop.time())
            except Exception as error:  # noqa: BLE001 - a database that fails must not end what tells pages for good
                log.warning("pages could not be told", error=repr(error))
                for kept in self._rings.values():
                    kept.ring.clear()
            if beats := loop.time() - beaten >= BEAT_S:
                beaten, self._beat = loop.time(), self._pulse()
                self._forget(loop.time())
            for kept in self._rings.values():
                if beats or kept.told != kept.ring.cursor:
                    kept.wake()
            await asyncio.sleep(TICK_S)

    async def _tell(self) -> None:
        changed, self._changed = self._changed, {}
        for scope, situations in changed.items():
            self._counted.pop(scope, None)
            rings = {audience: kept.ring for audience, kept in self._rings.items() if audience.scope == scope}
            if len(situations) > CHANGES_MAX:
                for ring in rings.values():
                    ring.clear()
                continue
            if not rings:
                continue
            now = self._clock()
            rows = await self._store.rows(scope, list(situations), now)
            for situation in situations:
                row, gone = rows.get(situation), {"situation": situation, "html": ""}
                for audience, ring in rings.items():
                    ring.add("row", gone if row is None else self._drawn.row(audience, row, now))
                await asyncio.sleep(0)  # between situations requests are answered: a flood draws for seconds

    async def _count(self, now: float) -> None:
        """Tell each scope's counts: at once when something has changed, and now and then, since time passes."""
        for scope in {audience.scope for audience, kept in self._rings.items() if kept.pages}:
            if now - self._counted.get(scope, -COUNT_S) < COUNT_S:
                continue
            self._counted[scope] = now
            draw = await self._drawn.counts(scope, self._clock())
            for audience, kept in self._rings.items():
                if audience.scope == scope:
                    kept.ring.add("counts", draw(audience))

    def _pulse(self) -> bytes:
        pulse = self._store.pulse()
        heard = "" if pulse.last_heard is None else clock(pulse.last_heard)
        now = self._clock().timestamp()
        return encoded("pulse", {"heard": heard, "connected": pulse.connected, "behind": pulse.behind, "now": now})

    def _forget(self, now: float) -> None:
        for audience in [one for one, kept in self._rings.items() if not kept.pages and now - kept.used > KEPT_S]:
            del self._rings[audience]
