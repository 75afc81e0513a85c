"""The desk in a real browser: what it is told while it is open, acts, a lost line, keys, and the policy of content."""

from __future__ import annotations

import asyncio
import re

import pytest
from tests.builders.desk import desk_house, moment
from tests.builders.desk_accounts import PASSWORD
from tests.builders.desk_browser import holds, served, signed_in

from cbrn_routing.bus.errors import BrokerUnreachableError

pytestmark = pytest.mark.browser

LINES = "#lines li.line"


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "moh") as made:
        await made.told.tell("moh", situation="KG-1", severity="Severe", at=moment(-5))
        yield made


async def ready(page, address):
    """Open a page and wait until its modules run and its line stands."""
    async with page.expect_response("**/stream?*"):
        await page.goto(address)
    await page.wait_for_selector("body[data-ready]")


async def test_an_officer_acts_while_the_list_changes(house, chromium):
    """A line arrives, is acknowledged with one touch and shows the log's time; nothing breaks the strict policy."""
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token(), width=360)
        await ready(page, address)
        await house.told.tell("moh", situation="KG-2", severity="Extreme", at=moment(0))
        await page.wait_for_selector(f'{LINES}[data-situation="KG-2"]')
        assert await page.locator(LINES).evaluate_all("all => all.map(one => one.dataset.situation)") == [
            "KG-1",
            "KG-2",
        ]
        await holds(page, "document.title.startsWith('(2)')")
        await page.click('[data-situation="KG-2"] .l-acts button')
        await page.wait_for_selector('[data-situation="KG-2"] .note.done >> text=in the log')
        assert house.answered[0].receipt.situation == "KG-2"
        assert await page.locator(f'{LINES}[data-situation="KG-2"]').count() == 1
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.wrong == []
        await page.context.close()


async def test_a_failed_act_says_so_and_what_was_typed_stays(house, chromium):
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await ready(page, f"{address}/situations/KG-1")
        house.refusing = BrokerUnreachableError("kafka1 did not confirm it", hint="It may have arrived.")
        await page.click("summary >> text=Decline")
        await page.fill("#decline-reason", "no team within 200 km")
        await page.click("form[action='/acts/declined'] button")
        await page.wait_for_selector("#trouble >> text=counts once")
        assert await page.input_value("#decline-reason") == "no team within 200 km"
        # Somebody else's answer does not take it away.
        await house.told.answer("moh", "seen", situation="KG-1", at=moment(0), by="Duty officer Bekova")
        await page.wait_for_selector("#more-news a")
        assert await page.input_value("#decline-reason") == "no team within 200 km"
        house.refusing = None
        await page.click("form[action='/acts/declined'] button")
        await page.wait_for_selector("#done >> text=in the log")
        assert [answer.receipt.act for answer in house.answered] == ["declined"]
        page.wrong[:] = [said for said in page.wrong if "503" not in said]
        assert page.wrong == []
        await page.context.close()


async def test_a_situation_changes_under_the_eye_and_never_under_the_pen(house, chromium):
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await ready(page, f"{address}/situations/KG-1")
        await house.told.tell("moh", situation="KG-1", severity="Extreme", at=moment(0), message_type="Update")
        await page.wait_for_selector("#sheet .severity.extreme")
        await page.click("summary >> text=Decline")
        await page.fill("#note-text", "half a sentence")
        await house.told.answer("moh", "acknowledged", situation="KG-1", at=moment(0), by="Duty officer Bekova")
        await page.wait_for_selector("#more-news:not([hidden])")
        assert await page.input_value("#note-text") == "half a sentence"
        assert page.wrong == []
        await page.context.close()


async def test_a_lost_line_is_seen_and_what_was_missed_comes_once(house, chromium):
    """4 s in a cellar, then a restart of the desk: no row lost, none doubled, and the officer knew meanwhile."""
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token(), timezone_id="America/New_York")
        await ready(page, address)
        await page.context.set_offline(True)
        await page.wait_for_selector("body.line-lost")
        # The desk's time of the country, whatever the machine before it is set to.
        assert re.search(r"LINE LOST since 09:0[01]:\d\d \+06", await page.inner_text("#lost"))
        await house.told.tell("moh", situation="KG-2", at=moment(0))
        await page.click('[data-situation="KG-1"] .l-acts button')
        await page.wait_for_selector('[data-situation="KG-1"] .note.wrong >> text=Not written')
        assert not house.answered
        await page.context.set_offline(False)
        await page.wait_for_selector(f'{LINES}[data-situation="KG-2"]')
        await page.wait_for_selector("#lost", state="hidden")
        assert await page.locator(LINES).count() == 2
        await page.context.close()


