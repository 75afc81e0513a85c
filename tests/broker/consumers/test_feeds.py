"""Feeds on a real broker, as their own users: what was released, over HTTP, as files, posted; lost and made again."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.feed import record as alert_record
from tests.builders.feeds import cancel, cap, released
from tests.builders.users import as_user

from cbrn_consumers.feeds.endpoints import Endpoint
from cbrn_consumers.feeds.readers import add_reader
from cbrn_consumers.feeds.sending import Sending
from cbrn_consumers.feeds.store import store_path
from cbrn_deploy.kafka.ports import free_ports
from cbrn_deploy.processes import feeds as room
from cbrn_deploy.processes.children import ChildProcess
from cbrn_deploy.processes.feeds import EXPOSED, Asked, FeedsServer
from cbrn_deploy.processes.listening import listener_at
from cbrn_schemas.formats.cap import reading, writing
from cbrn_schemas.topics import Realm, to_topic
from cbrn_schemas.users import User

pytestmark = pytest.mark.broker

WITHIN_S = 60
LATER = datetime.now(UTC) + timedelta(days=2)
NOW = datetime.now(UTC)


class Partner:
    """A partner's program: it counts what it was posted, by id; or is dead."""

    def __init__(self):
        self.got = {}

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/in"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        self.got.setdefault(headers["webhook-id"], []).append(await reader.readexactly(int(headers["content-length"])))
        writer.write(b"HTTP/1.1 204 X\r\n\r\n")
        await writer.drain()
        writer.close()


