"""A member's time is acted upon only once all that the broker had by then was fetched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import TopicPartition

from cbrn_routing.shards.elapsing import ANSWERS_APART_MS, Elapsing

ALERTS, RECEIPTS = TopicPartition("alerts", 1), TopicPartition("receipts", 1)
DUE = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


class Consumer:
    """What is asked of aiokafka's: when the broker last answered about a partition, its end, and how far was read."""

    def __init__(self):
        self.answered = dict.fromkeys((ALERTS, RECEIPTS), 1_000)
        self.ends = dict.fromkeys((ALERTS, RECEIPTS), 5)
        self.read = dict.fromkeys((ALERTS, RECEIPTS), 5)
        self.held = {ALERTS, RECEIPTS}

    def assignment(self):
        return frozenset(self.held)

    def last_poll_timestamp(self, one):
        return self.answered[one]

    def last_stable_offset(self, one):
        return self.ends[one]

    async def position(self, one):
        return self.read[one]

    def hear(self, *partitions):
        for one in partitions or self.answered:
            self.answered[one] += ANSWERS_APART_MS


@pytest.fixture
def consumer():
    return Consumer()


@pytest.fixture
def clock():
    return [DUE + timedelta(seconds=1)]


@pytest.fixture
def elapsing(consumer, clock):
    return Elapsing(consumer, (ALERTS, RECEIPTS), lambda: clock[0])


async def test_nothing_is_due_before_its_time(elapsing, clock):
    """And the clock is looked at each time."""
    clock[0] = DUE - timedelta(seconds=1)
    assert await elapsing.look(DUE) is None
    assert await elapsing.look(DUE) is None


async def test_the_second_answer_after_it_was_noticed_counts_and_the_time_is_that_of_noticing(
    elapsing, consumer, clock
):
    """The first may have been on its way while the process slept."""
    assert await elapsing.look(DUE) is None
    noticed, clock[0] = clock[0], clock[0] + timedelta(minutes=5)
    assert await elapsing.look(DUE) is None
    consumer.hear()
    assert await elapsing.look(DUE) is None
    consumer.hear()
    assert await elapsing.look(DUE) == noticed
    assert await elapsing.look(DUE) is None, "after minutes it is noticed anew"


async def test_what_did_not_fit_goes_on_at_once(elapsing, consumer, clock):
    """Ten thousand deadlines of one moment must not each wait for the broker; a later one must."""
    for _ in range(3):
        await elapsing.look(DUE)
        consumer.hear()
    assert await elapsing.look(DUE) == clock[0]
    assert await elapsing.look(DUE) == clock[0]
    clock[0] += timedelta(seconds=2)
    assert await elapsing.look(clock[0]) is None


async def test_every_partition_is_waited_for(elapsing, consumer):
    """The answer may lie in any."""
    for _ in range(4):
        assert await elapsing.look(DUE) is None
        consumer.hear(ALERTS)
    for _ in range(2):
        consumer.hear(RECEIPTS)
        found = await elapsing.look(DUE)
    assert found is not None


async def test_what_lies_there_is_read_first_and_what_comes_later_puts_nothing_off(elapsing, consumer):
    """A busy partition must not hold the time back for ever."""
    consumer.ends[RECEIPTS] = 9
    for _ in range(4):
        assert await elapsing.look(DUE) is None
        consumer.hear()
    consumer.ends[RECEIPTS], consumer.read[RECEIPTS] = 1_000, 9
    assert await elapsing.look(DUE) is not None


async def test_while_the_group_moves_nothing_is_due(elapsing, consumer):
    """The partitions may be somebody else's already."""
    consumer.held = {ALERTS}
    for _ in range(5):
        assert await elapsing.look(DUE) is None
        consumer.hear()


async def test_answers_that_follow_closely_count_as_one(elapsing, consumer):
    """While records come steadily there are fifty a second: another shard takes longer to pass an answer on."""
    for _ in range(2 * ANSWERS_APART_MS // 20):
        assert await elapsing.look(DUE) is None
        for one in consumer.answered:
            consumer.answered[one] += 20
    consumer.hear()
    assert await elapsing.look(DUE) is not None


async def test_a_clock_that_was_set_back_puts_nothing_off(elapsing, consumer, clock):
    """Deadlines would wait for an hour to come again."""
    await elapsing.look(DUE)
    await elapsing.look(DUE)
    for one in consumer.answered:
        consumer.answered[one] -= 3_600_000
    await elapsing.look(DUE)
    consumer.hear()
    assert await elapsing.look(DUE) == clock[0]
