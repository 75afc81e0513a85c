"""The desk in Firefox: signing in, the list, a row that arrives, an act, and nothing that breaks the policy."""

from __future__ import annotations

import pytest
from tests.builders.desk import desk_house, moment
from tests.builders.desk_accounts import PASSWORD
from tests.builders.desk_browser import served
from tests.builders.firefox import firefox

pytestmark = pytest.mark.browser


async def test_firefox_signs_in_hears_of_a_row_and_answers(tmp_path):
    async with desk_house(tmp_path, "moh") as house, served(house) as address, firefox(tmp_path) as page:
        house.account(name="asanov")
        await house.told.tell("moh", situation="KG-1", severity="Severe", at=moment(-5))
        await page.open(address)
        await page.says("document.querySelector('input[name=name]').value = 'asanov'")
        await page.says(f"document.querySelector('input[type=password]').value = '{PASSWORD}'")
        await page.says("document.querySelector('main form button[type=submit]').click()")
        await page.until("document.body.dataset.ready === '' && document.querySelector('#lines')")
        assert await page.says("document.querySelectorAll('#lines li.line').length") == 1
        assert await page.says("document.querySelector('.doors a').checkVisibility({ contentVisibilityAuto: true })")
        await house.told.tell("moh", situation="KG-2", severity="Extreme", at=moment(0))
        await page.until("document.querySelector('#lines li.line[data-situation=KG-2]')")
        await page.says("document.querySelector('[data-situation=KG-2] .l-acts button').click()")
        await page.until("document.querySelector('[data-situation=KG-2] .note.done')")
        assert house.answered[0].receipt.situation == "KG-2"
        assert await page.says("violations.join()") == ""
        await page.says("document.body.setAttribute('style', 'color: red')")
        assert "style-src" in await page.says("violations.join()"), "else nothing had been listened to"
