"""What the bus does inside aiokafka for speed, and to be able to say what it waits for.

A produce request leaves as the buffers that its batches are: the library joins and copies each batch seven times. Its
pause after a commit is shortened. What a client has asked and what it was answered is kept, so that a stall can be
named. And a consumer whose records come steadily lets the broker gather them, so that a few events do not cost a fetch
and a commit each.

All of it leans on private names of the pinned version; `tests/unit/routing/bus/test_inside.py` fails where a part of
the library that is replaced here, or that this counts on, is another one.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from aiokafka.client import ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError, RequestTimedOutError, for_code
from aiokafka.producer import sender

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer
    from aiokafka.client import AIOKafkaClient
    from aiokafka.conn import AIOKafkaConnection
    from aiokafka.protocol.produce import ProduceRequest

RETRY_MS: Final = 2
"""A 4.x broker answers old clients with retriable errors for some milliseconds, while it still writes the markers of
the commit before. With the library's 100 ms, and its 20 ms after a commit, the slowest hundredth of alerts took five
times as long."""
GATHERED_BYTES: Final = 64 * 1024
GATHERED_WITHIN_MS: Final = 22
"""While records come steadily a fetch is answered once there is so much, or after so long: 500 events/s then cost 45
fetches a second, and 45 commits a shard, in place of several hundred."""
STEADY_WITHIN_S: Final = 0.06
"""Records come steadily where the last ones are no older: whoever comes after a pause waits for nothing."""
JOINED_BYTES_MAX: Final = 128 * 1024
"""A request below is cheaper to copy once than to write in parts: each part would be a record of its own in TLS."""
FIRST_WITH_TRANSACTIONS: Final = 3
"""Version of the produce request whose form is written here; nothing that knows transactions speaks an older one."""

_SIZE: Final = struct.Struct(">i")
_STRING: Final = struct.Struct(">h")
_HEAD: Final = struct.Struct(">hii")
"""Acknowledgements, time-out, number of topics."""
_PARTITION: Final = struct.Struct(">ii")
"""Number, and how many bytes follow."""
_ANSWERED_BY_PARTITION: Final = {
    "ProduceRequest": "topics",
    "AddPartitionsToTxnRequest": "errors",
    "TxnOffsetCommitRequest": "errors",
}


class Wire:
    """The requests of one client, as they leave and as they are answered."""

    def __init__(self, client: AIOKafkaClient) -> None:
        """Take every request of a client on its way."""
        vars(sender)["BACKOFF_OVERRIDE"] = RETRY_MS / 1000
        self._client = client
        self._pass_on = client.send
        self._under_way: dict[object, tuple[str, int, float]] = {}
        self._refused: Counter[tuple[str, str]] = Counter()
        client.send = self._send  # type: ignore[method-assign] # the sender asks it by this name

    def begin(self) -> None:
        """Forget how often something was refused: what follows is another piece of work."""
        self._refused.clear()

    def unanswered(self, for_s: float) -> str | None:
        """Say what has not been answered for so long."""
        now = time.monotonic()
        waits = self._under_way.values()
        late = [(_name(name), node, now - since) for name, node, since in waits if now - since >= for_s]
        return "; ".join(f"broker {node} has not answered {name} for {s:.1f} s" for name, node, s in late) or None

    def waits_for(self) -> str | None:
        """Say what is not answered, and what was refused since the piece of work began."""
        said = [f"{_name(name)} refused {times} times: {error}" for (name, error), times in self._refused.items()]
        return "; ".join(filter(None, (self.unanswered(0), *said))) or None

    async def _send(self, node_id: int, request: Any, *, group: Any = ConnectionGroup.DEFAULT) -> Any:
        asked, name = object(), type(request).__name__
        self._under_way[asked] = name, node_id, time.monotonic()
        try:
            if name == "ProduceRequest" and request.required_acks != 0:
                answer = await self._produce(node_id, request, group)
            else:
                answer = await self._pass_on(node_id, request, group=group)  # type: ignore[no-untyped-call] # the library's
        finally:
            del self._under_way[asked]
        for code in _codes(name, answer):
            if code:
                self._refused[name, for_code(code).__name__] += 1
        return answer

    async def _produce(self, node_id: int, request: ProduceRequest, group: Any) -> Any:
        """Do what the library's own `send` does, but leave the batches where they are."""
        if not await self._client.ready(node_id, group=group):
            raise NodeNotReadyError(f"no connection to broker {node_id}")
        connection = self._client._conns[node_id, group]  # noqa: SLF001 - see the module
        answered = _write(connection, request)
        try:
            async with asyncio.timeout(connection._request_timeout):  # noqa: SLF001 - see the module
                return await answered
        except TimeoutError as error:
            connection.close(reason=CloseReason.CONNECTION_TIMEOUT)
            raise RequestTimedOutError from error


