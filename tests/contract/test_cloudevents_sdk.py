"""Every alert can be read with the official CloudEvents SDK, by its older and by its newer interface."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cloudevents.core.bindings import kafka as core
from cloudevents.core.v1.event import CloudEvent as NewerEvent
from cloudevents.v1 import kafka as v1
from cloudevents.v1.http import CloudEvent as OlderEvent
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.builders.golden import chlorine
from tests.builders.router import NOW, Arrived, Written
from tests.builders.thorough import cases

from cbrn_consumers.alert import read_alert
from cbrn_deploy.processes.router import engine_of
from cbrn_deploy.provisioning import planned_topics
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook import national_rulebook
from cbrn_routing.shards.encoding import RecordBatch, encode_record
from cbrn_schemas.envelope import binary_headers, read_envelope
from cbrn_schemas.events import ce_type
from cbrn_schemas.topics import Lane, Realm

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "chemical-release"
EVENT = chlorine(texts={"ky": {"headline": "Хлор чыкты"}})
DATA = json.dumps(EVENT, ensure_ascii=False).encode()
USUAL = binary_headers(id="a-1", source="/mes", type=ce_type(KIND), time="2026-11-23T05:55:00Z", subject="KG-2026-test")
ENVELOPE = {"id": "a-1", "source": "/mes", "type": ce_type(KIND), "specversion": "1.0"}


@cache
def dispatcher() -> Dispatcher:
    return Dispatcher(Realm.REAL, Lane.INCIDENTS, engine_of(national_rulebook(), Gazetteer()))


@cache
def bytes_max() -> dict[str, int]:
    planned = planned_topics(Realm.REAL, shards=2, replication=1, on=NOW.date())
    return {spec.name: int(spec.config["max.message.bytes"]) for spec in planned}


def written(value: bytes | None, headers: Sequence[Any], key: bytes | None = b"KG-2026-test") -> Written:
    """What the router makes of one record."""
    record = Arrived(value, tuple(headers), key=key)
    sink, tally = Written(), Tally()
    dispatcher().dispatch([record], ShardState(), sink, NOW, tally)
    assert tally.counts.total() == 1
    return sink


def check(sink: Written) -> None:
    """Every alert can be read by both interfaces and by ours, and every record fits into its topic."""
    for topic, key, value, headers in sink.sent:
        batch = RecordBatch(0)
        batch.add(encode_record(key, value, headers))
        assert len(batch._build()) <= bytes_max()[topic], topic
        if ".to." not in topic:
            continue
        assert value is not None
        newer = core.from_kafka_event(core.KafkaMessage(headers=dict(headers), key=key, value=value))
        older = v1.from_binary(v1.KafkaMessage(headers=dict(headers), key=key, value=value))
        envelope = read_envelope(headers, value)
        assert newer.get_id() == older["id"] == envelope.id
        assert newer.get_source() == older["source"] == envelope.source
        assert newer.get_data() == older.get_data() == json.loads(value)
        alert = read_alert(
            SimpleNamespace(topic=topic, partition=0, offset=0, timestamp=0, key=key, headers=headers, value=value)
        )
        assert alert.id == envelope.id


NAMES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["ce_time", "ce_subject", "ce_dataschema", "CE_ID", "CBRN_ROLE", "ce_cbrn_role", "cbrn_rule"]),
    st.sampled_from(["content-type", "Content-Type", "traceparent", "ce_data", "ce_data_base64", "ce_partitionkey"]),
    st.text(max_size=12).map("ce_{}".format),
)
VALUES = st.one_of(
    st.none(),
    st.binary(max_size=40),
    st.text(max_size=20).map(str.encode),
    st.sampled_from(
        [b"", b"application/json", b"text/json", b"null", b"2026-11-23T05:55:00Z", b"2016-12-31T23:59:60Z"]
    ),
    st.datetimes().map(lambda moment: moment.isoformat().encode() + b"+06:00"),
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("2026-11-23T05:55:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
MEMBERS = st.dictionaries(
    st.text(max_size=12) | st.sampled_from(["time", "subject", "dataschema", "datacontenttype", "cbrn_role", "Time"]),
    JSON_VALUES,
    max_size=6,
)


@settings(deadline=None, max_examples=cases(300))
@given(headers=HEADERS, replaced=st.booleans())
def test_every_alert_about_an_event_in_binary_mode_can_be_read(headers: Any, *, replaced: bool) -> None:
    """Agencies read with libraries that we do not write: what passes the router must pass there."""
    given_names = {name for name, _ in headers} if replaced else set()
    check(written(DATA, [header for header in USUAL if header[0] not in given_names] + headers))


@settings(deadline=None, max_examples=cases(300))
@given(members=MEMBERS, headers=HEADERS)
@example(members={"time": None}, headers=[])
@example(members={"comexample": {"a": 1}}, headers=[])
@example(members={"cbrn_role": "lead"}, headers=[])
def test_every_alert_about_a_structured_event_can_be_read(members: Any, headers: Any) -> None:
    """In structured mode anything may stand as an attribute."""
    value = json.dumps(members | ENVELOPE, ensure_ascii=True)[:-1].encode() + b',"data":' + DATA + b"}"
    check(written(value, [("content-type", b"application/cloudevents+json"), *headers]))


def test_what_the_sdk_writes_is_taken() -> None:
    """Both interfaces, both modes: an agency's program may use either."""
    attributes = ENVELOPE | {"time": datetime(2026, 11, 23, 5, 55, tzinfo=UTC), "datacontenttype": "application/json"}
    older = OlderEvent(ENVELOPE | {"time": "2026-11-23T05:55:00Z", "datacontenttype": "application/json"}, EVENT)
    messages = [
        core.to_binary_event(NewerEvent(dict(attributes), dict(EVENT))),
        core.to_structured_event(NewerEvent(dict(attributes), dict(EVENT))),
        v1.to_binary(older),
    ]
    for message in messages:
        sink = written(bytes(message.value), list(message.headers.items()))
        assert "cbrn.bus.quarantine" not in {topic for topic, *_ in sink.sent}
        check(sink)


