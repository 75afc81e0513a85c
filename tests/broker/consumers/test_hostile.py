"""Whatever foreign programs write into the topics of answers and notices: nothing stops, nothing behind it is lost."""

import asyncio
import contextlib
import csv
import io
import json
from datetime import timedelta

from tests.broker.consumers.test_answers import BY, bus  # noqa: F401 - the fixture
from tests.broker.consumers.test_notify import mobile, officer, telling, until
from tests.builders.standing_bus import NAME
from typer.testing import CliRunner

from cbrn_deploy.cli.main import app
from cbrn_producers.simulator import SmsCentre
from cbrn_routing.bus.read import read_all
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.notice import Notice, NoticeError, notices_topic, read_notice
from cbrn_schemas.receipt import RECEIPT_TYPE, receipts_topic
from cbrn_schemas.shift import TAKEN_TYPE, shifts_topic
from cbrn_schemas.topics import to_topic

DEEP = b"[" * 60_000
OBEYED = "\x9b31m\u202egnp.exe\u2066\x85\u2028\ue000"
"""A terminal's own commands, a text turned round, breaks of a line."""


def headers(kind, name="moh.x", source="/moh"):
    return binary_headers(id=name, source=source, type=kind, time="2026-11-27T03:00:00Z")


def poison(kind):
    key = NAME.encode()
    said = {"id": "moh.x", "realm": "exercise", "body": "moh", "situation": NAME, "act": "accepted"}
    said |= {"event": {"source": "/mes", "id": "e-1"}, "by": "Duty Asanov", "at": "2026-11-27T03:00:00Z"}
    wrong = [
        {"at": "2199-12-31T23:59:60Z"},
        {"at": "9999-12-31T23:59:59Z"},
        {"level": 10**30},
        {"level": 1e400},
        {"version": -1},
        {"text": "x" * 1_000_000},
        {"text": "\ud800"},
        {"by": "\x1b[2J Asanov"},
        {"situation": None},
        {"situation": "KG-2026-chlorine\r\nBcc: all@example.org"},
        {"event": {"source": "/mes", "id": "e" * 5_000}},
        {"act": "acknowledged", "unknown": 1},
    ]
    yield from ((key, headers(kind), json.dumps(said | each).encode()) for each in wrong)
    yield from (
        (key, headers(kind), value) for value in (DEEP, b"\xff\xfe{", b"", b"null", b"9" * 9_000, b'{"a":1,"a":2}')
    )
    yield key, [], b"{}"
    yield key, [("ce_id", b""), ("ce_type", b"\xff"), ("ce_id", b"a")], b"{}"
    yield key, [("content-type", b"application/cloudevents+json")], json.dumps({"data": said}).encode()
    yield None, headers(kind), json.dumps(said).encode()
    yield b"\xff\x00", headers(kind), json.dumps(said).encode()
    yield b"KG-9", headers(kind, source="/mes"), json.dumps(said).encode()
    yield key, headers(kind), None


async def write(there, topic, kind):
    for key, given, value in poison(kind):
        await there.producer.send_and_wait(topic, value, key=key, headers=given)


async def test_what_is_no_answer_is_passed_over_by_every_command(bus):  # noqa: F811 - the fixture
    await bus.tell("moh", "mes")
    await write(bus, receipts_topic(bus.settings.realm, "moh"), RECEIPT_TYPE)
    await write(bus, to_topic(bus.settings.realm, "moh", "alerts"), "kg.cbrn.incident.chemical-release.v1")
    await write(bus, to_topic(bus.settings.realm, "moh", "alerts"), "kg.cbrn.alarm.unanswered.v1")
    await bus.cbrn("ack", NAME, "--as", "moh", *BY)
    for command in (["standing", NAME], ["board"], ["show", NAME], ["inbox", "moh"], ["board", "--csv"]):
        answer = await asyncio.to_thread(lambda given=command: _run(bus, given))
        assert answer.exit_code == 0, (command, answer.output)
    assert (await bus.states())["moh"] == "acknowledged"


def _run(there, given):
    at = ["--realm", there.settings.realm, "--bootstrap-servers", there.settings.bootstrap_servers]
    return CliRunner().invoke(app, [*given, *at])


async def test_nothing_that_a_terminal_would_obey_is_printed(bus):  # noqa: F811 - the fixture
    await bus.tell("moh", texts={"ru": {"headline": f"Хлор {OBEYED}", "instruction": f"Уйти {OBEYED}"}}, contact=OBEYED)
    await bus.cbrn("ack", NAME, "--as", "moh", "--by", f"Duty {OBEYED}", "--note", f"=1+1 {OBEYED}")
    await bus.cbrn("decline", NAME, "--as", "moh", *BY, "--reason", f"no team there {OBEYED}")
    for command in (
        ["standing", NAME],
        ["standing", NAME, "--json"],
        ["standing", NAME, "--csv"],
        ["board"],
        ["board", "--csv"],
        ["show", NAME],
        ["show", NAME, "--body", "moh"],
        ["inbox", "moh"],
        ["tail", "moh", "--from-beginning", "--no-follow"],
    ):
        answer = await asyncio.to_thread(_run, bus, command)
        assert not set(OBEYED[:1] + "\u202e\u2066\x85\u2028") & set(answer.output), command


async def test_a_table_for_a_spreadsheet_holds_no_formula(bus):  # noqa: F811 - the fixture
    await bus.tell("moh", name="KG-2026-a")
    await bus.cbrn("ack", "KG-2026-a", "--as", "moh", "--by", "=HYPERLINK(1) Asanov")
    text = (await bus.cbrn("standing", "KG-2026-a", "--csv")).stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["in_hand_of"] == "'=HYPERLINK(1) Asanov"


async def test_officers_are_told_whatever_lies_before_and_behind(bus, tmp_path):  # noqa: F811 - the fixture
    topics = {
        to_topic(bus.settings.realm, "moh", "alerts"): "kg.cbrn.incident.chemical-release.v1",
        notices_topic(bus.settings.realm, "moh"): "kg.cbrn.notice.notice.v1",
        receipts_topic(bus.settings.realm, "moh"): RECEIPT_TYPE,
        shifts_topic(bus.settings.realm, "moh"): TAKEN_TYPE,
    }
    for topic, kind in topics.items():
        await write(bus, topic, kind)
    async with SmsCentre() as centre, telling(bus.settings, centre, tmp_path, officer("duty-1", mobile())):
        for topic, kind in topics.items():
            await write(bus, topic, kind)
        await bus.tell("moh", name="KG-2", within=timedelta(minutes=9))
        async with asyncio.timeout(60):
            while not centre.messages:  # noqa: ASYNC110 - the centre says it
                await asyncio.sleep(0.2)
        said = await until(lambda: told(bus.settings), bool)
    assert [each.situation for each in said] == ["KG-2"]


async def told(settings):
    """What was written down for officers, among what others wrote."""
    found = []
    for record in await read_all(settings, notices_topic(settings.realm, "moh")):
        with contextlib.suppress(NoticeError):
            said = read_notice(list(record.headers), record.value, settings.realm, "moh")
            found += [said] if isinstance(said, Notice) else []
    return found
