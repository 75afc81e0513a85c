"""Leaving a group for good, which a named member does not do by itself.

A named router (`group.instance.id`) that stops and comes back within its session gets back what it had, without a
rebalance: as it should be for a restart, and wrong where what it had no longer fits, for instance since it reads one
more topic now. The broker then returns the former assignment again and again. aiokafka knows the request to leave only
in the versions that cannot name such a member; this is the third (Apache Kafka's protocol guide, LeaveGroup).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

from cbrn_routing.bus.consumer import close_client

LEAVE_WITHIN_S: Final = 5.0
LEAVE_GROUP: Final = 13
"""The request's number in Kafka's protocol."""
WITH_NAMES: Final = 3
"""The first version that can name a member by its instance id."""


class _LeaveGroupResponse(Response):
    API_KEY = LEAVE_GROUP
    API_VERSION = WITH_NAMES
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("members", Array(("member_id", String()), ("group_instance_id", String()), ("error_code", Int16))),
    )


class _LeaveGroupStruct(RequestStruct):
    API_KEY = LEAVE_GROUP
    API_VERSION = WITH_NAMES
    RESPONSE_TYPE = _LeaveGroupResponse
    SCHEMA = Schema(("group", String()), ("members", Array(("member_id", String()), ("group_instance_id", String()))))


class _LeaveGroup(Request[_LeaveGroupStruct]):
    API_KEY = LEAVE_GROUP

    def __init__(self, group: str, instance: str) -> None:
        self._group = group
        self._instance = instance

    def build(self, request_struct_class: type[_LeaveGroupStruct]) -> _LeaveGroupStruct:
        """Leave whatever member goes by the name."""
        return request_struct_class(self._group, [("", self._instance)])


async def leave_for_good(connection: dict[str, Any], group: str, instance: str) -> None:
    """Take a named member out of its group, so that its next join begins from nothing.

    Raises:
        KafkaError, TimeoutError: the broker did not do it. The session's end will.
    """
    client = AIOKafkaClient(**connection)
    async with asyncio.timeout(LEAVE_WITHIN_S):
        try:
            await client.bootstrap()
            coordinator = await client.coordinator_lookup(CoordinationType.GROUP, group)
            request = _LeaveGroup(group, instance)
            answer = await client.send(coordinator, request, group=ConnectionGroup.COORDINATION)
        finally:
            await close_client(client)
    if answer.error_code:
        raise for_code(answer.error_code)(f"{instance} could not leave {group}")
