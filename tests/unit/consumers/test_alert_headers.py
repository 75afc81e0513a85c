"""What is read of an alert: who says it, what is asked, by when, and a headline in any case."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.builders.feed import EVENT, NOW, FakeMessage, record
from tests.builders.golden import EXAMPLES

from cbrn_consumers.alert import read_alert
from cbrn_consumers.subscription import decode_raw, parse_raw
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.duty import OVERDUE_TYPE, OverdueAlarm
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.records import ALARM_TYPE, Alarm, alarm_record


def test_alert_says_who_what_and_until_when():
    """The handler gets typed values; nobody parses headers at three in the morning."""
    alert = read_alert(record())
    assert alert.event.situation == "KG-2026-minkush"
    assert (alert.id, alert.source, alert.role) == ("a-1", "/mes", "lead")
    assert alert.rules == ("tailings-failure", "extreme")
    assert alert.acknowledge_by == datetime(2026, 5, 1, 6, 20, tzinfo=UTC)
    assert alert.warnings == ("clock-ahead", "place-unknown")
    assert alert.restricted
    assert alert.place == "41704220"
    assert alert.data == EVENT
    assert str(alert.origin) == "cbrn.to.mes.alerts/1/0"


def test_alarm_about_a_quarantined_incident_is_an_alert():
    """An incident that nobody could read must reach a person through the same feed."""
    refused = InvalidEventError(Reason.NOT_JSON, where="value", message="no JSON", hint="Mend it.")
    headers, value = alarm_record(
        refused, identifier="cbrn.from.moh.incidents/0/7", body="moh", at="2026-05-01T06:00:00Z"
    )
    alert = read_alert(replace(record(value=value), headers=tuple(headers)))
    assert alert.type == ALARM_TYPE
    assert isinstance(alert.event, Alarm)
    assert alert.role is None


@pytest.mark.parametrize("order", [[("cbrn_role", b"chief")], [("cbrn_acknowledge_by", b"soon")]])
def test_order_that_cannot_be_understood_is_no_alert(order):
    """A role that this version does not know must not be taken for «none»."""
    with pytest.raises(InvalidEventError) as refused:
        read_alert(record(order=order))
    assert order[0][0] in f"{refused.value.where} {refused.value}"


async def test_header_that_is_not_utf8_does_not_drop_the_alert():
    """FastStream decodes every header and would throw the record away."""
    odd = record(headers=[("note", b"\xff\xfe")], value=b"\xff")

    async def original(seen):
        assert [each.headers for each in seen] == [()]
        return FakeMessage(*seen)

    batch = (odd, record(1))
    message = await parse_raw(batch, original)
    assert message.raw_message is batch
    message.body = odd.value
    assert await decode_raw(message) == b"\xff"


def test_alarms_have_texts_and_a_headline_as_events_do():
    """The natural program prints `alert.event.texts`; the bus's own alarms come to the same handler."""
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="not JSON", hint="Mend it.")
    headers, value = alarm_record(
        error, identifier="cbrn.from.mes.incidents/1/3", body="mes", at="2026-05-01T06:00:00Z"
    )
    alarm = read_alert(replace(record(value=value), headers=tuple(headers)))
    assert alarm.event.texts["en"].headline == "Not readable: value: not JSON (cbrn.from.mes.incidents/1/3)"
    assert alarm.event.texts["en"].instruction == "Mend it."
    russian = alarm.event.texts["ru"]
    assert russian.headline == "Сообщение задержано в карантине: Не JSON (МЧС, cbrn.from.mes.incidents/1/3)"
    assert russian.description == "поле: value: not JSON"
    assert alarm.headline("ky") == alarm.event.texts["ky"].headline != russian.headline
    assert alarm.event.severity == "Unknown"
    title = {"ky": "к", "ru": "р", "en": "e"}
    overdue = OverdueAlarm(
        duty="KG-1/enc", title=title, framework="enc", article="2", limit="law", due=NOW, at=NOW, state="raised",
        addressees=(), national_bodies=(), message="m", hint="h",
    )  # fmt: skip
    own = binary_headers(id="o", source="/bus/duties", type=OVERDUE_TYPE, time="2026-05-01T06:00:00Z")
    told = read_alert(replace(record(value=overdue.model_dump_json().encode()), headers=tuple(own)))
    assert [told.headline(lang) for lang in ("ky", "ru", "en")] == ["к (KG-1/enc)", "р (KG-1/enc)", "e (KG-1/enc)"]
    for lang, said in (("ky", "мөөнөтү өттү"), ("ru", "Просрочена обязанность перед другими: срок 20")):
        text = told.event.texts[lang]
        assert said in text.description
        assert "cbrn duties show KG-1/enc" in text.instruction
        rest = f"{text.description} {text.instruction}".replace("cbrn duties show KG-1/enc", "")
        assert not re.search(r"[A-Za-z]{3}", rest), "no half of it is English"


def test_a_headline_is_never_empty():
    """A reading without texts is told by its kind."""
    assert read_alert(record()).headline("en") == "restricted · Прорыв дамбы", "in whatever language there is"
    reading = json.loads((EXAMPLES / "gamma-dose-rate.json").read_text(encoding="utf-8"))
    reading.pop("texts", None)
    assert read_alert(record(value=json.dumps(reading).encode())).headline("en").removeprefix("restricted · ") == word(
        "kind", "gamma-dose-rate", "en"
    )


def test_an_alert_says_by_whose_key_it_was_signed_and_carries_the_signature_unread():
    """The header of the publisher's signature is no part of the event, and no reason to doubt it."""
    assert read_alert(record()).signed_by == ""
    signed = record(order=[("cbrn_signature", b"a..b"), ("cbrn_signed_by", b"k" * 43)])
    assert read_alert(signed).signed_by == "k" * 43
