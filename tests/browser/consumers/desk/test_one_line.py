"""Many pages of one browser: one line for all of them, handed on when its page goes; floods and notifications."""

from __future__ import annotations

import asyncio

import pytest
from tests.builders.desk import desk_house, moment
from tests.builders.desk_browser import holds, served, signed_in

pytestmark = pytest.mark.browser

LINES = "#lines li.line"
PAGES = 8


@pytest.fixture
async def house(tmp_path):
    async with desk_house(tmp_path, "moh") as made:
        await made.told.tell("moh", situation="KG-1", severity="Severe", at=moment(-5))
        yield made


async def test_eight_pages_of_a_browser_need_one_stream_and_hand_it_on(house, chromium):
    """Over HTTP/1.1 a browser has six connections to a host: eight streams would leave none for an act."""
    async with served(house) as address:
        first = await signed_in(chromium, address, house.token())
        pages = [first, *[await first.context.new_page() for _ in range(PAGES - 1)]]
        for page in pages:
            await page.goto(address)
            await page.wait_for_selector("body[data-ready]")
        streams = house.app.state.streams
        await _until(lambda: streams._pages == 1)
        await house.told.tell("moh", situation="KG-2", severity="Severe", at=moment(0))
        for page in pages:
            await page.wait_for_selector(f'{LINES}[data-situation="KG-2"]')
        await first.close()
        await house.told.tell("moh", situation="KG-3", severity="Severe", at=moment(0.1))
        for page in pages[1:]:
            await page.wait_for_selector(f'{LINES}[data-situation="KG-3"]')
            assert await page.locator(LINES).count() == 3
        await _until(lambda: streams._pages == 1)
        await pages[1].click('[data-situation="KG-2"] .l-acts button')
        await pages[1].wait_for_selector('[data-situation="KG-2"] .note.done')
        assert first.wrong == []
        await pages[1].context.close()


async def test_a_page_whose_browser_cannot_share_has_a_line_of_its_own(house, chromium):
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await page.add_init_script("delete globalThis.BroadcastChannel")
        await page.goto(address)
        await page.wait_for_selector("body[data-ready]")
        await house.told.tell("moh", situation="KG-2", at=moment(0))
        await page.wait_for_selector(f'{LINES}[data-situation="KG-2"]')
        await page.context.close()


async def test_in_a_flood_new_lines_are_folded_and_counted_as_they_come(house, chromium):
    """What is grave is never folded, also where it became so inside of a fold."""
    async with served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await page.goto(address)
        await page.wait_for_selector("body[data-ready]")
        for number in range(2, 14):
            await house.told.tell("moh", situation=f"KG-{number}", severity="Moderate", at=moment(0))
        await page.wait_for_selector("#flood:not([hidden])")
        for number in (20, 21):
            await house.told.tell("moh", situation=f"KG-{number}", severity="Minor", at=moment(0))
        fold = page.locator("#lines > li.folded")
        for number in (20, 21):
            await page.wait_for_selector(f'li.folded li[data-situation="KG-{number}"]', state="attached")
        before = await fold.locator("li.line").count()
        assert before == 14
        assert await fold.locator(".f-count").inner_text() == f"{before} situations"
        await house.told.tell("moh", situation="KG-21", severity="Extreme", message_type="Update", at=moment(0.5))
        await page.wait_for_selector('#lines > li.line[data-situation="KG-21"]')
        assert await fold.locator(".f-count").inner_text() == f"{before - 1} situations"
        assert f"{before - 1} to answer" in await fold.locator("summary").inner_text()
        assert page.wrong == []
        await page.context.close()


NOTED = """
globalThis.shown = [];
const real = globalThis.Notification;
globalThis.Notification = class extends real {
  constructor(title, options) { super(title, options); globalThis.shown.push(title); }
};
Object.defineProperty(Document.prototype, "hidden", { get: () => true });
"""


async def test_notifications_by_choice_say_exercise_and_nothing_of_what_is_restricted(tmp_path, chromium):
    async with desk_house(tmp_path, "moh") as house, served(house) as address:
        page = await signed_in(chromium, address, house.token())
        await page.context.grant_permissions(["notifications"], origin=address)
        await page.add_init_script(NOTED)
        await page.goto(address)
        await page.wait_for_selector("body[data-ready]")
        await house.told.tell("moh", situation="KG-0", at=moment(-0.5))
        await page.wait_for_selector(f'{LINES}[data-situation="KG-0"]')
        assert await page.evaluate("shown.length") == 0, "nobody has asked for it"
        await page.click("#notify")
        text = {"en": {"headline": "Secret leak"}}
        await house.told.tell("moh", situation="KG-1", status="Exercise", at=moment(0))
        await house.told.tell("moh", situation="KG-2", restricted=True, severity="Extreme", at=moment(0), texts=text)
        await holds(page, "shown.length === 2")
        exercise, restricted = await page.evaluate("shown")
        assert exercise.startswith("EXERCISE")
        assert "Secret" not in restricted
        assert "restricted" in restricted
        assert page.wrong == []
        await page.context.close()


async def _until(what):
    async with asyncio.timeout(15):
        while not what():  # noqa: ASYNC110 - a server's count, which tells nobody when it changes
            await asyncio.sleep(0.05)
