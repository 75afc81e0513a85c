"""The Python programs of the pages as they stand there, on a real broker: what a reader copies must run."""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.golden import EXAMPLES, ROOT
from tests.builders.signatories import signatory
from tests.builders.users import as_user
from tests.pages import python_programs

from cbrn_routing.bus.read import read_all
from cbrn_schemas.duty import OVERDUE_SOURCE, OVERDUE_TYPE, OverdueAlarm
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import parse_event
from cbrn_schemas.formats.cap.from_event import alert_of
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.signature import sign
from cbrn_schemas.records import ROLE, alarm_record
from cbrn_schemas.topics import Lane, Realm, from_topic, to_topic
from cbrn_schemas.users import User

pytestmark = pytest.mark.broker

PROGRAMS = python_programs()
AT = "2026-11-01T06:00:00Z"
WITHIN_S = 60


def program(part):
    """The one program in which `part` occurs."""
    (found,) = [text for text in PROGRAMS if part in text]
    assert "bootstrap_servers" not in found, "a file says where the bus is, and who enters it"
    return found


async def started(kafka, folder, text, body):
    """Run a program as a person would, with the body's own credentials."""
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CBRN_")}
    own = await as_user(kafka.settings(), User(Realm.REAL, body))
    clean |= {"CBRN_CREDENTIALS": str(own.credentials)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-u", str(path), cwd=folder, env=clean, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


def alarms():
    """What the bus itself tells a body: a record that nobody could read, a duty whose time has run out."""
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="not JSON", hint="Mend it.")
    headers, value = alarm_record(error, identifier="cbrn.from.mes.incidents/0/1", body="moh", at=AT)
    yield headers, value
    overdue = OverdueAlarm(
        duty="KG-1/ihr", title={"ky": "к", "ru": "р", "en": "A duty"}, framework="ihr", article="6", limit="law",
        due=datetime.now(UTC), at=datetime.now(UTC), state="raised", addressees=("who",), national_bodies=("moh",),
        message="its time has run out", hint="Release it.",
    )  # fmt: skip
    own = binary_headers(id="overdue-1", source=OVERDUE_SOURCE, type=OVERDUE_TYPE, time=AT)
    yield own, overdue.model_dump_json().encode()


@pytest.fixture
def settings(kafka):
    return kafka.settings(realm=Realm.REAL)


def test_every_program_of_the_pages_is_tried_here():
    """A further one would stand there untried. How a signature is made is tried where signatures are."""
    assert len([text for text in PROGRAMS if "key.sign(" not in text]) == 6


async def test_the_programs_for_documents_say_what_is_in_one_and_who_signed_it(kafka, settings, tmp_path):
    """It needs no bus."""
    event = parse_event((EXAMPLES / "tailings-failure.json").read_bytes())
    alert = alert_of(event, identifier="a-1", sender="mes@cbrn.kg", sent=datetime(2026, 11, 1, 6, tzinfo=UTC))
    now = datetime.now(UTC)
    ours = signatory("CBRN Alert Bus", begins=now - timedelta(days=1), ends=now + timedelta(days=1))
    (tmp_path / "cap.crt").write_bytes(ours.certificate_pem())
    (tmp_path / "alert.xml").write_bytes(sign(write(alert), ours.identity))
    running = await started(kafka, tmp_path, program("cap.checking import check"), "mes")
    out, err = await asyncio.wait_for(running.communicate(), WITHIN_S)
    assert (running.returncode, err.decode()) == (0, "")
    assert "a-1" in out.decode()
    running = await started(kafka, tmp_path, program("import Trusted, verify"), "mes")
    out, err = await asyncio.wait_for(running.communicate(), WITHIN_S)
    assert (running.returncode, err.decode()) == (0, "")
    assert "<identifier>a-1</identifier>" in out.decode()


async def printed(kafka, folder, text):
    """What a program prints that publishes for the Ministry of Emergency Situations and ends."""
    running = await started(kafka, folder, text, "mes")
    out, err = await asyncio.wait_for(running.communicate(), WITHIN_S)
    assert (running.returncode, err.decode()) == (0, "")
    return out.decode()


async def test_the_agencys_program_publishes(kafka, topics, settings, tmp_path):
    """It prints the receipt, and the event is there."""
    await topics([from_topic(Realm.REAL, "mes", lane) for lane in Lane])
    assert "cbrn.from.mes.incidents" in await printed(kafka, tmp_path, program("async with Agency("))
    records = await read_all(settings, from_topic(Realm.REAL, "mes", Lane.INCIDENTS))
    assert any(json.loads(record.value)["situation"] == "KG-2026-example" for record in records if record.value)


async def test_the_programs_without_asyncio_publish(kafka, topics, settings, tmp_path):
    """One reading, and many of which one is wrong: the good one is there, and the other says what to do."""
    await topics([from_topic(Realm.REAL, "mes", lane) for lane in Lane])
    assert "cbrn.from.mes.monitoring" in await printed(kafka, tmp_path, program("NotAcknowledgedError"))
    many = await printed(kafka, tmp_path, program("publish_many("))
    assert "post-1 published" in many
    assert "post-2 refused: observed" in many
    assert "+06:00 if it is Bishkek time" in many
    records = await read_all(settings, from_topic(Realm.REAL, "mes", Lane.MONITORING))
    stations = {json.loads(record.value)["station"] for record in records if record.value}
    assert {"minkush-gamma-1", "post-1"} <= stations
    assert "post-2" not in stations


async def test_the_ministrys_program_prints_events_and_alarms(kafka, topics, settings, tmp_path):
    """The bus tells alarms on the same topic; the program once failed on each, and parked it."""
    (topic,) = await topics([to_topic(Realm.REAL, "moh", "alerts")])
    before = len(await read_all(settings, topic))
    example = (ROOT / "schemas" / "examples" / "toxic-fire.json").read_bytes()
    event = binary_headers(id="e-1", source="/mes", type="kg.cbrn.incident.toxic-fire.v1", time=AT), example
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()
    try:
        for headers, value in (*alarms(), event):
            await producer.send_and_wait(topic, value, key=b"k", headers=[*headers, (ROLE, b"lead")], partition=0)
    finally:
        await producer.stop()
    running = await started(kafka, tmp_path, program("AlertFeed("), "moh")
    told, parts = "", {"quarantined", "Not readable", "overdue-duty", "A duty", "toxic-fire"}
    try:
        async with asyncio.timeout(WITHIN_S):  # others of the session may have written there, too
            while not all(part in told for part in parts):
                told += (await running.stdout.readline()).decode()
    finally:
        running.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(running.communicate(), WITHIN_S)
    assert running.returncode == 0, err.decode()
    assert "AttributeError" not in err.decode()
    parked = [json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob(".cbrn/parked/**/*.json")]
    assert not [one for one in parked if one["offset"] >= before]
