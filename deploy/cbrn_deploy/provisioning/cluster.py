"""A cluster's topics: read, create, change; never delete."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from cbrn_deploy.provisioning.difference import ActualTopic, ConfigChange, Difference, difference
from cbrn_deploy.provisioning.errors import PartitionsDifferError, TopicNotReadyError
from cbrn_routing.bus.explaining import DENIED, denied, told
from cbrn_routing.bus.reach import reach
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

if TYPE_CHECKING:
    from cbrn_deploy.provisioning.plan import TopicSpec
    from cbrn_schemas.settings import Settings

CREATE_AT_ONCE: Final = 50
"""Topics in one request: 200 partitions at 4 shards, a fraction of a second's work for a controller."""
REQUEST_TIMEOUT_MS: Final = 30_000
CONNECT_WITHIN_S: Final = 15.0
VISIBLE_WITHIN_S: Final = 30.0
LOOK_EVERY_S: Final = 0.1
LOOKS_PER_BROKER: Final = 3
NOT_TOPICS: Final = (
    f"Topics are the business of {User(Realm.REAL, None, 'topics')}, in exercises of "
    f"{User(Realm.EXERCISE, None, 'topics')} (`cbrn access issue` makes its file), and of admin: name such a file in "
    "CBRN_CREDENTIALS."
)
"""Nobody else is ever given this right, so `cbrn access apply` would be no remedy."""
REPLICATION_MAX: Final = 3
DYNAMIC_TOPIC_CONFIG: Final = 1
"""`config_source` of a value that was set for the topic itself (DescribeConfigs, protocol version 1 and later)."""

