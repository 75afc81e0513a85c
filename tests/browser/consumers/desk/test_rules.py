"""The rule book's pages in a real browser: the strict policy, a phone's width, and what axe finds."""

import pytest
from tests.builders.desk_browser import served, signed_in
from tests.builders.desk_rules import proof, rules_house, shelf
from tests.builders.situation import min_kush

from cbrn_routing.proof.page import Drawing
from cbrn_routing.rulebook import national_rulebook

pytestmark = pytest.mark.browser

WHY = "/rules/why/KG-2024-minkush-truck"
PAGES = (
    "/rules",
    "/rules/transport-accident",
    "/rules/enc-transport",
    "/rules/matrix?hazard=nuclear&body=moh",
    "/rules/matrix?hazard=general",
    "/rules/law",
    "/rules/duties",
    WHY,
    f"{WHY}?body=mod",
)
NARROWEST = """() => Math.min(...[...document.querySelectorAll("td")].map(td => td.getBoundingClientRect().width)
    .filter(width => width > 0))"""


@pytest.fixture
async def house(tmp_path):
    read = min_kush("moh").read
    async with rules_house(tmp_path, "moh", situations={("moh", "KG-2024-minkush-truck"): read}) as made:
        await made.app.state.library.proofs.ready(national_rulebook(), shelf().on)
        yield made


async def test_no_page_of_the_rules_has_what_axe_finds_breaks_the_policy_or_scrolls_sideways(house, chromium):
    """Three languages, a narrow phone and a monitor, light and dark; axe, which takes long, on each page once."""
    from axe_playwright_python.async_playwright import Axe  # noqa: PLC0415 - 500 KB of JavaScript, for this test alone

    async with served(house) as address:
        ways = (("ky", 320, "light"), ("ru", 1440, "dark"), ("en", 360, "dark"))
        for turn, (lang, width, scheme) in enumerate(ways):
            page = await signed_in(chromium, address, house.token(), width=width, lang=lang, color_scheme=scheme)
            for number, path in enumerate(PAGES):
                await page.goto(f"{address}{path}")
                assert await page.evaluate("document.documentElement.scrollWidth") == width, (lang, path)
                assert page.wrong == [], (lang, path)
                if number % len(ways) == turn:
                    found = await Axe().run(page)
                    assert found.violations_count == 0, (lang, width, path, found.generate_report())
            await page.context.close()


async def test_the_file_of_the_command_can_be_read_on_a_phone(chromium, tmp_path):
    """It had one letter a line there."""
    file = tmp_path / "matrix.html"
    drawn = Drawing(proof().shown, proof().report, "ky", href=lambda rule: f"#r{rule['number']}")
    file.write_text(drawn.page(), encoding="utf-8")
    page = await chromium.new_page(viewport={"width": 360, "height": 800})
    await page.goto(file.as_uri())
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    assert await page.evaluate(NARROWEST) >= 40
    assert (
        await page.locator("#chemical td[data-head]:not(.severity, .region)").first.evaluate(
            "td => td.getBoundingClientRect().width"
        )
        > 300
    )
    await page.close()
