"""Fair turns: what a shard takes at once of each publisher, so that nobody waits behind a flood of somebody else's.

A publisher is a partition that the shard reads: bodies have topics of their own, and what other shards pass on counts as
one more. What is not taken stays where it is, in the client's buffer of that partition and then in Kafka, in its order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka import AIOKafkaConsumer, TopicPartition

    Fetched = dict[TopicPartition, list[Any]]

TURN_S: Final = 0.05
"""Work that one turn may bring, by what records have cost lately: whatever arrives meanwhile waits for so long."""
TURN_RECORDS_MIN: Final = 50
"""A machine that is out of breath must not end up with a transaction for each record."""
LATELY: Final = 0.2
"""Weight of the latest turn in what a record costs."""


class Turns:
    """The turns of one shard's publishers."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = list(partitions)
        self._cost_s: float | None = None

    def cost(self, records: int, seconds: float) -> None:
        """Learn what handling some records took."""
        if records:
            latest = seconds / records
            self._cost_s = latest if self._cost_s is None else self._cost_s + LATELY * (latest - self._cost_s)

    def records(self, at_most: int) -> int:
        """Count the records that fit into a turn, `at_most` so many."""
        if not self._cost_s:
            return at_most
        return min(at_most, max(TURN_RECORDS_MIN, int(TURN_S / self._cost_s)))

    async def take(self, records_max: int, timeout_ms: int) -> Fetched:
        """Take one turn: wait until somebody has something, and take of all who have.

        First each may give an equal share; where there is room left, those who have more may give more.
        """
        share = max(records_max // len(self._partitions), 1)
        fetched: Fetched = await self._consumer.getmany(*self._partitions, timeout_ms=timeout_ms, max_records=share)
        left = records_max - _count(fetched)
        if _count(fetched) < share:
            return fetched  # nothing waits behind it
        self._partitions.append(self._partitions.pop(0))  # where not all fit, another one begins each time
        waiting = []
        for one in self._partitions:
            wanted = share - len(fetched.get(one, ()))
            if left and (wanted <= 0 or await self._more(one, min(wanted, left), fetched)):
                waiting.append(one)
            left = records_max - _count(fetched)
        for number, one in enumerate(waiting):
            left = records_max - _count(fetched)
            if fits := left // (len(waiting) - number):
                await self._more(one, fits, fetched)
        return fetched

    async def _more(self, one: TopicPartition, wanted: int, fetched: Fetched) -> bool:
        """Take what is at hand of one publisher, `wanted` at the most; return whether it may have more."""
        found = (await self._consumer.getmany(one, timeout_ms=0, max_records=wanted)).get(one, [])
        if found:
            fetched.setdefault(one, []).extend(found)
        return len(found) == wanted


def _count(fetched: Fetched) -> int:
    return sum(map(len, fetched.values()))
