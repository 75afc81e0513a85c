"""The way back from quarantine on a real broker: event and marker, once, whoever asks and however often."""

import asyncio
import json
from contextlib import suppress

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from typer.testing import CliRunner

from cbrn_consumers.errors import AlreadyReleasedError, CorrectionError, UnknownQuarantineError
from cbrn_consumers.quarantine import quarantined, release
from cbrn_deploy.cli.main import app
from cbrn_routing.bus.errors import ReleaseContendedError
from cbrn_routing.bus.read import read_all
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.records import quarantine_headers, quarantine_id
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm, bus_topic, from_topic

pytestmark = pytest.mark.broker

REALM = Realm.EXERCISE
BODY = "plant-chem"
ORIGIN = from_topic(REALM, BODY, Lane.INCIDENTS)
QUARANTINE = bus_topic(REALM, "quarantine")
EVENT = {
    "kind": "tailings-failure",
    "hazard": "radiological",
    "body": BODY,
    "status": "Exercise",
    "observed": "2026-05-01T06:00:00Z",
    "reported": "2026-05-01T06:05:00Z",
    "where": {"site": "F04"},
    "situation": "KG-2026-minkush",
    "state": "breached",
    "texts": {"ru": {"headline": "Прорыв дамбы"}},
}


@pytest.fixture(scope="module")
async def settings(kafka):
    made = Settings(bootstrap_servers=kafka.bootstrap_servers, realm=REALM)
    admin = AIOKafkaAdminClient(**made.connection())
    await admin.start()
    try:
        wanted = {ORIGIN, QUARANTINE, from_topic(REALM, BODY, Lane.MONITORING)}
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


async def released_as(settings, event_id):
    records = await read_all(settings, ORIGIN)
    return [record for record in records if dict(record.headers)["ce_id"] == event_id.encode()]


async def test_release_gives_back_the_record_and_marks_it(settings, set_aside):
    """Same bytes, key and headers; and the list no longer shows it as open."""
    identifier = await set_aside(1, b"{\x00\xff")
    await release(settings, identifier, by="Асель")
    (record,) = await released_as(settings, "e-1")
    assert (record.key, record.value) == (b"k", b"{\x00\xff")
    assert not [name for name, _ in record.headers if name.startswith("cbrn_")]
    item = (await quarantined(settings))[identifier]
    assert item.released_by == "Асель"
    assert item.value == b"{\x00\xff", "nothing is deleted"


async def test_second_release_is_refused(settings, set_aside):
    """Two officers see the same list."""
    identifier = await set_aside(2)
    await release(settings, identifier, by="one")
    with pytest.raises(AlreadyReleasedError, match="one"):
        await release(settings, identifier, by="two")
    assert len(await released_as(settings, "e-2")) == 1


async def test_releases_at_the_same_moment_put_one_record_back(settings, set_aside):
    """Whoever is slower is fenced by Kafka; no lock is needed, and none can be forgotten."""
    identifier = await set_aside(3)

    async def attempt(name):
        with suppress(AlreadyReleasedError, ReleaseContendedError):
            await release(settings, identifier, by=name)
            return name

    winners = [name for name in await asyncio.gather(*(attempt(f"officer-{n}") for n in range(4))) if name]
    if not winners:  # all fenced one another: nothing was written, and a person tries again
        await release(settings, identifier, by="again")
    assert len(winners) <= 1
    assert len(await released_as(settings, "e-3")) == 1


async def test_wrong_correction_writes_nothing(settings, set_aside):
    """The record stays open, as it was."""
    identifier = await set_aside(4)
    with pytest.raises(CorrectionError):
        await release(settings, identifier, by="x", corrected=b"{}")
    assert (await quarantined(settings))[identifier].open
    assert await released_as(settings, "e-4") == []


async def test_unknown_id_is_refused(settings):
    """A typing error must not look like a release."""
    with pytest.raises(UnknownQuarantineError):
        await release(settings, "nonsense", by="x")


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
    assert "Mend it." in (await cbrn("quarantine", "show", identifier)).stdout

    file = tmp_path / "mended.json"
    file.write_text(json.dumps(EVENT))
    answer = await cbrn("quarantine", "release", identifier, "--as", "Айбек", "--with", file)
    assert answer.exit_code == 0, answer.output
    (record,) = await released_as(settings, "e-5")
    assert json.loads(record.value) == EVENT
    again = await cbrn("quarantine", "release", identifier)
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
