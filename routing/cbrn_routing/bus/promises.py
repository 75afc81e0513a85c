"""What a broker had promised to commit when it died is committed to its end, before anything else is written.

A transaction is over for its writer once the coordinator has noted the commit; the markers, which let readers see the
records, follow partition by partition. A broker that dies between them can forget the rest of them when it comes back
(see `leftovers`): some partitions show the transaction, in others it hangs. The coordinator still knows how it ended,
until the writer's next life begins. So that is asked first (DescribeTransactions, KIP-664), and where it was a commit
all partitions that the writer may write are committed once more, without a record: where nothing hangs nothing happens.
What was never promised is left to `close_leftovers`, which aborts it.

aiokafka has no such request and cannot commit partitions that it has not written to; it has the messages for the rest.
See docs/decisions/broker-crashes.md.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import (
    ConcurrentTransactions,
    IncompatibleBrokerVersion,
    InvalidProducerEpoch,
    KafkaError,
    ProducerFenced,
    for_code,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest
from aiokafka.protocol.types import CompactArray, CompactString, Int16, Int32, Int64, Schema, TaggedFields

from cbrn_routing.bus.consumer import close_client

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiokafka import TopicPartition

log = structlog.get_logger(__name__)

DESCRIBE_TRANSACTIONS: Final = 65
"""The request's number in Kafka's protocol; its first version is that of Kafka 3.0."""
NEVER_HEARD_OF: Final = 105
"""TRANSACTIONAL_ID_NOT_FOUND."""
PROMISED: Final = "CompleteCommit"
ENDING: Final = frozenset({"PrepareCommit", "PrepareAbort", "PrepareEpochFence"})
OURS: Final = frozenset({"Empty", "Ongoing"})
"""How it stands while a promise is being kept."""
NOT_TRIED: Final = 55
"""OPERATION_NOT_ATTEMPTED: another partition of the same request was refused, and says why."""
LOOK_AGAIN_S: Final = 0.05


Writer = tuple[int, int]
"""Producer id and epoch."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A commit that was promised and is still to be carried out."""

    writer: Writer
    """Whose transaction it was; once `fenced`, under whom its rest is committed."""
    fenced: bool = False

    def stands(self, state: str, writer: Writer) -> bool:
        """Tell whether the coordinator, which forgets it with the fence, shows nothing but our own doing since."""
        if self.fenced:
            return writer == self.writer and state in OURS
        # The fence was put up, and its answer lost.
        return writer == (self.writer[0], self.writer[1] + 1) and state == "Empty"


Heard = dict[str, Promise]
"""Promises that could not be kept yet, by transactional id."""


