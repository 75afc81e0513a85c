"""The picture's pages: what they show to whom, what they leave out, and that a headline stays text."""

import csv
import re
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from tests.builders.desk import desk_house
from tests.builders.desk_picture import HOSTILE, NOW, STATION, scene, station
from tests.builders.desk_store import START

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE

PAGES = ("/picture", "/picture/readings", "/picture/month", "/picture/log", "/wall", "/wall/now")


@asynccontextmanager
async def with_scene(folder):
    async with desk_house(folder, "mes", all_bodies=True) as made:
        made.told = await scene(made.store, "mes", "moh")
        await station(made.told, "mes", [0.2, 0.2, 1.4])
        made.now = NOW
        yield made


@pytest.fixture(scope="module")
async def house(tmp_path_factory):
    """Read by all tests, changed by none."""
    async with with_scene(tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture
async def apart(tmp_path):
    """One of its own, in which time passes."""
    async with with_scene(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def officer(house):
    """Signed in once: the desk counts sign-ins."""
    return house.client()


@pytest.fixture(scope="module")
def of_moh(house):
    return house.client(Role.OFFICER, "moh")


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_sees_a_page_without_a_session(house, path):
    """The wall too: it is opened by somebody who signs in there."""
    assert (await house.client(None).get(path)).status_code == 303


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
@pytest.mark.parametrize("path", [*PAGES, f"/picture/readings?station={STATION}"])
async def test_every_page_is_whole_in_every_language(officer, path, lang):
    """A word that is missing would be an error, and the duty room without a picture."""
    cookies = dict(officer.cookies) | {LANGUAGE_COOKIE: lang}
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    page = await officer.get(path, headers={"cookie": sent})
    assert page.status_code == 200, page.text
    assert path == "/wall/now" or f'<html lang="{lang}">' in page.text
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page.text.replace(HOSTILE, ""))


async def test_the_map_numbers_what_the_list_says(officer):
    """Number one is the gravest, on the map and beside it."""
    page = (await officer.get("/picture")).text
    assert [int(number) for number in re.findall(r'<li value="(\d+)"', page)] == [1, 2, 3, 4]
    first = page[page.index('<li value="1"') : page.index('<li value="2"')]
    assert "/situations/KG-2026-late" in first
    assert "NO ANSWER: MES, MoH" in first
    assert page.count('class="mark"') == 4


async def test_a_headline_stays_text_in_map_list_and_wall(officer):
    """A publisher writes it: it stands in the drawing's title, and in three pages."""
    for path in ("/picture", "/wall"):
        page = (await officer.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


async def test_each_number_of_the_board_opens_its_list(officer):
    """Who is late with what, without another page."""
    page = (await officer.get("/picture")).text
    board = page[page.index('id="board-name"') :]
    row = board[board.index(">MoH<") : board.index("</tr>", board.index(">MoH<"))]
    late = row[row.index("<details") : row.index("</details>")]
    assert "KG-2026-late" in late
    assert row.count("<details") == 3


async def test_a_body_sees_its_own_alone(tmp_path):
    """A ministry's desk draws its own situations, and its board names nobody whom it may not know of."""
    async with desk_house(tmp_path, "mes", all_bodies=True) as house:
        house.told = await scene(house.store, "mes")
        await house.told.tell("moh", situation="KG-2026-foreign", severity="Extreme")
        house.now = NOW
        mine = house.client(Role.OFFICER, "moh")
        for path in PAGES:
            page = (await mine.get(path)).text
            assert "KG-2026-late" not in page
            assert "KG-2026-seen" not in page
        assert "KG-2026-foreign" in (await mine.get("/picture")).text


async def test_an_administrator_sees_no_picture(house):
    """Who keeps accounts has no business in situations."""
    administrator = house.client(Role.ADMINISTRATOR)
    for path in PAGES:
        assert (await administrator.get(path)).status_code == 403


async def test_a_station_has_its_curve_and_an_unknown_one_no_page(officer):
    """What was never heard of is not drawn as a station without readings."""
    page = await officer.get("/picture/readings", params={"station": STATION})
    assert "danger level: 1 µSv/h" in page.text
    assert "1.4 µSv/h" in page.text
    assert (await officer.get("/picture/readings", params={"station": "nowhere"})).status_code == 404


async def test_the_month_counts_what_was_asked_and_when_it_was_answered(officer):
    """Three situations asked two bodies each; one of them was answered by both."""
    page = (await officer.get("/picture/month?month=2026-11")).text
    assert "Month 11.2026" in page
    answer = await officer.get("/picture/month.csv?month=2026-11")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="figures-mes-2026-11.csv"'
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert sum(int(row["asked"]) for row in rows) == 6
    assert sum(int(row["in_time"]) for row in rows) == 2
    (seen,) = [row for row in rows if row["body"] == "moh" and row["severity"] == "Moderate"]
    assert float(seen["median_s"]) == 480


async def test_each_number_of_the_month_opens_what_stands_behind_it(officer):
    """As many lines as the number says, and only those."""
    page = (await officer.get("/picture/month?month=2026-11")).text
    links = [unescape(link) for link in re.findall(r'href="(/picture/month/asked[^"]*)">(?:\d+)</a>', page)]
    numbers = [int(number) for number in re.findall(r'href="/picture/month/asked[^"]*">(\d+)</a>', page)]
    assert links
    for link, number in zip(links, numbers, strict=True):
        behind = await officer.get(link)
        assert behind.text.count('<tr><th scope="row">') == number, link


async def test_what_stands_behind_a_number_of_another_body_is_not_shown(of_moh):
    """It answers as a body of which nothing was asked."""
    query = {"month": "2026-11", "severity": "Extreme", "outcome": ""}
    assert (await of_moh.get("/picture/month/asked", params={**query, "body": "moh"})).status_code == 200
    assert (await of_moh.get("/picture/month/asked", params={**query, "body": "mes"})).status_code == 404
    assert (await of_moh.get("/picture/month/asked", params={**query, "body": "nobody"})).status_code == 404


@pytest.mark.parametrize("month", ["2026-13", "11", "2026-11-01", "٢٠٢٦-١١", "<script>"])
async def test_what_is_no_month_has_no_page(officer, month):
    """It is answered, and not with an error of ours."""
    for path in ("/picture/month", "/picture/month.csv"):
        assert (await officer.get(path, params={"month": month})).status_code == 404


async def test_a_month_without_anything_is_a_page(officer):
    """Whoever goes back a year is not shown an error."""
    page = (await officer.get("/picture/month?month=2025-11")).text
    assert "No answer was asked for in this month." in page


async def test_what_stands_longer_than_a_day_is_stale(apart):
    """ISA-18.2 wants fewer than five of them."""
    apart.now = START + timedelta(hours=25)
    page = (await apart.client().get("/picture/month")).text
    stands = page[page.index('id="standing-name"') :]
    assert stands.count("KG-2026-late") == 6, "stands, unanswered and stale, of two bodies"


async def test_the_log_is_that_of_the_hours_asked_for(apart):
    """At eight in the morning it is printed and handed over."""
    assert "Officer of moh" in (await apart.client().get("/picture/log")).text
    apart.now = NOW + timedelta(hours=9)
    officer = apart.client()
    assert "Officer of moh" not in (await officer.get("/picture/log?hours=8")).text
    assert (await officer.get("/picture/log?hours=99999")).status_code == 400


async def test_the_wall_shows_itself_anew_without_javascript(officer):
    """Nobody stands there to press a key; with JavaScript its module asks for a part."""
    page = (await officer.get("/wall")).text
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    part = (await officer.get("/wall/now")).text
    assert "<html" not in part
    assert part.count("wall-one") == 4
    assert "Officer of mes" in part, "the last acts"
