"""What an operator or a foreign client does to a router, on a real broker."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer, errors
from structlog.testing import capture_logs
from tests.builders.router_bus import WITHIN_S, elsewhere, event, headers, wait_until

from cbrn_routing.shards import caution as caution_module
from cbrn_routing.shards.lane_topics import count_partitions
from cbrn_schemas import envelope
from cbrn_schemas.topics import (
    Lane,
    Realm,
    bus_topic,
    misplaced_topic,
)

MIB = 1024 * 1024


async def test_a_situation_is_one_whatever_partition_its_records_came_by(bus):
    """Librdkafka places keys by CRC-32: the same id was told twice, and a correction did not reach its readers."""
    name = "KG-partitioner"
    right, wrong = 1 - elsewhere(name), elsewhere(name)
    key = name.encode()
    async with bus.router() as router:
        await bus.ready(router)
        await bus.send((wrong, key, event(name, severity="Extreme"), headers("a")))
        await bus.decisions(1)
        await bus.send((right, key, event(name, severity="Extreme"), headers("a")))  # resent by another client
        await bus.send((right, key, event(name, "Update", severity="Minor"), headers("b")))
        await bus.decisions(2)
        await bus.send((wrong, b"", event(name, "Cancel", severity="Minor"), headers("c")))
        found = await bus.decisions(3)
    assert [one["id"] for one in found] in (["a", "b", "c"], ["c", "a", "b"])
    by_id = {one["id"]: one for one in found}
    assert len(found) == 3
    assert by_id["a"]["doubts"].count("partition-differs") == 1
    assert (by_id["a"]["topic"], by_id["a"]["partition"]) == (bus.ingress[0], wrong)
    assert "partition-differs" not in by_id["b"]["doubts"]
    told = {each["body"] for each in by_id["a"]["recipients"]}
    again = {each["body"] for each in by_id["b"]["recipients"]} | set(by_id["b"]["earlier"])
    assert told <= again
    assert "unknown-situation" not in by_id["b"]["doubts"] + by_id["c"]["doubts"]
    assert "key-differs" in by_id["c"]["doubts"]


@pytest.mark.parametrize("which", ["from.mes.incidents", "bus.misplaced-incidents", "bus.state-incidents"])
async def test_partitions_that_an_operator_adds_stop_nothing(bus, which):
    """Raising one topic is a usual act: what landed on the new partitions was acknowledged and never told."""
    raised, partition = f"{Realm.EXERCISE}.{which}", 2 if which.startswith("from") else 0
    async with bus.router() as router:
        await bus.ready(router)
        await bus.raise_partitions(raised, 3)
        await asyncio.wait_for(wait_until(lambda: _has_partitions(bus, raised, 3)), WITHIN_S)
        with capture_logs() as logs:
            await bus.send((partition, b"KG-raised", event("KG-raised"), headers("raised")))
            await bus.send((1, b"KG-other", event("KG-other"), headers("other")))
            assert {one["id"] for one in await bus.decisions(2)} == {"raised", "other"}
    async with bus.router() as router:  # a start behind it: nothing anew, nothing lost
        with capture_logs() as more:
            await bus.ready(router)
        await bus.send((partition, b"KG-raised-2", event("KG-raised-2"), headers("raised-2")))
        assert {one["id"] for one in await bus.decisions(3)} == {"raised", "other", "raised-2"}
    told = [line for line in (*logs, *more) if line["event"].startswith("a topic has another number of partitions")]
    assert {line["topic"] for line in told} == {raised}


async def test_what_no_router_has_passed_on_stops_nothing(bus):
    """Whoever may write the bus's own topic could stop every shard with one record."""
    misplaced = misplaced_topic(Realm.EXERCISE, Lane.INCIDENTS)
    origin = [("cbrn_topic", b"nowhere"), ("cbrn_partition", b"0"), ("cbrn_offset", b"0"), ("cbrn_key", b"-")]
    async with AIOKafkaProducer(**bus.settings.connection(), acks="all") as producer:
        for own in ([], [*headers("forged"), *origin], [(name, None) for name, _ in origin]):
            await producer.send_and_wait(misplaced, event("KG-forged"), partition=1, headers=own)
    await bus.send((0, b"KG-a", event("KG-a"), headers("a")), (1, b"KG-b", event("KG-b"), headers("b")))
    async with bus.router() as router:
        await bus.ready(router)
        assert {one["id"] for one in await bus.decisions(2)} == {"a", "b"}
        aside = await bus.read(bus_topic(Realm.EXERCISE, "quarantine"), lambda seen: len(seen) >= 3)
    assert [dict(record.headers)["cbrn_reason"] for record in aside] == [b"foreign-source"] * 3


async def _has_partitions(bus, topic, count):
    return (await count_partitions(bus.settings.connection()))[topic] == count


@pytest.mark.parametrize("change", [1, -1], ids=["one more publisher", "one publisher fewer"])
async def test_a_named_router_that_reads_other_topics_than_before_goes_on(bus, change):
    """The broker gives it back what it had, which does not fit: it had no partitions for ever after."""
    few, many = bus.ingress[:2], bus.ingress
    before, after = (few, many) if change > 0 else (many, few)
    async with bus.router(before, instance="router-0") as router:
        await bus.ready(router)
    async with bus.router(after, instance="router-0") as router:
        await bus.ready(router)
        await bus.send((0, b"KG-named", event("KG-named"), headers("named")))
        assert [one["id"] for one in await bus.decisions(1)] == ["named"]


async def test_a_record_that_cannot_be_written_is_set_aside_and_its_neighbours_are_told(bus, monkeypatch):
    """One record of an ordinary publisher stopped a lane for ever: whatever the reason, it is found and set aside."""
    monkeypatch.setattr("cbrn_routing.router.dispatch.read_envelope", _unbounded)
    own = event("KG-bomb")
    # It fits into the topic that takes it, and not into those of the bodies, with the bus's headers behind it.
    bomb = [*headers("bomb"), ("x" * (MIB - len(own) - 400), b"")]
    good = [(0, b"KG-%d" % number, event(f"KG-{number}"), headers(f"good-{number}")) for number in range(20)]
    await bus.send(*good[:10], (0, b"KG-bomb", own, bomb), *good[10:])
    async with bus.router() as router:
        await bus.ready(router)
        found = await bus.decisions(20)
        aside = await bus.read(bus_topic(Realm.EXERCISE, "quarantine"), bool)
    assert {one["id"] for one in found} == {f"good-{number}" for number in range(20)}
    assert len(found) == 20
    (record,) = aside
    told = dict(record.headers)
    assert told["cbrn_reason"] == b"internal-error"
    assert b"MessageSizeTooLarge" in told["cbrn_message"]


def _unbounded(own, value):
    """An envelope whose bounds have a hole: the next one that nobody has thought of."""
    short = [header for header in own if len(header[0]) < 1000]
    return envelope.read_envelope(short, value)._replace(headers=list(own))


def test_the_broker_is_never_taken_for_a_bad_record():
    """An error of the network or of the group sets nothing aside."""
    for innocent in (errors.KafkaConnectionError(), errors.ProducerFenced(), errors.NotEnoughReplicasError()):
        assert not caution_module.blames_the_batch(innocent)
    assert not caution_module.blames_the_batch(TimeoutError())
    assert caution_module.blames_the_batch(errors.MessageSizeTooLargeError())
