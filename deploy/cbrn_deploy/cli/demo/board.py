"""What the demo has seen: who published what, what the router made of it, who received it and when.

Pure state, filled by whoever publishes (`play`) and whoever watches the topics (`watch`), in whatever order word of one
event arrives.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from cbrn_schemas.records import ALARM_SOURCE

if TYPE_CHECKING:
    from cbrn_producers.simulator import Published, Station

Identity = tuple[str, str]
"""CloudEvents source and id."""


class Receipt(NamedTuple):
    """One alert as its recipient got it; milliseconds since 1970."""

    body: str
    role: str
    rules: tuple[str, ...]
    routed_ms: int
    received_ms: int
    restricted: bool


@dataclass(slots=True)
class Story:
    """All that is known of one published event."""

    published: Published | None = None
    decision: dict[str, Any] | None = None
    """The decision record."""
    quarantine: dict[str, str] | None = None
    """The bus's headers on the quarantined record, without their prefix."""
    receipts: list[Receipt] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def recipients(self) -> list[str]:
        """Bodies that the router decided to tell, those of the original included."""
        if self.decision is None:
            return []
        return [*(each["body"] for each in self.decision["recipients"]), *self.decision["earlier"]]

    @property
    def complete(self) -> bool:
        """Whether word of everything that the router did has arrived."""
        if self.quarantine is not None and self.published is not None:
            return len(self.receipts) >= len(self.published.step.told.roles())
        return self.decision is not None and len(self.receipts) >= len(self.recipients)


@dataclass(slots=True)
class Board:
    """The state that the screen shows."""

    stories: dict[Identity, Story] = field(default_factory=dict)
    readings_published: Counter[str] = field(default_factory=Counter)
    """By body, routine only."""
    readings_routed: int = 0
    latest: dict[str, tuple[Station, list[str]]] = field(default_factory=dict)
    """The latest routine stations heard of, and whom their readings reach."""
    first_alert_ms: int | None = None
    """When the first alert was received; milliseconds since 1970."""

    def story(self, identity: Identity) -> Story:
        """Return the story of an event that somebody waits for, begun where there is none yet."""
        return self.stories.setdefault(identity, Story())

    def known(self, identity: Identity) -> Story | None:
        """Find the story of an event of the play or of an alarm; None for a routine reading."""
        return self.story(identity) if identity[0] == ALARM_SOURCE else self.stories.get(identity)

    def decided(self, identity: Identity, decision: dict[str, Any]) -> None:
        """Note that the router has decided."""
        story = self.stories.get(identity)
        if story is None:
            self.readings_routed += decision["topic"].endswith(".monitoring")
            return
        story.decision = decision
        story.changed.set()

    def set_aside(self, quarantine_id: str, headers: dict[str, str]) -> None:
        """Note that the router has quarantined a record."""
        story = self.story((ALARM_SOURCE, quarantine_id))
        story.quarantine = headers
        story.changed.set()

    def received(self, identity: Identity, receipt: Receipt) -> None:
        """Note that a body has received an alert or a reading."""
        story = self.known(identity)
        if story is None:
            return
        if self.first_alert_ms is None:
            self.first_alert_ms = receipt.received_ms
        story.receipts.append(receipt)
        story.changed.set()

    def measured(self, station: Station, bodies: list[str]) -> None:
        """Note that a routine station has published a reading."""
        self.readings_published[station.body] += 1
        self.latest.pop(station.name, None)
        self.latest[station.name] = (station, bodies)

    async def completed(self, story: Story, within_s: float) -> bool:
        """Wait until the story is complete; whether it is."""
        try:
            async with asyncio.timeout(within_s):
                while not story.complete:
                    story.changed.clear()
                    await story.changed.wait()
        except TimeoutError:
            return False
        return True


def percentile(values: list[int], share: float) -> int:
    """Return the value below or at which `share` of the values lie (nearest rank); 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0
