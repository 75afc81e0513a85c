"""A feed is asked politely: for what is new, not too often, never for more than fits, and nowhere else."""

import asyncio
from ipaddress import ip_network

import pytest
from tests.builders.partner_server import BOMB, feed_of, partner_server

from cbrn_producers.inbound import polling
from cbrn_producers.inbound.config import FeedSource
from cbrn_producers.inbound.polling import PAUSE_MAX_S, Fetcher, FetchError, Poller

HERE = [ip_network("127.0.0.0/8")]
DOCUMENT = b"<alert/>"


class Kept:
    def __init__(self):
        self.documents = []
        self.known = set()

    async def take(self, data, _content_type, came_from, entry):
        self.documents.append((data, came_from))
        self.known.add(entry)


def poller(server, path, kept, way, every="2m"):
    feed = FeedSource(name="feed", partner="kz", address=server.address(path), every=every)
    return Poller(feed, way, kept.take, kept.known)


async def looks(server, path, kept=None, times=1):
    kept, way = kept or Kept(), Fetcher(HERE)
    try:
        one = poller(server, path, kept, way)
        return kept, [await one.look() for _ in range(times)]
    finally:
        await way.close()


async def test_what_is_new_is_taken_once_and_an_unchanged_feed_is_not_sent_again():
    """The second look costs the partner 200 bytes."""
    async with partner_server() as server:
        server.pages |= {"/feed": feed_of("/a", "/b"), "/a": DOCUMENT, "/b": b"<b/>"}
        kept, pauses = await looks(server, "/feed", times=2)
        assert [data for data, _ in kept.documents] == [DOCUMENT, b"<b/>"]
        assert kept.documents[0][1] == server.address("/a")
        assert (server.unchanged, pauses) == (1, [120.0, 120.0])
        assert server.asked.count("/a") == 1


async def test_what_failed_is_asked_for_again_though_the_feed_has_not_changed():
    """A document that was not there yet, and is a minute later."""
    async with partner_server() as server:
        server.pages |= {"/feed": feed_of("/a")}
        way, kept = Fetcher(HERE), Kept()
        one = poller(server, "/feed", kept, way)
        await one.look()
        server.pages["/a"] = DOCUMENT
        await one.look()
        await way.close()
        assert [data for data, _ in kept.documents] == [DOCUMENT]


async def test_entries_of_before_a_restart_are_not_fetched_again():
    """They are known by what the bus holds of them."""
    async with partner_server() as server:
        server.pages |= {"/feed": feed_of("/a"), "/a": DOCUMENT}
        kept, _ = await looks(server, "/feed")
        await looks(server, "/feed", kept)
        assert server.asked.count("/a") == 1
        assert len(kept.documents) == 1


@pytest.mark.parametrize(
    ("path", "why"),
    [("/elsewhere.xml", "redirects are not followed"), ("/huge.xml", "larger than"), ("/none", "HTTP 404")],
)
async def test_a_feed_that_is_bad_is_left_alone_for_longer_each_time(path, why):
    """And what it does costs nobody beside it anything."""
    async with partner_server() as server:
        way = Fetcher(HERE)
        with pytest.raises(FetchError, match=why):
            await way.get(server.address(path), 1_000_000)
        await way.close()
        _, pauses = await looks(server, path, times=8)
        assert pauses[:2] == [240.0, 480.0]
        assert pauses[-1] == PAUSE_MAX_S


async def test_a_feed_says_itself_when_it_wants_to_be_asked_again():
    """Whoever asks an overloaded server every two minutes keeps it so."""
    async with partner_server() as server:
        _, pauses = await looks(server, "/busy.xml")
        assert pauses == [1800.0]


async def test_a_feed_that_drips_is_cut_off(monkeypatch):
    """A connection that never ends holds nothing but itself."""
    monkeypatch.setattr(polling, "WITHIN_S", 0.2)
    async with partner_server() as server:
        way = Fetcher(HERE)
        with pytest.raises(FetchError, match="no whole answer"):
            await way.get(server.address("/slow.xml"), 1_000)
        await way.close()


async def test_an_entity_bomb_is_no_feed():
    """It is refused before an entity is declared."""
    async with partner_server() as server:
        server.pages["/bomb"] = BOMB
        kept, pauses = await looks(server, "/bomb")
        assert (kept.documents, pauses) == ([], [240.0])


async def test_no_host_but_the_feed_s_own_is_asked():
    """A feed that was taken over must not lead into our network."""
    async with partner_server() as server:
        server.pages["/feed"] = feed_of("http://localhost:1/a", "http://169.254.169.254/latest")
        kept, _ = await looks(server, "/feed")
        assert kept.documents == []
        assert server.asked == ["/feed"]


async def test_a_network_that_is_not_named_is_not_connected_to():
    """Also where a name leads there."""
    way = Fetcher([ip_network("203.0.113.0/24")])
    with pytest.raises(FetchError, match="not allowed"):
        await way.get("http://localhost:9/feed", 1_000)
    await way.close()


async def test_it_stops_when_it_is_to_stop():
    """And not only after its pause."""
    async with partner_server() as server:
        server.pages["/feed"] = feed_of()
        way, stopping = Fetcher(HERE), asyncio.Event()
        running = asyncio.create_task(poller(server, "/feed", Kept(), way).run(stopping))
        while not server.asked:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
        stopping.set()
        await asyncio.wait_for(running, 10)
        await way.close()
