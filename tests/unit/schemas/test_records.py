"""What is read of any record of the bus: its time and the bus's own headers, whatever Kafka took."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_consumers.inbox.silences import Silences
from cbrn_routing.router.in_force import _posted
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.records import Alarm, alarm_record, bus_headers, record_time


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_timestamp_is_a_time_in_every_zone(timestamp):
    """Kafka takes any 64 bits from a producer, and a screen shows them in the machine's own zone."""
    found = record_time(timestamp)
    for hours in (-14, 14):
        assert found.astimezone(timezone(timedelta(hours=hours)))


def test_a_usual_timestamp_is_what_it_says():
    """To the millisecond."""
    assert record_time(1_777_000_000_123) == datetime.fromtimestamp(1_777_000_000.123, UTC)


def test_headers_without_a_value_count_as_absent():
    """And what is no UTF-8 is shown, not refused: it is one header of one record."""
    headers = [("cbrn_role", None), ("cbrn_rule", b"\xff"), ("note", b"x"), ("cbrn_place", b"KG-J")]
    assert bus_headers(headers) == {"cbrn_rule": "\\xff", "cbrn_place": "KG-J"}


@pytest.mark.parametrize("timestamp", [-1, 2**62, 253_402_300_800_000])
def test_no_time_ends_those_who_follow_a_topic(timestamp):
    """Of rule books and of silences: a record of the year 33658 is one record."""
    record = SimpleNamespace(
        topic="t", partition=0, offset=5, timestamp=timestamp, timestamp_type=1, key=None, value=None, headers=[]
    )  # fmt: skip
    assert _posted(record).problem is not None
    assert "t/0/5" in Silences("mes").heed(record)


@pytest.mark.parametrize("lang", ["ru", "ky"])
@pytest.mark.parametrize("reason", Reason)
def test_an_alarm_says_what_to_do_in_its_readers_language(reason, lang):
    """Who reads no English must not learn of an unreadable incident without learning what to do."""
    error = InvalidEventError(reason, where="value", message="m", hint="Mend it.")
    _, value = alarm_record(error, identifier="t/0/1", body="mes", at="2026-05-01T06:00:00Z")
    said = Alarm.model_validate_json(value).texts[lang].instruction
    assert word("remedy", reason, lang) in said
    assert said.endswith("[en: Mend it.]"), "the exact words are kept"
