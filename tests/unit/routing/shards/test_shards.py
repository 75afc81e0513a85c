"""Which shard a record belongs to, who holds which shard, and what is concluded from a batch that fails."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition, errors
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from cbrn_routing.shards import LaneTopics, PartitionsError, TopicsMissingError, lane_topics
from cbrn_routing.shards.assignor import shard_assignor
from cbrn_routing.shards.caution import BATCH_RECORDS_MAX, Bare, Caution, blames_the_batch
from cbrn_routing.shards.placement import Misplaced, Placement, original, passed_on_headers
from cbrn_schemas.topics import Lane, Realm, from_topic, misplaced_topic, state_topic

NOW = datetime(2026, 11, 26, tzinfo=UTC)
INGRESS = [from_topic(Realm.REAL, body, "incidents") for body in ("mes", "moh")]
STATE, MISPLACED = state_topic(Realm.REAL, Lane.INCIDENTS), misplaced_topic(Realm.REAL, Lane.INCIDENTS)


@given(st.binary(min_size=1, max_size=200), st.integers(1, 12))
def test_a_shard_is_where_kafkas_own_clients_place_the_key(key: bytes, shards: int) -> None:
    """Otherwise every record would be passed on."""
    everywhere = list(range(shards))
    assert Placement(0, shards).shard_of(key) == DefaultPartitioner()(key, everywhere, everywhere)


ORIGIN = ("cbrn_topic", "cbrn_partition", "cbrn_offset", "cbrn_key")
RECORDS = st.builds(
    Misplaced,
    topic=st.sampled_from(INGRESS),
    partition=st.integers(0, 9),
    offset=st.integers(0, 10**12),
    key=st.none() | st.binary(max_size=20),
    value=st.none() | st.binary(max_size=20),
    headers=st.lists(st.tuples(st.sampled_from(["ce_id", "cbrn_topic", "cbrn_key", "x"]), st.binary()), max_size=4),
)


@given(RECORDS)
def test_what_is_passed_on_arrives_as_it_was(record: Misplaced) -> None:
    """Headers that a publisher forges under the bus's names included: it is judged as if it had lain there."""
    passed = SimpleNamespace(value=record.value, headers=passed_on_headers(record), key=b"other", topic=MISPLACED)
    assert original(passed) == record


def test_what_does_not_say_where_it_came_from_is_refused() -> None:
    """Only routers write that topic; what somebody else put there is set aside, not guessed at."""
    for headers in (
        [("ce_id", b"1")],
        [*zip(ORIGIN, (b"nowhere", b"0", b"0", b"-"), strict=True)],
        [(name, None) for name in ORIGIN],
    ):
        with pytest.raises(ValueError, match=r"cbrn_topic|nobody publishes"):
            original(SimpleNamespace(value=b"", headers=headers, key=None, topic=MISPLACED))


class Cluster:
    def __init__(self, **counts: int) -> None:
        self.counts = counts

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        count = self.counts.get(topic)
        return set(range(count)) if count else None


def dealt(cluster: Cluster, members: dict[str, list[str]], shards: int) -> dict[str, set[tuple[str, int]]]:
    assignor = shard_assignor(shards)
    given_out = assignor.assign(cluster, {name: assignor.metadata(topics) for name, topics in members.items()})
    return {name: {tuple(one) for one in each.partitions()} for name, each in given_out.items()}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 14), min_size=1),
    st.integers(1, 6),
    st.integers(1, 9),
)
def test_every_partition_has_one_holder_and_all_of_a_shard_have_the_same(
    counts: dict[str, int], members: int, shards: int
) -> None:
    """Kafka's own assignors tear a shard apart as soon as one topic has another number of partitions."""
    found = dealt(Cluster(**counts), {f"m{number}": sorted(counts) for number in range(members)}, shards)
    everything = [one for each in found.values() for one in each]
    assert sorted(everything) == sorted((topic, number) for topic, count in counts.items() for number in range(count))
    holders: dict[int, set[str]] = {}
    for member, partitions in found.items():
        for _, number in partitions:
            holders.setdefault(number % shards, set()).add(member)
    assert all(len(one) == 1 for one in holders.values())


def test_shards_go_to_those_who_know_every_topic() -> None:
    """While routers are restarted one by one, a topic that the others do not know yet would stay unread."""
    assert dealt(Cluster(a=2, b=2), {"m0": ["a"], "m1": ["a", "b"]}, 2) == {
        "m0": set(),
        "m1": {("a", 0), ("a", 1), ("b", 0), ("b", 1)},
    }


def test_where_nobody_knows_every_topic_everybody_has_shards() -> None:
    """What each knows is read."""
    found = dealt(Cluster(a=2, b=2), {"m0": ["a"], "m1": ["b"]}, 2)
    assert found == {"m0": {("a", 0)}, "m1": {("b", 1)}}


TOLD = ("cbrn.to.mes.alerts", "cbrn.to.moh.alerts", "cbrn.bus.decisions")


def counts() -> dict[str, int]:
    return dict.fromkeys([*TOLD, *INGRESS, STATE, MISPLACED], 4)


def lane_of(counted: dict[str, int], spare: tuple[str, ...] = ()) -> LaneTopics:
    return lane_topics(Realm.REAL, Lane.INCIDENTS, INGRESS, MISPLACED, STATE, TOLD, counted, spare)


