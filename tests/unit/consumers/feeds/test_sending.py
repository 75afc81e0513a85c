"""Webhooks to partners: each document once, in order; a dead endpoint beside a living one. On loopback, no Kafka."""

import asyncio
import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from tests.builders.feeds import NOW, WHOSE, cancel, cap, put, released

from cbrn_consumers.feeds.deliveries import Deliveries
from cbrn_consumers.feeds.endpoints import Endpoint, EndpointsFileError, read_endpoints
from cbrn_consumers.feeds.sending import DEAD_AFTER, Sending
from cbrn_consumers.feeds.status import status_of
from cbrn_consumers.feeds.store import Store
from cbrn_schemas.formats.cap import writing

SECRET = "a secret of twenty-four letters"  # noqa: S105 - nobody's
WITHIN_S = 20


class Partner:
    """A partner's program: it answers as it is told, and remembers what it was sent."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.more = asyncio.Condition()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        signed = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        status = self.answers.pop(0) if self.answers else 204
        async with self.more:
            self.requests.append((headers | {"signed": signed["webhook-signature"]}, body))
            self.more.notify_all()
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nLocation: /elsewhere\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def got(self, count):
        async with asyncio.timeout(WITHIN_S), self.more:
            await self.more.wait_for(lambda: len(self.requests) >= count)
        return [body for _, body in self.requests]


def endpoint(port, name="kz-ops", **changed):
    given = {"feed": "kz", "address": f"http://127.0.0.1:{port}/in", "secrets": [SECRET], "networks": ["127.0.0.0/8"]}
    return Endpoint.model_validate({"name": name} | given | changed)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "feeds.sqlite3", WHOSE)
    yield made
    made.close()


class Quick:
    """Pauses that cost nothing, and are remembered."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
async def send(store):
    """Begin to send to some endpoints; what it returns is to be set when there is more."""
    tasks = []

    def begin(*endpoints, **pool):
        sending = Sending(store, endpoints, lambda: NOW, pool={"sleep": Quick()} | pool, plain=True)
        changed = asyncio.Event()
        tasks.append(asyncio.create_task(sending.run(changed)))
        changed.task = tasks[-1]
        return changed

    yield begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def ended(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(fact):
    async with asyncio.timeout(WITHIN_S):
        while True:
            if fact():
                return
            await asyncio.sleep(0.01)


async def settled(store, name, result, count=1):
    """Wait until so many documents of an endpoint ended so."""

    def counted():
        with store.tables.reading() as given:
            asked = "SELECT count(*) FROM sent WHERE endpoint = ? AND outcome = ?"
            return given.execute(asked, (name, result)).fetchone()[0] >= count

    await until(counted)


async def test_a_document_is_posted_once_as_it_is_and_signed(store, send):
    content = writing.write(cap(1))
    (one,) = put(store, released(content))
    async with Partner() as partner:
        send(endpoint(partner.port))
        await partner.got(1)
        await settled(store, "kz-ops", "sent")
        ((headers, body),) = partner.requests
    assert body == content
    assert headers["content-type"] == "application/cap+xml"
    assert headers["webhook-id"] == one.id
    signed = f"{one.id}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["signed"] == f"v1,{wanted}"


async def test_with_a_next_secret_there_are_two_signatures(store, send):
    """So a receiver changes secrets when it likes."""
    put(store, released(cap(1)))
    async with Partner() as partner:
        send(endpoint(partner.port, secrets=[SECRET, "whsec_" + base64.b64encode(b"x" * 32).decode()]))
        await partner.got(1)
        assert len(partner.requests[0][0]["signed"].split(" ")) == 2


async def test_documents_come_in_their_order_and_what_is_new_follows(store, send):
    put(store, *(released(cap(number), number) for number in (1, 2, 3)))
    async with Partner(500, 503) as partner:
        changed = send(endpoint(partner.port))
        await partner.got(5)
        put(store, released(cap(4), 4))
        changed.set()
        bodies = await partner.got(6)
    said = [body.decode().split("<identifier>")[1].split("<")[0] for body in bodies]
    assert said == ["e-1", "e-1", "e-1", "e-2", "e-3", "e-4"]


async def test_an_attempt_more_has_the_same_id(store, send):
    put(store, released(cap(1)))
    async with Partner(500, 429) as partner:
        send(endpoint(partner.port))
        await partner.got(3)
    assert len({headers["webhook-id"] for headers, _ in partner.requests}) == 1


async def test_a_dead_endpoint_costs_the_others_nothing_and_is_told_of(store, send, tmp_path):
    put(store, *(released(cap(number), number) for number in range(5)))
    put(store, *(released(cap(number), number, partner="uz") for number in range(5)))
    async with Partner() as living, Partner() as dead:
        dead.server.close()
        with capture_logs() as logs:
            send(endpoint(dead.port, "kz-ops"), endpoint(living.port, "uz-ops", feed="uz"), pauses_s=(0.0,) * 200_000)
            await living.got(5)
            await settled(store, "uz-ops", "sent", 5)
            await until(lambda: any(one["event"] == "an endpoint takes no documents" for one in logs))
    (told,) = [one for one in logs if one["event"] == "an endpoint takes no documents"]
    assert told["endpoint"] == "kz-ops"
    found = {one.endpoint: one for one in status_of(tmp_path / "feeds.sqlite3").endpoints}
    assert found["kz-ops"].failures >= DEAD_AFTER
    assert (found["kz-ops"].waiting, found["kz-ops"].since) == (5, NOW)
    assert (found["uz-ops"].waiting, found["uz-ops"].sent, found["uz-ops"].failures) == (0, 5, 0)


async def test_it_is_told_when_a_dead_endpoint_is_back(store, send):
    put(store, released(cap(1)))
    async with Partner(*[500] * DEAD_AFTER) as partner:
        with capture_logs() as logs:
            send(endpoint(partner.port))
            await settled(store, "kz-ops", "sent")
    assert [one["event"] for one in logs if one["event"].startswith("an endpoint")] == [
        "an endpoint takes no documents",
        "an endpoint takes documents again",
    ]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 301, 307])