ProgressCallback = Callable[[int, int], None]
"""Told how many topics of how many are done."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did; `remaining` is what it held back or left alone."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    remaining: Difference


class ClusterTopics:
    """Topics of one cluster. Made by `connected`."""

    def __init__(self, admin: AIOKafkaAdminClient, settings: Settings) -> None:
        self._admin, self._settings = admin, settings

    async def replication(self) -> int:
        """Count the copies that this cluster can keep, at most three."""
        return min(REPLICATION_MAX, await self._brokers())

    async def read(self, names: Iterable[str] | None = None, prefix: str = "") -> list[ActualTopic]:
        """Read topics as they are: the named ones, or all whose name starts with `prefix`."""
        listed = await self._names()
        wanted = sorted(listed & set(names)) if names is not None else sorted(n for n in listed if n.startswith(prefix))
        shapes: dict[str, dict[str, Any]] = {}
        configs: dict[str, list[tuple[str, str, bool]]] = {}
        deadline = time.monotonic() + VISIBLE_WITHIN_S
        while missing := [name for name in wanted if not (name in shapes and name in configs)]:
            if time.monotonic() > deadline:
                raise TopicNotReadyError(
                    f"the cluster lists {len(missing)} topics but cannot describe them, such as {missing[0]}",
                    hint="Look at the brokers' logs; try again when they are well.",
                )
            described = await self._admin.describe_topics(missing)
            shapes |= {shape["topic"]: shape for shape in described if shape["error_code"] == 0}
            configs |= await self._configs(missing)
        return [_actual(name, shapes[name], configs[name]) for name in wanted]

    async def _brokers(self) -> int:
        return len((await self._admin.describe_cluster())["brokers"])

    async def _looks(self) -> int:
        # Each look asks a broker at random, and a busy one lags behind the controller: after nine looks at three
        # brokers, one of them was not asked with a probability of (2/3)^9 = 3 %.
        brokers = await self._brokers()
        return 1 if brokers == 1 else LOOKS_PER_BROKER * brokers

    async def _names(self) -> set[str]:
        return {name for _ in range(await self._looks()) for name in await self._admin.list_topics()}

    async def _configs(self, names: Sequence[str]) -> dict[str, list[tuple[str, str, bool]]]:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        response: Any = (await self._admin.describe_configs(resources))[0]
        found: dict[str, list[tuple[str, str, bool]]] = {}
        for code, message, _kind, name, entries in response.resources:
            if code == UnknownTopicOrPartitionError.errno:  # of a broker that lags behind
                continue
            self._require_success(code, message, "read", f"settings of topic {name}")
            found[name] = [(entry[0], entry[1], entry[3] == DYNAMIC_TOPIC_CONFIG) for entry in entries]
        return found

    async def create(self, specs: Sequence[TopicSpec], progress: ProgressCallback | None = None) -> list[str]:
        """Create topics and return their names once every broker leads or knows their partitions.

        A topic that exists already is not touched and not among them.
        """
        created: list[str] = []
        for start in range(0, len(specs), CREATE_AT_ONCE):
            some = specs[start : start + CREATE_AT_ONCE]
            new = [NewTopic(s.name, s.partitions, s.replication, topic_configs=dict(s.config)) for s in some]
            response: Any = await self._admin.create_topics(new, timeout_ms=REQUEST_TIMEOUT_MS)
            for name, code, message in response.topic_errors:
                if code != TopicAlreadyExistsError.errno:
                    self._require_success(code, message, "create", f"topic {name}")
                    created.append(name)
            if progress:
                progress(start + len(some), len(specs))
        await self._await_visible(created)
        return created

    async def _await_visible(self, names: Sequence[str]) -> None:
        looks_needed = await self._looks()
        deadline = time.monotonic() + VISIBLE_WITHIN_S
        good_looks = 0
        while names and good_looks < looks_needed:
            shapes = await self._admin.describe_topics(list(names))
            missing = set(names) - {shape["topic"] for shape in shapes if _led(shape)}
            good_looks = 0 if missing else good_looks + 1
            if missing and time.monotonic() > deadline:
                raise TopicNotReadyError(
                    f"{len(missing)} new topics have no leader after {VISIBLE_WITHIN_S:.0f} s, such as {min(missing)}",
                    hint="Look at the brokers' logs; apply again when they are well.",
                )
            if missing:
                await asyncio.sleep(LOOK_EVERY_S)

    async def change(self, changes: Sequence[ConfigChange]) -> None:
        """Change topics' settings; those that somebody else set for them stay."""
        if not changes:
            return
        resources = [ConfigResource(ConfigResourceType.TOPIC, each.topic, each.result()) for each in changes]
        response: Any = (await self._admin.alter_configs(resources))[0]
        for code, message, _kind, name in response.resources:
            self._require_success(code, message, "change", f"settings of topic {name}")

    def _require_success(self, code: int, message: str | None, doing: str, what: str) -> None:
        if not code:
            return
        kind: type[KafkaError] = for_code(code)
        if issubclass(kind, DENIED):
            raise denied(self._settings, doing, what, NOT_TOPICS)
        raise TopicNotReadyError(
            f"cannot {doing} {what}: {message or kind.__name__}",
            hint="Look at the brokers' logs, and at their number (--replication).",
        )

    async def difference(self, planned: Sequence[TopicSpec], realm: Realm) -> Difference:
        """Return what `apply` would do."""
        return difference(planned, await self.read(prefix=f"{realm}."), realm)

    async def apply(
        self,
        planned: Sequence[TopicSpec],
        realm: Realm,
        progress: ProgressCallback | None = None,
    ) -> Applied:
        """Create and change what differs; idempotent; delete nothing.

        Raises PartitionsDifferError, having done nothing, when the realm has another number of partitions. Single
        topics that have another one are left as they are, and are among what remains.
        """
        found = await self.difference(planned, realm)
        if found.blocked_but_for_odd:
            raise _partitions_differ(found)
        created = await self.create(found.create, progress)
        await self.change(found.change)
        changed = tuple(each.topic for each in found.change)
        return Applied(tuple(created), changed, await self._settled(planned, realm))

    async def _settled(self, planned: Sequence[TopicSpec], realm: Realm) -> Difference:
        """Return what remains once the brokers have caught up with the controller: each look may ask another broker."""
        deadline = time.monotonic() + VISIBLE_WITHIN_S
        while True:
            remaining = await self.difference(planned, realm)
            if not (remaining.create or remaining.change):
                return remaining
            if time.monotonic() > deadline:
                raise TopicNotReadyError(
                    f"after {VISIBLE_WITHIN_S:.0f} s the cluster does not show all that was applied",
                    hint="Look at the brokers' logs; apply again when they are well.",
                )
            await asyncio.sleep(LOOK_EVERY_S)


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[ClusterTopics]:
    """Open the topics of the cluster that `settings` name. Raises BrokerUnreachableError."""
    arguments = settings.connection() | {"request_timeout_ms": REQUEST_TIMEOUT_MS, "client_id": "cbrn-topics"}
    await reach(settings)
    admin = AIOKafkaAdminClient(**arguments)
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            await admin.start()
            await _await_controller(admin)
    except (KafkaConnectionError, TimeoutError) as error:
        await admin.close()
        raise await told(error, "", settings) from error
    try:
        yield ClusterTopics(admin, settings)
    finally:
        await admin.close()


async def _await_controller(admin: AIOKafkaAdminClient) -> None:
    """Wait until the cluster has a controller: a broker that has just started names none, and aiokafka then fails."""
    client: Any = admin._client  # noqa: SLF001 - the client alone knows, and has no other way to ask
    while client.cluster.controller is None:
        await client.force_metadata_update()
        await asyncio.sleep(LOOK_EVERY_S)


def _actual(name: str, shape: dict[str, Any], config: list[tuple[str, str, bool]]) -> ActualTopic:
    return ActualTopic(
        name=name,
        partitions=len(shape["partitions"]),
        replication=len(shape["partitions"][0]["replicas"]) if shape["partitions"] else 0,
        config={setting: value for setting, value, _ in config},
        own={setting: value for setting, value, own in config if own},
    )


def _led(shape: dict[str, Any]) -> bool:
    partitions = shape["partitions"]
    return shape["error_code"] == 0 and bool(partitions) and all(each["leader"] >= 0 for each in partitions)


def _partitions_differ(found: Difference) -> PartitionsDifferError:
    held = [each for each in found.held if each.setting == "partitions" and not each.odd]
    first = held[0]
    return PartitionsDifferError(
        f"{len(held)} topics such as {first.topic} have {first.present} partitions, not {first.planned}; "
        "nothing was applied",
        hint=f"All topics of a realm have the same number: {first.why}.",
    )
