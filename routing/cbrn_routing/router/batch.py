"""One batch while it is judged: the shard's state, where records go, the time of the sitting, what happened so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from cbrn_routing.shards.encoding import NOTHING, Block
from cbrn_schemas.events.base import CLOCK_TOLERANCE
from cbrn_schemas.records import ACKNOWLEDGE_BY, rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.router.state import ShardState
    from cbrn_routing.shards.placement import Placement
    from cbrn_schemas.envelope import Envelope, Header
    from cbrn_schemas.errors import Doubt, InvalidEventError
    from cbrn_schemas.events import Event


LATE_TOLERANCE = timedelta(hours=24)
"""A report older than this is routed with a warning that it comes late."""


class Record(Protocol):
    """What is needed of a consumed record (aiokafka's ConsumerRecord has it)."""

    @property
    def topic(self) -> str:
        """Where it was read."""

    @property
    def partition(self) -> int:
        """Partition of the topic."""

    @property
    def offset(self) -> int:
        """Position in the partition."""

    @property
    def key(self) -> bytes | None:
        """Its key as it was written."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""

    @property
    def headers(self) -> Any:
        """Pairs of name and bytes."""


class Sink(Protocol):
    """Where records go (an `Outbox`)."""

    def body(self, key: bytes | None, value: bytes | None, headers: list[Header]) -> Any:
        """What several records have in common, laid out once; for `append`."""

    def append(self, topic: str, body: Any, first: Block = NOTHING, second: Block = NOTHING) -> None:
        """Add one record: a body, and headers behind its own."""

    def append_elsewhere(self, topic: str, partition: int, body: Any) -> None:
        """Add one record in another partition than the shard's own."""


class Narrator(Protocol):
    """Told of judgements as they are made; it must be quick and must not raise."""

    every: bool
    """Whether it wants to hear of routine too: events routed without a doubt, duplicates."""

    def routed(self, record: Record, event: Event, routed: Any, doubts: tuple[Doubt, ...], earlier: list[str]) -> None:
        """An event was routed; `earlier` are bodies told only because they got the original."""

    def duplicate(self, record: Record, envelope: Envelope) -> None:
        """An event had been counted before and was left out."""

    def quarantined(self, record: Record, identifier: str, body: str, error: InvalidEventError) -> None:
        """A record was set aside."""


@dataclass(slots=True)
class Tally:
    """What happened to the records of a shard."""

    counts: Counter[str] = field(default_factory=Counter)
    """`routed`, `duplicate`, `quarantined`, `passed on` (to the shard to which it belongs)."""
    doubts: Counter[str] = field(default_factory=Counter)


class Sitting:
    """What is the same for every record of one batch."""

    __slots__ = ("_deadlines", "ahead", "at", "late", "now", "placement", "sink", "state", "tally")

    def __init__(
        self, state: ShardState, sink: Sink, now: datetime, tally: Tally, placement: Placement | None = None
    ) -> None:
        self.state = state
        self.placement = placement
        self.sink = sink
        self.now = now
        self.tally = tally
        self.at = rfc3339(now)
        self.ahead = now + CLOCK_TOLERANCE
        self.late = now - LATE_TOLERANCE
        self._deadlines: dict[int | None, Block] = {None: NOTHING}

    def deadline(self, within_s: int | None) -> Block:
        """The header by when to acknowledge; none where no answer is asked for."""
        block = self._deadlines.get(within_s)
        if block is None:
            assert within_s is not None
            by = rfc3339(self.now + timedelta(seconds=within_s))
            block = self._deadlines[within_s] = Block.of([(ACKNOWLEDGE_BY, by.encode())])
        return block
