"""A situation's page and what is done on it: each act, twice, by two, too late, and with the broker away."""

import re

import pytest
from tests.builders.desk import desk_house, fields, moment

from cbrn_consumers.desk.accounts import Role
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.standing_record import SituationStands, standing_record, standing_topic

AWAY = BrokerUnreachableError("kafka1 did not confirm it", hint="It may have arrived.")
CLOSED = {"reason": "there is nothing more to do"}
SAID = {
    "declined": {"reason": "no team within 200 km"},
    "note": {"text": "two ambulances\nare ready"},
    "handed-over": {"to": "Duty officer Bekova"},
    "closed": CLOSED,
}


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "moh") as made:
        await made.told.tell("moh", situation="KG-1", severity="Severe", at=moment(-5))
        yield made


async def act(house, name, client=None, **said):
    client = client or house.client()
    page = (await client.get("/situations/KG-1")).text
    return await client.post(f"/acts/{name}", data=fields(page, f"/acts/{name}") | said)


@pytest.mark.parametrize(
    "name", ["seen", "acknowledged", "accepted", "en-route", "declined", "note", "handed-over", "closed"]
)
async def test_each_act_is_shown_with_the_logs_time(house, name):
    client = house.client()
    sent = await act(house, name, client, **SAID.get(name, {}))
    assert sent.status_code == 303, sent.text
    assert "in the log" in (await client.get(sent.headers["location"])).text
    (answer,) = house.answered
    assert answer.receipt.act == name
    assert answer.receipt.version == 1


