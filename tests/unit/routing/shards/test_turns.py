"""Nobody waits behind somebody else's flood: what a shard takes at once of each publisher."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from cbrn_routing.shards.turns import LOOK_EVERY_MS, TURN_RECORDS_MIN, TURN_S, UNDER_WAY_MAX, Line, Turns

FLOODER, OTHER, THIRD = (TopicPartition(body, 0) for body in ("flooder", "other", "third"))


class Consumer:
    """Stands where aiokafka's does: partitions with what lies in Kafka, handed out in the order of the dictionary."""

    def __init__(self, **lying: int) -> None:
        self.lying = {TopicPartition(body, 0): count for body, count in lying.items()}
        self.taken = dict.fromkeys(self.lying, 0)
        self.asked: list[int] = []

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int, max_records: int) -> dict[Any, list[Any]]:
        assert partitions, "none means all"
        self.asked.append(timeout_ms)
        found: dict[Any, list[Any]] = {}
        for one in partitions:
            begin = self.taken[one]
            end = min(self.lying[one], begin + max_records)
            if end > begin:
                found[one] = [SimpleNamespace(offset=offset) for offset in range(begin, end)]
                self.taken[one] = end
                max_records -= end - begin
            if not max_records:
                break
        return found

    def last_stable_offset(self, one: TopicPartition) -> int:
        return self.lying[one]

    def assignment(self) -> set[TopicPartition]:
        return set(self.lying)


def turns(consumer: Consumer, line: Line | None = None) -> Turns:
    return Turns(consumer, list(consumer.lying), line or Line())  # type: ignore[arg-type] - all that is used of it


async def batch(one: Turns, at_most: int = 1000) -> dict[TopicPartition, list[Any]]:
    """A batch as a shard takes and commits it."""
    fetched = await one.take(at_most, 0)
    one.over(one.hand_over())
    return fetched


async def test_beside_twenty_thousand_records_of_one_publisher_anothers_is_in_the_next_batch() -> None:
    """Whenever it comes: before, it waited for a thousand records of the flooder, and for those that were handled."""
    consumer = Consumer(flooder=20_000, other=1)
    one = turns(consumer)
    for published in range(2, 30):
        assert OTHER in await batch(one)
        consumer.lying[OTHER] = published
    assert consumer.taken[FLOODER] < 29 * TURN_RECORDS_MIN
    while consumer.taken[FLOODER] < 20_000:
        assert await batch(one)


async def test_a_batch_of_a_flood_is_as_large_as_fits_into_a_turn() -> None:
    """Bounded in time, not in records alone: a machine out of breath takes fewer."""
    consumer = Consumer(flooder=20_000, other=0)
    one = turns(consumer)
    one.cost(100, 100 * TURN_S / 200)
    await batch(one)
    assert len((await batch(one))[FLOODER]) == 200
    for _ in range(50):
        one.cost(10, 100.0)
    assert len((await batch(one))[FLOODER]) == TURN_RECORDS_MIN


async def test_whoever_has_little_is_taken_while_a_flooder_waits_for_its_turn() -> None:
    """Two turns are under way elsewhere in the process: the flooder waits, the others do not."""
    line = Line()
    busy = [turns(Consumer(flooder=20_000, other=0), line) for _ in range(UNDER_WAY_MAX)]
    for one in busy:
        await one.take(1000, 0)
        assert FLOODER in await one.take(1000, 0)
    consumer = Consumer(flooder=20_000, other=0, third=0)
    waiting = turns(consumer, line)
    await waiting.take(1000, 0)
    consumer.lying[THIRD] = 3
    fetched = await waiting.take(1000, 200)
    assert {one: len(records) for one, records in fetched.items()} == {THIRD: 3}
    assert consumer.asked[-1] == LOOK_EVERY_MS, "it looks again whether its turn has come"
    busy[0].over(busy[0].hand_over())
    assert FLOODER in await waiting.take(1000, 0)


async def test_shards_get_their_turns_in_the_order_in_which_they_came() -> None:
    """Else the one that has just finished would be the first to ask again, each time."""
    line = Line(1)
    first, second = (turns(Consumer(flooder=20_000, other=0), line) for _ in range(2))
    for one in (first, second):
        await one.take(1000, 0)
    for _ in range(5):
        assert FLOODER in await first.take(1000, 0)
        assert not await second.take(1000, 0)
        first.over(first.hand_over())
        assert not await first.take(1000, 0)
        assert FLOODER in await second.take(1000, 0)
        assert not await first.take(1000, 0)
        second.over(second.hand_over())


async def test_a_shard_that_is_let_go_keeps_nobody_waiting() -> None:
    """Its turn was under way, or it stood in line."""
    line = Line(1)
    gone, also_gone, left = (turns(Consumer(flooder=20_000, other=0), line) for _ in range(3))
    for one in (gone, also_gone, left):
        await one.take(1000, 0)
        await one.take(1000, 0)
    gone.end()
    also_gone.end()
    assert FLOODER in await left.take(1000, 0)


async def test_one_record_is_one_record_for_a_careful_shard() -> None:
    """It looks for the record whose fault it is that a batch cannot be written."""
    consumer = Consumer(flooder=50, other=2, third=2)
    one = turns(consumer)
    while any(consumer.taken[each] < consumer.lying[each] for each in consumer.lying):
        assert sum(map(len, (await batch(one, 1)).values())) <= 1


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(1, 1000), st.data())
def test_everything_is_taken_once_and_in_order(counts: list[int], at_most: int, data: st.DataObject) -> None:
    """However large a batch may be, whoever has how much, and whether or not heavy ones are wanted."""

    async def read() -> None:
        consumer = Consumer(**{f"body{number}": count for number, count in enumerate(counts)})
        one = turns(consumer)
        got: dict[TopicPartition, list[int]] = {each: [] for each in consumer.lying}
        while any(consumer.taken[each] < consumer.lying[each] for each in consumer.lying):
            fetched = await one.take(at_most, 0, heavy=at_most < 20 or data.draw(st.booleans()))
            one.over(one.hand_over())
            assert sum(map(len, fetched.values())) <= at_most
            for each, records in fetched.items():
                got[each] += [record.offset for record in records]
        assert got == {each: list(range(count)) for each, count in consumer.lying.items()}

    asyncio.run(read())


@pytest.mark.parametrize("bodies", [1, 3])
async def test_who_is_alone_with_a_backlog_gets_whole_batches(bodies: int) -> None:
    """After an outage everybody has one; then nothing is held back for anybody."""
    consumer = Consumer(**{f"body{number}": 20_000 for number in range(bodies)})
    one = turns(consumer)
    one.cost(1000, TURN_S)
    await batch(one)
    assert sum(map(len, (await batch(one)).values())) == 1000
