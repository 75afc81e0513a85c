"""What a partner's server may say that no standard foresees: it harms its own feed at most, and hides nothing in it."""

import asyncio
import itertools
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest
from tests.builders.partner_server import feed_of

from cbrn_producers.heads import HEAD_BYTES_MAX
from cbrn_producers.inbound import polling
from cbrn_producers.inbound.config import FeedSource
from cbrn_producers.inbound.polling import Fetcher, FetchError, Poller
from cbrn_schemas.formats.atom.reading import read

HERE = [ip_network("127.0.0.0/8")]
OK = b"HTTP/1.1 200 OK\r\n"


def whole(body, *headers):
    """An answer as it should be, with headers more."""
    more = b"".join(each + b"\r\n" for each in headers)
    return OK + more + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def answering(pages):
    """Serve raw answers by path; yields the address of the server and the paths that were asked for."""
    asked = []

    async def answer(reader, writer):
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            asked.append(path)
            writer.write(pages.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
            await writer.drain()
            writer.write_eof()
            await reader.read()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


@asynccontextmanager
async def polled(pages):
    """A poller of `/feed` of such a server, what it has taken, and what it has asked for."""
    taken = {}

    async def take(data, _content_type, came_from, entry):
        taken[entry] = (data, came_from)

    async with answering(pages) as (root, asked):
        way = Fetcher(HERE)
        feed = FeedSource(name="feed", partner="kz", address=f"{root}/feed", every="2m")
        try:
            yield Poller(feed, way, take, taken), taken, asked
        finally:
            await way.close()


@pytest.mark.parametrize(
    "headers",
    [
        [b'ETag: "\xd0\xa0"'],
        [b"Last-Modified: \xff\xfe"],
        [b'ETag: "' + b"x" * 20_000 + b'"'],
        [b"ETag: \x00"],
    ],
)
async def test_an_etag_that_no_header_may_hold_does_not_end_a_feed(headers):
    """It was taken once, and at each look after that the poller failed."""
    async with polled({}) as (one, taken, asked):
        pass
    pages = {"/feed": whole(feed_of("/a"), *headers), "/a": whole(b"<a/>"), "/b": whole(b"<b/>")}
    async with polled(pages) as (one, taken, asked):
        first = await one.look()
        if first == 120.0:
            pages["/feed"] = whole(feed_of("/a", "/b"), *headers)
            assert await one.look() == 120.0
            assert [data for data, _ in taken.values()] == [b"<a/>", b"<b/>"]
        else:
            assert (first, asked) == (240.0, ["/feed"]), "refused as no HTTP"


@pytest.mark.parametrize(
    "said",
    [b"9" * 5_000, b"Mon, 01 Jan 2020 00:00:00 +99999999999999", b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT"],
)
async def test_a_wait_that_is_no_time_is_an_ordinary_failure(said):
    """And no reason to ask again every five seconds."""
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + said + b"\r\n\r\n"
    async with polled({"/feed": busy}) as (one, _, _):
        assert await one.look() in {240.0, polling.PAUSE_MAX_S}


@pytest.mark.parametrize("said", ["Mon, 01 Jan 2020 00:00:00 +99999999999999", "1 Jan 99999999999999999999 00:00"])
def test_a_day_of_twenty_digits_hides_no_entry(said):
    """One item with such a date hid the whole feed."""
    item = "<item><guid>{0}</guid><link>http://a.example/{0}</link><pubDate>{1}</pubDate></item>"
    items = item.format("a", said) + item.format("b", "Mon, 11 May 2026 03:00:00 GMT")
    feed = read(f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode(), "http://a.example/")
    assert [(each.id, each.updated is None) for each in feed.items] == [("a", True), ("b", False)]


async def test_dead_links_hide_nothing_that_stands_behind_them(monkeypatch):
    """Two hundred old alerts that are gone, and a new one below them."""
    monkeypatch.setattr(polling, "NEW_MAX", 3)
    pages = {"/feed": whole(feed_of("/1", "/2", "/3", "/4", "/new")), "/new": whole(b"<new/>")}
    async with polled(pages) as (one, taken, _):
        await one.look()
        await one.look()
        assert [data for data, _ in taken.values()] == [b"<new/>"]
        pages["/1"] = whole(b"<late/>")
        await one.look()
        await one.look()
        assert [data for data, _ in taken.values()] == [b"<new/>", b"<late/>"], "nor are they forgotten"


async def test_a_document_that_is_said_to_be_unchanged_is_not_had():
    """Nobody has it: an empty one would be set aside in its place, and it would never be asked for again."""
    pages = {"/feed": whole(feed_of("/a")), "/a": b"HTTP/1.1 304 Not Modified\r\n\r\n"}
    async with polled(pages) as (one, taken, _):
        await one.look()
        assert taken == {}
        pages["/a"] = whole(b"<a/>")
        await one.look()
        assert [data for data, _ in taken.values()] == [b"<a/>"]


@pytest.mark.parametrize(
    "href", ["http://127.0.0.1:1/a", "http://127.0.0.1:abc/a", "http://127.0.0.1:99999/a", "https://127.0.0.1/a"]
)
async def test_no_other_port_of_the_feed_s_machine_is_asked(href):
    """Whoever writes a feed could else have every service of that machine asked by us, and one by a weaker way."""
    asked = []
    async with polled({"/feed": whole(feed_of(href, "/a")), "/a": whole(b"<a/>")}) as (one, taken, _):
        get = one._fetcher.get

        async def noted(address, most, **conditions):
            asked.append(address)
            return await get(address, most, **conditions)

        one._fetcher.get = noted
        assert await one.look() == 120.0
        assert [each.rpartition("/")[2] for each in asked] == ["feed", "a"]
        assert len(taken) == 1


async def test_what_nobody_thought_of_leaves_a_feed_alone_for_longer_each_time(monkeypatch):
    """And not in the hands of what begins a way in again after five seconds."""

    def fail(*_):
        raise OverflowError

    monkeypatch.setattr(polling, "read_listing", fail)
    async with polled({"/feed": whole(feed_of("/a"))}) as (one, _, _):
        assert [await one.look(), await one.look()] == [240.0, 480.0]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", "compressed"),
        (OK + b"Content-Length: 10\r\n\r\n<a/>", "RemoteProtocolError"),
        (OK + b"Content-Length: -1\r\n\r\n<a/>", "Protocol"),
        (OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n<a/>x", "Protocol"),
        (OK + b"X: " + b"x" * 200_000 + b"\r\n\r\n", "Protocol"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\n<a/>", "Protocol"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + OK + b"Content-Length: 2000000\r\n\r\n" + b"x" * 2_000_000, "larger"),
        (b"HTTP/1.1 302 Found\r\nLocation: /feed\r\nContent-Length: 0\r\n\r\n", "redirects are not followed"),
        (b"\x16\x03\x01\x02\x00", "Protocol"),
        (b"", "Protocol"),
    ],
)
async def test_what_is_no_whole_plain_answer_is_not_taken(answer, why):
    """Each its own answer, and none of them an alert cut off in the middle."""
    async with answering({"/x": answer}) as (root, _):
        way = Fetcher(HERE)
        with pytest.raises(FetchError, match=why):
            await way.get(f"{root}/x", 1_000_000)
        await way.close()


async def test_a_name_that_leads_inside_at_the_second_look_is_not_followed():
    """What was allowed at the first is asked about anew each time, and that very address connected to."""
    answers = [["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1", "169.254.169.254"], ["::ffff:10.0.0.1"], ["0.0.0.0"]]  # noqa: S104 - an answer

    async def resolve(_host, _port):
        return answers.pop(0)

    async with answering({"/x": whole(b"<a/>")}) as (root, asked):
        way = Fetcher(HERE, resolve=resolve)
        address = f"{root}/x".replace("127.0.0.1", "feed.example")
        assert (await way.get(address, 100)).content == b"<a/>"
        while answers:
            with pytest.raises(FetchError, match="not allowed"):
                await way.get(address, 100)
        assert asked == ["/x"]
        await way.close()


@asynccontextmanager
async def fetching(answers):
    """A fetcher, the address of a server that gives these answers over one connection, and who has connected."""
    connected = []

    async def serve(reader, writer):
        connected.append(writer)
        try:
            for answer in answers:
                await reader.readuntil(b"\r\n\r\n")
                for part in answer:
                    writer.write(part)
                    await writer.drain()
            await reader.read()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    way = Fetcher(HERE)
    try:
        yield way, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", connected
    finally:
        await way.close()
        server.close()


async def test_continue_without_end_is_cut_off_by_its_size_and_not_by_the_clock():
    """Each is parsed: for 20 seconds it had all the time of a process that others wait for."""
    endless = itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)
    async with fetching([endless]) as (way, address, _):
        with pytest.raises(FetchError, match="ReadError"):
            await way.get(address, 1_000)


async def test_a_body_is_as_long_as_its_reader_allows_whatever_a_head_may_be():
    """Also the second one on a connection that is kept."""
    large = b"x" * (3 * HEAD_BYTES_MAX)
    async with fetching([[whole(large)], [whole(large), b""]]) as (way, address, connected):
        for _ in range(2):
            assert (await way.get(address, len(large))).content == large
        assert len(connected) == 1
