"""Feeds over HTTP, from a running server: who is let in, what is sent again, and who cannot hold it up. No Kafka."""

import asyncio
import socket
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_network

import httpx
import pytest
from tests.builders.feeds import NOW, cancel, cap, many, put, released

from cbrn_consumers.feeds.endpoints import Endpoint
from cbrn_consumers.feeds.readers import add_reader, remove_reader
from cbrn_consumers.feeds.store import BLOCK, store_path
from cbrn_deploy.processes import feeds as room
from cbrn_deploy.processes import listening
from cbrn_deploy.processes.feeds import EXPOSED, Asked, FeedsError, FeedsServer, address_of
from cbrn_deploy.processes.listening import ListenError, listener_at
from cbrn_schemas.formats.cap import writing
from cbrn_schemas.settings import Settings

NOWHERE = "127.0.0.1:9"
WITHIN_S = 20
LATER = datetime.now(UTC) + timedelta(days=30)


class Running:
    """A server of feeds at a port of this machine."""

    def __init__(self, folder, **asked):
        self.settings = Settings(bootstrap_servers=NOWHERE, data_dir=folder, feed_readers=folder / "readers.json")
        self.listener = listener_at("127.0.0.1:0", room.LISTEN, exposed=EXPOSED)
        self.port = self.listener.getsockname()[1]
        self.tokens = {name: self.add(name, feeds) for name, feeds in (("kz", ["kz"]), ("uz", ["uz"]))}
        self.server = FeedsServer(self.settings, Asked(**asked), self.listener)
        self.store = self.server.store

    def add(self, name, feeds, networks=()):
        path = self.settings.feed_readers
        return add_reader(path, name, feeds, networks, reason="a test", now=NOW)[1]

    async def __aenter__(self):
        self.store.note_complete(NOW)
        self.task = asyncio.create_task(self.server.run())
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=WITHIN_S)
        return self

    async def __aexit__(self, *_):
        await self.client.aclose()
        self.server.stop()
        await asyncio.wait_for(self.task, WITHIN_S)
        self.listener.close()

    async def get(self, path, whose=None, method="GET", **headers):
        own = {} if whose is None else {"authorization": f"Bearer {self.tokens[whose]}"}
        return await self.client.request(
            method, path, headers=own | {k.replace("_", "-"): v for k, v in headers.items()}
        )

    def put(self, *records, **more):
        return put(self.store, *records, **more)


@pytest.fixture
async def feeds(tmp_path):
    async with Running(tmp_path) as running:
        yield running


FEED = "/feeds/kz/feed.atom"


async def test_a_partner_reads_its_feed_and_the_documents_as_they_were_signed(feeds):
    content = writing.write(cap(1, expires=LATER))
    (one,) = feeds.put(released(content))
    page = await feeds.get(FEED, "kz")
    assert page.status_code == 200
    assert page.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert f"/feeds/kz/documents/{one.name}.xml" in page.text
    document = await feeds.get(f"/feeds/kz/documents/{one.name}.xml", "kz")
    assert document.content == content
    assert document.headers["content-type"] == "application/cap+xml"
    assert document.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in document.headers["content-security-policy"]


async def test_a_password_does_as_a_bearers_token_does(feeds):
    said = b64encode(f"kz:{feeds.tokens['kz']}".encode()).decode()
    assert (await feeds.get(FEED, authorization=f"Basic {said}")).status_code == 200


async def test_who_has_no_token_is_asked_for_one_whatever_there_is(feeds):
    """Whether there is such a feed is told to nobody."""
    feeds.put(released(cap(1, expires=LATER)))
    for path in (FEED, "/feeds/uz/feed.atom", "/feeds/nobody/feed.atom", "/feeds/kz/documents/x.xml"):
        answers = [await feeds.get(path), await feeds.get(path, authorization="Bearer cbrn_feed_of_nobody_at_all")]
        assert {one.status_code for one in answers} == {401}
        assert all("Bearer" in one.headers["www-authenticate"] for one in answers)
        assert {one.text for one in answers} == {"A token is needed.\n"}


async def test_a_token_of_others_opens_nothing_and_tells_nothing(feeds):
    (one,) = feeds.put(released(cap(1, expires=LATER)))
    theirs = await feeds.get(f"/feeds/kz/documents/{one.name}.xml", "uz")
    nothing = await feeds.get(f"/feeds/nobody/documents/{one.name}.xml", "uz")
    assert (theirs.status_code, theirs.text) == (nothing.status_code, nothing.text) == (404, app_said(404))
    assert (await feeds.get(FEED, "uz")).status_code == 404


