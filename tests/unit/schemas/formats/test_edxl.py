"""Envelopes say again what the alert says, and give back the alert byte for byte."""

from __future__ import annotations

from base64 import b64encode

import msgspec
import pytest
from tests.builders.signatories import AT, mes

from cbrn_schemas.contracts.template import example
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.formats import edxl
from cbrn_schemas.formats.cap.documents import Message, document
from cbrn_schemas.formats.cap.reading import read as read_cap
from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.formats.signature import sign, verify

HEAD = """<distributionID>ex-1</distributionID><senderID>duty@example.kz</senderID>
<dateTimeSent>2026-03-11T09:40:00+06:00</dateTimeSent><distributionStatus>Actual</distributionStatus>"""
ALERT = '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><note a=">">ө</note></alert>'
ONE = f"""<?xml version="1.0" encoding="UTF-8"?>
<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0">
{HEAD}<distributionType>Report</distributionType><combinedConfidentiality>none</combinedConfidentiality>
<contentObject><xmlContent><embeddedXMLContent> {ALERT} </embeddedXMLContent></xmlContent></contentObject>
</EDXLDistribution>"""
TWO = f"""<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:2.0"
 xmlns:ct="urn:oasis:names:tc:emergency:edxl:ct:1.0">
{HEAD}<dateTimeExpires>2026-03-12T09:40:00+06:00</dateTimeExpires><distributionKind>Update</distributionKind>
<descriptor><language>ru</language><keyword><ct:valueListURI>urn:l</ct:valueListURI><ct:value>x</ct:value></keyword>
</descriptor>
<content><contentObject><contentDescriptor><contentDescription>d</contentDescription></contentDescriptor>
<contentXML><embeddedXMLContent>{ALERT}</embeddedXMLContent></contentXML></contentObject></content>
</EDXLDistribution>"""


def cap(kind: str, status: str = "Actual") -> bytes:
    """The CAP document of a kind's example."""
    data = example(kind) | {"status": status}
    return document(Message(f"id-{kind}", parse_event(msgspec.json.encode(data))))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_alert_comes_back_byte_for_byte(kind: str) -> None:
    """For every kind: head as the alert has it, and the alert itself as it was signed."""
    signed = sign(cap(kind), mes().identity)
    alert = read_cap(signed, "strict")
    envelope = edxl.envelope_of(alert, signed, tlp="AMBER", addresses=(edxl.Address("kg.cbrn:body", ("kz-mes",)),))
    back = edxl.read(edxl.write(envelope))
    (content,) = back.contents
    assert content.exact
    assert content.data == signed.partition(b"?>\n")[2].strip()
    assert verify(content.data, mes().pinned, AT)[0].signer == "CN=mes.cbrn.kg"
    assert (back.id, back.sender, back.sent) == (alert.identifier, alert.sender, alert.sent)
    assert (back.keywords, back.areas, back.addresses) == (envelope.keywords, envelope.areas, envelope.addresses)
    assert back.confidentiality == "TLP:AMBER"
    assert not back.faults


def test_status_and_type_are_the_alert_s() -> None:
    """An exercise must not be taken for real by whoever only carries it."""
    document_ = cap("toxic-fire", "Exercise")
    envelope = edxl.envelope_of(read_cap(document_, "strict"), document_, tlp="CLEAR")
    back = edxl.read(edxl.write(envelope))
    assert (back.status, back.type, back.confidentiality) == ("Exercise", "Report", "UNCLASSIFIED AND NOT SENSITIVE")


@pytest.mark.parametrize("encoding", ["UTF-8", "windows-1251", "UTF-16"])
def test_what_lies_inside_is_cut_out_whatever_the_encoding(encoding: str) -> None:
    """Only in UTF-8 are they the envelope's own bytes."""
    text = ONE.replace("UTF-8", encoding).replace("ө", "я")
    (content,) = edxl.read(text.encode(encoding)).contents
    assert content.data == ALERT.replace("ө", "я").encode()
    assert content.exact is (encoding == "UTF-8")
    assert content.mime_type == "application/cap+xml"


def test_a_document_that_leans_on_the_envelope_s_names_is_written_anew() -> None:
    """It is whole, and says that its bytes are not those that came."""
    text = ONE.replace("<EDXLDistribution", '<EDXLDistribution xmlns:c="urn:oasis:names:tc:emergency:cap:1.2"')
    (content,) = edxl.read(text.replace(ALERT, "<c:alert><c:note>1</c:note></c:alert>").encode()).contents
    assert not content.exact
    assert content.data is not None
    assert content.data.startswith(b"<c:alert xmlns")


@pytest.mark.parametrize("root", ["EDXLDistribution", "edxlDistribution"])
def test_version_2_is_read_in_both_spellings(root: str) -> None:
    """OASIS' schema and what was made from drafts differ in a letter."""
    found = edxl.read(TWO.replace("EDXLDistribution", root).encode())
    assert (found.version, found.type, found.language) == ("2.0", "Update", "ru")
    assert found.expires is not None
    assert found.keywords == (edxl.Keyword("urn:l", ("x",)),)
    assert found.contents[0].data == ALERT.encode()


def test_other_content_is_decoded() -> None:
    """A picture or a text beside the alert."""
    data = b64encode(b"\x89PNG").decode()
    other = f"<nonXMLContent><mimeType>image/png</mimeType><contentData>{data}</contentData></nonXMLContent>"
    (content,) = edxl.read(_with(other).encode()).contents
    assert (content.data, content.mime_type, content.xml) == (b"\x89PNG", "image/png", False)
    written = edxl.write(edxl.read(_with(other).encode()))
    assert edxl.read(written).contents[0].data == b"\x89PNG"


def _with(content: str) -> str:
    begin, end = ONE.index("<xmlContent>"), ONE.index("</contentObject>")
    return ONE[:begin] + content + ONE[end:]


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("<senderID>duty@example.kz</senderID>", "", "edxl-missing", 2),
        (">Actual<", ">Draft<", "edxl-value", 4),
        ("2026-03-11T09:40:00+06:00", "yesterday", "edxl-time", 4),
        ("EDXL:DE:1.0", "EDXL:DE:3.0", "edxl-root", 2),
        (f"<xmlContent><embeddedXMLContent> {ALERT} </embeddedXMLContent></xmlContent>", "", "edxl-content", 5),
    ],
)
def test_each_fault_has_its_line_and_remedy(old: str, new: str, rule: str, line: int) -> None:
    """The engineer at the other end is told where, and what to do."""
    with pytest.raises(FormatError) as caught:
        edxl.read(ONE.replace(old, new).encode())
    (fault,) = caught.value.faults
    assert (fault.rule, fault.line) == (rule, line)
    assert fault.hint


def test_a_sender_or_time_of_doubtful_form_is_taken_with_a_warning() -> None:
    """What leaves no doubt stops nothing."""
    found = edxl.read(ONE.replace("duty@example.kz", "duty").replace("+06:00", "").encode())
    assert sorted(fault.rule for fault in found.faults) == ["edxl-sender", "edxl-zone"]
    assert found.sent.utcoffset() is not None


def test_what_1_0_has_no_word_for_is_not_written() -> None:
    """Better none than one that no reader takes."""
    two = edxl.read(TWO.replace(">Update<", ">Unknown<").encode())
    with pytest.raises(FormatError, match="Unknown"):
        edxl.write(two)
