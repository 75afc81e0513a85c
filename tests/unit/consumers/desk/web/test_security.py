"""The door: another ministry's situations, other sites, stored scripts, headers, huge forms. Without a browser."""

import re

import pytest
from tests.builders.desk import ORIGIN, desk_house, fields, moment

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.door import BODY_BYTES_MAX

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


@pytest.fixture
async def house(tmp_path):
    """The crisis centre's desk, which has a ministry's officers as guests."""
    async with desk_house(tmp_path, "mes", all_bodies=True) as made:
        await made.told.tell("moh", situation="KG-ours")
        await made.told.tell("mes", situation="KG-theirs", texts={"en": {"headline": "Secret of another"}})
        yield made


async def test_another_ministrys_situation_is_as_one_that_does_not_exist(house):
    """By address, search, list and act: the same answer, so that nobody learns that there is something."""
    client = house.client(Role.OFFICER, "moh")
    assert (await client.get("/situations/KG-ours")).status_code == 200
    answers = [await client.get(f"/situations/{name}") for name in ("KG-theirs", "KG-nothing")]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert (await client.get("/situations?name=KG-theirs")).status_code == 404
    for address in ("/", "/?q=Secret", "/?state=all"):
        assert "KG-theirs" not in (await client.get(address)).text
        assert "Secret of" not in (await client.get(address)).text
    form = {"situation": "KG-theirs", "seen": moment(9).isoformat(), "once": "1", "reason": "two words", "hours": "1"}
    assert (await client.post("/acts/acknowledged", data=form)).status_code == 404
    assert (await client.post("/silences", data=form)).status_code == 404
    assert not house.answered


async def test_another_ministrys_officer_has_no_business_at_a_ministrys_desk(tmp_path):
    async with desk_house(tmp_path, "moh") as house:
        await house.told.tell("moh", situation="KG-1")
        for address in ("/", "/situations/KG-1", "/stream"):
            assert (await house.client(Role.OFFICER, "mia").get(address)).status_code == 403


@pytest.mark.parametrize("address", ["/", "/situations/KG-ours", "/situations?name=KG-ours"])
async def test_who_is_not_signed_in_is_sent_to_sign_in(house, address):
    found = await house.client(None).get(address)
    assert found.status_code == 303
    assert found.headers["location"].startswith("/sign-in")
    assert "KG-ours" not in found.text


async def test_a_stream_of_who_is_not_signed_in_is_refused(house):
    found = await house.client(None).get("/stream", headers={"accept": "text/event-stream"})
    assert found.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": f"{ORIGIN}.evil.test"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_what_another_site_sends_is_refused(house, headers):
    client = house.client(Role.OFFICER)
    form = {"situation": "KG-theirs", "seen": moment(9).isoformat(), "once": "1"}
    assert (await client.post("/acts/acknowledged", data=form, headers=headers)).status_code == 403
    assert not house.answered


async def test_what_says_nothing_of_where_it_comes_from_is_refused(house):
    client = house.client(Role.OFFICER)
    del client.headers["origin"]
    assert (await client.post("/acts/acknowledged", data={"situation": "KG-theirs"})).status_code == 403


async def test_behind_tls_only_its_own_address_counts(tmp_path):
    async with desk_house(tmp_path, "moh", origin="https://desk.moh.kg") as house:
        await house.told.tell("moh", situation="KG-1")
        client = house.client()
        form = fields((await client.get("/")).text, "/acts/acknowledged")
        assert (await client.post("/acts/acknowledged", data=form)).status_code == 403
        ours = {"origin": "https://desk.moh.kg"}
        assert (await client.post("/acts/acknowledged", data=form, headers=ours)).status_code == 303


