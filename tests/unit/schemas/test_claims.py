"""Would the bus take it? One answer for the producer, the release from quarantine and the router, whoever is asked."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from cbrn_consumers.errors import CorrectionError
from cbrn_consumers.quarantine import fold_items, plan_release
from cbrn_producers.errors import RefusedEventError
from cbrn_producers.outgoing import Sender, prepare
from cbrn_schemas.claims import check_claims, check_source
from cbrn_schemas.envelope import binary_headers, read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import ce_type, parse_event
from cbrn_schemas.records import quarantine_headers, quarantine_id
from cbrn_schemas.topics import Lane, Realm, from_topic

INCIDENT = {
    "kind": "tailings-failure", "hazard": "radiological", "body": "mes", "observed": "2026-05-01T06:00:00Z",
    "reported": "2026-05-01T06:05:00Z", "where": {"site": "F04"}, "situation": "KG-2026-minkush", "state": "breached",
    "texts": {"ru": {"headline": "x"}}, "status": "Actual",
}  # fmt: skip
READING = {
    "kind": "gamma-dose-rate", "hazard": "radiological", "body": "mes", "observed": "2026-05-01T06:00:00Z",
    "reported": "2026-05-01T06:05:00Z", "where": {"site": "F04"}, "station": "minkush-1", "status": "Actual",
    "reading": {"value": 0.2, "unit": "uSv/h"},
}  # fmt: skip


def refusal(data, realm=Realm.REAL, lane=Lane.INCIDENTS, *, body="mes", source="/mes", kind=None):
    """What the router says of an event in such a topic; None: it takes it."""
    value = json.dumps(data).encode()
    event = parse_event(value)
    headers = binary_headers(id="a-1", source=source, type=kind or ce_type(event.kind), time="2026-05-01T06:00:00Z")
    envelope = read_envelope(headers, value)
    try:
        check_source(envelope, body)
        check_claims(envelope, event, body, lane, realm)
    except InvalidEventError as error:
        return error.reason, error.where
    return None


CASES = [
    (INCIDENT, Realm.REAL, Lane.INCIDENTS),
    (INCIDENT, Realm.REAL, Lane.MONITORING),
    (INCIDENT, Realm.EXERCISE, Lane.INCIDENTS),
    (INCIDENT | {"status": "Exercise"}, Realm.REAL, Lane.INCIDENTS),
    (INCIDENT | {"status": "Exercise"}, Realm.EXERCISE, Lane.INCIDENTS),
    (INCIDENT | {"status": "Test"}, Realm.REAL, Lane.INCIDENTS),
    (INCIDENT | {"body": "moh"}, Realm.REAL, Lane.INCIDENTS),
    (INCIDENT | {"body": "nobody"}, Realm.REAL, Lane.INCIDENTS),
    (READING, Realm.REAL, Lane.MONITORING),
    (READING, Realm.REAL, Lane.INCIDENTS),
    (READING | {"status": "Exercise"}, Realm.REAL, Lane.MONITORING),
]


@pytest.mark.parametrize(("data", "realm", "lane"), CASES)
def test_the_release_takes_a_correction_if_and_only_if_the_router_does(data, realm, lane):
    """It once let an exercise into the real realm, and a reading among the incidents."""
    topic = from_topic(realm, "mes", lane)
    own = binary_headers(id="a-1", source="/mes", type="kg.x", time="2026-05-01T06:00:00Z")
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="m", hint="h")
    headers = quarantine_headers(own, error, topic=topic, partition=1, offset=3, key=b"k", at="2026-05-01T06:00:00Z")
    record = SimpleNamespace(key=quarantine_id(topic, 1, 3).encode(), headers=headers, value=b"{")
    (item,) = fold_items([record]).values()
    expected = refusal(data, realm, lane)
    if expected is None:
        assert plan_release(item, corrected=json.dumps(data).encode()).topic == topic
        return
    with pytest.raises(CorrectionError) as caught:
        plan_release(item, corrected=json.dumps(data).encode())
    assert caught.value.where == expected[1]
    assert caught.value.hint


@pytest.mark.parametrize(("data", "realm", "lane"), CASES)
def test_a_producer_refuses_what_the_router_would_refuse(data, realm, lane):
    """But for the lane, which it chooses itself."""
    chosen = Lane.INCIDENTS if "situation" in data else Lane.MONITORING
    expected = refusal(data, realm, chosen)
    if expected is None:
        assert prepare(json.dumps(data).encode(), Sender("mes", None, realm)).topic == from_topic(realm, "mes", chosen)
        return
    with pytest.raises(RefusedEventError) as caught:
        prepare(json.dumps(data).encode(), Sender("mes", None, realm))
    assert (caught.value.reason, caught.value.where) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"source": "/moh"}, (Reason.FOREIGN_SOURCE, "header:ce_source")),
        ({"source": "/nobody/post"}, (Reason.UNKNOWN_BODY, "header:ce_source")),
        ({"kind": "kg.cbrn.incident.toxic-fire.v1"}, (Reason.HEADERS_CONTRADICT, "header:ce_type")),
    ],
)
def test_headers_that_contradict_are_refused(changes, expected):
    """The topic says whose event it may be; the data say of what kind."""
    assert refusal(INCIDENT, **changes) == expected


@pytest.mark.parametrize("topic", ["cbrn.bus.decisions", "cbrn.to.mes.alerts", "cbrn.from.mes.silences", "nowhere", ""])
@pytest.mark.parametrize("corrected", [None, json.dumps(INCIDENT).encode()])
def test_nothing_is_released_into_a_topic_that_no_router_reads(topic, corrected):
    """A record of the quarantine that the router did not write may name any topic, and a release may write to all."""
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="m", hint="h")
    real = from_topic(Realm.REAL, "mes", Lane.INCIDENTS)
    headers = quarantine_headers([], error, topic=real, partition=1, offset=3, key=b"k", at="2026-05-01T06:00:00Z")
    record = SimpleNamespace(key=quarantine_id(real, 1, 3).encode(), headers=headers, value=b"{}")
    (item,) = fold_items([record]).values()
    with pytest.raises(CorrectionError, match="no topic that agencies publish into"):
        plan_release(replace(item, topic=topic), corrected=corrected)