async def test_a_double_press_is_one_receipt(house):
    """A thumb at 3 a.m. presses twice; a broken line sends again."""
    client = house.client()
    data = fields((await client.get("/situations/KG-1")).text, "/acts/accepted")
    first, second = [await client.post("/acts/accepted", data=data) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert len({answer.receipt.id for answer in house.answered}) == 1


async def test_two_officers_at_once_are_two_receipts_and_the_second_sees_the_first(house):
    one, other = house.client(name="asanov"), house.client(name="bekova")
    data = [fields((await each.get("/situations/KG-1")).text, "/acts/acknowledged") for each in (one, other)]
    await one.post("/acts/acknowledged", data=data[0])
    house.now = moment(2)
    sent = await other.post("/acts/acknowledged", data=data[1])
    page = (await other.get(sent.headers["location"])).text
    assert "Duty officer Asanov had said so before" in page
    assert len({answer.receipt.id for answer in house.answered}) == 2


async def test_an_answer_speaks_of_what_was_shown_and_not_of_what_came_meanwhile(house):
    """A correction that arrived while the page was read must not count as acknowledged."""
    client = house.client()
    data = fields((await client.get("/situations/KG-1")).text, "/acts/acknowledged")
    await house.told.tell("moh", situation="KG-1", severity="Extreme", at=moment(0), message_type="Update")
    sent = await client.post("/acts/acknowledged", data=data)
    page = (await client.get(sent.headers["location"])).text
    assert house.answered[0].receipt.version == 1
    assert "answer anew" in page


async def test_with_the_broker_away_nothing_is_shown_as_done_and_what_was_typed_stays(house):
    house.refusing = AWAY
    sent = await act(house, "declined", reason="no team within 200 km")
    assert sent.status_code == 503
    assert "Not confirmed." in sent.text
    assert "counts once" in sent.text
    assert "kafka1" not in sent.text, "an officer with a telephone in the hand can do nothing with it"
    assert 'value="no team within 200 km"' in sent.text
    assert "in the log" not in sent.text
    house.refusing = None
    again = fields(sent.text, "/acts/declined") | {"reason": "no team within 200 km"}
    assert (await house.client().post("/acts/declined", data=again)).status_code == 303


async def test_what_is_missing_is_said_and_nothing_is_written(house):
    sent = await act(house, "declined", reason="no")
    assert sent.status_code == 422
    assert "at least two words" in sent.text
    assert not house.answered


async def test_a_closed_situation_takes_no_more_answers(house):
    await act(house, "closed", **CLOSED)
    client = house.client()
    form = {"situation": "KG-1", "seen": moment(0).isoformat(), "once": "1"}
    assert (await client.post("/acts/accepted", data=form)).status_code == 422
    assert len(house.answered) == 1


async def test_a_module_gets_the_part_that_has_changed(house):
    client = house.client()
    part = {"x-desk": "part"}
    data = fields((await client.get("/")).text, "/acts/acknowledged")
    line = await client.post("/acts/acknowledged", data=data, headers=part)
    assert line.status_code == 200
    assert line.text.lstrip().startswith("<li")
    assert "in the log" in line.text
    sheet = await client.get("/situations/KG-1", headers=part)
    assert "<html" not in sheet.text
    assert "<article" in sheet.text
    house.refusing = AWAY
    failed = await client.post("/acts/accepted", data=data, headers=part)
    assert failed.status_code == 503
    assert "Not confirmed." in failed.text


async def test_an_answer_that_the_database_does_not_have_yet_is_in_the_log_all_the_same(house, monkeypatch):
    """A projection that is behind makes a page late, and never a lie."""
    monkeypatch.setattr("cbrn_consumers.desk.store.store.WAIT_WITHIN_S", 0.0)
    monkeypatch.setattr(type(house.store), "wait_for", _not_yet)
    house.lagging = True
    client = house.client()
    data = fields((await client.get("/")).text, "/acts/acknowledged")
    line = await client.post("/acts/acknowledged", data=data, headers={"x-desk": "part"})
    assert "in the log" in line.text
    assert "the list will follow" in line.text
    for act, headers in (("note", {}), ("accepted", {"x-desk": "part"})):
        page = await client.post(f"/acts/{act}", data=data | {"text": "a note", "place": ""}, headers=headers)
        assert page.status_code == 200
        assert re.search(r'id="done">.*in the log .*the list will follow', page.text)


async def _not_yet(*_):
    return False


async def test_the_page_says_everything_in_its_order(house):
    await house.told.answer("moh", "accepted", situation="KG-1", at=moment(-2), by="Duty officer Bekova")
    for lang in ("ky", "ru", "en"):
        page = (await house.client(lang=lang).get("/situations/KG-1")).text
        places = [page.index(part) for part in ("/acts/", "of-to-do", "of-answer", "of-what", "of-standing", "of-time")]
        assert places == sorted(places)
        assert "Duty officer Bekova" in page


async def test_a_ministry_sees_where_the_others_stand_as_the_watch_has_told_it(house):
    """Which bodies, never which persons; and why one declined, so that the others know what is not done by it."""
    told = {"since": moment(-3), "role": "support"}
    parties = (
        {"body": "moh", "state": "addressed", "due": moment(15), **told},
        {"body": "mes", "state": "declined", "reason": "no team within 200 km", **told},
        {"body": "mia", "state": "addressed", "due": moment(-1), **told},
    )
    event = {"source": "/mes", "id": "e-1"}
    stands = SituationStands(situation="KG-1", event=event, at=moment(-1), parties=parties)
    realm = house.desk.settings.realm
    record = house.told.records.record(standing_topic(realm, "moh"), b"KG-1", *standing_record(stands), moment(-1))
    await house.store.take([record])
    page = (await house.client().get("/situations/KG-1")).text
    assert page.count('<th scope="row">') == 3
    assert "declined: no team within 200 km" in page
    assert "NO ANSWER" in page


async def test_extreme_is_never_silenced_and_the_rest_for_a_while(house):
    await house.told.tell("moh", situation="KG-2", severity="Extreme")
    client = house.client()
    page = (await client.get("/situations/KG-1")).text
    sent = await client.post("/silences", data=fields(page, "/silences") | {"reason": "known drill", "hours": "2"})
    assert sent.status_code == 303
    assert house.bus.asked[0][:3] == ("silence", "moh", "KG-1")
    refused = await client.post("/silences", data={"situation": "KG-2", "reason": "known drill", "hours": "2"})
    assert refused.status_code == 422
    assert len(house.bus.asked) == 1


async def test_a_duty_is_decided_only_where_duties_are_shown(tmp_path):
    form = {"situation": "KG-1", "duty": "KG-1/x", "note": "sent by fax"}
    async with desk_house(tmp_path, "mes", all_bodies=True) as house:
        await house.told.tell("mes", "moh", situation="KG-1")
        assert (await house.client(Role.OFFICER).post("/duties/answer", data=form)).status_code == 403
        assert (await house.client(Role.SHIFT_LEADER, "moh").post("/duties/answer", data=form)).status_code == 404
        leader = house.client(Role.SHIFT_LEADER)
        assert (await leader.post("/duties/answer", data=form)).status_code == 303
        assert (await leader.post("/duties/x", data=form)).status_code == 404
        assert [asked[:2] for asked in house.bus.asked] == [("settle", "KG-1/x")]


async def test_the_crisis_centre_answers_in_its_own_name_and_sees_all(tmp_path):
    async with desk_house(tmp_path, "mes", all_bodies=True) as house:
        await house.told.tell("moh", "mes", situation="KG-1", at=moment(-2))
        client = house.client(Role.OFFICER)
        page = (await client.get("/")).text
        assert "MoH" in page
        await client.post("/acts/acknowledged", data=fields(page, "/acts/acknowledged"))
        assert house.answered[0].receipt.body == "mes"
        both = (await client.get("/situations/KG-1")).text
        assert both.count('<th scope="row">') == 2


@pytest.mark.parametrize("name", ["KG/1", "KG#1", "KG:1", "..", ".", "a/../b", "KG-1/x#y"])
async def test_every_name_that_a_situation_may_have_leads_to_its_page(house, name):
    """A publisher chooses it; what a browser would shorten or cut off stands behind a question mark."""
    await house.told.tell("moh", situation=name, at=moment(0))
    client = house.client()
    (path,) = _links((await client.get("/")).text)
    page = await client.get(path)
    assert page.status_code == 200
    assert f'data-situation="{name}"' in page.text
    sent = await client.post("/acts/acknowledged", data=fields(page.text, "/acts/acknowledged"))
    assert "in the log" in (await client.get(sent.headers["location"])).text


def _links(page):
    return [each for each in re.findall(r'<h2><a href="([^"]+)"', page) if each != "/situations/KG-1"]


async def test_the_same_form_in_the_hands_of_another_officer_is_another_answer(house):
    """A copied page must not make the second officer's answer vanish as the first one's, sent again."""
    first, second = house.client(), house.client(name="bekova")
    given = fields((await first.get("/situations/KG-1")).text, "/acts/acknowledged")
    for client in (first, second):
        assert (await client.post("/acts/acknowledged", data=given)).status_code == 303
    assert len({answer.receipt.id for answer in house.answered}) == 2


async def test_an_answer_that_does_not_count_is_said_so(house):
    """Another officer has closed it: whoever pressed must not think that the situation was answered by it."""
    client, not_counted = house.client(), word("ui", "not-counted", "en")
    for minute, name in enumerate(("closed", "acknowledged")):
        await house.told.answer("moh", name, situation="KG-1", at=moment(minute / 2), **SAID.get(name, {}))
    given = (await house.store.read("moh", "KG-1")).standings.given("KG-1", "moh")
    pages = [(await client.get(f"/situations/KG-1?done={answer.receipt.id}")).text for answer in given]
    assert [("in the log" in page, not_counted in page) for page in pages] == [(True, False), (True, True)]
