"""A desk behind a real server on this machine, and a browser before it: for tests in `tests/browser`.

async with served(house) as address, browser() as chromium:
    page = await signed_in(chromium, address, house.token(Role.OFFICER), width=360, lang="ky")
    await page.goto(address)
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import async_playwright

from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE, SESSION_COOKIE
from cbrn_deploy.processes.listening import Connection, server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page
    from tests.builders.desk import House

CHROMIUM = (
    os.environ.get("CBRN_BROWSER", ""),
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
)


class _Connection(Connection):
    connections_max = 200


@asynccontextmanager
async def served(house: House, port: int = 0) -> AsyncIterator[str]:
    """The house's application at an address of this machine, until the context ends."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        serving = server(house.app, _Connection, stop_within_s=1)
        running = asyncio.create_task(serving.serve([listener]))
        try:
            yield f"http://localhost:{listener.getsockname()[1]}"
        finally:
            house.app.state.streams.stop()
            serving.should_exit = True
            await running


def _chromium() -> str | None:
    return next((path for path in CHROMIUM if path and Path(path).exists()), None)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium; a machine without one skips the test, unless `CBRN_BROWSER` says that there must be one."""
    found = _chromium()
    if found is None:
        assert "CBRN_BROWSER" not in os.environ, "CBRN_BROWSER is set, and there is no Chromium"
        pytest.skip("there is no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield made
        finally:
            await made.close()


async def holds(page, said):
    """Wait until it is so; without `wait_for_function`, which may evaluate text in the page: our policy forbids it."""
    async with asyncio.timeout(15):
        while not await page.evaluate(said):  # noqa: ASYNC110 - a page tells nobody when it is so
            await asyncio.sleep(0.05)


async def signed_in(
    chromium: Browser, address: str, token: str, *, width: int = 1440, lang: str = "en", **how: Any
) -> Page:
    """A page of somebody who is signed in; what breaks the content policy, or fails in a script, is in `page.wrong`."""
    how = {"timezone_id": "Asia/Bishkek"} | how
    context = await chromium.new_context(viewport={"width": width, "height": 900}, **how)
    cookies = {SESSION_COOKIE: token, LANGUAGE_COOKIE: lang}
    await context.add_cookies(
        [
            {
                "name": name,
                "value": value,
                "url": address.replace("http://", "https://"),
                "secure": True,
                "httpOnly": True,
            }
            for name, value in cookies.items()
        ]
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    vars(page)["wrong"] = wrong
    return page