def app_said(status):
    return {404: "There is no such feed or document.\n"}[status]


async def test_a_reader_who_is_removed_is_let_in_no_more(feeds):
    assert (await feeds.get(FEED, "kz")).status_code == 200
    remove_reader(feeds.settings.feed_readers, "kz")
    assert (await feeds.get(FEED, "kz")).status_code == 401


async def test_a_reader_elsewhere_than_in_its_network_is_as_one_without_a_token(feeds):
    feeds.tokens["far"] = feeds.add("far", ["kz"], ["192.0.2.0/24"])
    assert (await feeds.get(FEED, "far")).status_code == 401
    forged = await feeds.get(FEED, "far", x_forwarded_for="192.0.2.7")
    assert forged.status_code == 401, "nobody said that a proxy stands before it"


async def test_behind_a_proxy_counts_what_the_proxy_has_seen(tmp_path):
    async with Running(tmp_path, proxies=(ip_network("127.0.0.0/8"),)) as feeds:
        feeds.tokens["far"] = feeds.add("far", ["kz"], ["192.0.2.0/24"])
        assert (await feeds.get(FEED, "far", x_forwarded_for="192.0.2.7")).status_code == 200
        forged = await feeds.get(FEED, "far", x_forwarded_for="192.0.2.7, 198.51.100.1")
        assert forged.status_code == 401, "only the last was written by the proxy"


async def test_the_public_feed_asks_for_nothing_and_tells_of_nothing_else(feeds):
    """Its numbers, its tag and its time change with what is public alone."""
    feeds.put(released(cap(1, expires=LATER, addresses=()), 0, public=True))
    before = await feeds.get("/feeds/public/feed.atom")
    assert before.status_code == 200
    assert "Chlorine 1" in before.text
    assert "kz" not in before.text.replace("tag:cbrn.kg", "")
    feeds.put(released(cap(2, expires=LATER, headline="For Kazakhstan alone"), 1))
    after = await feeds.get("/feeds/public/feed.atom")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    (hidden,) = feeds.put(released(cap(3, expires=LATER), 2))
    for path in (f"/feeds/public/documents/{hidden.name}.xml", f"/feeds/public/documents/{'0' * 40}.xml"):
        answer = await feeds.get(path)
        assert (answer.status_code, answer.text) == (404, app_said(404))


async def test_caches_keep_what_is_public_and_nothing_else(feeds):
    feeds.put(released(cap(1, expires=LATER), public=True))
    public, own = await feeds.get("/feeds/public/feed.atom"), await feeds.get(FEED, "kz")
    assert public.headers["cache-control"].startswith("public, max-age=")
    assert own.headers["cache-control"] == "private, no-cache"
    assert own.headers["vary"] == "authorization"
    assert (await feeds.get("/feeds/uz/x.atom")).headers["cache-control"] == "no-store"


async def test_only_the_public_feed_is_packed(feeds):
    """By its length a packed page could tell a word that somebody has put beside another."""
    feeds.put(released(cap(1, expires=LATER), public=True))
    raw = await feeds.get("/feeds/public/feed.atom", accept_encoding="gzip")
    assert raw.headers["content-encoding"] == "gzip"
    assert raw.headers["etag"].endswith('-gz"')
    plain = await feeds.get("/feeds/public/feed.atom", accept_encoding="gzip;q=0")
    assert "content-encoding" not in plain.headers
    assert plain.content == raw.content, "httpx unpacks it"
    assert "content-encoding" not in (await feeds.get(FEED, "kz", accept_encoding="gzip")).headers


async def test_who_has_a_page_is_not_sent_it_again(feeds):
    feeds.put(released(cap(1, expires=LATER)))
    page = await feeds.get(FEED, "kz")
    for tag in (page.headers["etag"], f'"x", W/{page.headers["etag"]}', "*"):
        again = await feeds.get(FEED, "kz", if_none_match=tag)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == page.headers["etag"]
    assert (await feeds.get(FEED, "kz", if_none_match='"other"')).status_code == 200
    feeds.put(released(cap(2, expires=LATER), 1))
    assert (await feeds.get(FEED, "kz", if_none_match=page.headers["etag"])).status_code == 200