class _DescribeResponse(Response):
    API_KEY = DESCRIBE_TRANSACTIONS
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "transaction_states",
            CompactArray(
                ("error_code", Int16),
                ("transactional_id", CompactString()),
                ("transaction_state", CompactString()),
                ("transaction_timeout_ms", Int32),
                ("transaction_start_time_ms", Int64),
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                (
                    "topics",
                    CompactArray(
                        ("topic", CompactString()), ("partitions", CompactArray(Int32)), ("tags", TaggedFields)
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _DescribeStruct(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = DESCRIBE_TRANSACTIONS
    API_VERSION = 0
    RESPONSE_TYPE = _DescribeResponse
    SCHEMA = Schema(("transactional_ids", CompactArray(CompactString())), ("tags", TaggedFields))


class _Describe(Request[_DescribeStruct]):
    API_KEY = DESCRIBE_TRANSACTIONS

    def __init__(self, name: str) -> None:
        self._name = name

    def build(self, request_struct_class: type[_DescribeStruct]) -> _DescribeStruct:
        return request_struct_class([self._name], {})


async def keep_promise(
    connection: dict[str, Any],
    name: str,
    timeout_ms: int,
    partitions: Iterable[TopicPartition],
    heard: Heard | None = None,
) -> bool:
    """Commit what hangs of the last transaction of the transactional id `name`, if it was promised; return whether.

    `heard` holds promises that could not be kept yet, since the coordinator forgets them: give the same when it is
    tried again. It goes on for as long as the broker does not answer: set a time limit around it.

    Raises:
        KafkaError: the broker refused; nothing may be written before it has worked.
    """
    heard = {} if heard is None else heard
    wanted = sorted(partitions)
    by_topic = [(topic, [one.partition for one in some]) for topic, some in groupby(wanted, lambda one: one.topic)]
    coordinator = _Coordinator(AIOKafkaClient(**connection), name)
    kept = False
    try:
        await coordinator.client.bootstrap()
        while True:
            state, writer = await coordinator.state()
            if state in ENDING:
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            if state == PROMISED:
                heard[name] = Promise(writer)
            elif name not in heard or not heard[name].stands(state, writer):
                heard.pop(name, None)
                return kept
            if state == PROMISED:
                try:
                    writer = await coordinator.fence(timeout_ms)
                except ConcurrentTransactions:
                    continue  # somebody else has begun: how that ends decides
            heard[name] = Promise(writer, fenced=True)
            coordinator.troubled = False
            await coordinator.add(writer, by_topic)
            await coordinator.commit(writer)
            del heard[name]
            kept = True
            if not coordinator.troubled:
                return kept
            # The broker may have died under this very commit: it is asked once more.
    except IncompatibleBrokerVersion:
        log.warning(
            "this broker cannot say how a transaction ended: what it promised before a crash may be lost",
            transactional_id=name,
            hint="Apache Kafka 3.0 or newer can.",
        )
        return False
    finally:
        await close_client(coordinator.client)


class _Coordinator:
    """The transaction coordinator of one transactional id."""

    def __init__(self, client: AIOKafkaClient, name: str) -> None:
        self.client = client
        self.troubled = False
        """Whether something had to be asked twice."""
        self._name = name

    async def state(self) -> tuple[str, Writer]:
        """Read how the last transaction stands, by the names of Kafka's protocol, and whose it was."""

        def code(answer: Any) -> int:
            found: int = answer.transaction_states[0][0]
            return 0 if found == NEVER_HEARD_OF else found

        answer = await self._ask(_Describe(self._name), code)
        _, _, state, _, _, producer_id, epoch, *_ = answer.transaction_states[0]
        return state, (producer_id, epoch)

    async def fence(self, timeout_ms: int) -> Writer:
        """Begin a new life of the writer.

        Raises:
            ConcurrentTransactions: one of the former is still being ended.
        """
        answer = await self._ask(InitProducerIdRequest(self._name, timeout_ms), _code, ConcurrentTransactions)
        return answer.producer_id, answer.producer_epoch

    async def add(self, writer: Writer, by_topic: list[tuple[str, list[int]]]) -> None:
        """Make partitions part of the transaction, which begins with the first."""

        def code(answer: Any) -> int:
            found = {error for _, some in answer.errors for _, error in some if error}
            return min(found - {NOT_TRIED} or found, default=0)

        await self._ask(AddPartitionsToTxnRequest(self._name, *writer, by_topic), code)

    async def commit(self, writer: Writer) -> None:
        await self._ask(EndTxnRequest(self._name, *writer, True), _code)  # noqa: FBT003 - aiokafka's own

    async def _ask(self, request: Any, code: Any, *told: type[KafkaError]) -> Any:
        """Ask until there is an answer; errors that time does not cure, and those in `told`, are raised."""
        while True:
            try:
                node = await self.client.coordinator_lookup(CoordinationType.TRANSACTION, self._name)
                answer = await self.client.send(node, request, group=ConnectionGroup.COORDINATION)
                if error := code(answer):
                    raise for_code(error)(self._name)
            except InvalidProducerEpoch as error:
                raise ProducerFenced(str(error)) from error
            except KafkaError as error:
                if isinstance(error, told) or not (error.retriable or isinstance(error, ConcurrentTransactions)):
                    raise
                self.troubled = True
                await asyncio.sleep(LOOK_AGAIN_S)
            else:
                return answer


def _code(answer: Any) -> int:
    code: int = answer.error_code
    return code
