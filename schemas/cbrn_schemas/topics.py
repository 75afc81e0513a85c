"""Names of topics, realms and lanes. A topic's name is its access rule; which there are, says `cbrn_schemas.streams`.

A body writes only under `<realm>.from.<body>.` and reads only under `<realm>.to.<body>.`, beside its own silences,
receipts, shifts and notices; the bus's own processes write `<realm>.bus.*`, but for rule books, which officers sign.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

DECISIONS: Final = "decisions"
"""Stream of what a body's persons decide."""


class Realm(StrEnum):
    """Real and exercise never meet: the realm is the prefix of every topic."""

    REAL = "cbrn"
    EXERCISE = "cbrn-exercise"


class Lane(StrEnum):
    """Incidents and monitoring have their own topics, groups and processes from end to end."""

    INCIDENTS = "incidents"
    MONITORING = "monitoring"

    @property
    def delivery(self) -> str:
        """Last part of the topic in which a body receives what this lane routes to it."""
        return "alerts" if self is Lane.INCIDENTS else "monitoring"


class Ingress(NamedTuple):
    """A parsed `<realm>.from.<body>.<stream>` name."""

    realm: Realm
    body: str
    stream: str


def from_topic(realm: Realm, body: str, stream: str) -> str:
    """Return the name of the topic into which `body` writes a stream."""
    return f"{realm}.from.{body}.{stream}"


def decisions_topic(realm: Realm, body: str) -> str:
    """Return the topic on which the persons of a body decide, each under the body's own rights."""
    return from_topic(realm, body, DECISIONS)


def to_topic(realm: Realm, body: str, stream: str) -> str:
    """Return the name of the topic from which `body` reads a stream."""
    return f"{realm}.to.{body}.{stream}"


def bus_topic(realm: Realm, name: str) -> str:
    """Return the name of a topic of the bus itself."""
    return f"{realm}.bus.{name}"


def state_topic(realm: Realm, lane: Lane) -> str:
    """Name the compacted topic with the router's state of one lane."""
    return bus_topic(realm, f"state-{lane}")


def misplaced_topic(realm: Realm, lane: Lane) -> str:
    """Name the topic on which the shards of one lane pass on records that lie in another shard's partition."""
    return bus_topic(realm, f"misplaced-{lane}")


def watch_name(realm: Realm) -> str:
    """Return the name of the watch's consumer group, and with a shard's number behind it that of its writers."""
    return f"{realm}.bus.watch"


def router_group(realm: Realm, lane: Lane) -> str:
    """Name the consumer group of the routers of one lane."""
    return f"{realm}.bus.router.{lane}"


def transactional_id(realm: Realm, lane: Lane, shard: int) -> str:
    """Name the transactional id of a shard.

    It belongs to partitions, never to a process, so that taking a shard over fences whoever held it before.
    """
    return f"{realm}.bus.router.{lane}.{shard}"


def mirror_name(realm: Realm, body: str) -> str:
    """Return with what the names of MirrorMaker's own topics and groups begin, of its copies for one partner.

    They are no streams of the bus: what lies there is between MirrorMaker and itself.
    """
    return f"{realm}.mirror.{body}"


def parse_from_topic(topic: str) -> Ingress | None:
    """Read the parts of an ingress topic's name, or None where the name is not one."""
    parts = topic.split(".")
    if len(parts) != 4 or parts[1] != "from" or parts[0] not in set(Realm):  # noqa: PLR2004 - realm.from.body.stream
        return None
    return Ingress(Realm(parts[0]), parts[2], parts[3])


class Egress(NamedTuple):
    """A parsed `<realm>.to.<body>.<stream>` name."""

    realm: Realm
    body: str
    stream: str


def parse_to_topic(topic: str) -> Egress | None:
    """Read the parts of the name of a topic from which a body reads, or None where the name is not one."""
    parts = topic.split(".")
    if len(parts) != 4 or parts[1] != "to" or parts[0] not in set(Realm):  # noqa: PLR2004 - realm.to.body.stream
        return None
    return Egress(Realm(parts[0]), parts[2], parts[3])
