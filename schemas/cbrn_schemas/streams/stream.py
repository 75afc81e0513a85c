"""What a stream is: whose it is, who may write and read it, how long and how it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from cbrn_schemas.catalogue.bodies import partners, publishers, receivers
from cbrn_schemas.topics import Lane, Realm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

DAY_MS: Final = 24 * 3600 * 1000
SEGMENT_DAYS: Final = 7
"""Kafka's own `segment.ms`."""
FOR_GOOD: Final = "-1"
HOUR_MS: Final = 3600 * 1000
MIB: Final = 1024 * 1024
RECORD_BYTES: Final = MIB
"""An event is 64 KiB at most; what is larger still arrives, so that it can be quarantined and its publisher told."""
QUARANTINE_BYTES: Final = 2 * MIB
"""A whole refused record, with its headers and what is said about it."""
STATUS_BYTES: Final = 64 * 1024
"""Eight refusals with their reasons: some 5 kB; in Cyrillic twice that."""
SILENCE_BYTES: Final = 64 * 1024
"""A few hundred bytes as a rule; who writes more means something else."""


class Party(StrEnum):
    """Who writes or reads. On a body's own topics an agency or a ministry is that body's."""

    AGENCY = "agency"
    """The process of a body that publishes."""
    MINISTRY = "ministry"
    """The process of a body that is told, and its persons at their desks: they hide, and they decide."""
    DESK = "desk"
    """The pages of those persons: what they need beside."""
    FEED = "feed"
    """A program of a body that takes over what it is told, and answers nothing."""
    NOTIFIER = "notifier"
    """What tells a body's officers, and writes down what came of it."""
    MIRROR = "mirror"
    """What copies between the bus and the cluster of a partner abroad."""
    CENTRE = "centre"
    """The desk that shows all bodies' situations: at each, what a ministry may, and how the bus is."""
    ROUTER = "router"
    CLERK = "clerk"
    """The process that keeps the duties."""
    KEEPER = "keeper"
    """The process that keeps the quarantine."""
    WATCH = "watch"
    """The process that misses answers."""
    RELEASER = "releaser"
    """The process that keeps copies for partners, and hands over what is released."""
    INBOUND = "inbound"
    """The process that takes in what partners send."""
    FEEDS = "feeds"
    """The process that serves released documents to partners and the public."""
    OFFICER = "officer"
    """A person with rights on the bus itself: puts rule books into force, looks into why. Decides as any other does."""
    ADMIN = "admin"
    """A person who gives and takes rights. The broker asks it for none."""


Whose = Literal["publisher", "receiver", "home", "partner"]
"""The bodies that have such a topic each: `home` are those who are told in the country, `partner` those abroad."""


def owners(on: date) -> dict[Whose, tuple[str, ...]]:
    """Return whose topics there are: of bodies that exist on that day or begin after it."""
    told, abroad = receivers(on, ahead=True), partners(on, ahead=True)
    return {
        "publisher": tuple(publishers(on, ahead=True)),
        "receiver": tuple(told),
        "home": tuple(body for body in told if body not in abroad),
        "partner": tuple(abroad),
    }


@dataclass(frozen=True, slots=True)
class Stream:
    """A pattern of topics that are alike. `config` holds Kafka's own names and values as text."""

    address: str
    """The topics' name without the realm; `{body}` and `{lane}` stand for each of them."""
    channel: str
    """Name in the AsyncAPI document."""
    about: str
    writers: frozenset[Party]
    readers: frozenset[Party]
    config: Mapping[str, str]
    whose: Whose | None = None
    alone: bool = False
    """One partition, whatever the shards: a few records, read as a whole, and no key that other topics share."""

    def topics(self, realm: Realm, bodies: Mapping[Whose, Collection[str]]) -> Iterator[str]:
        """Yield the names of a realm's topics."""
        for body in ("",) if self.whose is None else bodies[self.whose]:
            for lane in Lane if "{lane}" in self.address else ("",):
                yield f"{realm}.{self.address.format(body=body, lane=lane)}"


def kept(days: int | None, more: Mapping[str, str] | None = None, *, bytes_max: int = RECORD_BYTES) -> dict[str, str]:
    """Return the settings of topics whose records stay so long; None: for good."""
    config = {
        "cleanup.policy": "delete",
        "retention.ms": FOR_GOOD if days is None else str(days * DAY_MS),
        "max.message.bytes": str(bytes_max),
        **BROKER_TIME,
    }
    if days is not None and days <= SEGMENT_DAYS:  # a record stays as long as the segment that holds it
        config["segment.ms"] = str(DAY_MS)
    return config | dict(more or {})


# The broker's own clock stamps whatever is written, by agencies and by the bus: retention goes by it, and so do
# signatures and deadlines. By its writer's clock an alert from a machine that is behind would be deleted unread, and
# one from a machine that is more than an hour ahead refused (`message.timestamp.after.max.ms`).
BROKER_TIME: Final = {"message.timestamp.type": "LogAppendTime"}
# The broker unpacks what a publisher has packed: so a record's limit is that of its content, and every reader can read.
PLAIN: Final = {"compression.type": "uncompressed"}
COMPACTED: Final = {
    # Only the latest value of a key counts. Small segments and eager cleaning: a router reads all of it when it takes a
    # shard over, and an open segment is never cleaned.
    "cleanup.policy": "compact",
    "max.message.bytes": str(RECORD_BYTES),
    "segment.bytes": str(16 * MIB),
    "segment.ms": str(HOUR_MS),
    "min.cleanable.dirty.ratio": "0.1",
    "max.compaction.lag.ms": str(HOUR_MS),
    **BROKER_TIME,
}


def by(*parties: Party) -> frozenset[Party]:
    """Return these parties."""
    return frozenset(parties)
