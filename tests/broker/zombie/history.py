"""What happened in a run, as plain facts.

What the broker acknowledged to the publisher, what lies in the output topics afterwards, and which offsets were seen on
the way. No Kafka in here: a history can be written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DECISION = "decision"
QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Sent:
    """One event that the broker acknowledged, and what must come of it, once. A resent one is not listed again."""

    source: str
    id: str
    key: str
    sequence: int
    """Place among the events of its key; from 1."""
    recipients: Mapping[str, str]
    """Role of each body that must be told."""
    ruling: str = DECISION
    """Which record of the bus itself must exist: a decision, or one in quarantine."""
    digest: str | None = None
    """Of the value, where recipients must get the publisher's bytes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One committed record in an output topic."""

    recipient: str
    """The body; for the bus's own records, `decision` or `quarantine`."""
    partition: int
    offset: int
    source: str
    id: str
    key: str
    role: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A next offset to read, as somebody saw it."""

    topic: str
    partition: int
    offset: int


@dataclass(slots=True)
class History:
    """Everything the checker is told."""

    sent: list[Sent] = field(default_factory=list)
    alerts: list[Seen] = field(default_factory=list)
    """Any order; the checker sorts by partition and offset."""
    rulings: list[Seen] = field(default_factory=list)
    committed: list[Position] = field(default_factory=list)
    """The group's offsets in the order in which they were sampled."""
    stated: list[Position] = field(default_factory=list)
    """Offsets in the router's state topic, in the order of its log."""
    injected: set[Position] = field(default_factory=set)
    """Offsets that the test itself committed into the group to mislead the routers: no fault of theirs."""