async def test_who_signs_out_everywhere_sees_no_more(house, chromium, monkeypatch):
    monkeypatch.setattr("cbrn_consumers.desk.web.streams.BEAT_S", 0.3)
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await ready(page, address)
        await asyncio.to_thread(house.accounts.sign_out_everywhere, house.account().id, by="a test", now=house.now)
        await page.wait_for_url("**/sign-in**")
        await page.context.close()


async def test_hands_on_the_keyboard_do_all_of_it(house, chromium):
    await house.told.tell("moh", situation="KG-2", severity="Minor", at=moment(-1))
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await ready(page, address)
        await page.keyboard.press("?")
        await page.wait_for_selector("#keys-help[open]")
        await page.keyboard.press("Escape")
        await page.wait_for_selector("#keys-help", state="hidden")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("k")
        assert await page.evaluate("document.activeElement.closest('li').dataset.situation") == "KG-1"
        await page.keyboard.press("a")
        await page.wait_for_selector('[data-situation="KG-1"] .note.done')
        await page.keyboard.press("/")
        assert await page.evaluate("document.activeElement.id") == "q"
        await page.keyboard.type("nothing here")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**q=nothing**")
        await page.context.close()


async def test_an_officer_signs_in_reads_in_kyrgyz_and_signs_out(house, chromium):
    """By the form, with cookies that a browser keeps on this machine also without TLS."""
    house.account(name="asanov")
    async with served(house) as address:
        page = await (await chromium.new_context()).new_page()
        await page.goto(f"{address}/situations/KG-1")
        await page.fill("input[name=name]", "asanov")
        await page.fill("input[type=password]", PASSWORD)
        await page.click("main form button[type=submit]")
        await page.wait_for_url("**/situations/KG-1")
        await page.click("button[lang=ky]")
        await page.wait_for_selector("html[lang=ky]")
        assert "/situations/KG-1" in page.url
        await page.click(".sign-out button")
        await page.wait_for_url("**/sign-in**")
        await page.goto(address)
        assert "/sign-in" in page.url
        await page.context.close()


async def test_everything_is_there_without_javascript(house, chromium):
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token(), width=360, java_script_enabled=False)
        await page.goto(address)
        await page.click('[data-situation="KG-1"] .l-acts button')
        await page.wait_for_selector("#done >> text=in the log")
        await page.click("summary >> text=Decline")
        await page.fill("#note-text", "two ambulances are ready")
        await page.click("form[action='/acts/note'] button")
        await page.wait_for_selector("#done >> text=note")
        assert [answer.receipt.act for answer in house.answered] == ["acknowledged", "note"]
        await page.context.close()


async def test_no_page_has_what_axe_finds(house, chromium):
    """Twenty lines, both widths, three languages: names, contrast, landmarks, labels."""
    from axe_playwright_python.async_playwright import Axe  # noqa: PLC0415 - 500 KB of JavaScript, for this test alone

    for number in range(3, 12):
        severity = ("Extreme", "Severe", "Moderate", "Minor")[number % 4]
        await house.told.tell("moh", situation=f"KG-{number}", severity=severity, at=moment(-number))
    await house.told.tell("moh", situation="KG-over", message_type="Cancel", references=("x",))
    async with served(house) as address:
        for lang, width, scheme in (("ky", 360, "light"), ("ru", 1440, "dark"), ("en", 360, "dark")):
            page = await signed_in(chromium, address, house.token(), width=width, lang=lang, color_scheme=scheme)
            for path in ("/", "/situations/KG-1"):
                await ready(page, f"{address}{path}")
                found = await Axe().run(page)
                assert found.violations_count == 0, (lang, width, found.generate_report())
            await page.context.close()
