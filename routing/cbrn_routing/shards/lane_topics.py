"""The topics of a lane as the cluster has them, and how many shards follow from that.

The number of shards is the number of partitions that most of the topics have that the lane writes: somebody who raises
one topic by hand, as operators do, does not change it. Of an ingress topic any number is read (see `assignor`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from cbrn_routing.shards.errors import PartitionsError, TopicsMissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_schemas.topics import Lane, Realm

SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class LaneTopics:
    """Topics of one lane."""

    ingress: tuple[str, ...]
    misplaced: str
    """Read too, and written in every partition: here shards pass on what belongs to another one."""
    state: str
    """Compacted; a shard's memory lies in its own partition."""
    written: tuple[str, ...]
    """What a shard writes in its own partition, the state included."""
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
        return replace(self, partitions={**self.partitions, **counts})

    @property
    def odd(self) -> dict[str, int]:
        """Topics that have another number of partitions than the lane has shards."""
        return {topic: count for topic, count in sorted(self.partitions.items()) if count != self.shards}


def lane_topics(  # noqa: PLR0917 - all of it names topics
    realm: Realm,
    lane: Lane,
    ingress: Iterable[str],
    misplaced: str,
    state: str,
    told: Iterable[str],
    counts: Mapping[str, int],
    spare: Iterable[str] = (),
) -> LaneTopics:
    """Work out how many shards there are: the topics' partitions say it. `told` is written besides state and misplaced.

    So is `spare`, where it is there with enough partitions: a cluster may be of an older release.

    Raises:
        TopicsMissingError: topics that are read or written do not exist.
        PartitionsError: a topic has fewer partitions than most of them.
    """
    written = (*told, state)
    read = (*ingress, misplaced)
    if missing := sorted({*written, *read} - counts.keys()):
        raise TopicsMissingError(
            f"missing topics: {_shown(missing)}. Run `cbrn topics apply` for realm {realm}, then start again. "
            "Where they exist, this user may not see them: `cbrn access plan`."
        )
    shards = Counter(counts[topic] for topic in (*written, misplaced)).most_common(1)[0][0]
    if few := [f"{topic} has {counts[topic]}" for topic in (*written, misplaced) if counts[topic] < shards]:
        raise PartitionsError(
            f"the lane {lane} has {shards} shards, and these topics have fewer partitions: {_shown(few)}. "
            f"Add partitions to them until they have {shards} (`kafka-topics.sh --alter`), then start again."
        )
    written = (*written, *(topic for topic in spare if counts.get(topic, 0) >= shards))
    partitions = {topic: counts[topic] for topic in (*written, *read)}
    return LaneTopics(tuple(ingress), misplaced, state, written, partitions, shards)


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
