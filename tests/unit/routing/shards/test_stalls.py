"""No second passes in silence: who stands still is named, and what it waits for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from cbrn_routing.shards import stalls
from cbrn_routing.shards.stalls import LOOK_EVERY_S, STALL_S, Stalls


class Time:
    """What the clocks show."""

    def __init__(self) -> None:
        self.now = 100.0
        self.cpu = 5.0

    def stalls(self) -> Stalls:
        return Stalls(lambda: self.now, lambda: self.cpu)


def test_what_takes_over_a_second_is_told_and_again_after_twice_as_long() -> None:
    """A commit may take ten seconds; nobody should have to guess for nine of them."""
    time = Time()
    one = time.stalls()
    with capture_logs() as logs, one.waiting("the commit", lambda: "broker 1 has not answered", shard=3):
        for _ in range(18):
            time.now += LOOK_EVERY_S
            one.look(time.now)
    told = [(line["event"], line["shard"], line.get("for_s", line.get("took_s")), line["detail"]) for line in logs]
    stands, stood = "something stands still", "something stood still"
    detail = "broker 1 has not answered"
    assert told == [
        (stands, 3, 1.0, detail),
        (stands, 3, 2.0, detail),
        (stands, 3, 4.0, detail),
        (stood, 3, 4.5, detail),
    ]
    assert {line.get("waits_for", line.get("waited_for")) for line in logs} == {"the commit"}


def test_what_ends_between_two_looks_is_told_all_the_same() -> None:
    """A look that came too late, or a machine that held everything up, hides nothing."""
    time = Time()
    with capture_logs() as logs, time.stalls().waiting("the state"):
        time.now += STALL_S
    assert [(line["event"], line["waited_for"]) for line in logs] == [("something stood still", "the state")]


def test_it_is_told_of_what_failed_too() -> None:
    """The error alone does not say how long everybody waited for it."""
    time = Time()

    def fail() -> None:
        time.now += 10
        raise TimeoutError

    with capture_logs() as logs, pytest.raises(TimeoutError), time.stalls().waiting("the commit"):
        fail()
    assert [line["took_s"] for line in logs] == [10.0]


def test_what_is_over_within_a_second_is_not_worth_a_line() -> None:
    """There are a hundred a second."""
    time = Time()
    one = time.stalls()
    with capture_logs() as logs, one.waiting("the commit"):
        time.now += LOOK_EVERY_S
        one.look(time.now)
    assert not logs
    time.now += LOOK_EVERY_S
    with capture_logs() as logs:
        one.look(time.now)
    assert not logs


@pytest.mark.parametrize(("used", "why"), [(1.9, "its own work"), (0.1, "the machine, which did not let it run")])
def test_a_process_that_stood_still_says_whether_it_was_busy(used: float, why: str) -> None:
    """One is a fault of ours to be mended, the other a machine that is too small or was frozen."""
    time = Time()
    one = time.stalls()
    one.look(time.now)
    time.now, time.cpu = time.now + 2 + LOOK_EVERY_S, time.cpu + used
    with capture_logs() as logs:
        one.look(time.now)
    assert [(line["event"], line["for_s"], line["waited_for"]) for line in logs] == [
        ("this process stood still", 2.0, why)
    ]


async def test_a_broker_that_does_not_answer_the_group_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """All shards of a process wait for it, and none of them would say so."""
    time = Time()
    said: list[str | None] = [None, "broker 2 has not answered Fetch for 1.0 s", "for 2.0 s", None]

    async def sleep(seconds: float) -> None:
        if not said:
            raise asyncio.CancelledError
        time.now += 4 * seconds

    monkeypatch.setattr(stalls.asyncio, "sleep", sleep)
    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await time.stalls().watch(lambda: said.pop(0))
    told: list[Any] = [(line["event"], line["detail"]) for line in logs]
    assert told == [
        ("something stands still", "broker 2 has not answered Fetch for 1.0 s"),
        ("something stands still", "for 2.0 s"),
        ("something stood still", "for 2.0 s"),
    ]
