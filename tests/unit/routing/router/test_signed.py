"""What a router makes of signatures: required, optional, off; and what it says of them to whoever is told."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from tests.builders.activation import AIGUL, BAKYT
from tests.builders.golden import chlorine
from tests.builders.router import TOPIC, Written, reason_of
from tests.builders.signed import DAY, MES, NOW, Fetched, by, register_of, registration, revocation, signed, stripped

from cbrn_deploy.processes.router import engine_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.inspecting import AT_ONCE_MAX, Inspected, Inspector
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook import national_rulebook
from cbrn_routing.shards.placement import passed_on_headers
from cbrn_routing.signatures.policy import SignaturePolicy
from cbrn_schemas.envelope import STRUCTURED_CONTENT
from cbrn_schemas.errors import Doubt, Reason
from cbrn_schemas.headers import SIGNATURE
from cbrn_schemas.topics import Lane, Realm, misplaced_topic

MISPLACED = misplaced_topic(Realm.REAL, Lane.INCIDENTS)
KEYS = register_of(by(registration(), AIGUL, BAKYT)).keys
REVOKED = register_of(by(registration(), AIGUL, BAKYT), by(revocation(since=NOW - DAY), AIGUL)).keys
POLICIES = {
    demand: SignaturePolicy.read(f'policies: [{{name: all, signatures: "{demand}"}}]')
    for demand in ("required", "optional", "off")
}
GOOD = signed()
WRONG = GOOD._replace(value=(GOOD.value or b"").replace(b"chlor", b"chlar", 1))


@pytest.fixture(scope="module")
def dispatchers() -> dict[str, Dispatcher]:
    engine = engine_of(national_rulebook(), Gazetteer())
    return {demand: Dispatcher(Realm.REAL, Lane.INCIDENTS, engine, "en", policy) for demand, policy in POLICIES.items()}


def inspected(*records: Any, keys: Any = KEYS) -> list[Any]:
    """The records as the shard hands them on."""
    inspector = Inspector(MISPLACED, lambda: keys, lambda: NOW)
    found = asyncio.run(inspector.inspect({"": list(records)}))
    inspector.close()
    return found[""]


def routed(dispatcher: Dispatcher, one: Any, *, keys: Any = KEYS, state: ShardState | None = None) -> Any:
    written, tally = Written(), Tally()
    dispatcher.dispatch(inspected(one, keys=keys), state or ShardState(), written, NOW, tally)
    return written, tally


def test_a_good_signature_is_told_to_everybody_and_written_down(dispatchers) -> None:
    written, tally = routed(dispatchers["required"], GOOD)
    assert tally.counts == {"routed": 1}
    assert not tally.doubts.keys() & {Doubt.RESERVED_HEADER, Doubt.SIGNATURE_UNCONFIRMED}
    alerts = [headers for topic, some in written.records.items() if ".to." in topic for _, _, headers in some]
    assert len(alerts) > 1
    assert {headers["cbrn_signed_by"] for headers in alerts} == {MES.kid.encode()}
    # Whoever is told has all that was signed, and can verify it again without trusting the router.
    assert {headers[SIGNATURE] for headers in alerts} == {dict(GOOD.headers)[SIGNATURE]}
    ((_, decision, _),) = written.records["cbrn.bus.decisions"]
    assert json.loads(decision or b"")["signed_by"] == MES.kid


@pytest.mark.parametrize(
    ("one", "keys", "required", "optional"),
    [
        pytest.param(GOOD, KEYS, None, None, id="good"),
        pytest.param(stripped(GOOD), KEYS, Reason.SIGNATURE_MISSING, None, id="none"),
        pytest.param(WRONG, KEYS, Reason.SIGNATURE_WRONG, Reason.SIGNATURE_WRONG, id="wrong"),
        pytest.param(GOOD, REVOKED, Reason.SIGNATURE_WRONG, Reason.SIGNATURE_WRONG, id="revoked"),
        pytest.param(GOOD, {}, Reason.SIGNATURE_UNKNOWN, Doubt.SIGNATURE_UNCONFIRMED, id="unknown key"),
        pytest.param(
            signed(taken=NOW + timedelta(hours=25)),
            KEYS,
            Reason.SIGNATURE_STALE,
            Doubt.SIGNATURE_UNCONFIRMED,
            id="an old copy",
        ),
        pytest.param(
            signed(taken=NOW - timedelta(minutes=16)),
            KEYS,
            Reason.SIGNATURE_STALE,
            Doubt.SIGNATURE_UNCONFIRMED,
            id="from the future",
        ),
        pytest.param(signed(taken=NOW + timedelta(hours=23)), KEYS, None, None, id="late"),
        pytest.param(signed(taken=NOW - timedelta(minutes=14)), KEYS, None, None, id="a clock that is ahead"),
    ],
)
def test_what_becomes_of_it_is_the_policy_s_word(dispatchers, one, keys, required, optional) -> None:
    for demand, expected in (("required", required), ("optional", optional), ("off", None)):
        written, tally = routed(dispatchers[demand], one, keys=keys)
        if isinstance(expected, Reason):
            assert (demand, reason_of(written)) == (demand, expected)
            assert "cbrn.to.mes.alerts" in written.records, "an incident that is set aside is an alarm"
        else:
            assert (demand, tally.counts) == (demand, {"routed": 1})
            assert (Doubt.SIGNATURE_UNCONFIRMED in tally.doubts) is (expected is Doubt.SIGNATURE_UNCONFIRMED)
            ((_, decision, _),) = written.records["cbrn.bus.decisions"]
            counts = demand != "off" and expected is None and one.headers != stripped(one).headers
            assert json.loads(decision or b"").get("signed_by") == (MES.kid if counts else None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ce_id", b"another"),
        ("ce_source", b"/mes/other-post"),
        ("ce_time", b"2026-11-23T05:55:01Z"),
        ("ce_time", b""),
    ],
)
def test_an_attribute_that_was_signed_otherwise_is_refused(dispatchers, name: str, content: bytes) -> None:
    """The id above all: under a new one a copy would be another event."""
    headers = tuple((each, content if each == name else held) for each, held in GOOD.headers)
    written, _ = routed(dispatchers["optional"], GOOD._replace(headers=headers))
    assert reason_of(written) == Reason.SIGNATURE_WRONG
    ((_, _, held),) = written.records["cbrn.bus.quarantine"]
    assert f"another {name}" in held["cbrn_message"].decode()
    assert held["cbrn_where"] == b"header:cbrn_signature"
    assert held[SIGNATURE] == dict(GOOD.headers)[SIGNATURE], "the evidence stays with the record"


def test_a_copy_within_the_window_counts_once(dispatchers) -> None:
    state = ShardState()
    routed(dispatchers["required"], GOOD, state=state)
    written, tally = routed(dispatchers["required"], GOOD._replace(offset=7), state=state)
    assert tally.counts == {"duplicate": 1}
    assert not written.records


def test_what_is_set_aside_does_not_use_up_its_id(dispatchers) -> None:
    """Or whoever forges an event first would silence the body's own, which comes after it."""
    state = ShardState()
    forged = stripped(GOOD)
    assert reason_of(routed(dispatchers["required"], forged, state=state)[0]) == Reason.SIGNATURE_MISSING
    _, tally = routed(dispatchers["required"], GOOD, state=state)
    assert tally.counts == {"routed": 1}


