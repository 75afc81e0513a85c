"""Silences, notices, the health of the bus: who, why, until when; what came of it; what is not heard."""

from datetime import timedelta

import pytest
from tests.builders.desk_watch import code_sent, keep_files, later, report, watch_house
from tests.builders.rota import PLANTED

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.rooms.watch.health import health_of
from cbrn_consumers.desk.web.visit import BusLine
from cbrn_schemas.notice import NoticeOutcome

REASON = "The station is broken, mended by noon"
SCRIPT = "<script>alert(1)</script> is why"


async def test_a_silence_is_begun_listed_and_ended(tmp_path):
    """By whom, why, until when; ended it stays in the history."""
    async with watch_house(tmp_path) as (house, bus):
        client = house.client(Role.OFFICER)
        begun = await client.post("/watch/silences", data={"reason": REASON, "hours": "2", "station": "gamma-1"})
        assert "The silence is in the log" in begun.text
        (silence,) = bus.written
        assert (silence.author, silence.expires - silence.starts) == (house.account().shown, timedelta(hours=2))
        page = (await client.get("/watch/silences")).text
        assert REASON in page
        assert "in 2 h" in page
        assert "/watch/silences/end" not in (await house.client(Role.AUDITOR).get("/watch/silences")).text
        later(house, minutes=5)
        ended = await client.post("/watch/silences/end", data={"silence": silence.id, "reason": "mended"})
        page = (await client.get(ended.headers["location"])).text
        assert "The silence has ended" in page
        assert "ended early" in page
        assert (await client.post("/watch/silences/end", data={"silence": silence.id})).status_code == 422


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reason": "x"}, "Say in at least two words why"),
        ({"station": ""}, "This covers too much"),
        ({"station": "", "kind": "no-such", "region": "KG-O"}, "This covers too much, or names what does not exist"),
        ({"station": "", "region": "KG-O"}, "This covers too much"),
        ({"reason": SCRIPT, "station": ""}, "This covers too much"),
    ],
)
async def test_a_silence_that_cannot_be_is_refused_and_what_was_typed_stays(tmp_path, given, said):
    """A silence must be narrow, and understood by the next watch."""
    async with watch_house(tmp_path) as (house, bus):
        data = {"reason": REASON, "hours": "8", "station": "gamma-1"} | given
        answer = await house.client().post("/watch/silences", data=data)
        assert (answer.status_code, said in answer.text, bus.written) == (422, True, [])
        assert 'value="8" selected' in answer.text
        assert "<script>alert" not in answer.text


async def test_another_bodys_silence_is_ended_by_nobody_here(tmp_path):
    """Nor one that does not exist."""
    async with watch_house(tmp_path) as (house, bus):
        client = house.client()
        for name in ("moh.s1", "mes.none", "", "../x", "mes"):
            answer = await client.post("/watch/silences/end", data={"silence": name})
            assert (answer.status_code in {400, 422}, bus.written) == (True, []), name


async def test_notices_say_what_reached_nobody(tmp_path):
    """By post and channel; no number stands on the page."""
    async with watch_house(tmp_path) as (house, bus):
        for code, result in (("1111", "delivered"), ("2222", "given-up")):
            notice = code_sent("duty-1", "mobile", "sms", code, house.now)
            said = {"realm": notice.realm, "body": "mes", "notice": notice.id, "result": result, "at": house.now}
            bus.notices += [notice, NoticeOutcome.model_validate(said)]
        client = house.client()
        page = (await client.get("/watch/notices")).text
        assert "delivered" in page
        assert "could not be sent" in page
        assert "Reached nobody (1)" in page
        assert not [planted for planted in PLANTED if planted in page]
        failed = (await client.get("/watch/notices?only=failed")).text
        assert "could not be sent" in failed
        assert ">✓ delivered" not in failed


async def test_the_crisis_centre_sees_how_the_bus_is(tmp_path):
    """Routers, the book in force, what is silent; where it cannot be read the page says that it is not known."""
    async with watch_house(tmp_path, all_bodies=True) as (house, bus):
        client = house.client()
        bus.routers = [
            report("incidents-1", "incidents", house.now),
            report("incidents-2", "incidents", house.now - timedelta(minutes=5)),
        ]
        bus.unheard = {"lane/monitoring": house.now - timedelta(minutes=7)}
        page = (await client.get("/watch/bus")).text
        assert "1 of 2" in page
        assert "number 3" in page
        assert "The routers of a lane do nothing" in page
        bus.routers, bus.unheard = [], {}
        page = (await client.get("/watch/bus")).text
        assert "No router has been heard" in page
        assert "The watch misses nothing" in page
        bus.away = True
        page = (await client.get("/watch/bus")).text
        assert "Not known" in page
        assert "The watch misses nothing" not in page
        keep_files(tmp_path / "rota", "moh")
        other = house.client(Role.OFFICER, "moh")
        assert (await other.get("/watch")).status_code == 200
        assert (await other.get("/watch/bus")).status_code == 404


async def test_routers_that_decide_by_different_books_are_told_apart(tmp_path):
    """Most of those that are heard say which is in force."""
    async with watch_house(tmp_path) as (house, _):
        now = house.now
    reports = [report(f"incidents-{n}", "incidents", now) for n in range(2)]
    reports.append(report("monitoring-1", "monitoring", now, sequence=2, digest="0" * 12, problem="cannot be followed"))
    reports.append(report("monitoring-2", "monitoring", now - timedelta(hours=1), sequence=1, digest="1" * 12))
    health = health_of(reports, now)
    assert (health.live, health.sequence, health.agreed) == (3, 3, False)
    assert [each.name for each in health.routers if each.odd] == ["monitoring-1"]
    assert health.routers[0].silent


async def test_the_head_of_the_crisis_centres_pages_says_how_the_bus_is(tmp_path):
    """In words and with a shape where something is wrong; a ministry's pages say nothing of it."""
    line = BusLine(live=1, routers=2, sequence=3, silent=1, agreed=False)
    async with watch_house(tmp_path, all_bodies=True, bus_line=lambda: line) as (house, _):
        page = (await house.client().get("/watch")).text
        assert "✗ routers: 1 of 2 · rule book 3 · not the same everywhere · silent: 1" in page
        assert "routers: 1 of 2" not in (await house.client(Role.OFFICER, "moh").get("/watch")).text


async def test_what_is_not_wrong_is_said_quietly(tmp_path):
    """Grey is normal."""
    line = BusLine(live=2, routers=2, sequence=0, silent=0, agreed=True)
    async with watch_house(tmp_path, all_bodies=True, bus_line=lambda: line) as (house, _):
        page = (await house.client().get("/watch")).text
        assert '<p class="bus-line"><a href="/watch/bus">routers: 2 of 2</a>' in page
