"""How a shard commits: few events apart from one another, many as fast as it can, and never in silence."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from structlog.testing import capture_logs

from cbrn_routing.shards import shard
from cbrn_routing.shards.caution import BATCH_RECORDS_MAX
from cbrn_routing.shards.outbox import Outbox
from cbrn_routing.shards.placement import Placement
from cbrn_routing.shards.shard import APART_S, LITTLE, Shard, Shared
from cbrn_routing.shards.stalls import STALL_S, Stalls
from cbrn_routing.shards.writer import Writer

REFUSED = "EndTxn refused 9 times: ConcurrentTransactions"


class Producer:
    """Takes everything, and commits when it is told to."""

    def __init__(self, ends: Any = None) -> None:
        self.said: list[str] = []
        self._ends = ends

    async def begin_transaction(self) -> None:
        self.said.append("begun")

    async def commit_transaction(self) -> None:
        if self._ends is not None:
            self._ends()
        self.said.append("committed")


def shard_of(producer: Producer, stalls: Stalls) -> Shard:
    member: Any = SimpleNamespace(
        new_state=SimpleNamespace,
        options=SimpleNamespace(clock=None),
        transactional_id=lambda number: f"router-{number}",
        lane=SimpleNamespace(value="incidents"),
        group="router",
    )
    topics: Any = SimpleNamespace(shards=1, state="state", read_by=lambda _: [TopicPartition("from.mes.incidents", 0)])
    one = Shard(0, Shared(member, topics, None, {}, stalls=stalls))  # type: ignore[arg-type] - nothing is read
    made = one._writer = Writer.__new__(Writer)
    made.producer = producer  # type: ignore[assignment] - all that is used of it
    made._wire = SimpleNamespace(begin=lambda: None, waits_for=lambda: REFUSED)  # type: ignore[assignment] - as above
    made._waiting = one._waiting
    return one


@pytest.mark.parametrize(("events", "pauses"), [(1, [APART_S]), (LITTLE - 1, [APART_S]), (LITTLE, [])])
async def test_few_events_do_not_cost_a_transaction_each(
    events: int, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 500 events a second a router took two thirds of a core, since it committed as fast as it could."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(shard.asyncio, "sleep", sleep)
    monkeypatch.setattr(shard, "time", SimpleNamespace(monotonic=lambda: 7.0))
    producer = Producer()
    await shard_of(producer, Stalls())._commit(usual(events), {})
    assert producer.said == ["begun", "committed"]
    assert slept == pauses


def test_while_a_transaction_commits_large_events_do_not_fill_the_memory() -> None:
    """Their number is bounded for events of the usual size: 2,000 of 64 kB told to twelve bodies would be 1.5 GB."""
    running, outbox, written = shard_of(Producer(), Stalls()), Outbox(Placement(0, 1), 0), 0
    body = outbox.encode(b"key", bytes(64_000), [])
    while running._has_room(outbox, None):
        outbox.events += 1
        for number in range(12):
            outbox.append(f"to.{number}.alerts", body)
            written += 64_000
        assert written < 100_000_000
    assert outbox.events < BATCH_RECORDS_MAX
    assert not running._has_room(usual(BATCH_RECORDS_MAX), None)
    assert running._has_room(usual(BATCH_RECORDS_MAX - 1), None)


def usual(events: int) -> Outbox:
    outbox = Outbox(Placement(0, 1), 0)
    outbox.events = events
    return outbox


async def test_a_commit_that_takes_long_is_named_with_what_the_broker_said() -> None:
    """It may take ten seconds, and took six once without a word."""
    now = 0.0

    def late() -> None:
        nonlocal now
        now += STALL_S

    with capture_logs() as logs:
        await shard_of(Producer(late), Stalls(lambda: now))._commit(None, {})
    told = [(line["shard"], line["lane"], line["waited_for"], line["detail"]) for line in logs]
    assert told == [(0, "incidents", "the transaction to be committed", REFUSED)]