def test_a_record_passed_on_by_another_shard_is_verified_as_it_lay_in_its_own_topic(dispatchers) -> None:
    passed = GOOD._replace(topic=MISPLACED, headers=tuple(passed_on_headers(GOOD)))
    _, tally = routed(dispatchers["required"], passed)
    assert tally.counts == {"routed": 1}
    forged = passed._replace(value=WRONG.value)
    written, _ = routed(dispatchers["required"], forged)
    assert reason_of(written) == Reason.SIGNATURE_WRONG


def test_a_structured_event_is_signed_as_a_whole_and_told_without_its_signature(dispatchers) -> None:
    """An alert carries its data alone, which nobody could hold against the signature."""
    data = {"id": "e0", "source": "/mes", "specversion": "1.0", "time": "2026-11-23T05:55:00Z"}
    data |= {"type": "kg.cbrn.incident.chemical-release.v1", "data": chlorine()}
    binary = signed()
    value = json.dumps(data).encode()
    one = signed(data=value)
    header = next(each for each in one.headers if each[0] == SIGNATURE)
    whole = binary._replace(value=value, headers=(("content-type", STRUCTURED_CONTENT + b"+json"), header))
    written, tally = routed(dispatchers["required"], whole)
    assert tally.counts == {"routed": 1}
    ((_, _, headers),) = written.records["cbrn.to.mes.alerts"]
    assert headers["cbrn_signed_by"] == MES.kid.encode()
    assert SIGNATURE not in headers
    changed = whole._replace(value=value.replace(b'"e0"', b'"e1"'))
    assert reason_of(routed(dispatchers["required"], changed)[0]) == Reason.SIGNATURE_WRONG


def test_without_a_policy_a_signature_is_neither_looked_at_nor_a_doubt() -> None:
    dispatcher = Dispatcher(Realm.REAL, Lane.INCIDENTS, engine_of(national_rulebook(), Gazetteer()))
    tally = Tally()
    dispatcher.dispatch([GOOD], ShardState(), Written(), NOW, tally)
    assert tally.counts == {"routed": 1}
    assert Doubt.RESERVED_HEADER not in tally.doubts


def test_a_batch_is_verified_in_threads_in_its_order_and_the_unsigned_is_handed_on_as_it_is() -> None:
    plain = stripped(GOOD)
    batch = [one._replace(offset=offset) for offset, one in enumerate([GOOD, plain, WRONG, GOOD] * AT_ONCE_MAX)]
    found = inspected(*batch)
    assert [one.offset for one in found] == list(range(len(batch)))
    assert [type(one) for one in found] == [Inspected, Fetched, Inspected, Inspected] * AT_ONCE_MAX
    faults = [one.verdict.fault and one.verdict.fault.reason for one in found if type(one) is Inspected]
    assert faults == [None, Reason.SIGNATURE_WRONG, None] * AT_ONCE_MAX


def test_where_a_topic_s_time_is_its_writer_s_the_time_of_reading_counts(dispatchers) -> None:
    """Else whoever holds an old key would only have to write an old time."""
    old = signed(at=NOW - 3 * DAY, topic=TOPIC)
    assert reason_of(routed(dispatchers["required"], old._replace(timestamp_type=0))[0]) == Reason.SIGNATURE_STALE
    _, tally = routed(dispatchers["required"], old)
    assert tally.counts == {"routed": 1}, "by the broker's time it was signed when it was taken"
