"""Webhooks on loopback: signed, never redirected, never into a network that is not allowed, never held up."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.builders.notify import notice

from cbrn_consumers.notify.channel import SENT
from cbrn_consumers.notify.pool import Pool
from cbrn_consumers.notify.webhook import Webhook
from cbrn_producers.networks import ForbiddenTargetError, is_allowed, pinned

SECRET = b"a secret of twenty-four letters"
LOOPBACK = [ip_network("127.0.0.0/8")]
NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)


class Receiver:
    """A server that answers as it is told, byte by byte."""

    def __init__(self, answer, *, tls=None):
        self.answer, self.tls = answer, tls
        self.requests = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.tasks = set()
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self.tasks:
            task.cancel()

    async def _serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests.append((head.split("\r\n")[0], headers, body))
            await self.answer(writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def url(self, host="127.0.0.1"):
        return f"http://{host}:{self.port}/notify?for=mes"


def says(text):
    async def answer(writer):
        writer.write(text.encode())
        await writer.drain()

    return answer


async def drips(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for letter in b"X-Slow: " + b"a" * 10_000:
        writer.write(bytes([letter]))
        await writer.drain()
        await asyncio.sleep(0.1)


async def floods(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    for _ in range(100):
        writer.write(b"x" * 100_000)
        await writer.drain()


OK = says("HTTP/1.1 204 No Content\r\n\r\n")


@pytest.fixture
async def webhook_of():
    made = []

    def make(**options):
        given = {"allowed": LOOPBACK, "plain": True} | options
        made.append(Webhook(SECRET, given.pop("allowed"), lambda: NOW, **given))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def test_a_receiver_can_check_who_says_what_and_when(webhook_of):
    """As Standard Webhooks have it: HMAC-SHA256 over id, time and body."""
    async with Receiver(OK) as receiver:
        assert await webhook_of().send(notice(), receiver.url()) == SENT
    ((line, headers, body),) = receiver.requests
    assert line == "POST /notify?for=mes HTTP/1.1"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["webhook-id"] == headers["idempotency-key"] == "mes.1"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = f"mes.1.{int(NOW.timestamp())}.".encode() + body
    wanted = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"].lower() == f"v1,{wanted}".lower()
    assert json.loads(body)["text"] == "ң ө ү"


@pytest.mark.parametrize(
    ("status", "recoverable"),
    [(301, False), (307, False), (400, False), (410, False), (429, True), (500, True), (503, True)],
)
async def test_an_answer_says_whether_to_try_again(webhook_of, status, recoverable):
    """A redirect could lead a signed notice anywhere: it is not followed."""
    async with Receiver(OK) as elsewhere:
        answer = f"HTTP/1.1 {status} X\r\nLocation: {elsewhere.url()}\r\nContent-Length: 0\r\n\r\n"
        async with Receiver(says(answer)) as receiver:
            outcome = await webhook_of().send(notice(), receiver.url())
        assert not elsewhere.requests
    assert (outcome.sent, outcome.recoverable) == (False, recoverable)
    assert str(status) in outcome.why


async def test_an_answer_of_ten_megabytes_is_not_read(webhook_of):
    async with Receiver(floods) as receiver:
        began = time.monotonic()
        assert await webhook_of().send(notice(), receiver.url()) == SENT
    assert time.monotonic() - began < 2


async def test_a_server_that_drips_holds_nobody_past_the_deadline(webhook_of):
    """Each byte comes in time; only an outer deadline ends it. A good receiver waits for nothing."""
    said, done = [], asyncio.Event()

    async def told(one, outcome, attempt, *, last):
        said.append((one.id, outcome, attempt))
        if len(said) == 2:
            done.set()

    async with Receiver(drips) as slow, Receiver(OK) as good:
        pool = Pool(webhook_of(), told, deadline_s=1.0)
        await pool.put(notice("slow"), slow.url())
        await pool.put(notice("good"), good.url())
        async with asyncio.timeout(5):
            await done.wait()
        await pool.close()
    assert [name for name, _, _ in said] == ["mes.good", "mes.slow"]
    assert said[1][1].recoverable
    assert "within 1 s" in said[1][1].why


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/x", "http://", "https://user:secret@127.0.0.1/x", "http://127.0.0.1:99999999/", "::", "\x00"],
)
async def test_what_is_no_address_of_a_webhook_is_refused(webhook_of, url):
    outcome = await webhook_of().send(notice(), url)
    assert (outcome.sent, outcome.recoverable) == (False, False)
    assert "secret" not in outcome.why


async def test_plain_http_is_refused_outside_of_tests(webhook_of):
    assert (await webhook_of(plain=False).send(notice(), "http://127.0.0.1/x")).why.startswith("only https")


@pytest.mark.parametrize(
    ("addresses", "allowed"),
    [
        (["127.0.0.1"], ["10.0.0.0/8"]),
        (["10.1.2.3", "127.0.0.1"], ["10.0.0.0/8"]),
        (["127.0.0.1"], ["0.0.0.0/0"]),
        (["169.254.169.254"], ["0.0.0.0/0"]),
        (["::1"], ["::/0"]),
        (["::ffff:127.0.0.1"], ["::/0"]),
        (["2002:7f00:1::"], ["::/0"]),
        (["0.0.0.0"], ["0.0.0.0/0"]),  # noqa: S104 - nothing is bound
        (["192.168.1.1"], ["10.0.0.0/8", "fd00::/8"]),
        (["10.0.0.1"] * 40, ["10.0.0.0/8"]),
        ([], ["0.0.0.0/0"]),
    ],
)
async def test_a_name_that_leads_where_nothing_may_be_sent_is_refused(webhook_of, addresses, allowed):
    """The list is of networks; this machine and a cloud's metadata are in none that is wide."""

    async def resolve(host, port):
        return addresses

    networks = [ip_network(each) for each in allowed]
    with pytest.raises(ForbiddenTargetError) as caught:
        await pinned("desk.example", 80, networks, resolve)
    outcome = await webhook_of(allowed=networks, resolve=resolve).send(notice(), "http://desk.example/x")
    assert (outcome.sent, outcome.why) == (False, str(caught.value))


