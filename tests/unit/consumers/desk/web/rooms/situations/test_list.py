"""The list: its order, what a line says, its filters, and what it looks like in a flood. Without a browser."""

import re

import pytest
from tests.builders.desk import desk_house, fields, moment

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.store import Pulse
from cbrn_consumers.desk.web.visit import OnDuty
from cbrn_schemas.topics import Realm


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "moh") as made:
        yield made


def shown(page):
    """The situations of a list, in its order."""
    return re.findall(r'data-situation="([^"]+)"', page.text)


def ranks(page):
    return re.findall(r'data-rank="([^"]+)"', page.text)


async def test_an_officer_sees_and_acknowledges_without_javascript(house):
    """The whole way with plain forms: the list, the button, the page that says when the log had it."""
    await house.told.tell("moh", situation="KG-2026-a", severity="Severe")
    client = house.client(Role.OFFICER)
    page = await client.get("/")
    assert page.status_code == 200
    sent = await client.post("/acts/acknowledged", data=fields(page.text, "/acts/acknowledged"))
    assert sent.status_code == 303
    done = await client.get(sent.headers["location"])
    assert "in the log" in done.text
    (answer,) = house.answered
    assert answer.receipt.act == "acknowledged"
    assert answer.receipt.by == house.account().shown
    again = await client.get("/")
    assert "Accept" in again.text


async def test_what_must_be_answered_stands_first_and_modules_sort_by_the_same_rank(house):
    """A module puts a new line where the server would: by one key, in text."""
    tell = house.told.tell
    await tell("moh", situation="KG-1", severity="Extreme", role="inform", within=None, at=moment(-9))
    await tell("moh", situation="KG-2", severity="Minor", at=moment(-8))
    await tell("moh", situation="KG-3", severity="Severe", at=moment(-20))
    await tell("moh", situation="KG-4", severity="Severe", role="inform", within=None, at=moment(-7))
    await tell("moh", situation="KG-5", severity="Severe", at=moment(-90), message_type="Cancel", references=("x",))
    page = await house.client().get("/")
    assert shown(page) == ["KG-3", "KG-2", "KG-1", "KG-4", "KG-5"]
    assert ranks(page) == sorted(ranks(page))


async def test_a_line_says_what_changed_and_who_has_it(house):
    tell = house.told.tell
    await tell("moh", situation="KG-1", severity="Moderate", injured=12, at=moment(-9))
    await house.told.answer("moh", situation="KG-1", at=moment(-8), by="Duty officer Bekova")
    await tell("moh", situation="KG-1", severity="Severe", injured=41, at=moment(-2), message_type="Update")
    page = await house.client().get("/")
    assert "UPDATE" in page.text
    assert "injured: 12 → 41" in page.text
    assert "severity: Moderate → Severe" in page.text
    assert "answer anew" in page.text
    assert "Duty officer Bekova" in page.text


async def test_an_all_clear_is_quiet_and_says_who_ended_it(house):
    await house.told.tell("moh", situation="KG-1", message_type="Cancel", references=("x",))
    page = await house.client().get("/")
    assert re.search(r'class="line over".*?all clear', page.text, re.DOTALL)
    assert "<s>" not in page.text, "«the danger is over», struck, reads as its opposite"
    assert "/acts/" not in page.text


async def test_filters_stand_in_the_address_and_search_is_folded(house):
    """«озгон» finds «Өзгөн»: phones without Kyrgyz letters are in many pockets."""
    texts = {"ky": {"headline": "Өзгөн: хлор"}, "en": {"headline": "Uzgen: chlorine"}}
    await house.told.tell("moh", situation="KG-1", texts=texts)
    await house.told.tell("moh", situation="KG-2", texts={"en": {"headline": "Other"}}, place="41703000")
    client = house.client()
    assert shown(await client.get("/?q=озгон")) == ["KG-1"]
    assert shown(await client.get("/?hazard=nuclear")) == []
    assert shown(await client.get("/?hazard=chemical&state=answer&region=KG-C"))
    assert "Nothing is found." in (await client.get("/?q=zzzz")).text
    for odd in ("/?state=x", "/?region=%27", "/?hazard=%3Cb%3E", "/?after=x.y", "/?q=%22%2A%20OR"):
        assert (await client.get(odd)).status_code == 200, odd


async def test_a_flood_folds_what_is_light_and_never_what_is_grave(house):
    """ISA-18.2: above ten in ten minutes nobody keeps up; what is grave must not drown."""
    for number in range(12):
        await house.told.tell("moh", situation=f"KG-m{number}", severity="Minor", at=house.now)
    await house.told.tell("moh", situation="KG-grave", severity="Severe", at=house.now)
    page = await house.client().get("/")
    assert "FLOOD" in page.text
    folds = re.findall(r'<li class="folded">.*?</details></li>', page.text, re.DOTALL)
    assert folds
    assert all("KG-grave" not in fold for fold in folds)
    assert len(shown(page)) == 13, "nothing is left out"


async def test_the_head_says_who_is_on_duty_and_when_the_bus_was_heard(house):
    house.on_duty = OnDuty("Asanov", moment(300))
    page = (await house.client().get("/")).text
    assert "on duty: Asanov" in page
    assert "last heard" in page
    house.on_duty = OnDuty("", None)
    house.pulse = Pulse(moment(-3), connected=False, behind=7, ready=True, trouble="x")
    page = (await house.client().get("/")).text
    assert "NOBODY IS ON DUTY" in page
    assert "LINE TO THE BUS LOST" in page


async def test_an_exercise_says_so_everywhere(tmp_path):
    async with desk_house(tmp_path, realm=Realm.EXERCISE) as house:
        await house.told.tell("moh", situation="KG-1")
        for lang, word in (("ky", "МАШЫГУУ"), ("ru", "УЧЕНИЕ"), ("en", "EXERCISE")):
            page = (await house.client(lang=lang).get("/")).text
            assert f"<title>{word}" in page
            assert '<body class="exercise"' in page


async def test_an_auditor_sees_and_has_no_button(house):
    await house.told.tell("moh", situation="KG-1")
    client = house.client(Role.AUDITOR)
    page = await client.get("/")
    assert shown(page) == ["KG-1"]
    assert "/acts/" not in page.text
    refused = await client.post("/acts/acknowledged", data={"situation": "KG-1"})
    assert refused.status_code == 403
    assert not house.answered
