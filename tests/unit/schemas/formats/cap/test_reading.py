"""CAP as data: what is read of a document by each profile, and what makes it unreadable."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.builders.cap import AREA, INFO, SENT, area, changed

from cbrn_schemas.formats.cap.model import NAMESPACE, NAMESPACE_11, CapAlert, Circle, Pair, Reference, Resource
from cbrn_schemas.formats.cap.reading import read, read_with_faults
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.formats.xml import read_xml

PUBLIC = "<scope>Public</scope>"
SIGNATURE = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature>'
FULL = changed(
    (
        PUBLIC,
        (
            '<source>post 1</source><scope>Restricted</scope><restriction>TLP:AMBER</restriction><addresses>kz "Duty desk"'
            "</addresses><code>a</code><code>b</code><note>n</note><references>mes@cbrn.kg,0,2026-03-11T09:00:00+06:00"
            '</references><incidents>KG-1 "KG 2"</incidents>'
        ),
    ),
    (
        "<expires>",
        "<audience>all</audience><eventCode><valueName>OET:v1.2</valueName><value>OET-037</value></eventCode><expires>",
    ),
    (
        "<area>",
        "<parameter><valueName>x</valueName><value/></parameter><resource><resourceDesc>map</resourceDesc><mimeType>"
        "image/png</mimeType><size>5</size><uri>map.png</uri><derefUri>AAAA</derefUri><digest>" + "0" * 40 + "</digest>"
        "</resource><area>",
    ),
    (
        AREA,
        AREA + "<geocode><valueName>SOATE</valueName><value>41711</value></geocode><altitude>1.5</altitude><ceiling>9"
        "</ceiling>",
    ),
    ("</alert>", SIGNATURE * 2 + "</alert>"),
)


def test_all_that_stands_there_is_read():
    """And written again it says the same, but for the signatures: they are of the bytes that came."""
    alert = read(FULL)
    assert (alert.source, alert.restriction, alert.note, alert.codes) == ("post 1", "TLP:AMBER", "n", ("a", "b"))
    assert alert.addresses == ("kz", "Duty desk")
    assert alert.incidents == ("KG-1", "KG 2")
    assert alert.references == (Reference("mes@cbrn.kg", "0", datetime(2026, 3, 11, 3, tzinfo=UTC)),)
    assert alert.sent == SENT
    assert alert.signatures == 2
    info = alert.infos[0]
    assert (info.audience, info.event_codes) == ("all", (Pair("OET:v1.2", "OET-037"),))
    assert info.parameters == (Pair("x", ""),)
    assert info.resources == (
        Resource(desc="map", mime_type="image/png", size=5, uri="map.png", deref_uri="AAAA", digest="0" * 40),
    )
    assert info.areas[0].circles == (Circle(42.811, 73.845, 0.2),)
    assert (info.areas[0].altitude_ft, info.areas[0].ceiling_ft) == (1.5, 9)
    again = read(write(alert))
    assert again.signatures == 0
    assert again.infos == alert.infos
    assert write(again) == write(alert)


def lenient(*changes: tuple[str, str]) -> CapAlert:
    """What the lenient profile reads, and the strict one does not."""
    document = changed(*changes)
    with pytest.raises(FormatError) as refused:
        read(document)
    assert refused.value.faults[0].severity == "error"
    return read(document, "lenient")


@pytest.mark.parametrize("written", ["2026-03-11T03:40:00Z", "2026-03-11T03:40:00.250Z", "2026-03-11T0940:00"])
def test_times_of_real_feeds_are_read_as_what_they_say(written):
    """A time without an offset is none: six hours are between its two readings."""
    if written.endswith("Z"):
        found = lenient(("2026-03-11T09:40:00+06:00", written))
        assert found.sent.replace(microsecond=0) == SENT
    else:
        with pytest.raises(FormatError):
            read(changed(("2026-03-11T09:40:00+06:00", written)), "lenient")


def test_a_day_may_end_at_24_hours():
    """XML Schema has it so."""
    assert read(changed(("2026-03-11T09:40:00+06:00", "2026-03-10T24:00:00-00:00"))).sent == datetime(
        2026, 3, 11, tzinfo=UTC
    )


def test_values_that_are_none_are_read_as_not_known():
    """An unknown word for the severity hides no alert; one for the status or the type of message does."""
    info = lenient(
        ("<certainty>Observed", "<certainty>Very Likely"), ("Severe", "Catastrophic"), ("<urgency>I", "<urgency>i")
    ).infos[0]
    assert (info.certainty, info.severity, info.urgency) == ("Likely", "Unknown", "Immediate")
    others = lenient(("CBRNE", "Chemical"), ("Avoid", "Run")).infos[0]
    assert (others.categories, others.response_types) == (("Other",), ())
    for wrong in (("Actual", "Real"), ("<msgType>Alert", "<msgType>Warning"), (PUBLIC, "<scope>All</scope>")):
        with pytest.raises(FormatError):
            read(changed(wrong), "lenient")


def test_order_blanks_and_foreign_elements_are_overlooked():
    """Half of the public feeds have one of them."""
    found = lenient(("<status>Actual</status>\n", "<x xmlns='urn:x'/>"), (PUBLIC, f"{PUBLIC}<status> Actual </status>"))
    assert (found.status, found.scope) == ("Actual", "Public")
    assert lenient(("mes.1", "mes 1")).identifier == "mes 1"
    found = lenient((PUBLIC, f"{PUBLIC}<references>a,b,c,2026-03-11T09:00:00+06:00</references>"))
    assert found.references[0].identifier == "b,c"


def test_an_open_polygon_is_closed_and_an_empty_one_is_none():
    """Both are drawn so by whoever draws them at all."""
    assert read(area("<polygon>1,1 1,2 2,2</polygon>"), "lenient").infos[0].areas[0].polygons == (
        ((1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (1.0, 1.0)),
    )
    assert read(area("<polygon/>"), "lenient").infos[0].areas[0].polygons == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251", "koi8-r"])
def test_documents_in_several_encodings_are_read(encoding):
    """Letters of the region in what its offices write in."""
    text = changed(("Chlorine leaks", "Утечка хлора")).decode().replace("UTF-8", encoding.removesuffix("-sig"))
    assert read(text.encode(encoding)).infos[0].headline == "Утечка хлора at the waterworks"


def test_1_1_is_read_and_written_as_1_2():
    """What goes on from here is of one version."""
    alert = read(changed((NAMESPACE, NAMESPACE_11), ("<responseType>Avoid", "<responseType>Shelter")))
    assert alert.version == "1.1"
    assert read(write(alert)).version == "1.2"
    assert read(write(alert)).infos == alert.infos


def test_all_faults_of_what_is_not_read_are_in_the_error():
    """Errors first: the sentence that a person sees is one of them."""
    document = changed(
        (INFO, INFO.replace("112", "").replace("<expires>", "<expired>").replace("</expires>", "</expired>"))
    )
    with pytest.raises(FormatError) as refused:
        read(document)
    severities = [fault.severity for fault in refused.value.faults]
    assert severities == sorted(severities)
    assert len(severities) > 2
    alert, faults = read_with_faults(read_xml(document), "lenient")
    assert alert is not None
    assert {fault.rule for fault in faults} == {fault.rule for fault in refused.value.faults}
