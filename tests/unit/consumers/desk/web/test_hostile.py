"""What strangers, publishers and faults could do to the desk beyond the door's first look. Without a browser."""

import asyncio
import re
from urllib.parse import quote

import pytest
from tests.builders.desk import ORIGIN, desk_house

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.store.errors import StoreError
from cbrn_consumers.desk.web import door
from cbrn_consumers.desk.web.ring import Audience
from cbrn_consumers.desk.web.rooms.situations.drawing import Drawing

FORM = {"content-type": "application/x-www-form-urlencoded"}
SECRET = {"texts": {"en": {"headline": "Stolen source", "description": "Cs-137"}}}
TURNED = "Calm \u202edezilavni\u2066\u200f"


@pytest.fixture
async def house(tmp_path):
    """The crisis centre's desk, which has a ministry's officers as guests."""
    async with desk_house(tmp_path, "mes", all_bodies=True) as made:
        yield made


async def test_a_form_that_drips_for_ever_is_not_waited_for(house, monkeypatch):
    """By nobody who has signed in, two thousand of them would keep every officer out."""
    monkeypatch.setattr(door, "BODY_WITHIN_S", 0.02)

    async def dripping():
        yield b"lang="
        await asyncio.Event().wait()

    async with asyncio.timeout(20):
        answer = await house.client(None).post("/language", content=dripping(), headers=FORM)
    assert answer.status_code == 408
    assert "Nothing was written" in answer.text


async def test_a_stream_is_not_cut_by_the_time_that_a_form_has(house, monkeypatch):
    monkeypatch.setattr(door, "BODY_WITHIN_S", 0.0)
    sent = iter([{"type": "http.request", "body": b"", "more_body": False}])
    gone = asyncio.Event()

    async def receive():
        for message in sent:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    bounded = door._Bounded(receive)
    await bounded()
    waiting = asyncio.create_task(bounded())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone.set()
    assert (await waiting)["type"] == "http.disconnect"


async def test_a_request_with_two_lengths_is_refused(house):
    """A proxy that has taken the other one would take the rest for somebody else's request."""

    async def body():
        yield b"lang=ky"

    headers = FORM | {"content-length": "7", "transfer-encoding": "chunked"}
    answer = await house.client(None).post("/language", content=body(), headers=headers)
    assert answer.status_code == 400
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8490", 200),
        ("localhost:8490", 200),
        ("[::1]:8490", 200),
        ("evil.test:8490", 421),
        ("127.0.0.1.evil.test", 421),
        ("127.0.0.1@evil.test", 421),
        ("[", 421),
        ("", 421),
    ],
)
async def test_a_desk_of_this_machine_has_no_name_that_others_can_give_it(tmp_path, host, status):
    """A stranger's page whose own name leads here would be of the same origin as ours."""
    async with desk_house(tmp_path, "moh", local=True) as house:
        assert (await house.client(None).get("/sign-in", headers={"host": host})).status_code == status


async def test_what_another_sites_page_sends_under_its_own_name_is_refused_on_this_machine(tmp_path):
    async with desk_house(tmp_path, "moh", local=True) as house:
        evil = {"host": "evil.test", "origin": "https://evil.test"}
        answer = await house.client(None).post("/sign-in", data={"name": "a", "password": "b"}, headers=evil)
        assert answer.status_code == 421


async def test_a_page_that_fails_carries_the_headers_too(house, monkeypatch):
    async def failing(*_, **__):
        raise StoreError("the desk's database does not answer: disk I/O error")

    monkeypatch.setattr(house.store, "page", failing)
    answer = await house.client().get("/")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "disk" not in answer.text


async def test_what_turns_the_direction_of_writing_is_spelled_out_everywhere(house):
    """A publisher could else have a page say the opposite beside its own words."""
    texts = {"en": {"headline": TURNED, "description": TURNED, "instruction": TURNED}}
    await house.told.tell("mes", situation="KG-1", texts=texts, reporter=TURNED, unit=TURNED)
    await house.told.answer("mes", "note", situation="KG-1", by="Asanov \u202e", text="calm \u202e")
    row = await house.store.row("*", "KG-1", house.now)
    told = Drawing(house.store, "mes").row(Audience("*", "en", answering=True), row, house.now)
    pages = [(await house.client().get(path)).text for path in ("/", "/situations/KG-1", "/wall", "/picture/log")]
    for text in (*pages, *map(str, told.values())):
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    assert "Calm \\u202edezilavni" in pages[0]
    assert told["headline"] == "Calm \\u202edezilavni\\u2066\\u200f"


@pytest.mark.parametrize("how", [{"restricted": True}, {"tlp": "RED"}])
async def test_what_is_restricted_is_only_counted_where_others_look_on(house, how):
    """On a wall, and on the locked screen of a telephone."""
    await house.told.tell("moh", situation="KG-1", **SECRET, **how)
    await house.told.answer("moh", "note", situation="KG-1", text="taken from the hospital")
    client = house.client(Role.OFFICER, "moh")
    for path in ("/wall", "/wall/now"):
        page = (await client.get(path)).text
        assert "restricted: see the desk" in page
        assert not re.search('Stolen|taken from|Jayyl · Chuy|wall-place">J', page)
    assert "Stolen source" in (await client.get("/picture")).text
    row = await house.store.row("moh", "KG-1", house.now)
    told = Drawing(house.store, "mes").row(Audience("moh", "en", answering=True), row, house.now)
    assert told["notice"] == "restricted: see the desk"
    assert "Stolen source" in str(told["html"])


@pytest.mark.parametrize("text", ["\0", "'", "\u202e", '" OR *', "a:b*", "\ufffd" * 60, "-" * 60])
async def test_nothing_that_is_searched_for_or_named_fails(house, text):
    await house.told.tell("mes", situation="KG-1")
    client, said = house.client(), quote(text)
    for path in (f"/?q={said}&state=all", f"/?region=KG-{said}&after={said}", f"/watch?said={said}"):
        assert (await client.get(path)).status_code == 200, path
    for path in (f"/situations?name={said}", f"/rules/why?name={said}", f"/picture/readings?station={said}"):
        assert (await client.get(path)).status_code == 404, path
    assert ORIGIN not in (await client.get("/")).text
