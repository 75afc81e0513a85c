"""A gateway's process: where it may listen, whose token it takes, and that nobody can hold it up. No Kafka here."""

import asyncio
import os
import resource
import socket
from pathlib import Path

import pytest

from cbrn_deploy.processes import gateway as room
from cbrn_deploy.processes import listening
from cbrn_deploy.processes.gateway import EXPOSED, Gateway, GatewayError, read_token
from cbrn_deploy.processes.listening import ListenError, listener_at
from cbrn_producers.gateway import Counter
from cbrn_producers.outgoing import Sender
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

PLAIN = (Path(__file__).parents[4] / "schemas" / "examples" / "tailings-failure.json").read_bytes()
HEAD = b"POST /events?dry-run=true HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(PLAIN) + PLAIN
WITHIN_S = 10
NOWHERE = "127.0.0.1:9"
"""No Kafka is there; what these tests ask needs none."""


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "localhost:0", "[::1]:0", "127.5.5.5:0"])
def test_it_listens_on_this_machine_alone_without_more_ado(listen):
    if "::1" in listen and not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with listener_at(listen, "127.0.0.1:8480", exposed=EXPOSED) as listener:
        assert listener.getsockname()[1]


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "10.0.0.5:0", "192.168.1.1:8480"])
def test_elsewhere_it_wants_a_token(listen):
    """Who binds to every address by habit would let a whole network publish in the body's name."""
    with pytest.raises(ListenError) as refused:
        listener_at(listen, "127.0.0.1:8480", exposed=EXPOSED)
    assert "--token-file" in refused.value.hint


async def test_an_answer_does_not_wait_for_the_callers_kernel():
    """Head and body leave as two packets; the second one waited 40 ms for the first to be acknowledged."""
    async with Running() as running:
        reader, writer = await running.connected(b"")
        (connection,) = running.gateway._server.server_state.connections
        own = connection.transport.get_extra_info("socket")
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        del reader


def test_with_a_token_it_listens_anywhere():
    listener_at("0.0.0.0:0", "127.0.0.1:8480", exposed=None).close()


@pytest.mark.parametrize(
    "listen", ["", "8480", "localhost", "example.kg:80", "127.0.0.1:x", "127.0.0.1:99999", "1:2:3"]
)
def test_what_is_no_address_is_told(listen):
    with pytest.raises(ListenError) as refused:
        listener_at(listen, "127.0.0.1:8480", exposed=EXPOSED)
    assert refused.value.hint


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match="in use"):
            listener_at(f"127.0.0.1:{port}", "127.0.0.1:8480", exposed=EXPOSED)


def token_file(folder, content="0123456789abcdef\n", mode=0o600):
    path = folder / "token"
    path.write_text(content)
    path.chmod(mode)
    return path


def test_a_token_is_read_from_a_file_that_is_closed_to_others(tmp_path):
    assert read_token(token_file(tmp_path)) == "0123456789abcdef"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_token_that_others_can_read_is_refused(tmp_path, mode):
    with pytest.raises(GatewayError) as refused:
        read_token(token_file(tmp_path, mode=mode))
    assert "chmod 600" in refused.value.hint
    assert "0123" not in str(refused.value)


@pytest.mark.parametrize(
    "content", ["", "\n", "short", "has a blank in it, though long", "тайна-тайна-тайна", "a\x07" * 20]
)
def test_what_is_no_token_is_refused(tmp_path, content):
    with pytest.raises(GatewayError) as refused:
        read_token(token_file(tmp_path, content))
    assert "openssl rand" in refused.value.hint


def test_a_pipe_is_no_token(tmp_path):
    """It would be waited for, for ever."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(GatewayError):
        read_token(tmp_path / "pipe")


class Running:
    """A gateway at a port of this machine, and programs that call it."""

    def __init__(self):
        counter = Counter(Sender("mes-tailings", None, Realm.REAL), Settings(bootstrap_servers=NOWHERE))
        self.listener = listener_at("127.0.0.1:0", "127.0.0.1:8480", exposed=EXPOSED)
        self.port = self.listener.getsockname()[1]
        self.gateway = Gateway(counter, self.listener, None)

    async def __aenter__(self):
        self.task = asyncio.create_task(self.gateway.run())
        assert b" 200 " in await self.asked(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return self

    async def __aexit__(self, *_):
        self.gateway.stop()
        await asyncio.wait_for(self.task, WITHIN_S + room.STOP_WITHIN_S)

    async def asked(self, request):
        """The head of the answer to raw bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WITHIN_S)
        finally:
            writer.close()

    async def connected(self, beginning):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(beginning)
        await writer.drain()
        return reader, writer


