"""Where everybody stands, as a record: what goes out comes back, and nothing of persons can."""

from datetime import UTC, datetime

import pytest

from cbrn_schemas.standing_record import (
    PartyStands,
    SituationStands,
    StandingRecordError,
    read_standing,
    standing_record,
    standing_topic,
)
from cbrn_schemas.streams import STREAMS, Party
from cbrn_schemas.topics import Realm

AT = datetime(2026, 11, 1, 3, 5, tzinfo=UTC)
STANDS = SituationStands(
    situation="KG-2026-minkush",
    event={"source": "/kg/mes/desk", "id": "mes-1"},
    at=AT,
    parties=(
        PartyStands(body="mes", role="lead", state="accepted", since=AT),
        PartyStands(body="moh", role="support", state="declined", since=AT, reason="no team free", level=2),
        PartyStands(body="mia", role="support", state="addressed", since=AT, due=AT),
    ),
)


def test_what_is_written_is_read_again():
    """Every body told reads the same."""
    headers, value = standing_record(STANDS)
    assert read_standing(headers, value) == STANDS
    assert dict(headers)["ce_subject"] == b"KG-2026-minkush"


def test_the_same_record_has_the_same_id_and_another_has_not():
    """Whoever reads it twice can tell."""
    headers, _ = standing_record(STANDS)
    again, _ = standing_record(STANDS)
    other, _ = standing_record(STANDS.model_copy(update={"ended": True}))
    assert dict(headers)["ce_id"] == dict(again)["ce_id"] != dict(other)["ce_id"]


def test_what_a_newer_watch_says_besides_is_passed_over():
    """Desks are not all of one version."""
    headers, value = standing_record(STANDS)
    newer = value.replace(b'"ended":false', b'"ended":false,"weather":"fine"').replace(b'"level":2', b'"level":2,"x":1')
    assert newer.count(b'"x"') == newer.count(b"weather") == 1
    assert read_standing(headers, newer) == STANDS


HEADERS, VALUE = standing_record(STANDS)


@pytest.mark.parametrize(
    ("headers", "value", "where"),
    [
        (HEADERS, VALUE.replace(b'"accepted"', b'"asleep"'), "parties.0.state"),
        (HEADERS, b"{}", "situation"),
        ([], VALUE, "header"),
        (HEADERS, None, "value"),
    ],
)
def test_what_is_none_is_refused_by_its_field(headers, value, where):
    """A record of somebody else's would be shown as the standing."""
    with pytest.raises(StandingRecordError) as refused:
        read_standing(headers, value)
    assert refused.value.where.startswith(where)


def test_another_type_is_refused():
    """An alert that was copied there says not where anybody stands."""
    headers, value = standing_record(STANDS)
    other = [(name, b"kg.cbrn.alarm.silent.v1" if name == "ce_type" else text) for name, text in headers]
    with pytest.raises(StandingRecordError, match="says not where anybody stands"):
        read_standing(other, value)


def test_no_person_can_be_named_in_it():
    """Least privilege: other bodies need not know who it was."""
    assert not {"by", "to", "text", "holder"} & {*PartyStands.model_fields, *SituationStands.model_fields}


def test_only_the_watch_writes_it_and_only_the_body_itself_reads_it():
    """A ministry reads its own topics alone."""
    (stream,) = (each for each in STREAMS if each.address == "to.{body}.standing")
    assert (stream.writers, stream.readers) == ({Party.WATCH}, {Party.MINISTRY})
    assert list(stream.topics(Realm.REAL, {"receiver": ["moh"], "home": ["moh"], "publisher": [], "partner": []})) == [
        standing_topic(Realm.REAL, "moh")
    ]
