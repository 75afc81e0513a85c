"""What a cluster has against what the catalogue implies: pure.

Nothing here ever removes records: a change that would (a shorter retention, another cleanup policy) is held back and
explained, and topics that the catalogue does not know are left alone and named.

A lane's ingress topics, its state and everything that it writes must have the same number of partitions, since shard n
reads and writes partition n of each of them. Where the realm as a whole has another number than was planned, the plan
is wrong; where a few topics have, those topics are, and neither they nor the others are changed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cbrn_schemas.topics import parse_from_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_deploy.provisioning.plan import TopicSpec
    from cbrn_schemas.topics import Realm

_RETENTION = ("retention.ms", "retention.bytes")
_UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class ActualTopic:
    """A topic as the cluster has it. `config`: values in force; `own`: those that were set for this topic."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """Settings of one topic that will be changed: name to (present value, planned value)."""

    topic: str
    values: Mapping[str, tuple[str | None, str]]
    own: Mapping[str, str] = field(default_factory=dict)
    """All that is set for the topic now: Kafka replaces the whole of it."""

    def result(self) -> dict[str, str]:
        """Return all that is set for the topic afterwards."""
        return {**self.own, **{name: planned for name, (_, planned) in self.values.items()}}


@dataclass(frozen=True, slots=True)
class Held:
    """Something that differs and is not changed, and why."""

    topic: str
    setting: str
    present: str
    planned: str
    why: str
    odd: bool = False
    """A number of partitions that the realm's other topics do not have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """All that `apply` would do, and what it would not."""

    create: tuple[TopicSpec, ...]
    change: tuple[ConfigChange, ...]
    held: tuple[Held, ...]
    left_alone: tuple[str, ...]
    """Topics of the realm that the catalogue does not imply, such as those of a body that exists no more."""
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether the cluster is as planned."""
        return not (self.create or self.change or self.held)

    @property
    def blocked(self) -> bool:
        """Whether numbers of partitions differ: then nothing is applied, since all topics of a realm need the same."""
        return any(held.setting == "partitions" for held in self.held)

    @property
    def blocked_but_for_odd(self) -> bool:
        """Whether the realm as a whole has another number: then every topic that was created would be wrong."""
        return any(held.setting == "partitions" and not held.odd for held in self.held)

    @property
    def odd(self) -> tuple[Held, ...]:
        """Topics with another number of partitions than the realm's others, such as one that somebody has raised."""
        return tuple(held for held in self.held if held.odd)

    def as_json(self) -> dict[str, Any]:
        """Return plain values for machines."""
        return {
            "create": [
                {"topic": s.name, "partitions": s.partitions, "replication": s.replication, "config": dict(s.config)}
                for s in self.create
            ],
            "change": [
                {"topic": c.topic, "config": {n: {"present": p, "planned": q} for n, (p, q) in c.values.items()}}
                for c in self.change
            ],
            "held": [
                {
                    "topic": h.topic,
                    "setting": h.setting,
                    "present": h.present,
                    "planned": h.planned,
                    "why": h.why,
                    "odd": h.odd,
                }
                for h in self.held
            ],
            "left_alone": list(self.left_alone),
            "unchanged": self.unchanged,
        }


def difference(planned: Iterable[TopicSpec], actual: Iterable[ActualTopic], realm: Realm) -> Difference:
    """Compare a plan with a cluster. Topics outside the realm are none of its business."""
    existing = {topic.name: topic for topic in actual}
    specs = {spec.name: spec for spec in planned}
    both = [(spec, existing[name]) for name, spec in specs.items() if name in existing]
    common = _common_partitions(both)
    held = [each for spec, topic in both for each in (*_held_shape(spec, topic, common), *_held_config(spec, topic))]
    change = [each for spec, topic in both if (each := _change(spec, topic)).values]
    touched = {each.topic for each in held} | {each.topic for each in change}
    return Difference(
        create=tuple(spec for name, spec in specs.items() if name not in existing),
        change=tuple(change),
        held=tuple(held),
        left_alone=tuple(sorted(name for name in existing if _unknown(name, realm) and name not in specs)),
        unchanged=len(both) - len(touched),
    )


def _unknown(name: str, realm: Realm) -> bool:
    """Tell whether a topic lies in the realm, and is not what MirrorMaker keeps for itself."""
    return name.startswith(f"{realm}.") and not name.startswith(f"{realm}.mirror.")


def _common_partitions(both: list[tuple[TopicSpec, ActualTopic]]) -> dict[int, int]:
    """Return how many partitions the realm has in truth, by the number planned: that of the most of its topics.

    Silences are planned with one, whatever the shards, so they are counted by themselves. Of two numbers that are
    equally frequent, the planned one is the realm's.
    """
    counted: dict[int, Counter[int]] = {}
    for spec, topic in both:
        counted.setdefault(spec.partitions, Counter())[topic.partitions] += 1
    return {
        planned: max(counts, key=lambda number: (counts[number], number == planned, -number))
        for planned, counts in counted.items()
    }


def _held_shape(spec: TopicSpec, topic: ActualTopic, common: Mapping[int, int]) -> Iterable[Held]:
    realm_has = common[spec.partitions]
    if topic.partitions != realm_has:
        present, planned = str(topic.partitions), str(realm_has)
        yield Held(topic.name, "partitions", present, planned, _odd(topic, realm_has), odd=True)
    elif topic.partitions != spec.partitions:
        why = (
            "a key's partition follows from their number, so another number moves every situation to another shard and "
            f"its order is lost; set CBRN_SHARDS (or --shards) to {topic.partitions}"
        )
        yield Held(topic.name, "partitions", str(topic.partitions), str(spec.partitions), why)
    if topic.replication != spec.replication:
        why = "copies move between brokers only by a reassignment, which Kafka's own tools or Strimzi do"
        yield Held(topic.name, "replication", str(topic.replication), str(spec.replication), why)


def _odd(topic: ActualTopic, realm_has: int) -> str:
    if parse_from_topic(topic.name):
        stake = (
            "all of it is routed, but passed on from shard to shard first; Kafka cannot take partitions away, so make "
            "the topic anew when what it holds is through"
        )
    elif topic.partitions < realm_has:
        stake = f"routers do not start while it has fewer; add partitions until it has {realm_has}"
    else:
        stake = "nothing is written to the ones beyond; leave it, or make it anew: Kafka cannot take partitions away"
    return f"the realm's other topics have {realm_has}: {stake} (docs/operations-kafka.md, Numbers of partitions)"


def _held_config(spec: TopicSpec, topic: ActualTopic) -> Iterable[Held]:
    for name, planned in spec.config.items():
        present = topic.config.get(name)
        if present is not None and present != planned and (why := _loses_records(name, present, planned)):
            yield Held(topic.name, name, present, planned, why)


def _change(spec: TopicSpec, topic: ActualTopic) -> ConfigChange:
    values = {
        name: (topic.config.get(name), planned)
        for name, planned in spec.config.items()
        if topic.config.get(name) != planned and not _loses_records(name, topic.config.get(name), planned)
    }
    return ConfigChange(topic.name, values, topic.own)


def _loses_records(name: str, present: str | None, planned: str) -> str | None:
    """Say why a change would remove records, or None where it would not."""
    if present is None:
        return None
    if name in _RETENTION and _shorter(int(planned), int(present)):
        return "records older than the planned retention would be deleted; shorten it by hand if that is wanted"
    if name == "cleanup.policy":
        return "another cleanup policy would delete records; change it by hand if that is wanted"
    return None


def _shorter(planned: int, present: int) -> bool:
    return planned != _UNLIMITED and (present == _UNLIMITED or planned < present)
