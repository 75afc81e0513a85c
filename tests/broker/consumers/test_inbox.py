"""A body's inbox on a real broker: counts, silences, notices, and the same view after a restart."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.command_line import CliRunner

from cbrn_consumers.inbox import Change
from cbrn_consumers.inbox.reader import InboxReader, Options
from cbrn_consumers.inbox.writer import publish_silence
from cbrn_deploy.cli.main import app
from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.silence import declare, record_of, scope_of, silences_topic
from cbrn_schemas.topics import Lane, Realm, to_topic

pytestmark = pytest.mark.broker

REALM = Realm.EXERCISE
BODIES = iter(("mec", "mof", "mod", "nas", "nas-phys", "nas-seism", "water", "mwrapi"))
"""Each test has a body of its own, in the exercise realm, so that what others write does not meet it."""
NOW = datetime.now(UTC).replace(microsecond=0)


def event(**fields):
    stamp = NOW.isoformat().replace("+00:00", "Z")
    shared = {"body": "mes", "status": "Exercise", "observed": stamp, "reported": stamp, "where": {"site": "F04"}}
    return {**shared, "hazard": "radiological", "severity": "Minor", **fields}


def reading(station, value, **fields):
    return event(kind="gamma-dose-rate", station=station, reading={"value": value, "unit": "uSv/h"}, **fields)


def incident(situation, **fields):
    texts = {"ru": {"headline": "Прорыв дамбы"}}
    return event(kind="tailings-failure", state="breached", situation=situation, texts=texts, **fields)


class Desk:
    """A body's topics, and a router's hand that writes into them."""

    def __init__(self, body, settings, producer):
        self.body, self.settings, self.producer = body, settings, producer
        self.written = 0

    async def deliver(self, *events, role="inform", **headers):
        for each in events:
            self.written += 1
            lane = Lane.INCIDENTS if "situation" in each else Lane.MONITORING
            key = each.get("situation") or each["station"]
            own = binary_headers(
                id=f"{self.body}-{self.written}", source="/mes", type="kg.x", time="2026-05-01T06:00:00Z"
            )
            bus = {"role": role, "rule": "a-rule", "rulebook": "0" * 12, "place": "41704220", **headers}
            own += [(f"cbrn_{name}", content.encode()) for name, content in bus.items()]
            topic = to_topic(REALM, self.body, lane.delivery)
            await self.producer.send_and_wait(topic, json.dumps(each).encode(), key=key.encode(), headers=own)

    def silence(self, scope, *, expires, name="1"):
        now = datetime.now(UTC)
        return declare(
            id=f"{self.body}.{name}",
            body=self.body,
            author="Асанов, дежурный",
            reason="датчик в ремонте",
            scope=scope_of(scope),
            severity_max="Minor",
            starts=now,
            expires=now + expires,
            created=now,
        )

    def reader(self, **options):
        return InboxReader(self.settings, self.body, Options(**options))

    async def cbrn(self, *arguments, status=0):
        """Standard output of a `cbrn` command, run beside the test's own loop."""
        at = ["--realm", REALM, "--bootstrap-servers", self.settings.bootstrap_servers]
        answer = await asyncio.to_thread(CliRunner().invoke, app, [*map(str, arguments), *at])
        assert answer.exit_code == status, answer.output
        return answer.stdout

    async def json(self, *arguments):
        return [json.loads(line) for line in (await self.cbrn(*arguments, "--json")).splitlines()]

    async def view(self, *options):
        (view,) = await self.json("inbox", self.body, *options)
        return view


@pytest.fixture
async def desk(kafka):
    settings = kafka.settings(realm=REALM)
    body = next(BODIES)
    names = {to_topic(REALM, body, lane.delivery): 2 for lane in Lane} | {silences_topic(REALM, body): 1}
    async with connected(settings) as cluster:
        await cluster.create([TopicSpec(name, partitions, 1, {}) for name, partitions in names.items()])
    producer = AIOKafkaProducer(**settings.connection(), transactional_id=None)
    await producer.start()
    yield Desk(body, settings, producer)
    await producer.stop()


def by_name(view):
    return {group["group"]: group for group in view["groups"]}