def test_a_raised_topic_does_not_change_the_number_of_shards() -> None:
    """Nor the state's: a key would belong to another shard, which does not remember it."""
    for raised in (INGRESS[0], STATE, "cbrn.bus.decisions"):
        topics = lane_of(counts() | {raised: 6})
        assert topics.shards == 4
        assert topics.odd == {raised: 6}


def test_every_partition_of_an_ingress_topic_is_read_by_one_shard() -> None:
    """However many it has: fewer than shards, or more."""
    topics = lane_of(counts() | {INGRESS[0]: 6, INGRESS[1]: 3})
    read = [one for shard in range(4) for one in topics.read_by(shard)]
    assert sorted(read) == sorted(
        [
            *(TopicPartition(INGRESS[0], number) for number in range(6)),
            *(TopicPartition(INGRESS[1], number) for number in range(3)),
            *(TopicPartition(MISPLACED, number) for number in range(4)),
        ]
    )
    assert TopicPartition(INGRESS[0], 5) in topics.read_by(1)


def test_a_topic_that_is_missing_or_too_small_to_write_is_named_with_the_remedy() -> None:
    """A lane that wrote into a partition that does not exist would wait for ever."""
    with pytest.raises(TopicsMissingError, match=r"cbrn\.bus\.misplaced-incidents.*topics apply"):
        lane_of({name: count for name, count in counts().items() if name != MISPLACED})
    with pytest.raises(PartitionsError, match=r"cbrn\.to\.mes\.alerts has 2.*until they have 4"):
        lane_of(counts() | {"cbrn.to.mes.alerts": 2})


SPARE = tuple(f"cbrn.to.{body}.standing" for body in ("mes", "moh", "mia", *(f"body-{each}" for each in range(9))))


def test_what_a_lane_can_do_without_is_written_where_it_is_and_counts_no_shards() -> None:
    """A cluster of an older release has no such topics; one that is too small would be waited for."""
    assert lane_of(counts(), SPARE) == lane_of(counts())
    topics = lane_of(counts() | dict.fromkeys(SPARE, 2) | {SPARE[0]: 4, SPARE[1]: 6}, SPARE)
    assert topics.shards == 4
    assert set(topics.written) == {*TOLD, STATE, *SPARE[:2]}
    assert topics.odd == {SPARE[1]: 6}
    assert TopicPartition(SPARE[0], 3) in topics.written_by(3)


def names(*offsets: int) -> list[tuple[str, int, int]]:
    return [("t", 0, offset) for offset in offsets]


@given(st.integers(1, 2000), st.data())
def test_the_record_that_always_fails_is_found_and_no_other(count: int, data: st.DataObject) -> None:
    """Whatever the size of the batch and wherever it lies, within some dozens of tries."""
    bad = data.draw(st.integers(0, count - 1))
    caution, done, tries = Caution(), 0, 0
    error = errors.MessageSizeTooLargeError()
    while done < count:
        tries += 1
        assert tries < 200
        careful = caution.careful
        batch = names(*range(done, min(done + caution.records_max, count)))
        if any(one[2] == bad and one not in caution.unwritable for one in batch):
            assert caution.suspect(batch if careful else None, error)
        else:
            done += len(batch)
            caution.went_well()
    assert list(caution.unwritable) == names(bad)
    assert "MessageSizeTooLargeError" in caution.unwritable[names(bad)[0]].message


def test_a_record_is_not_given_up_for_one_failure() -> None:
    """It may have been chance, and the record is innocent."""
    caution = Caution()
    caution.records_max = 1
    assert caution.suspect(names(7), errors.UnknownError())
    assert not caution.unwritable
    assert caution.suspect(names(7), errors.UnknownError())
    assert list(caution.unwritable) == names(7)


def test_where_even_the_quarantine_fails_the_place_alone_is_kept() -> None:
    """And where that fails too, it is not the record."""
    caution = Caution()
    caution.records_max = 1
    for _ in range(3):
        assert caution.suspect(names(7), ValueError())
    record = Misplaced("t", 0, 7, b"key", b"value", [("a", b"b")])
    other = record._replace(offset=8)
    assert caution.seen([record, other]) == [Bare("t", 0, 7), other]
    assert not caution.suspect(names(7), ValueError())


@pytest.mark.parametrize(
    "innocent",
    [
        TimeoutError(),
        OSError(),
        errors.KafkaConnectionError(),
        errors.ProducerFenced(),
        errors.NotEnoughReplicasError(),
        errors.IllegalOperation(),
        errors.UnknownMemberIdError(),
        errors.InvalidTimestampError(),
        AssertionError(),
    ],
    ids=lambda one: type(one).__name__,
)
def test_the_broker_the_network_and_the_group_are_never_taken_for_a_bad_record(innocent: BaseException) -> None:
    """A good alert would lie in quarantine because a broker was restarted."""
    assert not blames_the_batch(innocent)


def test_a_shard_takes_as_much_as_ever_once_it_is_through() -> None:
    """Careful for ever would be slow for ever."""
    caution = Caution()
    caution.too_much()
    assert caution.careful
    caution.went_well()
    assert caution.records_max == BATCH_RECORDS_MAX
    assert not caution.careful
