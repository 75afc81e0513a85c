"""A batch while it is dispatched: the shard's state, where records go, the time of the batch, what happened so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from cbrn_routing.shards.encoding import NOTHING, Block
from cbrn_schemas.records import ACKNOWLEDGE_BY, rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.router.state import ShardState
    from cbrn_routing.shards.placement import Placement


@dataclass(slots=True)
class Tally:
    """What happened to the records of a shard."""

    counts: Counter[str] = field(default_factory=Counter)
    """`routed`, `duplicate`, `quarantined` (of them `told of together`, without an alarm of their own), `passed on` (to
    the shard to which it belongs)."""
    doubts: Counter[str] = field(default_factory=Counter)


class Sink(Protocol):
    """Where records go: a shard's outbox, or what only keeps them to show what a router would do."""

    def encode(self, key: bytes | None, value: bytes | None, headers: Any, /) -> Any:
        """Encode what all records of an event have in common."""

    def append(self, topic: str, body: Any, first: Block = NOTHING, second: Block = NOTHING) -> None:
        """Add one record."""

    def append_elsewhere(self, topic: str, partition: int, body: Any) -> None:
        """Add one record in another partition."""


class Batch:
    """What is the same for every record of one batch."""

    __slots__ = ("_deadlines", "at", "now", "placement", "sink", "state", "tally")

    def __init__(
        self, state: ShardState, sink: Sink, now: datetime, tally: Tally, placement: Placement | None = None
    ) -> None:
        self.state = state
        self.placement = placement
        self.sink = sink
        self.now = now
        self.tally = tally
        self.at = rfc3339(now)
        self._deadlines: dict[int | None, Block] = {None: NOTHING}

    def deadline(self, within_s: int | None) -> Block:
        """Return the header by when to acknowledge, each encoded once; asked for only where an answer is."""
        block = self._deadlines.get(within_s)
        if block is None:
            assert within_s is not None
            by = rfc3339(self.now + timedelta(seconds=within_s))
            block = self._deadlines[within_s] = Block.of([(ACKNOWLEDGE_BY, by.encode())])
        return block
