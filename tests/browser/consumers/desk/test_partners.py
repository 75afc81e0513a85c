"""Copies for partners in a real browser: two persons by forms alone, axe, keys, and what fits a telephone."""

from __future__ import annotations

import hashlib
import json

import pytest
from tests.browser.consumers.desk.test_fits import BROKEN
from tests.builders.desk_accounts import PASSWORD
from tests.builders.desk_browser import served, signed_in
from tests.builders.desk_partners import DOCUMENT, KEYS, PASSPHRASE, decide, partner_house
from tests.builders.golden import example

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.rooms.partners.shown import copy_path
from cbrn_consumers.partners import State

pytestmark = pytest.mark.browser


@pytest.fixture
async def desk(tmp_path):
    async with partner_house(tmp_path) as (house, bus):
        yield house, bus


async def press(page, who, button, reason="asked by telephone"):
    """Fill the form in as a person does, and press a button."""
    await page.fill("#reason", reason)
    await page.fill("#password", PASSWORD)
    await page.set_input_files("#key", {"name": "key.pem", "mimeType": "text/plain", "buffer": KEYS[who]})
    await page.fill("#passphrase", PASSPHRASE)
    await page.click(f"button[name=act] >> text={button}")


async def test_two_persons_release_a_copy_without_javascript(desk, chromium):
    """The first on a telephone, the second, of another body, at a monitor; each sees the document itself."""
    house, bus = desk
    copy = await bus.hold(house, persons=2)
    async with served(house) as address:
        first = await signed_in(chromium, address, house.token(), width=360, java_script_enabled=False)
        await first.goto(f"{address}/partners")
        await first.click("text=Look and decide")
        assert DOCUMENT in await first.inner_text("pre.document >> nth=0") + "\n"
        await press(first, "aigul", "Release it, as the first of two")
        await first.wait_for_selector("#done >> text=A second, different person")
        assert await first.evaluate("document.documentElement.scrollWidth") == 360
        token = house.token(Role.SHIFT_LEADER, "moh")
        second = await signed_in(chromium, address, token, java_script_enabled=False)
        await second.goto(f"{address}/partners")
        await second.click("text=Look and decide")
        await second.wait_for_selector("text=A. Asanova has released just this")
        await press(second, "bakyt", "Release it to Kazakhstan", reason="the wind turns north")
        await second.wait_for_selector("#done >> text=It has left")
        assert copy.state is State.RELEASED
        await second.click("text=← Copies for partners")
        await second.click("nav >> text=What has left")
        await second.click("main summary")
        await second.wait_for_selector("text=the wind turns north")
        assert first.wrong + second.wrong == []
        await first.context.close()
        await second.context.close()


async def test_hands_on_the_keyboard_refuse_a_copy(desk, chromium):
    """From field to field, with scripts; a wrong password says so and what was typed stays."""
    house, bus = desk
    copy = await bus.hold(house)
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await page.goto(address + copy_path(copy.id))
        await page.wait_for_selector("body[data-ready]")
        await page.focus("#reason")
        await page.keyboard.type("the danger is over")
        for typed in ("", "no such password"):  # the name of the account stands there to be read
            await page.keyboard.press("Tab")
            await page.keyboard.type(typed)
        await page.set_input_files("#key", {"name": "key.pem", "mimeType": "text/plain", "buffer": KEYS["aigul"]})
        await page.focus("#passphrase")
        await page.keyboard.type(PASSPHRASE)
        for _ in range(2):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#trouble >> text=The password is not right")
        assert await page.input_value("#reason") == "the danger is over"
        await press(page, "aigul", "Refuse it for good", reason="the danger is over")
        await page.wait_for_selector("#done >> text=refused for good")
        assert copy.state is State.REFUSED
        page.wrong[:] = [said for said in page.wrong if "422" not in said]
        assert page.wrong == []
        await page.context.close()


async def test_the_original_of_a_foreign_alert_is_downloaded_byte_for_byte(desk, chromium):
    house, _ = desk
    sent = b"<alert>\x00\xff<script>alert(1)</script></alert>\r\n"
    original = dict(example("foreign-alert")["original"]) | {"digest": hashlib.sha256(sent).hexdigest()}
    house.bus.originals[original["id"]] = sent
    await house.told.tell("mes", kind="foreign-alert", publisher="kz", original=original, situation="KZ-1")
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token(), width=360, lang="ru")
        await page.goto(f"{address}/situations/KZ-1")
        await page.click("text=Посмотреть оригинал")
        await page.wait_for_selector("pre.document")
        async with page.expect_download() as saved:
            await page.click("text=Скачать байт в байт")
        path = await (await saved.value).path()
        assert path.read_bytes() == sent
        assert page.wrong == []
        await page.context.close()


async def test_no_page_of_partners_has_what_axe_finds_nor_breaks_a_word(desk, chromium):
    """Each page in a language and a width, light and dark; sideways nothing has to be moved."""
    from axe_playwright_python.async_playwright import Axe  # noqa: PLC0415 - 500 KB of JavaScript, for this test alone

    house, bus = desk
    half = await bus.hold(house, persons=2)
    await bus.hold(
        house, situation="KG-2", shown=None, why="no agreement with kz is in force", agreement_in_force=False
    )
    left = await bus.hold(house, situation="KG-3", severity="Extreme")
    for copy in (half, left):
        assert (await decide(house.client(), copy)).status_code == 303
    original = example("foreign-alert")["original"]
    house.bus.originals[original["id"]] = json.dumps(original).encode()
    kept = await house.told.tell("mes", kind="foreign-alert", publisher="kz", original=original, situation="KZ-1")
    event = dict(kept.headers)["ce_id"].decode()
    paths = (
        "/partners",
        copy_path(half.id),
        "/partners/history",
        "/situations/KZ-1",
        f"/original?name=KZ-1&event={event}",
    )
    async with served(house) as address:
        for lang, width, scheme in (("ky", 360, "light"), ("ru", 1440, "dark"), ("en", 360, "dark")):
            token = house.token(Role.SHIFT_LEADER)
            page = await signed_in(chromium, address, token, width=width, lang=lang, color_scheme=scheme)
            for path in paths:
                await page.goto(address + path)
                await page.wait_for_selector("body[data-ready]")
                found = await Axe().run(page)
                assert found.violations_count == 0, (lang, path, found.generate_report())
                assert await page.evaluate("document.documentElement.scrollWidth") == width, (lang, path)
                if width > 1000:
                    assert await page.evaluate(BROKEN) == [], (lang, path)
            assert page.wrong == []
            await page.context.close()
