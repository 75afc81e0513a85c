"""What the router makes of what arrives: two answers to bad input, nothing withheld, no neighbour hurt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.one_matcher import OneMatcher

from cbrn_deploy.processes.router import engine_of
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState, Situation
from cbrn_routing.rulebook import Eras, Matcher, national_rulebook
from cbrn_routing.shards.encoding import NOTHING, Block, RecordBatch, encode_record
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import Doubt, Reason
from cbrn_schemas.events import EVENT_TYPES, ce_type
from cbrn_schemas.topics import Lane, Realm

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
BAD_INPUT = Path(__file__).parents[3] / "contract" / "bad_input"
EXAMPLES = Path(__file__).parents[4] / "schemas" / "examples"
TOPIC = "cbrn.from.mes.incidents"


@dataclass
class Arrived:
    """A consumed record."""

    value: bytes | None
    headers: Any
    topic: str = TOPIC
    key: bytes | None = b"KG-2026-test"
    partition: int = 1
    offset: int = 0


@dataclass
class Written:
    """A sink that keeps what is written, by topic."""

    records: dict[str, list[tuple[bytes | None, bytes | None, dict[str, bytes]]]] = field(default_factory=dict)

    def encode(self, key: bytes | None, value: bytes | None, headers: Any) -> Any:
        return key, value, headers

    def append(self, topic: str, body: Any, first: Block = NOTHING, second: Block = NOTHING) -> None:
        key, value, headers = body
        self.records.setdefault(topic, []).append((key, value, dict([*headers, *first.headers, *second.headers])))

    def told(self) -> set[str]:
        return {topic.split(".")[2] for topic in self.records if ".to." in topic}


@pytest.fixture(scope="module")
def dispatcher() -> Dispatcher:
    return Dispatcher(Realm.REAL, Lane.INCIDENTS, engine_of(national_rulebook(), Gazetteer()))


def event(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "kind": "chemical-release",
        "hazard": "chemical",
        "body": "mes",
        "situation": "KG-2026-test",
        "observed": "2026-11-23T05:50:00Z",
        "reported": "2026-11-23T05:55:00Z",
        "where": {"district": "41708203"},
        "severity": "Severe",
        "urgency": "Immediate",
        "certainty": "Observed",
        "substances": [{"name": "chlorine", "cas": "7782-50-5"}],
        "texts": {"en": {"headline": "Chlorine released"}},
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def record(data: dict[str, Any] | bytes | None, *, number: int = 0, **headers: Any) -> Arrived:
    value = json.dumps(data).encode() if isinstance(data, dict) else data
    kind = data["kind"] if isinstance(data, dict) and data.get("kind") in EVENT_TYPES else "chemical-release"
    given = {"id": f"e{number}", "source": "/mes", "type": ce_type(kind), "time": "2026-11-23T05:55:00Z"} | headers
    return Arrived(value, tuple(binary_headers(**given)), offset=number)


def sit(
    dispatcher: Dispatcher, *records: Arrived, state: ShardState | None = None, now: datetime = NOW
) -> tuple[Written, Tally]:
    written, tally = Written(), Tally()
    for number, arrived in enumerate(records):
        arrived.offset = number
    dispatcher.dispatch(records, state or ShardState(), written, now, tally)
    return written, tally


def reason_of(written: Written) -> str:
    ((_, _, headers),) = written.records["cbrn.bus.quarantine"]
    assert headers["cbrn_where"]
    assert headers["cbrn_message"]
    assert headers["cbrn_hint"]
    return headers["cbrn_reason"].decode()


def without(arrived: Arrived, name: str) -> Arrived:
    arrived.headers = tuple(header for header in arrived.headers if header[0] != name)
    return arrived


STRUCTURED = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)


def structured(**members: Any) -> Arrived:
    base = {"id": "s1", "source": "/mes", "type": ce_type("chemical-release"), "specversion": "1.0"}
    return Arrived(json.dumps(base | members).encode(), STRUCTURED)


REFUSED = {
    "not JSON": (lambda: record(b"dam broken!"), Reason.NOT_JSON),
    "wrong UTF-8": (lambda: record((BAD_INPUT / "wrong-utf-8.json").read_bytes()), Reason.BAD_ENCODING),
    "10 MB": (lambda: record(b"x" * 10_000_000), Reason.TOO_LARGE),
    "unknown kind": (lambda: record(event(kind="chemical-releas")), Reason.UNKNOWN_KIND),
    "missing field": (lambda: record(event(situation=None)), Reason.MISSING_FIELD),
    "extra field": (lambda: record(event(colour="green")), Reason.EXTRA_FIELD),
    "impossible coordinates": (
        lambda: record(event(where={"point": {"lat": 142.9, "lon": 74.6}})),
        Reason.INVALID_VALUE,
    ),
    "naive time": (lambda: record(event(observed="2026-11-23T05:50:00")), Reason.NAIVE_TIME),
    "negative dose": (lambda: record((BAD_INPUT / "dose-negative.json").read_bytes()), Reason.INVALID_VALUE),
    "unit of another quantity": (
        lambda: record((BAD_INPUT / "unit-of-another-quantity.json").read_bytes()),
        Reason.UNIT_MISMATCH,
    ),
    "CAS with a wrong digit": (
        lambda: record(event(substances=[{"name": "chlorine", "cas": "7782-50-6"}])),
        Reason.INVALID_CAS,
    ),
    "unknown body in the source": (lambda: record(event(), source="/ministry-of-magic"), Reason.UNKNOWN_BODY),
    "unknown body in the data": (lambda: record(event(body="magic")), Reason.UNKNOWN_BODY),
    "another's name in the source": (lambda: record(event(), source="/moh"), Reason.FOREIGN_SOURCE),
    "another's name in the data": (lambda: record(event(body="moh")), Reason.FOREIGN_SOURCE),
    "null value": (lambda: record(None), Reason.NULL_VALUE),
    "id header missing": (lambda: without(record(event()), "ce_id"), Reason.HEADERS_MISSING),
    "specversion missing": (lambda: without(record(event()), "ce_specversion"), Reason.HEADERS_MISSING),
    "type contradicts the data": (lambda: record(event(), type=ce_type("toxic-fire")), Reason.HEADERS_CONTRADICT),
    "structured with data_base64": (lambda: structured(data_base64="e30="), Reason.DATA_BASE64),
    "structured without data": (structured, Reason.NULL_VALUE),
    "exercise in the real realm": (lambda: record(event(status="Exercise")), Reason.WRONG_REALM),
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
    written, tally = sit(dispatcher, record(event(), number=7), make(), record(event(situation="KG-2026-b"), number=9))
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
    "a time in 2099": (lambda: record(event(observed="2099-01-01T00:00:00Z")), Doubt.CLOCK_AHEAD),
    "a day late": (lambda: record(event(reported="2026-11-21T05:55:00Z")), Doubt.REPORTED_LATE),
    "update of an unknown situation": (lambda: record(event(message_type="Update")), Doubt.UNKNOWN_SITUATION),
    "code and point disagree": (
        lambda: record(event(where={"district": "41708203", "point": {"lat": 40.06, "lon": 70.82}})),
        Doubt.PLACE_CONTRADICTS,
    ),
    "a point abroad": (lambda: record(event(where={"point": {"lat": 41.31, "lon": 69.28}})), Doubt.PLACE_ABROAD),
    "an unknown site": (lambda: record(event(where={"site": "F99"})), Doubt.PLACE_UNKNOWN),
    "an unconfirmed substance": (
        lambda: record(event(substances=[{"name": "chlorine", "confirmed": False}])),
        Doubt.SUBSTANCE_UNCONFIRMED,
    ),
    "another key": (
        lambda: Arrived(json.dumps(event()).encode(), record(event()).headers, key=b"x"),
        Doubt.KEY_DIFFERS,
    ),
    "a header of the bus": (
        lambda: Arrived(json.dumps(event()).encode(), (*record(event()).headers, ("cbrn_role", b"lead"))),
        Doubt.RESERVED_HEADER,
    ),
    "a header that readers may take for one of the bus": (
        lambda: Arrived(json.dumps(event()).encode(), (*record(event()).headers, ("CE_CBRN_ROLE", b"lead"))),
        Doubt.RESERVED_HEADER,
    ),
    "a header that no reader takes": (
        lambda: Arrived(json.dumps(event()).encode(), (*record(event()).headers, ("ce_my_extension", b"x"))),
        Doubt.HEADER_LEFT_OUT,
    ),
    "an object as an attribute": (
        lambda: structured(data=event(), tree={"a": 1}),
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
    sit(dispatcher, record(event(), number=1), record(event(message_type="Cancel"), number=2, id="c"), state=state)
    written, tally = sit(dispatcher, record(event(message_type="Update"), id="u"), state=state)
    assert tally.doubts == {Doubt.CANCELLED_SITUATION: 1}
    assert "mes" in written.told()


def test_a_correction_reaches_everybody_who_got_the_original(dispatcher: Dispatcher) -> None:
    """Min-Kush 2024: whoever heard «empty» must hear «loaded», whatever the rules say of the corrected event."""
    state = ShardState()
    first, _ = sit(dispatcher, record(event(severity="Extreme", deliberate=True)), state=state)
    second, _ = sit(dispatcher, record(event(message_type="Update", severity="Minor"), id="u"), state=state)
    assert second.told() == first.told()
    only_earlier = [
        records[0][2]
        for topic, records in second.records.items()
        if ".to." in topic and records[0][2]["cbrn_rule"] == b"earlier-recipient"
    ]
    assert only_earlier
    assert all(headers["cbrn_role"] == b"inform" for headers in only_earlier)


def test_a_correction_reaches_the_successors_of_who_is_gone(dispatcher: Dispatcher) -> None:
    """Education and Science was split: what it was told, its two successors must be told to be over."""
    state = ShardState()
    state.keep("KG-2026-test", Situation({"moes": 1, "mes": 3, "uz": 0}, cancelled=False))
    changes = {"severity": "Minor", "urgency": "Past", "message_type": "Cancel"}
    named, _ = sit(dispatcher, record(event(**changes)))
    assert not {"moe", "mshei"} & named.told()
    written, _ = sit(dispatcher, record(event(**changes)), state=state)
    assert {"moe", "mshei"} <= written.told()
    assert "moes" not in written.told()
    ((_, decision, _),) = written.records["cbrn.bus.decisions"]
    assert {"moe", "mshei"} <= set(json.loads(decision or b"")["earlier"])


def test_an_heir_whom_the_rules_name_is_told_once(dispatcher: Dispatcher) -> None:
    """As a recipient in its own right: «you got the original» would hide what is expected of it now."""
    state = ShardState()
    state.keep("KG-2026-test", Situation({"moes": 1}, cancelled=False))
    written, _ = sit(dispatcher, record(event(message_type="Update", exposed=["school"])), state=state)
    ((_, _, headers),) = written.records["cbrn.to.moe.alerts"]
    assert headers["cbrn_rule"] != b"earlier-recipient"
    ((_, decision, _),) = written.records["cbrn.bus.decisions"]
    assert "moe" not in json.loads(decision or b"")["earlier"]


@pytest.mark.parametrize("earlier", [{"moes": 2, "moe": 1}, {"moe": 1, "moes": 2}], ids=str)
def test_the_strongest_earlier_role_falls_to_an_heir(dispatcher: Dispatcher, earlier: dict[str, int]) -> None:
    """Whoever was asked to help must not be remembered as merely informed, in whichever order they were told."""
    sit(dispatcher, record(event()))  # begins the day
    assert dispatcher._passed_on(earlier, {}) == {"moe": 2, "mshei": 2}


@pytest.mark.parametrize("after", [("Update", "Update"), ("Cancel", "Update", "Update")], ids="-".join)
def test_every_later_word_reaches_everybody_and_remembers_the_all_clear(
    dispatcher: Dispatcher, after: tuple[str, ...]
) -> None:
    """The second correction goes to whom the first went; and an all clear that was too early stays known as one."""
    state = ShardState()
    first, _ = sit(dispatcher, record(event(severity="Extreme", deliberate=True)), state=state)
    cancelled = False
    for number, message_type in enumerate(after):
        one = record(event(message_type=message_type, severity="Minor"), id=f"later-{number}")
        written, tally = sit(dispatcher, one, state=state)
        assert written.told() == first.told()
        assert tally.doubts == ({Doubt.CANCELLED_SITUATION: 1} if cancelled else {})
        cancelled = cancelled or message_type == "Cancel"


OLD = {"observed": "2024-09-02T10:00:00+06:00", "reported": "2024-09-02T10:05:00+06:00", "exposed": ["school"]}
SEPTEMBER = date(2024, 9, 2)
EVE = datetime(2025, 5, 11, 17, 59, 59, tzinfo=UTC)
"""The last second of the Ministry of Education and Science: midnight in Bishkek is 18:00 in Greenwich."""


BOOK = national_rulebook()


@pytest.mark.parametrize(
    "eras",
    [
        pytest.param(Eras(BOOK), id="a book through time"),
        # Its decision is the same object before and after midnight: only the dispatcher can know of the new day.
        pytest.param(OneMatcher(Matcher(BOOK, on=SEPTEMBER, as_of=SEPTEMBER)), id="one day's"),
    ],
)
def test_at_midnight_the_successors_are_told_and_nobody_who_is_gone(eras: Eras) -> None:
    """A situation lives on through the night in which a ministry is split; the router does not restart for it."""
    engine = Engine(eras, Gazetteer())
    dispatcher, state = Dispatcher(Realm.REAL, Lane.INCIDENTS, engine), ShardState()
    before, _ = sit(dispatcher, record(event(**OLD), number=1), state=state, now=EVE)
    assert "moes" in before.told()
    assert not {"moe", "mshei"} & before.told()
    later = [
        record(event(**OLD, situation="another"), id="other"),
        record(event(**OLD, message_type="Update"), id="update"),
        record(event(**OLD, message_type="Cancel", severity="Minor"), id="cancel"),
    ]
    for one in later:
        after, _ = sit(dispatcher, one, state=state, now=EVE + timedelta(seconds=1))
        assert {"moe", "mshei"} <= after.told()
        assert "moes" not in after.told()
        assert [len(after.records[f"cbrn.to.{body}.alerts"]) for body in ("moe", "mshei")] == [1, 1]


def test_what_is_restricted_says_so_to_everybody_who_is_told(dispatcher: Dispatcher) -> None:
    """Of a theft only named officers may know: also where a body is told only since it was told before."""
    state = ShardState()
    theft = json.loads((EXAMPLES / "lost-source.json").read_text(encoding="utf-8")) | {"body": "mes", "stolen": True}
    state.keep(theft["situation"], Situation({"moe": 1}, cancelled=False))
    written, _ = sit(dispatcher, record(theft | {"message_type": "Update"}), state=state)
    assert written.records["cbrn.to.moe.alerts"][0][2]["cbrn_rule"] == b"earlier-recipient"
    alerts = [headers for topic, some in written.records.items() if ".to." in topic for _, _, headers in some]
    assert len(alerts) > 3
    assert {headers.get("cbrn_restricted") for headers in alerts} == {b"true"}
    plain, _ = sit(dispatcher, record(event()))
    assert "cbrn_restricted" not in plain.records["cbrn.to.mes.alerts"][0][2]


def test_two_agencies_may_use_the_same_id(dispatcher: Dispatcher) -> None:
    """An id is its publisher's own: what another has called the same is another event."""
    state = ShardState()
    theirs = record(event(body="moh", severity="Minor"), source="/moh")
    theirs.topic = "cbrn.from.moh.incidents"
    _, tally = sit(dispatcher, record(event()), theirs, state=state)
    assert tally.counts == {"routed": 2}


