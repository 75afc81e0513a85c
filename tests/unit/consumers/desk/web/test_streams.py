"""What open pages are told: each what its own list shows, in order, once, and from where it was. Without a browser."""

import asyncio
import json
from contextlib import aclosing

import pytest
from tests.builders.desk import desk_house

from cbrn_consumers.desk.store import StoreError
from cbrn_consumers.desk.web.ring import PIECE_BYTES, Audience, Ring
from cbrn_consumers.desk.web.streams import CHANGES_MAX

MOH = Audience("moh", "en", answering=True)
WITHIN_S = 20


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "moh") as made:
        yield made


async def lasting():
    return True


def events(chunk):
    """Names and data of the events in some bytes."""
    found = []
    for block in chunk.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"]), lines.get("id")))
    return found


async def heard(page, wanted, count=1):
    """The first events of a name."""
    found = []
    async with asyncio.timeout(WITHIN_S):
        async for chunk in page:
            found += [event for event in events(chunk) if event[0] == wanted]
            if len(found) >= count:
                return found
    return found


async def test_a_page_is_told_what_changed_and_where_it_stands(house):
    streams = house.app.state.streams
    async with aclosing(streams.page(MOH, streams.cursor(MOH), lasting)) as page:
        await anext(page)
        await house.told.tell("moh", situation="KG-1", severity="Severe")
        ((_, data, cursor),) = await heard(page, "row")
    assert data["situation"] == "KG-1"
    assert data["asks"]
    assert 'action="/acts/acknowledged"' in data["html"]
    assert cursor


async def test_a_page_that_comes_back_hears_what_it_missed_once(house):
    streams = house.app.state.streams
    async with aclosing(streams.page(MOH, streams.cursor(MOH), lasting)) as page:
        await anext(page)
        await house.told.tell("moh", situation="KG-1")
        ((*_, cursor),) = await heard(page, "row")
    await house.told.tell("moh", situation="KG-2")
    await house.told.tell("moh", situation="KG-3")
    async with aclosing(streams.page(MOH, cursor, lasting)) as page:
        found = await heard(page, "row", 2)
    assert [data["situation"] for _, data, _ in found] == ["KG-2", "KG-3"]


@pytest.mark.parametrize("cursor", ["", "x", "0000-3", "a-b", "-", "9" * 40])
async def test_a_page_from_before_a_restart_is_told_to_load_anew(house, cursor):
    streams = house.app.state.streams
    async with aclosing(streams.page(MOH, cursor, lasting)) as page:
        assert await heard(page, "reset")


async def test_a_page_is_told_nothing_of_another_body(tmp_path):
    async with desk_house(tmp_path, "mes", all_bodies=True) as house:
        streams = house.app.state.streams
        everything = Audience("*", "ru", answering=False)
        pages = [streams.page(one, streams.cursor(one), lasting) for one in (MOH, everything)]
        for page in pages:
            await anext(page)
        await house.told.tell("mes", situation="KG-theirs")
        await house.told.tell("moh", situation="KG-ours")
        own, all_of_them = [await heard(page, "row", count) for page, count in zip(pages, (1, 2), strict=True)]
        for page in pages:
            await page.aclose()
    assert [data["situation"] for _, data, _ in own] == ["KG-ours"]
    assert {data["situation"] for _, data, _ in all_of_them} == {"KG-theirs", "KG-ours"}
    assert all("/acts/" not in data["html"] for _, data, _ in all_of_them), "an auditor has no buttons"


async def test_a_page_of_who_signs_out_everywhere_ends(house):
    """A phone that was lost must not go on showing alerts."""
    streams, asked = house.app.state.streams, []

    async def ended():
        asked.append(1)
        return False

    async with aclosing(streams.page(MOH, streams.cursor(MOH), ended)) as page:
        assert await heard(page, "signed-out") == [("signed-out", {}, None)]
        assert [chunk async for chunk in page] == []
    assert asked


