"""The accounts of a desk, kept over its pages: never one's own rights, never the last administrator's."""

import re

import pytest
from tests.builders.desk import desk_house

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.rooms.people.keeping import Keeping, Ruling, RulingError

NEW = {"name": "a.asanov", "shown": "Duty officer Asanov", "role": "officer", "lang": "ky"}
KEPT = {"shown": "Duty officer Asanov", "role": "officer", "lang": "ky"}


def password_on(page):
    found = re.search(r'<p class="code">([^<]+)</p>', page)
    return None if found is None else found[1]


async def test_somebody_is_added_and_signs_in_with_the_password_that_is_shown_once(tmp_path):
    """It has to be changed at the first sign-in; no other page shows it."""
    async with desk_house(tmp_path) as house:
        client = house.client(Role.ADMINISTRATOR)
        page = await client.post("/people", data=NEW)
        made = password_on(page.text)
        account = house.accounts.named("a.asanov")
        assert (account.role, account.body, account.must_change) == (Role.OFFICER, "moh", True)
        assert house.accounts.sign_in("a.asanov", made, address="192.0.2.9", now=house.now).session.account == account
        again = (await client.get(f"/people/{account.id}")).text
        assert made not in again
        assert "added" in again
        assert "a.asanov" in (await client.get("/people")).text


async def test_an_account_is_changed_disabled_enabled_renewed_and_signed_out(tmp_path):
    """Each ends its sessions where it must, and stands in the log with who did it."""
    async with desk_house(tmp_path) as house:
        client, account = house.client(Role.ADMINISTRATOR), house.account(Role.OFFICER)
        where = f"/people/{account.id}"
        house.token(Role.OFFICER)
        await client.post(f"{where}/sign-out")
        assert house.accounts.sessions(account.id, house.now) == ()
        await client.post(f"{where}/change", data={**KEPT, "role": "shift-leader", "lang": "ru"})
        changed = house.accounts.get(account.id)
        assert (changed.role, changed.lang, changed.shown) == (Role.SHIFT_LEADER, "ru", "Duty officer Asanov")
        answer = await client.post(f"{where}/disable")
        assert house.accounts.get(account.id).disabled
        assert "The account is disabled" in (await client.get(answer.headers["location"])).text
        await client.post(f"{where}/enable")
        made = password_on((await client.post(f"{where}/password")).text)
        assert house.accounts.sign_in(account.name, made, address="192.0.2.9", now=house.now)
        log = (await house.client(Role.AUDITOR).get("/people/log")).text
        admin = house.account(Role.ADMINISTRATOR).shown
        for act in ("added", "changed", "disabled", "enabled", "new password", "signed in"):
            assert act in log
        assert admin in log
        assert made not in log


async def test_nobody_raises_their_own_rights_or_disables_themselves(tmp_path):
    """Nor changes the name under which the log knows them; the language is one's own."""
    async with desk_house(tmp_path) as house:
        client, own = house.client(Role.ADMINISTRATOR), house.account(Role.ADMINISTRATOR)
        house.account(Role.ADMINISTRATOR, name="second")
        where, kept = f"/people/{own.id}", {"shown": own.shown, "role": "administrator", "lang": "ru"}
        for act, data in (
            ("change", {**kept, "role": "shift-leader"}),
            ("change", {**kept, "shown": "Minister"}),
            ("change", {**kept, "body": "mes"}),
            ("disable", {}),
            ("enable", {}),
            ("password", {}),
        ):
            answer = await client.post(f"{where}/{act}", data=data)
            assert (answer.status_code, "Nobody changes their own rights" in answer.text) == (422, True), (act, data)
            assert password_on(answer.text) is None
        assert house.accounts.get(own.id) == own
        assert (await client.post(f"{where}/change", data=kept)).status_code == 303
        assert house.accounts.get(own.id).lang == "ru"


async def test_the_last_administrator_stays(tmp_path):
    """Of two who disable one another the second finds that they no longer may."""
    async with desk_house(tmp_path) as house:
        one, other = (house.account(Role.ADMINISTRATOR, name=name) for name in ("first", "second"))
        mine = Keeping(house.accounts, one, "moh", all_bodies=False, now=house.now)
        theirs = Keeping(house.accounts, other, "moh", all_bodies=False, now=house.now)
        mine.disable(other.id)
        with pytest.raises(RulingError):
            theirs.disable(one.id)
        assert not house.accounts.get(one.id).disabled
    async with desk_house(tmp_path / "mes", "mes", all_bodies=True) as house:
        client, last = house.client(Role.ADMINISTRATOR), house.account(Role.ADMINISTRATOR)
        foreign = house.account(Role.ADMINISTRATOR, "moh", "moh.admin")
        assert (await client.post(f"/people/{foreign.id}/disable")).status_code == 303, "the desk keeps its own"
        stranger = Keeping(house.accounts, last, "mes", all_bodies=True, now=house.now)
        with pytest.raises(RulingError) as caught:
            stranger.disable(last.id)
        assert caught.value.ruling is Ruling.ONESELF


