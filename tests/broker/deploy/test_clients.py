"""Each sample client publishes as the page says it does, and `cbrn conformance` finds what a wrong one does.

They run side by side on the session's broker, each under the name of another body: most of the time is their start.
"""

import asyncio
import json
import os
import sys
from datetime import UTC, date, datetime
from zlib import crc32

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.clients import CLIENTS, FETCH_WITHIN_S, FOLDER, PROMISED

from cbrn_deploy.processes.local_users import give_certificate, give_password
from cbrn_deploy.processes.trial import ClientError, provision, run_client, sent, topics, variables
from cbrn_routing.bus.read import there
from cbrn_routing.conformance import Check, Judge, Report, State
from cbrn_routing.shards.placement import Placement
from cbrn_schemas.catalogue.bodies import publishers
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

SHARDS = 8
WITHIN_S = 120
SITUATION = "KG-2026-sample-crc"
FAULTS = {
    "crc32": ('"partitioner": "murmur2_random"', '"partitioner": "consistent_random"', {Check.PARTITION}),
    "no partitioner": ('"partitioner": "murmur2_random",', "", {Check.PARTITION}),
    "wrong key": ("value, SITUATION, headers", 'value, "42", headers', {Check.KEY}),
    "no headers": ("headers=list(headers.items())", "headers=[]", {
        Check.ENVELOPE, Check.ID, Check.SOURCE, Check.TYPE,
    }),
    "cp1251": ('incidents", value,', 'incidents", value.decode().encode("cp1251", "replace"),', {Check.ENCODING}),
    "an id for each try": ("send(producer, event_id, first)  #", "send(producer, str(uuid.uuid4()), first)  #", {
        Check.RESEND,
    }),
    "local time as UTC": ("datetime.now(UTC).isoformat", "(datetime.now(UTC) + timedelta(hours=6)).isoformat", {
        Check.CLOCK,
    }),
}  # fmt: skip
"""What is replaced in the sample by what, and the questions that must then fail."""
CLIENT_OF = {}
"""Settings of each body's client: with a password; of kcat with a certificate."""


@pytest.fixture(scope="module")
async def bodies(kafka, tmp_path_factory):
    """Bodies under whose name nobody of this session has published yet, with their topics, and our own settings.

    Each has a password (`CLIENT_OF`).
    """
    settings = kafka.settings(shards=SHARDS)
    known = sorted(publishers(date(2026, 11, 1)))
    free = [body for body in known if not await there(settings, topics(settings, body).values())]
    folder = tmp_path_factory.mktemp("credentials")
    for body in (given := free[: len(CLIENTS) + len(FAULTS) + 1]):
        await provision(settings, body)
        file = await give_password(kafka, User(Realm.REAL, body), folder)
        CLIENT_OF[body] = settings.reaching(Settings(credentials=file))
    return iter(given), settings


async def tried(command, settings, body, engine):
    """Run a client as `cbrn conformance` does; return its status and what is said of all that it wrote."""
    status = await run_client(command, CLIENT_OF[body], body, WITHIN_S)
    judge = Judge(settings.realm, engine, SHARDS)
    now = datetime.now(UTC)
    return status, [judge.judge(record, now) for record in await sent(settings, body)]


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """The clients that can be run here, and of the others the reason; of one that was promised there is none."""
    found, reasons = {}, {}
    for name, command in CLIENTS.items():
        try:
            found[name] = command(tmp_path_factory.mktemp(name))
        except LookupError as reason:
            if name in PROMISED:
                raise
            reasons[name] = str(reason)
    return found, reasons


@pytest.fixture(scope="module")
async def samples(bodies, commands, engine, kafka):
    """What is said of each client that can be run here."""
    names, settings = bodies
    under = dict(zip(commands[0], names, strict=False))
    if body := under.get("kcat"):  # its librdkafka is older than 2.6.1, whose SCRAM Kafka 4 does not take
        file = await give_certificate(kafka, User(Realm.REAL, body))
        CLIENT_OF[body] = settings.reaching(Settings(credentials=file))
    runs = (tried(commands[0][name], settings, body, engine) for name, body in under.items())
    return dict(zip(under, await asyncio.gather(*runs), strict=True)), under


@pytest.mark.timeout(FETCH_WITHIN_S + WITHIN_S)
@pytest.mark.parametrize("name", CLIENTS)
def test_each_sample_is_conformant(samples, commands, name):
    """An alert, the same again, and what corrects it; whoever copies the program begins with one that is right."""
    if name not in samples[0]:
        pytest.skip(f"{name}: {commands[1][name]}")
    status, verdicts = samples[0][name]
    lines = Report(verdicts).lines
    assert status == 0
    assert not [line for line in lines if line.state in {State.FAILED, State.WARNED}]
    seen = {line.check for line in lines if line.state is State.PASSED}
    assert seen >= set(Check) - ({Check.RESEND, Check.UPDATE} if name == "cloudevents" else set())


