"""A dict, as a program has it that reads JSON or a database, is an event like any other."""

import json
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from tests.builders.golden import ROOT
from tests.unit.producers.test_sdk import FakeProducer, agency

from cbrn_producers import InvalidEventError, Reason, Receipt, RefusedEventError
from cbrn_producers.files import FileEvent, prepare_events, read_events
from cbrn_producers.outgoing import Sender, prepare
from cbrn_schemas.events import Where, parse_event
from cbrn_schemas.topics import Realm

EXAMPLE = (ROOT / "schemas" / "examples" / "tailings-failure.json").read_bytes()
GIVEN = json.loads(EXAMPLE)
MES = Sender(GIVEN["body"], None, Realm.REAL)


def test_it_says_what_its_json_says():
    """Checked as bytes would be, in the order in which it was written."""
    outgoing = prepare(GIVEN, MES)
    assert json.loads(outgoing.value) == GIVEN
    assert parse_event(outgoing.value) == parse_event(EXAMPLE)
    assert prepare(MappingProxyType(GIVEN), MES) == outgoing


def test_it_is_the_same_event_as_the_compact_file_that_it_was_read_from():
    """So what a file has told already, a program does not tell again."""
    compact = json.dumps(GIVEN, ensure_ascii=False, separators=(",", ":")).encode()
    (event,) = read_events("one.json", compact)
    assert isinstance(event, FileEvent)
    (ready,) = prepare_events([event], MES)
    outgoing = prepare(json.loads(compact), MES)
    assert (outgoing.id, outgoing.value) == (ready.outgoing.id, compact)


def test_times_may_be_datetimes_and_parts_models():
    """Half of a dict often comes from a program."""
    bishkek = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=6)))
    outgoing = prepare(GIVEN | {"observed": bishkek, "where": Where.at(41.3, 72.4)}, MES)
    event = parse_event(outgoing.value)
    assert event.observed == bishkek
    assert event.where == Where.at(41.3, 72.4)


@pytest.mark.parametrize(
    ("changed", "reason", "where", "hint"),
    [
        ({"observed": datetime(2026, 3, 1, 12)}, Reason.NAIVE_TIME, "observed", "+06:00"),  # noqa: DTZ001 - the point
        ({"observed": "2026-03-01 12:00"}, Reason.NAIVE_TIME, "observed", "+06:00"),
        ({"sevrity": "Severe"}, Reason.EXTRA_FIELD, "sevrity", "did you mean severity"),
        ({"where": {"distrct": "4"}}, Reason.EXTRA_FIELD, "where.distrct", "did you mean district?"),
        ({"volume_m3": float("nan")}, Reason.INVALID_VALUE, "volume_m3", "leave the reading out"),
        ({"body": "moh"}, Reason.FOREIGN_SOURCE, "body", ""),
        ({"causes": object()}, Reason.INVALID_VALUE, "value", "Give text, numbers"),
        ({"kind": "tailings"}, Reason.UNKNOWN_KIND, "kind", "tailings-"),
    ],
)
def test_what_is_wrong_is_said_with_field_and_remedy(changed, reason, where, hint):
    """In the program, not in quarantine."""
    with pytest.raises(RefusedEventError) as told:
        prepare(GIVEN | changed, MES)
    assert (told.value.reason, told.value.where) == (reason, where)
    assert hint in told.value.hint


@pytest.mark.parametrize("event", [EXAMPLE.decode(), [GIVEN], None, 4])
def test_what_is_no_event_at_all_is_named(event):
    """Text of JSON, a list of events: natural, and once an AttributeError."""
    with pytest.raises(RefusedEventError, match="a model, a dict or JSON bytes") as told:
        prepare(event, MES)
    assert "publish_many" in told.value.hint


async def test_many_take_dicts_with_and_without_an_id():
    """One that is refused holds no other back."""
    opened = agency(FakeProducer(1, 2))
    opened.sender = MES
    outcomes = await opened.publish_many([GIVEN, GIVEN | {"x": 1}, (GIVEN, "a-1")])
    assert [type(one) for one in outcomes] == [Receipt, RefusedEventError, Receipt]
    assert isinstance(outcomes[1], InvalidEventError)
    assert outcomes[2].id == "a-1"


@pytest.mark.parametrize("event_id", [5, b"x", "half \ud800"])
def test_an_id_that_no_header_can_hold_is_refused(event_id):
    """A database's row number is the first that a program would try."""
    with pytest.raises(RefusedEventError, match="event_id: an id is text") as refused:
        prepare(GIVEN, MES, event_id=event_id)
    assert "event_id=f" in refused.value.hint