async def test_a_ministry_keeps_its_own_accounts_alone(tmp_path):
    """At the crisis centre's desk, too: another body's account is answered as one that does not exist."""
    async with desk_house(tmp_path, "mes", all_bodies=True) as house:
        centre, officer = house.account(Role.ADMINISTRATOR), house.account(Role.OFFICER)
        client = house.client(Role.ADMINISTRATOR, "moh")
        page = (await client.get("/people")).text
        assert centre.name not in page
        assert "administrator.moh" in page
        for act in ("", "/change", "/disable", "/enable", "/password", "/sign-out"):
            for account in (centre, officer):
                way = f"/people/{account.id}{act}"
                answer = await (client.post(way, data=KEPT) if act else client.get(way))
                assert answer.status_code == 404, way
        answer = await client.post("/people", data={**NEW, "body": "mes"})
        assert (answer.status_code, "Accounts of another body" in answer.text) == (422, True)
        log = (await client.get("/people/log")).text
        assert centre.name not in log
        mine = house.account(Role.OFFICER, "moh")
        moved = await client.post(f"/people/{mine.id}/change", data={**KEPT, "body": "mes"})
        assert (moved.status_code, house.accounts.get(mine.id).body) == (422, "moh")
        whole = await house.client(Role.ADMINISTRATOR).post("/people", data={**NEW, "body": "moh"})
        assert (whole.status_code, house.accounts.named("a.asanov").body) == (200, "moh")


HOSTILE = (
    ("name", "<script>alert(1)</script>"),
    ("name", "officer.moh"),
    ("name", "а.асанов"),
    ("name", "'; drop table account; --"),
    ("name", "x"),
    ("shown", "A"),
    ("shown", "Two\nlines"),
    ("shown", "<img src=x onerror=alert(1)>" * 6),
    ("shown", "\u202enavasA"),
)
ODD = ({"role": "minister"}, {"lang": "de"}, {"role": ""}, {"name": "x" * 300}, {"shown": "x" * 5000})


async def test_hostile_names_are_refused_and_shown_as_text(tmp_path):
    """What was typed stays in the form, and runs nowhere."""
    async with desk_house(tmp_path) as house:
        house.account(Role.OFFICER)
        client = house.client(Role.ADMINISTRATOR)
        for field, given in HOSTILE:
            answer = await client.post("/people", data={**NEW, field: given})
            assert (answer.status_code, "It cannot be kept so" in answer.text) == (422, True), given
            assert "<script>alert" not in answer.text, given
            assert "<img src=x" not in answer.text, given
        assert len(house.accounts.list()) == 2


async def test_odd_forms_and_odd_addresses_change_nothing(tmp_path):
    """A role that is none; an id that no account has."""
    async with desk_house(tmp_path) as house:
        client = house.client(Role.ADMINISTRATOR)
        for given in ODD:
            assert (await client.post("/people", data={**NEW, **given})).status_code == 400, given
        for name in ("0" * 16, "no-such", "..%2Flog", "0" * 400):
            assert (await client.post(f"/people/{name}/disable")).status_code in {400, 404}
        assert len(house.accounts.list()) == 1


async def test_a_name_that_could_run_is_text_wherever_it_is_shown(tmp_path):
    """An account that was added by the command line, say."""
    async with desk_house(tmp_path) as house:
        client, account = house.client(Role.ADMINISTRATOR), house.account(Role.OFFICER)
        house.accounts.change(account.id, by="<b>line</b>", now=house.now, shown="<script>alert(1)</script>")
        for path in ("/people", f"/people/{account.id}", "/people/log"):
            page = (await client.get(path)).text
            assert "<script>alert" not in page, path
            assert "<b>line" not in page, path


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
async def test_every_page_is_made_in_every_language(tmp_path, lang):
    """With its own words for roles and acts."""
    async with desk_house(tmp_path, "mes", all_bodies=True) as house:
        client, account = house.client(Role.ADMINISTRATOR, lang=lang), house.account(Role.AUDITOR, "moh")
        for path in ("/people", f"/people/{account.id}", "/people/log"):
            answer = await client.get(path)
            assert (answer.status_code, f'lang="{lang}"' in answer.text) == (200, True), path
