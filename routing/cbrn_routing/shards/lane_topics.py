"""The topics of a lane as the cluster has them, and how many shards follow from that.

The number of shards is the number of partitions that most of the topics have that the lane writes: somebody who raises
one topic by hand, as operators do, does not change it. Of an ingress topic any number is read (see `assignor`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from cbrn_routing.router.errors import PartitionsError, TopicsMissingError
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.topics import Lane, Realm, bus_topic, misplaced_topic, state_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

SHOWN: Final = 3
SHARED: Final = ("decisions", "duties", "quarantine", "outbound")


@dataclass(frozen=True, slots=True)
class LaneTopics:
    """Topics of one lane."""

    ingress: tuple[str, ...]
    misplaced: str
    written: tuple[str, ...]
    """What a shard writes in its own partition: alerts, decisions, state, ..."""
    partitions: Mapping[str, int]
    """Of each topic, how many it has."""
    shards: int

    @property
    def read(self) -> list[str]:
        """What is subscribed to."""
        return [*self.ingress, self.misplaced]

    def read_by(self, shard: int) -> list[TopicPartition]:
        """Return the partitions that a shard reads: its own of every topic, and further ones of topics with more."""
        return [
            TopicPartition(topic, number)
            for topic in self.read
            for number in range(shard, max(self.partitions[topic], shard + 1), self.shards)
            if number < self.partitions[topic]
        ]

    def written_by(self, shard: int) -> list[TopicPartition]:
        """Return every partition that a shard may ever write."""
        elsewhere = [TopicPartition(self.misplaced, number) for number in range(self.shards)]
        return [*(TopicPartition(topic, shard) for topic in self.written), *elsewhere]

    def with_counts(self, counts: Mapping[str, int]) -> LaneTopics:
        """Return the same with partitions counted anew; the number of shards stays."""
        return LaneTopics(self.ingress, self.misplaced, self.written, {**self.partitions, **counts}, self.shards)

    @property
    def odd(self) -> dict[str, int]:
        """Topics that have another number of partitions than the lane has shards."""
        return {topic: count for topic, count in sorted(self.partitions.items()) if count != self.shards}


def lane_topics(
    realm: Realm,
    lane: Lane,
    ingress: Iterable[str],
    counts: Mapping[str, int],
    now: datetime,
    *,
    all_bodies: bool = True,
) -> LaneTopics:
    """Work out a lane's topics from the partitions that each topic of the cluster has.

    Without `all_bodies`, topics of bodies that do not exist are left out instead of missed: tests have few.

    Raises:
        TopicsMissingError: topics that are read or written do not exist.
        PartitionsError: a topic has fewer partitions than most of them.
    """
    state, misplaced = state_topic(realm, lane), misplaced_topic(realm, lane)
    told = [to_topic(realm, body, lane.delivery) for body in receivers(local_day(now), ahead=True)]
    if not all_bodies:
        told = [topic for topic in told if topic in counts]
    written = (*told, *(bus_topic(realm, name) for name in SHARED), state)
    read = (*ingress, misplaced)
    if missing := sorted({*written, *read} - counts.keys()):
        raise TopicsMissingError(
            f"missing topics: {_shown(missing)}. Run `cbrn topics apply` for realm {realm}, then start again."
        )
    shards = Counter(counts[topic] for topic in (*written, misplaced)).most_common(1)[0][0]
    if few := [f"{topic} has {counts[topic]}" for topic in (*written, misplaced) if counts[topic] < shards]:
        raise PartitionsError(
            f"the lane {lane} has {shards} shards, and these topics have fewer partitions: {_shown(few)}. "
            f"Add partitions to them until they have {shards} (`kafka-topics.sh --alter`), then start again."
        )
    return LaneTopics(tuple(ingress), misplaced, written, {topic: counts[topic] for topic in (*written, *read)}, shards)


async def count_partitions(connection: dict[str, Any]) -> dict[str, int]:
    """Return how many partitions each topic of the cluster has that is led by somebody."""
    admin = AIOKafkaAdminClient(**{name: value for name, value in connection.items() if name != "metadata_max_age_ms"})
    await admin.start()
    try:
        described = await admin.describe_topics()
    finally:
        await admin.close()
    return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["error_code"] == 0}


def _shown(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
