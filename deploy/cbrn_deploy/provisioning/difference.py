"""What a cluster has against what the catalogue implies: pure.

Nothing here ever removes records: a change that would (a shorter retention, another cleanup policy) is held back and
explained, and topics that the catalogue does not know are left alone and named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
        """All that is set for the topic afterwards."""
        return {**self.own, **{name: planned for name, (_, planned) in self.values.items()}}


@dataclass(frozen=True, slots=True)
class Held:
    """Something that differs and is not changed, and why."""

    topic: str
    setting: str
    present: str
    planned: str
    why: str


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

    def as_json(self) -> dict[str, Any]:
        """For machines."""
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
                {"topic": h.topic, "setting": h.setting, "present": h.present, "planned": h.planned, "why": h.why}
                for h in self.held
            ],
            "left_alone": list(self.left_alone),
            "unchanged": self.unchanged,
        }


def difference(planned: Iterable[TopicSpec], actual: Iterable[ActualTopic], realm: Realm) -> Difference:
    """Compares a plan with a cluster. Topics outside the realm are none of its business."""
    existing = {topic.name: topic for topic in actual}
    specs = {spec.name: spec for spec in planned}
    both = [(spec, existing[name]) for name, spec in specs.items() if name in existing]
    held = [each for spec, topic in both for each in (*_held_shape(spec, topic), *_held_config(spec, topic))]
    change = [each for spec, topic in both if (each := _change(spec, topic)).values]
    touched = {each.topic for each in held} | {each.topic for each in change}
    return Difference(
        create=tuple(spec for name, spec in specs.items() if name not in existing),
        change=tuple(change),
        held=tuple(held),
        left_alone=tuple(sorted(name for name in existing if name.startswith(f"{realm}.") and name not in specs)),
        unchanged=len(both) - len(touched),
    )


def _held_shape(spec: TopicSpec, topic: ActualTopic) -> Iterable[Held]:
    if topic.partitions != spec.partitions:
        why = (
            "a key's partition follows from their number, so another number moves every situation to another shard and "
            f"its order is lost; set CBRN_SHARDS (or --shards) to {topic.partitions}"
        )
        yield Held(topic.name, "partitions", str(topic.partitions), str(spec.partitions), why)
    if topic.replication != spec.replication:
        why = "copies move between brokers only by a reassignment, which Kafka's own tools or Strimzi do"
        yield Held(topic.name, "replication", str(topic.replication), str(spec.replication), why)


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
    """Why a change would remove records, or None where it would not."""
    if present is None:
        return None
    if name in _RETENTION and _shorter(int(planned), int(present)):
        return "records older than the planned retention would be deleted; shorten it by hand if that is wanted"
    if name == "cleanup.policy":
        return "another cleanup policy would delete records; change it by hand if that is wanted"
    return None


def _shorter(planned: int, present: int) -> bool:
    return planned != _UNLIMITED and (present == _UNLIMITED or planned < present)
