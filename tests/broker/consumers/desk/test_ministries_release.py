"""Two persons of two ministries, each at the ministry's own desk, let a restricted copy leave by the button."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from tests.broker.consumers.desk.test_partner_pages import PASSPHRASE, keeping, weighed
from tests.broker.consumers.test_notify import until
from tests.builders.desk import desk_house, fields
from tests.builders.desk_accounts import PASSWORD
from tests.builders.partners import KEYS, TRUST, copy_of, outbound, write_agreement

from cbrn_consumers.desk.web.rooms.partners.shown import copy_path
from cbrn_consumers.inbox import GroupType
from cbrn_consumers.inbox.reader import InboxReader, Options
from cbrn_consumers.partners.copies import read_copies
from cbrn_routing.activation import trust_lines
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import write_record
from cbrn_schemas.topics import Lane, Realm, bus_topic, to_topic

pytestmark = pytest.mark.broker
REALM = Realm.EXERCISE
PERSONS = {"mfa": "A. Asanova (mfa)", "mes": "C. Chynybaev (mes)"}


@pytest.fixture
async def settings(realm_of, tmp_path):
    """A realm with an agreement, and a trust file with the two persons."""
    made = await realm_of("kz", "mes", "mfa")
    signers = tmp_path / "signers.toml"
    signers.write_text("\n".join(trust_lines(each) for each in TRUST.signers), encoding="utf-8")
    signers.chmod(0o600)
    agreements = write_agreement(tmp_path / "agreements")
    return made.model_copy(update={"rulebook_signers": signers, "agreements": agreements})


async def press(client, identifier, who, **more):
    """Press the button of a copy's page, as a browser sends the form; return the page that comes."""
    page = (await client.get(copy_path(identifier))).text
    form = fields(page, "/partners/decide") | {"act": "release", "reason": "asked for by telephone"}
    form |= {"password": PASSWORD, "passphrase": PASSPHRASE} | more
    pem = KEYS[who].to_pem(PASSPHRASE)
    answer = await client.post("/partners/decide", data=form, files={"key": ("key.pem", pem)})
    return answer if answer.status_code != 303 else await client.get(answer.headers["location"])


async def open_lines(settings, body):
    """What waits for a decision in a ministry's inbox, and what is over."""
    async with InboxReader(settings, body, Options(lanes=(Lane.INCIDENTS,))) as reader:
        lines = reader.inbox.view(datetime.now(UTC)).lines
    return [line.ended for line in lines if line.key.sort is GroupType.HELD]


async def test_two_ministries_release_it_each_at_its_own_desk(settings, tmp_path):
    """Nothing leaves before both have; then the alarm is over in both inboxes."""
    at = {name: (datetime.now(UTC) - timedelta(minutes=1)).isoformat() for name in ("observed", "reported")}
    record = outbound("desk-1", restricted=True, situation="KG-2026-desks", status="Exercise", **at)
    await write_record(settings, bus_topic(REALM, "outbound"), record, unsure="in a test")
    identifier = copy_of("desk-1")
    async with keeping(settings), AsyncExitStack() as stack:
        desks = {}
        for body in PERSONS:
            desks[body] = await stack.enter_async_context(desk_house(tmp_path / body, body, settings=settings))
            desks[body].now = datetime.now(UTC)
        copy = await until(partial(weighed, settings, identifier), bool)
        assert [await open_lines(settings, body) for body in PERSONS] == [[False], [False]]
        for body, person, said in (
            ("mfa", PERSONS["mfa"], "A second, different person"),
            ("mfa", PERSONS["mfa"], "has released"),  # the same person again is told why it does not count
            ("mes", PERSONS["mes"], "It has left"),
        ):
            assert await read_all(settings, to_topic(REALM, "kz", "alerts")) == []
            answer = await press(desks[body].client(), identifier, person)
            assert said in answer.text
        client = desks["mfa"].client()
        await until(partial(client.get, "/partners"), lambda page: "Nothing waits" in page.text)
        assert "A. Asanova" in (await desks["mes"].client().get("/partners/history")).text
    (alert,) = await read_all(settings, to_topic(REALM, "kz", "alerts"))
    assert alert.value.decode() == copy.shown.event
    left = (await read_copies(settings, None)).all[identifier]
    assert [one.by for one in left.end.approvals] == list(PERSONS.values())
    assert [await open_lines(settings, body) for body in PERSONS] == [[True], [True]]
