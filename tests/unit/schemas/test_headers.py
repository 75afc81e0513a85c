"""What of a record's headers goes on, under which names, and what is said about the rest."""

from __future__ import annotations

import json

import pytest

from cbrn_schemas.envelope import binary_headers, read_envelope
from cbrn_schemas.errors import WORDS_CHARS_MAX, InvalidEventError, Reason
from cbrn_schemas.headers import HEADER_BYTES_MAX, HEADERS_MAX

TIME = "2026-05-01T06:00:00Z"
USUAL = binary_headers(id="a-1", source="/mes/post", type="kg.x", time=TIME)
STRUCTURED = [("content-type", b"application/cloudevents+json")]
JSON = ("content-type", b"application/json")


def with_headers(*more, without=()):
    return [header for header in USUAL if header[0] not in without] + list(more)


def structured(**members):
    base = {"id": "a-1", "source": "/mes", "type": "kg.x", "specversion": "1.0", "data": {"a": 1}}
    return json.dumps({name: value for name, value in (base | members).items() if value is not ...}).encode()


def read(*more, without=()):
    return read_envelope(with_headers(*more, without=without), b"{}")


@pytest.mark.parametrize("name", ["ce_cbrn_role", "CBRN_ROLE", "Cbrn_Role", "CE_CBRN_ROLE", "cbrn_role"])
def test_a_header_of_the_bus_never_comes_in_however_it_is_written(name):
    """A reader that lowers names, as the CloudEvents SDKs do, would take it for the bus's word."""
    envelope = read((name, b"lead"))
    assert envelope.stripped
    assert not [found for found, _ in envelope.headers if "cbrn" in found.lower()]


def test_capitals_in_the_name_of_an_attribute_do_not_count():
    """HTTP gateways capitalise; an alert must not wait for that. What goes on is written as the standard has it."""
    shouted = [(name.upper(), content) for name, content in USUAL]
    envelope = read_envelope([*shouted, ("Ce_TrafficLight", b"red")], b"{}")
    assert (envelope.id, envelope.source) == ("a-1", "/mes/post")
    assert dict(envelope.headers) == {**dict(USUAL), "ce_trafficlight": b"red"}
    assert not envelope.left_out


@pytest.mark.parametrize("twice", [("CE_ID", b"other"), ("ce_source", b"/moh"), ("Content-Type", b"application/json")])
def test_an_attribute_that_is_there_twice_is_refused(twice):
    """Of two sources a reader might take either."""
    with pytest.raises(InvalidEventError, match="twice") as refused:
        read(twice)
    assert refused.value.reason is Reason.HEADERS_CONTRADICT


def test_two_content_types_are_refused_also_where_the_first_says_structured():
    """In which mode the record is would depend on the reader."""
    with pytest.raises(InvalidEventError, match="twice"):
        read_envelope([*STRUCTURED, JSON], structured())


@pytest.mark.parametrize(
    "header",
    [
        ("ce_my_extension", b"x"),
        ("ce_my-extension", b"x"),
        ("ce_", b"x"),
        ("ce_ключ", b"x"),
        ("ce_data", b"x"),
        ("ce_datacontenttype", b"application/json"),
        ("ce_extension", b"\xff\xfe"),
        ("trace", b"\xff\xfe"),
    ],
)
def test_a_header_that_no_sdk_reads_is_left_out_and_the_event_goes_on(header):
    """Nobody's alert is held back for an ornament, and no reader stumbles over it."""
    envelope = read(header)
    assert envelope.headers == USUAL
    assert envelope.left_out


@pytest.mark.parametrize(
    "time",
    [
        "yesterday",
        "2026-05-01",
        "2026-05-01T06:00:00",
        "2026-05-01 06:00:00Z",
        "2026-02-30T06:00:00Z",
        "2026-05-01T06:00:00+0600",
        "2026-05-01T06:00:00+06:00:30",
        "2026-05-01T24:00:00Z",
        "0000-05-01T06:00:00Z",
        "2016-12-31T23:59:60Z",
        "20260501T060000Z",
        "1714543200",
    ],
)
def test_a_time_that_no_sdk_reads_is_left_out(time):
    """The event's own times are in its data; `ce_time` is optional, and a reader that parses it must be able to."""
    envelope = read(("ce_time", time.encode()), without={"ce_time"})
    assert "ce_time" not in dict(envelope.headers)
    assert envelope.left_out


