"""The picture and the wall in a real browser: nothing to scroll for, nothing lost unseen, nothing that axe finds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.builders.desk import desk_house
from tests.builders.desk_browser import served, signed_in
from tests.builders.desk_picture import NOW, STATION, scene, station
from tests.builders.desk_store import START

from cbrn_schemas.topics import Realm

pytestmark = pytest.mark.browser

FITS = """() => {
  const shown = [...document.querySelectorAll(".wall, .wall-one, .wall-headline, .wall-missing, .wall-ticker li")];
  const inside = shown.every((one) => {
    const box = one.getBoundingClientRect();
    return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
  });
  const cards = [...document.querySelectorAll(".wall-one")].every((one) => one.scrollHeight <= one.clientHeight + 1);
  return [inside, cards, document.documentElement.scrollHeight <= innerHeight];
}"""


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "mes", all_bodies=True) as made:
        made.told = await scene(made.store, "mes", "moh")
        for number in range(6):
            await made.told.tell(
                "mes", "moh", situation=f"KG-2026-{number}", severity="Severe", within=timedelta(minutes=10 * number)
            )
        await station(made.told, "mes", [0.2, 0.2, 1.4])
        made.now = NOW
        yield made


@pytest.mark.parametrize("lang", ["ky", "ru"])
async def test_the_wall_fits_and_shows_what_is_new_or_that_the_line_is_lost(house, chromium, lang):
    """Nobody touches it: all of it is seen at once, it asks anew by itself, and says so where nobody answers."""
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token(), width=1920, lang=lang)
        await page.set_viewport_size({"width": 1920, "height": 1080})
        await page.clock.install()
        await page.goto(f"{address}/wall")
        assert await page.evaluate(FITS) == [True, True, True]
        assert await page.locator(".wall-one").count() == 5
        await house.told.tell("mes", situation="KG-2026-graver", severity="Extreme", at=START + timedelta(minutes=1))
        async with page.expect_response("**/wall/now"):
            await page.clock.fast_forward(6_000)
        await page.wait_for_selector('.wall-map a[href="/situations/KG-2026-graver"]')
        assert await page.evaluate(FITS) == [True, True, True]
        assert page.wrong == [], "nothing breaks the strict policy"
        await page.context.set_offline(True)
        await page.clock.fast_forward(6_000)
        await page.wait_for_selector("body.line-lost #wall-lost:not([hidden])")
        await page.context.set_offline(False)
        await page.clock.fast_forward(6_000)
        await page.wait_for_selector("#wall-lost", state="hidden")
        await page.context.close()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (3840, 2160)])
async def test_the_wall_of_an_exercise_fits_every_screen(tmp_path, chromium, width, height):
    """Its frame and its word take room: who has not answered must still be read."""
    async with desk_house(tmp_path, "mes", all_bodies=True, realm=Realm.EXERCISE) as house:
        house.told = await scene(house.store, "mes", "moh")
        for number in range(3):
            await house.told.tell("mes", "moh", situation=f"KG-2026-{number}", severity="Severe")
        house.now = NOW
        async with served(house) as address:
            page = await signed_in(chromium, address, house.token(), lang="ru")
            await page.set_viewport_size({"width": width, "height": height})
            await page.goto(f"{address}/wall")
            assert await page.evaluate(FITS) == [True, True, True]
            await page.context.close()


async def test_no_page_of_the_picture_scrolls_sideways_or_has_what_axe_finds(house, chromium):
    """Each language and width once: names, contrast by day and night, landmarks, labels."""
    from axe_playwright_python.async_playwright import Axe  # noqa: PLC0415 - 500 KB of JavaScript, for this test alone

    paths = (
        "/picture",
        f"/picture/readings?station={STATION}",
        "/picture/month?month=2026-11",
        "/picture/log",
        "/wall",
    )
    async with served(house) as address:
        for lang, width, scheme in (("ky", 320, "light"), ("ru", 1440, "dark"), ("en", 360, "dark")):
            page = await signed_in(chromium, address, house.token(), width=width, lang=lang, color_scheme=scheme)
            for path in paths:
                await page.goto(f"{address}{path}", wait_until="domcontentloaded")
                assert await page.evaluate("document.documentElement.scrollWidth") == width, (lang, path)
                found = await Axe().run(page)
                assert found.violations_count == 0, (lang, width, path, found.generate_report())
            assert page.wrong == []
            await page.context.close()


async def test_the_lists_behind_the_numbers_open_without_javascript(house, chromium):
    """The board is read in a cellar, too."""
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token(), width=360, java_script_enabled=False)
        await page.goto(f"{address}/picture")
        late = page.locator("table.board details").first
        await late.locator("summary").click()
        assert await late.locator("li a").first.is_visible()
        await page.context.close()
