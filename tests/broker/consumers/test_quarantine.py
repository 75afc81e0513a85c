"""The way back from quarantine on a real broker: event and marker, once, whoever asks and however often."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.builders.command_line import CliRunner
from tests.builders.golden import MIN_KUSH

from cbrn_consumers import deciding
from cbrn_consumers import keeping as keeping_module
from cbrn_consumers.deciding import Person
from cbrn_consumers.errors import (
    AlreadyReleasedError,
    CorrectionError,
    ReleaseRefusedError,
    SecondKeeperError,
    UnansweredError,
    UnknownQuarantineError,
)
from cbrn_consumers.quarantine import persons, quarantined
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_deploy.cli.main import app
from cbrn_routing.activation import PrivateKey, Signer, trust_lines
from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import write_record
from cbrn_routing.signing.releases import sign
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.person_decision import QuarantineDecision, read_decision, record_of
from cbrn_schemas.records import quarantine_headers, quarantine_id
from cbrn_schemas.topics import Lane, Realm, bus_topic, decisions_topic, from_topic

pytestmark = pytest.mark.broker

release = partial(persons.release, as_is=True)
"""What lies in quarantine here is no event, and goes back all the same."""
REALM = Realm.EXERCISE
BODY = "plant-chem"
ORIGIN = from_topic(REALM, BODY, Lane.INCIDENTS)
QUARANTINE = bus_topic(REALM, "quarantine")
EVENT = MIN_KUSH | {"body": BODY, "status": "Exercise"}


@pytest.fixture(scope="module")
async def settings(kafka):
    made = kafka.settings(realm=REALM)
    admin = AIOKafkaAdminClient(**made.connection())
    await admin.start()
    try:
        wanted = {ORIGIN, QUARANTINE, from_topic(REALM, BODY, Lane.MONITORING)}
        wanted |= {decisions_topic(REALM, body) for body in (BODY, "mes")}
        await admin.create_topics([NewTopic(name, 2, 1) for name in wanted - set(await admin.list_topics())])
        async with asyncio.timeout(10):
            while not wanted <= set(await admin.list_topics()):
                pass
    finally:
        await admin.close()
    return made


@pytest.fixture
async def set_aside(settings):
    """Puts a record into quarantine, as the router does; gives its id."""
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()

    async def put(offset, value=b"{"):
        own = binary_headers(id=f"e-{offset}", source=f"/{BODY}", type="kg.x", time="2026-05-01T06:00:00Z")
        error = InvalidEventError(Reason.NOT_JSON, where="value", message="no \x1b JSON", hint="Mend it.")
        at = f"2026-05-01T06:00:00.{offset:03}Z"
        headers = quarantine_headers(own, error, topic=ORIGIN, partition=1, offset=offset, key=b"k", at=at)
        identifier = quarantine_id(ORIGIN, 1, offset)
        await producer.send_and_wait(QUARANTINE, value, key=identifier.encode(), headers=headers)
        return identifier

    yield put
    await producer.stop()


def who(name):
    return Person(name, BODY)


@asynccontextmanager
async def keeping(settings):
    keeper = QuarantineKeeper(settings)
    running = asyncio.create_task(keeper.run())
    try:
        await asyncio.wait_for(keeper.ready.wait(), 30)
        yield keeper
    finally:
        keeper.stop()
        await asyncio.wait_for(running, 15)


async def put_back(settings, identifier, name, **more):
    """What a person does, and a keeper after it."""
    async with keeping(settings):
        return await release(settings, identifier, who(name), now=datetime.now(UTC), **more)


async def released_as(settings, event_id):
    records = await read_all(settings, ORIGIN)
    return [record for record in records if dict(record.headers)["ce_id"] == event_id.encode()]


async def test_release_gives_back_the_record_and_marks_it(settings, set_aside):
    """Same bytes, key and headers; and the list no longer shows it as open."""
    identifier = await set_aside(1, b"{\x00\xff")
    await put_back(settings, identifier, "Асель")
    (record,) = await released_as(settings, "e-1")
    assert (record.key, record.value) == (b"k", b"{\x00\xff")
    assert not [name for name, _ in record.headers if name.startswith("cbrn_")]
    item = (await quarantined(settings))[identifier]
    assert item.released_by == "Асель"
    assert item.value == b"{\x00\xff", "nothing is deleted"


async def test_second_release_is_refused(settings, set_aside):
    """Two officers see the same list."""
    identifier = await set_aside(2)
    await put_back(settings, identifier, "one")
    with pytest.raises(AlreadyReleasedError, match="one"):
        await release(settings, identifier, who("two"), now=datetime.now(UTC))
    assert len(await released_as(settings, "e-2")) == 1


async def test_releases_at_the_same_moment_put_one_record_back(settings, set_aside):
    """All saw it as open; the keeper applies one, and tells the others by whom it was released."""
    identifier = await set_aside(3)

    async def attempt(name):
        with suppress(AlreadyReleasedError, ReleaseRefusedError):
            await release(settings, identifier, who(name), now=datetime.now(UTC))
            return name

    async with keeping(settings):
        winners = [name for name in await asyncio.gather(*(attempt(f"officer-{n}") for n in range(4))) if name]
    assert len(winners) == 1
    assert len(await released_as(settings, "e-3")) == 1
    item = (await quarantined(settings))[identifier]
    assert item.released_by == winners[0]
    assert all(winners[0] in refused.why for refused in item.refused)


async def test_a_decision_waits_for_a_keeper_and_is_applied_once_however_often_it_comes(
    settings, set_aside, monkeypatch
):
    """Nobody looks at first: it is said, and it is not lost; and some keepers later it has been applied once."""
    monkeypatch.setattr(deciding, "ANSWERED_WITHIN_S", 1.0)
    identifier = await set_aside(6)
    with pytest.raises(UnansweredError, match=r"on cbrn-exercise\.from\.plant-chem\.decisions") as caught:
        await release(settings, identifier, who("Асель"), now=datetime.now(UTC))
    assert "not lost: `cbrn run quarantine`" in caught.value.hint
    assert await released_as(settings, "e-6") == []
    async with keeping(settings):
        pass
    assert len(await released_as(settings, "e-6")) == 1
    waiting = (await read_all(settings, decisions_topic(REALM, BODY)))[-1]
    again = read_decision(list(waiting.headers), waiting.value, BODY)
    async with keeping(settings) as keeper:
        await write_record(settings, decisions_topic(REALM, BODY), record_of(again), unsure="")
        await asyncio.sleep(3)
        assert not keeper.pending
    async with keeping(settings):
        pass
    assert len(await released_as(settings, "e-6")) == 1
    marked = ("cbrn_decision", again.id.encode())
    answers = [record for record in await read_all(settings, QUARANTINE) if marked in record.headers]
    assert len(answers) == 1


async def test_an_open_transaction_of_a_router_hides_no_release(settings, set_aside):
    """What readers cannot see yet was released all the same: by the same keeper, and by the next one."""
    identifier = await set_aside(7)
    partition = next(
        record.partition for record in await read_all(settings, QUARANTINE) if record.key == identifier.encode()
    )
    router = AIOKafkaProducer(**settings.connection(), transactional_id="router", transaction_timeout_ms=15_000)
    await router.start()

    async def decide(name):
        decision = QuarantineDecision(
            id=f"{BODY}.hidden-{name}", body=BODY, record=identifier, at=datetime.now(UTC), by=name
        )
        await write_record(settings, decisions_topic(REALM, BODY), record_of(decision), unsure="")
        return decision.id

    async def answered(keeper, decision):
        async with asyncio.timeout(30):
            while decision not in keeper.answers:  # noqa: ASYNC110 - the broker has no event
                await asyncio.sleep(0.05)
        return keeper.answers[decision]

    try:
        async with keeping(settings) as keeper:
            await router.begin_transaction()
            await router.send_and_wait(QUARANTINE, b"", key=b"hanging", partition=partition)
            assert not (await answered(keeper, await decide("one"))).why
            assert "released by one" in (await answered(keeper, await decide("two"))).why
        later = QuarantineKeeper(settings)
        running = asyncio.create_task(later.run())
        third = await decide("three")
        with suppress(TimeoutError):
            await asyncio.wait_for(later.ready.wait(), 4)
        assert not later.ready.is_set()
        await router.abort_transaction()
        assert "released by one" in (await answered(later, third)).why
        later.stop()
        await asyncio.wait_for(running, 15)
    finally:
        await router.stop()
    assert len(await released_as(settings, "e-7")) == 1


async def test_another_body_releases_with_a_key_and_not_without(settings, set_aside, tmp_path):
    """A correction speaks for the body that the record came from."""
    identifier = await set_aside(8)
    key, signers = PrivateKey.generate(), tmp_path / "trusted.toml"
    signers.write_text(trust_lines(Signer("A. Asanova", "mes", key.public)))
    trusting = settings.model_copy(update={"rulebook_signers": signers})
    now = datetime.now(UTC)
    async with keeping(trusting):
        with pytest.raises(ReleaseRefusedError, match="another body needs a signature") as caught:
            await release(settings, identifier, Person("A. Asanova (mes)", "mes"), now=now)
        assert "--key" in caught.value.hint
        assert (await quarantined(settings))[identifier].open
        officer = Person("A. Asanova (mes)", "mes", partial(sign, key))
        await release(settings, identifier, officer, now=now, corrected=json.dumps(EVENT).encode())
    (record,) = await released_as(settings, "e-8")
    assert json.loads(record.value) == EVENT
    item = (await quarantined(settings))[identifier]
    assert (item.released_by, len(item.refused)) == ("A. Asanova (mes)", 1)


async def test_a_topic_that_is_gone_is_an_answer_and_no_end(settings):
    """Else one decision would end the keeper at every start."""
    gone = from_topic(REALM, "mes", Lane.INCIDENTS)
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="no JSON", hint="Mend it.")
    headers = quarantine_headers([], error, topic=gone, partition=0, offset=1, key=b"k", at="2026-05-01T06:00:00.000Z")
    identifier = quarantine_id(gone, 0, 1)
    await write_record(settings, QUARANTINE, (identifier.encode(), headers, b"{"), unsure="")
    async with keeping(settings):
        with pytest.raises(ReleaseRefusedError, match="there is no topic"):
            await release(settings, identifier, Person("A. Asanova", "mes"), now=datetime.now(UTC))


async def test_a_body_that_gets_its_topic_later_is_heard(settings, set_aside, topics, monkeypatch):
    """A body founded, or an upgrade whose topics come after its processes: nobody need start them again."""
    monkeypatch.setattr(keeping_module, "TOPICS_EVERY_S", 0.5)
    identifier = await set_aside(10)
    async with keeping(settings):
        with pytest.raises(UnknownTopicError, match="does not exist"):
            await release(settings, identifier, Person("A. Asanova", "moh"), now=datetime.now(UTC))
        await topics([decisions_topic(REALM, "moh")])
        with pytest.raises(ReleaseRefusedError, match="another body"):
            await release(settings, identifier, Person("A. Asanova", "moh"), now=datetime.now(UTC))


async def test_a_second_keeper_takes_over_and_the_first_ends(settings, set_aside):
    """Two would release twice: the broker lets only the younger write."""
    older = QuarantineKeeper(settings)
    running = asyncio.create_task(older.run())
    await asyncio.wait_for(older.ready.wait(), 30)
    identifier = await set_aside(9)
    async with keeping(settings):
        await release(settings, identifier, who("Асель"), now=datetime.now(UTC) + timedelta(seconds=1))
        with pytest.raises(SecondKeeperError, match="another keeper of the quarantine"):
            await asyncio.wait_for(running, 20)
    assert len(await released_as(settings, "e-9")) == 1


async def test_a_keeper_goes_on_when_its_broker_was_away(settings, set_aside, kafka):
    """Nobody need start it again, and what was decided meanwhile is applied."""
    identifier = await set_aside(11)
    async with keeping(settings) as keeper:
        await asyncio.to_thread(kafka.kill_broker, 1)
        await asyncio.to_thread(kafka.start_broker, 1)
        await release(settings, identifier, who("Асель"), now=datetime.now(UTC))
        assert keeper.ready.is_set()
    assert len(await released_as(settings, "e-11")) == 1


async def test_wrong_correction_writes_nothing(settings, set_aside):
    """The record stays open, as it was."""
    identifier = await set_aside(4)
    with pytest.raises(CorrectionError):
        await release(settings, identifier, who("one"), now=datetime.now(UTC), corrected=b"{}")
    assert (await quarantined(settings))[identifier].open
    assert await released_as(settings, "e-4") == []


async def test_what_would_come_back_is_refused_unless_it_is_wanted(settings, set_aside, cbrn):
    """It was called a success, and was in quarantine again a moment later under another id."""
    identifier = await set_aside(21)
    refused = await cbrn("quarantine", "release", identifier, "--body", BODY)
    assert refused.exit_code == 1, refused.output
    assert "would be set aside again: the text ends too early" in refused.stderr
    assert "--as-is" in refused.stderr
    assert (await quarantined(settings))[identifier].open
    async with keeping(settings):
        wanted = await cbrn("quarantine", "release", identifier, "--body", BODY, "--as-is")
    assert wanted.exit_code == 0, wanted.output
    assert len(await released_as(settings, "e-21")) == 1


async def test_unknown_id_is_refused(settings):
    """A typing error must not look like a release."""
    with pytest.raises(UnknownQuarantineError):
        await release(settings, "nonsense", who("one"), now=datetime.now(UTC))


@pytest.fixture
def cbrn(settings, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", settings.bootstrap_servers)
    monkeypatch.setenv("CBRN_REALM", str(REALM))
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)

    async def invoke(*arguments):
        return await asyncio.to_thread(CliRunner().invoke, app, [str(argument) for argument in arguments])

    return invoke


async def test_operator_lists_shows_corrects_and_releases(settings, set_aside, cbrn, tmp_path):
    """The whole way of a person who mends a report, by the command alone."""
    identifier = await set_aside(5)
    listed = [json.loads(line) for line in (await cbrn("quarantine", "list", "--json")).stdout.splitlines()]
    (item,) = [item for item in listed if item["id"] == identifier]
    assert (item["reason"], item["where"], item["hint"]) == ("not-json", "value", "Mend it.")
    table = (await cbrn("quarantine", "list", "--lang", "ru")).stdout
    assert "\x1b" not in table
    assert identifier in table.splitlines(), "an id that is broken over two lines cannot be copied"
    assert "Mend it." in (await cbrn("quarantine", "show", identifier)).stdout

    file = tmp_path / "mended.json"
    file.write_text(json.dumps(EVENT))
    arguments = ("quarantine", "release", identifier, "--as", "Айбек", "--with", file)
    missing = await cbrn(*arguments)
    assert (missing.exit_code, "for which body" in missing.stderr) == (2, True)
    async with keeping(settings):
        answer = await cbrn(*arguments, "--body", BODY)
    assert answer.exit_code == 0, answer.output
    (record,) = await released_as(settings, "e-5")
    assert json.loads(record.value) == EVENT
    again = await cbrn("quarantine", "release", identifier, "--body", BODY)
    assert again.exit_code == 1
    assert "Айбек" in again.stderr
    assert identifier not in (await cbrn("quarantine", "list")).stdout
    assert identifier in (await cbrn("quarantine", "list", "--all", "--json")).stdout


async def test_agency_publishes_a_file_and_twice_is_once_by_id(settings, cbrn, tmp_path):
    """Good events are on the bus although one is refused; a second run gives them the same ids."""
    file = tmp_path / "events.jsonl"
    file.write_text(f"{json.dumps(EVENT)}\nnonsense\n{json.dumps(EVENT | {'situation': 'KG-2026-other'})}\n")
    answers = [await cbrn("publish", file, "--as", BODY, "--json") for _ in range(2)]
    assert [answer.exit_code for answer in answers] == [1, 1]
    first, second = ([json.loads(line) for line in answer.stdout.splitlines()] for answer in answers)
    assert [line["line"] for line in first] == [1, 2, 3]
    assert "error" in first[1]
    assert first[0]["id"] == second[0]["id"]
    assert len(await released_as(settings, first[0]["id"])) == 2, "the router counts them once"
