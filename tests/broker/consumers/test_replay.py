"""History on a real broker: read back, judged again, explained; and the broker is no different afterwards."""

import asyncio
import base64
import gzip
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from tests.builders.command_line import CliRunner
from tests.builders.golden import EXAMPLES, RULES

from cbrn_consumers.archive.replay_source import Span, replay_bus
from cbrn_consumers.rulebooks.finding import BookNotFoundError, find_book
from cbrn_deploy.cli.main import app
from cbrn_routing.activation import Signature, Statement, activation_of
from cbrn_routing.bus.errors import BrokerUnreachableError, UnknownTopicError
from cbrn_routing.bus.read import assigned, catch_up, ends_of, read_all, there, written
from cbrn_routing.compare import Evaluator, Replay
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router.delivery import plan_delivery
from cbrn_routing.rulebook import Eras, RuleBook, national_rulebook
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type, key_of, lane_of, parse_event
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Realm, bus_topic, from_topic

pytestmark = pytest.mark.broker

GAZETTEER = Gazetteer()
NATIONAL = Eras(national_rulebook())
KINDS = ("toxic-fire", "chemical-spill", "gamma-dose-rate", "human-disease")
EVENTS = 40
LOST = 5
"""Decisions whose event Kafka no longer holds."""


def other_book():
    """The national book with one body more where schools are near."""
    texts = {file.name: file.read_text() for file in RULES.glob("*.yaml")}
    return {name: text.replace("inform: [moe]\n", "inform: [moe, nas-phys]\n") for name, text in texts.items()}


def happened(number, now):
    """An event as it would be published, and what the router would have written."""
    kind = KINDS[number % len(KINDS)]
    at = rfc3339(now - timedelta(minutes=number))
    example = json.loads((EXAMPLES / f"{kind}.json").read_bytes())
    example |= {"status": "Exercise", "observed": at, "reported": at, "body": "mes", "severity": "Minor"}
    if lane_of(kind) == "incidents":
        example |= {"situation": f"KG-2026-{number}", "exposed": ["school"]}
    return json.dumps(example, ensure_ascii=False).encode()


@pytest.fixture
def now():
    """Of each test: the broker stamps what it is given, and a suite takes longer than clocks may differ."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
async def bus(realm_of, now):
    """A realm with a history: events, what was decided about them, and an activated book."""
    settings = await realm_of("mes")
    past = {"transactional_id": "a-router-of-long-ago", "transaction_timeout_ms": 10_000}
    producer = AIOKafkaProducer(**settings.connection(), acks="all", **past)
    await producer.start()
    engine = Engine(NATIONAL, GAZETTEER)
    try:
        async with producer.transaction():
            for number in range(EVENTS):
                await _decide(producer, engine, number, now, lost=number < LOST)
            await _send(producer, bus_topic(settings.realm, "decisions"), b"x", b"no decision", [])
            await _activate(producer, settings, now)
        aborted = json.dumps({"id": "never", "source": "/mes"}).encode()
        await producer.begin_transaction()
        await _send(producer, bus_topic(settings.realm, "decisions"), b"x", aborted, [])
        await producer.abort_transaction()
    finally:
        await producer.stop()
    return settings


async def _send(producer, topic, key, value, headers):
    return await (await producer.send(topic, value, key=key, headers=headers))


async def _decide(producer, engine, number, now, *, lost):
    data = happened(number, now)
    event = parse_event(data)
    at = now - timedelta(minutes=number)
    topic = from_topic(Realm.EXERCISE, "mes", str(lane_of(event.kind)))
    key, identifier = key_of(event).encode(), f"e-{number}"
    headers = binary_headers(id=identifier, source="/mes", type=ce_type(event.kind), time=rfc3339(at))
    partition, offset = number % 2, 1_000_000 + number
    if not lost:
        sent = await _send(producer, topic, key, data, headers)
        partition, offset = sent.partition, sent.offset
    decision = engine.route(event, at).decision
    plan = plan_delivery(Realm.EXERCISE, lane_of(event.kind), decision.recipients, decision, "", ())
    head = {
        "id": identifier, "source": "/mes", "kind": event.kind, "key": key.decode(), "topic": topic,
        "partition": partition, "offset": offset, "decided": rfc3339(at), "earlier": [],
    }  # fmt: skip
    record = json.dumps(head)[:-1] + "," + plan.record
    await _send(producer, bus_topic(Realm.EXERCISE, "decisions"), key, record.encode(), [])


async def _activate(producer, settings, now):
    texts = other_book()
    digest = RuleBook.from_texts(texts).digest
    signatures = [Signature(key=base64.b64encode(bytes(32)).decode(), signature=base64.b64encode(bytes(64)).decode())]
    activation = activation_of(texts, Statement(settings.realm, 1, digest), signatures, now)
    await _send(producer, bus_topic(settings.realm, "rulebook"), activation.key(), activation.encoded(), [])


async def everything(settings):
    """All that a reader could leave behind: topics, their ends, consumer groups and their offsets."""
    admin = AIOKafkaAdminClient(**settings.connection())
    await admin.start()
    try:
        topics = {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}
        groups = sorted(await admin.list_consumer_groups())
    finally:
        await admin.close()
    consumer = AIOKafkaConsumer(**settings.connection(), group_id=None)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for topic, count in topics.items() for number in range(count)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    return topics, groups, ends


@pytest.fixture
def cbrn(bus, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", bus.bootstrap_servers)
    monkeypatch.setenv("CBRN_REALM", str(bus.realm))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)

    async def invoke(*arguments):
        return await asyncio.to_thread(CliRunner().invoke, app, [str(argument) for argument in arguments])

    return invoke


async def test_replay_explain_and_books_from_the_bus_leave_no_trace(bus, cbrn, tmp_path):
    """Not a record, not an offset, not a group, not a topic: an auditor may run it at any hour."""
    other = RuleBook.from_texts(other_book()).digest
    before = await everything(bus)
    same = await cbrn("rules", "replay", "--json", "--save", tmp_path / "history.jsonl.gz")
    assert same.exit_code == 0, same.output
    found = json.loads(same.stdout)
    assert (found["judged"], found["by_facets"], found["different"]) == (EVENTS, LOST, 0)
    assert found["unreadable"] == 1, "named, not fatal; what was aborted does not exist"

    changed = json.loads((await cbrn("rules", "replay", other[:12], "--json")).stdout)
    incidents = sum(lane_of(KINDS[number % len(KINDS)]) == "incidents" for number in range(EVENTS))
    assert changed["bodies"]["nas-phys"]["gained"] == {"inform": incidents}
    assert set(changed["bodies"]) == {"nas-phys"}

    archived = await cbrn("rules", "replay", other[:12], "--archive", tmp_path / "history.jsonl.gz", "--json")
    assert json.loads(archived.stdout)["bodies"]["nas-phys"]["gained"] == {"inform": incidents}
    with gzip.open(tmp_path / "history.jsonl.gz") as lines:
        assert len(list(lines)) == 2 * EVENTS - LOST

    explained = json.loads((await cbrn("explain", "--from-bus", f"e-{LOST}", "--json", "--why-not", "scns")).stdout)
    assert explained["event"] == f"e-{LOST}"
    assert explained["differs"] == []
    assert explained["origins"], "the event was still there"
    by_situation = await cbrn("explain", "--from-bus", "KG-2026-1")
    assert "e-1" in by_situation.stdout, by_situation.output
    missing = await cbrn("explain", "--from-bus", "never")
    assert missing.exit_code == 1
    assert "no decision" in missing.stderr
    assert await everything(bus) == before


async def test_replay_is_cut_to_the_time_asked_for(bus, now):
    """By the moment of decision, which the record holds; the end is not part of it."""
    replay = Replay(Evaluator(national_rulebook(), GAZETTEER))
    span = Span(now - timedelta(minutes=10), now - timedelta(minutes=5))
    await replay_bus(bus, replay, span, lambda _: None)
    assert replay.report.judged == 5


async def test_an_activated_book_is_found_by_its_digest(bus):
    """Years later, the rules of an old decision: from the bus, checked against the digest."""
    digest = RuleBook.from_texts(other_book()).digest
    assert (await find_book(digest[:8], bus)).book.digest == digest
    with pytest.raises(BookNotFoundError, match="no activated rule book"):
        await find_book("0" * 12, bus)


async def test_a_broker_that_is_not_there_is_an_answer(bus):
    """Within a bound, with a remedy."""
    nowhere = bus.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    with pytest.raises(BrokerUnreachableError, match="no broker at"):
        await read_all(nowhere, bus_topic(Realm.EXERCISE, "decisions"))


async def test_a_missing_topic_is_neither_waited_for_nor_created(bus):
    """Kafka's clients would do both."""
    before = (await everything(bus))[0]
    assert await there(bus, ["cbrn-exercise.bus.nonsense"]) == {}
    with pytest.raises(UnknownTopicError, match="nonsense"):
        await read_all(bus, "cbrn-exercise.bus.nonsense")
    assert (await everything(bus))[0] == before


