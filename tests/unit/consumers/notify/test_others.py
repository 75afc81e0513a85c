"""apprise as the last metre: its threads hang by themselves, and its lines do not show a token."""

import asyncio
import json
import logging

import pytest
from tests.builders.notify import notice

from cbrn_consumers.notify import others
from cbrn_consumers.notify.bell import Bell
from cbrn_consumers.notify.channel import SENT
from cbrn_consumers.notify.others import Apprise, telegram_url
from cbrn_consumers.notify.pool import Pool


class Web:
    """A server that answers, or hangs."""

    def __init__(self, *, hangs=False, status=200):
        self.hangs, self.status, self.bodies = hangs, status, []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._writers = []
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader, writer):
        self._writers.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        self.bodies.append(await reader.readexactly(length))
        if not self.hangs:
            writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            writer.close()


async def test_a_service_gets_the_text():
    async with Web() as web:
        assert await Apprise().send(notice(), f"json://127.0.0.1:{web.port}/") == SENT
    assert json.loads(web.bodies[0])["message"] == "ң ө ү"


async def test_a_service_that_refuses_and_an_address_that_is_none_are_told_apart():
    async with Web(status=500) as web:
        outcome = await Apprise().send(notice(), f"json://127.0.0.1:{web.port}/")
    assert (outcome.sent, outcome.recoverable) == (False, True)
    outcome = await Apprise().send(notice(), "nosuch://token-4711/")
    assert (outcome.sent, outcome.recoverable) == (False, False)
    assert "4711" not in outcome.why


async def test_a_good_one_is_sent_while_forty_services_still_hang():
    """The shared threads of apprise delayed it by 26.8 s: until those before it had given up."""
    done, ended = asyncio.Event(), []

    async def told(one, outcome, attempt, *, last):
        ended.append((one.id, outcome.sent))
        if one.id == "mes.good":
            done.set()

    async with Web(hangs=True) as dead, Web() as good:
        pool = Pool(Apprise(), told)
        for number in range(40):
            await pool.put(notice(f"dead-{number}"), f"json://127.0.0.1:{dead.port}/{number}?rto=30")
        await pool.put(notice("good"), f"json://127.0.0.1:{good.port}/")
        async with asyncio.timeout(25):
            await done.wait()
        assert ended == [("mes.good", True)]
        await pool.close()


async def test_threads_that_hang_are_counted_and_what_finds_none_may_be_tried_again(monkeypatch):
    monkeypatch.setattr(others, "THREADS_MAX", 1)
    async with Web(hangs=True) as web:
        channel = Apprise()
        url = f"json://127.0.0.1:{web.port}/"
        first = asyncio.create_task(channel.send(notice(), url))
        await asyncio.sleep(0)
        outcome = await channel.send(notice(), url)
        assert (outcome.sent, outcome.recoverable) == (False, True)
        first.cancel()


async def test_no_token_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    await Apprise(telegram_url("123456789:token-4711-secret")).send(notice(), "not a chat")
    async with Web(status=500) as web:
        await Apprise().send(notice(), f"json://user:token-4711@127.0.0.1:{web.port}/")
    assert "4711" not in caplog.text


@pytest.mark.parametrize(("severity", "rings"), [("Extreme", 3), ("Minor", 1)])
async def test_a_bell_rings_on_the_desks_terminal(capsys, severity, rings):
    assert await Bell().send(notice(severity=severity), "") == SENT
    assert capsys.readouterr().out == "\a" * rings + notice().subject + "\n"
