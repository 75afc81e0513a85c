"""What a program hears that builds an event, or a part of one, with a mistake in it."""

import traceback
from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter

from cbrn_schemas.errors import BusError, InvalidEventError, Reason
from cbrn_schemas.events import (
    EVENT_TYPES,
    AnyEvent,
    ChemicalRelease,
    DoseRate,
    Point,
    RadioactiveSource,
    Substance,
    TailingsFailure,
    Text,
    Where,
)
from cbrn_schemas.events.model import Part

NOON = datetime(2026, 3, 1, 6, tzinfo=UTC)
GOOD = {
    "body": "mes",
    "situation": "EXAMPLE-1",
    "observed": NOON,
    "reported": NOON,
    "where": Where(site="F02"),
    "texts": {"ru": Text(headline="Протечка дамбы")},
}


def refusal_of(make, *arguments, **fields):
    with pytest.raises(InvalidEventError) as refused:
        make(*arguments, **fields)
    assert isinstance(refused.value, BusError)
    assert isinstance(refused.value, ValueError)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__, "pydantic's own words, and their web address, are no help"
    assert "pydantic" not in f"{refused.value} {refused.value.hint}"
    assert refused.value.hint in "".join(traceback.format_exception(refused.value)), "all that an uncaught error shows"
    return refused.value


@pytest.mark.parametrize(
    ("fields", "reason", "where", "message", "hint"),
    [
        ({"observed": NOON.replace(tzinfo=None)}, Reason.NAIVE_TIME, "observed", "time zone", "datetime.now(UTC)"),
        ({"observed": "2026-03-01T12:00:00+06:00"}, Reason.INVALID_VALUE, "observed", "a datetime", "fromisoformat"),
        ({"observed": date(2026, 3, 1)}, Reason.INVALID_VALUE, "observed", "a datetime, got date", "datetime.now(UTC)"),
        ({"observed": NOON.replace(year=1026)}, Reason.INVALID_VALUE, "observed", "1900 to 2199", "digit"),
        ({"where": {"distrct": "41708203"}}, Reason.EXTRA_FIELD, "where.distrct", "no field", "did you mean district?"),
        ({"where": {"district": "4170"}}, Reason.INVALID_VALUE, "where.district", "form", "SOATE"),
        ({"where": {"point": {"lat": 142, "lon": 41}}}, Reason.INVALID_VALUE, "where.point.lat", "142", "swapped"),
        ({"severity": "severe"}, Reason.INVALID_VALUE, "severity", "'severe'", "did you mean Severe?"),
        ({"sevrity": "Severe"}, Reason.EXTRA_FIELD, "sevrity", "no field", "did you mean severity"),
        ({"texts": {"kg": {"headline": "x"}}}, Reason.INVALID_VALUE, "texts.kg", "«kg»", "ky, ru, en"),
        ({"texts": "Прорыв"}, Reason.INVALID_VALUE, "texts", "'Прорыв'", '{"ru": {"headline": "Прорыв"}}'),
        ({"dead": "3"}, Reason.INVALID_VALUE, "dead", "whole number", "without quotes"),
        ({"exposed": "school"}, Reason.INVALID_VALUE, "exposed", "a list, got 'school'", '["school"]'),
        ({"kind": "tailings"}, Reason.INVALID_VALUE, "kind", "'tailings'", "tailings-failure"),
    ],
)
def test_an_event_says_what_where_and_what_to_do(fields, reason, where, message, hint):
    """A developer meets the constructor first: pydantic's own words name neither the field's form nor a remedy."""
    error = refusal_of(TailingsFailure, **(GOOD | {"state": "leaking"} | fields))
    assert (error.reason, error.where) == (reason, where)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("part", "fields", "reason", "where", "hint"),
    [
        (Where, {}, Reason.MISSING_FIELD, "value", "site, point"),
        (Where, {"distict": "41708203"}, Reason.EXTRA_FIELD, "distict", "did you mean district?"),
        (Substance, {"cas": "143-33-8"}, Reason.INVALID_CAS, "cas", "143-33-9"),
        (DoseRate, {"value": 0.3, "unit": "µSv/h"}, Reason.UNIT_MISMATCH, "unit", "write uSv/h"),
        (DoseRate, {"value": 0.3, "unit": "μSv/h"}, Reason.UNIT_MISMATCH, "unit", "write uSv/h"),
        (DoseRate, {"value": "0,3", "unit": "uSv/h"}, Reason.INVALID_VALUE, "value", "without quotes"),
        (Point, {"lat": 41.0}, Reason.MISSING_FIELD, "lon", "degrees east"),
        (RadioactiveSource, {"nuclide": "Cs-137", "activity_on": "2026"}, Reason.INVALID_VALUE, "activity_on", "date("),
    ],
)
def test_a_part_by_itself_says_it_too(part, fields, reason, where, hint):
    """It is built before the event, so its mistakes are met first."""
    error = refusal_of(part, **fields)
    assert (error.reason, error.where) == (reason, where)
    assert hint in error.hint


def test_a_mistake_deep_in_an_event_is_named_by_its_full_path():
    """«cas» alone leaves one searching in twenty substances."""
    error = refusal_of(ChemicalRelease, **GOOD, substances=[{"name": "chlorine"}, {"cas": "7782-50-6"}])
    assert error.where == "substances.1.cas"


def test_other_ways_to_build_say_the_same():
    """Who has a mapping, or JSON of one kind, asks pydantic's own methods."""
    assert refusal_of(Where.model_validate, {"distict": "4"}).where == "distict"
    assert refusal_of(Where.model_validate_json, b'{"distict": "4"}').where == "distict"
    assert refusal_of(Where.model_validate_json, b'{"site": }').reason is Reason.NOT_JSON


def test_reading_events_does_not_call_the_constructors(monkeypatch):
    """The router's hot path: it builds a dozen parts an event, and each would cost a call from Rust into Python."""

    def no_more(self, /, **given):
        raise AssertionError("called while reading")

    adapter = TypeAdapter(AnyEvent)
    parts = [part for part in _all_of(Part) if part != Part and part.__module__.startswith("cbrn_")]
    assert set(EVENT_TYPES.values()) < set(parts)
    assert not [part for part in parts if part.__pydantic_custom_init__]
    assert '"custom_init": True' not in repr(adapter.core_schema).replace("'", '"')
    event = TailingsFailure(**GOOD, state="leaking")
    written = event.model_dump_json(exclude_none=True)
    monkeypatch.setattr(Part, "__init__", no_more)
    assert adapter.validate_json(written) == event


def _all_of(model):
    return {model, *(below for child in model.__subclasses__() for below in _all_of(child))}
