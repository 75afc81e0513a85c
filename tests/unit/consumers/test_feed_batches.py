"""Batches: how long one may take, what it may keep waiting, and what of it may stay in memory."""

import asyncio
from dataclasses import replace

from aiokafka import TopicPartition
from tests.builders.feed import FakeMessage, record

from cbrn_consumers import feed as feeds

PLACE = TopicPartition("cbrn.to.mes.alerts", 1)


def batch(count):
    return [record(n, event_id=f"a-{n}") for n in range(count)]


async def test_the_rest_of_a_batch_that_takes_long_is_fetched_anew(feed, monkeypatch):
    """Kafka gives the partitions of whoever asks for nothing for ten minutes to another, who repeats the batch."""
    monkeypatch.setattr(feeds, "TOLD_EVERY_S", 0.0)
    monkeypatch.setattr(feeds, "BATCH_WITHIN_S", 0.0)
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)

    elsewhere = replace(record(7, event_id="o"), partition=2)
    message = FakeMessage(record(0, event_id="a-0"), elsewhere, *batch(3)[1:])
    await feed._receive(message)
    assert handled == ["a-0"]
    assert message.positions == {PLACE: 1, TopicPartition(PLACE.topic, 2): 7}
    assert message.offsets == [{PLACE: 1}]
    assert not feed._failure.done()


async def test_nothing_is_acknowledged_behind_a_rest_that_could_not_be_fetched_anew(feed, monkeypatch):
    """The next batch would begin behind it, and an acknowledgement counts for everything before."""
    monkeypatch.setattr(feeds, "TOLD_EVERY_S", 0.0)
    monkeypatch.setattr(feeds, "BATCH_WITHIN_S", 0.0)

    @feed.handler
    async def handle(alert):
        pass

    await feed._receive(FakeMessage(*batch(2), seek_error=RuntimeError("no seek")))
    later = FakeMessage(record(2, event_id="later"))
    await feed._receive(later)
    assert later.acknowledged == 0


async def test_a_handler_that_never_waits_lets_others_on_its_loop_run(feed):
    """Heartbeats to Kafka, and whatever else the ministry's program does."""
    handled, seen = [], []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)

    async def other():
        while len(handled) < 3 * feeds.IN_ONE_GO:
            seen.append(len(handled))
            await asyncio.sleep(0)

    others = asyncio.create_task(other())
    await feed._receive(FakeMessage(*batch(3 * feeds.IN_ONE_GO)))
    await others
    assert len(seen) >= 3


async def test_a_handled_batch_is_not_kept(feed):
    """FastStream's message is part of a circle that only the garbage collector finds: megabytes a batch waited."""

    @feed.handler
    async def handle(alert):
        pass

    message = FakeMessage(*batch(5))
    await feed._receive(message)
    assert len(message.raw_message) == 1


async def test_a_handler_that_does_not_wait_sets_no_timer(feed, monkeypatch):
    """A timer costs more than such a handler."""
    monkeypatch.setattr(asyncio, "timeout_at", None)

    @feed.handler
    async def handle(alert):
        pass

    message = FakeMessage(record())
    await feed._receive(message)
    assert message.acknowledged == 1
    assert feed.parking.parked() == []


async def test_what_is_left_when_a_feed_is_told_to_stop_is_given_back(feed):
    """Until it has stopped it may be given another batch, whose acknowledgement would pass the rest of this one."""

    @feed.handler
    async def handle(alert):
        feed._end()

    message = FakeMessage(*batch(3))
    await feed._receive(message)
    assert message.offsets == [{PLACE: 1}]
    assert message.positions == {PLACE: 1}
