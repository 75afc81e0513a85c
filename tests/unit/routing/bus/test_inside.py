"""What is done inside the client library leaves the same bytes, and fails loudly once the library is another one."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import ConcurrentTransactions, KafkaConnectionError, NodeNotReadyError, RequestTimedOutError
from aiokafka.producer import sender
from aiokafka.producer.message_accumulator import MessageBatch
from aiokafka.protocol import produce, transaction
from hypothesis import given
from hypothesis import strategies as st

from cbrn_routing.bus import inside
from cbrn_routing.bus.inside import GATHERED_BYTES, GATHERED_WITHIN_MS, JOINED_BYTES_MAX, Wire, gather, produce_parts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RELIED_ON = {
    "AIOKafkaClient.send": (AIOKafkaClient.send, "246b277687d7"),
    "AIOKafkaConnection.send": (AIOKafkaConnection.send, "5909ea32f4ef"),
    "AIOKafkaConnection._handle_frame": (AIOKafkaConnection._handle_frame, "46a7d9b8cf7c"),
    "Sender": (sender.Sender, "46ef144176b7"),
    "BaseHandler.do": (sender.BaseHandler.do, "1106439a38fe"),
    "SendProduceReqHandler": (sender.SendProduceReqHandler, "708c9da866ca"),
    "AddPartitionsToTxnHandler": (sender.AddPartitionsToTxnHandler, "112129b2ac04"),
    "MessageBatch.get_data_buffer": (MessageBatch.get_data_buffer, "81c4aaef84b0"),
    "MessageBatch.set_producer_state": (MessageBatch.set_producer_state, "3ae8627bb3db"),
    "Fetcher._fetch_requests_routine": (Fetcher._fetch_requests_routine, "2a8ec5932644"),
    "Fetcher._get_actions_per_node": (Fetcher._get_actions_per_node, "1dab2cf937d1"),
    "ProduceRequest": (produce.ProduceRequest, "c9d2e4599634"),
}
"""What is replaced, or counted on, and the digest of how it was written when somebody last compared it."""
TOPICS = st.lists(
    st.tuples(
        st.text(st.characters(codec="ascii"), min_size=1, max_size=40),
        st.lists(st.tuples(st.integers(0, 2**31 - 1), st.binary(max_size=300)), min_size=1, max_size=4),
    ),
    max_size=5,
)
VERSIONS = [getattr(produce, f"ProduceRequest_v{number}") for number in range(inside.FIRST_WITH_TRANSACTIONS, 9)]


def digest(what: Any) -> str:
    return hashlib.sha256(inspect.getsource(what).encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", RELIED_ON)
def test_the_library_is_the_one_that_was_compared(name: str) -> None:
    """Where this fails after an update: read that part of aiokafka, then `bus/inside.py`, then write the digest."""
    found, known = RELIED_ON[name]
    assert digest(found) == known


@given(topics=TOPICS, name=st.none() | st.text(max_size=60), version=st.sampled_from(VERSIONS))
def test_a_produce_request_is_to_the_byte_that_of_the_library(topics: Any, name: str | None, version: Any) -> None:
    """A broker drops the connection of whoever writes another form, and every alert waits."""
    prepared = version(name, -1, 40_000, topics)
    assert b"".join(produce_parts(prepared)) == prepared.encode()


def test_a_batch_is_not_copied() -> None:
    """Seven copies of each batch were what sending cost most."""
    pieces = b"header", bytes(1000)
    parts = produce_parts(produce.ProduceRequest_v7("id", -1, 1, [("to.mes.alerts", [(0, pieces), (1, b"")])]))
    assert all(any(part is piece for part in parts) for piece in pieces)
    joined = produce.ProduceRequest_v7("id", -1, 1, [("to.mes.alerts", [(0, b"".join(pieces)), (1, b"")])])
    assert b"".join(parts) == joined.encode()


class Writer:
    """A socket's."""

    def __init__(self, error: OSError | None = None) -> None:
        self.written = b""
        self.parts = 0
        self._error = error

    def write(self, data: bytes) -> None:
        self.writelines([data])

    def writelines(self, parts: list[bytes]) -> None:
        if self._error is not None:
            raise self._error
        self.written += b"".join(parts)
        self.parts += len(parts)

    def close(self) -> None:
        """Nothing is open."""


def connected(writer: Writer | None) -> AIOKafkaConnection:
    """A connection of the library, as it is after its handshake."""
    connection = AIOKafkaConnection("127.0.0.1", 9, client_id="router", request_timeout_ms=10)
    connection._writer = writer
    connection._versions = {0: (3, 13)}
    return connection


def request(size: int) -> Any:
    return produce.ProduceRequest("cbrn.router-0", -1, 40_000, [("to.mes.alerts", [(0, bytes(size)), (1, b"x")])])


