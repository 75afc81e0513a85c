"""Kafka's admin protocol: rules, passwords and quotas of a cluster, and what a user may do by the broker's own word.

This is the one module that touches kafka-python, whose client is synchronous: each call runs in a thread, bounded by
the client's own time-outs. aiokafka, which everything else uses, has none of these requests
(docs/decisions/admin-client.md).

The controller takes a change, and brokers hear of it a moment later: what changes something returns once every broker
shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from kafka import KafkaAdminClient
from kafka.admin import (
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    NodeNotReadyError,
    SecurityDisabledError,
    UnknownTopicOrPartitionError,
    for_code,
)
from kafka.protocol.admin import (
    AlterClientQuotasRequest,
    CreateAclsRequest,
    DeleteAclsRequest,
    DescribeAclsRequest,
    DescribeClientQuotasRequest,
    DescribeClusterRequest,
    DescribeGroupsRequest,
)
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest

from cbrn_deploy.provisioning.access.errors import AccessError, NoRightsHereError, NotAdminError, NotSettledError
from cbrn_deploy.provisioning.access.rights import Operation, Resource, Right
from cbrn_deploy.provisioning.access.rule import Rule
from cbrn_routing.bus.diagnosis import user_of
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.explaining import told
from cbrn_routing.bus.reach import reach

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping

    from cbrn_deploy.provisioning.access.rule import Quota
    from cbrn_schemas.settings import Settings

CONNECT_WITHIN_MS: Final = 15_000
REQUEST_WITHIN_MS: Final = 15_000
SETTLED_WITHIN_S: Final = 15.0
LOOK_EVERY_S: Final = 0.05
HELD_BACK_MAX_S: Final = 20.0
"""How long it is waited for a broker that holds this user back (its quota of requests)."""
AT_ONCE_MAX: Final = 2_000
"""Rules in one request: a controller takes at most 10,000 records for one."""
PASSWORD_BYTES: Final = 24
"""Random ones: 32 characters, 192 bits."""
ITERATIONS: Final = 8192
LOCKED_ITERATIONS: Final = 4097
"""Of a password that nobody knows, put in the place of one that was taken away. Deleting is what Kafka 4.3 cannot do: a
broker that starts anew and finds a deletion in its log may forget every other password with it, for good."""
USER: Final = "User:"
DESCRIBES_NOTHING: Final = 5
"""The last version of DescribeGroups that says what a user may do with a group that does not exist."""

logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what goes wrong is raised, and said by whoever asked


def new_password() -> str:
    """Make a password that nobody can guess."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[AdminProtocol]:
    """Open the admin protocol of the cluster that `settings` name, as the user that they name.

    Raises:
        BrokerUnreachableError: none let us in.
    """
    await reach(settings)
    given = settings.connection()
    given |= {"request_timeout_ms": REQUEST_WITHIN_MS, "bootstrap_timeout_ms": CONNECT_WITHIN_MS}
    try:
        client = await asyncio.to_thread(KafkaAdminClient, **given, client_id="cbrn-access")
    except (KafkaError, OSError) as error:
        raise await told(error, "", settings) from error
    try:
        yield AdminProtocol(client, settings)
    finally:
        with contextlib.suppress(KafkaError, OSError):
            await asyncio.to_thread(client.close)


