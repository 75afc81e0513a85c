"""Fair turns: what a shard takes at once of each publisher, so that nobody waits behind a flood of somebody else's.

A publisher is a partition that the shard reads: bodies have topics of their own, and what other shards pass on counts
as one more. What is not taken stays where it is, in the client's buffer of that partition and then in Kafka, in order.

Who has more than an equal share is heavy. Of heavy ones the shards of a process take turns of bounded work, one at
a time. All others are taken whenever they come. Where most are heavy nobody floods: it is what an outage has left, and
is taken as fast as it can be.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka import AIOKafkaConsumer, TopicPartition

    Fetched = dict[TopicPartition, list[Any]]

TURN_S: Final = 0.02
"""Work that one turn may bring, by what records have cost lately: whatever arrives meanwhile waits for so long."""
TURN_RECORDS_MIN: Final = 50
"""A machine that is out of breath must not end up with a transaction for each record."""
SHARE_MIN: Final = 16
"""A small burst is nobody's flood."""
LATELY: Final = 0.5
"""Weight of the latest turn in what a record costs."""
UNDER_WAY_MAX: Final = 1
"""Turns of heavy publishers in one process: while one commits the processor is others'."""
LOOK_EVERY_MS: Final = 5
"""How long a shard that waits for its turn waits for others' records before it looks again."""


class Line:
    """The shards of a process that wait for a turn with heavy publishers, in the order in which they came."""

    def __init__(self, free: int = UNDER_WAY_MAX) -> None:
        self._free = free
        self._waiting: dict[Turns, None] = {}

    def enter(self, one: Turns) -> bool:
        """Begin a turn if it is this shard's; otherwise it waits for it."""
        self._waiting[one] = None
        if not self._free or next(iter(self._waiting)) is not one:
            return False
        del self._waiting[one]
        self._free -= 1
        return True

    def leave(self, one: Turns) -> None:
        """Wait no longer."""
        self._waiting.pop(one, None)

    def over(self, turns: int) -> None:
        """Let others have what was under way."""
        self._free += turns


class Turns:
    """The turns of one shard's publishers."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], line: Line) -> None:
        self._begun = 0
        """Turns with heavy publishers that are not over."""
        self._in_hand = 0
        """Those of them whose records are still to be handed over."""
        self._consumer = consumer
        self._partitions = list(partitions)
        self._line = line
        self._heavy: set[TopicPartition] = set()
        self._next: dict[TopicPartition, int] = {}
        """Of each publisher, the offset behind what was taken last."""
        self.began: dict[TopicPartition, int] = {}
        """First offset that the client gave out of each partition. Noted at once: it has moved on by then, and what is
        taken may be given up before anybody has seen it."""
        self._cost_s: float | None = None

    def cost(self, records: int, seconds: float) -> None:
        """Note what handling some records took."""
        if records:
            latest = seconds / records
            self._cost_s = latest if self._cost_s is None else self._cost_s + LATELY * (latest - self._cost_s)

    def hand_over(self) -> int:
        """Return how many turns what was taken last belongs to: 1 or 0. Who gets it says when it is `over`."""
        turns, self._in_hand = self._in_hand, 0
        return turns

    def over(self, turns: int) -> None:
        """Say that so many turns are over: what they took is committed."""
        self._begun -= turns
        self._line.over(turns)

    def end(self) -> None:
        """Give up every turn, and forget who was heavy: it begins elsewhere next."""
        self._line.leave(self)
        self.over(self._begun)
        self._in_hand = 0
        self._heavy.clear()
        self._next.clear()

    async def take(self, at_most: int, timeout_ms: int, *, heavy: bool = True) -> Fetched:
        """Take what is there, `at_most` so many records; wait for it if there is nothing.

        Without `heavy`, or before the shard's turn has come, nothing of heavy publishers.
        """
        if 2 * len(self._heavy) > len(self._partitions):
            self._line.leave(self)
            return await self._shares(self._partitions, at_most, timeout_ms, whole=True)
        at_most = min(at_most, self._fitting())
        if not self._heavy:
            self._line.leave(self)
            return await self._shares(self._partitions, at_most, timeout_ms)
        if not heavy:
            self._line.leave(self)
        elif self._line.enter(self):
            self._begun += 1
            fetched = await self._shares(self._partitions, at_most, LOOK_EVERY_MS, whole=True)
            if fetched:
                self._in_hand = 1
            else:
                self.over(1)
            return fetched
        others = [one for one in self._partitions if one not in self._heavy]
        if not others:
            await asyncio.sleep(LOOK_EVERY_MS / 1000)
            return {}
        return await self._shares(others, at_most, LOOK_EVERY_MS)

    def _fitting(self) -> int:
        """Count the records that fit into a turn."""
        return max(TURN_RECORDS_MIN, int(TURN_S / self._cost_s)) if self._cost_s else TURN_RECORDS_MIN

    async def _shares(
        self, among: list[TopicPartition], at_most: int, timeout_ms: int, *, whole: bool = False
    ) -> Fetched:
        """Take an equal share of each; a `whole` turn is filled by those who have more."""
        share = max(at_most // len(among), min(SHARE_MIN, at_most))
        fetched = await self._get(*among, timeout_ms=timeout_ms, max_records=share)
        full: list[TopicPartition] = []
        left = at_most - _count(fetched)
        if _count(fetched) == share:  # otherwise nothing waits behind it
            self._partitions.append(self._partitions.pop(0))  # where not all fit, another one begins each time
            for one in among:
                wanted = min(share - len(fetched.get(one, ())), left)
                if not wanted or await self._more(one, wanted, fetched):
                    full.append(one)
                left = at_most - _count(fetched)
        for number, one in enumerate(full if whole else ()):
            if (fits := left // (len(full) - number)) and one in fetched:
                await self._more(one, fits, fetched)
                left = at_most - _count(fetched)
        self._weigh(fetched, {one for one in full if one in fetched}, share)
        return fetched

    async def _more(self, one: TopicPartition, wanted: int, fetched: Fetched) -> bool:
        """Take what is at hand of one publisher, `wanted` at the most; return whether it may have more."""
        found = (await self._get(one, timeout_ms=0, max_records=wanted)).get(one, [])
        if found:
            fetched.setdefault(one, []).extend(found)
        return len(found) == wanted

    async def _get(self, *among: TopicPartition, timeout_ms: int, max_records: int) -> Fetched:
        fetched: Fetched = await self._consumer.getmany(*among, timeout_ms=timeout_ms, max_records=max_records)
        for one, records in fetched.items():
            self.began.setdefault(one, records[0].offset)
        return fetched

    def _weigh(self, fetched: Fetched, full: set[TopicPartition], share: int) -> None:
        """Note who is heavy: whoever filled a share, and has another one in Kafka."""
        for one, records in fetched.items():
            self._next[one] = records[-1].offset + 1
        for one in self._heavy | full:
            end = self._consumer.last_stable_offset(one) if one in self._consumer.assignment() else None
            if end is not None and end - self._next[one] > share:
                self._heavy.add(one)
            else:
                self._heavy.discard(one)


def _count(fetched: Fetched) -> int:
    return sum(map(len, fetched.values()))
