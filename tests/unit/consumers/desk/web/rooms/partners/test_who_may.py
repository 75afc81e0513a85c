"""Who sees and decides copies: the table of rights, and beside it the bodies that the agreement names."""

import pytest
from tests.builders.activation import STRANGER
from tests.builders.desk_partners import decide, partner_house
from tests.unit.consumers.desk.web.rooms.watch.test_rights_of_routes import ways

from cbrn_consumers.desk.accounts import RIGHTS, Right, Role
from cbrn_consumers.desk.web.rooms.partners import ROOM
from cbrn_consumers.desk.web.rooms.partners.shown import copy_path
from cbrn_routing.activation import Signer, Trust
from cbrn_schemas.partner_release import Withdrawn

STRANGER_SIGNER = Signer("S. Stranger", "mes", STRANGER.public)
NEEDED = {
    ("GET", "/partners"): Right.READ,
    ("GET", "/partners/history"): Right.READ,
    ("GET", "/partners/copy"): Right.READ,
    ("GET", "/partners/document"): Right.READ,
    ("POST", "/partners/decide"): Right.RELEASE,
}
HOSTILE = "<script>alert(1)</script>\u202e"


def test_the_table_names_every_route():
    assert {*ways(ROOM.router.routes)} == {*NEEDED}


async def test_who_lacks_the_right_is_turned_away_and_decides_nothing(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        for role in Role:
            client = house.client(role)
            for (method, path), right in NEEDED.items():
                form = {"name": copy.id, "act": "refuse", "reason": "no reason"} if method == "POST" else None
                answer = await client.request(method, f"{path}?id={copy.id}&format=cap", data=form)
                may = right in RIGHTS[role]
                assert answer.status_code == ((200 if method == "GET" else 422) if may else 403), (role, path)
            page = (await client.get("/")).text
            assert ('href="/partners"' in page) == (Right.READ in RIGHTS[role])
        assert bus.decisions == []


async def test_nobody_is_let_in_without_signing_in(tmp_path):
    async with partner_house(tmp_path) as (house, _):
        for method, path in NEEDED:
            answer = await house.client(None).request(method, path, data={} if method == "POST" else None)
            assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), path


async def test_a_body_that_the_agreement_does_not_name_neither_sees_nor_decides_a_copy(tmp_path):
    """At the crisis centre's desk, whose own officers see all of them and decide only what is theirs to decide."""
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house, bodies=("moh",))
        stranger = house.client(Role.OFFICER, "mia")
        assert "KG-1" not in (await stranger.get("/partners")).text
        for path in (copy_path(copy.id), copy_path(copy.id, "document") + "&format=cap"):
            assert (await stranger.get(path)).status_code == 404
        assert (await decide(stranger, copy)).status_code == 404
        centre = house.client()
        page = (await centre.get(copy_path(copy.id))).text
        assert 'action="/partners/decide"' not in page
        assert "the agreement names others" in page
        assert (await decide(centre, copy)).status_code == 403
        assert bus.decisions == []
        guest = house.client(Role.OFFICER, "moh")
        assert (await decide(guest, copy, who="bakyt")).status_code == 303


async def test_an_auditor_sees_and_changes_nothing(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        page = (await house.client(Role.AUDITOR).get(copy_path(copy.id))).text
        assert "✗ withheld" in page
        assert 'action="/partners/decide"' not in page


async def test_a_ministrys_desk_has_what_its_own_persons_decide_even_if_it_was_not_told_of_the_event(tmp_path):
    """Then only what the partner sees is shown, and what is withheld by its name alone."""
    async with partner_house(tmp_path, "moh", all_bodies=False) as (house, bus):
        copy = await bus.hold(house, told=False)
        page = (await house.client().get(copy_path(copy.id))).text
        assert "only what the partner sees is shown" in page
        assert "42.811" not in page
        assert page.count("✗ withheld") >= 3
        assert (await decide(house.client(), copy, who="bakyt")).status_code == 303


async def test_a_form_of_another_site_decides_nothing(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        client = house.client()
        client.headers["origin"] = "https://elsewhere.example"
        assert (await decide(client, copy)).status_code == 403
        assert bus.decisions == []


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
async def test_what_a_publisher_writes_is_text_on_every_page(tmp_path, lang):
    """In a headline, in the document, in a reason."""
    async with partner_house(tmp_path) as (house, bus):
        texts = {"en": {"headline": HOSTILE}}
        copy = await bus.hold(house, texts=texts, document=HOSTILE, why=HOSTILE)
        client = house.client(lang=lang)
        pages = [(await client.get(path)).text for path in ("/partners", copy_path(copy.id))]
        await decide(client, copy, "refuse", reason=f"no {HOSTILE[:-1]}")
        pages.append((await client.get("/partners/history")).text)
        for page in pages:
            assert f'<html lang="{lang}">' in page
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
            assert "\u202e" not in page


@pytest.mark.parametrize("form", [{"act": "other"}, {"reason": "x" * 3000}, {"act": ""}, {"name": ""}])
async def test_odd_forms_decide_nothing(tmp_path, form):
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        assert (await decide(house.client(), copy, **form)).status_code in {400, 404}
        assert bus.decisions == []


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "counts with nobody: its key is not in the keeper"),
        ("ru", "его ключа нет в файле доверия"),
        ("ky", "ишеним файлында жок"),
    ],
)
async def test_why_a_decision_did_not_count_is_said_in_the_reader_s_language(tmp_path, lang, said):
    """The person at the desk must know what to do now, at night, without an interpreter."""
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        answer = await refused(bus, house, copy, lang)
        assert answer.status_code == 422
        assert said in answer.text
        assert "CBRN_RULEBOOK_SIGNERS" in answer.text, "the remedy"
        assert "the keeper of partners has refused it" not in answer.text


async def refused(bus, house, copy, lang):
    """Decide with a key that this desk trusts and the keeper does not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.builders.desk_partners.TRUST", Trust((STRANGER_SIGNER,)))
        return await decide(house.client(lang=lang), copy)


@pytest.mark.parametrize(("lang", "said"), [("ru", "отменена до передачи"), ("ky", "жокко чыгарылды")])
async def test_what_became_of_a_copy_is_said_in_the_reader_s_language(tmp_path, lang, said):
    """It stood there in English alone."""
    async with partner_house(tmp_path) as (house, bus):
        copy = await bus.hold(house)
        bus.log.add(Withdrawn(id=copy.id, at=house.now, because="cancelled", by="kz/mes/e-9"))
        page = (await house.client(lang=lang).get(copy_path(copy.id))).text
        assert said in page
        assert "kz/mes/e-9" in page
