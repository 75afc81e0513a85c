"""Who of a lane's routers holds which shard.

A shard is a number. It takes that partition of every topic, and of a topic with more partitions than there are shards
every further one too, so that none is left unread: shard 1 of 4 reads the partitions 1, 5, 9, ... Kafka's own
assignors look at each topic by itself, and would give partition 1 of one topic and of another to two routers as soon as
their counts differ.

Every member of a group must know the same assignor: routers with another one are refused by the broker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiokafka.cluster import ClusterMetadata

VERSION: Final = 0


def shard_assignor(shards: int) -> type[AbstractPartitionAssignor]:
    """Return the assignor of a lane with so many shards."""

    class ShardAssignor(AbstractPartitionAssignor):
        """An assignor that deals shards, not partitions."""

        name = f"cbrn-shards-{shards}"
        """Routers that count another number of shards are refused: they would not agree whose a situation is."""

        @classmethod
        def assign(
            cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
        ) -> dict[str, ConsumerProtocolMemberAssignment]:
            """Deal the shards evenly, in the order of the members' ids; a named router keeps its shards that way.

            While routers are being restarted one may know a topic that another does not. Shards go to those who know
            all, so that none of it stays unread; where nobody does, to everybody.
            """
            topics = {topic for metadata in members.values() for topic in metadata.subscription}
            counts = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in topics}
            knowing = [name for name in members if topics == set(members[name].subscription)] or list(members)
            dealing = dict.fromkeys(members, range(0)) | _dealt(sorted(knowing), shards)
            return {
                member: ConsumerProtocolMemberAssignment(
                    VERSION,
                    [
                        (topic, found)
                        for topic in sorted(members[member].subscription)
                        if (found := [number for number in range(counts[topic]) if number % shards in dealt])
                    ],
                    b"",
                )
                for member, dealt in dealing.items()
            }

        @classmethod
        def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
            """Say which topics this member reads."""
            return ConsumerProtocolMemberMetadata(VERSION, sorted(topics), b"")

        @classmethod
        def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
            """Do nothing: the membership looks at what it is given."""

    return ShardAssignor


def _dealt(members: list[str], shards: int) -> dict[str, range]:
    each, more = divmod(shards, len(members))
    begins = [each * number + min(number, more) for number in range(len(members) + 1)]
    return {member: range(begins[number], begins[number + 1]) for number, member in enumerate(members)}
