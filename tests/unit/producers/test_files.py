"""Events in files: forms, places of mistakes, ids."""

import json

import pytest
from tests.unit.producers.test_sdk import FakeProducer, agency

from cbrn_deploy.cli.events.publish import _as_json
from cbrn_producers.files import (
    Accepted,
    FileEvent,
    Refusal,
    check_events,
    checked,
    prepare_events,
    publish_prepared,
    read_events,
)
from cbrn_producers.gateway.answers import stored_of
from cbrn_producers.outgoing import Sender, prepare
from cbrn_schemas.errors import Reason
from cbrn_schemas.events import ce_type
from cbrn_schemas.topics import Realm

MES = Sender("mes", None, Realm.REAL)
EVENT = {
    "kind": "tailings-failure",
    "hazard": "radiological",
    "body": "mes",
    "observed": "2026-05-01T06:00:00Z",
    "reported": "2026-05-01T06:05:00Z",
    "where": {"site": "F04"},
    "situation": "KG-2026-minkush",
    "state": "breached",
    "texts": {"ky": {"headline": "Калдык сактагычтын дамбасы бузулду"}},
}
LINE = json.dumps(EVENT, ensure_ascii=False)


def read(text):
    return list(read_events("f.json", text if isinstance(text, bytes) else text.encode()))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (LINE, [1]),
        (json.dumps(EVENT, indent=2), [1]),
        ("\n\n" + json.dumps(EVENT, indent=2), [3]),
        (f"{LINE}\n\n{LINE}\r\n{LINE}", [1, 3, 4]),
        (f"[\n{LINE},\n\n  {LINE}\n]", [2, 4]),
        (json.dumps([EVENT, EVENT], indent=1), [2, 19]),
        ("\ufeff" + LINE, [1]),
    ],
)
def test_every_form_of_file_is_read_with_the_line_of_each_event(text, lines):
    """Agencies export as they can; a mistake must be found where it stands."""
    found = read(text)
    assert all(isinstance(event, FileEvent) for event in found)
    assert [event.place.line for event in found] == lines


def test_bad_line_costs_its_neighbours_nothing():
    """One bad record among good ones is named; the good ones are published."""
    found = list(check_events(read(f'{LINE}\n{{"kind": broken}}\n{LINE}'), MES))
    assert [type(outcome) for outcome in found] == [Accepted, Refusal, Accepted]
    assert str(found[1].place) == "f.json:2"
    assert found[1].error.hint


def test_wrong_field_is_named_with_its_place():
    """`file:line`, field and remedy are what the person needs to mend it."""
    wrong = json.dumps(EVENT | {"severity": "Terrible"})
    (found,) = check_events(read(wrong), MES)
    assert found.error.where == "severity"


