"""Events as an agency's program builds them in Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import (
    EVENT_TYPES,
    Agent,
    DoseRate,
    GammaDoseRate,
    HumanDisease,
    IllegalDumping,
    Incident,
    Measurement,
    Monitoring,
    Point,
    Substance,
    TailingsFailure,
    Text,
    Where,
    ce_type,
    key_of,
    kind_of,
    lane_of,
    parse_event,
    to_bytes,
)
from cbrn_schemas.events.time import Time, to_wire
from cbrn_schemas.topics import Lane

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=6)))


def tailings(**fields: Any) -> TailingsFailure:
    given: dict[str, Any] = {
        "body": "mes",
        "situation": "EXAMPLE-1",
        "observed": NOON,
        "reported": NOON,
        "where": Where(site="F02"),
        "state": "leaking",
        "texts": {"ru": Text(headline="Протечка дамбы")},
    }
    return TailingsFailure(**given | fields)


def test_kind_and_hazard_follow_from_the_class() -> None:
    """Five lines are enough to publish: nothing is asked twice."""
    event = tailings()
    assert (event.kind, event.hazard, event.status, event.message_type) == (
        "tailings-failure",
        "radiological",
        "Actual",
        "Alert",
    )


def test_hazard_is_asked_where_several_are_possible() -> None:
    """A default letter would send a chemical dump to the radiation people."""
    with pytest.raises(InvalidEventError, match="hazard"):
        IllegalDumping(  # type: ignore[call-arg]  # the missing field is the point
            body="mes",
            situation="EXAMPLE-2",
            observed=NOON,
            reported=NOON,
            where=Where(district="41704230"),
            waste="drums",
            texts={"en": Text(headline="Drums")},
        )


def test_lists_and_plain_dictionaries_will_do() -> None:
    """Programs have lists and dictionaries at hand, not tuples and models."""
    event = tailings(
        causes=["rain"],
        exposed=["irrigation"],
        where={"point": {"lat": 41.28, "lon": 72.47}},
        measurements=[{"quantity": "exposure-rate", "value": 640, "unit": "uR/h"}],
        texts={"ky": {"headline": "Дамбадан суу агууда"}},
    )
    assert event.measurements == (Measurement(quantity="exposure-rate", value=640.0, unit="uR/h"),)
    assert event.where.point == Point(lat=41.28, lon=72.47)


def test_an_event_cannot_be_changed() -> None:
    """What was decided upon must stay what it was."""
    event = tailings()
    with pytest.raises(ValidationError, match="frozen"):
        event.severity = "Minor"  # type: ignore[misc]  # frozen is the point


@pytest.mark.parametrize(
    "fields",
    [
        {"observed": datetime(2026, 3, 1)},  # noqa: DTZ001 - naive is the point
        {"observed": datetime(1, 1, 1, tzinfo=UTC)},
        {"observed": "2026-03-01T12:00:00+06:00"},
        {"state": "broken"},
        {"colour": "red"},
        {"texts": {}},
        {"dead": -1},
        {"ines_level": 8},
        {"volume_m3": float("nan")},
        {"where": {"description": "somewhere"}},
    ],
)
def test_what_would_be_refused_on_the_bus_is_refused_in_python(fields: dict[str, Any]) -> None:
    """Better in the agency's own program than at 3 a.m. in quarantine."""
    with pytest.raises(InvalidEventError) as refused:
        tailings(**fields)
    assert [refused.value.where] == list(fields)


def test_times_go_out_in_utc_and_empty_fields_stay_at_home() -> None:
    """Readers in other languages compare times as text, and payloads stay small."""
    data = to_bytes(tailings())
    assert b'"observed":"2026-03-01T06:00:00Z"' in data
    for absent in (b"null", b"measurements", b"[]", b"{}", b" :", b'": '):
        assert absent not in data
    assert "Протечка".encode() in data


def test_parts_of_a_second_survive() -> None:
    """Seismic origin times need them."""
    event = tailings(observed=NOON.replace(microsecond=123456))
    assert b"06:00:00.123456Z" in to_bytes(event)
    assert parse_event(to_bytes(event)) == event


