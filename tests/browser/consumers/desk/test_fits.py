"""What must fit: whole words into tables, counts and the first line onto a phone, a situation onto paper."""

from __future__ import annotations

import re

import pytest
from tests.builders.desk import desk_house, moment
from tests.builders.desk_browser import served, signed_in

from cbrn_consumers.desk.web.visit import OnDuty

pytestmark = pytest.mark.browser

BROKEN = """() => {
  const found = [];
  for (const cell of document.querySelectorAll("td, th")) {
    const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode()); ) {
      for (const word of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size > 1) found.push(word[0]);
      }
    }
  }
  return found;
}"""


@pytest.fixture
async def house(tmp_path):
    """A desk in the middle of a case: five bodies, answers, something passed on, an update."""
    async with desk_house(tmp_path, "mes", all_bodies=True) as made:
        told = made.told
        made.now = moment(20)
        made.on_duty = OnDuty("Нөөмөтчү дарыгер (Асанова)", moment(300), "+996700111222")
        await told.tell("mes", "moh", "mia", "moa", "mod", situation="KG-1", severity="Severe", at=moment(-10))
        for act in ("acknowledged", "accepted", "en-route"):
            await told.answer("moh", act, situation="KG-1", at=moment(-8), by="Duty officer Bekova")
        await told.answer("mia", "declined", situation="KG-1", at=moment(-7), reason="no team within 200 km")
        await told.pass_on("mes", "mod", situation="KG-1", at=moment(11), again=moment(26), step="crisis-centre")
        await told.tell("mes", "moh", "mia", situation="KG-1", severity="Extreme", at=moment(15), message_type="Update")
        yield made


async def test_no_table_of_a_situation_breaks_a_word_and_all_of_it_is_one_sheet_of_paper(house, chromium):
    async with served(house) as address:
        for lang in ("ky", "ru", "en"):
            page = await signed_in(chromium, address, house.token(), width=1440, lang=lang)
            await page.goto(f"{address}/situations/KG-1")
            await page.wait_for_selector("body[data-ready]")
            assert await page.evaluate(BROKEN) == [], lang
            paper = await page.pdf(print_background=True, prefer_css_page_size=True)
            assert re.findall(rb"/Count (\d+)", paper) == [b"1"], lang
            assert page.wrong == []
            await page.context.close()


async def test_on_a_phone_the_counts_and_the_first_line_are_on_the_first_screen_and_a_menu_holds_the_rooms(
    house, chromium
):
    """360 by 640, without JavaScript, in the longest of the languages."""
    async with served(house) as address:
        for lang in ("ky", "ru", "en"):
            page = await signed_in(chromium, address, house.token(), lang=lang, java_script_enabled=False)
            await page.set_viewport_size({"width": 360, "height": 640})
            await page.goto(address)
            counts, first = [await page.locator(one).first.bounding_box() for one in (".counts", "li.line h2")]
            assert counts["y"] < 200
            assert first["y"] + first["height"] < 640, lang
            assert not await page.locator(".doors a").first.is_visible()
            await page.click(".menu > summary")
            for one in (".doors a", ".sign-out button", ".languages button"):
                assert await page.locator(one).first.is_visible(), one
            await page.click(".doors a >> nth=1")
            assert page.url != f"{address}/"
            await page.context.close()


async def test_the_menu_of_a_phone_is_put_away_by_escape_and_by_a_touch_beside_it(house, chromium):
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await page.set_viewport_size({"width": 360, "height": 640})
        await page.goto(address)
        await page.wait_for_selector("body[data-ready]")
        menu = page.locator(".menu > summary")
        await menu.click()
        await page.locator(".doors a").first.focus()
        await page.keyboard.press("Escape")
        assert not await page.locator(".doors a").first.is_visible()
        assert await menu.evaluate("one => one === document.activeElement"), "the keyboard is where it was"
        await menu.click()
        await page.click("#pulse")
        assert not await page.locator(".doors a").first.is_visible()