@pytest.mark.parametrize(
    "beginning", [b"", b"GET /he", HEAD, WHOLE[:-1]], ids=["nothing", "half a line", "half a head", "half a body"]
)
async def test_two_hundred_slow_clients_hold_nobody_up(monkeypatch, beginning):
    """Others are answered meanwhile, memory stays small, and the slow are let go."""
    monkeypatch.setattr(listening, "HEAD_WITHIN_S", 2.0)
    monkeypatch.setattr("cbrn_producers.gateway.app.BODY_WITHIN_S", 2.0)
    async with Running() as running:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        slow = [await running.connected(beginning) for _ in range(200)]
        for _ in range(10):
            assert b" 200 " in await running.asked(WHOLE)
        ends = await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in slow)), WITHIN_S)
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        for _, writer in slow:
            writer.close()
    assert grown_kb < 64 * 1024
    assert all(not end or b" 408 " in end for end in ends)


async def test_connections_beyond_the_bound_are_cut(monkeypatch):
    monkeypatch.setattr(room._Connection, "connections_max", 20)
    async with Running() as running:
        many = [await running.connected(b"") for _ in range(20)]
        reader, writer = await running.connected(b"")
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), WITHIN_S)
        for _, one in [*many, (reader, writer)]:
            one.close()


async def test_an_answer_that_nobody_reads_is_thrown_away(monkeypatch):
    """Else each such client would keep its answer in memory."""
    monkeypatch.setattr(listening, "HEAD_WITHIN_S", 0.5)
    async with Running() as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port, limit=1)
        writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(_sent_for_ever(writer, b"\r\n", 0.1), WITHIN_S)
        assert b" 200 " in await running.asked(WHOLE)
        del reader


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 421),
        (b"GET http://evil/healthz HTTP/1.1\r\nHost: evil\r\n\r\n", 421),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"a: b\r\n" * 40_000 + b"\r\n", 431),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\na: " + b"b" * 100_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\na: b\rc: d\r\n\r\n", 400),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}", 400),
        (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 422),
        (HEAD + b"Content-Length: 10485760\r\n\r\n" + b"x" * 10_485_760, 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + (b"x" * 65_536 + b"\r\n10000\r\n") * 3, 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffffff\r\n", 400),
        (b"POST /events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 415),
    ],
)
async def test_a_hostile_request_is_refused_and_the_next_one_served(request_, status):
    """Whatever comes, an answer of 5xx would say that the fault is ours."""
    async with Running() as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        sending = asyncio.create_task(_sent(writer, request_))
        head = await asyncio.wait_for(reader.readline(), WITHIN_S)
        sending.cancel()
        writer.transport.abort()
        assert b" 200 " in await running.asked(WHOLE)
    # A head that comes in many pieces is refused by the web server already, with 400.
    assert int(head.split()[1]) in {status, 400 if status in {404, 431} else status}


async def _sent_for_ever(writer, content, pause_s):
    while True:
        await _sent(writer, content)
        await asyncio.sleep(pause_s)


async def _sent(writer, content):
    writer.write(content)
    await writer.drain()


async def test_a_connection_that_rests_is_kept_and_half_a_request_on_it_is_not(monkeypatch):
    """A post that sends each minute uses its connection again; nobody holds one by the beginning of a head."""
    overdue, looked_at = room._Connection._cut, asyncio.Event()
    monkeypatch.setattr(room._Connection, "_cut", lambda connection: (overdue(connection), looked_at.set()))
    monkeypatch.setattr(listening, "HEAD_WITHIN_S", 0.3)
    asked = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with Running() as running:
        reader, writer = await running.connected(b"")
        for _ in range(2):
            looked_at.clear()
            await _sent(writer, asked)
            await asyncio.wait_for(reader.readuntil(b'"ok"}\n'), WITHIN_S)
            await asyncio.wait_for(looked_at.wait(), WITHIN_S)
        await _sent(writer, asked[:10])
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(_sent_for_ever(writer, b"a", 0.05), WITHIN_S)
        writer.close()


async def test_chunks_without_end_are_cut(monkeypatch):
    """They are answered at the bound, and the line is not read for ever after that."""
    monkeypatch.setattr(listening, "HEAD_WITHIN_S", 0.5)
    async with Running() as running:
        reader, writer = await running.connected(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        answer = asyncio.create_task(reader.readline())
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(_sent_for_ever(writer, b"1000\r\n" + b"x" * 4096 + b"\r\n", 0.001), WITHIN_S)
        assert b" 413 " in await answer


async def test_it_ends_at_once_though_kafka_never_answered():
    """A unit that is stopped must not wait for what is not there."""
    running = Running()
    async with asyncio.timeout(WITHIN_S), running:
        pass
    assert not running.gateway.ready.is_set()
