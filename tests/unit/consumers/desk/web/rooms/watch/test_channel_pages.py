"""Channels tried over the page: asked for, the code given back, the result with its time; nobody for another."""

import pytest
from tests.builders.desk_watch import code_sent, later, watch_house
from tests.builders.rota import channel_test, officers

from cbrn_consumers.desk.accounts import Role

CODE = "4821"


async def test_the_code_that_arrives_is_given_back_and_proves_the_channel(tmp_path):
    """Asked for on the page, sent by notify, answered on the page, in the log."""
    async with watch_house(tmp_path) as (house, bus):
        client = house.client(Role.OFFICER, name="duty-1")
        await client.post("/watch/channels/test", data={"post": "duty-1", "channel": "mobile"})
        (asked,) = bus.written
        assert (asked.post, asked.channel, asked.by) == ("duty-1", "mobile", house.account(name="duty-1").shown)
        assert "being sent" in (await client.get("/watch/channels")).text
        bus.notices.append(code_sent("duty-1", "mobile", "sms", CODE, house.now))
        later(house, seconds=20)
        answer = await client.post("/watch/channels/answer", data={"code": f"A {CODE}"})
        page = (await client.get(answer.headers["location"])).text
        assert "the channel reaches duty-1" in page
        assert bus.log_of("mes").tests["duty-1", "mobile"].fact.outcome == "answered"
        assert "being sent" not in page
        assert "works" in (await client.get("/watch")).text


async def test_an_officer_tests_oneself_alone_and_the_shift_leader_everybody(tmp_path):
    """Oneself: the post that one signs in with, or whose seat one has taken."""
    async with watch_house(tmp_path) as (house, bus):
        officer = house.client(Role.OFFICER)
        assert (await officer.post("/watch/channels/test", data={"post": "duty-1"})).status_code == 403
        assert "You hold no post of this list now" in (await officer.get("/watch/channels")).text
        await officer.post("/watch/take", data={"seat": "first"})
        assert (await officer.post("/watch/channels/test", data={"post": "duty-1"})).status_code == 303
        assert (await officer.post("/watch/channels/test", data={"post": "duty-2"})).status_code == 403
        assert (await officer.post("/watch/channels/test", data={"post": "*"})).status_code == 422
        bus.written.clear()
        await house.client(Role.SHIFT_LEADER).post("/watch/channels/test", data={"post": "*"})
        assert [each.post for each in bus.written] == ["duty-1", "duty-2"], "duty-3 has no channel"


async def test_codes_cannot_be_guessed(tmp_path):
    """Five wrong ones, then even the right one counts no more for ten minutes."""
    async with watch_house(tmp_path) as (house, bus):
        client = house.client(Role.OFFICER, name="duty-1")
        bus.notices.append(code_sent("duty-1", "mobile", "sms", CODE, house.now))
        for code in ("0000", "0001", "", "<b>", "0004"):
            answer = await client.post("/watch/channels/answer", data={"code": code})
            assert answer.status_code in {400, 422}
            assert "<b>" not in answer.text
        await client.post("/watch/channels/answer", data={"code": "0005"})
        refused = await client.post("/watch/channels/answer", data={"code": CODE})
        assert (refused.status_code, "Too many codes were wrong" in refused.text) == (422, True)
        later(house, minutes=11)
        client = house.client(Role.OFFICER, name="duty-1")
        assert (await client.post("/watch/channels/answer", data={"code": CODE})).status_code == 303


async def test_anothers_code_proves_nothing_for_an_officer(tmp_path):
    """It may have been read over a shoulder."""
    async with watch_house(tmp_path) as (house, bus):
        bus.notices.append(code_sent("duty-2", "mail", "email", CODE, house.now))
        one = house.client(Role.OFFICER, name="duty-1")
        assert (await one.post("/watch/channels/answer", data={"code": CODE})).status_code == 422
        leader = house.client(Role.SHIFT_LEADER)
        assert (await leader.post("/watch/channels/answer", data={"code": CODE})).status_code == 303


async def test_a_desk_without_a_sender_or_without_a_file_says_so(tmp_path):
    """What is missing, and not only that nothing happened."""
    async with watch_house(tmp_path) as (house, _):
        client = house.client(Role.SHIFT_LEADER)
        await client.post("/watch/channels/test", data={"post": "duty-1"})
        later(house, seconds=40)
        assert "Nobody sends for this body" in (await client.get("/watch/channels")).text
        (tmp_path / "rota" / "mes.yaml").write_text("body: mes\n", encoding="utf-8")
        page = (await client.get("/watch/channels")).text
        assert "There is no file of officers that can be used" in page
        (tmp_path / "rota" / "mes.ics").unlink()
        assert "no rota or no file of officers" in (await client.get("/watch/channels")).text


@pytest.mark.parametrize(("outcome", "why"), [("failed", "no-sender"), ("sent", "no-answer")])
async def test_what_came_of_a_test_is_shown_with_its_time_and_by_whom(tmp_path, outcome, why):
    """Per officer and channel."""
    async with watch_house(tmp_path) as (house, bus):
        fact = channel_test(officers().officer("duty-1"), "mobile", house.now, outcome, why=why)
        bus.log_of("mes").note(fact, house.now)
        page = (await house.client().get("/watch/channels")).text
        assert "27.11 03:01" in page
        assert fact.by in page
