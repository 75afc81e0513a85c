"""Whatever stands still for over a second is named in the log: who, for how long, and what it waited for.

Shards say what they wait for while they do. What is not over is told after a second, and again each time that it has
taken twice as long; what is over, once. A process that did not come to look for a second stood still itself: whether
it was busy or was not let run, its processor time tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = structlog.get_logger(__name__)

STALL_S: Final = 1.0
LOOK_EVERY_S: Final = 0.25
BUSY: Final = 0.5
"""A process that used more of the time than this share was busy with something that let nothing else run."""


class _Wait:
    """Something that is waited for."""

    __slots__ = ("_detail", "_said_s", "since", "what", "where")

    def __init__(self, what: str, since: float, where: dict[str, object]) -> None:
        self.what = what
        self.since = since
        self.where = where
        self._detail: str | None = None
        self._said_s = 0.0

    def look(self, now: float, detail: str | None) -> None:
        """Tell of it if it takes twice as long as when it was told of last."""
        took_s = now - self.since
        if took_s >= 2 * self._said_s:
            self._said_s, self._detail = took_s, detail
            told = {"waits_for": self.what, "for_s": round(took_s, 1), "detail": detail}
            log.warning("something stands still", **self.where, **told)

    def end(self, now: float, detail: str | None) -> None:
        """Tell how long it took in the end."""
        told = {"waited_for": self.what, "took_s": round(now - self.since, 1), "detail": self._detail or detail}
        log.warning("something stood still", **self.where, **told)


def _nothing() -> None:
    return None


class Stalls:
    """What is waited for at the moment in one membership."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.process_time
    ) -> None:
        self._clock = clock
        self._cpu = cpu
        self._waits: dict[_Wait, Callable[[], str | None]] = {}
        self._looked: tuple[float, float] | None = None

    @contextlib.contextmanager
    def waiting(self, what: str, detail: Callable[[], str | None] = _nothing, **where: object) -> Iterator[None]:
        """Say what is waited for, while it is; `detail` is asked only if it takes long."""
        wait = _Wait(what, self._clock(), where)
        self._waits[wait] = detail
        try:
            yield
        finally:
            del self._waits[wait]
            if (now := self._clock()) - wait.since >= STALL_S:
                wait.end(now, detail())

    async def watch(self, asked: Callable[[], str | None] = _nothing) -> None:
        """Look four times a second, for as long as the membership lasts; `asked` are answers that all shards need."""
        waits: _Wait | None = None
        while True:
            now = self._clock()
            self.look(now)
            late = asked()
            if late is not None:
                waits = waits or _Wait("a broker, for what is read and for the group", now - STALL_S, {})
                waits.look(now, late)
            elif waits is not None:
                waits.end(now, None)
                waits = None
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self, now: float) -> None:
        """Tell of what takes long, and whether this process itself stood still since the last look."""
        cpu = self._cpu()
        if self._looked is not None:
            stood_s = now - self._looked[0] - LOOK_EVERY_S
            used_s = cpu - self._looked[1]
            if stood_s >= STALL_S:
                log.warning(
                    "this process stood still",
                    for_s=round(stood_s, 1),
                    cpu_s=round(used_s, 1),
                    waited_for="its own work" if used_s > BUSY * stood_s else "the machine, which did not let it run",
                )
        self._looked = now, cpu
        for wait, detail in tuple(self._waits.items()):
            if now - wait.since >= STALL_S:
                wait.look(now, detail())
