"""A partner's document that collides: with ours, with another's, with itself. It can touch nothing but its own."""

import re
from types import SimpleNamespace

import pytest
from tests.builders.golden import EXAMPLES
from tests.builders.partner_documents import NOW, SENT, alert, arrived, event, info, intake, taken

from cbrn_producers.inbound.memory import Memory, content_of
from cbrn_producers.inbound.taking import Answered, Kept, Refused, Said, take
from cbrn_schemas.errors import Reason
from cbrn_schemas.events import parse_event
from cbrn_schemas.formats import edxl, irix
from cbrn_schemas.formats.cap.from_event import alert_of
from cbrn_schemas.formats.cap.model import Reference
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.faults import FormatError

OURS = parse_event((EXAMPLES / "tailings-failure.json").read_bytes())
TOLD = "shared-0123456789abcdef0123"
"""By what name Kazakhstan knows an event of ours."""


def own(identifier, sender="mes@cbrn.kg", **changed):
    """A document as this same bus writes it, here or at a partner's."""
    return alert_of(OURS.model_copy(update=changed), identifier=identifier, sender=sender, sent=OURS.reported)


@pytest.fixture
def at():
    """A mapper that knows that Kazakhstan was sent an alert of ours."""
    memory, headers = Memory(), [("ce_id", TOLD.encode()), ("ce_source", b"/mes")]
    memory.take(SimpleNamespace(topic="cbrn.to.kz.alerts", key=OURS.situation.encode(), headers=headers))
    return intake(memory=memory)


def test_what_we_sent_comes_back_as_no_second_incident(at):
    """A partner that passes on all that it has, or one who wants all here to be told twice."""
    document = write(own(TOLD))
    envelope = edxl.write(edxl.envelope_of(own(TOLD), document, tlp="CLEAR"))
    for data in (document, envelope):
        (outcome,) = take(arrived(data), at, NOW)
        assert (type(outcome), outcome.why) == (Kept, "echo")


def test_two_bodies_of_a_partner_may_count_alike(at):
    """The second was taken for the first, and nobody here heard of it."""
    first = taken(own("0001", "mes@bus.example"), at)
    at.memory.said("kz", first.record.id, first.situation)
    second = taken(own("0001", "moh@bus.example", severity="Minor"), at)
    assert isinstance(second, Said)
    assert second.record.id != first.record.id
    assert taken(own("0001", "mes@bus.example"), at).why == "known"


@pytest.mark.parametrize("kind", ["Update", "Cancel"])
def test_no_partner_updates_or_cancels_what_is_ours(at, kind):
    """Nor another partner's: whatever it names, it names in its own name, and its situations bear that."""
    named = Reference("mes@cbrn.kg", TOLD, OURS.reported)
    at.memory.said("uz", "cap-of-uz", "uz:theirs")
    for document in (
        alert(msg_type=kind, references=(named,)),
        alert(sender="mes@cbrn.kg", msg_type=kind, references=(named,), incidents=(OURS.situation,)),
        own("0002", message_type=kind, situation=OURS.situation) if kind == "Update" else alert(identifier=TOLD + "x"),
        own("0003", situation="uz:theirs"),
    ):
        outcome = taken(document, at)
        assert isinstance(outcome, Said), outcome
        said = parse_event(outcome.record.value)
        assert said.body == "kz"
        assert said.situation.startswith("kz:")
        assert dict(outcome.record.headers)["ce_source"] == b"/kz/inbound"


def test_a_report_of_irix_stands_under_the_partner_too():
    """Also one that revokes, and one that has the number of another's."""
    report = irix.report_of(
        OURS.model_copy(update={"message_type": "Cancel"}), event_id="y", created=SENT, references=["z"]
    )
    said = event(irix.write(report))
    assert (said["body"], said["situation"].startswith("kz:")) == ("kz", True)


