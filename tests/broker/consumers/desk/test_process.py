"""`cbrn run desk` on a real broker: an alert on an open page, an answer, a kill in the middle of one, a quiet end."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import httpx
import pytest
from tests.broker.consumers.test_answers import bus  # noqa: F401 - the fixture
from tests.builders.desk import fields
from tests.builders.desk_accounts import add_account
from tests.builders.standing_bus import NAME

from cbrn_consumers.desk.accounts import Accounts
from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE, SESSION_COOKIE
from cbrn_deploy.processes.children import DeskProcess
from cbrn_routing.bus.read import read_all
from cbrn_schemas.receipt import read_receipt, receipts_topic

pytestmark = pytest.mark.broker

WITHIN_S = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
async def desk(bus, tmp_path, monkeypatch):  # noqa: F811 - the fixture
    """The process, its address, and a token of an officer of the ministry of health."""
    monkeypatch.setenv("CBRN_DATA_DIR", str(tmp_path))
    settings = bus.settings.model_copy(update={"data_dir": tmp_path})
    with Accounts.of(settings) as accounts:
        account = add_account(accounts, now=datetime.now(UTC))
        token = accounts.begin(account.id, address="127.0.0.1", now=datetime.now(UTC)).token
    port = free_port()
    process = DeskProcess(settings, "moh", tmp_path / "desk.log", listen=f"127.0.0.1:{port}")
    await process.start()
    yield process, f"http://127.0.0.1:{port}", token
    await process.stop()


def officer(address, token):
    """A browser of the officer; httpx would keep a secure cookie back on a line without TLS."""
    cookies = f"{SESSION_COOKIE}={token}; {LANGUAGE_COOKIE}=en"
    return httpx.AsyncClient(base_url=address, headers={"cookie": cookies, "origin": address}, timeout=WITHIN_S)


@asynccontextmanager
async def following(client):
    """Lines of the stream of a page that was just opened."""
    page = (await client.get("/")).text
    cursor = page.partition('data-stream="')[2].partition('"')[0]
    assert cursor
    async with client.stream("GET", f"/stream?after={cursor}") as stream:
        yield stream.aiter_lines()


async def told(lines, text):
    async with asyncio.timeout(WITHIN_S):
        async for line in lines:
            if text in line:
                return line
    raise AssertionError(f"{text} was not told")


async def receipts(settings):
    topic = receipts_topic(settings.realm, "moh")
    return [
        read_receipt(list(record.headers), record.value, settings.realm, "moh")
        for record in await read_all(settings, topic)
    ]


async def test_an_alert_reaches_the_page_and_the_answer_the_log(bus, desk):  # noqa: F811 - the fixture
    """What the page shows is what Kafka holds, then by the other way round; it ends in order with pages open."""
    process, address, token = desk
    async with officer(address, token) as client:
        async with following(client) as lines:
            await bus.tell("moh", "mes", severity="Severe")
            assert "Acknowledge" in await told(lines, NAME)
        page = (await client.get("/")).text
        sent = await client.post("/acts/acknowledged", data=fields(page, "/acts/acknowledged"))
        assert sent.status_code == 303, sent.text
        assert "in the log" in (await client.get(sent.headers["location"])).text
        assert (await bus.states())["moh"] == "acknowledged"
        assert "mes" not in (await client.get(f"/situations/{NAME}")).text.partition("of-standing")[2][:200]
        async with following(client) as lines:
            await bus.cbrn("accept", NAME, "--as", "moh", "--by", "Duty officer Bekova")
            assert "Duty officer Bekova" in await told(lines, NAME)
            asked_to_end = asyncio.create_task(process.stop())
            with suppress(httpx.HTTPError):
                async for _ in lines:
                    pass
            await asyncio.wait_for(asked_to_end, WITHIN_S)
    log = process.log_file.read_text(encoding="utf-8")
    assert "process stopped" in log
    assert "Traceback" not in log


async def test_killed_in_the_middle_of_an_acknowledgement_it_counts_once(bus, desk):  # noqa: F811 - the fixture
    """The officer sees no answer, and presses again when the desk is back: one receipt, whatever had been written."""
    process, address, token = desk
    await bus.tell("moh", severity="Severe")
    async with officer(address, token) as client:
        async with following(client) as lines:
            await told(lines, "event: counts")
        for act, pause in (("seen", 0), ("acknowledged", 0.01), ("accepted", 0.05)):
            page = (await client.get(f"/situations/{NAME}")).text
            form = fields(page, f"/acts/{act}")
            sending = asyncio.create_task(client.post(f"/acts/{act}", data=form))
            await asyncio.sleep(pause)
            process._process.kill()
            with suppress(httpx.HTTPError):
                await sending
            await process.stop()
            await process.start()
            again = await client.post(f"/acts/{act}", data=form)
            assert again.status_code == 303, again.text
            assert "in the log" in (await client.get(again.headers["location"])).text
    given = await receipts(bus.settings)
    assert [*dict.fromkeys(each.act for each in given)] == ["seen", "acknowledged", "accepted"]
    assert len({each.id for each in given}) == 3