@pytest.mark.parametrize(
    ("time", "written"),
    [
        ("2026-05-31t06:00:00z", "2026-05-31T06:00:00Z"),
        ("2024-02-29T23:59:59.123456789+06:00", "2024-02-29T23:59:59.123456789+06:00"),
    ],
)
def test_a_time_that_is_one_goes_on(time, written):
    """Every form of RFC 3339 is carried; a small t or z in capitals."""
    envelope = read(("ce_time", time.encode()), without={"ce_time"})
    assert dict(envelope.headers)["ce_time"] == written.encode()
    assert not envelope.left_out


@pytest.mark.parametrize("name", ["ce_time", "ce_subject", "ce_dataschema", "content-type"])
@pytest.mark.parametrize("content", [None, b""])
def test_an_optional_attribute_without_a_value_is_not_given(name, content):
    """Null and empty say nothing; the SDKs refuse an event that has them."""
    envelope = read((name, content), without={name})
    assert dict(envelope.headers).get(name, b"application/json") == b"application/json"
    assert not envelope.left_out


def test_null_members_of_a_structured_event_are_not_given_and_objects_are_left_out():
    """`"time": null` is how many serialisers write «none»; it used to go out as the text `null`."""
    value = structured(time=None, subject=None, note=None, number=3, flag=True, Lamp="red", tree={"a": 1}, list=[1])
    envelope = read_envelope([*STRUCTURED, ("traceparent", b"00-1")], value)
    assert dict(envelope.headers) == {
        "ce_id": b"a-1",
        "ce_source": b"/mes",
        "ce_type": b"kg.x",
        "ce_specversion": b"1.0",
        "ce_number": b"3",
        "ce_flag": b"true",
        "ce_lamp": b"red",
        "traceparent": b"00-1",
        "content-type": b"application/json",
    }
    assert envelope.left_out
    assert not read_envelope(STRUCTURED, structured(time=None)).left_out


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"Application/JSON",
        b"text/json",
        b"application/vnd.kg.cbrn+json",
        b" application/json ;x=y",
    ],
)
def test_every_name_of_json_is_json_and_goes_on_under_one(content_type):
    """The official SDKs know them all; readers of the alert need to know one."""
    envelope = read(("content-type", content_type), without={"content-type"})
    assert dict(envelope.headers)["content-type"] == b"application/json"


NOT_CARRIED = {
    "application/jsonlines": "each line by itself",
    "application/x-ndjson": "each line by itself",
    "application/json-patch+json": "whole event",
    "application/merge-patch+json": "whole event",
    "application/cloudevents-batch+json": "each event of the batch by itself",
    "application/cloudevents+avro": "event format to JSON",
    "application/cloudevents+protobuf": "event format to JSON",
    "application/avro": "event format to JSON",
    "avro/binary": "event format to JSON",
    "text/plain": "Publish JSON",
    "application/jsonish": "Publish JSON",
}


@pytest.mark.parametrize("content_type", NOT_CARRIED)
def test_what_is_not_carried_gets_the_hint_that_helps(content_type):
    """Somebody's SDK has a switch; the hint says which."""
    with pytest.raises(InvalidEventError) as refused:
        read_envelope([("content-type", content_type.encode())], structured())
    assert refused.value.where == "header:content-type"
    assert NOT_CARRIED[content_type] in refused.value.hint


