"""One odd record ends no reader: what Kafka takes and no program of ours would write, on every topic.

Kafka checks nothing: a header may have no value, a key or a value may be missing, a name may be no UTF-8. Whoever may
write to a topic could otherwise end a command for everybody for as long as the record is kept: on most topics a year.
"""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from structlog.testing import capture_logs
from tests.builders.command_line import CliRunner
from tests.builders.golden import EXAMPLES
from tests.builders.odd import odd_records, odd_values
from tests.builders.router import Arrived, Written

from cbrn_consumers import AlertFeed, Patience
from cbrn_consumers.duties import Clerk
from cbrn_consumers.inbox.reader import InboxReader
from cbrn_consumers.quarantine import STRANGE as STRANGE_RECORD
from cbrn_consumers.quarantine import quarantined
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_deploy.cli.demo.board import Board, Story
from cbrn_deploy.cli.demo.watch import watching
from cbrn_deploy.cli.main import app
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.bus.read import read_all
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Router, Tally
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook import RuleBook, national_rulebook
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_routing.shards.encoding import RecordBatch, encode_record
from cbrn_schemas import person_decision
from cbrn_schemas.duty import Answered
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type
from cbrn_schemas.person_decision import DutyDecision, QuarantineDecision
from cbrn_schemas.silence import declare, record_of, scope_of, silences_topic
from cbrn_schemas.topics import Lane, Realm, bus_topic, decisions_topic, from_topic, state_topic, to_topic

pytestmark = pytest.mark.broker


REALM = Realm.EXERCISE


BODY = "mes"


BODIES = (BODY, "mnrets", "moh", "moh-ses")


GAZETTEER = Gazetteer()


NOW = datetime.now(UTC).replace(microsecond=0)


BOOK = """
bases:
  enc: {instrument: enc, article: article 2, source: own, confidence: low}
rules:
  - id: all
    title: {ky: Эреже, ru: Правило, en: A rule}
    basis: [enc]
    when: {lane: [incidents, monitoring]}
    lead: mes
"""
"""For the routers that run: the national book tells bodies that have no topics here."""


async def write(settings, topic, records, partition=0):
    """Write them as they are, in order, in one transaction; the offset of the first."""
    producer = AIOKafkaProducer(
        **settings.connection(),
        transactional_id=f"odd-{topic}-{partition}",
        transaction_timeout_ms=10_000,
        acks="all",
    )
    await producer.start()
    try:
        batches = [RecordBatch(_now_ms())]
        for key, value, headers in records:
            if batches[-1].size() > 20_000:
                batches.append(RecordBatch(_now_ms()))
            batches[-1].add(encode_record(key, value, headers))
        async with producer.transaction():
            taken = [await (await producer.send_batch(batch, topic, partition=partition)) for batch in batches]
    finally:
        await producer.stop()
    return taken[0].offset


def _now_ms():
    return time.time_ns() // 1_000_000


