"""What MirrorMaker needs of a cluster beforehand: topics and rules. Pure.

On ours the access plan has the rules, of the user `<partner>.mirror`; for the partner's engineer they are written here
as commands. Nothing lets MirrorMaker create a topic: what it would make up has the wrong settings.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from cbrn_deploy.mirrormaker.configuration import CARRIED, ORIGINALS
from cbrn_deploy.provisioning import TopicSpec
from cbrn_deploy.provisioning.access import Operation, Resource, Right
from cbrn_schemas.topics import from_topic, mirror_name, to_topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_schemas.topics import Realm

KEPT: Final = ("configs", "offsets", "status")
"""What Kafka Connect keeps of its own on each cluster to which it writes."""
_BY_THEIR_WRITER: Final = {"cleanup.policy": "delete", "message.timestamp.type": "CreateTime"}
"""The time of a copied record is that which our broker gave it, so that both sides speak of the same moment."""


def kept_topics(realm: Realm, partner: str, replication: int) -> tuple[TopicSpec, ...]:
    """Return the topics that MirrorMaker keeps for itself on a cluster to which it writes."""
    name, config = mirror_name(realm, partner), {"cleanup.policy": "compact"}
    return tuple(TopicSpec(f"{name}.{each}", 1, replication, config) for each in KEPT)


def topics_there(
    realm: Realm, partner: str, *, shards: int, replication: int, outgoing: str | None = None
) -> tuple[TopicSpec, ...]:
    """Return all topics that the partner's cluster needs: as many partitions as ours, or a record has no place."""
    copied = [
        TopicSpec(to_topic(realm, partner, each), 1 if each == "documents" else shards, replication, _BY_THEIR_WRITER)
        for each in CARRIED
    ]
    back = TopicSpec(outgoing or from_topic(realm, partner, ORIGINALS), 1, replication, _BY_THEIR_WRITER)
    return (*copied, back, *kept_topics(realm, partner, replication))


def rules_there(realm: Realm, partner: str, outgoing: str | None = None) -> tuple[Right, ...]:
    """Return the rules that MirrorMaker's user needs on the partner's cluster, and no more."""
    name = mirror_name(realm, partner)
    return tuple(_rules(realm, partner, name, outgoing or from_topic(realm, partner, ORIGINALS)))


def _rules(realm: Realm, partner: str, name: str, outgoing: str) -> Iterator[Right]:
    for stream in CARRIED:
        yield Right(Resource.TOPIC, to_topic(realm, partner, stream), prefixed=False, operation=Operation.WRITE)
    yield Right(Resource.TOPIC, outgoing, prefixed=False, operation=Operation.READ)
    for each in KEPT:
        for operation in (Operation.READ, Operation.WRITE):
            yield Right(Resource.TOPIC, f"{name}.{each}", prefixed=False, operation=operation)
    yield Right(Resource.GROUP, f"{name}.workers", prefixed=False, operation=Operation.READ)
    yield Right(Resource.TRANSACTIONAL_ID, f"{name}.", prefixed=True, operation=Operation.WRITE)
    connect = f"connect-cluster-{name}.workers"
    yield Right(Resource.TRANSACTIONAL_ID, connect, prefixed=False, operation=Operation.WRITE)


def as_commands(rights: tuple[Right, ...], topics: tuple[TopicSpec, ...], principal: str, servers: str) -> list[str]:
    """Write them as commands of Kafka's own tools, each on one line."""
    end = f"--bootstrap-server {shlex.quote(servers)} --command-config admin.properties"
    lines = [
        f"kafka-topics.sh {end} --create --if-not-exists --topic {spec.name} --partitions {spec.partitions} "
        f"--replication-factor {spec.replication} "
        + " ".join(f"--config {name}={value}" for name, value in spec.config.items())
        for spec in topics
    ]
    for right in rights:
        pattern = " --resource-pattern-type prefixed" if right.prefixed else ""
        lines.append(
            f"kafka-acls.sh {end} --add --allow-principal {shlex.quote(f'User:{principal}')} "
            f"--operation {''.join(part.capitalize() for part in right.operation.split('-'))} "
            f"--{right.resource} {right.name}{pattern}"
        )
    return lines
