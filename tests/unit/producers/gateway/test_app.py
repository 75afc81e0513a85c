"""What the gateway says to a request, wherever no Kafka matters: what it refuses, who is let in, what can be read."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from cbrn_producers.files import check_events, read_events
from cbrn_producers.gateway import Counter, app, gateway_app
from cbrn_producers.outgoing import Sender
from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

EXAMPLE = Path(__file__).parents[4] / "schemas" / "examples" / "tailings-failure.json"
PLAIN = EXAMPLE.read_bytes()
TYPE = "kg.cbrn.incident.tailings-failure.v1"
JSON = "application/json"
DRY = "/events?dry-run=true"
TOKEN = "a-token-of-many-characters"  # noqa: S105 - of this test


def client(token=None, headers=None):
    """A program that calls a gateway without Kafka."""
    made = gateway_app(Counter(Sender("mes-tailings", None, Realm.REAL), Settings()), token=token)
    transport = httpx.ASGITransport(made)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8480", headers=headers)


async def posted(content, content_type=JSON, path=DRY, **headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        given["content-type"] = content_type
    async with client() as gateway:
        return await gateway.post(path, content=content, headers=given)


def structured(**members):
    event = {"specversion": "1.0", "id": "e-1", "source": "/mes-tailings", "type": TYPE, "data": json.loads(PLAIN)}
    return json.dumps(event | members).encode()


def changed(**members):
    return json.dumps(json.loads(PLAIN) | members).encode()


BINARY = {"ce_specversion": "1.0", "ce_id": "e-2", "ce_source": "/mes-tailings/post-1", "ce_type": TYPE}


@pytest.mark.parametrize(
    ("content", "content_type", "headers", "identifier"),
    [
        (PLAIN, JSON, {"idempotency_key": "k-1"}, "k-1"),
        (PLAIN, JSON, {"idempotency_key": '"k-2"'}, "k-2"),
        (b"\xef\xbb\xbf" + PLAIN, "application/json; charset=utf-8", {"idempotency_key": "k-3"}, "k-3"),
        (structured(), "application/cloudevents+json", {}, "e-1"),
        (structured(), "application/cloudevents+json", {"idempotency_key": "other"}, "e-1"),
        (structured(), JSON, {}, "e-1"),
        (PLAIN, JSON, BINARY, "e-2"),
        (PLAIN, JSON, BINARY | {"ce_id": "%D0%A2%D0%95%D0%9A-1"}, "ТЕК-1"),
        (PLAIN, JSON, BINARY | {"ce_id": '"quoted \\"id\\""'}, 'quoted "id"'),
    ],
)
async def test_every_form_of_one_event_is_read(content, content_type, headers, identifier):
    """An agency chooses what its tool can do; the event is the same."""
    answer = await posted(content, content_type, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == identifier


async def test_a_plain_event_has_the_id_that_the_command_line_would_give():
    """Sent by curl and again from a file, it counts once."""
    (from_file,) = check_events(read_events("f", PLAIN), Sender("mes-tailings", None, Realm.REAL))
    assert (await posted(PLAIN)).json()["id"] == from_file.id


LINE = json.dumps(json.loads(PLAIN)).encode()


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"[" + PLAIN + b"," + changed(dead=-1) + b"," + structured() + b"]", JSON),
        (LINE + b"\n" + changed(dead=-1) + b"\n" + structured() + b"\n", "application/x-ndjson"),
        (b"[%b,%b,%b]" % (structured(), structured(data=None), structured()), "application/cloudevents-batch+json"),
    ],
)
async def test_each_event_of_a_batch_has_its_own_answer_in_its_place(content, content_type):
    """One that is refused holds no other back, and is found by its place."""
    answer = await posted(content, content_type)
    assert answer.status_code == 200
    assert [one["status"] for one in answer.json()] == [200, 422, 200]
    assert answer.json()[1]["hint"]


@pytest.mark.parametrize(
    ("status", "reason", "content", "content_type", "headers"),
    [
        (415, "ContentTypeError", PLAIN, None, {}),
        (415, "ContentTypeError", PLAIN, "text/plain", {}),
        (415, "ContentTypeError", PLAIN, "application/x-www-form-urlencoded", {}),
        (415, "ContentTypeError", PLAIN, "multipart/form-data; boundary=x", {}),
        (415, "ContentTypeError", PLAIN, "application/cloudevents+avro", {}),
        (415, "ContentTypeError", PLAIN, "application/merge-patch+json", {}),
        (415, "ContentTypeError", PLAIN, JSON, {"content_encoding": "gzip"}),
        (413, "TooLargeError", b"x" * (app.EVENT_BYTES_MAX + 1), JSON, {}),
        (413, "TooLargeError", changed(unit="x" * PAYLOAD_BYTES_MAX), JSON, {}),
        (413, "TooLargeError", b"[" + b" " * app.BATCH_BYTES_MAX, JSON, {}),
        (413, "TooLargeError", b"[" + b",".join([b"1"] * 1001) + b"]", JSON, {}),
        (413, "too-large", PLAIN, JSON, BINARY | {"ce_more": "x" * 20_000}),
        (403, "foreign-source", structured(source="/moh"), "application/cloudevents+json", {}),
        (403, "foreign-source", PLAIN, JSON, BINARY | {"ce_source": "/moh"}),
        (422, "not-json", b"", JSON, {}),
        (422, "not-json", b"{'kind': 1}", JSON, {}),
        (422, "not-json", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, JSON, {}),
        (422, "not-json", b"[" * 60_000, JSON, {}),
        (422, "not-json", LINE + b"\n" + LINE, JSON, {}),
        (422, "not-json", b"kind: tailings-failure\n", JSON, {}),
        (422, "not-json", b"\n" * 60_000 + b"a: 1", "application/x-ndjson", {}),
        (422, "not-json", structured(), "application/cloudevents-batch+json", {}),
        (422, "bad-encoding", PLAIN.decode().encode("cp1251", "replace"), JSON, {}),
        (422, "headers-missing", PLAIN, "application/cloudevents+json", {}),
        (422, "headers-missing", PLAIN, JSON, {"ce_id": "e-3"}),
        (422, "headers-missing", PLAIN, JSON, BINARY | {"ce_id": "a%0D%0Ab: c"}),
        (422, "invalid-value", PLAIN, JSON, BINARY | {"ce_more": "a%0D%0Ab: c"}),
        (422, "invalid-value", PLAIN, JSON, BINARY | {"ce_more": "%FF"}),
        (422, "invalid-value", changed(dead=-1), JSON, {}),
        (422, "not-json", changed(**{"\ud800": 1}), JSON, {}),
        (422, "extra-field", changed(**{"dead\u202e": 1}), JSON, {}),
        (422, "headers-missing", PLAIN, JSON, {"idempotency_key": "x" * 129}),
    ],
)
async def test_what_cannot_be_taken_is_a_problem_with_a_remedy(status, reason, content, content_type, headers):
    """The words are the command line's: one way to say each thing."""
    answer = await posted(content, content_type, **headers)
    problem = answer.json()[0] if isinstance(answer.json(), list) else answer.json()
    assert (problem["status"], problem["reason"]) == (status, reason)
    assert problem["hint"]
    if not isinstance(answer.json(), list):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_binary_event_is_refused_in_the_names_of_its_own_headers():
    """`ce_id` is Kafka's name for what stands in `ce-id` here."""
    problem = (await posted(PLAIN, ce_id="e-3")).json()
    assert "ce-source" in problem["where"]
    assert "ce_" not in "".join((problem["detail"], problem["hint"]))