DEEP = {
    "lists": "[" * 200_000,
    "objects": '{"a":' * 200_000,
    "closed": '{"kind": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "structured": '{"specversion": "1.0", "id": "a", "source": "/mes", "type": "x", "data": ' + "[" * 100_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_what_is_nested_without_end_is_a_refusal(text):
    """A file of half a megabyte must not end the program with a traceback."""
    assert all(isinstance(found, Refusal) for found in check_events(read(text), MES))
    assert read(text)


@pytest.mark.parametrize("text", ["", "  \n ", "42", "[1, 2]", '"text"', "[{]", "{", b"\xff\xfe{", "null"])
def test_what_is_no_event_is_a_refusal_never_an_exception(text):
    """Bad input from outside is an answer."""
    assert all(isinstance(found, Refusal) for found in check_events(read(text), MES))
    assert read(text)


def test_structured_event_keeps_its_id_and_its_bytes():
    """A file of CloudEvents is published under the ids that it has."""
    data = json.dumps(EVENT, indent=1)
    text = f'{{"specversion":"1.0","id":"x-9","source":"/mes","type":"kg.x","data":{data}}}'
    (found,) = read(text)
    assert (found.id, found.data) == ("x-9", data.encode())


def test_same_file_published_again_has_the_same_ids():
    """After a failure half-way the whole file is published again; what arrived must not count twice."""
    first, second = (next(iter(check_events(read(text), MES))) for text in (LINE, f"\n{LINE}"))
    (other,) = check_events(read(LINE), Sender("mes", "post", Realm.REAL))
    assert first.id == second.id
    assert first.id != other.id


def test_a_program_and_a_file_give_the_same_event_the_same_name():
    """The same bytes from the same source are one event, whichever way they came."""
    (found,) = check_events(read(LINE), MES)
    assert found.id == prepare(LINE.encode(), MES).id


STRUCTURED = {
    "specversion": "1.0",
    "id": "x-9",
    "source": "/mes/minkush-post",
    "type": ce_type("tailings-failure"),
    "time": "2026-05-01T06:04:00Z",
    "subject": "the dam",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "trafficlight": "red",
    "data": EVENT,
}


def structured(**changes):
    return json.dumps({name: value for name, value in (STRUCTURED | changes).items() if value is not ...})


class Catching:
    """Stands where an agency's connection does, and keeps what would be sent."""

    sender = MES

    async def publish_many(self, outgoing):
        self.sent = list(outgoing)
        return self.sent


async def sent(text):
    catching = Catching()
    outcomes = await publish_prepared(catching, list(prepare_events(read(text), catching.sender)))
    assert [type(outcome) for outcome in outcomes] == [Accepted]
    return catching.sent[0]


async def test_a_receipt_says_the_same_by_the_command_line_and_over_http():
    """The command line said where the event lies, and not since when."""
    opened = agency(FakeProducer(7))
    (ready,) = prepare_events(read(LINE), opened.sender)
    (outcome,) = await publish_prepared(opened, [ready])
    said = outcome.as_json()
    assert list(said) == ["id", "topic", "partition", "offset", "timestamp", "warnings"]
    assert _as_json(outcome) == {"file": "f.json", "line": 1} | said
    assert stored_of(outcome) == {"status": 201} | said
    assert checked(ready).as_json() == {name: said[name] for name in ("id", "warnings")}
    assert json.loads(json.dumps(said)) == said


async def test_structured_event_keeps_its_identity_time_trace_and_extensions():
    """What names and traces an event elsewhere must name and trace it here: under another source it is told twice."""
    outgoing = await sent(structured())
    assert (outgoing.id, outgoing.topic, outgoing.key) == ("x-9", "cbrn.from.mes.incidents", b"KG-2026-minkush")
    assert {name: content.decode() for name, content in outgoing.headers} == {
        "ce_id": "x-9",
        "ce_source": "/mes/minkush-post",
        "ce_type": "kg.cbrn.incident.tailings-failure.v1",
        "ce_specversion": "1.0",
        "ce_time": "2026-05-01T06:04:00Z",
        "ce_subject": "the dam",
        "ce_traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "ce_trafficlight": "red",
        "content-type": "application/json",
    }


async def test_structured_event_is_the_same_record_as_the_program_of_its_post_sends():
    """One event, whether the post's program publishes it or an officer its file: it counts once."""
    data = json.dumps(EVENT).encode()
    by_program = prepare(data, Sender("mes", "minkush-post", Realm.REAL), event_id="x-9")
    by_file = await sent(structured(time=..., subject=..., traceparent=..., trafficlight=...))
    assert by_file[:4] == by_program[:4]
    assert sorted(by_file.headers) == sorted(by_program.headers)


@pytest.mark.parametrize(
    ("changes", "where", "reason"),
    [
        ({"source": "/moh"}, "source", Reason.FOREIGN_SOURCE),
        ({"source": "/mesa/post"}, "source", Reason.UNKNOWN_BODY),
        ({"type": "kg.cbrn.incident.toxic-fire.v1"}, "type", Reason.HEADERS_CONTRADICT),
        ({"type": "tailings-failure"}, "type", Reason.HEADERS_CONTRADICT),
        ({"cbrn_role": "lead"}, "value", Reason.INVALID_VALUE),
        ({"time": "yesterday"}, "value", Reason.INVALID_VALUE),
        ({"tree": {"a": 1}}, "value", Reason.INVALID_VALUE),
        ({"data": EVENT | {"body": "moh"}}, "body", Reason.FOREIGN_SOURCE),
        ({"specversion": ...}, "value", Reason.HEADERS_MISSING),
        ({"specversion": "0.3"}, "header:ce_specversion", Reason.HEADERS_MISSING),
        ({"data": ...}, "data", Reason.NULL_VALUE),
    ],
)
def test_structured_event_that_would_not_arrive_as_it_stands_is_refused(changes, where, reason):
    """A foreign source used to be overwritten, and a wrong type with it; whoever publishes can say which is meant."""
    (found,) = check_events(read(structured(**changes)), MES)
    assert isinstance(found, Refusal)
    assert (found.error.where, found.error.reason) == (where, reason)
    assert found.error.hint


def test_attribute_that_stands_twice_is_refused():
    """Readers would disagree on which of the two sources counts."""
    (found,) = check_events(read(structured().replace('"id": "x-9"', '"id": "x-8", "id": "x-9"')), MES)
    assert found.error.where == "id"
