"""Slow work in threads of its own, few of them: pages take their threads from another pool and never wait for it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cbrn_consumers.desk.accounts import Refusal, WaitError

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class FewThreads:
    """So many at once, so many behind them; whoever comes then is told when to come again."""

    def __init__(self, name: str, at_once: int, waiting: int, again_s: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._taken = 0
        self._most = at_once + waiting
        self._again_s = again_s

    async def run(self, work: Callable[..., Result], *given: Any, **named: Any) -> Result:
        """Run it when its turn has come.

        Raises:
            WaitError: too many are waiting.
        """
        if self._taken >= self._most:
            raise WaitError(self._again_s, Refusal.BUSY)
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *given, **named))
        finally:
            self._taken -= 1
