"""A gateway before a real broker: an answer of success means that Kafka holds the event, and a retry counts once."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import uuid

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as drawing
from tests.builders.golden import ROOT
from tests.builders.router_bus import Bus, everybody
from tests.builders.users import as_user

from cbrn_deploy.kafka.ports import free_ports
from cbrn_deploy.processes.children import ChildProcess
from cbrn_deploy.processes.gateway import EXPOSED, Gateway
from cbrn_deploy.processes.listening import listener_at
from cbrn_producers.gateway import Counter
from cbrn_producers.outgoing import Sender
from cbrn_routing.bus.read import read_all
from cbrn_schemas.topics import Lane, Realm, from_topic
from cbrn_schemas.users import User

pytestmark = pytest.mark.broker

BODY = "mes-tailings"
GATEWAY = User(Realm.REAL, BODY, "gateway")
TOPIC = from_topic(Realm.REAL, BODY, Lane.INCIDENTS)
EXAMPLE = json.loads((ROOT / "schemas" / "examples" / "tailings-failure.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "gateway.md").read_text(encoding="utf-8")
ADDRESS = "127.0.0.1:8480"
WITHIN_S = 60
JSON = {"content-type": "application/json"}


@pytest.fixture
async def settings(kafka, topics):
    await topics([from_topic(Realm.REAL, BODY, lane) for lane in Lane], partitions=4)
    return kafka.settings(realm=Realm.REAL)


@contextlib.asynccontextmanager
async def serving(settings, body=BODY):
    """A program's HTTP client of a gateway in this process, and the gateway."""
    with listener_at("127.0.0.1:0", "127.0.0.1:8480", exposed=EXPOSED) as listener:
        gateway = Gateway(Counter(Sender(body, None, settings.realm), settings), listener, None)
        running = asyncio.create_task(gateway.run())
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            await asyncio.wait_for(gateway.ready.wait(), WITHIN_S)
            async with httpx.AsyncClient(base_url=base, timeout=WITHIN_S) as client:
                yield client, gateway
        finally:
            gateway.stop()
            await asyncio.wait_for(running, WITHIN_S)


@pytest.fixture
async def process(settings, tmp_path):
    """A `cbrn run gateway` at a port of its own."""
    (port,) = free_ports(1)
    role = ["gateway", "--as", BODY, "--listen", f"127.0.0.1:{port}"]
    own = await as_user(settings, GATEWAY)
    child = ChildProcess(own, tmp_path / "gateway.log", name="the gateway", role=role, user=GATEWAY)
    await child.start()
    yield f"127.0.0.1:{port}"
    await child.stop()


def event(situation, **members):
    return json.dumps(EXAMPLE | {"situation": situation} | members).encode()


async def test_an_event_is_stored_where_the_answer_says(settings):
    """The answer is the program's proof that it reported."""
    situation = f"KG-{uuid.uuid4()}"
    async with serving(settings) as (client, _):
        answer = await client.post("/events", content=event(situation), headers=JSON)
    told = answer.json()
    (record,) = [one for one in await read_all(settings, TOPIC) if one.key == situation.encode()]
    assert answer.status_code == 201
    assert (told["topic"], told["partition"], told["offset"]) == (record.topic, record.partition, record.offset)
    assert dict(record.headers)["ce_id"].decode() == told["id"]
    assert dict(record.headers)["ce_source"].decode() == f"/{BODY}"
    assert record.value == event(situation)
    assert "reported-late" in {warning["doubt"] for warning in told["warnings"]}