class Feeds:
    """A server of feeds, and a reader of it."""

    def __init__(self, server, base, token):
        self.server, self.base, self.token = server, base, token
        self.client = httpx.AsyncClient(base_url=base, timeout=WITHIN_S)

    async def get(self, path, *, public=False, **headers):
        own = {} if public else {"authorization": f"Bearer {self.token}"}
        return await self.client.get(path, headers=own | {name.replace("_", "-"): it for name, it in headers.items()})

    async def until(self, fact):
        async with asyncio.timeout(WITHIN_S):
            while True:
                if fact(await self.get("/feeds/kz/feed.atom")):
                    return
                await asyncio.sleep(0.1)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What a process is asked to do; to this machine it may send in the clear."""
    monkeypatch.setattr(room, "Sending", partial(Sending, plain=True))

    def ask(living, dead):
        given = {"secrets": ["s" * 30], "networks": ["127.0.0.0/8"], "feed": "kz"}
        endpoints = [
            Endpoint.model_validate({"name": n, "address": a} | given) for n, a in (("a", dead), ("b", living))
        ]
        return Asked(files=tmp_path / "www", endpoints=tuple(endpoints))

    return ask


@contextlib.asynccontextmanager
async def serving(settings, asked, token):
    with listener_at("127.0.0.1:0", room.LISTEN, exposed=EXPOSED) as listener:
        server = FeedsServer(settings, asked, listener)
        running = asyncio.create_task(server.run())
        feeds = Feeds(server, f"http://127.0.0.1:{listener.getsockname()[1]}", token)
        try:
            waiting = asyncio.create_task(server.ready.wait())
            await asyncio.wait({running, waiting}, timeout=WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            assert server.ready.is_set()
            yield feeds
        finally:
            await feeds.client.aclose()
            server.stop()
            await asyncio.wait_for(running, WITHIN_S)


async def write(admin, partner, *records):
    producer = AIOKafkaProducer(**admin.connection())
    await producer.start()
    try:
        for record in records:
            topic = to_topic(Realm.EXERCISE, partner, record.topic.rpartition(".")[2])
            await producer.send_and_wait(topic, record.value, key=b"k", headers=list(record.headers))
    finally:
        await producer.stop()


async def test_what_was_released_reaches_its_readers_and_no_others(realm_of, tmp_path, asked):
    """Over HTTP, as files and by webhook; a dead endpoint, a restart and a lost database change nothing of it."""
    admin = await realm_of("kz", "uz")
    own = await as_user(admin, User(Realm.EXERCISE, None, "feeds"))
    settings = own.model_copy(update={"data_dir": tmp_path, "feed_readers": tmp_path / "readers.json"})
    _, token = add_reader(settings.feed_readers, "kz-duty", ["kz"], (), reason="a test", now=NOW)
    contents = {number: writing.write(cap(number, expires=LATER, sent=NOW)) for number in range(4)}
    await write(admin, "kz", released(contents[1]), released(contents[2], public=True))
    await write(admin, "uz", released(contents[3]))
    async with Partner() as living, Partner() as dead:
        dead.server.close()
        ask = asked(living.address, dead.address)
        async with serving(settings, ask, token) as feeds:
            page = await feeds.get("/feeds/kz/feed.atom")
            assert ("Chlorine 1" in page.text, "Chlorine 2" in page.text, "Chlorine 3" in page.text) == (1, 1, 0)
            assert (await feeds.get("/feeds/uz/feed.atom")).status_code == 404
            public = await feeds.get("/feeds/public/feed.atom", public=True)
            assert ("Chlorine 2" in public.text, public.text.count("<entry>")) == (True, 1)
            assert (await feeds.get("/readyz")).status_code == 200
            assert (await feeds.get("/feeds/kz/feed.atom", if_none_match=page.headers["etag"])).status_code == 304
            names = [one.document.name for one in feeds.server.store.between("kz", 0, None)]
            documents = [(await feeds.get(f"/feeds/kz/documents/{name}.xml")).content for name in names]
            assert documents == [contents[2], contents[1]], "the bytes as they were signed"
            await write(admin, "kz", released(cancel(9, of=1, expires=LATER, headline="All clear")))
            await feeds.until(lambda page: "All clear" in page.text and "Chlorine 1" not in page.text)
            await posted(living, 3)
            before = await feeds.get("/feeds/kz/feed.atom")
            await until(lambda: "All clear" in read(tmp_path / "www" / "kz" / "feed.atom"))
        assert read(tmp_path / "www" / "kz" / "documents" / f"{names[0]}.xml").encode() == contents[2]
        assert "Chlorine 1" not in read(tmp_path / "www" / "public" / "feed.atom")
        await forget_the_feeds(settings)
        async with serving(settings, ask, token) as feeds:
            again = await feeds.get("/feeds/kz/feed.atom")
            assert again.text.replace(feeds.base, before_base := str(before.url).partition("/feeds")[0]) == before.text
            assert before_base != feeds.base
            assert (await feeds.get(f"/feeds/kz/documents/{names[1]}.xml")).content == contents[1]
            await write(admin, "kz", released(contents[0]))
            await posted(living, 4)
        assert all(len(bodies) == 1 for bodies in living.got.values()), "each once, also over the restart"


async def test_a_body_reads_its_alerts_as_cap(realm_of, tmp_path):
    """`cbrn run feeds --body mes`, as the user who may read that body's alerts and nothing else."""
    admin = await realm_of("mes")
    user = User(Realm.EXERCISE, "mes", "feed")
    own = await as_user(admin, user)
    settings = own.model_copy(update={"data_dir": tmp_path})
    open_one, secret = [("cbrn_role", b"lead")], [("cbrn_role", b"lead"), ("cbrn_restricted", b"true")]
    await write(admin, "mes", alert_record(event_id="a-1", order=open_one), alert_record(event_id="a-2", order=secret))
    (port,) = free_ports(1)
    readers = tmp_path / "feed-readers.json"
    _, token = add_reader(readers, "mes-112", ["mes"], (), reason="a test", now=NOW)
    role = ["feeds", "--body", "mes", "--listen", f"127.0.0.1:{port}"]
    child = ChildProcess(settings, tmp_path / "feeds.log", name="the feeds", role=role, user=user)
    await child.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=WITHIN_S) as client:
            headers = {"authorization": f"Bearer {token}"}
            page = (await client.get("/feeds/mes/feed.atom", headers=headers)).text
            assert page.count("<entry>") == 1
            address = page.partition("/feeds/mes/documents/")[2].partition('"')[0]
            document = await client.get(f"/feeds/mes/documents/{address}", headers=headers)
            assert reading.read(document.content).identifier == "a-1"
            assert (await client.get("/feeds/public/feed.atom")).status_code == 401
    finally:
        await child.stop()


async def forget_the_feeds(settings):
    """Lose all of the database but what was sent, as a change of its form does."""
    import sqlite3  # noqa: PLC0415 - here only

    with contextlib.closing(sqlite3.connect(store_path(settings, None))) as given:
        given.execute("UPDATE meta SET value = 'another form' WHERE name = 'whose'")
        given.commit()


def read(path):
    return path.read_text() if path.exists() else ""


async def posted(partner, count):
    await until(lambda: len(partner.got) >= count)


async def until(fact):
    async with asyncio.timeout(WITHIN_S):
        while True:
            if fact():
                return
            await asyncio.sleep(0.05)
