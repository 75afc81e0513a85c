"""A watch kept over the desk's pages, on the real bus: taken, its channels tried, silenced for a while, handed over."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from tests.broker.consumers.test_answers import bus  # noqa: F401 - the fixture
from tests.broker.consumers.test_notify import history, results, telling, until
from tests.builders.desk import desk_house, fields
from tests.builders.notify import MOBILE, mobile, officer
from tests.builders.rota import calendar

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.rooms.watch.line import Lines
from cbrn_consumers.inbox.reader import read_silences
from cbrn_consumers.rota import keep_rota
from cbrn_consumers.rota.reader import read_log
from cbrn_producers.simulator import SmsCentre
from cbrn_schemas.notice import Notice

pytestmark = pytest.mark.broker

REASON = "The station is broken, mended by noon"
IN_THE_LOG = re.compile(r"In the log \d\d:\d\d:\d\d")


@pytest.fixture
def rota(tmp_path):
    """Two officers, each a day: the change six hours ago, and in eighteen."""
    now = datetime.now(UTC)
    days = (("one", "duty-1", now - timedelta(hours=6)), ("two", "duty-2", now + timedelta(hours=18)))
    keep_rota(
        tmp_path,
        "moh",
        calendar(
            *(
                (f"UID:{uid}", f"SUMMARY:first: {post}", f"DTSTART:{at:%Y%m%dT%H%M%SZ}", "DURATION:P1D")
                for uid, post, at in days
            )
        ),
    )
    return tmp_path


async def press(house, client, path, form):
    """Send a form now, and return the page to which it leads."""
    house.now = datetime.now(UTC)
    answer = await client.post(path, data=form)
    if answer.status_code != 303:
        return answer.text
    house.now = datetime.now(UTC) + timedelta(seconds=1)
    return (await client.get(answer.headers["location"])).text


async def test_a_watch_is_kept_over_the_pages(bus, rota):  # noqa: F811 - the fixture
    """What the pages show is what the command line reads from the same log."""
    settings = bus.settings.model_copy(update={"rota_dir": rota})
    officers = officer("duty-1", mobile(), {"name": "desk", "kind": "bell"}), officer("duty-2", mobile())
    async with (
        SmsCentre() as centre,
        telling(settings, centre, rota, *officers),
        desk_house(rota / "desk", "moh", settings=settings) as house,
    ):
        house.now = datetime.now(UTC)
        client = house.client(Role.SHIFT_LEADER)
        form = fields((await client.get("/watch")).text, "/watch/take")
        assert IN_THE_LOG.search(await press(house, client, "/watch/take", form | {"note": "valve shut"}))
        assert "Somebody has changed this" in await press(house, client, "/watch/take", form)

        await press(house, client, "/watch/channels/test", {"post": "duty-1"})
        (message,) = await centre.wait_for(1)
        sent = await until(lambda: history(settings), lambda all_: results(all_).count("sent") >= 2)
        code = next(each.code for each in sent if isinstance(each, Notice) and each.channel == "desk")
        await centre.reply(MOBILE, message.text[-6:], 7)
        page = await press(house, client, "/watch/channels/answer", {"code": code})
        assert "the channel reaches duty-1" in page
        log = await until(lambda: read_log(settings, "moh"), both_answered)
        assert log.tests["duty-1", "desk"].fact.by == house.account(Role.SHIFT_LEADER).shown

        begun = await press(house, client, "/watch/silences", {"reason": REASON, "hours": "2", "station": "gamma-1"})
        assert "The silence is in the log" in begun
        (silence,) = (await read_silences(settings, "moh")).standing
        assert REASON in (await client.get("/watch/silences")).text
        await until(lambda: press(house, client, "/watch/silences/end", {"silence": silence}), ended)
        assert (await read_silences(settings, "moh")).standing[silence].end is not None

        sheet = (await client.get("/watch/handover?seat=first")).text
        done = await press(house, client, "/watch/handover", fields(sheet, "/watch/handover") | {"note": "all quiet"})
        assert IN_THE_LOG.search(done)
        held = (await read_log(settings, "moh")).holder("first", datetime.now(UTC) + timedelta(seconds=1))
        assert (held.fact.post, held.fact.former, held.fact.note) == ("duty-2", "duty-1", "all quiet")
        notices = (await client.get("/watch/notices")).text
        assert "Test of the channel" in notices
        assert MOBILE not in notices


async def test_the_bus_tells_of_itself_and_where_it_is_gone_the_page_says_so(bus, tmp_path):  # noqa: F811 - the fixture
    """A desk of the crisis centre on a bus without routers; then one whose broker is away."""
    async with desk_house(tmp_path / "one", "mes", all_bodies=True, settings=bus.settings) as house:
        page = (await house.client(Role.OFFICER).get("/watch/bus")).text
        assert "No router has been heard" in page
        assert "The watch misses nothing" in page
        assert await Lines(bus.settings, lambda: house.now).look() == (0, 0, None, 0, True)
    gone = bus.settings.model_copy(update={"bootstrap_servers": "127.0.0.1:1", "rota_dir": tmp_path})
    async with desk_house(tmp_path / "two", "mes", all_bodies=True, settings=gone) as house:
        client = house.client(Role.OFFICER)
        pages = await asyncio.gather(*(client.get(path) for path in ("/watch", "/watch/bus", "/watch/silences")))
        assert {page.status_code for page in pages} == {200}
        assert all("The bus does not answer" in page.text for page in pages)


def both_answered(log):
    outcomes = {each.fact.outcome for (post, _), each in log.tests.items() if post == "duty-1"}
    return outcomes == {"answered"} and len(log.tests) >= 2


def ended(page):
    return "The silence has ended" in page or "There is no such silence" in page
