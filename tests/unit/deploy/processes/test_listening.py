"""What listens for browsers: a page that reads nothing is cut, in the middle of a stream, too. No Kafka here."""

import asyncio
import socket

import pytest

from cbrn_deploy.processes import listening
from cbrn_deploy.processes.listening import Connection, server

WITHIN_S = 20
ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class FewConnections(Connection):
    connections_max = 50


async def endless(scope, receive, send):
    """A stream that goes on as long as somebody takes it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        await asyncio.sleep(0)


@pytest.fixture
async def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = server(endless, FewConnections, stop_within_s=1)
        running = asyncio.create_task(serving.serve([listener]))
        yield listener.getsockname()[1]
        serving.should_exit = True
        await running


async def test_a_page_that_reads_nothing_is_cut_in_the_middle_of_a_stream(port, monkeypatch):
    """500 of them must not fill the desk's memory, nor keep their streams for good."""
    monkeypatch.setattr(listening, "HEAD_WITHIN_S", 0.5)
    cut = asyncio.Event()
    gone = Connection.connection_lost
    monkeypatch.setattr(FewConnections, "connection_lost", lambda it, error: (gone(it, error), cut.set()), raising=False)
    with socket.create_connection(("127.0.0.1", port)) as silent:
        silent.sendall(ASK)
        await asyncio.wait_for(cut.wait(), WITHIN_S)


async def test_a_page_that_reads_slowly_is_kept(port, monkeypatch):
    """A phone on a weak line takes long, and takes all of it."""
    monkeypatch.setattr(listening, "HEAD_WITHIN_S", 2.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASK)
    async with asyncio.timeout(WITHIN_S):
        for _ in range(200):
            assert await reader.read(65_536)
    writer.close()
