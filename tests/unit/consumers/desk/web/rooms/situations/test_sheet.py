"""What a situation's page says of the others, of what was passed on, of the rules, and of who is on duty."""

import re

import pytest
from tests.builders.desk import desk_house, moment

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.visit import OnDuty
from cbrn_routing.rulebook import national_rulebook


@pytest.fixture
async def centre(tmp_path):
    """The crisis centre's desk, of whose ministries one has answered and one is late."""
    async with desk_house(tmp_path, "mes", all_bodies=True) as made:
        await made.told.tell("mes", "moh", "mia", situation="KG-1", at=moment(-30))
        await made.told.answer("mia", "accepted", situation="KG-1", at=moment(-28), by="Duty officer Bekova")
        yield made


async def sheet(house, client=None, name="KG-1"):
    return (await (client or house.client()).get(f"/situations/{name}")).text


def standing(page):
    table = re.search(r'<table class="cards standing">(.*?)</table>', page, re.DOTALL)
    return re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", table[1], re.DOTALL)


async def test_a_ministry_on_the_centres_desk_sees_where_the_others_stand_and_no_names(centre):
    page = await sheet(centre, centre.client(Role.OFFICER, "moh"))
    rows = standing(page)
    assert len(rows) == 3
    assert any(row.startswith("MIA") and "accepted" in row for row in rows)
    assert "Bekova" not in page
    assert "own topics" not in page, "it does not say that this is seen elsewhere"


async def test_of_a_restricted_situation_it_sees_itself_alone(centre):
    await centre.told.tell("moh", "mia", situation="KG-2", restricted=True, at=moment(-5))
    page = await sheet(centre, centre.client(Role.OFFICER, "moh"), "KG-2")
    assert len(standing(page)) == 1
    assert "MIA" not in page


async def test_the_centre_sees_who_has_what_and_who_is_on_duty_there(centre):
    centre.on_duty = OnDuty("Duty doctor (Asanova)", moment(300), "+996700111222")
    page = await sheet(centre)
    assert any("Bekova" in row and "accepted" in row for row in standing(page))
    assert all("Duty doctor" in row for row in standing(page))
    moh, mes = (next(row for row in standing(page) if row.startswith(name)) for name in ("MoH", "MES"))
    assert "+996700111222" not in moh, "numbers are for a body's own officers"
    assert "+996700111222" in mes


async def test_who_is_on_duty_and_the_call_back_stand_on_the_page_and_in_the_head(tmp_path):
    async with desk_house(tmp_path, "moh") as house:
        await house.told.tell("moh", situation="KG-1")
        house.on_duty = OnDuty("Duty doctor (Asanova)", moment(300), "+996700111222")
        page = await sheet(house)
        assert page.count('href="tel:+996700111222"') == 2
        seen = await sheet(house, house.client(Role.AUDITOR))
        assert "Asanova" in seen
        assert "+996700111222" not in seen
        house.on_duty = OnDuty("", None)
        assert (await sheet(house)).count("NOBODY IS ON DUTY") == 2


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
async def test_what_was_passed_on_has_a_line_of_its_own_in_the_time_line(centre, lang):
    """Once, however many heard it; and an alert that came again for want of an answer."""
    passed = {"situation": "KG-1", "at": moment(0), "again": moment(15), "step": "crisis-centre", "asked": "mes"}
    await centre.told.pass_on("mes", "moh", **passed)
    await centre.told.pass_on("moh", "moh", **passed)
    name = centre.told.records.events["KG-1"]
    await centre.told.store.take(
        [centre.told.records.alert("moh", situation="KG-1", level=1, event_id=name, at=moment(0.5))]
    )
    page = await sheet(centre, centre.client(lang=lang))
    lines = re.findall(r'<li class="passed-on">(.*?)</li>', page)
    assert len(lines) == 2
    word = {"ky": "эми жооп берет", "ru": "теперь отвечает", "en": "asked now"}[lang]
    assert word in lines[1]


async def test_rules_and_laws_of_the_page_lead_to_where_they_are_read(tmp_path):
    async with desk_house(tmp_path, "moh") as house:
        book = national_rulebook()
        house.bus.book = _given(book)
        await house.told.tell("moh", situation="KG/1", rule="toxic-release")
        client = house.client()
        page = (await client.get("/situations?name=KG%2F1")).text
        assert 'href="/rules/why?name=KG%2F1"' in page
        assert (await client.get("/rules/why?name=KG%2F1")).status_code == 200
        rules = re.findall(r'href="(/rules/[a-z-]+)"', page)
        laws = re.findall(r'href="/rules/law#([^"]+)"', page)
        assert "/rules/toxic-release" in rules
        assert (await client.get("/rules/toxic-release")).status_code == 200
        law = (await client.get("/rules/law")).text
        assert laws
        assert all(f'id="{anchor}"' in law for anchor in laws)


def _given(book):
    async def found(_):
        return book

    return found
