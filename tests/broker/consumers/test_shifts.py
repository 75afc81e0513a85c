"""A watch on a real broker: taken and handed over with what is open, channels tried, read back by whoever asks."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.golden import event
from tests.builders.rota import BY, OFFICERS, PLANTED, calendar, entry
from typer.testing import CliRunner

from cbrn_consumers.rota import alarms_at, keep_rota, read_roster
from cbrn_consumers.rota.channel_tests import Tried
from cbrn_consumers.rota.reader import publish_fact, read_log
from cbrn_deploy.cli.main import app
from cbrn_deploy.cli.shifts import reaching
from cbrn_routing.bus.read import read_all
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.shift import ShiftTaken, shifts_topic, state_fact
from cbrn_schemas.topics import Realm, to_topic

pytestmark = pytest.mark.broker

NOW = datetime.now(UTC)


class Answering:
    """A sender whose officer answers."""

    async def test(self, officer, channel, message):
        assert message.text.endswith(message.code), (officer.post, channel.name)
        return Tried("answered", None)


class Watch:
    """A body's desk: its folder, its topics, and a router's hand."""

    def __init__(self, settings, producer):
        self.settings, self.producer = settings, producer

    async def tell(self, situation, **changes):
        said = event("chemical-release", situation=situation, status="Exercise", **changes)
        headers = binary_headers(
            id=f"e-{situation}", source="/mes", type="kg.cbrn.incident.chemical-release.v1", time="2026-11-27T03:00:00Z"
        )
        order = {"role": "inform", "rule": "a-rule", "rulebook": "0" * 12, "place": "41708203"}
        headers += [(f"cbrn_{key}", text.encode()) for key, text in order.items()]
        value = said.model_dump_json(exclude_none=True).encode()
        topic = to_topic(self.settings.realm, "mes", "alerts")
        await self.producer.send_and_wait(topic, value, key=situation.encode(), headers=headers)

    async def shift(self, *arguments, status=0):
        at = ["--realm", self.settings.realm, "--bootstrap-servers", self.settings.bootstrap_servers]
        words = ["shift", *map(str, arguments), "--body", "mes", *at]
        answer = await asyncio.to_thread(CliRunner().invoke, app, words)
        assert answer.exit_code == status, answer.output
        assert not [planted for planted in PLANTED if planted in answer.stdout + answer.stderr]
        return answer.stdout

    async def json(self, *arguments, status=0):
        return [json.loads(line) for line in (await self.shift(*arguments, "--json", status=status)).splitlines()]


@pytest.fixture
async def watch(realm_of, tmp_path, monkeypatch):
    """A body with a rota of two officers, each a day, the change six hours ago and in eighteen."""
    settings = await realm_of("mes")
    monkeypatch.setenv("CBRN_ROTA_DIR", str(tmp_path))
    begins = (NOW - timedelta(hours=6)).strftime("%Y%m%dT%H%M%SZ")
    later = (NOW + timedelta(hours=18)).strftime("%Y%m%dT%H%M%SZ")
    days = (("one", "duty-1", begins), ("two", "duty-2", later))
    entries = [(f"UID:{uid}", f"SUMMARY:{post}", f"DTSTART:{at}", "DURATION:P1D") for uid, post, at in days]
    keep_rota(tmp_path, "mes", calendar(*entries, entry("old", "duty-3")))
    (tmp_path / "mes.yaml").write_text(OFFICERS, encoding="utf-8")
    (tmp_path / "mes.yaml").chmod(0o600)
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()
    yield Watch(settings, producer)
    await producer.stop()


async def test_a_shift_is_taken_and_handed_over_with_what_is_open(watch, tmp_path):
    """The next officer sees what the last one had; the watch and the desk read who has it now."""
    await watch.tell("KG-2026-chlorine", severity="Severe")
    await watch.tell("KG-2026-over", message_type="Cancel")
    (before,) = await watch.json("now")
    assert (before["post"], before["taken"], before["reachable"]) == ("duty-1", None, False)
    (fact,) = await watch.json("take", "--by", BY)
    assert (fact["post"], fact["seat"], fact["open"], fact["open_count"]) == (
        "duty-1",
        "first",
        ["KG-2026-chlorine"],
        1,
    )
    (now,) = await watch.json("now")
    assert (now["post"], now["by"]) == ("duty-1", BY)
    assert now["taken"]
    said = await watch.shift("handover", "--by", BY, "--note", "valve shut, wind turns", "--lang", "ky")
    assert "KG-2026-chlorine" in said
    assert "KG-2026-over" not in said
    (after,) = await watch.json("now")
    assert (after["post"], after["by_rota"]) == ("duty-2", "duty-1")
    log = await read_log(watch.settings, "mes")
    held = log.holder("first", datetime.now(UTC))
    assert (held.fact.former, held.fact.note) == ("duty-1", "valve shut, wind turns")
    roster = read_roster(tmp_path, "mes")
    (alarm,) = alarms_at(roster.rota, roster.officers, log, datetime.now(UTC))
    assert (alarm.post, alarm.type) == ("duty-2", "untested")
    records = await read_all(watch.settings, shifts_topic(watch.settings.realm, "mes"))
    assert [record.key for record in records] == [b"first", b"first"]


async def test_channels_that_were_answered_make_the_officer_reachable(watch, monkeypatch):
    """And one that nobody answered fails the command, and stands in the log with why."""
    monkeypatch.setattr(reaching, "senders", lambda _call: {"sms": Answering()})
    facts = await watch.json("test", "--by-hand", "--by", BY)
    assert [(each["channel"], each["outcome"], each.get("why")) for each in facts] == [
        ("mobile", "answered", None),
        ("desk", "failed", "no-sender"),
    ]
    (now,) = await watch.json("now")
    assert (now["reachable"], now["channels"]) == (True, {"mobile": "works", "desk": "failed"})
    assert "untested" not in {each["type"] for each in await watch.json("check", "--days", "1")}
    await watch.json("test", "--by-hand", "--by", BY, "--post", "duty-2", "--channel", "mail", status=1)
    monkeypatch.setattr(reaching, "HEARD_WITHIN_S", 0.0)
    assert await watch.json("test", "--by", BY, status=1) == [], "nobody sends for this body"
    records = await read_all(watch.settings, shifts_topic(watch.settings.realm, "mes"))
    assert not [planted for planted in PLANTED for record in records if planted.encode() in record.value]


async def test_what_others_write_there_is_named_and_changes_nothing(watch):
    """Whoever may write the topic cannot take the watch in another realm's name, or with odd bytes."""
    topic = shifts_topic(watch.settings.realm, "mes")
    await watch.producer.send_and_wait(topic, b"{", key=b"first")
    now = datetime.now(UTC)
    stranger = state_fact(
        ShiftTaken, id="mes.x", realm=Realm.REAL, body="mes", post="duty-3", by=BY, at=now, seat="first",
        until=now + timedelta(hours=1),
    )  # fmt: skip
    own = stranger.model_copy(update={"realm": watch.settings.realm, "id": "mes.y", "post": "duty-2"})
    await publish_fact(watch.settings, own)
    log = await read_log(watch.settings, "mes")
    assert len(log.warnings) == 1
    assert log.holder("first", datetime.now(UTC)).fact == own
