"""`cbrn run inbound` killed at every step of its work: nothing is lost, and nothing is two things by its id."""

import asyncio
import json
import signal
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs
from tests.broker.producers.test_inbound import REALM, WITHIN_S, drill, lay, sent_to_kz, until
from tests.builders.partner_server import feed_of, partner_server
from tests.builders.thorough import whole_only

from cbrn_consumers.quarantine import quarantined
from cbrn_routing.bus.read import read_all
from cbrn_schemas.formats.cap.model import Reference
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.topics import from_topic

pytestmark = pytest.mark.broker
WORKER = Path(__file__).parent / "inbound_worker.py"
STEPS = (2, 3, 5, 7, 9)
"""Before and after a document's own record, what becomes of it, and the commit; those before come again each time."""


async def run(settings, file, folder, *, dies_at, done=None):
    """Run one until it dies; where it is not to die, until all is done, and kill it then."""
    asked = {
        "bootstrap_servers": settings.bootstrap_servers,
        "credentials": None if settings.credentials is None else str(settings.credentials),
        "realm": REALM,
        "folder": str(folder),
        "file": file,
        "dies_at": dies_at,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        WORKER,
        json.dumps(asked),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    ending = asyncio.create_task(process.communicate())
    try:
        if done is None:
            _, said = await asyncio.wait_for(ending, WITHIN_S)
            assert process.returncode == -signal.SIGKILL, said.decode()[-2000:]
        else:
            await until(done)
    finally:
        if process.returncode is None:
            process.kill()
            await ending


async def ids(settings, topic):
    """How often each id lies on a topic."""
    return Counter(dict(record.headers)["ce_id"] for record in await read_all(settings, topic))


@whole_only
async def test_killed_at_each_step_it_loses_nothing_and_says_nothing_twice(realm_of, tmp_path):
    """From a feed and a folder: an event, a document that cannot be read, an answer, and an event once more."""
    settings = await realm_of("kz", "mes")
    await sent_to_kz(settings, "e-77")
    at = datetime.now(UTC).replace(microsecond=0)
    named = Reference("mes@cbrn.kg", "e-77", at)
    ack = structs.replace(drill("ack-1", references=(named,)), infos=(), msg_type="Ack")
    topics = {name: from_topic(REALM, "kz", name) for name in ("originals", "incidents", "receipts")}
    async with partner_server() as server:
        server.pages |= {"/feed.xml": feed_of("/one.xml"), "/one.xml": write(drill("one"))}
        feed = {"name": "good", "partner": "kz", "address": server.address("/feed.xml"), "every": "1m"}
        file = {"networks": ["127.0.0.0/8"], "plain": True, "partners": {"kz": {}}, "feeds": [feed]}
        wanted = 1

        async def done():
            events = await ids(settings, topics["incidents"])
            return len(events) >= wanted and await quarantined(settings) and await ids(settings, topics["receipts"])

        lay(tmp_path, "kz", "broken.xml", b"<alert>")
        lay(tmp_path, "kz", "ack.xml", write(ack))
        for step in STEPS:
            wanted += 1
            lay(tmp_path, "kz", f"more-{step}.xml", write(drill(f"more-{step}")))
            await run(settings, file, tmp_path, dies_at=step)
        await run(settings, file, tmp_path, dies_at=0, done=done)
        await run(settings, file, tmp_path, dies_at=0, done=done)
    events, receipts = await ids(settings, topics["incidents"]), await ids(settings, topics["receipts"])
    assert len(events) == wanted
    assert len(receipts) == 1
    assert len(await quarantined(settings)) == len(
        [record for record in await read_all(settings, topics["originals"]) if record.value == b"<alert>"]
    )
    assert len(await ids(settings, topics["originals"])) == wanted + 2
    assert not list((tmp_path / "kz").glob("*.xml")), "each file is put aside once it is held"
