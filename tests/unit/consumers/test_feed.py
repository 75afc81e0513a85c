"""What a ministry's program can rely on: every alert handled, or visibly parked; never lost, never spinning."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError
from tests.builders.feed import ORDER, FakeMessage, record

from cbrn_consumers import AlertFeed, ParkingError, Patience, StandstillError
from cbrn_consumers.parking import Parking

PLACE = TopicPartition("cbrn.to.mes.alerts", 1)


async def test_alert_is_acknowledged_after_its_handler_has_returned(feed):
    """In the other order a crash between the two loses it."""
    message = FakeMessage(record())

    seen = []

    @feed.handler
    async def handle(alert):
        seen.append(message.acknowledged)

    await feed._receive(message)
    assert (seen, message.acknowledged) == ([0], 1)


async def test_a_batch_is_handled_in_order_and_told_of_once(feed):
    """A commit an alert took ten times as long as an alert."""
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)

    message = FakeMessage(*(record(n, event_id=f"a-{n}") for n in range(5)))
    await feed._receive(message)
    assert handled == [f"a-{n}" for n in range(5)]
    assert message.offsets == [{PLACE: 5}]


async def test_kafka_is_told_within_a_batch_of_slow_alerts(feed, monkeypatch):
    """Or a crash would repeat all that a slow handler has done in an hour."""
    monkeypatch.setattr("cbrn_consumers.feed.TOLD_EVERY_S", 0.0)

    @feed.handler
    async def handle(alert):
        pass

    message = FakeMessage(*(record(n, event_id=f"a-{n}") for n in range(3)))
    await feed._receive(message)
    assert message.offsets == [{PLACE: 1}, {PLACE: 2}, {PLACE: 3}]


async def test_only_what_is_left_of_a_batch_is_given_back(feed, monkeypatch):
    """What was handled before is told of; of each partition the first one that was not comes next."""

    @feed.handler
    async def handle(alert):
        if alert.id == "odd":
            raise ValueError("no")

    def park(*_, **__):
        raise TypeError("unforeseen")

    monkeypatch.setattr(feed.parking, "park", park)
    other = replace(record(7, event_id="o"), partition=2)
    later = replace(record(8, event_id="p"), partition=2)
    message = FakeMessage(record(0), other, record(1, event_id="odd"), later, record(2, event_id="after"))
    await feed._receive(message)
    elsewhere = TopicPartition(PLACE.topic, 2)
    assert message.positions == {PLACE: 1, elsewhere: 8}
    assert message.offsets == [{PLACE: 1, elsewhere: 8}]


async def test_alerts_of_a_partition_that_was_given_away_are_left_to_the_other(feed):
    """A rebalance may come while a batch is handled."""
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)
        message.places.discard(PLACE)

    message = FakeMessage(record(0), record(1, event_id="theirs"))
    await feed._receive(message)
    assert handled == ["a-1"]


async def test_a_feed_that_is_told_to_stop_does_not_finish_its_batch(feed):
    """Whoever stops a machine waits for seconds, not for five hundred alerts."""
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)
        feed._end()

    message = FakeMessage(record(0), record(1, event_id="later"))
    await feed._receive(message)
    assert handled == ["a-1"]
    assert message.offsets == [{PLACE: 1}]


async def test_alert_that_comes_twice_is_handled_once(feed):
    """After a rebalance Kafka gives the last ones again."""
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)

    second = FakeMessage(record(1))
    await feed._receive(FakeMessage(record(0)))
    await feed._receive(second)
    assert handled == ["a-1"]
    assert second.acknowledged == 1


async def test_escalated_alert_is_handled_again(feed):
    """It comes again on purpose: nobody had acknowledged it."""
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.level)

    await feed._receive(FakeMessage(record(0)))
    await feed._receive(FakeMessage(record(1, headers=[("cbrn_level", b"1")])))
    assert handled == [0, 1]


async def test_failing_handler_is_tried_again_with_pauses(feed, pauses):
    """A database that restarts must not cost an alert."""
    attempts = []

    @feed.handler
    async def handle(alert):
        attempts.append(alert.id)
        if len(attempts) < 3:
            raise ConnectionError("database is starting")

    message = FakeMessage(record())
    await feed._receive(message)
    assert len(attempts) == 3
    assert pauses.seconds == [1.0, 5.0]
    assert feed.parking.parked() == []


async def test_unreadable_alert_is_parked_not_dropped(feed):
    """A newer kind than this program knows must reach a person after all."""
    message = FakeMessage(record(value=b'{"kind":"meteorite"}'))

    @feed.handler
    async def handle(alert):
        raise AssertionError("never called")

    await feed._receive(message)
    assert "unreadable" in feed.parking.parked()[0].error
    assert message.acknowledged == 1


async def test_handler_that_hangs_is_cut_off(tmp_path, pauses):
    """One hanging handler must not hold up every alert after it."""
    feed = AlertFeed("mes", name="desk", parking=tmp_path, patience=Patience(0.01, ()), sleep=pauses)

    @feed.handler
    async def handle(alert):
        await asyncio.Event().wait()

    await feed._receive(FakeMessage(record()))
    assert "not done within" in feed.parking.parked()[0].error


async def test_alert_is_given_back_when_even_parking_fails(feed, tmp_path):
    """Better a feed that stands still, and says so, than a lost alert."""
    feed.parking = Parking(tmp_path / "file" / "below")
    (tmp_path / "file").write_text("in the way")

    @feed.handler
    async def handle(alert):
        raise ValueError("no")

    message = FakeMessage(record())
    await feed._receive(message)
    assert (message.acknowledged, message.given_back) == (0, 1)
    with pytest.raises(ParkingError):
        await feed.failed()


async def test_lost_commit_does_not_end_the_feed(feed):
    """Another process has the partition by then; the alert was handled."""

    @feed.handler
    async def handle(alert):
        pass

    await feed._receive(FakeMessage(record(), commit_error=CommitFailedError()))
    assert not feed._failure.done()


@pytest.mark.parametrize("fault", [TypeError("unforeseen"), MemoryError(), AssertionError(), UnicodeError("x")])
async def test_an_unforeseen_error_gives_the_alert_back(feed, monkeypatch, fault):
    """FastStream would swallow it and move on, and the next acknowledgement would pass the alert."""

    @feed.handler
    async def handle(alert):
        raise ValueError("no")

    def park(*_, **__):
        raise fault

    monkeypatch.setattr(feed.parking, "park", park)
    message = FakeMessage(record(7))
    await feed._receive(message)
    assert (message.acknowledged, message.given_back) == (0, 1)
    with pytest.raises(StandstillError, match=r"cbrn\.to\.mes\.alerts/1/7") as caught:
        await feed.failed()
    assert caught.value.__cause__ is fault
    assert caught.value.hint


async def test_an_unforeseen_error_of_the_acknowledgement_gives_the_alert_back(feed):
    """Handled it is; but what Kafka knows is not known, so nothing may pass it."""

    @feed.handler
    async def handle(alert):
        pass

    message = FakeMessage(record(), commit_error=RuntimeError("?"))
    await feed._receive(message)
    assert (message.acknowledged, message.given_back) == (0, 1)


async def test_nothing_is_acknowledged_behind_an_alert_that_could_not_be_given_back(feed, monkeypatch):
    """One acknowledgement counts for everything before it: then rather none at all, until the next start."""

    @feed.handler
    async def handle(alert):
        if alert.id == "odd":
            raise ValueError("no")

    def park(*_, **__):
        raise TypeError("unforeseen")

    monkeypatch.setattr(feed.parking, "park", park)
    odd = FakeMessage(record(0, event_id="odd"), seek_error=RuntimeError("no seek"))
    good = FakeMessage(record(1))
    await feed._receive(odd)
    await feed._receive(good)
    assert (odd.acknowledged, good.acknowledged) == (0, 0)


async def test_even_the_log_may_fail_once_the_alert_is_given_back(feed, monkeypatch, pauses):
    """A closed standard output must cost neither the alert nor the pause."""

    @feed.handler
    async def handle(alert):
        raise ValueError("no")

    def park(*_, **__):
        raise TypeError("unforeseen")

    def critical(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(feed.parking, "park", park)
    monkeypatch.setattr("cbrn_consumers.feed.log", SimpleNamespace(critical=critical, warning=lambda *_, **__: None))
    message = FakeMessage(record())
    with pytest.raises(BrokenPipeError):
        await feed._receive(message)
    assert message.given_back == 1
    assert pauses.seconds[-1] == 1.0


class WordlessError(Exception):
    """An error that fails when it is asked for its words."""

    def __repr__(self):
        raise ValueError("no words")


@pytest.mark.parametrize(
    "error", [WordlessError(), asyncio.CancelledError(), StopAsyncIteration(), ExceptionGroup("x", [OSError()])]
)
async def test_whatever_a_handler_raises_its_alert_is_parked(feed, error):
    """Also an error without words, and a cancellation of something within the handler: the feed itself goes on."""

    @feed.handler
    async def handle(alert):
        raise error

    message = FakeMessage(record())
    await feed._receive(message)
    assert message.acknowledged == 1
    assert len(feed.parking.parked()) == 1


async def test_a_feed_that_is_stopped_parks_nothing(feed):
    """The alert that was being handled comes again."""
    begun = asyncio.Event()

    @feed.handler
    async def handle(alert):
        begun.set()
        await asyncio.Event().wait()

    message = FakeMessage(record())
    receiving = asyncio.create_task(feed._receive(message))
    await begun.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert (message.acknowledged, message.given_back, feed.parking.files()) == (0, 0, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": 2**62},
        {"timestamp": -1},
        {"key": None},
        {"key": b"\xff"},
        {"value": None},
        {"value": b"\xff\xfe"},
        {"headers": ()},
        {"headers": (("ce_id", None), ("cbrn_role", None))},
        {"headers": (("cbrn_acknowledge_by", b"9999-12-31T23:59:59+00:00"),)},
        {"headers": tuple((name, b"\xff") for name, _ in ORDER)},
        {"headers": ((None, b"a name that is none"),)},
    ],
    ids=repr,
)
async def test_no_record_is_so_odd_that_it_is_passed(feed, changes):
    """It is handled, or parked byte for byte."""

    @feed.handler
    async def handle(alert):
        assert alert.headline("ky")

    odd = record()
    headers = changes.pop("headers", odd.headers)
    if headers and headers[0][0] == "cbrn_acknowledge_by":
        headers = tuple({**dict(odd.headers), **dict(headers)}.items())
    message = FakeMessage(replace(odd, headers=headers, **changes))
    await feed._receive(message)
    assert message.acknowledged + message.given_back == 1