async def test_a_binary_cloudevent_arrives_as_one(settings):
    """Id, source, trace and extensions are the sender's."""
    situation = f"KG-{uuid.uuid4()}"
    own = {"ce-specversion": "1.0", "ce-id": "%D1%82-1", "ce-source": f"/{BODY}/post-1", "ce-shift": "night"}
    own |= {"ce-type": "kg.cbrn.incident.tailings-failure.v1", "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"}
    async with serving(settings) as (client, _):
        answer = await client.post("/events", content=event(situation), headers=JSON | own)
    (record,) = [one for one in await read_all(settings, TOPIC) if one.key == situation.encode()]
    headers = {name: value.decode() for name, value in record.headers}
    assert (answer.status_code, answer.json()["id"]) == (201, "т-1")
    assert (headers["ce_id"], headers["ce_source"], headers["ce_shift"]) == ("т-1", f"/{BODY}/post-1", "night")
    assert headers["traceparent"] == own["traceparent"]


async def test_a_batch_is_stored_in_its_order_without_what_is_refused(settings):
    situation = f"KG-{uuid.uuid4()}"
    events = [event(situation, dead=-1 if number == 7 else number) for number in range(200)]
    async with serving(settings) as (client, _):
        answer = await client.post("/events", content=b"[" + b",".join(events) + b"]", headers=JSON)
    assert answer.status_code == 200
    assert [one["status"] for one in answer.json()] == [422 if number == 7 else 201 for number in range(200)]
    stored = [json.loads(one.value)["dead"] for one in await read_all(settings, TOPIC) if one.key == situation.encode()]
    assert stored == [number for number in range(200) if number != 7]


async def test_what_is_only_checked_is_not_sent(settings):
    situation = f"KG-{uuid.uuid4()}"
    async with serving(settings) as (client, _):
        answer = await client.post("/events?dry-run=true", content=event(situation), headers=JSON)
    assert answer.status_code == 200
    assert not [one for one in await read_all(settings, TOPIC) if one.key == situation.encode()]


async def test_an_event_that_was_not_acknowledged_counts_once_when_it_is_sent_again(kafka, realm_of, engine):
    """503 means: it may be stored. The broker took it in the end; sent again, its recipients are told once."""
    bus = Bus(await realm_of(*everybody()), engine)
    situation = f"KG-{uuid.uuid4()}"
    content = event(situation, body="mes", status="Exercise")
    async with serving(bus.settings, "mes") as (client, _), bus.router() as router:
        await bus.ready(router)
        await asyncio.to_thread(kafka.pause_broker, 1)
        try:
            failed = await client.post("/events", content=content, headers=JSON)
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 503
        finally:
            await asyncio.to_thread(kafka.resume_broker, 1)
        assert (failed.status_code, failed.headers["retry-after"]) == (503, "5")
        again = {"idempotency-key": failed.json()["id"]}
        answer = await until_stored(client, content, again)
        assert answer.json()["id"] == failed.json()["id"]
        async with asyncio.timeout(WITHIN_S):  # the broker comes to itself slowly
            while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - the gateway is asked
                await asyncio.sleep(0.2)
        told = [one for one in await bus.alerts(1) if one.key == situation.encode()]
    assert len(told) == 1