async def test_each_fault_of_a_client_is_found(bodies, engine, tmp_path):
    """Each is one that clients in other languages make, and the report names it and nothing else."""
    names, settings = bodies
    assert crc32(SITUATION.encode()) % SHARDS != Placement(0, SHARDS).shard_of(SITUATION.encode())
    text = (FOLDER / "sample.py").read_text(encoding="utf-8").replace("import UTC, d", "import UTC, timedelta, d")
    text = text.replace('f"KG-2026-sample-{uuid.uuid4()}"', f'"{SITUATION}"')
    runs = []
    for number, (right, wrong, _) in enumerate(FAULTS.values()):
        assert right in text
        program = tmp_path / f"{number}.py"
        program.write_text(text.replace(right, wrong), encoding="utf-8")
        runs.append(tried([sys.executable, str(program)], settings, next(names), engine))
    found = {}
    for fault, (status, verdicts) in zip(FAULTS, await asyncio.gather(*runs), strict=True):
        assert (status, len(verdicts)) == (0, 3)
        found[fault] = {line.check for line in Report(verdicts).lines if line.state is State.FAILED}
    assert found == {fault: checks for fault, (_, _, checks) in FAULTS.items()}


async def test_what_a_transaction_took_back_is_read_by_no_sample(samples, bodies, commands):
    """Alerts are written in transactions: an aborted one was never told."""
    _, settings = bodies
    reading = {name: body for name, body in samples[1].items() if name != "cloudevents"}
    producer = AIOKafkaProducer(**settings.connection(), transactional_id="test-clients", transaction_timeout_ms=10_000)
    await producer.start()
    try:
        for identifier in ("taken-back", "told"):
            await producer.begin_transaction()
            for body in reading.values():
                headers = binary_headers(id=identifier, source="/mes", type="t", time="2026-11-01T06:00:00Z")
                topic = variables(settings, body)["CBRN_TOPIC_ALERTS"]
                await producer.send_and_wait(topic, b"{}", key=b"k", headers=headers)
            await (producer.commit_transaction() if identifier == "told" else producer.abort_transaction())
    finally:
        await producer.stop()
    said = await asyncio.gather(*(read(commands[0][name], settings, body) for name, body in reading.items()))
    assert not [name for name, text in zip(reading, said, strict=True) if "taken-back" in text]


async def read(command, settings, body):
    """What a client says that reads, until it has said what was told."""
    process = await asyncio.create_subprocess_exec(
        *command, "read", env=os.environ | variables(CLIENT_OF[body], body), stdout=asyncio.subprocess.PIPE
    )
    said = ""
    try:
        async with asyncio.timeout(WITHIN_S):
            while "told" not in said.replace("taken-back", ""):
                line = await process.stdout.readline()
                assert line, f"{command[0]} ended: {said}"
                said += line.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said


async def cbrn(settings, *arguments):
    """Run `cbrn conformance`; return its status, its lines, and what it says on standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cbrn_deploy", "conformance", *arguments,
        env=os.environ | {"CBRN_CREDENTIALS": str(settings.credentials)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), WITHIN_S)
    return process.returncode, out.decode(), err.decode()


async def test_watching_ends_with_what_the_records_deserve(samples, bodies):
    """0 if every record is as it should be, 1 if one is not or none came."""
    names, settings = bodies
    good, empty = samples[1]["confluent"], next(names)
    watched = ("--json", "--from-beginning")
    (status, out, _), (missed, nothing, _) = await asyncio.gather(
        cbrn(settings, good, *watched, "--records", "3"), cbrn(settings, empty, *watched, "--for", "1s")
    )
    verdicts = [json.loads(line) for line in out.splitlines()]
    assert (status, len(verdicts)) == (0, 3)
    assert all(verdict["conformant"] for verdict in verdicts)
    assert verdicts[0]["told"][0]["role"] == "lead"
    assert (missed, nothing) == (1, "")
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()
    await producer.send_and_wait(variables(settings, empty)["CBRN_TOPIC_INCIDENTS"], b"<xml/>", partition=0)
    await producer.stop()
    status, out, _ = await cbrn(settings, empty, "--from-beginning", "--records", "1", "--lang", "ky")
    assert status == 1
    assert "✗ ачкыч" in out or "✗ идентификатор" in out


async def test_a_client_is_tried_on_a_bus_of_its_own(bodies, tmp_path):
    """One command, whatever the client is written in, and a page for the letter to whoever asked."""
    report = tmp_path / "report.md"
    command = ["--", sys.executable, str(FOLDER / "sample.py")]
    status, out, err = await cbrn(bodies[1], "mes", "--json", "--report", str(report), *command)
    *verdicts, last = map(json.loads, out.splitlines())
    assert (status, len(verdicts), last["conformant"], last["status"]) == (0, 3, True, 0), err
    assert bodies[1].bootstrap_servers not in err
    assert {line["state"] for line in last["checks"]} == {"passed"}
    assert "| ✓ | partitioner | passed | 3 |" in report.read_text(encoding="utf-8")


async def test_a_client_that_does_not_end_is_ended(bodies):
    """And one that is not there is said so, with what to write."""
    _, settings = bodies
    with pytest.raises(ClientError, match="still ran"):
        await run_client(["sleep", "60"], settings, "mes", 0.2)
    with pytest.raises(ClientError, match="cannot be started"):
        await run_client(["no-such-program-here"], settings, "mes", 1)
    assert await run_client(["false"], settings, "mes", 10) == 1


async def test_a_client_that_publishes_nothing_is_told_where_the_bus_is(bodies):
    """It went to the address that it had before: a table of rows that were not seen would not say so."""
    status, out, err = await cbrn(bodies[1], "mes", "--", sys.executable, "-c", "")
    assert status == 1
    assert "CBRN_BOOTSTRAP_SERVERS" in err
    assert len(out.splitlines()) == 1, out
