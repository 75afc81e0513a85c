"""What the exactly-once loop asks of its member: topics, a memory, and what to make of a batch.

The loop (`worker`, `membership`, `shard`) joins the group, fetches, commits, restores and begins anew; its member
decides. The router is one member. Nothing of what a member decides about enters this room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from cbrn_routing.bus.clock import utc_now

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from cbrn_routing.bus.record import Record
    from cbrn_routing.shards.lane_topics import LaneTopics
    from cbrn_routing.shards.outbox import Outbox
    from cbrn_schemas.errors import InvalidEventError
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Lane

Name = tuple[str, int, int]
"""Topic, partition and offset of a record as its shard reads it."""
StateRecord = tuple[bytes, bytes | None]
"""Key and value of a record of the state topic; None for a tombstone."""


class Unread(NamedTuple):
    """A record of the state partition that a member cannot read: what it held is not known to the shard."""

    position: int
    """Among the records that were given."""
    key: bytes
    why: str


class State(Protocol):
    """The memory of one shard, with its codec. It is bounded, and used by one task."""

    offsets: dict[str, int]
    """Next offset to read of each partition (`offset_name`). The shard sets them; `record` writes them too."""

    @property
    def due(self) -> datetime | None:
        """When the member wants to be called although nothing came (`Member.elapse`); None: never."""

    def restore(self, records: list[StateRecord]) -> list[Unread]:
        """Rebuild from the records of the state partition in their order; return what cannot be read."""

    def record(self) -> list[StateRecord]:
        """Return the records to write with this transaction."""

    def held(self) -> dict[str, int]:
        """Count what is remembered, for the log."""


StateT = TypeVar("StateT", bound=State)
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class MemberOptions:
    """What a process is told of its part in a group."""

    settings: Settings
    instance: str | None = None
    """Stable name of this process in its group (static membership); unique, or two will fight for ever."""
    session_timeout_ms: int = 6_000
    clock: Callable[[], datetime] = utc_now


class Member(Protocol[StateT]):
    """A reader of a lane's topics that writes others, each record's consequences exactly once."""

    options: MemberOptions
    lane: Lane
    group: str
    """Of the consumers; the processes that share the lane's shards."""

    def transactional_id(self, shard: int) -> str:
        """Name the writer of a shard. It belongs to partitions, never to a process."""

    def topics(self, counts: Mapping[str, int]) -> LaneTopics:
        """Say what is read and written (`lane_topics`), of topics with so many partitions each.

        Raises:
            ShardsError: topics are missing, or have too few partitions.
        """

    async def prepare(self, stopping: asyncio.Event) -> None:
        """Get ready before the group is joined. Each membership calls it."""

    async def close(self) -> None:
        """End what `prepare` has begun."""

    def new_state(self) -> StateT:
        """Return the memory of a shard that nothing was written of."""

    async def inspect(self, fetched: dict[Place, list[Any]]) -> dict[Place, list[Any]]:
        """Return what was fetched, in its order, with what is found out about records before they are handled.

        It runs while the batch before commits, so here is the place for what takes long. A record may be replaced by
        one that knows more, at the same topic, partition and offset.
        """

    def handle(
        self,
        records: Iterable[Record],
        state: StateT,
        outbox: Outbox,
        now: datetime,
        unwritable: Mapping[Name, InvalidEventError],
    ) -> None:
        """Take in records of one partition, in their order: remember in the state, lay out in the outbox.

        It waits for nothing. Whatever one record is, its neighbours are handled; an error that leaves here ends the
        membership, or makes the shard look for the record whose fault it is. Of those in `unwritable`, what they led to
        could not be written: they are set aside for the reason given.
        """

    def elapse(self, state: StateT, outbox: Outbox, now: datetime) -> None:
        """Do what was due by `now`; everything that the broker had taken by then has been handled.

        It is called when the state's `due` has come, in the same transaction as what was fetched with it, and again as
        long as something is due: so much at once as fits a transaction. What it cannot do it must put off itself: an
        error that leaves here ends the membership.
        """


def offset_name(topic: str, partition: int, shard: int) -> str:
    """Return how a partition is called among a shard's offsets: by its topic alone where it is the shard's own."""
    return topic if partition == shard else f"{topic}/{partition}"
