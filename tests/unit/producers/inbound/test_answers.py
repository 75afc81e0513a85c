"""Answers across the border, and reports of IRIX."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from msgspec import structs
from tests.builders.golden import EXAMPLES
from tests.builders.partner_documents import NOW, SENT, alert, event, identity, intake, signed, taken

from cbrn_producers.inbound.answers import UNEXPLAINED, acknowledgement
from cbrn_producers.inbound.memory import Memory
from cbrn_schemas.events import parse_event
from cbrn_schemas.formats import irix
from cbrn_schemas.formats.cap.model import Reference
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.signature import Trusted
from cbrn_schemas.receipt import give
from cbrn_schemas.topics import Realm


def memory():
    """Kazakhstan was sent e-77 of the situation KG-X."""
    found = Memory()
    headers = [("ce_id", b"e-77"), ("ce_source", b"/mes")]
    found.take(SimpleNamespace(topic="cbrn.to.kz.alerts", key=b"KG-X", value=b"{}", headers=headers))
    return found


def answer(msg_type, note=None, identifier="e-77"):
    references = (Reference("mes@cbrn.kg", identifier, SENT - timedelta(minutes=1)),)
    document = alert(identifier="a-1", msg_type=msg_type, references=references, note=note)
    return taken(structs.replace(document, infos=()), intake(memory=memory()))


def test_an_ack_is_a_receipt_of_the_partner():
    """Its missing answer shows as a ministry's does, and so does the answer."""
    receipt = answer("Ack").receipt
    assert (receipt.body, receipt.act, receipt.situation) == ("kz", "acknowledged", "KG-X")
    assert (receipt.event.source, receipt.event.id) == ("/mes", "e-77")
    assert receipt.id == answer("Ack").receipt.id, "one that comes again is the same"


@pytest.mark.parametrize(
    ("note", "reason", "text"),
    [("area is not ours", "area is not ours", None), ("wrong", UNEXPLAINED, "wrong"), (None, UNEXPLAINED, None)],
)
def test_an_error_is_a_refusal_with_what_the_partner_said(note, reason, text):
    """Whoever follows it up reads the note."""
    receipt = answer("Error", note).receipt
    assert (receipt.act, receipt.reason, receipt.text) == ("declined", reason, text)


@pytest.mark.parametrize(("ahead", "counts"), [(timedelta(days=30_000), NOW), (timedelta(minutes=1), None)])
def test_an_ack_that_is_dated_ahead_counts_from_its_receipt(ahead, counts):
    """It says that the partner has the alert; a year 2108 on the board says that nobody may believe it."""
    references = (Reference("mes@cbrn.kg", "e-77", SENT),)
    document = alert(identifier="a-1", msg_type="Ack", references=references, sent=NOW.replace(microsecond=0) + ahead)
    answered = taken(structs.replace(document, infos=()), intake(memory=memory()))
    assert answered.receipt.at == (counts or NOW + ahead)
    assert bool(answered.remarks) == (counts is not None)


def test_nobody_acknowledges_what_was_never_sent():
    """Else any document could quieten the watch."""
    assert answer("Ack", identifier="e-78").why == "ack-unknown"


def test_our_ack_names_the_message_and_nothing_else():
    """Neither who answered nor what is done leaves the country."""
    told = taken(alert())
    said = parse_event(told.record.value)
    receipt = give(
        id="mes.1",
        realm=Realm.REAL,
        body="mes",
        situation=said.situation,
        act="acknowledged",
        event={"source": "/kz/inbound", "id": told.record.id},
        by="Duty officer Asanov",
        at=NOW,
        text="two teams on their way",
    )
    document = write(acknowledgement(said, receipt, sent=NOW))
    back = read(document)
    assert (back.msg_type, back.scope, back.addresses) == ("Ack", "Private", ("alerts@emer.example",))
    assert back.references == (Reference("alerts@emer.example", "urn:oid:2.49.0.0.398.0.1", SENT),)
    assert b"Asanov" not in document
    assert b"teams" not in document
    assert b"mes.1" not in document
    assert b"mes@" not in document
    assert (back.sender, back.identifier) == ("bus@cbrn.kg", f"ack-{told.record.id}")
    declined = give(**receipt.model_dump(exclude={"act", "reason"}), act="seen")
    assert acknowledgement(said, declined, sent=NOW) is None


def report():
    """A report of an emergency, as a partner's program writes it."""
    ours = parse_event((EXAMPLES / "tailings-failure.json").read_bytes())
    return irix.write(irix.report_of(ours, event_id="x", created=SENT))


def test_a_report_of_irix_becomes_an_alert_of_radiation():
    """The IAEA and national centres send these."""
    said = event(report())
    assert said["kind"] == "foreign-alert"
    assert said["hazard"] in {"radiological", "nuclear"}
    assert said["original"]["format"] == "irix-1.0"
    assert said["texts"]


def test_a_signed_report_is_believed():
    """It carries its signature among its annexes."""
    secret, certificate = identity()
    terms = {"signature": "required", "trusted": Trusted.from_pem(certificate)}
    assert event(signed(report(), secret, certificate), **terms)["original"]["signature"]["state"] == "valid"
