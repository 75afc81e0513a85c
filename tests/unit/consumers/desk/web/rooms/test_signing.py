"""Signing in and out as a browser does it, without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from tests.builders.desk import desk_house
from tests.builders.desk_accounts import PASSWORD
from tests.builders.desk_provider import FakeProvider

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.accounts.oidc import Oidc
from cbrn_consumers.desk.accounts.provider_file import Provider
from cbrn_consumers.desk.web.door import SESSION_COOKIE
from cbrn_consumers.desk.web.rooms.signing import STATE_COOKIE, browser_of

NEW = "Other words, all mine"
FORM = {"name": "officer.moh", "password": PASSWORD}


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path) as made:
        made.account()
        yield made


def cookie_of(answer, name=SESSION_COOKIE):
    """What an answer says of a cookie, as it is written."""
    return next((said for said in answer.headers.get_list("set-cookie") if said.startswith(f"{name}=")), "")


async def test_signing_in_leads_where_one_wanted_to_go_with_a_cookie_that_no_script_reads(house):
    client = house.client(None)
    sent = await client.get("/account?done=language")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Faccount%3Fdone%3Dlanguage")
    page = await client.get(sent.headers["location"])
    assert 'name="next" value="/account?done=language"' in page.text
    answer = await client.post("/sign-in", data={**FORM, "next": "/account?done=language"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=language")
    said = cookie_of(answer).lower()
    assert said.startswith("__host-desk=")
    assert all(part in said for part in ("secure", "httponly", "samesite=lax", "path=/", "max-age=90000"))
    assert "domain" not in said
    assert "Duty officer Officer.moh" in (await client.get("/account")).text


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
async def test_the_page_is_whole_in_three_languages_and_lets_paste_and_keepers_of_passwords_work(house, lang):
    """WCAG 3.3.8: nothing to remember or to solve; a keeper of passwords knows each field."""
    page = (await house.client(None, lang=lang).get("/sign-in")).text
    assert f'<html lang="{lang}">' in page
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page
    assert "<script" not in page
    assert page.count('name="lang"') == 3


async def test_every_refusal_is_the_same_page(house):
    """Status, words and form do not tell whether the name exists."""
    client = house.client(None)
    house.accounts.disable(house.account(name="away").id, by="a test", now=house.now)
    pages = []
    for name in ("officer.moh", "nobody.moh", "away"):
        password = PASSWORD if name == "away" else "wrong"
        answer = await client.post("/sign-in", data={"name": name, "password": password})
        pages.append((answer.status_code, answer.text.replace(name, "NAME"), cookie_of(answer)))
    assert pages[0] == pages[1] == pages[2]
    assert pages[0][0] == 422
    assert 'role="alert"' in pages[0][1]
    assert PASSWORD not in pages[0][1]


async def test_too_many_attempts_say_when_again(house):
    client = house.client(None)
    for _ in range(5):
        await client.post("/sign-in", data={"name": "officer.moh", "password": "wrong"})
    answer = await client.post("/sign-in", data=FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "300")
    assert "300 s" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nset-cookie: x=1",
        "",
        "a",
    ],
)
async def test_next_leads_to_our_own_pages_only(house, path):
    client = house.client(None)
    page = await client.get(f"/sign-in?next={quote(path, safe='')}")
    assert "evil" not in page.text
    answer = await client.post("/sign-in", data={**FORM, "next": path})
    assert answer.headers["location"] == "/"
    assert "x=1" not in str(answer.headers)


async def test_what_is_typed_as_a_name_cannot_become_markup(house):
    name = '"><script>alert(1)</script>'
    answer = await house.client(None).post("/sign-in", data={"name": name, "password": "x"})
    assert "<script>alert" not in answer.text


async def test_a_form_of_another_site_signs_nobody_in_or_out(house):
    client = house.client()
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        for path in ("/sign-in", "/sign-out", "/password", "/account/sessions", "/account/language"):
            assert (await client.post(path, data=FORM, headers=headers)).status_code == 403
    assert (await client.get("/account")).status_code == 200


async def test_a_token_that_was_planted_is_not_the_one_of_the_session(house):
    """Fixation: and the session that the browser had before ends."""
    client = house.client()
    before = client.cookies[SESSION_COOKIE]
    answer = await client.post("/sign-in", data=FORM)
    assert before not in cookie_of(answer)
    assert house.accounts.session(before, house.now) is None


async def test_signing_out_ends_the_session_and_not_the_cookie_alone(house):
    client = house.client()
    token = client.cookies[SESSION_COOKIE]
    answer = await client.post("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert "max-age=0" in cookie_of(answer).lower()
    assert house.accounts.session(token, house.now) is None
    assert (await house.client(None).post("/sign-out")).status_code == 303


async def test_whoever_got_a_password_changes_it_before_anything_else(house):
    given = {"shown": "Кезекчи Бекова", "body": "moh", "role": Role.OFFICER, "lang": "ky", "password": PASSWORD}
    house.accounts.add("bekova", **given, by="a test", now=house.now)
    client = house.client(None)
    answer = await client.post("/sign-in", data={"name": "bekova", "password": PASSWORD, "next": "/account"})
    assert answer.headers["location"] == "/password"
    assert (await client.get("/")).headers["location"] == "/password"
    assert (await client.get("/password")).status_code == 200
    for changed, words in (
        ({"old": "wrong"}, "old password is not right"),
        ({"again": "another"}, "not the same"),
        ({"new": "short", "again": "short"}, "too short"),
        ({"new": "bekovabekova", "again": "bekovabekova"}, "name that stands"),
    ):
        answer = await client.post("/password", data={"old": PASSWORD, "new": NEW, "again": NEW, **changed})
        assert (answer.status_code, words in answer.text) == (422, True), changed
    answer = await client.post("/password", data={"old": PASSWORD, "new": NEW, "again": NEW})
    assert answer.headers["location"] == "/account?done=password"
    assert (await client.get("/account?done=password")).status_code == 200
    assert (await client.get("/")).headers.get("location") != "/password"


async def test_ones_own_sessions_are_listed_and_ended(house):
    here, elsewhere = house.client(), house.client()
    page = (await here.get("/account")).text
    assert page.count('name="session"') == 2
    session = re.search(r'name="session" value="([0-9a-f]{16})"', page)[1]
    await here.post("/account/sessions", data={"session": session})
    assert (await elsewhere.get("/account")).status_code == 303
    assert (await here.get("/account")).status_code == 200
    answer = await here.post("/account/sessions", data={"session": "all"})
    assert answer.headers["location"] == "/sign-in"
    assert (await here.get("/account")).status_code == 303


async def test_nobody_ends_anothers_session(house):
    other = house.client(Role.AUDITOR)
    theirs = house.accounts.sessions(house.account(Role.AUDITOR).id, house.now)[0]
    await house.client().post("/account/sessions", data={"session": theirs.id})
    assert (await other.get("/account")).status_code == 200


async def test_ones_language_is_kept_with_the_account(house):
    client = house.client()
    await client.post("/account/language", data={"lang": "ky"})
    assert house.accounts.named("officer.moh").lang == "ky"
    assert '<html lang="ky">' in (await client.get("/account")).text
    await client.post("/account/language", data={"lang": "xx"})
    assert house.accounts.named("officer.moh").lang == "ky"


async def test_an_account_of_another_body_does_not_get_in_here(house):
    house.account(body="mes", name="officer.mes")
    answer = await house.client(None).post("/sign-in", data={"name": "officer.mes", "password": PASSWORD})
    assert (answer.status_code, cookie_of(answer)) == (422, "")
    assert "not for this desk" in answer.text
    assert house.accounts.sessions(house.account(name="officer.mes").id, house.now) == ()


@pytest.mark.parametrize("role", Role)
async def test_every_role_has_its_own_account_page(house, role):
    page = await house.client(role).get("/account")
    assert page.status_code == 200
    assert house.account(role).shown in page.text


async def test_a_session_that_is_over_leads_to_the_sign_in(house):
    client = house.client()
    house.now += timedelta(hours=12)
    assert (await client.get("/account")).headers["location"].startswith("/sign-in")


async def test_the_states_own_sign_in_from_the_button_to_the_page(house):
    """A link and not a form: the policy lets no form lead elsewhere."""
    with FakeProvider(house.now) as provider:
        names = {"ky": "ЕСИ", "ru": "ЕСИ", "en": "ESI"}
        file = Provider.model_validate(provider.file(name_claim="login", shown=names))
        house.accounts.provider = Oidc(file, house.accounts)
        client = house.client(None)
        page = await client.get("/sign-in?next=%2Faccount")
        assert 'href="/sign-in/provider?next=%2Faccount"' in page.text
        assert "Sign in with ESI" in page.text
        sent = await client.get("/sign-in/provider?next=%2Faccount")
        assert sent.headers["location"].startswith(f"{provider.issuer}/authorize?")
        said = cookie_of(sent, STATE_COOKIE).lower()
        assert all(part in said for part in ("secure", "httponly", "samesite=lax", "max-age=600"))
        brought = provider.consent(sent.headers["location"], "s-1", login="officer.moh")
        back = f"/sign-in/back?state={brought['state']}&code={brought['code']}&iss={quote(brought['issuer'], safe='')}"
        stranger = await house.client(None).get(back)
        assert (stranger.status_code, cookie_of(stranger)) == (422, "")
        answer = await client.get(back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        assert SESSION_COOKIE in cookie_of(answer)
        assert "max-age=0" in cookie_of(answer, STATE_COOKIE).lower()
        assert (await client.get("/account")).status_code == 200
        again = await house.client(None).get(back)
        assert again.status_code == 422


async def test_a_provider_that_is_away_leaves_the_password(house):
    with FakeProvider(house.now) as provider:
        gone = Provider.model_validate(provider.file())
    house.accounts.provider = Oidc(gone, house.accounts)
    client = house.client(None)
    answer = await client.get("/sign-in/provider")
    assert answer.status_code == 422
    assert 'name="password"' in answer.text
    assert (await client.post("/sign-in", data=FORM)).status_code == 303


async def test_without_a_provider_there_is_no_button_and_no_way(house):
    client = house.client(None)
    assert "/sign-in/provider" not in (await client.get("/sign-in")).text
    for path in ("/sign-in/provider", "/sign-in/back?state=x&code=y"):
        assert (await client.get(path)).headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("origin", "kept"), [(None, "127.0.0.1"), ("https://desk.test", "192.0.2.44")], ids=["no proxy", "behind a proxy"]
)
async def test_the_address_is_the_proxys_word_only_where_there_is_one(tmp_path, origin, kept):
    """Else whoever asks writes a new one with each attempt, or all of a ministry are counted as one."""
    async with desk_house(tmp_path, origin=origin) as house:
        house.account()
        headers = {"x-forwarded-for": "203.0.113.1, 192.0.2.44"}
        await house.client(None).post("/sign-in", data=FORM, headers=headers)
        assert house.accounts.entries(1)[0].address == kept


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox · Android"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge · Windows",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/156.0 Safari/537.36", "Chrome · Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19 like Mac OS X) AppleWebKit/605 Safari/604", "Safari · iPhone"),
        ("curl/8.5", "curl/8.5"),
        ("", "—"),
    ],
)
def test_a_browser_is_named_so_that_its_owner_knows_it_again(agent, said):
    assert browser_of(agent) == said
