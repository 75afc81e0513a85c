"""The proof of the book in force: made once a book and day in a process of its own, kept, and never waited for.

A thread would not do: Python's threads take turns, and for 3 s every page would wait for its turn.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.rulebook.proving import PROOF_WITHIN_S, Proof

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date, datetime

    from cbrn_routing.rulebook import RuleBook

COMMAND: Final = (sys.executable, "-P", "-m", "cbrn_consumers.desk.rulebook.prover")
"""`-P`: nothing is imported from the folder in which the desk happens to run."""
KEPT: Final = 2
"""Proofs of some 10 MB each: that of the book in force, and that of the one before."""


class Proved(NamedTuple):
    """A proof and when it was made."""

    proof: Proof | None
    at: datetime
    why_not: str = ""
    """What has kept the book from being proved, for the log and for whoever keeps the rules."""


async def proved_apart(book: RuleBook, on: date) -> Proof | str:
    """Prove a book in a process of its own; say what went wrong where there is no proof."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is the desk's to hear
    )
    try:
        async with asyncio.timeout(PROOF_WITHIN_S):
            answer, _ = await process.communicate(pickle.dumps((book, on)))
    except TimeoutError:
        return f"the proof did not end within {PROOF_WITHIN_S} s"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not answer:
        return f"the process that proves the book ended with status {process.returncode}"
    found: Proof | str = await asyncio.to_thread(pickle.loads, answer)
    return found


class Proofs:
    """The proofs of one desk."""

    def __init__(
        self, clock: Callable[[], datetime], prove: Callable[[RuleBook, date], Awaitable[Proof | str]] = proved_apart
    ) -> None:
        self._clock = clock
        self._prove = prove
        self._made: dict[tuple[str, date], Proved] = {}
        self._under_way: dict[tuple[str, date], asyncio.Task[None]] = {}

    def of(self, book: RuleBook, on: date) -> Proved | None:
        """Return the proof; None while it is being made: ask again in some seconds.

        That of the day before stands until today's is there.
        """
        name = (book.digest, on)
        made = self._made.get(name)
        if made is not None:
            return made
        if name not in self._under_way:
            self._under_way[name] = asyncio.create_task(self._make(book, on))
        return next((made for (digest, _), made in reversed(self._made.items()) if digest == book.digest), None)

    async def ready(self, book: RuleBook, on: date) -> Proved:
        """Wait for the proof."""
        while (made := self.of(book, on)) is None or (book.digest, on) not in self._made:
            await self._under_way[book.digest, on]
        return made

    async def close(self) -> None:
        """End what is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self, book: RuleBook, on: date) -> None:
        name = (book.digest, on)
        try:
            found = await self._prove(book, on)
            made = Proved(None, self._clock(), found) if isinstance(found, str) else Proved(found, self._clock())
            while len(self._made) >= KEPT:
                self._made.pop(next(iter(self._made)))
            self._made[name] = made
        finally:
            self._under_way.pop(name, None)
