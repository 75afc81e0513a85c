"""Partners' documents on a real bus: from feeds, a folder and the bus itself to the ministries, each once."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from msgspec import structs
from tests.builders.golden import ROOT
from tests.builders.partner_documents import alert, identity, info
from tests.builders.partner_server import BOMB, feed_of, partner_server
from tests.builders.router_bus import Bus, everybody

from cbrn_consumers.deciding import Person
from cbrn_consumers.errors import CorrectionError
from cbrn_consumers.partners.acknowledging import Acknowledger
from cbrn_consumers.quarantine import persons, quarantined
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_producers.inbound.config import InboundFile, terms_of
from cbrn_producers.inbound.service import Inbound
from cbrn_routing.activation import PrivateKey, Signer, trust_lines
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import write_record
from cbrn_routing.signing.releases import sign
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.formats.cap.model import Reference
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.receipt import give, receipts_topic, record_of
from cbrn_schemas.topics import Realm, from_topic, to_topic

pytestmark = pytest.mark.broker
REALM = Realm.EXERCISE
WITHIN_S = 60
NOTE = "УЧЕНИЕ"


def drill(identifier, *infos, **fields):
    """An alert of an exercise, sent now."""
    now = datetime.now(UTC).replace(microsecond=0)
    return alert(*infos, identifier=identifier, status="Exercise", note=NOTE, sent=now, **fields)


@asynccontextmanager
async def taking_in(settings, file, folder):
    service = Inbound(settings, file, terms_of(file, folder), folder, folder)
    running = asyncio.create_task(service.run())
    waiting = asyncio.create_task(service.ready.wait())
    try:
        await asyncio.wait({running, waiting}, timeout=WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        assert service.ready.is_set(), running
        yield service
    finally:
        waiting.cancel()
        service.stop()
        await asyncio.wait_for(running, WITHIN_S)


async def until(asked):
    async with asyncio.timeout(WITHIN_S):
        while not (found := await asked()):  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.05)
    return found


def lay(folder, partner, name, data, mode=0o644):
    """Put a file there whole, under its name at once."""
    inside = folder / partner
    inside.mkdir(exist_ok=True)
    part = inside / f"{name}.part"
    part.write_bytes(data)
    part.chmod(mode)
    part.rename(inside / name)


def source(name, address, partner="kz"):
    return {"name": name, "partner": partner, "address": address, "every": "1m"}


def file_of(server):
    """Seven feeds of which one is good; Uzbekistan signs, Kazakhstan may."""
    bad = ("slow", "huge", "elsewhere", "busy", "bomb")
    feeds = [source(name, server.address(f"/{name}.xml")) for name in (*bad, "good")]
    return InboundFile.model_validate(
        {
            "networks": ("127.0.0.0/8",),
            "plain": True,
            "partners": {"kz": {}, "uz": {"signature": "required", "trusted": "signers.pem"}},
            "feeds": [*feeds, source("dead", "http://127.0.0.1:1/", "uz")],
        }
    )


async def test_what_partners_send_reaches_whom_it_concerns_once_and_nothing_of_it_is_lost(realm_of, engine, tmp_path):
    """Feeds, five of them bad; a folder; a document that a person lets through; answers both ways; a restart."""
    bus = Bus(await realm_of(*everybody(), "kz", "uz"), engine)
    settings = bus.settings
    (tmp_path / "signers.pem").write_bytes(identity()[1])
    ingress = [from_topic(REALM, partner, "incidents") for partner in ("kz", "uz")]
    async with partner_server() as server, bus.router(topics=ingress) as router:
        await bus.ready(router)
        server.pages["/good.xml"] = feed_of("/one.xml", "/rain.xml", "http://elsewhere.example/two.xml", "/gone.xml")
        server.pages["/one.xml"] = write(drill("one"))
        server.pages["/rain.xml"] = write(drill("rain", info(categories=("Met",), event="Дождь", event_codes=())))
        server.pages["/bomb.xml"] = BOMB
        file = file_of(server)
        async with taking_in(settings, file, tmp_path) as service:
            await comes_from_the_good_feed(bus, server, service)
            await is_set_aside_and_let_through(bus, tmp_path)
            await is_answered_by_the_partner(settings, tmp_path)
            await is_answered_by_us(settings, tmp_path)
            assert service.mapper.counts["events"] == 2
        asked = server.asked.count("/one.xml")
        async with taking_in(settings, file, tmp_path) as again:
            lay(tmp_path, "kz", "three.xml", write(drill("three")))
            lay(tmp_path, "kz", "one-again.xml", server.pages["/one.xml"])
            await until(lambda: counted(again, "events", 1))
            await until(lambda: counted(again, "kept: known", 1))
            assert again.mapper.counts["quarantined"] == 0
        assert server.asked.count("/one.xml") == asked, "what was fetched is known again"
        assert len(await aside(settings, 2)) == 2
        events = [record for topic in ingress for record in await read_all(settings, topic)]
        assert len({dict(record.headers)["ce_id"] for record in events}) == len(events) == 3


async def comes_from_the_good_feed(bus, server, service):
    """It is not held up by those beside it."""
    (told,) = [record for record in await bus.alerts(1) if record.key.startswith(b"kz:")]
    said = json.loads(told.value)
    assert (said["body"], said["kind"]) == ("kz", "foreign-alert")
    originals = await until(lambda: read_enough(bus.settings, from_topic(REALM, "kz", "originals"), 2))
    assert {record.value for record in originals} == {server.pages["/one.xml"], server.pages["/rain.xml"]}
    assert dict(originals[0].headers)["content-type"] == b"application/cap+xml"
    assert said["original"]["id"].encode() in {dict(record.headers)["ce_id"] for record in originals}
    await until(lambda: counted(service, "kept: not-cbrn", 1))


async def is_set_aside_and_let_through(bus, folder):
    """An unsigned document of a partner who signs, and one that is none: said at home, and not abroad."""
    lay(folder, "uz", "unsigned.xml", write(drill("two", sender="mchs@uz.example")))
    lay(folder, "uz", "broken.xml", b"<alert>")
    await until(lambda: aside(bus.settings, 2))
    alarm = b"kg.cbrn.alarm.quarantined.v1"
    alarms = [record for record in await bus.alerts(3) if dict(record.headers)["ce_type"] == alarm]
    assert {json.loads(each.value)["reason"] for each in alarms} == {"signature-missing", "document-unreadable"}
    assert (folder / "uz" / "done" / "unsigned.xml").exists()
    assert not await read_all(bus.settings, to_topic(REALM, "uz", "alerts"))
    await let_through(bus.settings, folder)
    (released,) = [record for record in await bus.alerts(4) if record.key.startswith(b"uz:")]
    signature = json.loads(released.value)["original"]["signature"]
    assert signature == {"state": "absent", "let_through_by": "A. Asanova"}


async def is_answered_by_the_partner(settings, folder):
    """An `Ack` to what it was sent is a receipt of that partner."""
    await sent_to_kz(settings, "e-77")
    minute_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    ack = structs.replace(drill("ack-1", references=(Reference("mes@cbrn.kg", "e-77", minute_ago),)), infos=())
    lay(folder, "kz", "ack.xml", write(structs.replace(ack, msg_type="Ack")))
    (receipt,) = await until(lambda: read_enough(settings, from_topic(REALM, "kz", "receipts"), 1))
    answered = json.loads(receipt.value)
    assert (answered["act"], answered["situation"], answered["event"]["id"]) == ("acknowledged", "KG-X", "e-77")


async def is_answered_by_us(settings, folder):
    """When an officer here has it, the partner gets our `Ack`, once, and only under an agreement."""
    (event,) = await read_all(settings, from_topic(REALM, "kz", "incidents"))
    named = {name: content.decode() for name, content in event.headers}
    for number, body in enumerate(("mes", "mnrets")):
        receipt = give(
            id=f"{body}.r{number}",
            realm=REALM,
            body=body,
            situation=event.key.decode(),
            act="acknowledged",
            event={"source": named["ce_source"], "id": named["ce_id"]},
            by="Duty officer Asanov",
            at=datetime.now(UTC),
        )
        await write_record(settings, receipts_topic(REALM, body), record_of(receipt), unsure="")
    (folder / "agreements").mkdir()
    text = (ROOT / "deploy" / "examples" / "agreements" / "kz.yaml").read_text()
    (folder / "agreements" / "kz.yaml").write_text(f"{text}\nunsigned: true\n")
    agreed = settings.model_copy(update={"agreements": folder / "agreements"})
    stopping = asyncio.Event()
    for _ in range(2):
        stopping.clear()
        writing = asyncio.create_task(Acknowledger(agreed, partial(datetime.now, UTC), None).run(stopping))
        try:
            (document,) = await until(lambda: read_enough(settings, to_topic(REALM, "kz", "documents"), 1))
        finally:
            stopping.set()
            await asyncio.wait_for(writing, WITHIN_S)
    back = read(document.value)
    assert (back.msg_type, back.sender, back.references[0].identifier) == ("Ack", "bus@cbrn.kg", "one")


async def counted(service, name, most):
    return service.mapper.counts[name] >= most


async def read_enough(settings, topic, count):
    found = await read_all(settings, topic)
    return found if len(found) >= count else []


async def aside(settings, count):
    found = await quarantined(settings)
    return found if len(found) >= count else {}


async def let_through(settings, folder):
    """Release by a person whose key counts; of what cannot be read nothing is released."""
    key = PrivateKey.generate()
    trust = folder / "trusted"
    trust.write_text(trust_lines(Signer("A. Asanova", "mes", key.public)))
    trusting = settings.model_copy(update={"rulebook_signers": trust})
    items = await quarantined(settings)
    by_reason = {item.reason: name for name, item in items.items()}
    person = Person("A. Asanova", "mes", partial(sign, key))
    keeper = QuarantineKeeper(trusting)
    running = asyncio.create_task(keeper.run())
    try:
        await asyncio.wait_for(keeper.ready.wait(), WITHIN_S)
        now = datetime.now(UTC)
        with pytest.raises(CorrectionError, match="set aside again"):
            await persons.release(trusting, by_reason["document-unreadable"], person, now=now)
        with pytest.raises(CorrectionError, match="as it came"):
            await persons.release(trusting, by_reason["signature-missing"], person, now=now, corrected=b"{}")
        await persons.release(trusting, by_reason["signature-missing"], person, now=now)
    finally:
        keeper.stop()
        await asyncio.wait_for(running, WITHIN_S)


async def sent_to_kz(settings, identifier):
    """What the keeper of partners writes when a person has released an alert."""
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()
    try:
        own = binary_headers(id=identifier, source="/mes", type="kg.x", time="2026-05-01T06:00:00Z")
        await producer.send_and_wait(to_topic(REALM, "kz", "alerts"), b"{}", key=b"KG-X", headers=own)
    finally:
        await producer.stop()
