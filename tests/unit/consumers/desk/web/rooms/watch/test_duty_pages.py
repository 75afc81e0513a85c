"""Who is on duty, taken and handed over by touch: what the page says is what the log holds."""

from datetime import timedelta

import pytest
from tests.builders.desk import fields
from tests.builders.desk_watch import keep_files, later, watch_house
from tests.builders.rota import MAIL, PLANTED, entry

from cbrn_consumers.desk.accounts import Role

SCRIPT = "<script>alert(1)</script>"


async def test_the_page_says_who_has_the_watch_and_how_they_are_reached(tmp_path):
    """The number is a call-back of the body's own officers; nobody else is shown one."""
    async with watch_house(tmp_path, all_bodies=True) as (house, _):
        page = (await house.client(Role.OFFICER).get("/watch")).text
        assert "Дежурный 1-й смены" in page
        assert "not taken yet" in page
        assert 'href="tel:+996700123456"' in page
        auditor = (await house.client(Role.AUDITOR).get("/watch")).text
        assert "Дежурный 1-й смены" in auditor
        assert not [planted for planted in PLANTED if planted in auditor]
        keep_files(tmp_path / "rota", "moh")
        other = (await house.client(Role.OFFICER).get("/watch?body=moh")).text
        assert "Дежурный 1-й смены" in other
        assert not [planted for planted in PLANTED if planted in other]
        assert "/watch/take" not in other


async def test_taking_the_watch_names_what_is_open_and_shows_its_time_in_the_log(tmp_path):
    """Then the page says since when, and by whom."""
    async with watch_house(tmp_path) as (house, bus):
        await house.told.tell("mes", situation="KG-2026-a", severity="Severe")
        client = house.client(Role.OFFICER)
        form = fields((await client.get("/watch")).text, "/watch/take")
        answer = await client.post("/watch/take", data=form | {"post": "", "note": "valve shut"})
        (fact,) = bus.written
        assert (fact.post, fact.by, fact.note, fact.open, fact.open_count) == (
            "duty-1", house.account().shown, "valve shut", ("KG-2026-a",), 1,
        )  # fmt: skip
        page = (await client.get(answer.headers["location"])).text
        assert "In the log 03:01:00" in page
        assert "valve shut" in page
        assert "open situations: 1" in page


async def test_of_two_officers_at_once_the_second_is_told_of_the_first(tmp_path):
    """What they had typed stays."""
    async with watch_house(tmp_path) as (house, bus):
        one, other = house.client(Role.OFFICER), house.client(Role.SHIFT_LEADER)
        form = fields((await one.get("/watch")).text, "/watch/take")
        await one.post("/watch/take", data=form)
        answer = await other.post("/watch/take", data=form | {"note": "I am here"})
        assert answer.status_code == 422
        assert "Somebody has changed this since you looked" in answer.text
        assert 'value="I am here"' in answer.text
        assert len(bus.written) == 1


async def test_the_sheet_lists_what_is_open_and_hands_over_to_whoever_comes_next(tmp_path):
    """Printed as it was handed over, with its time in the log."""
    async with watch_house(tmp_path) as (house, bus):
        await house.told.tell("mes", situation="KG-2026-a", severity="Extreme", role="lead")
        client = house.client(Role.OFFICER)
        sheet = (await client.get("/watch/handover?seat=first")).text
        assert "KG-2026-a" in sheet
        form = fields(sheet, "/watch/handover")
        answer = await client.post("/watch/handover", data=form | {"note": "wind turns"})
        (fact,) = bus.written
        assert (fact.post, fact.former, fact.open) == ("duty-2", "duty-1", ("KG-2026-a",))
        done = (await client.get(answer.headers["location"])).text
        assert "In the log 03:01:00" in done
        assert "wind turns" in done
        assert 'action="/watch/handover"' not in done
        assert "by the rota" in (await client.get("/watch")).text


async def test_a_bus_that_does_not_answer_is_said_and_the_rota_still_shown(tmp_path):
    """And nothing that was typed is lost."""
    async with watch_house(tmp_path) as (house, bus):
        bus.away = True
        client = house.client(Role.OFFICER)
        page = await client.get("/watch")
        assert (page.status_code, "The bus does not answer" in page.text) == (200, True)
        assert "Дежурный 1-й смены" in page.text
        assert "reach not known" in page.text
        answer = await client.post("/watch/take", data={"seat": "first", "note": "kept"})
        assert (answer.status_code, 'value="kept"' in answer.text) == (503, True)


async def test_a_change_that_the_log_does_not_hold_is_not_claimed(tmp_path):
    """Whatever the address says."""
    async with watch_house(tmp_path) as (house, _):
        page = (await house.client().get("/watch?said=mes.invented")).text
        assert "does not stand in the log yet" in page
        assert "In the log" not in page


async def test_holes_and_missing_files_are_alarms(tmp_path):
    """A desk without files says what is missing, in its own words and those of the file's reader."""
    async with watch_house(tmp_path) as (house, _):
        later(house, days=1)
        keep_files(tmp_path / "rota", entries=[entry("old", "first: duty-1", "20261101T080000")])
        page = (await house.client().get("/watch")).text
        assert "Alarms of the watch" in page
        assert "HOLE" in page
        (tmp_path / "rota" / "mes.ics").unlink()
        gone = await house.client().get("/watch")
        assert (gone.status_code, "no rota or no file of officers" in gone.text) == (200, True)
        assert (await house.client().get("/watch/rota.ics")).status_code == 422


@pytest.mark.parametrize("note", [SCRIPT, "'\"><img src=x onerror=alert(1)>", "{{ 7*7 }}", "\u202egnp.exe", "a" * 2000])
async def test_hostile_notes_are_text_or_refused(tmp_path, note):
    """Nothing that is stored can run, on the page or on the sheet."""
    async with watch_house(tmp_path) as (house, _):
        client = house.client()
        answer = await client.post("/watch/take", data={"seat": "first", "note": note})
        pages = [answer.text, (await client.get("/watch")).text, (await client.get("/watch/handover")).text]
        assert not [page for page in pages if SCRIPT in page or "<img src=x" in page or ">49<" in page]


@pytest.mark.parametrize(
    "given", [{"seat": "fourth"}, {}, {"seat": "first", "post": "x" * 65}, {"seat": "first", "note": "x" * 2001}]
)
async def test_odd_forms_write_nothing(tmp_path, given):
    """A seat that is none, a post too long."""
    async with watch_house(tmp_path) as (house, bus):
        answer = await house.client().post("/watch/take", data=given)
        assert (answer.status_code, bus.written) == (400, [])
        strange = await house.client().post("/watch/take", data={"seat": "first", "post": "../../etc"})
        assert (strange.status_code, bus.written) == (422, [])


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
async def test_every_page_is_made_in_every_language(tmp_path, lang):
    """No address of an officer but the call-back; nothing undefined."""
    async with watch_house(tmp_path, all_bodies=True) as (house, bus):
        client = house.client(Role.SHIFT_LEADER, lang=lang)
        bus.unheard = {"lane/incidents": house.now - timedelta(minutes=5), "odd": house.now, "feed/moh": house.now}
        for path in ("/watch", "/watch/handover", "/watch/channels", "/watch/silences", "/watch/notices", "/watch/bus"):
            answer = await client.get(path)
            assert (answer.status_code, f'lang="{lang}"' in answer.text) == (200, True), path
            assert (MAIL in answer.text) == (path == "/watch/channels")
            assert "secret-path" not in answer.text
