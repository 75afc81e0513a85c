"""The seam between the exactly-once loop and its member: what each may rely on."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import TopicPartition
from tests.builders.golden import chlorine
from tests.builders.router import NOW, TOPIC, Arrived, record

from cbrn_routing.router import Router
from cbrn_routing.shards import MemberOptions, TopicsMissingError
from cbrn_routing.shards import shard as shard_module
from cbrn_routing.shards.shard import Shard, Shared
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm, bus_topic, misplaced_topic, state_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.decide import Engine
    from cbrn_routing.shards import Outbox

OTHER = "cbrn.from.moh.incidents"
STATE, MISPLACED = state_topic(Realm.REAL, Lane.INCIDENTS), misplaced_topic(Realm.REAL, Lane.INCIDENTS)
BODIES = receivers(NOW.date(), ahead=True)
SHARED = [bus_topic(Realm.REAL, name) for name in ("decisions", "duties", "quarantine", "outbound")]
COUNTS = dict.fromkeys(
    [*(to_topic(Realm.REAL, body, "alerts") for body in BODIES), *SHARED, STATE, MISPLACED, TOPIC, OTHER], 1
)


def router_of(engine: Engine, *ingress: str) -> Router:
    return Router(MemberOptions(Settings(), clock=lambda: NOW), Lane.INCIDENTS, engine, ingress=ingress)


def shard_of(member: Any, counts: dict[str, int] = COUNTS) -> Shard:
    """A shard that was given no partition yet: it decides, and neither reads nor writes."""
    return Shard(0, Shared(member, member.topics(counts), consumer=None, connection={}))


async def test_each_record_is_read_once_whatever_became_of_it(engine: Engine) -> None:
    """The stored offset is the next one to read: one less tells again after a restart, one more loses an event."""
    router = router_of(engine, TOPIC, OTHER)
    shard = shard_of(router, COUNTS | {TOPIC: 2})
    own, raised, other = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1), TopicPartition(OTHER, 0)
    batches: list[dict[TopicPartition, list[Arrived]]] = [
        {own: [record(chlorine(), number=7)]},
        {own: [record(chlorine(), number=8, id="e7"), record(b"{", number=11)]},
        {other: [record(chlorine(body="moh"), number=3, source="/moh")], raised: [record(b"", number=5)]},
    ]
    expected = [{TOPIC: 8}, {TOPIC: 12}, {TOPIC: 12, OTHER: 4, f"{TOPIC}/1": 6}]
    for fetched, offsets in zip(batches, expected, strict=True):
        for partition, arrived in fetched.items():
            for one in arrived:
                one.topic, one.partition = partition
        outbox = await shard._prepare(fetched, None)
        assert shard.state.offsets == offsets
        assert outbox is not None
        assert outbox.events == sum(map(len, fetched.values()))
    assert router.tally.counts == {"routed": 2, "duplicate": 1, "quarantined": 2}
    restored = router.new_state()
    assert restored.restore(shard.state.record()) == []
    assert restored.offsets == expected[-1]


def test_a_router_misses_a_receiver_without_a_topic(engine: Engine) -> None:
    """A body that is told nothing is noticed before the first event; only tests choose what is read, and have few."""
    few = {name: count for name, count in COUNTS.items() if name != "cbrn.to.moh.alerts"}
    with pytest.raises(TopicsMissingError, match=r"cbrn\.from\."):
        router_of(engine).topics(COUNTS)
    chosen = router_of(engine, TOPIC)
    assert "cbrn.to.moh.alerts" in chosen.topics(COUNTS).written
    assert "cbrn.to.moh.alerts" not in chosen.topics(few).written
    everything = COUNTS | dict.fromkeys(router_of(engine).ingress, 1)
    with pytest.raises(TopicsMissingError, match=r"cbrn\.to\.moh\.alerts"):
        router_of(engine).topics({name: count for name, count in everything.items() if name in few or ".from." in name})


class Slow:
    """A member that notes when it has handled, and takes a while for it."""

    def __init__(self, router: Router, noted: list[str]) -> None:
        self.lane, self.options, self.topics = router.lane, router.options, router.topics
        self.new_state, self.transactional_id, self.group = router.new_state, router.transactional_id, router.group
        self._noted = noted

    def handle(self, *_: Any) -> None:
        self._noted.append("records")


@pytest.mark.parametrize(("at_once_s", "others"), [(0.0, ["answer"]), (3600.0, [])], ids=["long", "short"])
async def test_an_answer_that_a_commit_waits_for_is_heard_between_the_publishers_records(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at_once_s: float, others: list[str]
) -> None:
    """Each commit takes five answers, one after another; each would wait until a thousand records are handled."""
    monkeypatch.setattr(shard_module, "AT_ONCE_S", at_once_s)
    noted: list[str] = []
    shard = shard_of(Slow(router_of(engine, TOPIC, OTHER), noted))
    asyncio.get_running_loop().call_soon(noted.append, "answer")
    one, other = (Arrived(b"{}", (), topic, offset=9) for topic in (TOPIC, OTHER))
    await shard._prepare({TopicPartition(OTHER, 0): [other], TopicPartition(TOPIC, 0): [one]}, None)
    assert noted == ["records", *others, "records"]


class Failing:
    """A member that cannot take in a record, of the second partition of those that were fetched."""

    def __init__(self, router: Router) -> None:
        self.lane, self.options, self.topics = router.lane, router.options, router.topics
        self.new_state, self.transactional_id, self.group = router.new_state, router.transactional_id, router.group

    def handle(self, records: Iterable[Any], _state: Any, outbox: Outbox, *_: Any) -> None:
        for one in records:
            if one.topic == OTHER:
                raise ValueError
            outbox.append(TOPIC, outbox.encode(None, one.value, []))


async def test_what_a_member_fails_on_is_not_taken_for_read(engine: Engine) -> None:
    """Nor is what came with it, in another partition: all of it is read again."""
    shard = shard_of(Failing(router_of(engine, TOPIC, OTHER)))
    fine, bad = (Arrived(json.dumps({}).encode(), (), topic, offset=9) for topic in (TOPIC, OTHER))
    with pytest.raises(ValueError, match=r"^$"):
        await shard._prepare({TopicPartition(OTHER, 0): [bad], TopicPartition(TOPIC, 0): [fine]}, None)
    assert shard.state.offsets == {}