@pytest.mark.parametrize(("size", "parts"), [(10, 1), (JOINED_BYTES_MAX, 6)])
async def test_what_is_on_the_wire_is_what_the_library_would_write(size: int, parts: int) -> None:
    """Header, correlation and length included, whether it is joined or written in parts."""
    ours, theirs = Writer(), Writer()
    answer = inside._write(connected(ours), request(size))
    connection = connected(theirs)
    waiting = asyncio.ensure_future(connection.send(request(size)))
    assert ours.written == theirs.written
    assert ours.parts == parts
    answer.cancel()
    waiting.cancel()
    await asyncio.wait({waiting})


class Client:
    """What a wire asks of the library's client."""

    def __init__(self, connection: Any = None, answer: Any = None, *, ready: bool = True) -> None:
        self._conns = {(1, "group"): connection}
        self._ready = ready
        self._answer = answer
        self.asked = 0
        self.send: Callable[..., Awaitable[Any]] = self._send

    async def ready(self, *_: Any, **__: Any) -> bool:
        return self._ready

    async def _send(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        return await self._answer


async def test_a_produce_request_that_is_not_answered_breaks_its_connection() -> None:
    """As the library's own does: the shard hears of it, and takes itself over."""
    closed: list[Any] = []
    connection = connected(Writer())

    def close(reason: CloseReason) -> None:
        closed.append(reason)

    connection.close = close
    client: Any = Client(connection)
    Wire(client)
    with pytest.raises(RequestTimedOutError):
        await client.send(1, request(10), group="group")
    assert closed == [CloseReason.CONNECTION_TIMEOUT]


@pytest.mark.parametrize("writer", [None, Writer(OSError("gone"))])
async def test_a_broken_connection_is_said_in_the_librarys_words(writer: Writer | None) -> None:
    """Its sender tries again after these, and ends after any other."""
    client: Any = Client(connected(writer))
    Wire(client)
    with pytest.raises(KafkaConnectionError):
        await client.send(1, request(10), group="group")


async def test_a_broker_that_cannot_be_reached_is_said_in_the_librarys_words() -> None:
    """As above."""
    client: Any = Client(ready=False)
    Wire(client)
    with pytest.raises(NodeNotReadyError):
        await client.send(1, request(10), group="group")


async def test_what_is_not_answered_is_named() -> None:
    """Of a commit that takes long one wants to know whom it waits for."""
    answer = asyncio.get_running_loop().create_future()
    client: Any = Client(answer=answer)
    wire = Wire(client)
    asking = asyncio.ensure_future(client.send(7, transaction.EndTxnRequest("id", 1, 1, True)))  # noqa: FBT003 - Kafka's
    await asyncio.sleep(0)
    assert "broker 7 has not answered EndTxn" in str(wire.waits_for())
    assert wire.unanswered(60) is None
    answer.set_result(SimpleNamespace(error_code=0))
    await asking
    assert wire.waits_for() is None


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (
            transaction.AddPartitionsToTxnRequest("id", 1, 1, []),
            SimpleNamespace(errors=[("a", [(0, 0), (1, ConcurrentTransactions.errno)])]),
        ),
        (transaction.EndTxnRequest("id", 1, 1, True), SimpleNamespace(error_code=ConcurrentTransactions.errno)),  # noqa: FBT003 - Kafka's
    ],
)
async def test_what_is_refused_again_and_again_is_named(asked: Any, answered: Any) -> None:
    """A client that retries waits for nothing in particular: the broker's reason is the answer to «why»."""

    async def answer() -> Any:
        return answered

    client: Any = Client()
    wire = Wire(client)
    for _ in range(3):
        client._answer = answer()
        await client.send(1, asked)
    assert "refused 3 times: ConcurrentTransactions" in str(wire.waits_for())
    wire.begin()
    assert wire.waits_for() is None


def reader(*brought: bool) -> Any:
    """A consumer whose fetches bring something or nothing."""
    answers = iter(brought)

    async def fetch(*_: Any) -> bool:
        return next(answers)

    fetcher = SimpleNamespace(_fetch_min_bytes=1, _fetch_max_wait_ms=100, _proc_fetch_request=fetch)
    return SimpleNamespace(_fetcher=fetcher, _client=Client())


async def test_records_that_come_steadily_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    """And whoever comes after a pause waits for nothing: an alert at night is not told to wait for company."""
    moment = 1_000.0
    monkeypatch.setattr(inside, "time", SimpleNamespace(monotonic=lambda: moment))
    consumer = reader(False, True, False, False)  # noqa: FBT003 - what each fetch brought
    fetcher, asked = consumer._fetcher, []
    gather(consumer)
    for elapsed in (0.0, 0.02, 0.02, inside.STEADY_WITHIN_S):
        moment += elapsed
        await fetcher._proc_fetch_request()
        asked.append((fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms))
    steady = GATHERED_BYTES, GATHERED_WITHIN_MS
    assert asked == [(1, 100), steady, steady, (1, 100)]
