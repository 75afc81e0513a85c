"""Records into documents: what was released as it is, a body's alerts as CAP, always the same bytes. No Kafka."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.builders.feed import record as alert_record
from tests.builders.feeds import NOW, cap, reference, released
from tests.builders.golden import MIN_KUSH

from cbrn_consumers.alert import read_alert
from cbrn_consumers.feeds.document import PUBLIC_FEED, UnfitDocumentError
from cbrn_consumers.feeds.taking import AlertTaker, ReleasedTaker
from cbrn_consumers.situation.document import full_document
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.errors import BusError
from cbrn_schemas.formats.cap import reading, writing
from cbrn_schemas.formats.cap.documents import Message
from cbrn_schemas.formats.signature import SigningIdentity, is_signed

UPDATE = {"message_type": "Update", "references": ["a-0"]}
OPEN = [("cbrn_role", b"lead"), ("cbrn_acknowledge_by", b"2026-05-01T06:20:00.000Z")]


@pytest.fixture(scope="module")
def identity():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mes")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=900))
    return SigningIdentity(key, (made.sign(key, hashes.SHA256()),))


def taken(record, lang="en"):
    return ReleasedTaker(lang).take(record)


def test_an_entry_says_what_the_document_says():
    alert = cap(1, expires=NOW + timedelta(hours=6))
    (one,) = taken(released(alert, more=(("cbrn_acknowledge_by", b"2026-11-27T04:00:00.000Z"),)))
    assert (one.feed, one.title, one.message_type, one.severity) == ("kz", "Chlorine 1", "Alert", "Severe")
    assert one.message == ("mes@cbrn.kg", "e-1")
    assert one.expires == NOW + timedelta(hours=6)
    assert one.acknowledge_by == NOW + timedelta(hours=1)
    assert one.size == len(one.content)
    assert len(one.languages) == 3


def test_an_exercise_says_so_first():
    (one,) = taken(released(cap(1, status="Exercise")))
    assert one.title == "EXERCISE · Chlorine 1"


def test_a_document_without_an_expiry_in_one_language_does_not_expire():
    alert = cap(1)
    first, *rest = alert.infos
    alert = msgspec.structs.replace(alert, infos=(msgspec.structs.replace(first, expires=None), *rest))
    (one,) = taken(released(alert))
    assert one.expires is None


def test_an_update_names_what_it_replaces():
    (one,) = taken(released(cap(2, msg_type="Update", references=(reference(1),))))
    assert one.replaces == (("mes@cbrn.kg", "e-1"),)


def test_nothing_is_public_that_is_not_said_to_be():
    assert [one.feed for one in taken(released(cap(1)))] == ["kz"]
    assert [one.feed for one in taken(released(cap(1), more=(("cbrn_public", b"TRUE"),)))] == ["kz"]


def test_a_public_document_is_in_both_feeds_and_asks_the_public_for_no_answer():
    record = released(cap(1), public=True, more=(("cbrn_acknowledge_by", b"2026-11-27T04:00:00Z"),))
    partners, public = taken(record)
    assert public.feed == PUBLIC_FEED
    assert public.content == partners.content
    assert public.acknowledge_by is None


def test_what_calls_itself_restricted_is_not_public_whatever_a_header_says():
    """The agreement and the document must both say it; one that contradicts itself is shown to nobody."""
    with pytest.raises(UnfitDocumentError, match="Restricted"):
        taken(released(cap(1, scope="Restricted", restriction="TLP:AMBER"), public=True))


def test_no_body_is_called_as_the_public_feed_is():
    assert PUBLIC_FEED not in bodies()


@pytest.mark.parametrize("content_type", [b"text/html", b"application/javascript", b"", b"image/svg+xml"])
def test_what_says_to_be_a_page_or_a_script_is_in_no_feed(content_type):
    with pytest.raises(UnfitDocumentError):
        taken(released(cap(1), content_type=content_type))


@pytest.mark.parametrize("content", [b"<alert/>", b"no xml", b"<!DOCTYPE a><a/>", b"\x00\xff"])
def test_what_is_no_alert_is_in_no_feed(content):
    with pytest.raises(BusError):
        taken(released(content))


def test_an_empty_record_is_nothing():
    assert taken(released(b"")) == []


def test_a_document_of_another_standard_is_handed_out_as_it_is():
    (one,) = taken(released(b"<Report/>", content_type=b"application/xml"))
    assert (one.content, one.content_type, one.expires) == (b"<Report/>", "application/xml", None)


def test_a_document_of_another_standard_comes_and_goes_with_the_cap_of_its_release():
    """An update by CAP replaces the envelope and the report of what it updates, too."""
    taker = ReleasedTaker("en")
    (first,) = taker.take(released(cap(1), more=(("ce_id", b"0123.cap"),)))
    (report,) = taker.take(released(b"<Report/>", content_type=b"application/xml", more=(("ce_id", b"0123.irix"),)))
    (other,) = taker.take(released(b"<Other/>", content_type=b"application/xml", more=(("ce_id", b"4567.irix"),)))
    assert (report.message, report.expires, report.title) == (first.message, first.expires, "Chlorine 1 (IRIX)")
    assert other.message != first.message


def test_what_names_the_partner_for_whom_it_is_is_never_public():
    record = released(b"<EDXLDistribution/>", content_type=b"application/xml", public=True)
    assert [one.feed for one in taken(record)] == ["kz"]


def alerts(identity=None, **how):
    return AlertTaker("mes", "en", identity, **({"restricted": False} | how))


def record(offset=0, order=OPEN, **changed):
    value = json.dumps(MIN_KUSH | {"severity": "Severe"} | changed, ensure_ascii=False).encode()
    return alert_record(offset, event_id=f"a-{offset}", value=value, order=order)


def test_a_bodys_alert_becomes_the_same_signed_bytes_each_time(identity):
    """The database can be lost: readers who have a document must find the same one again."""
    (first,), (again,) = alerts(identity).take(record()), alerts(identity).take(record())
    assert first == again
    assert is_signed(first.content)
    assert reading.read(first.content).identifier == "a-0"
    assert first.name == alerts().take(record())[0].name, "its address outlives a change of key"


def test_a_bodys_restricted_alerts_are_left_out_unless_told():
    secret = [*OPEN, ("cbrn_restricted", b"true")]
    assert alerts().take(record(order=secret)) == []
    (one,) = alerts(restricted=True).take(record(order=secret))
    told = reading.read(one.content)
    assert (told.scope, told.addresses) == ("Private", ("mes",))


def test_tlp_red_is_left_out_like_what_is_restricted():
    assert alerts().take(record(tlp="RED")) == []


@pytest.mark.parametrize(("tlp", "scope"), [("CLEAR", "Public"), ("GREEN", "Restricted"), ("AMBER", "Restricted")])
def test_the_tlp_becomes_the_scope(tlp, scope):
    (one,) = alerts().take(record(tlp=tlp))
    assert reading.read(one.content).scope == scope


def test_an_update_of_a_body_names_all_that_its_readers_have():
    taker = alerts()
    (first,) = taker.take(record(0))
    (second,) = taker.take(record(1, message_type="Update", references=["a-0"]))
    (third,) = taker.take(record(2, message_type="Cancel", references=["a-1"]))
    assert second.replaces == (first.message,)
    assert third.replaces == (first.message, second.message)


def test_what_is_passed_on_for_want_of_an_answer_is_no_second_document():
    taker = alerts()
    assert taker.take(record(0))
    assert taker.take(record(0, order=[*OPEN, ("cbrn_level", b"1")])) == []


def test_what_could_not_be_kept_is_made_again():
    """A full disk: the records come again, and must not be taken for ones that readers have."""
    taker = alerts()
    (first,) = taker.take(record(0))
    taker.begin(lambda _: [])
    assert taker.take(record(0)) == [first]
    taker.begin(lambda _: [first])
    assert taker.take(record(0)) == []
    assert taker.take(record(1, **UPDATE))[0].replaces == (first.message,)


def test_a_cancellation_of_what_no_reader_has_is_in_no_feed():
    with pytest.raises(BusError):
        alerts().take(record(1, message_type="Cancel", references=["a-0"]))


def test_a_bodys_document_is_what_screens_show():
    """`cbrn cap show` and the feed must not differ: people compare them on the telephone."""
    taker = alerts()
    (first,) = taker.take(record(0))
    (second,) = taker.take(record(1, message_type="Update", references=["a-0"]))
    messages = [Message(f"a-{n}", read_alert(record(n, **more)).event) for n, more in enumerate(({}, UPDATE))]
    assert first.content == full_document(messages[0])
    assert second.content == full_document(messages[1], messages)


def test_times_do_not_depend_on_where_the_process_stands(monkeypatch):
    (one,) = alerts().take(record())
    assert one.taken.astimezone(ZoneInfo("Asia/Bishkek")) == one.taken
    assert writing.write(reading.read(one.content)) == one.content