class AdminProtocol:
    """A cluster, as whoever gives rights sees it. Made by `opened`."""

    def __init__(self, client: KafkaAdminClient, settings: Settings) -> None:
        self._client, self._settings, self._where = client, settings, settings.bootstrap_servers

    async def rules(self, principal: str | None = None) -> frozenset[Rule]:
        """Return all rules, or those of one principal, as one of the brokers knows them."""
        return await self._rules(principal)

    async def add_rules(self, rules: Collection[Rule]) -> None:
        """Add rules, and return once every broker goes by them. One that is there already is not added twice."""
        wanted = sorted(rules)
        for start in range(0, len(wanted), AT_ONCE_MAX):
            some = wanted[start : start + AT_ONCE_MAX]
            request = CreateAclsRequest(creations=[_creation(rule) for rule in some])
            for result in (await self._send(request)).results:
                self._require(result.error_code, result.error_message, "a rule was not added")
        if wanted:
            await self._settled("rules that were added", lambda node: self._have(rules, node))

    async def remove_rules(self, rules: Collection[Rule]) -> None:
        """Take rules away, and return once no broker goes by them."""
        wanted = sorted(rules)
        for start in range(0, len(wanted), AT_ONCE_MAX):
            request = DeleteAclsRequest(filters=[_filter(rule) for rule in wanted[start : start + AT_ONCE_MAX]])
            for result in (await self._send(request)).filter_results:
                self._require(result.error_code, result.error_message, "a rule was not taken away")
        if wanted:
            await self._settled("rules that were taken away", lambda node: self._lack(rules, node))

    async def passwords(self) -> frozenset[str]:
        """Return the principals that have a password which somebody may know."""
        found: dict[str, Any] = await self._call(self._client.describe_user_scram_credentials)
        return frozenset(
            name
            for name, about in found.items()
            if any(one["iterations"] != LOCKED_ITERATIONS for one in about["credential_infos"])
        )

    async def set_password(self, principal: str, password: str) -> None:
        """Give a principal a password, instead of any that it has, and return once the cluster shows it."""
        change = UserScramCredentialUpsertion(principal, ScramMechanism.SCRAM_SHA_512, password, iterations=ITERATIONS)
        await self._change_passwords([change])
        await self._until("the password", lambda: self._has_password(principal))

    async def remove_passwords(self, principals: Collection[str]) -> None:
        """Take the passwords of principals away: nobody knows those they have then. Who has none is passed over."""
        there = sorted((await self.passwords()).intersection(principals))
        if not there:
            return
        kind = ScramMechanism.SCRAM_SHA_512
        await self._change_passwords(
            [UserScramCredentialUpsertion(one, kind, new_password(), iterations=LOCKED_ITERATIONS) for one in there]
        )

        async def gone() -> bool:
            return not (await self.passwords()).intersection(there)

        await self._until("that passwords are gone", gone)

    async def quotas(self) -> dict[str, Quota]:
        """Return the limits of every principal that has any of its own."""
        component = DescribeClientQuotasRequest.ComponentData(entity_type="user", match_type=2, match=None)
        answer = await self._send(DescribeClientQuotasRequest(components=[component], strict=True))
        self._require(answer.error_code, answer.error_message, "quotas cannot be read")
        return {entry.entity[0].entity_name: {v.key: v.value for v in entry.values} for entry in answer.entries or ()}

    async def set_quotas(self, wanted: Mapping[str, Quota]) -> None:
        """Give principals these limits and no others; an empty one has none afterwards."""
        present = await self.quotas()
        changes = {name: limits for name, limits in wanted.items() if present.get(name, {}) != limits}
        if not changes:
            return
        request = AlterClientQuotasRequest(
            entries=[_alteration(name, limits, present.get(name, {})) for name, limits in sorted(changes.items())],
            validate_only=False,
        )
        for entry in (await self._send(request)).entries:
            self._require(entry.error_code, entry.error_message, "a quota was not set")

        async def shown() -> bool:
            found = await self.quotas()
            return all(found.get(name, {}) == limits for name, limits in changes.items())

        await self._until("the quotas", shown)

    async def topics(self, names: Iterable[str]) -> dict[str, frozenset[Operation]]:
        """Return what the user itself may do with topics, by the broker's word; of one that it may not see, nothing.

        A topic that it might see and that is not there is left out.
        """
        topics = [MetadataRequest.MetadataRequestTopic(name=name) for name in names]
        answer = await self._send(
            MetadataRequest(
                topics=topics,
                allow_auto_topic_creation=False,
                include_topic_authorized_operations=True,
                include_cluster_authorized_operations=False,
                min_version=8,
            )
        )
        return {
            one.name: frozenset() if one.error_code else _operations(one.authorized_operations)
            for one in answer.topics
            if one.error_code != UnknownTopicOrPartitionError.errno
        }

    async def groups(self, names: Collection[str]) -> dict[str, frozenset[Operation]]:
        """Return what the user itself may do with groups, whether they exist or not."""
        # Later versions say of a group that does not exist only that.
        found: dict[str, frozenset[Operation]] = {}
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while left := sorted(set(names) - found.keys()):
            for node in self._nodes():  # each group has its own coordinator, which alone answers for it
                asked = DescribeGroupsRequest(
                    groups=left, include_authorized_operations=True, max_version=DESCRIBES_NOTHING
                )
                for one in (await self._send(asked, node)).groups:
                    if one.error_code in {0, GroupAuthorizationFailedError.errno}:
                        found[one.group_id] = frozenset() if one.error_code else _operations(one.authorized_operations)
            if found.keys() < set(names):
                await self._make_groups_known(left[0], deadline)
        return found

    async def _make_groups_known(self, name: str, deadline: float) -> None:
        """Ask who coordinates a group: the first such question to a cluster makes the topic of groups."""
        if time.monotonic() > deadline:
            raise NotSettledError(f"{self._where} has no coordinator of {name}")
        with contextlib.suppress(BrokerUnreachableError):
            await self._send(FindCoordinatorRequest(key_type=0, coordinator_keys=[name], min_version=4))
        await asyncio.sleep(LOOK_EVERY_S)

    async def cluster(self) -> frozenset[Operation]:
        """Return what the user itself may do with the cluster as a whole."""
        answer = await self._send(DescribeClusterRequest(include_cluster_authorized_operations=True))
        return _operations(answer.authorized_operations)

    async def _rules(self, principal: str | None = None, node: int | None = None) -> frozenset[Rule]:
        request = DescribeAclsRequest(
            resource_type_filter=ResourceType.ANY,
            resource_name_filter=None,
            pattern_type_filter=ACLResourcePatternType.ANY,
            principal_filter=None if principal is None else f"{USER}{principal}",
            host_filter=None,
            operation=ACLOperation.ANY,
            permission_type=ACLPermissionType.ANY,
        )
        answer = await self._send(request, node)
        self._require(answer.error_code, answer.error_message, "rules cannot be read")
        return frozenset(
            Rule(
                acl.principal.removeprefix(USER),
                Right(
                    Resource[ResourceType(resource.resource_type).name],
                    resource.resource_name,
                    ACLResourcePatternType(resource.pattern_type) is ACLResourcePatternType.PREFIXED,
                    Operation[ACLOperation(acl.operation).name],
                ),
                acl.host,
                ACLPermissionType(acl.permission_type) is ACLPermissionType.ALLOW,
            )
            for resource in answer.resources
            for acl in resource.acls
        )

    async def _have(self, rules: Collection[Rule], node: int) -> bool:
        return (await self._rules(node=node)).issuperset(rules)

    async def _lack(self, rules: Collection[Rule], node: int) -> bool:
        return not (await self._rules(node=node)).intersection(rules)

    async def _has_password(self, principal: str) -> bool:
        return principal in await self.passwords()

    async def _change_passwords(self, changes: list[Any]) -> None:
        found: dict[str, str | None] = await self._call(self._client.alter_user_scram_credentials, changes)
        for name, why in found.items():
            if why is not None:
                raise AccessError(f"the cluster did not change the password of {name}: {why}", NotAdminError.hint)

    async def _settled(self, what: str, shown: Callable[[int], Awaitable[bool]]) -> None:
        """Wait until every broker that there is shows a change."""
        for node in self._nodes():
            await self._until(what, partial(shown, node))

    def _nodes(self) -> list[int]:
        return [broker.node_id for broker in self._client._manager.cluster.brokers()]  # noqa: SLF001 - it alone knows

    async def _until(self, what: str, shown: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while not await shown():
            if time.monotonic() > deadline:
                raise NotSettledError(f"{what}: after {SETTLED_WITHIN_S:.0f} s {self._where} does not show it")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _send(self, request: Any, node: int | None = None) -> Any:
        manager = self._client._manager  # noqa: SLF001 - the library sends these requests so, and has no method for all
        return await self._call(manager.run, manager.send, request, node)

    async def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        deadline = time.monotonic() + HELD_BACK_MAX_S
        try:
            while True:
                try:
                    return await asyncio.to_thread(function, *arguments)
                except NodeNotReadyError as error:
                    # A broker holds back who asks much; until then the library refuses to send, and nothing was sent.
                    if "throttle" not in str(error) or time.monotonic() > deadline:
                        raise
                    await asyncio.sleep(LOOK_EVERY_S)
        except (KafkaError, OSError) as error:
            raise self._refused(type(error)) or await told(error, "", self._settings) from error

    def _refused(self, kind: type[Exception]) -> AccessError | None:
        """Say what an error means that only whoever gives rights meets."""
        if kind is SecurityDisabledError:
            return NoRightsHereError(f"{self._where} has no rules: whoever connects may do everything")
        if kind is ClusterAuthorizationFailedError:
            return NotAdminError(f"{user_of(self._settings)} may give no rights on {self._where}")
        return None

    def _require(self, code: int, message: str | None, what: str) -> None:
        if code == 0:
            return
        kind = for_code(code)
        hint = "Correct what it says; nothing else was changed."
        raise self._refused(kind) or AccessError(f"{what}: {message or kind.__name__}", hint)


def _pattern(right: Right) -> ACLResourcePatternType:
    return ACLResourcePatternType.PREFIXED if right.prefixed else ACLResourcePatternType.LITERAL


def _creation(rule: Rule) -> Any:
    return CreateAclsRequest.AclCreation(
        resource_type=ResourceType[rule.right.resource.name],
        resource_name=rule.right.name,
        resource_pattern_type=_pattern(rule.right),
        principal=f"{USER}{rule.principal}",
        host=rule.host,
        operation=ACLOperation[rule.right.operation.name],
        permission_type=ACLPermissionType.ALLOW if rule.allows else ACLPermissionType.DENY,
    )


def _filter(rule: Rule) -> Any:
    return DeleteAclsRequest.DeleteAclsFilter(
        resource_type_filter=ResourceType[rule.right.resource.name],
        resource_name_filter=rule.right.name,
        pattern_type_filter=_pattern(rule.right),
        principal_filter=f"{USER}{rule.principal}",
        host_filter=rule.host,
        operation=ACLOperation[rule.right.operation.name],
        permission_type=ACLPermissionType.ALLOW if rule.allows else ACLPermissionType.DENY,
    )


def _alteration(principal: str, limits: Quota, present: Quota) -> Any:
    entry = AlterClientQuotasRequest.EntryData
    gone = [entry.OpData(key=key, value=0.0, remove=True) for key in sorted(present.keys() - limits.keys())]
    kept = [entry.OpData(key=key, value=value, remove=False) for key, value in sorted(limits.items())]
    return entry(entity=[entry.EntityData(entity_type="user", entity_name=principal)], ops=[*kept, *gone])


def _operations(found: Iterable[int]) -> frozenset[Operation]:
    known = (ACLOperation(each).name for each in found if each in set(ACLOperation))
    return frozenset(Operation[name] for name in known if name in Operation.__members__)
