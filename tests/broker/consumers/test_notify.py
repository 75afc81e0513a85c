"""Officers told on a real broker: alert, SMS at a fake centre, reply, receipt; a restart; a log without numbers."""

import asyncio
import contextlib
import io
import json
import logging

import pytest
from tests.broker.consumers.test_answers import bus  # noqa: F401 - the fixture
from tests.builders.notify import MOBILE, mobile, officer
from tests.builders.rota import calendar, entry
from typer.testing import CliRunner

from cbrn_consumers.notify.composing import TESTER
from cbrn_consumers.notify.servers import Servers
from cbrn_consumers.notify.service import NotifyService
from cbrn_consumers.rota import keep_rota
from cbrn_consumers.rota.reader import read_log
from cbrn_deploy.cli.main import app
from cbrn_deploy.processes.children import ChildProcess
from cbrn_producers.simulator import SmsCentre
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.read import read_all
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.notice import Notice, notices_topic, read_notice
from cbrn_schemas.receipt import read_receipt, receipts_topic
from cbrn_schemas.users import User

pytestmark = pytest.mark.broker

PASSWORD = "hunter2x"  # noqa: S105 - of the test
WITHIN_S = 60


def smpp(centre):
    return {"host": "127.0.0.1", "port": centre.port, "system_id": "cbrn", "password": PASSWORD, "sender": "1122"}


def listed(folder, officers):
    """Write the body's list of officers."""
    path = folder / "moh.yaml"
    said = [each.model_dump(mode="json") for each in officers]
    for one, each in zip(said, officers, strict=True):
        one["channels"] = [
            {"name": way.name, "kind": way.kind} | ({} if way.kind == "bell" else {"to": way.address})
            for way in each.channels
        ]
    path.write_text(json.dumps({"body": "moh", "officers": said}))
    path.chmod(0o600)


@contextlib.asynccontextmanager
async def telling(settings, centre, folder, *officers):
    """The process, as its root makes it."""
    listed(folder, officers)
    servers = Servers.model_validate({"smpp": smpp(centre)})
    there = settings.model_copy(update={"rota_dir": folder})
    service = NotifyService(there, "moh", servers, parking=folder / "parked")
    running = asyncio.create_task(service.run())
    try:
        ready = asyncio.create_task(service.ready.wait())
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=WITHIN_S)
        if running.done():
            running.result()
        yield service
    finally:
        service.stop()
        await asyncio.wait_for(running, WITHIN_S)


async def history(settings):
    records = await read_all(settings, notices_topic(settings.realm, "moh"))
    return [read_notice(list(record.headers), record.value, settings.realm, "moh") for record in records]


async def receipts(settings):
    records = await read_all(settings, receipts_topic(settings.realm, "moh"))
    return [read_receipt(list(record.headers), record.value, settings.realm, "moh") for record in records]


async def until(ask, wanted):
    async with asyncio.timeout(WITHIN_S):
        while not wanted(found := await ask()):  # noqa: ASYNC110 - the topic says it
            await asyncio.sleep(0.2)
    return found


def results(records):
    return [record.result for record in records if not isinstance(record, Notice)]


async def test_a_reply_by_sms_is_a_receipt_on_kafka(bus, tmp_path, caplog):  # noqa: F811 - the fixture
    """The whole way, a restart in between, and no number or password on the topic or in a line of the log."""
    caplog.set_level(logging.DEBUG)
    heard = io.StringIO()
    on_duty = officer("duty-1", mobile(), language="ru")
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        async with SmsCentre() as centre:
            async with telling(bus.settings, centre, tmp_path, on_duty):
                await bus.tell("moh", severity="Extreme")
                (message,) = await centre.wait_for(1)
                await until(lambda: history(bus.settings), lambda found: "sent" in results(found))
            assert message.to == MOBILE.lstrip("+")
            assert message.text.startswith("УЧЕНИЕ Чрезвычайная: ")
            assert len(message.text) <= 70
            async with telling(bus.settings, centre, tmp_path, on_duty):
                await centre.wait_for_session(2)
                await centre.reply("+99890000000", message.text[-6:], 1)
                await centre.reply(MOBILE, "A 00000", 2)
                await centre.reply(MOBILE, message.text[-6:], 3)
                given = await until(lambda: receipts(bus.settings), bool)
                await centre.reply(MOBILE, message.text[-6:], 4)
                found = await until(
                    lambda: history(bus.settings), lambda all_: results(all_).count("reply-refused") == 3
                )
                messages = await centre.wait_for(4)
    assert [(each.act, each.by, each.event.id) for each in given] == [("acknowledged", "Duty officer duty 1", "e-1")]
    assert await receipts(bus.settings) == given, "a code counts once"
    assert results(found).count("answered") == 1
    assert "подтверждено" in messages[2].text
    assert [message.to for message in messages] == [MOBILE.lstrip("+")] * 4, "an alert once, and three answers"
    assert (await bus.states())["moh"] == "acknowledged"
    said = heard.getvalue() + caplog.text + json.dumps([one.model_dump(mode="json") for one in found])
    assert MOBILE.lstrip("+") not in said
    assert "99890000000" not in said
    assert PASSWORD not in said


