"""Reports in a real browser: with and without JavaScript, with the line lost, at both widths; and looked at by axe."""

import asyncio

import pytest
from axe_playwright_python.async_playwright import Axe
from tests.builders.desk import desk_house
from tests.builders.desk_browser import served, signed_in
from tests.builders.desk_report import reporting, typed_example

pytestmark = pytest.mark.browser

KIND = "chemical-release"
DRAFTS = "Object.keys(localStorage).filter(key => key.startsWith('cbrn-draft:')).length"


async def type_in(page, typed):
    """Type what is asked for at once, as an officer does."""
    await page.fill('[name="texts.en.headline"]', typed["texts.en.headline"][0])
    await page.fill('[name="where.place"]', "Kara-Suu district")
    await page.fill('[name="substances.0.name"]', "Chlorine")


async def until(page, count):
    """Wait for so many drafts in this browser; the content policy lets no test wait in the page itself."""
    async with asyncio.timeout(15):
        while await page.evaluate(DRAFTS) != count:
            await page.evaluate("new Promise(requestAnimationFrame)")


async def without_findings(page, where):
    found = await Axe().run(page)
    assert found.violations_count == 0, f"{where}: {found.generate_report()[:3000]}"
    over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{where} scrolls sideways by {over}"


async def test_a_report_is_typed_kept_while_the_line_is_lost_and_sent(tmp_path, chromium):
    async with desk_house(tmp_path, "mes") as house, served(house) as address:
        bus = reporting(house)
        page = await signed_in(chromium, address, house.token(), width=360)
        await page.goto(f"{address}/report/new/{KIND}")
        await type_in(page, typed_example(KIND))
        await page.locator("input[name=map-small]").click(position={"x": 140, "y": 60})
        await page.wait_for_selector("#country:not([hidden])")
        assert "✓" in await page.inner_text("#found")

        await page.context.set_offline(True)
        await page.click("p.acts button")
        await page.wait_for_selector("#report-lost:not([hidden])")
        await page.context.set_offline(False)
        await page.goto(f"{address}/report/new/{KIND}")
        await page.click("#draft-take")
        await page.wait_for_selector("#section-words")
        assert await page.input_value('[name="substances.0.name"]') == "Chlorine"

        await page.fill('[name="where.point.lat"]', "")
        await page.fill('[name="where.point.lon"]', "")
        await page.fill('[name="where.point.accuracy_m"]', "")
        await page.click("p.acts button")
        await page.wait_for_selector("#told")
        await page.click("button[value=send]")
        await page.wait_for_selector("#sent")
        assert "In the log" in await page.inner_text("h1")
        await until(page, 0)
        (event,) = bus.events
        assert event.where.district == "41706226"

        await page.goto(f"{address}/report/new/{KIND}")
        await page.fill('[name="dead"]', "1")
        await until(page, 1)
        broken = [text for text in page.wrong if "ERR_INTERNET_DISCONNECTED" not in text]
        assert not broken, broken
        await page.set_viewport_size({"width": 1440, "height": 900})
        await page.click("form.sign-out button")
        await until(page, 0)


async def test_the_same_without_javascript(tmp_path, chromium):
    async with desk_house(tmp_path, "mes") as house, served(house) as address:
        bus = reporting(house)
        page = await signed_in(chromium, address, house.token(), java_script_enabled=False)
        await page.goto(f"{address}/report")
        await page.click(f'a[href="/report/new/{KIND}"]')
        await page.locator("input[name=map-large]").click(position={"x": 300, "y": 120})
        assert await page.input_value('[name="where.point.lat"]')
        await page.locator("input[name=map-large]").click(position={"x": 320, "y": 158})
        await page.fill('[name="texts.en.headline"]', "Chlorine leaks")
        await page.click('button[value="add:substances"]')
        await page.fill('[name="substances.1.cas"]', "7782-50-5")
        await page.press('[name="substances.1.cas"]', "Enter")
        await page.wait_for_selector("text=Who will be told")
        await page.click("button[value=send]")
        await page.wait_for_selector("h1:has-text('In the log')")
        assert bus.events[0].where.point.accuracy_m is None


@pytest.mark.parametrize("width", [360, 1440])
async def test_no_page_of_reports_shuts_anybody_out(tmp_path, chromium, width):
    """Axe finds nothing, nothing scrolls sideways, no policy is broken: in three languages."""
    async with desk_house(tmp_path, "mes") as house, served(house) as address:
        reporting(house)
        for lang in ("ky", "ru", "en"):
            page = await signed_in(chromium, address, house.token(), width=width, lang=lang)
            for path in ("/report", "/report/earlier", "/report/new/human-disease", "/report/new/gamma-dose-rate"):
                await page.goto(address + path)
                await without_findings(page, f"{path} {lang}")
            await page.click("p.acts button")
            await page.wait_for_selector("#wrong")
            await without_findings(page, f"mistakes {lang}")
            await page.context.close()
