"""When a member's time has come: not by the clock alone, but once all that the broker had by then is read.

A process that was frozen, or that begins anew with hours to catch up on, would otherwise act for want of an answer that
lies in the log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from aiokafka import AIOKafkaConsumer, TopicPartition

AGAIN_WITHIN: Final = timedelta(seconds=5)
"""For so long a time that was acted upon is acted upon again; afterwards it would be an old one."""
ANSWERS: Final = 3
"""The last one that was met before, one that may have been on its way, and one that was asked for since."""
ANSWERS_APART_MS: Final = 300
"""While records come steadily the broker answers every 22 ms: three such answers would be over before another shard has
passed on an answer that lies in its partition."""


class Elapsing:
    """A look, after each fetch, whether a time that was noticed to have come may be acted upon."""

    def __init__(
        self, consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition], clock: Callable[[], datetime]
    ) -> None:
        self._consumer = consumer
        self._partitions = tuple(partitions)
        self._clock = clock
        self._noticed: datetime | None = None
        self._passed: datetime | None = None
        """Up to when all was fetched; what was due by then, and did not fit, is done without another wait."""
        self._heard: dict[TopicPartition, list[int | None]] = {}
        """When the broker answered about a partition, as far as it was met since the time was noticed."""
        self._ends: dict[TopicPartition, int] = {}
        """Where each partition ended at that time, or a little later."""

    async def look(self, due: datetime) -> datetime | None:
        """Return the time up to which all was fetched, if that is `due` or later; None: not yet.

        Every partition is waited for: an answer may lie in any.
        """
        if self._noticed is None:
            now = self._clock()
            if self._passed is not None and due <= self._passed and now - self._passed < AGAIN_WITHIN:
                return self._passed
            if due <= now:
                self._noticed, self._heard, self._ends = now, {}, {}
            return None
        if not self._consumer.assignment().issuperset(self._partitions):
            return None
        for one in self._partitions:
            if one not in self._ends:
                self._learn_end(one)
        if len(self._ends) < len(self._partitions):
            return None
        for one, end in self._ends.items():
            if await self._consumer.position(one) < end:
                return None
        self._passed, self._noticed = self._noticed, None
        return self._passed

    def _learn_end(self, one: TopicPartition) -> None:
        """Take the end that a partition had after the time was noticed.

        The next answer that is met may have been on its way before, in a process that slept; what was asked after it
        is answered by the one after it.
        """
        answered, heard = self._consumer.last_poll_timestamp(one), self._heard.setdefault(one, [])
        if not heard or _apart(heard[-1], answered):
            heard.append(answered)
        end = self._consumer.last_stable_offset(one)
        if len(heard) >= ANSWERS and end is not None:
            self._ends[one] = end


def _apart(one: int | None, other: int | None) -> bool:
    """Tell whether two answers count as two; a clock that was set back puts nothing off."""
    return one != other and (one is None or other is None or abs(other - one) >= ANSWERS_APART_MS)