async def test_a_time_counts_where_no_tag_is_given(feeds):
    (one,) = feeds.put(released(cap(1, expires=LATER)))
    path = f"/feeds/kz/documents/{one.name}.xml"
    document = await feeds.get(path, "kz")
    changed = document.headers["last-modified"]
    assert parsedate_to_datetime(changed) == NOW
    assert (await feeds.get(path, "kz", if_modified_since=changed)).status_code == 304
    assert (await feeds.get(path, "kz", if_modified_since="Thu, 01 Jan 1970 00:00:00 GMT")).status_code == 200
    assert (await feeds.get(path, "kz", if_modified_since="yesterday")).status_code == 200
    both = await feeds.get(path, "kz", if_modified_since=changed, if_none_match='"other"')
    assert both.status_code == 200, "a tag counts before a time"


async def test_a_page_of_this_second_has_no_time_yet(feeds):
    """It may change again within the second, which a time of HTTP cannot tell."""
    feeds.put(released(cap(1, expires=LATER)), now=datetime.now(UTC))
    assert "last-modified" not in (await feeds.get(FEED, "kz")).headers


async def test_a_head_is_a_page_without_its_content(feeds):
    feeds.put(released(cap(1, expires=LATER)))
    page, head = await feeds.get(FEED, "kz"), await feeds.get(FEED, "kz", method="HEAD")
    assert head.content == b""
    for name in ("etag", "content-length", "content-type", "cache-control"):
        assert head.headers[name] == page.headers[name]


async def test_feeds_are_only_read(feeds):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = await feeds.get(FEED, "kz", method=method)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD"), method


async def test_a_cancelled_document_keeps_its_address(feeds):
    (one,) = feeds.put(released(cap(1, expires=LATER), 0))
    feeds.put(released(cancel(2, of=1, expires=LATER, headline="All clear"), 1))
    assert "Chlorine 1" not in (await feeds.get(FEED, "kz")).text
    assert (await feeds.get(f"/feeds/kz/documents/{one.name}.xml", "kz")).status_code == 200


async def test_pages_and_archive_are_reached_by_their_links(feeds):
    many(feeds.store, 4 * BLOCK)
    first = await feeds.get(FEED, "kz")
    for path in ("2.atom", "archive/3.atom"):
        assert f"/feeds/kz/{path}" in first.text
        assert (await feeds.get(f"/feeds/kz/{path}", "kz")).status_code == 200


NO_ADDRESSES = (
    "/feeds/kz/documents/..%2f..%2freaders.json.xml",
    "/feeds/kz/documents/%2e%2e/%2e%2e/readers.xml",
    "/feeds/../readers.json",
    "/feeds/kz/documents/" + "0" * 39 + ".xml",
    "/feeds/kz/documents/" + "0" * 40 + "%00.xml",
    "/feeds/kz/documents/' OR 1=1 --.xml",
    "/feeds/kz/-1.atom",
    "/feeds/kz/01.atom",
    "/feeds/kz/" + "9" * 30 + ".atom",
    "/feeds/kz/archive/x.atom",
    "/feeds/kz/٣.atom",
    "/feeds/KZ/feed.atom",
    "/feeds/kz/feed.atom/",
    "//feeds/kz/feed.atom",
    "/docs",
    "/openapi.json",
)


async def test_an_address_that_is_none_leads_nowhere(feeds):
    feeds.put(released(cap(1, expires=LATER)))
    assert {path: (await feeds.get(path, "kz")).status_code for path in NO_ADDRESSES} == dict.fromkeys(
        NO_ADDRESSES, 404
    )


