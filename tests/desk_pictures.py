"""`uv run python -m tests.desk_pictures`: what the README shows of the desk, taken in Chromium on a real bus.

Four invented situations are published, routed by the shipped rule book, and partly answered.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright
from tests.builders.desk_browser import CHROMIUM
from tests.builders.golden import example

from cbrn_consumers.answering import Answers
from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE
from cbrn_consumers.standing.reader import read_situation
from cbrn_deploy.cli.demo.bus import running_bus
from cbrn_deploy.cli.demo.screen import Screen
from cbrn_deploy.cli.demo.texts import Speech
from cbrn_deploy.cli.printing import console
from cbrn_producers import Agency
from cbrn_schemas.settings import Settings

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from cbrn_deploy.cli.demo.desk import Desk

DOCS = Path(__file__).parents[1] / "docs"
CASES: dict[str, dict[str, Any]] = {
    "chemical-release": {
        "severity": "Extreme",
        "texts": {
            "ky": {"headline": "Кара-Балтадагы суу түйүнүнөн хлор чыкты"},
            "ru": {"headline": "Утечка хлора на водозаборе Кара-Балты"},
            "en": {"headline": "Chlorine leaks at the waterworks of Kara-Balta"},
        },
    },
    "human-disease": {
        "texts": {
            "ky": {"headline": "Күйдүргү: бир учур тастыкталды"},
            "ru": {"headline": "Сибирская язва: один случай подтверждён"},
            "en": {"headline": "Anthrax: one case confirmed"},
        },
    },
    "foodborne-illness": {
        "texts": {
            "ky": {"headline": "Мектеп ашканасынан кийин ууланышты"},
            "ru": {"headline": "Отравление после школьной столовой"},
            "en": {"headline": "Illness after a school canteen"},
        },
    },
    "tailings-failure": {
        "texts": {
            "ky": {"headline": "Калдык сактагычтын дамбасы жарылды"},
            "ru": {"headline": "Прорыв дамбы хвостохранилища"},
            "en": {"headline": "The dam of a tailings pond has failed"},
        },
    },
}
"""By kind of event: what differs from the example of that kind."""
ANSWERED = {"tailings-failure": ("mes", "accepted"), "foodborne-illness": ("moh", "acknowledged")}
SHOTS = (
    ("desk-list", "mes", "en", 1280, 720, "/"),
    ("desk-phone", "moh", "ky", 360, 720, "situation"),
    ("desk-picture", "mes", "ru", 1280, 800, "/picture"),
)
"""File, who looks, language, width and height, page."""


def _named(kind: str) -> str:
    return f"KG-{datetime.now(UTC):%Y}-{kind}"


async def _happen(settings: Settings) -> None:
    """Publish, wait until it is routed, and answer some of it."""
    now = datetime.now(UTC).replace(microsecond=0)
    for kind, changes in CASES.items():
        times = {
            "observed": (now - timedelta(minutes=9)).isoformat(),
            "reported": (now - timedelta(minutes=4)).isoformat(),
        }
        data = example(kind, situation=_named(kind), **times, **changes)
        async with Agency(data["body"], settings=settings) as agency:
            await agency.publish(data)
    for kind, (body, act) in ANSWERED.items():
        alert = None
        while alert is None:
            await asyncio.sleep(0.2)
            alert = (await read_situation(settings, _named(kind), [body])).alerts.get(body)
        async with Answers(body, settings=settings) as answers:
            await answers.say(alert, act, by="Duty officer")  # type: ignore[arg-type] # one of the acts


async def _shoot(chromium: Browser, desk: Desk) -> None:
    for file, body, lang, width, height, where in SHOTS:
        how = {"viewport": {"width": width, "height": height}, "locale": lang, "color_scheme": "light"}
        context = await chromium.new_context(**how, timezone_id="Asia/Bishkek")  # type: ignore[arg-type] # of plain data
        cookie = {"name": LANGUAGE_COOKIE, "value": lang, "url": f"https://{desk.address}", "secure": True}
        await context.add_cookies([cookie])  # type: ignore[list-item] # of plain data
        page = await context.new_page()
        await page.goto(f"http://{desk.address}/sign-in")
        await page.fill("input[name=name]", body)
        await page.fill("input[name=password]", desk.password)
        await page.press("input[name=password]", "Enter")
        await page.wait_for_url("**/")
        path = f"/situations/{_named('chemical-release')}" if where == "situation" else where
        await page.goto(f"http://{desk.address}{path}")
        await page.wait_for_selector("body[data-ready]")
        await page.screenshot(path=DOCS / f"{file}.png")
        sys.stdout.write(f"docs/{file}.png\n")


async def main() -> None:
    """Bring a bus up, let something happen, take pictures."""
    found = next(filter(shutil.which, filter(None, CHROMIUM)))
    screen = Screen(Speech("en"), console(stderr=True))
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(running_bus(Settings(), None, screen))
        assert bus.desk is not None
        await _happen(bus.settings)
        playwright = await stack.enter_async_context(async_playwright())
        chromium = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        await _shoot(chromium, bus.desk)
        await chromium.close()


if __name__ == "__main__":
    asyncio.run(main())