async def test_many_messages_are_few_lines_and_a_restart_sees_the_same(desk):
    """Ninety messages, five lines; each message still has its place in the topic."""
    for value in range(40):
        await desk.deliver(reading("post-1", value / 10), reading("post-2", 0.2))
    await desk.deliver(*(incident("KG-1", message_type=kind) for kind in ("Alert", "Update", "Update", "Cancel")))
    deadline = (NOW + timedelta(hours=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    await desk.deliver(incident("KG-2", severity="Severe"), role="lead", acknowledge_by=deadline)
    view = await desk.view()
    groups = by_name(view)
    assert {name: group["count"] for name, group in groups.items()} == {
        "post-1": 40,
        "post-2": 40,
        "KG-1": 4,
        "KG-2": 1,
    }
    (series,) = groups["post-1"]["readings"]
    assert (series["first"]["value"], series["latest"]["value"], series["latest"]["unit"]) == (0.0, 3.9, "uSv/h")
    assert (groups["KG-1"]["state"], groups["KG-1"]["changed"]) == ("ended", ["cancellation", "update"])
    assert (groups["KG-2"]["role"], groups["KG-2"]["acknowledge_by"]) == ("lead", deadline)
    offsets = [offset for record in groups["post-1"]["records"] for offset in record["offsets"]]
    assert len(offsets) == 40
    again = await desk.view()
    assert view | {"at": None} == again | {"at": None}
    only = await desk.view("--lane", "alerts")
    assert set(by_name(only)) == {"KG-1", "KG-2"}
    later = await desk.view("--since", (NOW + timedelta(days=1)).isoformat())
    assert later["groups"] == []


async def test_a_line_is_expanded_into_its_messages(desk):
    """Nothing is folded away for good."""
    await desk.deliver(reading("post-1", 0.1), reading("post-2", 0.2), reading("post-1", 0.3))
    (found,) = await desk.json("inbox", desk.body, "--expand", "post-1")
    assert [message["event"]["reading"]["value"] for message in found["messages"]] == [0.1, 0.3]
    text = await desk.cbrn("inbox", desk.body, "--expand", "post-1")
    assert text.count(f"cbrn-exercise.to.{desk.body}.monitoring/") == 2
    await desk.cbrn("inbox", desk.body, "--expand", "post-9", status=1)


async def test_a_silence_hides_counts_shows_and_ends(desk):
    """Declared, looked at, ended by the command, as on a watch; and the history keeps it."""
    await desk.deliver(reading("post-1", 0.1), reading("post-1", 0.2), reading("post-2", 0.3))
    given = ("--reason", "датчик в ремонте", "--for", "2h", "--by", "Асанов, дежурный")
    (added,) = await desk.json("silence", "add", desk.body, "--scope", "station=post-1", *given)
    assert (added["hides"], added["stays"], added["severity_max"]) == (["post-1"], [], "Minor")
    view = await desk.view()
    assert set(by_name(view)) == {"post-2"}
    (hidden,) = view["hidden"]
    assert (hidden["groups"], hidden["messages"]) == (1, 2)
    assert (hidden["silence"]["id"], hidden["silence"]["author"]) == (added["id"], "Асанов, дежурный")
    assert by_name(await desk.view("--hidden"))["post-1"]["hidden_by"] == added["id"]
    assert added["id"] in await desk.cbrn("inbox", desk.body, "--lang", "ru")
    await desk.deliver(reading("post-1", 9.0, severity="Severe", urgency="Immediate"))
    assert by_name(await desk.view())["post-1"]["protected"] == ["life-threatening"]
    await desk.cbrn("silence", "end", added["id"], "--by", "Бекова")
    await desk.cbrn("silence", "end", added["id"], "--by", "Бекова", status=2)
    assert (await desk.view())["hidden"] == []
    assert await desk.json("silence", "list", desk.body) == []
    (past,) = await desk.json("silence", "list", desk.body, "--all")
    assert (past["state"], past["ended"]["author"]) == ("ended", "Бекова")
    assert added["id"] in await desk.cbrn("silence", "list", desk.body, "--all", "--lang", "ky")


async def test_a_foreign_silence_hides_nothing_and_is_told(desk):
    """Whoever may write there by mistake of access rules must not quieten anybody."""
    await desk.deliver(reading("post-1", 0.1))
    _, headers, value = record_of(desk.silence({"station": "post-1"}, expires=timedelta(hours=1)))
    value = value.replace(f'"{desk.body}"'.encode(), b'"mes"').replace(f'"{desk.body}.1"'.encode(), b'"mes.1"')
    await desk.producer.send_and_wait(silences_topic(REALM, desk.body), value, headers=headers)
    view = await desk.view()
    assert set(by_name(view)) == {"post-1"}
    assert any("speaks for mes" in warning for warning in view["warnings"])


async def test_notices_come_at_once_or_after_the_interval_and_with_the_end_of_a_silence(desk):
    """The reader's clock is the test's: no second is waited for."""
    late = timedelta()

    def clock():
        return datetime.now(UTC) + late

    await desk.deliver(incident("KG-1"))
    await publish_silence(desk.settings, desk.silence({"station": "post-1"}, expires=timedelta(hours=2)))
    told = []
    reader = InboxReader(desk.settings, desk.body, Options(interval=timedelta(minutes=5)), clock)
    async with reader, asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(listen(reader, told))
        await desk.deliver(reading("post-1", 0.1), reading("post-1", 0.2), incident("KG-1"))
        await desk.deliver(incident("KG-1", severity="Extreme"), incident("KG-2"), incident("KG-2"))
        await until(lambda: counts(reader) == {"KG-1": 3, "KG-2": 2, "post-1": 2})
        at_once = {notice.told[0].line.key.name: notice.told[0] for notice in told}
        assert {name: len(each.records) for name, each in at_once.items()} == {"KG-1": 2, "KG-2": 1}
        assert Change.SEVERITY in at_once["KG-1"].changes
        late = timedelta(hours=3)
        await until(lambda: len(told) == 4)
        listening.cancel()
    *_, folded, summary = told
    assert (folded.silence, len(folded.told[0].records)) == (None, 1)
    assert (summary.silence.silence.id, len(summary.told[0].records)) == (f"{desk.body}.1", 2)


async def listen(reader, told):
    async with aclosing(reader.notices(poll_ms=50)) as notices:
        async for notice in notices:
            told.append(notice)


def counts(reader):
    return {group.key.name: group.count for group in reader.inbox.groups()}


async def until(holds):
    while not holds():  # noqa: ASYNC110 - the reader has no event for every record, and a test waits for some
        await asyncio.sleep(0.01)


async def test_without_the_topic_of_silences_the_inbox_hides_nothing_and_says_so(kafka, topics):
    """A realm that was provisioned before silences existed still shows its alerts."""
    settings = kafka.settings(realm=REALM)
    await topics([to_topic(REALM, "unece", lane.delivery) for lane in Lane])
    async with InboxReader(settings, "unece") as reader:
        assert "silences are not read" in reader.inbox.silences.warnings[0]