async def test_a_value_keeps_its_letters_where_the_headers_name_is_changed():
    """`ce_` stands in source_1, too."""
    problem = (await posted(PLAIN, **BINARY | {"ce_source": "source_1"})).json()
    assert "source_1" in problem["detail"]


@pytest.mark.parametrize("query", ["dry_run=true", "dryrun", "dryrun=true", "dry-run=true&strict=1"])
async def test_a_parameter_that_does_not_exist_publishes_nothing(query):
    """`dry_run` was passed over, and what was to be tried only went out to the country."""
    answer = await posted(PLAIN, path=f"/events?{query}")
    assert (answer.status_code, answer.json()["reason"]) == (422, "UsageError")
    assert answer.json()["hint"] == "Write ?dry-run=true, or leave it out."
    assert "nothing was sent" in answer.json()["message"]


async def test_doubts_are_told_in_a_dry_run():
    """Swapped coordinates are no error, and none of them may stay unseen."""
    answer = await posted(changed(where={"point": {"lat": 72.4761, "lon": 41.2822}}))
    (first, *_) = answer.json()["warnings"]
    assert answer.status_code == 200
    assert {"doubt", "where", "message", "hint"} <= first.keys()


async def test_without_kafka_the_answer_is_to_try_again_with_the_id():
    """503 says: it may be stored, send it again; the id makes that safe."""
    answer = await posted(PLAIN, path="/events", idempotency_key="k-9")
    assert (answer.status_code, answer.json()["id"]) == (503, "k-9")
    assert int(answer.headers["retry-after"]) > 0
    batch = await posted(b"[" + PLAIN + b"," + changed(dead=-1) + b"]", path="/events")
    assert (batch.status_code, [one["status"] for one in batch.json()]) == (503, [503, 422])