def test_the_older_interface_in_structured_mode_is_refused_with_the_remedy() -> None:
    """It writes `application/json` over a structured event; the standard then says «binary», and no header names it."""
    older = OlderEvent(ENVELOPE | {"datacontenttype": "application/json"}, EVENT)
    message = v1.to_structured(older)
    (_, _, _, headers), *alarms = written(bytes(message.value), list(message.headers.items())).sent
    assert b"application/cloudevents+json" in dict(headers)["cbrn_hint"]
    assert alarms


MIB = 1024 * 1024


def batch_bytes(value: bytes | None, headers: Sequence[Any], key: bytes | None) -> int:
    """How large the record is for the broker."""
    batch = RecordBatch(0)
    batch.add(encode_record(key, value, list(headers)))
    return len(batch._build())


ROOM = MIB - batch_bytes(DATA, USUAL, b"k") - 16
"""What a record can hold beside the event and the usual headers, to the last byte of a topic of 1 MiB; 16 are for the
lengths."""
SHAPES = {
    "one name of a megabyte": (DATA, [*USUAL, ("x" * ROOM, b"")], b"k"),
    "one header a hundred thousand times": (DATA, [*USUAL, *[("trace", b"x")] * 100_000], b"k"),
    "headers without name and value": (DATA, [*USUAL, *[("", b"")] * 400_000], b"k"),
    "an attribute with a long name, twice": (DATA, [*USUAL, *[("ce_" + "\x01" * (ROOM // 2 - 9), b"")] * 2], b"k"),
    "a key of a megabyte": (b"{", USUAL, b"\xff" * ROOM),
    "a value of a megabyte": (b"\xff" * ROOM, USUAL, b"k"),
    "a long name of the bus": (DATA, [*USUAL, ("cbrn_" + "x" * ROOM, b"")], b"k"),
    "a time of 60,000 digits": (
        DATA.replace(b"05:50:00Z", b"05:50:00." + b"0" * 60_000),
        USUAL,
        b"k",
    ),
    "a content type of a megabyte": (DATA, [*USUAL[:-2], ("content-type", b"\xff" * ROOM)], b"k"),
    "a source of a megabyte": (DATA, [("ce_source", b"\x01" * ROOM), *(h for h in USUAL if h[0] != "ce_source")], b"k"),
    "an attribute of 60 KiB": (
        json.dumps(ENVELOPE | {"x": "\x01" * 9_000}).encode()[:-1] + b',"data":' + DATA + b"}",
        [("content-type", b"application/cloudevents+json")],
        b"k",
    ),
    "nothing at all": (None, [], None),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_the_broker_takes_the_router_can_write(shape: str) -> None:
    """A record that could not be written stopped the lane of every agency for ever."""
    value, headers, key = SHAPES[shape]
    assert batch_bytes(value, headers, key) <= MIB, "the broker refuses it"
    check(written(value, headers, key))
