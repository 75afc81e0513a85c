"""What waits for a partner, exactly what the partner will see, and the decision of one person or two."""

import json
from datetime import timedelta

import pytest
from tests.builders.desk_accounts import PASSWORD
from tests.builders.desk_partners import AGREEMENT, DOCUMENT, decide, partner_house

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.rooms.partners import reasons
from cbrn_consumers.desk.web.rooms.partners.reasons import clause_text
from cbrn_consumers.desk.web.rooms.partners.shown import copy_path
from cbrn_consumers.partners import State
from cbrn_schemas.catalogue.words import Names, word


async def test_the_list_says_who_waits_for_what_until_when_and_how_many_persons_still(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house, persons=2)
        await bus.hold(house, situation="KG-2", shown=None, why="no agreement with kz is in force")
        await bus.hold(house, situation="KG-3", weighed=False)
        page = (await house.client().get("/partners")).text
        assert page.count('<article class="sheet copy') == 3
        for said in ("Kazakhstan", "KG-1", AGREEMENT, "two persons", "in 6 h", "waits for release"):
            assert said in page, said
        assert "cannot leave" in page
        assert "no agreement with kz is in force" in page
        assert "is the keeper of partners running?" in page
        assert copy_path(copy.id).replace("&", "&amp;") in page


async def test_a_copys_page_shows_what_the_partner_will_see_beside_what_we_know(tmp_path):
    """What is withheld is marked and says why; the record and the document are shown and handed out to the byte."""
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        client = house.client()
        page = (await client.get(copy_path(copy.id))).text
        rows = [row.split("</tr>")[0] for row in page.split("<tr class=")[1:]]
        (point,) = [row for row in rows if ">Point<" in row]
        assert '"withheld"' in point
        assert "✗ withheld" in point
        (district,) = [row for row in rows if ">District (SOATE)<" in row or "SOATE" in row]
        assert "◐ reduced" in district
        assert "urn:oasis:names:tc:emergency:cap:1.2" in page
        document = await client.get(copy_path(copy.id, "document") + "&format=cap")
        assert (document.content, document.headers["content-type"]) == (DOCUMENT.encode(), "application/cap+xml")
        assert document.headers["content-disposition"].startswith("attachment")
        record = await client.get(copy_path(copy.id, "document") + "&format=json")
        assert record.text == copy.shown.event
        assert copy.shown.digest in page
        assert (await client.get(copy_path(copy.id, "document") + "&format=irix")).status_code == 404


async def test_what_nobody_but_the_partner_was_told_is_found_among_the_copies(tmp_path, monkeypatch):
    """No list has it; the page shows both sides all the same."""
    async with partner_house(tmp_path) as (house, bus):
        records = []
        alert = house.told.records.alert
        monkeypatch.setattr(house.told.records, "alert", lambda *a, **b: records.append(alert(*a, **b)) or records[-1])
        copy = await bus.hold(house, told=False)

        async def outbound(*_):
            return records

        monkeypatch.setattr("cbrn_consumers.desk.web.rooms.partners.bus.read_all", outbound)
        assert "✗ withheld" in (await house.client().get(copy_path(copy.id))).text


async def test_one_person_releases_just_what_was_seen(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        client = house.client()
        answer = await decide(client, copy)
        assert (answer.status_code, copy.state) == (303, State.RELEASED)
        (decision,) = bus.decisions
        assert (decision.by, decision.body, decision.seen, decision.reason) == (
            "A. Asanova (mes)", "mes", copy.shown.digest, "asked by telephone",
        )  # fmt: skip
        page = (await client.get(answer.headers["location"])).text
        assert "It has left for the partner" in page
        assert 'action="/partners/decide"' not in page
        assert [(one.act, one.by) for one in house.accounts.entries(1)] == [("confirmed", house.account().shown)]
        history = (await client.get("/partners/history")).text
        for said in ("has left", "A. Asanova", "asked by telephone", "measurements", "article 4"):
            assert said in history, said
        assert "Nothing waits" in (await client.get("/partners")).text


async def test_two_persons_release_it_and_never_one_twice(tmp_path):
    """The second may be of another body that the agreement names, signed in at the same desk."""
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house, persons=2)
        first, second = house.client(), house.client(Role.SHIFT_LEADER, "moh")
        answer = await decide(first, copy)
        assert (copy.state, copy.persons_missing) == (State.WAITING, 1)
        page = (await first.get(answer.headers["location"])).text
        assert "A second, different person has to release it, too" in page
        again = await decide(first, copy)
        assert (again.status_code, copy.persons_missing) == (422, 1)
        assert "has released" in again.text
        assert "Decide as the second person" in (await second.get(copy_path(copy.id))).text
        answer = await decide(second, copy, who="bakyt")
        assert (answer.status_code, copy.state) == (303, State.RELEASED)
        assert [one.by for one in copy.end.approvals] == ["A. Asanova (mes)", "B. Beishenov (moh)"]