def test_a_resent_event_counts_once_also_after_a_restart(dispatcher: Dispatcher) -> None:
    """An agency that got no answer sends again; nobody is alarmed twice."""
    state = ShardState()
    sit(dispatcher, record(event()), state=state)
    restarted = ShardState()
    restarted.restore(state.record())
    for memory in (state, restarted):
        written, tally = sit(dispatcher, record(event()), state=memory)
        assert tally.counts == {"duplicate": 1}
        assert written.records == {}


def test_an_id_in_two_spellings_of_unicode_counts_once(dispatcher: Dispatcher) -> None:
    """A file's name from one system and from another: the same letters, other bytes."""
    state = ShardState()
    sit(dispatcher, record(event(), id="пост-й"), state=state)
    _, tally = sit(dispatcher, record(event(), id="пост-и\u0306"), state=state)
    assert tally.counts == {"duplicate": 1}


def test_the_same_id_with_other_content_is_set_aside(dispatcher: Dispatcher) -> None:
    """Which of the two is true, a person must say."""
    state = ShardState()
    sit(dispatcher, record(event()), state=state)
    written, _ = sit(dispatcher, record(event(severity="Minor")), state=state)
    assert reason_of(written) == Reason.ID_REUSED


def test_the_bytes_that_came_are_the_bytes_that_go(dispatcher: Dispatcher) -> None:
    """A signature over the event stays valid, binary or structured, whatever its spacing."""
    spaced = json.dumps(event(), indent=3, ensure_ascii=False).encode()
    binary = Arrived(spaced, record(event()).headers)
    whole = b'{"specversion":"1.0","id":"s","source":"/mes","data": %s ,"type":"%s"}' % (
        spaced,
        ce_type("chemical-release").encode(),
    )
    for arrived in (binary, Arrived(whole, STRUCTURED)):
        written, tally = sit(dispatcher, arrived)
        assert tally.counts == {"routed": 1}
        _, value, headers = written.records["cbrn.to.mes.alerts"][0]
        assert value == spaced
        assert headers["ce_source"] == b"/mes"
        assert headers["content-type"] == b"application/json"