@pytest.mark.parametrize("headers", [[], [JSON], [("content-type", b"text/json")]])
def test_a_structured_event_that_does_not_say_so_gets_the_hint_that_helps(headers):
    """What version 1 of the official SDK for Python sends: the envelope in the value, `application/json` over it."""
    with pytest.raises(InvalidEventError) as refused:
        read_envelope(headers, structured())
    assert "content-type application/cloudevents+json" in refused.value.hint


@pytest.mark.parametrize("form", ["application/cloudevents", "Application/CloudEvents+JSON; charset=utf-8"])
def test_a_structured_event_is_known_however_its_type_is_written(form):
    """Media types know no capitals."""
    assert read_envelope([("Content-Type", form.encode())], structured()).data == b'{"a": 1}'


def test_a_byte_order_mark_before_a_structured_event_is_named():
    """Windows' editors write it; «invalid character» says nothing to anybody."""
    with pytest.raises(InvalidEventError) as refused:
        read_envelope(STRUCTURED, b"\xef\xbb\xbf" + structured())
    assert (refused.value.reason, "BOM" in refused.value.hint) == (Reason.BAD_ENCODING, True)


def test_the_same_letters_are_the_same_id():
    """`й` is one character or two, by the system that wrote it; a resent event must count once."""
    composed, taken_apart = "пост-й", "пост-и\u0306"
    first, second = (
        read(("ce_id", text.encode()), ("ce_source", f"/mes/{text}".encode()), without={"ce_id", "ce_source"})
        for text in (composed, taken_apart)
    )
    assert first == second
    assert dict(second.headers)["ce_id"] == composed.encode()
    assert read_envelope(STRUCTURED, structured(id=taken_apart)).id == composed


TOO_MUCH = {
    "one long name": [("x" * HEADER_BYTES_MAX, b"")],
    "one long value": [("x", b"y" * HEADER_BYTES_MAX)],
    "names in two bytes a letter": [("ж" * (HEADER_BYTES_MAX // 2), b"")],
    "one name again and again": [("traceparent", b"z" * 400)] * 50,
    "many": [(f"h{number}", b"") for number in range(HEADERS_MAX)],
    "many without a name": [("", b"")] * HEADERS_MAX,
}


@pytest.mark.parametrize("shape", TOO_MUCH)
def test_names_values_and_number_of_headers_count(shape):
    """What comes in must go out to every body; a name of a megabyte once stopped the lane for ever."""
    with pytest.raises(InvalidEventError) as refused:
        read(*TOO_MUCH[shape])
    assert refused.value.reason is Reason.TOO_LARGE
    assert "at most" in refused.value.message


def test_attributes_of_a_structured_event_count_as_the_headers_that_they_become():
    """64 KiB of event may hold 64 KiB of attributes."""
    for members in ({"x": "y" * HEADER_BYTES_MAX}, {f"a{number}": 1 for number in range(HEADERS_MAX)}):
        with pytest.raises(InvalidEventError) as refused:
            read_envelope(STRUCTURED, structured(**members))
        assert refused.value.reason is Reason.TOO_LARGE


def test_the_buss_own_headers_do_not_count_against_the_publisher():
    """An alert whose event was let through with full headers must be readable by whoever is told."""
    full = ("x", b"y" * (HEADER_BYTES_MAX - sum(len(name) + len(content) for name, content in USUAL) - 1))
    assert read(full, ("cbrn_rule", b"r" * 4_000), *[(f"cbrn_{number}", b"") for number in range(HEADERS_MAX)]).stripped


def test_words_about_what_came_from_outside_are_short():
    """They go into headers and an alarm: a name of half a megabyte must not come back in them."""
    with pytest.raises(InvalidEventError) as refused:
        read(("ce_" + "x" * 500_000, b""), ("ce_" + "x" * 500_000, b""))
    assert len(refused.value.where) < 100
    told = InvalidEventError(Reason.INTERNAL_ERROR, where="w" * 5_000, message="m" * 5_000, hint="h" * 5_000)
    assert {len(told.where), len(told.message), len(told.hint)} == {WORDS_CHARS_MAX}
    assert len(str(told)) <= 2 * WORDS_CHARS_MAX + 2