async def test_a_shifts_channels_are_tested_by_the_senders_and_answers_are_facts(
    bus,  # noqa: F811 - the fixture
    tmp_path,
    monkeypatch,
):
    """By SMS the reply is the answer; a code that came otherwise is given back; a kind without a server is said."""
    monkeypatch.setenv("CBRN_ROTA_DIR", str(tmp_path))
    chat = {"name": "chat", "kind": "telegram", "to": "12345678"}
    bell = {"name": "desk", "kind": "bell"}
    keep_rota(tmp_path, "moh", calendar(entry("a", "first: duty-1", "20261101T080000", "PT12H", "RRULE:FREQ=DAILY")))
    at = ["--realm", bus.settings.realm, "--bootstrap-servers", bus.settings.bootstrap_servers]

    async def shift(*words):
        said = ["shift", *words, "--by", "Officer Osmonova", "--body", "moh", "--json", *at]
        answer = await asyncio.to_thread(CliRunner().invoke, app, said)
        assert not answer.exit_code, answer.output

    async with (
        SmsCentre() as centre,
        telling(bus.settings, centre, tmp_path, officer("duty-1", mobile(), bell, chat)),
    ):
        testing = asyncio.create_task(shift("test", "--post", "duty-1", "--wait", "90s"))
        (message,) = await centre.wait_for(1)
        assert message.text.startswith(word("mark", "Exercise", "ky")), message
        found = await until(lambda: history(bus.settings), lambda all_: results(all_).count("sent") >= 2)
        code = next(each.code for each in found if isinstance(each, Notice) and each.channel == "desk")
        assert code not in message.text
        await centre.reply(MOBILE, message.text[-6:], 7)
        await shift("answer", f"A {code}")
        await asyncio.wait_for(testing, WITHIN_S)
    tests = (await read_log(bus.settings, "moh")).tests
    assert {name: (each.fact.outcome, each.fact.by) for (_, name), each in tests.items()} == {
        "mobile": ("answered", "Duty officer duty 1"),
        "desk": ("answered", "Officer Osmonova"),
        "chat": ("failed", TESTER),
    }
    assert await receipts(bus.settings) == []


async def test_what_was_written_down_before_a_crash_is_sent_at_the_next_start(bus, tmp_path):  # noqa: F811 - the fixture
    """The centre is away; the process ends; both come back."""
    on_duty = officer("duty-1", mobile(), language="en")
    async with SmsCentre() as centre:
        async with SmsCentre() as away:
            pass
        async with telling(bus.settings, away, tmp_path, on_duty):
            await bus.tell("moh")
            await until(lambda: history(bus.settings), bool)
        async with telling(bus.settings, centre, tmp_path, on_duty):
            (message,) = await centre.wait_for(1)
            found = await until(lambda: history(bus.settings), lambda all_: "sent" in results(all_))
    assert message.text.startswith("EXERCISE")
    assert len([one for one in found if isinstance(one, Notice)]) == 1, "the same notice, the same id"


async def test_without_its_topics_it_does_not_start(realm_of, tmp_path):
    settings = await realm_of("mes")
    async with SmsCentre() as centre:
        with pytest.raises(UnknownTopicError):
            async with telling(settings, centre, tmp_path, officer()):
                pass


async def test_its_command_tells_and_ends_when_asked(bus, tmp_path, monkeypatch):  # noqa: F811 - the fixture
    """`cbrn run notify`, from its files, with a log that names nobody's number."""
    listed(tmp_path, [officer("duty-1", mobile(), language="ky")])
    monkeypatch.setenv("CBRN_ROTA_DIR", str(tmp_path))
    channels, log = tmp_path / "channels.yaml", tmp_path / "log"
    async with SmsCentre() as centre:
        channels.write_text(json.dumps({"smpp": smpp(centre)}))
        channels.chmod(0o600)
        role = ["notify", "--body", "moh", "--channels", str(channels)]
        process = ChildProcess(
            bus.settings, log, name="notify", role=role, user=User(bus.settings.realm, "moh", "notify")
        )
        await process.start()
        try:
            await bus.tell("moh")
            (message,) = await centre.wait_for(1)
        finally:
            began = asyncio.get_running_loop().time()
            await process.stop()
    assert asyncio.get_running_loop().time() - began < 8, "it ended by itself"
    assert message.text.startswith("МАШЫГУУ")
    said = log.read_text()
    assert MOBILE.lstrip("+") not in said
    assert PASSWORD not in said