def test_an_alert_says_role_rule_and_by_when_to_answer(dispatcher: Dispatcher) -> None:
    """The officer reads these first."""
    written, _ = sit(dispatcher, record(event()))
    headers = written.records["cbrn.to.mes.alerts"][0][2]
    assert headers["cbrn_role"] == b"lead"
    assert headers["cbrn_rule"]
    by = datetime.fromisoformat(headers["cbrn_acknowledge_by"].decode())
    assert NOW < by <= NOW + timedelta(hours=4)
    decision = json.loads(written.records["cbrn.bus.decisions"][0][1] or b"")
    assert {recipient["body"] for recipient in decision["recipients"]} == written.told()


def test_the_handbook_names_every_answer() -> None:
    """A table in the docs says which mistake gets which answer; a new one must not be forgotten there."""
    page = (Path(__file__).parents[4] / "docs" / "bad-input.md").read_text(encoding="utf-8")
    assert [code for code in (*Reason, *Doubt) if f"`{code}`" not in page] == []


HOSTILE = {
    "null header": lambda: Arrived(json.dumps(event()).encode(), (*record(event()).headers, ("x", None))),
    "null id": lambda: Arrived(
        json.dumps(event()).encode(), (*without(record(event()), "ce_id").headers, ("ce_id", None))
    ),
    "null content type": lambda: Arrived(
        json.dumps(event()).encode(), (*record(event()).headers[:-1], ("content-type", None))
    ),
    "source given twice": lambda: Arrived(
        json.dumps(event()).encode(), (("ce_source", b"/mia"), *record(event()).headers)
    ),
    "huge headers": lambda: Arrived(json.dumps(event()).encode(), (*record(event()).headers, ("x", b"y" * 300_000))),
    "nested structured data": lambda: structured(data=json.loads("[" * 900 + "]" * 900)),
    "extension beyond numbers": lambda: Arrived(
        b'{"specversion":"1.0","id":"s","source":"/mes","type":"t","x":1e999,"data":{}}', STRUCTURED
    ),
    "megabyte key": lambda: Arrived(b"{", record(event()).headers, key=b"k" * 1_000_000),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_whatever_kafka_lets_through_is_judged_and_never_stops_the_lane(dispatcher: Dispatcher, attack: str) -> None:
    """One record that raised would be read again for ever, and no alert of anybody would come after it."""
    producer = RecordBatch(0)
    written, tally = sit(dispatcher, record(event()), HOSTILE[attack](), record(event(situation="KG-2026-c"), number=3))
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
    written, _ = sit(dispatcher, record(event()))
    assert reason_of(written) == Reason.INTERNAL_ERROR


def test_an_all_clear_is_held_for_the_neighbour_for_whom_the_alarm_was_held(dispatcher: Dispatcher) -> None:
    """Whoever let the first copy go must be able to let the correction go, though the rules no longer name him."""
    state = ShardState()
    border = {"where": {"point": {"lat": 43.04, "lon": 74.71}}}
    first, _ = sit(dispatcher, record(event(**border)), state=state)
    second, _ = sit(dispatcher, record(event(message_type="Cancel", severity="Minor", **border), id="u"), state=state)
    held = [headers["cbrn_partner"] for _, _, headers in first.records["cbrn.bus.outbound"]]
    again = {headers["cbrn_partner"]: headers["cbrn_rule"] for _, _, headers in second.records["cbrn.bus.outbound"]}
    assert held == [b"kz", b"who"]
    assert again == {b"kz": b"earlier-recipient", b"who": b"earlier-recipient"}
    assert not any(".to.kz." in topic for topic in second.records)


def test_paperwork_that_fails_holds_back_no_alert(dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in a treaty's form is found in the log; the ministries are told all the same."""

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("cbrn_routing.router.dispatch.duty_records", broken)
    example = EXAMPLES / "tailings-failure.json"
    written, tally = sit(dispatcher, record(json.loads(example.read_text(encoding="utf-8")) | {"body": "mes"}))
    assert tally.counts == {"routed": 1}
    assert "mes" in written.told()
    assert "cbrn.bus.duties" not in written.records