async def test_a_name_is_resolved_once_and_that_address_connected_to(webhook_of):
    """DNS rebinding: allowed when it is checked, another one when it is connected to."""
    asked = []

    async def resolve(host, port):
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async with Receiver(OK) as receiver:
        assert await webhook_of(resolve=resolve).send(notice(), receiver.url("desk.example")) == SENT
    assert asked == [("desk.example", receiver.port)]
    assert receiver.requests[0][1]["host"] == f"desk.example:{receiver.port}"


async def test_a_name_without_an_address_may_have_one_later():
    async def resolve(host, port):
        raise OSError("no such name")

    with pytest.raises(ForbiddenTargetError) as caught:
        await pinned("desk.example", 443, LOOPBACK, resolve)
    assert caught.value.may_pass


@pytest.mark.parametrize(
    ("address", "network", "allowed"),
    [("10.1.2.3", "10.0.0.0/8", True), ("127.0.0.1", "127.0.0.0/8", True), ("fd00::1", "fd00::/8", True)],
)
def test_what_is_listed_is_allowed(address, network, allowed):
    assert is_allowed(ip_address(address), [ip_network(network)]) is allowed


def certified(folder, name):
    """Make a server's context with a certificate for a name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins, ends = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    made = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), begins, ends)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(*pem) + certificate)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=certificate.decode())


@pytest.mark.parametrize(("name", "sent"), [("desk.example", True), ("other.example", False)])
async def test_the_certificate_is_checked_against_the_name_though_an_address_is_connected_to(
    webhook_of, tmp_path, name, sent
):
    """Whoever answers at the address must be who the address was asked for."""

    async def resolve(host, port):
        return ["127.0.0.1"]

    server, client = certified(tmp_path, name)
    async with Receiver(OK, tls=server) as receiver:
        url = f"https://desk.example:{receiver.port}/"
        outcome = await webhook_of(resolve=resolve, verify=client, plain=False).send(notice(), url)
    assert outcome.sent is sent
    assert bool(receiver.requests) is sent