async def test_a_reader_begins_at_given_offsets_and_ends_where_it_is_told(bus):
    """A projection goes on where it stood; what is gone, or is not there yet, is neither waited for nor read twice."""
    topic = bus_topic(Realm.EXERCISE, "decisions")
    every = {(one.partition, one.offset) for one in await read_all(bus, topic)}
    first, second = (TopicPartition(topic, number) for number in range(2))
    stood = {first: sorted(at for number, at in every if number == 0)[3], second: 1_000_000}
    async with assigned(bus, starts=stood) as (consumer, partitions):
        ends = await ends_of(consumer, partitions, bus)
        async with aclosing(catch_up(consumer, partitions, bus)) as batches:
            read = [(one.partition, one.offset) async for records in batches for one in records]
        assert read == sorted((number, at) for number, at in every if number == 0 and at >= stood[first])
    async with assigned(bus, starts={first: -5}) as (consumer, partitions):
        async with aclosing(catch_up(consumer, partitions, bus, {first: stood[first]})) as batches:
            assert (0, min(at for number, at in every if number == 0)) == await anext(
                (one.partition, one.offset) async for records in batches for one in records
            )
        assert ends[first] >= await consumer.position(first) >= stood[first]


async def test_what_was_written_is_waited_for_while_a_transaction_is_open(bus):
    """A keeper must not begin before it has read what it wrote in a former life; it says what holds it back."""
    topic = bus_topic(Realm.EXERCISE, "decisions")
    producer = AIOKafkaProducer(**bus.connection(), transactional_id="somebody-else", transaction_timeout_ms=10_000)
    await producer.start()
    try:
        await producer.begin_transaction()
        await _send(producer, topic, b"open", b"late", [])
        async with assigned(bus, topic) as (consumer, partitions):
            ends = await written(bus, partitions)
            with pytest.raises(BrokerUnreachableError, match="stopped answering while"):
                [_ async for _ in catch_up(consumer, partitions, bus, ends, stalled_after_s=0.5)]
            await producer.commit_transaction()
            async with aclosing(catch_up(consumer, partitions, bus, ends)) as batches:
                assert [one.value async for records in batches for one in records] == [b"late"]
    finally:
        await producer.stop()