def event(number, kind="tailings-failure", **changes):
    """Key, value and headers of an event as it is published."""
    example = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    at = (NOW - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    example |= {"body": BODY, "status": "Exercise", "observed": at, "reported": at, **changes}
    named = {"situation": f"KG-2026-{number}"} if "situation" in example else {"station": f"post-{number}"}
    example |= named
    headers = binary_headers(id=f"e-{number}", source=f"/{BODY}", type=ce_type(kind), time=at)
    return next(iter(named.values())).encode(), json.dumps(example, ensure_ascii=False).encode(), headers


INCIDENTS, MONITORING = from_topic(REALM, BODY, "incidents"), from_topic(REALM, BODY, "monitoring")


@pytest.fixture(scope="module")
async def settings(kafka, fresh_realm):
    """A realm on which everything lies that the bus writes, between odd records made of it."""
    made = kafka.settings(realm=REALM, shards=1)
    await fresh_realm(made, BODIES)
    for lane, topic, kind in (
        (Lane.INCIDENTS, INCIDENTS, "tailings-failure"),
        (Lane.MONITORING, MONITORING, "gamma-dose-rate"),
    ):
        await publish(made, lane, topic, [event(0, kind), event(1, kind)])
    silence = record_of(
        declare(
            id=f"{BODY}.1", body=BODY, author="A. Asanov, duty officer", reason="detector under repair",
            scope=scope_of({"station": "post-9"}), severity_max="Minor", starts=NOW, created=NOW,
            expires=NOW + timedelta(days=1),
        )
    )  # fmt: skip
    key, headers, value = silence
    topic = silences_topic(REALM, BODY)
    await write(made, topic, [*odd_records(key, value, headers), (key, value, headers)])
    note = Answered(id="KG-2026-none/enc-tailings", at=NOW, by="A. Asanova", note="not due")
    for decision in (
        DutyDecision(id=f"{BODY}.1", body=BODY, duty=note),
        QuarantineDecision(id=f"{BODY}.2", body=BODY, record=f"{INCIDENTS}/0/99999", at=NOW, by="A. Asanova"),
    ):
        key, headers, value = person_decision.record_of(decision)
        topic = decisions_topic(REALM, BODY)
        await write(made, topic, [*odd_records(key, value, headers), (key, value, headers)])
    rules = bus_topic(REALM, "rulebook")
    book = {"sequence": 1, "digest": "0" * 64, "files": {"a.yaml": "x"}, "activated": "2026-11-01T00:00:00Z",
            "signatures": [{"key": "A" * 43 + "=", "signature": "A" * 86 + "=="}]}  # fmt: skip
    await write(made, rules, odd_records(b"0000000001", json.dumps(book).encode(), []))
    return made


async def publish(settings, lane, topic, events):
    """Publish events and one that nobody can read; write what a router makes of them, with odd records around each."""
    unreadable = (b"k", b"{", event(2)[2])
    odd = list(odd_records(*events[0]))
    first = await write(settings, topic, [*events, unreadable])
    state, sink = ShardState(), Written()
    records = [
        Arrived(value, headers, topic, key, 0, first + number)
        for number, (key, value, headers) in enumerate([*events, unreadable])
    ]
    Dispatcher(REALM, lane, engine_of(national_rulebook(), GAZETTEER)).dispatch(records, state, sink, NOW, Tally())
    for written_to in sink.records:
        records = [(key, value, headers) for to, key, value, headers in sink.sent if to == written_to]
        if written_to.split(".")[1] == "bus" or written_to.split(".")[2] in BODIES:
            good, *more = records
            await write(settings, written_to, [good, *odd_records(*good), *more])
    segments = state.record()
    key, value = segments[0]
    foreign = [
        record for record in odd_records(b"foreign", value, []) if record[0] is not None
    ]  # the broker's own rule
    strange = [*foreign, *((key, odd, []) for odd in odd_values(value))]
    await write(settings, state_topic(REALM, lane), [*strange, *((key, value, []) for key, value in segments)])
    await write(settings, topic, odd)


@pytest.fixture
def cbrn(settings, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", settings.bootstrap_servers)
    monkeypatch.setenv("CBRN_REALM", str(REALM))
    monkeypatch.setenv("CBRN_SHARDS", "1")
    monkeypatch.setenv("CBRN_BODY", BODY)

    async def invoke(*arguments, status=0):
        answer = await asyncio.to_thread(CliRunner().invoke, app, [str(argument) for argument in arguments])
        assert answer.exit_code == status, (answer.output, answer.exception)
        return answer.stdout

    return invoke


async def test_quarantine_is_listed_shown_and_released(settings, cbrn):
    """What the router set aside is among them; what it did not write is named as that, and has no way back."""
    items = await quarantined(settings)
    good = [item for item in items.values() if item.reason == "not-json"]
    assert {item.topic for item in good} >= {INCIDENTS, MONITORING}
    strange = [item for item in items.values() if item.reason == STRANGE_RECORD]
    assert strange
    listed = [json.loads(line) for line in (await cbrn("quarantine", "list", "--json", "--all")).splitlines()]
    assert {one["id"] for one in listed} == set(items)
    await cbrn("quarantine", "list")
    for item in (*good, *strange[:5]):
        await cbrn("quarantine", "show", item.id)
        await cbrn("quarantine", "show", item.id, "--json")
    assert "no topic that agencies publish into" in (await refused(cbrn, "quarantine", "release", strange[0].id))
    (incident,) = [item for item in good if item.topic == INCIDENTS and item.open][:1]
    keeper = QuarantineKeeper(settings)
    running = asyncio.create_task(keeper.run())
    await asyncio.wait_for(keeper.ready.wait(), 60)
    await cbrn("quarantine", "release", incident.id, "--as", "A. Asanova", "--as-is")
    keeper.stop()
    await asyncio.wait_for(running, 30)
    assert not (await quarantined(settings))[incident.id].open
    assert "no quarantined record" in keeper.answers[f"{BODY}.2"].why


async def refused(cbrn, *arguments):
    answer = await asyncio.to_thread(CliRunner().invoke, app, [*arguments])
    assert answer.exit_code in {1, 2}, answer.exception
    return answer.output


async def test_duties_are_read_and_drafted(settings, cbrn):
    """A command and the clerk: both see the duty, whatever lies beside it."""
    assert "enc-tailings" in await cbrn("duties", "list", "--all", "--json")
    await cbrn("duties", "list", "--all")
    clerk = Clerk(settings, clock=lambda: NOW)
    running = asyncio.create_task(clerk.run())
    async with asyncio.timeout(60):
        await clerk.ready.wait()
    clerk.stop()
    await asyncio.wait_for(running, 30)
    assert clerk.log.states["KG-2026-0/enc-tailings"].draft is not None
    assert "no duty is called" in clerk.log.decided[f"{BODY}.1"].why
    await cbrn("duties", "show", "KG-2026-0/enc-tailings")


async def test_decisions_are_explained_and_replayed(cbrn, tmp_path):
    """The bus and the archive that is saved of it: every bad record is counted, and the good ones are judged."""
    await cbrn("explain", "--from-bus", "KG-2026-0")
    await cbrn("explain", "--from-bus", "e-1", "--json")
    found = json.loads(await cbrn("rules", "replay", "--save", tmp_path / "saved.jsonl", "--json"))
    assert found["judged"] >= 4
    assert found["unreadable"] > 100
    assert found["unreadable_named"][0]["where"].startswith(("cbrn-exercise.bus.decisions/0/", INCIDENTS, MONITORING))
    again = json.loads(await cbrn("rules", "replay", "--archive", tmp_path / "saved.jsonl", "--json"))
    assert again["judged"] == found["judged"]
    await cbrn("rules", "replay", "--against", "national")


async def test_inbox_silences_and_tail_show_what_is_there(settings, cbrn):
    """The officer sees the good ones, and that there are others."""
    async with InboxReader(settings, BODY) as reader:
        assert {"KG-2026-0", "KG-2026-1", "post-0", "post-1"} <= {group.key.name for group in reader.inbox.groups()}
        assert f"{BODY}.1" in reader.inbox.silences.standing
        assert reader.inbox.silences.warnings
    await cbrn("inbox", BODY)
    await cbrn("inbox", BODY, "--json")
    await cbrn("silence", "list", BODY, "--all")
    for lane in ("alerts", "monitoring"):
        await cbrn("tail", BODY, "--lane", lane, "--from-beginning", "--no-follow")
        shown = await cbrn("tail", BODY, "--lane", lane, "--from-beginning", "--no-follow", "--json")
        lines = [json.loads(line) for line in shown.splitlines()]
        assert {line.get("id") for line in lines} >= {"e-0", "e-1"}
        assert any("error" in line for line in lines)


async def test_a_feed_handles_or_parks_every_record(settings, tmp_path):
    """What cannot be read lies on disk, byte for byte; and the feed has come to the topic's end."""
    handled = []
    feed = AlertFeed(BODY, name="odd", settings=settings, parking=tmp_path, patience=Patience(5.0, ()))

    @feed.handler
    async def take(alert):
        handled.append(alert.id)
        assert alert.headline("ru")
        assert alert.event.texts is not None

    records = await read_all(settings, feed.topic)
    async with feed, asyncio.timeout(120):
        while len(feed.parking.files()) + len(handled) == 0 or await behind(settings, feed, records[-1].offset):
            feed._failure.done() and feed._failure.result()
            await asyncio.sleep(0.05)
    assert {"e-0", "e-1"} <= set(handled)
    parked = {one.offset: one for one in feed.parking.parked()}
    assert parked
    for record in records:
        if record.offset in parked:
            one = parked[record.offset]
            assert (one.key, one.value, [*map(tuple, one.headers)]) == (record.key, record.value, [*record.headers])
    assert await feed.retry_parked() == len(parked)


async def behind(settings, feed, last):
    """Whether the feed's group has not acknowledged everything yet."""
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415 - of this one question

    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(feed.group)
        return found.get(TopicPartition(feed.topic, 0), (0,))[0] <= last
    finally:
        await admin.close()


async def test_the_demo_watches_on(settings):
    """It reads decisions, quarantine and what bodies are told."""
    wanted = [Story(), Story()]
    board = Board(stories={(f"/{BODY}", f"e-{number}"): story for number, story in enumerate(wanted)})
    topics = [
        bus_topic(REALM, "decisions"),
        bus_topic(REALM, "quarantine"),
        *(to_topic(REALM, BODY, lane.delivery) for lane in Lane),
    ]
    start = {TopicPartition(topic, 0): 0 for topic in topics}
    async with watching(settings, start, board) as task, asyncio.timeout(60):
        while not all(story.decision and story.receipts for story in wanted):
            assert not task.done(), task.exception()
            await asyncio.sleep(0.05)


async def test_rule_books_are_listed_and_routers_go_on(settings, cbrn):
    """The state's odd records are named by their offsets; what is published now is told."""
    await cbrn("rules", "active")
    await cbrn("rules", "active", "--json")
    await refused(cbrn, "rules", "show", "--book", "0" * 64)
    for lane, topic, kind in (
        (Lane.INCIDENTS, INCIDENTS, "tailings-failure"),
        (Lane.MONITORING, MONITORING, "gamma-dose-rate"),
    ):
        await write(settings, topic, [event(7, kind)])
        on_map = partial(engine_of, gazetteer=GAZETTEER)
        engine = on_map(RuleBook.from_texts({"all.yaml": BOOK}))
        router = Router(MemberOptions(settings), lane, engine, ingress=[topic], engine_of=on_map)
        worker = Worker(router)
        with capture_logs() as logs:
            running = asyncio.create_task(worker.run())
            async with asyncio.timeout(90):
                while not await told(settings, lane):
                    assert not running.done(), running.exception()
            worker.stop()
            await asyncio.wait_for(running, 30)
        named = [line for line in logs if line["event"].startswith("a record of the router's state cannot be read")]
        assert named
        assert {"topic", "partition", "offset", "why", "hint"} <= named[0].keys()
        assert not [line for line in logs if line["event"].startswith("membership lost")]
        assert router.tally.counts["quarantined"] > 100


async def told(settings, lane):
    records = await read_all(settings, to_topic(REALM, BODY, lane.delivery))
    return any(record.key in {b"KG-2026-7", b"post-7"} for record in records)