async def test_a_refusal_has_a_reason_and_is_for_good(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        client = house.client()
        answer = await decide(client, copy, "refuse", reason="no")
        assert (answer.status_code, "Say why, in at least two words" in answer.text) == (422, True)
        answer = await decide(client, copy, "refuse", reason="the danger is over")
        assert copy.state is State.REFUSED
        page = (await client.get(answer.headers["location"])).text
        assert "It is refused for good" in page
        assert "the danger is over" in page
        assert "It has left" not in (await client.get(copy_path(copy.id) + "&done=release")).text


async def test_what_has_changed_since_it_was_seen_does_not_leave(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        seen = copy.shown.digest
        bus.weigh(copy.id, json.loads(copy.shown.event), document=DOCUMENT.replace("e-1", "e-2"))
        answer = await decide(house.client(), copy, seen=seen)
        assert (answer.status_code, copy.state, bus.decisions) == (422, State.WAITING, [])
        assert "has changed since you looked" in answer.text
        assert "asked by telephone" in answer.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "wrong"}, "The password is not right"),
        ({"who": "nobody"}, "Choose the file of your key"),
        ({"passphrase": "wrong"}, "The key cannot be read"),
        ({"who": "stranger"}, "Nobody has this key"),
        ({"who": "bakyt"}, "key of a person of another body"),
        ({"reason": " "}, "Say why"),
    ],
)
async def test_who_decides_is_made_sure_of(tmp_path, given, said):
    """The password of the account, and the person's own key: neither a stolen page nor a stolen desk is enough."""
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        answer = await decide(house.client(), copy, **given)
        assert (answer.status_code, copy.state, bus.decisions) == (422, State.WAITING, [])
        assert said in answer.text
        assert PASSWORD not in answer.text


async def test_whoever_signs_in_elsewhere_decides_within_ten_minutes_of_it(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        account = house.accounts.add(
            "elsewhere", shown="Duty officer", body="mes", role=Role.OFFICER, lang="en", password=None, by="a test",
            now=house.now,
        )  # fmt: skip
        token = house.accounts.begin(account.id, address="", now=house.now).token
        client = house.client(None)
        client.cookies.set("__Host-desk", token)
        house.now += timedelta(minutes=11)
        answer = await decide(client, copy)
        assert (answer.status_code, "Sign out and in again" in answer.text) == (422, True)
        house.now -= timedelta(minutes=2)
        assert (await decide(client, copy)).status_code == 303


async def test_a_bus_that_does_not_answer_is_said(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        bus.away = True
        client = house.client()
        page = await client.get("/partners")
        assert (page.status_code, "may be old" in page.text, "KG-1" in page.text) == (200, True, True)
        answer = await decide(client, copy)
        assert (answer.status_code, "nobody knows whether it was decided" in answer.text) == (503, True)


async def test_what_takes_back_or_corrects_what_a_partner_has_got_says_so(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        first = await bus.hold(house)
        await decide(house.client(), first)
        for kind, said in (("Update", "corrects what the partner has got"), ("Cancel", "takes back what the partner")):
            copy = await bus.hold(house, message_type=kind, references=("e-1",))
            assert copy.corrects == first.id
            assert said in (await house.client().get("/partners")).text


async def test_the_agreements_verdict_is_said_in_the_readers_language(tmp_path, monkeypatch):
    """What the keeper says in words of its own stays as it is, and is marked as English."""
    known = {("sharing", "two-persons"): Names("эки адам керек", "нужны два человека", "it takes two persons")}
    monkeypatch.setattr(reasons, "words", lambda: known)
    async with partner_house(tmp_path) as (house, bus):
        await bus.hold(house, why="agreement kz/3: it takes two persons")
        await bus.hold(house, situation="KG-2", why="the keeper has no key")
        page = (await house.client(lang="ru").get("/partners")).text
        assert "нужны два человека" in page
        assert '<span lang="en">the keeper has no key</span>' in page


def test_a_clause_is_written_with_its_number_and_article():
    assert clause_text("fields.3, article 4", "en").endswith(" 4, article 4")
    assert clause_text("place", "en") == word("clause", "place", "en")


async def test_every_page_of_whoever_may_decide_says_that_copies_wait(tmp_path):
    """And until when; nobody else is told, and nothing is said of what cannot leave or needs nobody."""
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house, persons=2, bodies=("mes",))
        await bus.hold(house, situation="KG-2", persons=0)
        await bus.hold(house, situation="KG-3", shown=None)
        page = (await house.client().get("/")).text
        assert "1 copy for partners waits for you" in page
        assert "in 6 h" in page
        for other in (house.client(Role.AUDITOR), house.client(Role.OFFICER, "moh")):
            assert "waits for you" not in (await other.get("/")).text
        bus.expire(copy)
        assert "waits for you" not in (await house.client().get("/")).text