def test_nobody_answers_for_another(at):
    """Uzbekistan cannot acknowledge what Kazakhstan was sent, nor speak as one of our ministries."""
    ack = alert(msg_type="Ack", references=(Reference("mes@cbrn.kg", TOLD, OURS.reported),), sender="mes@cbrn.kg")
    answer = taken(ack, at)
    assert isinstance(answer, Answered)
    assert (answer.receipt.body, answer.receipt.by) == ("kz", "CAP mes@cbrn.kg")
    there = intake(partner="uz", memory=at.memory)
    (outcome,) = take(arrived(write(ack), partner="uz"), there, NOW)
    assert (type(outcome), outcome.why) == (Kept, "ack-unknown")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_day_before_the_first_is_a_fault_of_the_document_and_not_of_ours(time):
    """It exists at its own place and not in UTC: our program failed over it."""
    for data in (
        write(alert()).replace(b"2026-05-11T02:31:00-00:00", time.encode()),
        irix.write(irix.report_of(OURS, event_id="x", created=SENT)).replace(b"2026-05-11T02:31:00Z", time.encode()),
    ):
        (outcome,) = take(arrived(data), intake(), NOW)
        assert isinstance(outcome, Refused)
        assert time in outcome.error.message
    envelope = edxl.write(edxl.envelope_of(own("1"), write(own("1")), tlp="CLEAR"))
    with pytest.raises(FormatError, match="no time"):
        edxl.read(re.sub(rb"(dateTimeSent>)[^<]+", rb"\g<1>" + time.encode(), envelope))


def remembering(first):
    """A mapper that has said this, and read it back after a restart."""
    memory = Memory()
    headers = [("ce_id", first.record.id.encode()), ("ce_source", b"/kz/inbound")]
    memory.take(
        SimpleNamespace(topic=first.record.topic, key=first.record.key, headers=headers, value=first.record.value)
    )
    return intake(memory=memory)


def test_the_same_name_with_other_words_is_set_aside_and_not_lost():
    """A partner that corrects an alert without a new identifier: the correction was known already, said the log."""
    at = remembering(taken(alert()))
    (outcome,) = take(arrived(write(alert(info(severity="Extreme")))), at, NOW)
    assert isinstance(outcome, Refused)
    assert outcome.error.reason is Reason.ID_REUSED
    assert "identifier of its own" in outcome.error.hint


@pytest.mark.parametrize("changes", [{"headline": "Nothing at all"}, {"severity": "Minor", "language": "kk-KZ"}])
def test_other_words_in_one_language_or_other_facts_in_another_are_set_aside(changes):
    """A headline alone may say that the danger is over."""
    at = remembering(taken(alert(info(language="ru-KZ", headline="Ammonia released"))))
    (outcome,) = take(arrived(write(alert(info(**{"language": "ru-KZ"} | changes)))), at, NOW)
    assert isinstance(outcome, Refused)
    assert outcome.error.reason is Reason.ID_REUSED


@pytest.mark.parametrize("language", ["kk-KZ", "en-US", "ky-KG"])
def test_the_same_alert_in_another_language_is_known(language):
    """An agency with a feed a language gives one alert one identifier: each would have been an alarm at night."""
    at = remembering(taken(alert(info(language="ru-KZ", headline="Ammonia released"))))
    there = info(language=language, headline="The same", sender_name="The same agency", event="A release of ammonia")
    (outcome,) = take(arrived(write(alert(there))), at, NOW)
    assert (type(outcome), outcome.why) == (Kept, "known")


@pytest.mark.parametrize("change", ["bytes", "envelope", "meanings"])
def test_the_same_words_in_other_bytes_are_known(change):
    """Two feeds, an envelope, another file of ours: it is one alert, and no alarm."""
    first = taken(alert())
    at, data = remembering(first), write(alert())
    if change == "bytes":
        data = data.replace(b"\n", b"\n\n", 1)
    elif change == "envelope":
        data = edxl.write(edxl.envelope_of(alert(), data, tlp="CLEAR"))
    else:
        at.memory.said(
            "kz", first.record.id, "kz:x", content_of(first.record.value.replace(b'"chemical"', b'"nuclear"'))
        )
    (outcome,) = take(arrived(data), at, NOW)
    assert (type(outcome), outcome.why) == (Kept, "known")


def test_an_event_of_the_partner_s_own_bus_with_other_words_is_set_aside():
    """It has no original beside it."""
    first = taken(own("0001", "mes@bus.example"))
    outcome = taken(own("0001", "mes@bus.example", severity="Minor"), remembering(first))
    assert outcome.error.reason is Reason.ID_REUSED
