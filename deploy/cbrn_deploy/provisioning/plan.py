"""What topics the catalogue implies: the table of streams, for the bodies that there are. Pure data, no cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from cbrn_schemas.streams import STREAMS, owners

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from cbrn_schemas.topics import Realm


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be. `config` holds Kafka's own names and values as text."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str] = field(default_factory=dict)


def planned_topics(realm: Realm, *, shards: int, replication: int, on: date) -> tuple[TopicSpec, ...]:
    """Return every topic of a realm, for the bodies that exist `on` that day or begin after it, by name.

    All topics of events have a partition a shard: a key has the same partition number in each of them.
    """
    bodies = owners(on)
    in_sync = "2" if replication > 2 else "1"  # noqa: PLR2004 - two of three copies are enough to go on
    specs = []
    for stream in STREAMS:
        config = MappingProxyType(dict(sorted({**stream.config, "min.insync.replicas": in_sync}.items())))
        partitions = 1 if stream.alone else shards
        specs += [TopicSpec(name, partitions, replication, config) for name in stream.topics(realm, bodies)]
    return tuple(sorted(specs, key=lambda spec: spec.name))
