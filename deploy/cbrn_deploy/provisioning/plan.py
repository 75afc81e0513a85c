"""What topics the catalogue implies: pure data, no cluster.

Every publishing body writes three topics, every receiving body reads two, keeps its silences in one and decides in one,
and the bus keeps its own. What is kept how long is decided in one place, the table `_STREAMS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.bodies import publishers, receivers
from cbrn_schemas.silence import STREAM as SILENCES
from cbrn_schemas.topics import DECISIONS, Lane, Realm, bus_topic, from_topic, misplaced_topic, state_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Mapping
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


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be. `config` holds Kafka's own names and values as text."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str] = field(default_factory=dict)


# The broker's own clock stamps whatever is written, by agencies and by the bus: retention goes by it, and so do
# signatures and deadlines. By its writer's clock an alert from a machine that is behind would be deleted unread, and
# one from a machine that is more than an hour ahead refused (`message.timestamp.after.max.ms`).
_BROKER_TIME: Final[Mapping[str, str]] = MappingProxyType({"message.timestamp.type": "LogAppendTime"})


def _kept(days: int | None, **more: str) -> dict[str, str]:
    retention = FOR_GOOD if days is None else str(days * DAY_MS)
    config = {"cleanup.policy": "delete", "retention.ms": retention, "max.message.bytes": str(RECORD_BYTES)}
    config |= _BROKER_TIME
    if days is not None and days <= SEGMENT_DAYS:  # a record stays as long as the segment that holds it
        config["segment.ms"] = str(DAY_MS)
    return config | {name.replace("_", "."): value for name, value in more.items()}


_COMPACTED: Final = {
    # Only the latest value of a key counts. Small segments and eager cleaning: a router reads all of it when it takes a
    # shard over, and an open segment is never cleaned.
    "cleanup.policy": "compact",
    "max.message.bytes": str(RECORD_BYTES),
    "segment.bytes": str(16 * MIB),
    "segment.ms": str(HOUR_MS),
    "min.cleanable.dirty.ratio": "0.1",
    "max.compaction.lag.ms": str(HOUR_MS),
    **_BROKER_TIME,
}

# The broker unpacks what a publisher has packed: so a record's limit is that of its content, and every reader can read.
_PLAIN: Final = "uncompressed"

_STREAMS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    "from.incidents": _kept(30, compression_type=_PLAIN),
    "from.monitoring": _kept(7, compression_type=_PLAIN),
    "from.receipts": _kept(90, compression_type=_PLAIN),
    # Who hid what from whom, and why: as long as the decisions that say who was told. Kept as history, since compaction
    # would leave the end of a silence and remove the silence. The broker's clock says from when each one counts.
    "from.silences": _kept(365, compression_type=_PLAIN) | {"max.message.bytes": str(SILENCE_BYTES)},
    # What persons decide. Never longer than the quarantine and the log of duties, where it is answered: whatever still
    # stands here can be seen to have been answered, so that nothing is applied twice.
    "from.decisions": _kept(180, compression_type=_PLAIN),
    "to.alerts": _kept(90),
    "to.monitoring": _kept(7),
    # Who was told what and why: a year, until an archive takes it over.
    "bus.decisions": _kept(365),
    # Some duties are due in the next yearly, or four-yearly, report.
    "bus.duties": _kept(5 * 365),
    "bus.quarantine": _kept(365) | {"max.message.bytes": str(QUARANTINE_BYTES)},
    "bus.outbound": _kept(90),
    # Every book that was ever in force, for good: a decision names its book by digest. Not compacted, since whoever may
    # write could then remove a book by writing its key again; and the broker's clock says when each was put there.
    "bus.rulebook": _kept(None),
    # What each router says of them, by its name. Who has left falls out after a day.
    "bus.rulebook-status": _COMPACTED
    | {
        "cleanup.policy": "compact,delete",
        "retention.ms": str(DAY_MS),
        "max.message.bytes": str(STATUS_BYTES),
    },
    "bus.state": _COMPACTED,
    # Records on their way to the shard of their situation, as large as any that came in and where it came from.
    "bus.misplaced": _kept(7) | {"max.message.bytes": str(QUARANTINE_BYTES)},
})  # fmt: skip


def planned_topics(realm: Realm, *, shards: int, replication: int, on: date) -> tuple[TopicSpec, ...]:
    """Every topic of a realm, for the bodies that exist `on` that day or begin after it, by name."""
    shape = _Shape(shards, replication)
    specs = [
        shape.spec(from_topic(realm, body, stream), f"from.{stream}")
        for body in publishers(on, ahead=True)
        for stream in ("incidents", "monitoring", "receipts")
    ]
    specs += [
        shape.spec(to_topic(realm, body, stream), f"to.{stream}")
        for body in receivers(on, ahead=True)
        for stream in ("alerts", "monitoring")
    ]
    # Whoever is told may quieten its own inbox and decide, also one that publishes nothing else. One partition: a few
    # records a day, read as a whole, and no key that other topics share.
    specs += [
        replace(shape.spec(from_topic(realm, body, stream), f"from.{stream}"), partitions=1)
        for body in receivers(on, ahead=True)
        for stream in (SILENCES, DECISIONS)
    ]
    specs += [
        shape.spec(bus_topic(realm, name), f"bus.{name}")
        for name in ("decisions", "duties", "quarantine", "outbound", "rulebook")
    ]
    # One partition: a record a router, read as a whole.
    specs.append(replace(shape.spec(bus_topic(realm, "rulebook-status"), "bus.rulebook-status"), partitions=1))
    specs += [shape.spec(state_topic(realm, lane), "bus.state") for lane in Lane]
    specs += [shape.spec(misplaced_topic(realm, lane), "bus.misplaced") for lane in Lane]
    return tuple(sorted(specs, key=lambda spec: spec.name))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What all topics of events share: a key has the same partition number in each of them."""

    shards: int
    replication: int

    def spec(self, name: str, stream: str) -> TopicSpec:
        in_sync = "2" if self.replication > 2 else "1"  # noqa: PLR2004 - two of three copies are enough to go on
        config = {**_STREAMS[stream], "min.insync.replicas": in_sync}
        return TopicSpec(name, self.shards, self.replication, MappingProxyType(dict(sorted(config.items()))))