async def until_stored(client, content, headers):
    """Send again until it is stored, as a program is told to."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            answer = await client.post("/events", content=content, headers=JSON | headers)
            if answer.status_code == 201:
                return answer
            assert answer.status_code == 503


async def test_a_broker_that_was_killed_is_found_again(kafka, settings):
    """Nobody has to restart the gateway, and none of its programs."""
    situation = f"KG-{uuid.uuid4()}"
    async with serving(settings) as (client, _):
        await asyncio.to_thread(kafka.kill_broker, 1)
        try:
            assert (await client.get("/readyz")).status_code == 503
            many = [client.post("/events", content=event(situation), headers=JSON) for _ in range(20)]
            async with asyncio.timeout(15):  # together: one does not wait behind the other
                assert {answer.status_code for answer in await asyncio.gather(*many)} == {503}
        finally:
            await asyncio.to_thread(kafka.start_broker, 1)
        await until_stored(client, event(situation), {})


async def test_what_was_accepted_is_answered_before_it_ends(kafka, settings):
    """A restart for a new token costs no event its answer."""
    situation = f"KG-{uuid.uuid4()}"
    async with serving(settings) as (client, gateway):
        await asyncio.to_thread(kafka.pause_broker, 1)
        try:
            sending = asyncio.create_task(client.post("/events", content=event(situation), headers=JSON))
            await asyncio.sleep(0.3)
            gateway.stop()
            await asyncio.sleep(0.3)
            assert not sending.done()
        finally:
            await asyncio.to_thread(kafka.resume_broker, 1)
        assert (await sending).status_code == 201


async def test_a_token_stands_in_no_log_and_no_argument(settings, tmp_path):
    token = tmp_path / "token"
    token.write_text(uuid.uuid4().hex)
    token.chmod(0o600)
    (port,) = free_ports(1)
    role = ["gateway", "--as", BODY, "--listen", f"127.0.0.1:{port}", "--token-file", str(token)]
    own = await as_user(settings, GATEWAY)
    child = ChildProcess(own, tmp_path / "gateway.log", name="the gateway", role=role, user=GATEWAY)
    await child.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            path, given = "/events?dry-run=true", {"authorization": f"Bearer {token.read_text()}"}
            refused = await client.post(path, content=event("KG-1"), headers=JSON | {"authorization": "Bearer x"})
            taken = await client.post(path, content=event("KG-1"), headers=JSON | given)
    finally:
        await child.stop()
    assert (refused.status_code, taken.status_code) == (401, 200)
    log = child.log_file.read_text(encoding="utf-8")
    assert "process stopped" in log
    assert token.read_text() not in log


async def test_topics_that_do_not_exist_end_it_with_a_remedy(kafka, tmp_path):
    """It would refuse every event for ever."""
    settings = kafka.settings(realm=Realm.EXERCISE)
    counter = Counter(Sender("mnrets", None, settings.realm), settings)
    with (
        listener_at("127.0.0.1:0", "127.0.0.1:8480", exposed=EXPOSED) as listener,
        pytest.raises(Exception, match="does not exist"),
    ):
        await asyncio.wait_for(Gateway(counter, listener, None).run(), WITHIN_S)


LINES = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    if ADDRESS in block
    for line in (block.splitlines() if block.count("curl") > 1 else [block])
]


def test_the_page_has_its_lines():
    assert len(LINES) == 12


def lacking():
    """Why the page's lines cannot run here; None where they can."""
    curl = shutil.which("curl")
    if curl is None:
        return "curl is not installed"
    told = subprocess.run([curl, "--help", "all"], capture_output=True, text=True, check=False).stdout
    return None if "--json" in told else "this curl is older than 7.82 and knows no --json"


@pytest.mark.skipif(lacking() is not None, reason=str(lacking()))
async def test_the_curl_lines_of_the_page_do_what_they_say(process):
    """What a reader copies must run, as it stands but for the port."""
    for line in LINES:
        command = line.replace(ADDRESS, process).replace("curl ", "curl -sS --max-time 30 ")
        done = await asyncio.to_thread(
            subprocess.run, ["bash", "-euo", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True,
            check=False, timeout=60, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        if "/events" in line:
            wanted = 200 if "dry-run" in line else 201
            assert {one["status"] for one in (told if isinstance(told, list) else [told])} == {wanted}, told


def attack(address):
    """Draw requests from the gateway's own description, right and wrong ones, and hold each answer against it."""
    import schemathesis  # noqa: PLC0415 - every worker would load it, for half a second
    from schemathesis.specs.openapi.checks import positive_data_acceptance  # noqa: PLC0415 - the same

    schema = schemathesis.openapi.from_url(f"http://{address}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 5

    for operation in operations:

        @given(case=operation.as_strategy())
        @drawing(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def tried(case):
            # What an event may hold says its kind's schema, and the bus itself; the description names them.
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        tried()


async def test_whatever_is_sent_is_answered_as_the_description_says(process):
    """No 5xx, and nothing that /openapi.json does not tell of."""
    await asyncio.to_thread(attack, process)
