"""A handler that is a plain function: in a thread, and never twice at once."""

import asyncio
import threading

import pytest
from tests.builders.feed import FakeMessage, record

from cbrn_consumers import AlertFeed, Patience

WITHIN_S = 20


@pytest.fixture
def feed(tmp_path):
    return AlertFeed("mes", name="desk", parking=tmp_path, patience=Patience(0.05, (0.0,)))


async def test_a_plain_function_runs_beside_the_loop(feed):
    """In the loop it would keep the feed from telling Kafka that it lives."""
    ran = []

    @feed.handler
    def handle(alert):
        ran.append((alert.id, threading.current_thread()))

    message = FakeMessage(record())
    await feed._receive(message)
    assert message.acknowledged == 1
    ((identifier, thread),) = ran
    assert identifier == "a-1"
    assert thread is not threading.main_thread()
    assert thread.daemon, "one that hangs must not keep the program from ending"


async def test_its_error_is_the_handlers_error(feed):
    """Tried again, then parked, as with a coroutine function."""
    ran = []

    @feed.handler
    def handle(alert):
        ran.append(alert.id)
        raise RuntimeError("no printer")

    await feed._receive(FakeMessage(record()))
    assert ran == ["a-1", "a-1"]
    assert "no printer" in feed.parking.parked()[0].error


async def test_one_that_outlasts_the_patience_is_not_started_a_second_time(feed):
    """A thread cannot be cut off: the same siren twice at once, or the next alert in the middle of this one."""
    go, ran = threading.Event(), []

    @feed.handler
    def handle(alert):
        ran.append(alert.id)
        go.wait(WITHIN_S)

    await feed._receive(FakeMessage(record()))
    assert ran == ["a-1"]
    assert "not done within" in feed.parking.parked()[0].error
    await feed._receive(FakeMessage(record(1, event_id="a-2")))
    assert ran == ["a-1"]
    go.set()
    await feed._receive(FakeMessage(record(2, event_id="a-3")))
    assert ran == ["a-1", "a-3"]


async def test_one_that_is_done_before_the_next_attempt_counts_as_done(tmp_path):
    """What was done must not be parked as if it had not been."""
    patience_ends, ended, ran = threading.Event(), threading.Event(), []

    async def until_it_ends(_):
        patience_ends.set()
        await asyncio.to_thread(ended.wait, WITHIN_S)

    feed = AlertFeed("mes", name="desk", parking=tmp_path, patience=Patience(0.05, (0.0,)), sleep=until_it_ends)

    @feed.handler
    def handle(alert):
        ran.append(alert.id)
        patience_ends.wait(WITHIN_S)
        ended.set()

    message = FakeMessage(record())
    await feed._receive(message)
    assert (ran, message.acknowledged, feed.parking.parked()) == (["a-1"], 1, [])


async def test_a_stop_iteration_is_an_error_like_any_other(tmp_path):
    """A `next()` too many: no future could be given it, and the feed waited for this alert for ever."""
    feed = AlertFeed("mes", name="desk", parking=tmp_path, patience=Patience(WITHIN_S, ()))
    feed.handler(lambda _alert: next(iter(())))
    await asyncio.wait_for(feed._receive(FakeMessage(record())), WITHIN_S / 2)
    assert "StopIteration" in feed.parking.parked()[0].error


async def test_a_coroutine_that_nobody_awaits_is_an_error(feed):
    """A lambda around a coroutine function would lose every alert, and look as if each had been handled."""

    async def handle(alert):
        """Never run."""

    made = []
    feed.handler(lambda alert: made.append(handle(alert)) or made[-1])
    await feed._receive(FakeMessage(record()))
    assert "async def" in feed.parking.parked()[0].error
    for coroutine in made:
        coroutine.close()


async def test_an_object_with_a_coroutine_call_is_awaited(feed):
    """It is no coroutine function by itself, and no plain function either."""

    class Desk:
        alerts = 0

        async def __call__(self, alert):
            self.alerts += bool(alert)

    desk = Desk()
    feed.handler(desk)
    await feed._receive(FakeMessage(record()))
    assert desk.alerts == 1