async def test_what_a_person_can_mend_loses_no_document(store, send, status):
    """A wrong path, a redirect, a token that has run out: it is tried on, and the redirect is not followed."""
    put(store, released(cap(1)))
    async with Partner(status, status) as partner:
        send(endpoint(partner.port))
        await settled(store, "kz-ops", "sent")
        assert len(partner.requests) == 3


async def test_a_document_that_is_refused_holds_up_no_other(store, send):
    put(store, released(cap(1), 0), released(cap(2), 1))
    async with Partner(422) as partner:
        send(endpoint(partner.port))
        await partner.got(2)
        await settled(store, "kz-ops", "refused")
        await settled(store, "kz-ops", "sent")
        assert len(partner.requests) == 2


async def test_what_is_tried_for_hours_is_given_up_and_said(store, send):
    put(store, released(cap(1), 0), released(cap(2), 1))
    async with Partner(*[500] * 4) as partner:
        with capture_logs() as logs:
            send(endpoint(partner.port), pauses_s=(0.0,) * 3)
            await settled(store, "kz-ops", "given-up")
            await settled(store, "kz-ops", "sent")
    (told,) = [one for one in logs if one["event"] == "a document was not taken"]
    assert told["why"] == "HTTP 500"


async def test_a_restart_goes_on_where_it_was(store, send):
    put(store, *(released(cap(number), number) for number in (1, 2)))
    async with Partner() as partner:
        first = send(endpoint(partner.port))
        await settled(store, "kz-ops", "sent", 2)
        await ended(first.task)
        put(store, released(cap(3), 3))
        send(endpoint(partner.port))
        await settled(store, "kz-ops", "sent", 3)
        assert len(partner.requests) == 3


async def test_a_rebuild_of_the_feeds_sends_nothing_again(store, send, tmp_path):
    put(store, released(cap(1)))
    async with Partner() as partner:
        first = send(endpoint(partner.port))
        await settled(store, "kz-ops", "sent")
        await ended(first.task)
        store.close()
        again = Store(tmp_path / "feeds.sqlite3", WHOSE | {"lang": "ru"})
        put(again, released(cap(2), 5), released(cap(1), 6))
        sending = Sending(again, [endpoint(partner.port)], lambda: NOW, plain=True)
        task = asyncio.create_task(sending.run(asyncio.Event()))
        await settled(again, "kz-ops", "sent", 2)
        await ended(task)
        again.close()
    assert [body.decode().split("<identifier>")[1][:3] for _, body in partner.requests] == ["e-1", "e-2"]


def test_what_is_in_force_no_more_when_its_turn_comes_is_left_out(store):
    """Nobody is woken by an alert that was cancelled hours ago; its cancellation is sent."""
    put(store, released(cap(1), 0), released(cancel(2, of=1), 1))
    to, deliveries = endpoint(1), Deliveries(store)
    assert deliveries.next(to, NOW).message.identifier == "e-2"
    store.expire(NOW + timedelta(days=1))
    assert deliveries.next(to, NOW) is None
    with store.tables.reading() as given:
        assert {row[0] for row in given.execute("SELECT outcome FROM sent")} == {"left-out"}


async def test_an_address_outside_of_its_networks_is_never_connected_to(store, send):
    put(store, released(cap(1)))
    async with Partner() as partner:
        with capture_logs() as logs:
            send(endpoint(partner.port, networks=["10.0.0.0/8"]), pauses_s=(0.0,) * 3)
            await settled(store, "kz-ops", "given-up")
        assert not partner.requests
    assert any("not allowed" in str(one.get("why")) for one in logs)


WHOLE = """
endpoints:
  - name: kz-ops
    feed: kz
    address: https://ops.example.kz/alerts
    secrets: [whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3A=]
    networks: [192.0.2.0/24]
"""


def written(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_file_of_endpoints_is_read(tmp_path):
    (one,) = read_endpoints(written(tmp_path / "webhooks.yaml", WHOLE))
    assert one.keys == (b"0123456789abcdefghijklmnop",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "endpoints:",
        "endpoints: [",
        WHOLE.replace("whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3A=", "hunter2"),
        WHOLE.replace("whsec_MDEy", "whsec_!!!!hunter2"),
        WHOLE.replace("https://", "ftp://"),
        WHOLE.replace("192.0.2.0/24", "192.0.2.300"),
        WHOLE.replace("    networks: [192.0.2.0/24]\n", ""),
        WHOLE.replace("name: kz-ops", "name:hunter2"),
        WHOLE + WHOLE.replace("\nendpoints:\n", ""),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused_and_repeated_in_no_error(tmp_path, text):
    with pytest.raises(EndpointsFileError) as refused:
        read_endpoints(written(tmp_path / "webhooks.yaml", text))
    assert "hunter2" not in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize("mode", [0o640, 0o644])
def test_a_file_that_others_may_read_is_refused(tmp_path, mode):
    with pytest.raises(EndpointsFileError, match="may read"):
        read_endpoints(written(tmp_path / "webhooks.yaml", WHOLE, mode))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(EndpointsFileError, match=r"webhooks\.yaml cannot be read: No such file"):
        read_endpoints(tmp_path / "webhooks.yaml")