@pytest.mark.parametrize("host", ["127.0.0.1:8480", "localhost", "LOCALHOST:80", "[::1]:8480"])
async def test_this_machines_names_are_answered_to(host):
    async with client() as gateway:
        assert (await gateway.get("/kinds", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "", "10.0.0.1:8480", "1"])
async def test_another_host_is_refused(host):
    """A page whose name was turned to 127.0.0.1 would else publish through its reader's browser."""
    async with client() as gateway:
        for answer in (
            await gateway.get("/healthz", headers={"host": host}),
            await gateway.post(DRY, content=PLAIN, headers={"host": host, "content-type": JSON}),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (421, "AddressError")


async def test_no_other_site_is_allowed_to_ask():
    """No CORS: a browser that asks first is told nothing, and what it sends without asking is no JSON."""
    async with client() as gateway:
        wanted = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        answer = await gateway.options("/events", headers=wanted)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 401),
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer", 401),
        ("Bearer \xff", 401),
    ],
)
async def test_a_gateway_with_a_token_asks_for_it(given, status):
    """Under any name, since a proxy stands before it; watchdogs need none."""
    headers = {"host": "gateway.example.kg"} | ({} if given is None else {"authorization": given.encode("latin-1")})
    async with client(TOKEN, headers=headers) as gateway:
        assert (await gateway.get("/healthz")).status_code == 200
        answer = await gateway.post(DRY, content=PLAIN, headers={"content-type": JSON})
    assert answer.status_code == status
    assert TOKEN not in answer.text
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_body_that_does_not_come_is_given_up(monkeypatch):
    """A line that hangs must not hold a place for ever."""
    monkeypatch.setattr(app, "BODY_WITHIN_S", 0.05)

    async def slow():
        yield b"{"
        await asyncio.Event().wait()

    async with client() as gateway:
        answer = await asyncio.wait_for(gateway.post(DRY, content=slow(), headers={"content-type": JSON}), 5)
    assert (answer.status_code, answer.json()["reason"]) == (408, "SlowBodyError")


async def test_large_bodies_are_few_at_a_time():
    """Memory is bounded by what may be in work, not by who calls."""
    release = asyncio.Event()

    async def large():
        yield b"[" + b" " * app.EVENT_BYTES_MAX
        await release.wait()
        yield b"]"

    async with client() as gateway:
        send = [gateway.post(DRY, content=large(), headers={"content-type": JSON}) for _ in range(5)]
        waiting = [asyncio.create_task(one) for one in send]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        release.set()
        statuses = sorted([(await one).status_code for one in waiting])
    assert [one.result().json()["reason"] for one in done] == ["BusyError"]
    assert statuses == [200, 200, 200, 200, 503]


async def test_kinds_lead_to_their_schemas():
    """An editor, or a generator of classes in another language, takes a schema by its address."""
    async with client() as gateway:
        kinds = (await gateway.get("/kinds")).json()
        assert [one["kind"] for one in kinds] == list(EVENT_TYPES)
        for one in kinds:
            schema = await gateway.get(one["schema"])
            assert schema.headers["content-type"] == "application/schema+json"
            assert schema.json()["properties"]["kind"]["const"] == one["kind"]
        nothing = await gateway.get("/schemas/toxic-fir")
        assert (nothing.status_code, nothing.json()["hint"]) == (404, "GET /kinds lists them.")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/events", 405), ("GET", "/docs", 404), ("POST", "/events?dry-run=perhaps", 422)],
)
async def test_what_is_not_there_is_a_problem_too(method, path, status):
    async with client() as gateway:
        answer = await gateway.request(method, path, headers={"content-type": JSON}, content=PLAIN)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["hint"]


async def test_it_lives_before_kafka_does_and_says_that_it_is_not_ready():
    async with client() as gateway:
        assert (await gateway.get("/healthz")).status_code == 200
        assert (await gateway.get("/readyz")).status_code == 503
