"""A body that is asked in another's place: its line, its page, its answer; told of the situation itself or not."""

import pytest
from tests.builders.desk import desk_house, fields, moment

from cbrn_consumers.desk.store import ALL, Filters, ListState

HEADLINE = {"en": "Chlorine leak in Min-Kush", "ky": "Миң-Кушта хлор чыкты"}


@pytest.fixture
async def house(tmp_path):
    """A desk of the government's office, which was told of nothing, and is asked in the place of the ministry."""
    async with desk_house(tmp_path, "mia") as made:
        said = {"again": moment(15), "headline": HEADLINE, "severity": "Severe", "at": moment(0)}
        await made.told.pass_on("mia", "moh", situation="KG-1", **said)
        yield made


async def row_of(house, scope="mia"):
    return await house.store.row(scope, "KG-1", house.now)


async def test_it_stands_in_the_list_and_wants_an_answer(house):
    row = await row_of(house)
    assert (row.due, row.severity, row.in_place_of, row.restricted) == (moment(15), "Severe", ("moh",), False)
    page = await house.store.page("mia", Filters(), house.now)
    assert (page.to_answer, page.open) == (1, 1)
    for lang, word in (("ky", "ордуна"), ("ru", "вместо"), ("en", "in place of")):
        assert word in (await house.client(lang=lang).get("/")).text
    found = await house.store.page("mia", Filters(text="мин куш"), house.now)
    assert [one.situation for one in found.rows] == ["KG-1"]


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
async def test_its_page_says_what_is_asked_and_takes_the_answer(house, lang):
    client = house.client(lang=lang)
    page = (await client.get("/situations/KG-1")).text
    assert HEADLINE.get(lang, HEADLINE["en"]) in page
    assert "cbrn ack" not in page, "nobody answers from a terminal here"
    sent = await client.post("/acts/accepted", data=fields(page, "/acts/accepted"))
    assert sent.status_code == 303, sent.text
    assert house.answered[0].receipt.body == "mia"
    shown = (await client.get(sent.headers["location"])).text
    assert 'id="done"' in shown
    row = await row_of(house)
    assert (row.due, row.state, row.holder) == (None, "accepted", house.answered[0].receipt.by)


async def test_an_answer_from_the_list_works_and_a_later_alarm_asks_again(house):
    client = house.client()
    listed = (await client.get("/")).text
    await client.post("/acts/acknowledged", data=fields(listed, "/acts/acknowledged"))
    assert (await row_of(house)).due is None
    house.now = moment(20)
    await house.told.pass_on("mia", "mes", situation="KG-1", at=moment(19), again=moment(30))
    row = await row_of(house)
    assert (row.due, row.in_place_of) == (moment(30), ("moh", "mes"))
    assert "MES" in (await client.get("/situations/KG-1")).text


async def test_what_it_closes_is_over(house):
    client = house.client()
    page = (await client.get("/situations/KG-1")).text
    await client.post("/acts/closed", data=fields(page, "/acts/closed") | {"reason": "the ministry has answered"})
    row = await row_of(house)
    assert row.over
    ended = await house.store.page("mia", Filters(ListState.ENDED), house.now)
    assert [one.situation for one in ended.rows] == ["KG-1"]


async def test_of_a_restricted_one_nothing_is_said(tmp_path):
    async with desk_house(tmp_path, "mia") as house:
        await house.told.pass_on("mia", situation="KG-1", at=moment(0), again=moment(5), restricted=True)
        row = await row_of(house)
        assert row.restricted
        page = (await house.client().get("/situations/KG-1")).text
        assert "Min-Kush" not in page
        assert (await house.client().get("/rules/why?name=KG-1")).status_code == 404


async def test_whoever_only_hears_of_it_has_no_line(tmp_path):
    async with desk_house(tmp_path, "mia") as house:
        await house.told.pass_on("mia", situation="KG-1", role="inform")
        assert await row_of(house) is None
        assert (await house.client().get("/situations/KG-1")).status_code == 404


async def test_a_body_that_was_told_and_has_answered_is_asked_again_in_anothers_place(tmp_path):
    async with desk_house(tmp_path, "mes", all_bodies=True) as house:
        await house.told.tell("moh", "mes", situation="KG-1", at=moment(-20))
        await house.told.answer("mes", "accepted", situation="KG-1", at=moment(-19))
        assert (await row_of(house, "mes")).due is None
        await house.told.pass_on("mes", "moh", situation="KG-1", at=moment(0), again=moment(15), step="crisis-centre")
        assert (await row_of(house, "mes")).due == moment(15)
        client = house.client()
        listed = (await client.get("/")).text
        assert "/acts/acknowledged" in listed
        page = (await client.get("/situations/KG-1")).text
        assert "of-in-place" in page
        await client.post("/acts/acknowledged", data=fields(page, "/acts/acknowledged"))
        assert (await row_of(house, "mes")).due is None


async def test_the_crisis_centre_is_asked_of_what_it_was_not_told_and_sees_when_it_need_not_answer(tmp_path):
    async with desk_house(tmp_path, "mes", all_bodies=True) as house:
        await house.told.tell("moh", situation="KG-1", at=moment(-20))
        await house.told.pass_on("mes", "moh", situation="KG-1", at=moment(0), again=moment(15), step="crisis-centre")
        client = house.client()
        page = (await client.get("/situations/KG-1")).text
        assert page.count('<th scope="row">') == 2, "it stands in the table, too"
        assert (await house.store.row(ALL, "KG-1", house.now)).beside[0].due == moment(15)
        house.now = moment(2)
        await house.told.answer("moh", "accepted", situation="KG-1", at=moment(1))
        assert (await house.store.row(ALL, "KG-1", house.now)).beside[0].due is None
