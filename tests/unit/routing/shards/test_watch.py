"""What a router notices beside its work: another's open transaction, a clock that is wrong, futures nobody asks for."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import InvalidTimestampError, ProducerFenced
from structlog.testing import capture_logs

from cbrn_deploy.processes.living import quieter
from cbrn_routing.bus.clock import OFF_MAX, ClockError, check_clock, explained
from cbrn_routing.shards.stuck import AGAIN_S, OPEN_FOR_S, StuckReaders

PARTITION = TopicPartition("cbrn.from.mes.incidents", 1)


class Consumer:
    """What is asked of aiokafka's."""

    def __init__(self, stable: int | None, end: int | None) -> None:
        self.stable, self.end = stable, end

    def assignment(self) -> set[TopicPartition]:
        return {PARTITION}

    def last_stable_offset(self, _: TopicPartition) -> int | None:
        return self.stable

    def highwater(self, _: TopicPartition) -> int | None:
        return self.end


def warnings(consumer: Consumer, *moments: float) -> list[dict[str, object]]:
    stuck = StuckReaders(consumer)
    with capture_logs() as logs:
        for moment in moments:
            stuck.look(moment)
    return logs


def test_a_transaction_that_stays_open_is_named_once_a_minute() -> None:
    """It holds back everybody's alerts on that partition, and nobody else would say so."""
    told = warnings(Consumer(7, 12), 0.0, OPEN_FOR_S, OPEN_FOR_S + 1, OPEN_FOR_S + AGAIN_S)
    assert [(line["topic"], line["partition"], line["offset"], line["waiting"]) for line in told] == [
        (PARTITION.topic, 1, 7, 5)
    ] * 2


@pytest.mark.parametrize(("stable", "end"), [(None, None), (12, 12), (None, 12)])
def test_what_is_read_to_its_end_is_not_held_back(stable: int | None, end: int | None) -> None:
    """Nor what nothing is known of yet."""
    assert not warnings(Consumer(stable, end), 0.0, OPEN_FOR_S, 10 * OPEN_FOR_S)


def test_one_transaction_after_the_other_is_no_open_one() -> None:
    """A busy publisher always has one; the end moves on."""
    consumer = Consumer(7, 12)
    stuck = StuckReaders(consumer)
    with capture_logs() as logs:
        for moment in range(100):
            consumer.stable = consumer.end = 7 + moment
            consumer.end += 5
            stuck.look(float(moment))
    assert not logs


def stamped(at_ms: int, kind: int = 1) -> list[SimpleNamespace]:
    return [SimpleNamespace(timestamp=at_ms, timestamp_type=kind)]


MOST_MS = int(OFF_MAX.total_seconds() * 1000)


@pytest.mark.parametrize("at_ms", [1_000_000, 1_500_000, 1_000_000 - MOST_MS, 1_600_000 + MOST_MS])
def test_a_broker_that_stamps_while_it_is_asked_has_the_same_clock(at_ms: int) -> None:
    """However long it took, and within what publishers are forgiven."""
    check_clock(stamped(at_ms), 1_000_000, 1_600_000)


@pytest.mark.parametrize(
    ("at_ms", "side"), [(1_000_000 - MOST_MS - 1_000, "ahead of"), (1_600_000 + MOST_MS + 1_000, "behind")]
)
def test_a_clock_that_is_off_is_said_with_side_and_remedy(at_ms: int, side: str) -> None:
    """An hour's skew writes deadlines that are over, or none that is ever over."""
    with pytest.raises(ClockError, match=rf"clock is 0:05:01 {side} the broker's\. Set the clock"):
        check_clock(stamped(at_ms), 1_000_000, 1_600_000)


def test_where_only_some_brokers_differ_it_is_their_clocks() -> None:
    """One of three with a wrong clock must not stop every router, whichever leads the first topic."""
    check_clock([*stamped(10**9), *stamped(1_000_000)], 1_000_000, 1_600_000)
    check_clock([*stamped(1_000_000), *stamped(10**9)], 1_000_000, 1_600_000)


def test_a_topic_by_its_writers_clock_says_nothing_of_the_brokers() -> None:
    """It would compare a clock with itself."""
    check_clock(stamped(0, kind=0), 10**12, 10**12)


def test_a_time_that_the_broker_refuses_is_told_as_a_clock() -> None:
    """`InvalidTimestampError` says nothing to somebody at 3 a.m."""
    assert "one of the two clocks is wrong" in str(explained(InvalidTimestampError()))


def test_what_the_client_library_forgets_is_not_shouted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen router said the same dozens of times; what is ours is still said."""
    loop = asyncio.new_event_loop()
    said: list[dict[str, object]] = []
    monkeypatch.setattr(loop, "default_exception_handler", said.append)
    try:
        quieter(loop, {"message": "Future exception was never retrieved", "exception": ProducerFenced()})
        assert not said
        quieter(loop, {"message": "Task exception was never retrieved", "exception": ValueError()})
        assert len(said) == 1
    finally:
        loop.close()
