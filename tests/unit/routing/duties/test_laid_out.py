"""A duty that is laid out once and filled in is the duty that the model writes, for every rule, kind and event."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.any_event import events
from tests.builders.duties import data
from tests.builders.duty_cases import CASES, TRIGGERS
from tests.builders.rules import national_engine

from cbrn_routing.duties import duties_of, duty_id, evidence_of
from cbrn_routing.router.duty_records import DutyRecords
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.duty import Duty, Noted
from cbrn_schemas.envelope import Envelope
from cbrn_schemas.events import EVENT_TYPES, Incident, parse_event
from cbrn_schemas.records import rfc3339

if TYPE_CHECKING:
    from cbrn_schemas.events import AnyEvent

NOW = datetime(2026, 11, 23, 6, 0, 0, 123456, tzinfo=UTC)
KEPT = DutyRecords()
"""One for all tests: what one event left behind must not show in another's duties."""
EVERY = {name: case[:2] for name, case in (CASES | TRIGGERS).items()}
KINDS = [kind for kind, event_type in EVENT_TYPES.items() if issubclass(event_type, Incident)]


def written(
    event: AnyEvent, value: bytes, identity: tuple[str, str], earlier: tuple[str, ...], now: datetime
) -> list[tuple[bytes, bytes]]:
    routed = national_engine().route(event, now)
    envelope = Envelope(*identity, "type", value, (), stripped=False)
    assert isinstance(event, Incident)
    return KEPT.of(event, routed, national_rulebook(), envelope, earlier, now, rfc3339(now))


def by_models(
    event: Any, value: bytes, identity: tuple[str, str], earlier: tuple[str, ...], now: datetime
) -> list[tuple[bytes, bytes]]:
    """The same, as the models write it."""
    duties = duties_of(event, national_engine().route(event, now), national_rulebook(), now, identity=identity)
    found = []
    for duty in duties:
        head = f'{{"type":"raised","at":"{rfc3339(now)}","duty":{duty.model_dump_json()},"event":'
        found.append((duty.id.encode(), head.encode() + value + b"}"))
    if event.message_type == "Alert":
        return found
    note: Any = "cancelled" if event.message_type == "Cancel" else "no-longer-raised"
    for rule in sorted(set(earlier) - {duty.rule for duty in duties}):
        name, evidence = duty_id(event.situation, rule), evidence_of(event, identity)
        noted = Noted(id=name, at=now, note=note, evidence=evidence)
        found.append((name.encode(), noted.model_dump_json().encode()))
    return found


def assert_same(event: AnyEvent, value: bytes, identity: tuple[str, str], now: datetime) -> None:
    earlier = ("cwc-weapon", "enc-tailings", "ihr-notify")
    assert written(event, value, identity, earlier, now) == by_models(event, value, identity, earlier, now)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("message_type", ["Alert", "Update", "Cancel"])
def test_every_rule_writes_what_the_model_writes(name: str, message_type: str) -> None:
    """Readers of the log know one form; a byte's difference would be another contract."""
    kind, changes = EVERY[name]
    given = data(kind, **changes, message_type=message_type)
    for number, ahead in enumerate((-50_000, -90, 0, 400)):
        moment = NOW + timedelta(minutes=ahead)
        given |= {"situation": f"KG-2026-s{number}", "observed": moment.isoformat(), "reported": moment.isoformat()}
        value = json.dumps(given).encode()
        assert_same(parse_event(value), value, (f"e%s{number}", "/mes/«%b»"), NOW)


def test_a_duty_of_the_first_day_that_can_be_written_can_be_read() -> None:
    """Its clock starts in UTC, where that day begins in 1899: nobody could read the duty, and it was lost."""
    kind, changes = EVERY["ihr-notify"]
    value = json.dumps(data(kind, **changes, reported="1900-01-01T00:00:00+06:00")).encode()
    event = parse_event(value)
    assert_same(event, value, ("e", "/mes"), NOW)
    found = [json.loads(record) for _, record in written(event, value, ("e", "/mes"), (), NOW)]
    assert [Duty.model_validate_json(json.dumps(each["duty"])).started for each in found]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_writes_what_the_model_writes(kind: str) -> None:
    """Wherever it is and however grave: a field that only some kinds have must not cost one its duties."""
    for where in ({"district": "41703430"}, {"site": "F03"}, {"point": {"lat": 42.877, "lon": 74.65}}):
        for changes in ({"severity": "Extreme"}, {"deliberate": True, "severity": "Minor"}):
            value = json.dumps(data(kind, where=where, **changes)).encode()
            assert_same(parse_event(value), value, ("e", "/mes"), NOW)


@given(
    st.sampled_from(KINDS).flatmap(events),
    st.tuples(st.text(max_size=9), st.text(max_size=9)),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is beside it
)
def test_whatever_anybody_publishes_raises_what_the_model_writes(
    event: AnyEvent, identity: tuple[str, str], now: datetime
) -> None:
    """Two events of one decision differ in fields of which nobody has thought."""
    assert_same(event, b'{"%b":1}', identity, now)


def test_what_an_earlier_event_said_is_not_taken_for_the_evidence_of_a_later_one() -> None:
    """Of one decision, place and rule: the substances and the states to tell are the event's own."""
    for kind, changes in (
        ("chemical-release", {"substances": [{"cas": "107-44-8"}]}),
        ("chemical-release", {"substances": [{"cas": "107-44-8", "name": "GB"}]}),
        ("sabotage", {"hazard": "nuclear", "act": "theft", "nuclides": ["Pu-239"], "completed": True}),
        ("sabotage", {"hazard": "nuclear", "act": "theft", "nuclides": ["Pu-239"], "completed": False}),
        *(("undeclared-shipment", {"origin": country}) for country in ("TJ", "KZ", "DE")),
        *(("trafficking", {"hazard": "radiological", "seized": True, "destination": to}) for to in ("TJ", "KZ", "DE")),
        *(("human-disease", {"imported_from": country}) for country in ("KZ", "SA", "UZ")),
    ):
        value = json.dumps(data(kind, **changes)).encode()
        assert_same(parse_event(value), value, ("e", "/mes"), NOW)


def test_a_template_is_made_once_for_a_decision_and_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would cost more than it saves."""
    kept = DutyRecords()
    value = json.dumps(data("chemical-release", **TRIGGERS["cwc-weapon"][1])).encode()
    event = parse_event(value)
    routed = national_engine().route(event, NOW)
    envelope = Envelope("e", "/mes", "type", value, (), stripped=False)

    def records() -> list[tuple[bytes, bytes]]:
        assert isinstance(event, Incident)
        return kept.of(event, routed, national_rulebook(), envelope, (), NOW, rfc3339(NOW))

    first = records()
    monkeypatch.setattr(Duty, "model_dump_json", None)
    assert first
    assert records() == first