async def test_other_hosts_are_not_answered_to(feeds):
    """A page whose name was made to point here would read with the browser of somebody inside."""
    for host in ("evil.example", "127.0.0.1.evil.example", "", "feeds.example.kg:81", "localhost:x"):
        answer = await raw(feeds, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 421"), host


async def test_two_hosts_are_none(feeds):
    assert b" 4" in (await raw(feeds, "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"))[:13]


async def test_behind_tls_it_answers_to_its_name_and_links_with_it(tmp_path):
    async with Running(tmp_path, behind_tls="https://feeds.example.kg") as feeds:
        feeds.put(released(cap(1, expires=LATER)))
        page = await feeds.get(FEED, "kz", host="feeds.example.kg")
        assert page.status_code == 200
        assert "https://feeds.example.kg/feeds/kz/documents/" in page.text


async def test_huge_heads_are_refused(feeds):
    answer = await feeds.get(FEED, "kz", x_filler="x" * 9_000)
    assert answer.status_code == 431
    huge = f"GET / HTTP/1.1\r\nHost: localhost\r\nX: {'x' * 200_000}\r\n\r\n"
    assert not (await raw(feeds, huge)).startswith(b"HTTP/1.1 200")
    assert (await feeds.get("/healthz")).status_code == 200


async def test_slow_readers_are_cut_and_others_are_served(feeds, monkeypatch):
    """One sends half a head, one asks for much and reads nothing."""
    monkeypatch.setattr(listening, "HEAD_WITHIN_S", 0.5)
    many(feeds.store, 2 * BLOCK)
    ask = f"GET {FEED} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {feeds.tokens['kz']}\r\n\r\n"
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        deaf.connect(("127.0.0.1", feeds.port))
        deaf.sendall(ask.encode() * 40)
        half, writer = await asyncio.open_connection("127.0.0.1", feeds.port)
        writer.write(b"GET / HTTP/1.1\r\nHos")
        assert (await feeds.get(FEED, "kz")).status_code == 200
        assert await ended(half)
        writer.close()
    assert (await feeds.get(FEED, "kz")).status_code == 200


async def test_one_address_leaves_connections_to_others(feeds, monkeypatch):
    monkeypatch.setattr(room, "LOCAL", frozenset())
    monkeypatch.setattr(room._Connection, "of_one_max", 5)
    held = [await asyncio.open_connection("127.0.0.1", feeds.port) for _ in range(9)]
    waiting = {asyncio.create_task(ended(reader)) for reader, _ in held}
    async with asyncio.timeout(WITHIN_S):
        while len(waiting) > 5:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    for _, writer in held:
        writer.close()


async def ended(reader):
    """Whether the other side has closed, or cut, the connection."""
    try:
        return await asyncio.wait_for(reader.read(), WITHIN_S) == b""
    except ConnectionError:
        return True


async def test_feeds_that_were_never_filled_are_not_shown(tmp_path):
    """An empty feed would say that there is no danger."""
    async with Running(tmp_path) as feeds:
        with feeds.store.tables.writing() as given:
            given.execute("DELETE FROM meta WHERE name = 'complete'")
        answer = await feeds.get(FEED, "kz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        feeds.store.note_complete(NOW)
        assert (await feeds.get(FEED, "kz")).status_code == 200


async def test_without_kafka_it_lives_and_is_not_ready(feeds):
    assert (await feeds.get("/healthz")).text == "ok\n"
    ready = await feeds.get("/readyz")
    assert ready.status_code == 503
    assert "kz" not in ready.text


def test_elsewhere_than_on_this_machine_it_wants_tls():
    with pytest.raises(ListenError, match="in the clear"):
        listener_at("0.0.0.0:0", room.LISTEN, exposed=EXPOSED)


@pytest.mark.parametrize(
    "given", ["http://feeds.example.kg", "https://", "https://u:p@feeds.example.kg", "feeds.example.kg"]
)
def test_an_address_behind_tls_has_tls(given):
    with pytest.raises(ListenError):
        address_of(given)


def test_the_database_of_a_body_is_apart(tmp_path):
    settings = Settings(data_dir=tmp_path)
    assert store_path(settings, "moh") != store_path(settings, None)


def test_an_endpoint_of_a_feed_that_there_is_not_is_refused(tmp_path):
    given = {"name": "x", "feed": "mes", "address": "https://x.example/"}
    given |= {"secrets": ["s" * 30], "networks": ["10.0.0.0/8"]}
    asked = Asked(endpoints=(Endpoint.model_validate(given),))
    with (
        listener_at("127.0.0.1:0", room.LISTEN, exposed=EXPOSED) as listener,
        pytest.raises(FeedsError, match="mes"),
    ):
        FeedsServer(Settings(data_dir=tmp_path), asked, listener)


async def raw(feeds, text):
    reader, writer = await asyncio.open_connection("127.0.0.1", feeds.port)
    writer.write(text.encode())
    try:
        return await asyncio.wait_for(reader.read(4_096), WITHIN_S)
    except ConnectionError:
        return b""
    finally:
        writer.close()
