"""A copy leaves for a partner by the pages, in a real browser on the real bus: two persons, and what was seen alone."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
from tests.broker.consumers.test_notify import until
from tests.builders.desk import desk_house
from tests.builders.desk_accounts import PASSWORD
from tests.builders.desk_browser import browser, served, signed_in
from tests.builders.partners import KEYS, TRUST, copy_of, outbound, write_agreement

from cbrn_consumers.desk.web.rooms.partners.bus import Partners
from cbrn_consumers.partners.copies import read_copies
from cbrn_consumers.partners.keeper import PartnersKeeper
from cbrn_routing.activation import trust_lines
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import write_record
from cbrn_schemas.topics import Realm, bus_topic, decisions_topic, to_topic

pytestmark = [pytest.mark.broker, pytest.mark.browser]

REALM = Realm.REAL
PASSPHRASE = "four words of a test"  # noqa: S105 - of keys that live as long as this process


@pytest.fixture
async def settings(kafka, topics, tmp_path):
    """An agreement with Kazakhstan, two persons' keys, and the topics that a release touches."""
    bodies = ("mes", "mfa")
    names = [bus_topic(REALM, name) for name in ("outbound", "releases")]
    names += [decisions_topic(REALM, body) for body in bodies]
    names += [to_topic(REALM, body, stream) for body in bodies for stream in ("alerts", "copies")]
    await topics([*names, to_topic(REALM, "kz", "alerts"), to_topic(REALM, "kz", "documents")])
    signers = tmp_path / "signers.toml"
    signers.write_text("\n".join(trust_lines(each) for each in TRUST.signers), encoding="utf-8")
    signers.chmod(0o600)
    agreements = write_agreement(tmp_path / "agreements")
    return kafka.settings(realm=REALM).model_copy(update={"rulebook_signers": signers, "agreements": agreements})


@asynccontextmanager
async def keeping(settings):
    keeper = PartnersKeeper(settings)
    running = asyncio.create_task(keeper.run())
    try:
        await asyncio.wait_for(keeper.ready.wait(), 30)
        yield keeper
    finally:
        keeper.stop()
        await asyncio.wait_for(running, 15)


async def press(page, who, button):
    """Decide as a person does, with a key of one's own."""
    await page.fill("#reason", "asked for by telephone")
    await page.fill("#password", PASSWORD)
    pem = KEYS[who].to_pem(PASSPHRASE)
    await page.set_input_files("#key", {"name": "key.pem", "mimeType": "text/plain", "buffer": pem})
    await page.fill("#passphrase", PASSPHRASE)
    await page.click(f"button[name=act] >> text={button}")


async def weighed(settings, identifier):
    """What the keeper makes of a copy; None until it has looked at it."""
    copy = (await read_copies(settings, None)).all.get(identifier)
    return None if copy is None or copy.shown is None else copy


async def told(followed):
    """What the head of the crisis centre's pages says."""
    return followed.waiting("mes")


async def got(settings, identifier):
    """What has reached Kazakhstan of this event."""
    records = await read_all(settings, to_topic(REALM, "kz", "alerts"))
    return [each.value.decode() for each in records if dict(each.headers).get("ce_id") == identifier.encode()]


async def test_two_persons_let_a_restricted_copy_leave_and_the_partner_gets_what_they_saw(settings, tmp_path):
    """One of the ministry of foreign affairs, one of the crisis centre, at the same desk; nothing before both have."""
    identifier = copy_of("desk-1")
    record = outbound("desk-1", restricted=True, situation="KG-2026-desk-pages")
    await write_record(settings, bus_topic(REALM, "outbound"), record, unsure="in a test")
    async with (
        keeping(settings),
        desk_house(tmp_path / "desk", "mes", all_bodies=True, settings=settings) as house,
        served(house) as address,
        browser() as chromium,
    ):
        house.now = datetime.now(UTC)
        copy = await until(partial(weighed, settings, identifier), bool)
        followed = house.app.state.partners = Partners(settings, house.store, None)
        following = asyncio.create_task(followed.run())
        line = await until(partial(told, followed), bool)
        assert (line.number, line.until) == (1, copy.due)
        pages = []
        for who, token, button, said in (
            ("A. Asanova (mfa)", house.token(body="mfa"), "Release it, as the first of two", "A second, different"),
            ("C. Chynybaev (mes)", house.token(), "Release it to Kazakhstan", "It has left"),
        ):
            assert await got(settings, copy.called_abroad.id) == []
            page = await signed_in(chromium, address, token, width=360, java_script_enabled=False)
            page.set_default_timeout(30_000)
            await page.goto(f"{address}/partners")
            await page.click('a.button[href*="desk-1"]')
            await page.wait_for_selector("tr.withheld")
            pages.append(await page.inner_text("pre.document >> nth=0"))
            await press(page, who, button)
            await page.wait_for_selector(f"#done >> text={said}")
            await page.context.close()
        await until(partial(told, followed), lambda line: line is None)
        following.cancel()
    assert pages[0] == pages[1]
    left = (await read_copies(settings, None)).all[identifier]
    assert [one.by for one in left.end.approvals] == ["A. Asanova (mfa)", "C. Chynybaev (mes)"]
    assert await got(settings, copy.called_abroad.id) == [copy.shown.event]
    documents = await read_all(settings, to_topic(REALM, "kz", "documents"))
    assert hashlib.sha256(documents[-1].value).hexdigest() == left.end.documents["cap"]
