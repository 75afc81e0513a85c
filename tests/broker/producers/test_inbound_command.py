"""`cbrn run inbound` as a user starts it, with the rights that it has: RSS, and a folder with EDXL-DE and IRIX."""

import asyncio
import json
from datetime import UTC, datetime
from functools import partial

import pytest
from tests.broker.producers.test_inbound import REALM, drill, lay, read_enough, until
from tests.builders.golden import example
from tests.builders.partner_server import partner_server
from tests.builders.users import as_user

from cbrn_deploy.processes.children import ChildProcess
from cbrn_routing.bus.read import read_all
from cbrn_schemas.events import parse_event
from cbrn_schemas.formats import edxl, irix
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.topics import from_topic
from cbrn_schemas.users import User

pytestmark = pytest.mark.broker
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>alerts</title><link>{base}</link><description>alerts</description>
<item><title>one</title><link>{base}/one.xml</link><guid>urn:x:one</guid>
<pubDate>Mon, 11 May 2026 03:00:00 GMT</pubDate></item></channel></rss>"""


def envelope(identifier):
    """An envelope around an alert of an exercise."""
    held = drill(identifier)
    return edxl.write(edxl.envelope_of(held, write(held), tlp="CLEAR", addresses=()))


def report():
    """A report of an exercise, as the agency's programs write it."""
    now = datetime.now(UTC).replace(microsecond=0)
    at = now.isoformat().replace("+00:00", "Z")
    changes = {"status": "Exercise", "observed": at, "reported": at}
    event = parse_event(json.dumps(example("tailings-failure") | changes).encode())
    return irix.write(irix.report_of(event, event_id="x", created=now))


async def said_by(settings, partner, count):
    """What is said on the bus in a partner's name: the form in which it came, and whence."""
    records = await until(partial(read_enough, settings, from_topic(REALM, partner, "incidents"), count))
    return {(json.loads(each.value)["kind"], json.loads(each.value)["original"]["format"]) for each in records}


async def started(log, times):
    """Whether a process has begun so often, as its log says."""
    return (await asyncio.to_thread(log.read_text)).count("process ready") >= times


async def test_what_partners_send_in_any_form_is_said_in_their_names(realm_of, tmp_path):
    """The agency has a topic to be spoken for on, and this process the right to it: neither was so."""
    admin = await realm_of("kz", "iaea", "mes")
    user = User(REALM, None, "inbound")
    own = (await as_user(admin, user)).model_copy(update={"data_dir": tmp_path})
    folder = tmp_path / "in"
    folder.mkdir()
    async with partner_server() as server:
        server.pages["/kz.rss"] = RSS.format(base=server.address("")).encode()
        server.pages["/one.xml"] = write(drill("one"))
        file = tmp_path / "inbound.yaml"
        feed = f'{{name: kz-rss, partner: kz, address: "{server.address("/kz.rss")}", every: 1m}}'
        file.write_text(
            f"networks: [127.0.0.0/8]\nplain: true\npartners: {{kz: {{}}, iaea: {{}}}}\nfeeds: [{feed}]\n",
            encoding="utf-8",
        )
        file.chmod(0o600)
        role = ["inbound", "--partners", str(file), "--folder", str(folder)]
        child = ChildProcess(own, tmp_path / "inbound.log", name="the way in", role=role, user=user)
        await child.start()
        try:
            wrapped = envelope("two")
            lay(folder, "kz", "two.xml", wrapped)
            lay(folder, "iaea", "three.xml", report())
            assert await said_by(admin, "kz", 2) == {("foreign-alert", "cap-1.2")}, "also what came in an envelope"
            assert await said_by(admin, "iaea", 1) == {("foreign-alert", "irix-1.0")}
            other = file.read_text(encoding="utf-8").replace("iaea: {}", "iaea: {profile: strict}")
            lay(tmp_path, "", "inbound.yaml", other.encode(), mode=0o600)
            log = tmp_path / "inbound.log"
            await until(lambda: started(log, 2))
            lay(folder, "kz", "four.xml", write(drill("four")))
            assert len(await said_by(admin, "kz", 3)) == 1, "after it has begun anew, and what came before is known"
        except TimeoutError as error:
            raise AssertionError((tmp_path / "inbound.log").read_text(encoding="utf-8")) from error
        finally:
            await child.stop()
    assert len(await read_all(admin, from_topic(REALM, "kz", "incidents"))) == 3
    originals = {record.value for record in await read_all(admin, from_topic(REALM, "kz", "originals"))}
    assert {server.pages["/one.xml"], wrapped} < originals, "byte for byte"
    assert sorted(path.name for path in folder.glob("*/done/*")) == ["four.xml", "three.xml", "two.xml"]
