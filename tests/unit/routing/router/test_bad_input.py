"""Two answers to bad input: set aside with a reason, or routed with a warning; no neighbour is hurt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.builders.golden import BAD_INPUT, EXAMPLES, ROOT, chlorine
from tests.builders.router import STRUCTURED, TOPIC, Arrived, reason_of, record, sit

from cbrn_routing.router.state import ShardState
from cbrn_routing.shards.encoding import RecordBatch, encode_record
from cbrn_schemas.errors import Doubt, Reason
from cbrn_schemas.events import ce_type

if TYPE_CHECKING:
    from cbrn_routing.router import Dispatcher


def without(arrived: Arrived, name: str) -> Arrived:
    arrived.headers = tuple(header for header in arrived.headers if header[0] != name)
    return arrived


def structured(**members: Any) -> Arrived:
    base = {"id": "s1", "source": "/mes", "type": ce_type("chemical-release"), "specversion": "1.0"}
    return Arrived(json.dumps(base | members).encode(), STRUCTURED)


REFUSED = {
    "not JSON": (lambda: record(b"dam broken!"), Reason.NOT_JSON),
    "wrong UTF-8": (lambda: record((BAD_INPUT / "wrong-utf-8.json").read_bytes()), Reason.BAD_ENCODING),
    "10 MB": (lambda: record(b"x" * 10_000_000), Reason.TOO_LARGE),
    "unknown kind": (lambda: record(chlorine(kind="chemical-releas")), Reason.UNKNOWN_KIND),
    "missing field": (lambda: record(chlorine(situation=None)), Reason.MISSING_FIELD),
    "extra field": (lambda: record(chlorine(colour="green")), Reason.EXTRA_FIELD),
    "impossible coordinates": (
        lambda: record(chlorine(where={"point": {"lat": 142.9, "lon": 74.6}})),
        Reason.INVALID_VALUE,
    ),
    "naive time": (lambda: record(chlorine(observed="2026-11-23T05:50:00")), Reason.NAIVE_TIME),
    "negative dose": (lambda: record((BAD_INPUT / "dose-negative.json").read_bytes()), Reason.INVALID_VALUE),
    "unit of another quantity": (
        lambda: record((BAD_INPUT / "unit-of-another-quantity.json").read_bytes()),
        Reason.UNIT_MISMATCH,
    ),
    "CAS with a wrong digit": (
        lambda: record(chlorine(substances=[{"name": "chlorine", "cas": "7782-50-6"}])),
        Reason.INVALID_CAS,
    ),
    "unknown body in the source": (lambda: record(chlorine(), source="/ministry-of-magic"), Reason.UNKNOWN_BODY),
    "unknown body in the data": (lambda: record(chlorine(body="magic")), Reason.UNKNOWN_BODY),
    "another's name in the source": (lambda: record(chlorine(), source="/moh"), Reason.FOREIGN_SOURCE),
    "another's name in the data": (lambda: record(chlorine(body="moh")), Reason.FOREIGN_SOURCE),
    "null value": (lambda: record(None), Reason.NULL_VALUE),
    "id header missing": (lambda: without(record(chlorine()), "ce_id"), Reason.HEADERS_MISSING),
    "specversion missing": (lambda: without(record(chlorine()), "ce_specversion"), Reason.HEADERS_MISSING),
    "type contradicts the data": (lambda: record(chlorine(), type=ce_type("toxic-fire")), Reason.HEADERS_CONTRADICT),
    "structured with data_base64": (lambda: structured(data_base64="e30="), Reason.DATA_BASE64),
    "structured without data": (structured, Reason.NULL_VALUE),
    "exercise in the real realm": (lambda: record(chlorine(status="Exercise")), Reason.WRONG_REALM),
    "a reading among incidents": (
        lambda: record(json.loads((EXAMPLES / "gamma-dose-rate.json").read_text()) | {"body": "mes"}),
        Reason.WRONG_LANE,
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_cannot_be_understood_or_trusted_is_set_aside_with_its_bytes(dispatcher: Dispatcher, mistake: str) -> None:
    """The bytes, the field, the reason and the remedy lie in quarantine; publisher and crisis centre are told."""
    make, reason = REFUSED[mistake]
    arrived = make()
    written, tally = sit(dispatcher, arrived)
    assert reason_of(written) == reason
    assert written.records["cbrn.bus.quarantine"][0][1] == arrived.value
    assert tally.counts == {"quarantined": 1}
    alarm = json.loads(written.records["cbrn.to.mes.alerts"][0][1] or b"")
    assert alarm["reason"] == reason
    assert alarm["quarantine_id"] == f"{TOPIC}/1/0"


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_poisoned_record_costs_its_neighbours_nothing(dispatcher: Dispatcher, mistake: str) -> None:
    """One agency's broken program must not delay another's alert."""
    make, _ = REFUSED[mistake]
    written, tally = sit(
        dispatcher, record(chlorine(), number=7), make(), record(chlorine(situation="KG-2026-b"), number=9)
    )
    assert tally.counts == {"routed": 2, "quarantined": 1}
    assert len(written.records["cbrn.bus.decisions"]) == 2


def test_the_publisher_of_an_unreadable_incident_is_told_too(dispatcher: Dispatcher) -> None:
    """Whoever sent it can mend it at once."""
    arrived = record(b"{", source="/moh")
    arrived.topic = "cbrn.from.moh.incidents"
    written, _ = sit(dispatcher, arrived)
    assert written.told() == {"moh", "mes"}
    assert written.records["cbrn.to.moh.alerts"][0][2]["ce_type"] == b"kg.cbrn.alarm.quarantined.v1"


DOUBTFUL = {
    "a time in 2099": (lambda: record(chlorine(observed="2099-01-01T00:00:00Z")), Doubt.CLOCK_AHEAD),
    "a day late": (lambda: record(chlorine(reported="2026-11-21T05:55:00Z")), Doubt.REPORTED_LATE),
    "update of an unknown situation": (lambda: record(chlorine(message_type="Update")), Doubt.UNKNOWN_SITUATION),
    "code and point disagree": (
        lambda: record(chlorine(where={"district": "41708203", "point": {"lat": 40.06, "lon": 70.82}})),
        Doubt.PLACE_CONTRADICTS,
    ),
    "a point abroad": (lambda: record(chlorine(where={"point": {"lat": 41.31, "lon": 69.28}})), Doubt.PLACE_ABROAD),
    "a point with its degrees exchanged": (
        lambda: record(chlorine(where={"point": {"lat": 74.57, "lon": 42.87}})),
        Doubt.PLACE_SWAPPED,
    ),
    "an unknown site": (lambda: record(chlorine(where={"site": "F99"})), Doubt.PLACE_UNKNOWN),
    "no severity": (lambda: record(chlorine(severity=None)), Doubt.SEVERITY_MISSING),
    "a severity that nobody knows": (lambda: record(chlorine(severity="Unknown")), Doubt.SEVERITY_MISSING),
    "an unconfirmed substance": (
        lambda: record(chlorine(substances=[{"name": "chlorine", "confirmed": False}])),
        Doubt.SUBSTANCE_UNCONFIRMED,
    ),
    "another key": (
        lambda: Arrived(json.dumps(chlorine()).encode(), record(chlorine()).headers, key=b"x"),
        Doubt.KEY_DIFFERS,
    ),
    "a header of the bus": (
        lambda: Arrived(json.dumps(chlorine()).encode(), (*record(chlorine()).headers, ("cbrn_role", b"lead"))),
        Doubt.RESERVED_HEADER,
    ),
    "a header that readers may take for one of the bus": (
        lambda: Arrived(json.dumps(chlorine()).encode(), (*record(chlorine()).headers, ("CE_CBRN_ROLE", b"lead"))),
        Doubt.RESERVED_HEADER,
    ),
    "a header that no reader takes": (
        lambda: Arrived(json.dumps(chlorine()).encode(), (*record(chlorine()).headers, ("ce_my_extension", b"x"))),
        Doubt.HEADER_LEFT_OUT,
    ),
    "an object as an attribute": (
        lambda: structured(data=chlorine(), tree={"a": 1}),
        Doubt.HEADER_LEFT_OUT,
    ),
}


@pytest.mark.parametrize("doubt", DOUBTFUL)
def test_what_is_merely_doubtful_is_routed_with_a_warning(dispatcher: Dispatcher, doubt: str) -> None:
    """The bus errs towards telling."""
    make, expected = DOUBTFUL[doubt]
    written, tally = sit(dispatcher, make())
    assert tally.counts == {"routed": 1}
    assert "cbrn.bus.quarantine" not in written.records
    headers = written.records["cbrn.to.mes.alerts"][0][2]
    assert expected in headers["cbrn_warnings"].decode().split(",")
    assert headers["cbrn_role"] == b"lead"


def test_a_cancelled_situation_that_is_updated_is_told_with_a_warning(dispatcher: Dispatcher) -> None:
    """Somebody called all clear too early: that is when people must hear of it."""
    state = ShardState()
    sit(
        dispatcher, record(chlorine(), number=1), record(chlorine(message_type="Cancel"), number=2, id="c"), state=state
    )
    written, tally = sit(dispatcher, record(chlorine(message_type="Update"), id="u"), state=state)
    assert tally.doubts == {Doubt.CANCELLED_SITUATION: 1}
    assert "mes" in written.told()


def test_a_correction_reaches_everybody_who_got_the_original(dispatcher: Dispatcher) -> None:
    """Min-Kush 2024: whoever heard «empty» must hear «loaded», whatever the rules say of the corrected event."""
    state = ShardState()
    first, _ = sit(dispatcher, record(chlorine(severity="Extreme", deliberate=True)), state=state)
    second, _ = sit(dispatcher, record(chlorine(message_type="Update", severity="Minor"), id="u"), state=state)
    assert second.told() == first.told()
    only_earlier = [
        records[0][2]
        for topic, records in second.records.items()
        if ".to." in topic and records[0][2]["cbrn_rule"] == b"earlier-recipient"
    ]
    assert only_earlier
    assert all(headers["cbrn_role"] == b"inform" for headers in only_earlier)


def test_the_handbook_names_every_answer() -> None:
    """A table in the docs says which mistake gets which answer; a new one must not be forgotten there."""
    page = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
    assert [code for code in (*Reason, *Doubt) if f"`{code}`" not in page] == []


HOSTILE = {
    "null header": lambda: Arrived(json.dumps(chlorine()).encode(), (*record(chlorine()).headers, ("x", None))),
    "null id": lambda: Arrived(
        json.dumps(chlorine()).encode(), (*without(record(chlorine()), "ce_id").headers, ("ce_id", None))
    ),
    "null content type": lambda: Arrived(
        json.dumps(chlorine()).encode(), (*record(chlorine()).headers[:-1], ("content-type", None))
    ),
    "source given twice": lambda: Arrived(
        json.dumps(chlorine()).encode(), (("ce_source", b"/mia"), *record(chlorine()).headers)
    ),
    "huge headers": lambda: Arrived(
        json.dumps(chlorine()).encode(), (*record(chlorine()).headers, ("x", b"y" * 300_000))
    ),
    "nested structured data": lambda: structured(data=json.loads("[" * 900 + "]" * 900)),
    "extension beyond numbers": lambda: Arrived(
        b'{"specversion":"1.0","id":"s","source":"/mes","type":"t","x":1e999,"data":{}}', STRUCTURED
    ),
    "megabyte key": lambda: Arrived(b"{", record(chlorine()).headers, key=b"k" * 1_000_000),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_whatever_kafka_lets_through_is_judged_and_never_stops_the_lane(dispatcher: Dispatcher, attack: str) -> None:
    """One record that raised would be read again for ever, and no alert of anybody would come after it."""
    producer = RecordBatch(0)
    written, tally = sit(
        dispatcher, record(chlorine()), HOSTILE[attack](), record(chlorine(situation="KG-2026-c"), number=3)
    )
    assert sum(tally.counts.values()) == 3
    assert tally.counts["routed"] >= 2
    for records in written.records.values():
        for key, value, headers in records:
            producer.add(encode_record(key, value, list(headers.items())))
    assert producer.record_count()


def test_a_fault_of_the_routers_own_sets_one_record_aside(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in our code must cost one record, which a person then releases, and not the lane."""
    monkeypatch.setattr(dispatcher, "_engine", None)
    written, _ = sit(dispatcher, record(chlorine()))
    assert reason_of(written) == Reason.INTERNAL_ERROR