def test_a_dose_rate_takes_only_dose_rates() -> None:
    """A dose rate post cannot send becquerels."""
    with pytest.raises(InvalidEventError, match="quantity"):
        DoseRate(quantity="activity", value=1, unit="Bq")  # type: ignore[arg-type]  # the wrong quantity is the point


def test_a_level_and_a_temperature_may_be_negative_and_a_dose_may_not() -> None:
    """Below datum or below freezing is a fact; below no radiation is a fault of the instrument."""
    assert Measurement(quantity="temperature", value=-20, unit="Cel").value == -20
    with pytest.raises(InvalidEventError, match="below zero"):
        DoseRate(value=-0.1, unit="uSv/h")


def test_an_unknown_agent_is_no_error() -> None:
    """A new disease is in no catalogue; it is routed with a warning."""
    event = HumanDisease(
        body="moh",
        situation="EXAMPLE-3",
        observed=NOON,
        reported=NOON,
        where=Where(district="41706226"),
        agent=Agent(code="something-new", confirmed=False),
        texts={"en": Text(headline="Unknown disease")},
    )
    assert event.ihr is None


def test_an_invented_un_number_or_cas_form_is_refused() -> None:
    """The catalogue and the responders' guide books are looked up by these numbers."""
    for fields in (
        {"cas": "143-33-8"},
        {"cas": "0143-33-9"},
        {"un_number": "UN1689"},
        {"un_number": "١٦٨٩"},
        {"confirmed": True},
    ):
        with pytest.raises(InvalidEventError) as refused:
            Substance.model_validate(fields)
        assert "also wrong" not in refused.value.message


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_kind_type_lane_and_class_agree(kind: str) -> None:
    """The type in the header decides the model, the lane and the topic: one slip and a kind is lost."""
    model = EVENT_TYPES[kind]
    lane = "incident" if issubclass(model, Incident) else "monitoring"
    assert model.__name__ == "".join(word.capitalize() for word in kind.split("-"))
    assert ce_type(kind) == f"kg.cbrn.{lane}.{kind}.v1"
    assert kind_of(ce_type(kind)) == kind
    assert lane_of(kind) is (Lane.INCIDENTS if lane == "incident" else Lane.MONITORING)
    assert issubclass(model, Incident) != issubclass(model, Monitoring)
    assert model.__doc__


def test_types_of_other_versions_are_unknown() -> None:
    """A later version must not be read as this one."""
    assert kind_of("kg.cbrn.incident.tailings-failure.v2") is None
    assert kind_of("kg.cbrn.monitoring.tailings-failure.v1") is None


def test_the_key_is_the_situation_or_the_station() -> None:
    """Everything about one situation stays in order in one shard."""
    reading = GammaDoseRate(
        body="mes",
        station="minkush-gamma-1",
        observed=NOON,
        reported=NOON,
        where=Where(site="F04"),
        reading=DoseRate(value=0.2, unit="uSv/h"),
    )
    assert (key_of(tailings()), key_of(reading)) == ("EXAMPLE-1", "minkush-gamma-1")
    with pytest.raises(TypeError):
        key_of("a situation's name")  # type: ignore[arg-type]  # the wrong type is the point


EDGES = [(datetime(1899, 12, 31, 0, 1), timedelta(days=1)), (datetime(2199, 12, 31, 0, 1), timedelta(hours=47.9))]  # noqa: DTZ001 - in UTC


@given(
    st.sampled_from(EDGES).flatmap(lambda edge: st.datetimes(edge[0], edge[0] + edge[1], timezones=st.just(UTC))),
    st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_whatever_time_is_taken_can_be_read_where_it_was_written(moment: datetime, zone: timezone) -> None:
    """Also one that somebody has put into UTC, where 1 January 1900, of which old tables are full, is in 1899."""
    time = TypeAdapter(Time)
    for written in (moment, moment.astimezone(zone)):
        assert time.validate_json(f'"{to_wire(time.validate_python(written))}"') == moment