def _write(connection: AIOKafkaConnection, request: ProduceRequest) -> asyncio.Future[Any]:
    """Write a produce request, and return what will be its answer."""
    writer = connection._writer  # noqa: SLF001 - see the module
    if writer is None:
        raise KafkaConnectionError(f"no connection to broker at {connection.host}:{connection.port}")
    prepared = request.prepare(connection._versions)  # noqa: SLF001 - see the module
    number = connection._next_correlation_id()  # noqa: SLF001 - see the module
    head = prepared.build_request_header(number, connection._client_id).encode()  # noqa: SLF001 - see the module
    parts = (
        [head, *produce_parts(prepared)]
        if prepared.API_VERSION >= FIRST_WITH_TRANSACTIONS
        else [head, prepared.encode()]
    )
    size = sum(map(len, parts))
    parts.insert(0, _SIZE.pack(size))
    try:
        if size < JOINED_BYTES_MAX:
            writer.write(b"".join(parts))
        else:
            writer.writelines(parts)
    except OSError as error:
        connection.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"connection to {connection.host}:{connection.port} broken: {error}") from error
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    connection._requests.append((number, prepared, answer))  # noqa: SLF001 - see the module
    return answer


def produce_parts(prepared: Any) -> list[bytes]:
    """Lay out a produce request, version 3 or later: each batch, or piece of one, is a part of its own."""
    parts: list[bytes] = []
    between = _string(prepared.transactional_id) + _HEAD.pack(
        prepared.required_acks, prepared.timeout, len(prepared.topics)
    )
    for topic, partitions in prepared.topics:
        between += _string(topic) + _SIZE.pack(len(partitions))
        for partition, batch in partitions:
            pieces = batch if isinstance(batch, tuple) else (batch,)
            parts += (between + _PARTITION.pack(partition, sum(map(len, pieces))), *pieces)
            between = b""
    return [*parts, between] if between else parts


def _string(text: str | None) -> bytes:
    if text is None:
        return _STRING.pack(-1)
    raw = text.encode()
    return _STRING.pack(len(raw)) + raw


def _name(request: str) -> str:
    return request.removesuffix("Request")


def _codes(request: str, answer: Any) -> list[int]:
    if listed := _ANSWERED_BY_PARTITION.get(request):
        return [partition[1] for _, partitions in getattr(answer, listed) for partition in partitions]
    return [getattr(answer, "error_code", 0)]


def gather(consumer: AIOKafkaConsumer) -> Wire:
    """Let the brokers gather records for a started consumer while they come steadily; return its wire."""
    fetcher: Any = consumer._fetcher  # noqa: SLF001 - see the module
    at_once = fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms  # noqa: SLF001 - as above
    fetch_one = fetcher._proc_fetch_request  # noqa: SLF001 - as above
    last_brought = float("-inf")

    async def fetch(*arguments: Any) -> Any:
        nonlocal last_brought
        brought = await fetch_one(*arguments)
        now = time.monotonic()
        if brought:
            last_brought = now
        steady = now - last_brought < STEADY_WITHIN_S
        fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = (  # noqa: SLF001 - as above
            (GATHERED_BYTES, GATHERED_WITHIN_MS) if steady else at_once
        )
        return brought

    fetcher._proc_fetch_request = fetch  # noqa: SLF001 - as above
    return Wire(consumer._client)  # noqa: SLF001 - as above