async def test_every_answer_carries_the_headers(house):
    client = house.client(Role.OFFICER)
    for address in ("/", "/situations/KG-theirs", "/nothing", "/static/desk.js", "/alive"):
        headers = (await client.get(address)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert (await client.get("/")).headers["cache-control"] == "no-store"


async def test_no_page_has_a_script_or_a_style_of_its_own(house):
    """The policy would keep it from running; a page that needs it would be broken."""
    for address in ("/", "/situations/KG-theirs"):
        page = (await house.client(Role.OFFICER).get(address)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|javascript:", page)


async def test_a_stored_script_is_text_in_every_field(house):
    """Whoever publishes, answers or is called so: nothing of it becomes markup."""
    texts = {"en": {"headline": SCRIPT, "description": SCRIPT, "instruction": SCRIPT}}
    where = {"point": {"lat": 42.8, "lon": 73.8}, "description": SCRIPT}
    await house.told.tell("mes", situation="KG-x", texts=texts, where=where, reporter=SCRIPT, unit=SCRIPT)
    for act, said in (
        ("declined", {"reason": SCRIPT}),
        ("note", {"text": SCRIPT}),
        ("handed-over", {"to": SCRIPT}),
    ):
        await house.told.answer("mes", act, situation="KG-x", by=SCRIPT, **said)
    client = house.client(Role.OFFICER)
    for address in ("/", "/situations/KG-x", f"/?q={'%3Cscript%3E'}", "/?region=%22%3E%3Cscript%3E"):
        page = (await client.get(address)).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "49" not in page or "{{7*7}}" in page
    form = fields((await client.get("/situations/KG-x")).text, "/acts/declined") | {"reason": "<b>x"}
    assert "<b>x" not in (await client.post("/acts/declined", data=form)).text


@pytest.mark.parametrize(
    ("back", "leads"),
    [
        ("/?q=1", "/?q=1"),
        ("https://evil.test/", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("/a\r\nset-cookie: x=1", "/"),
        ("", "/"),
        ("/тест", "/"),
    ],
)
async def test_the_way_back_leads_nowhere_else_and_into_no_header(house, back, leads):
    answer = await house.client(None).post("/language", data={"lang": "ky", "back": back})
    assert answer.status_code == 303
    assert answer.headers["location"] == leads
    assert "x=1" not in str(answer.headers.get_list("set-cookie"))


async def test_a_chosen_language_is_kept_in_a_cookie_of_this_host_alone(house):
    answer = await house.client(None).post("/language", data={"lang": "ky", "back": "/"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-lang=ky;")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    odd = await house.client(None).post("/language", data={"lang": "ky; x=1", "back": "/"})
    assert "set-cookie" not in odd.headers


async def test_huge_forms_and_addresses_are_refused(house):
    client = house.client(Role.OFFICER)
    assert (await client.post("/acts/note", content=b"a" * (BODY_BYTES_MAX + 1))).status_code == 413
    assert (await client.get("/?q=" + "a" * 5_000)).status_code == 414

    async def without_end():
        for _ in range(BODY_BYTES_MAX // 1024 + 8):
            yield b"a" * 1024

    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("/acts/note", content=without_end(), headers=kind)).status_code in {400, 413}
    many = "&".join(f"a{number}=1" for number in range(5_000))
    assert (await client.post("/acts/note", content=many, headers=kind)).status_code in {400, 413}
    long = {"situation": "KG-theirs", "text": "a" * 6_000}
    assert (await client.post("/acts/note", data=long)).status_code == 400
    assert not house.answered


@pytest.mark.parametrize("name", ["..%2f..%2fapp.py", "desk.css%00", "../app.py", "DESK.CSS", ".css"])
async def test_only_what_is_listed_is_handed_out(house, name):
    assert (await house.client(None).get(f"/static/{name}")).status_code in {303, 404}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_used(house, method):
    assert (await house.client(Role.OFFICER).request(method, "/")).status_code == 405


async def test_an_administrator_keeps_accounts_and_sees_no_alert(house):
    for address in ("/", "/situations/KG-theirs", "/stream"):
        assert (await house.client(Role.ADMINISTRATOR).get(address)).status_code == 403