async def test_counts_and_a_pulse_are_told_without_being_asked(house):
    streams = house.app.state.streams
    await house.told.tell("moh", situation="KG-1")
    async with aclosing(streams.page(MOH, streams.cursor(MOH), lasting)) as page:
        ((_, data, _),) = await heard(page, "counts")
        assert data["to_answer"] == 1
    async with aclosing(streams.page(MOH, streams.cursor(MOH), lasting)) as page:
        ((_, data, _),) = await heard(page, "pulse")
        assert data["connected"]
        assert data["heard"]


async def test_of_too_much_at_once_pages_load_anew(house):
    streams = house.app.state.streams
    async with aclosing(streams.page(MOH, streams.cursor(MOH), lasting)) as page:
        await anext(page)
        streams.changed([("moh", f"KG-{number}") for number in range(CHANGES_MAX + 1)])
        assert await heard(page, "reset")


async def test_after_a_failure_of_the_database_pages_load_anew_and_go_on(house, monkeypatch):
    """What could not be told must not be missed in silence."""
    streams, rows = house.app.state.streams, house.store.rows

    async def failing(*_):
        monkeypatch.setattr(house.store, "rows", rows)
        raise StoreError("the database does not answer")

    async with aclosing(streams.page(MOH, streams.cursor(MOH), lasting)) as page:
        await anext(page)
        monkeypatch.setattr(house.store, "rows", failing)
        await house.told.tell("moh", situation="KG-1")
        assert await heard(page, "reset")
        await house.told.tell("moh", situation="KG-2")
        ((_, data, _),) = await heard(page, "row")
    assert data["situation"] == "KG-2"


async def test_a_stop_ends_every_page_at_once(house):
    streams = house.app.state.streams
    async with aclosing(streams.page(MOH, streams.cursor(MOH), lasting)) as page:
        await anext(page)
        streams.stop()
        async with asyncio.timeout(WITHIN_S):
            assert [chunk async for chunk in page if b"row" in chunk] == []


def test_a_ring_keeps_to_its_bounds(monkeypatch):
    monkeypatch.setattr("cbrn_consumers.desk.web.ring.EVENTS_MAX", 3)
    ring = Ring("e")
    start = ring.cursor
    for number in range(3):
        ring.add("row", {"n": number})
    assert len(events(b"".join(ring.since(start)[0]))) == 3
    ring.add("row", {"n": 3})
    assert ring.since(start) is None
    assert ring.since(ring.cursor) == ((), ring.cursor)


async def test_a_page_that_reads_slowly_is_told_much_in_pieces(house):
    """Each phone on a weak line would else be kept all that it missed in a flood, four megabytes of its own."""
    streams = house.app.state.streams
    start = streams.cursor(MOH)
    ring = streams._kept(MOH).ring
    for number in range(100):
        ring.add("row", {"n": number, "html": "x" * 10_000})
    found = []
    async with asyncio.timeout(WITHIN_S), aclosing(streams.page(MOH, start, lasting)) as page:
        async for chunk in page:
            assert len(chunk) < PIECE_BYTES + 11_000
            found += [data["n"] for name, data, _ in events(chunk) if name == "row"]
            if len(found) >= 100:
                break
    assert found == list(range(100))


def test_a_line_break_in_a_text_does_not_end_an_event():
    ring = Ring("e")
    start = ring.cursor
    ring.add("row", {"html": "a\n\nevent: row\ndata: {}\n\n\u2028"})
    ((name, data, _),) = events(b"".join(ring.since(start)[0]))
    assert name == "row"
    assert data["html"].startswith("a\n\nevent")


async def test_a_page_hears_what_came_while_it_was_told_something(house):
    """It sleeps until there is news: what came while it was away from its ring must not wait for more."""
    streams = house.app.state.streams
    async with aclosing(streams.page(MOH, streams.cursor(MOH), lasting)) as page:
        await anext(page)
        await house.told.tell("moh", situation="KG-1")
        await heard(page, "row")
        streams._beat = b"event: pulse\ndata: {}\n\n"
        async with asyncio.timeout(1):
            assert await anext(page) == streams._beat
        streams._stopped = True
        async with asyncio.timeout(1):
            assert [chunk async for chunk in page] == []
