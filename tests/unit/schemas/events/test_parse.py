"""`parse_event` against whatever comes: it answers with an event or with a refusal, never with anything else."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.builders.golden import EXAMPLES

from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import EVENT_TYPES, AnyEvent, parse, parse_event, repeated_key, to_bytes

EVENTS = {kind: json.loads((EXAMPLES / f"{kind}.json").read_bytes()) for kind in EVENT_TYPES}


@cache
def built() -> parse.Validators:
    """The validators that a process makes beside its work; to collect the tests must not cost their 0.3 s."""
    made = parse.Validators()
    made.build()
    return made


def first() -> Any:
    """The validator that a process has for its first events."""
    made = parse.Validators()
    made.build = lambda: setattr(made, "whole", built().whole)  # type: ignore[method-assign] # not anew each time
    return made.whole


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "ky", "2026-03-01T00:00:00", "-0", "143-33-8", "µSv/h", "NaN", "tailings-failure", "\u0000"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def damage(value: Any, data: st.DataObject) -> Any:
    """The value with something in it replaced, removed or added."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 3)):
        key = data.draw(st.sampled_from(sorted(value)))
        how = data.draw(st.sampled_from(["inside", "inside", "remove", "add"]))
        if how == "remove":
            return {name: item for name, item in value.items() if name != key}
        if how == "add":
            return value | {data.draw(st.text(max_size=10)): data.draw(anything)}
        return value | {key: damage(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [damage(value[0], data), *value[1:]]
    return data.draw(anything)


def outcome(parser: Any, data: bytes) -> object:
    try:
        return parser(data)
    except ValidationError as error:
        return [(detail["type"], detail["loc"]) for detail in error.errors(include_url=False)]


def answered(raw: bytes) -> AnyEvent | InvalidEventError:
    try:
        return parse_event(raw)
    except InvalidEventError as refused:
        return refused


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    """Bad input is an answer; an exception of another type would stop the shard."""
    with pytest.raises(InvalidEventError) as refused:
        parse_event(data)
    assert refused.value.reason in {Reason.NOT_JSON, Reason.BAD_ENCODING, Reason.INVALID_VALUE, Reason.MISSING_FIELD}


@settings(max_examples=300)
@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_damaged_events_are_answered_with_field_and_remedy(kind: str, data: st.DataObject) -> None:
    """Whatever one program gets wrong, the answer fits into headers and tells what to do."""
    payload = json.dumps(damage(EVENTS[kind], data), ensure_ascii=data.draw(st.booleans()))
    try:
        raw = payload.encode()
    except UnicodeEncodeError:
        raw = payload.encode(errors="surrogatepass")
    answer = answered(raw)
    if isinstance(answer, InvalidEventError):
        assert answer.where
        assert answer.hint
        assert answer.where.isprintable()
        assert len(answer.message) + len(answer.hint) < 4000
    else:
        assert parse_event(to_bytes(answer)) == answer


@settings(max_examples=300)
@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_the_quick_validator_agrees_with_the_full_one(kind: str, data: st.DataObject) -> None:
    """It leaves out one check; anything else that it let through would go round the schema."""
    raw = json.dumps(damage(EVENTS[kind], data), ensure_ascii=False).encode(errors="surrogatepass")
    if b"\\" not in raw and b"\x7f" not in raw:
        assert outcome(built().plain, raw) == outcome(built().whole, raw) == outcome(first(), raw)


@pytest.mark.parametrize("kind", EVENTS)
def test_the_first_events_are_validated_by_their_kind_alone(kind: str) -> None:
    """A command that meets one kind must not wait for forty; what it reads is the same."""
    raw = json.dumps(EVENTS[kind]).encode()
    made = parse.Validators()
    made.build = lambda: pytest.fail("built")  # type: ignore[method-assign] # it must not be
    assert [made.whole(raw) for _ in range(parse.FEW)] == [built().whole(raw)] * parse.FEW


def test_the_quick_validator_is_in_use() -> None:
    """If pydantic drops the switch it depends on, it falls back in silence: be told here."""
    assert built().plain is not built().whole
    raw = to_bytes(parse_event(json.dumps(EVENTS["sabotage"]).encode())).replace(b"mercury taken", b"mercury\\u0007")
    assert b"\\u0007" in raw
    built().plain(raw)
    with pytest.raises(InvalidEventError):
        parse_event(raw)


def test_raw_control_characters_are_not_json() -> None:
    """That is why only escapes need to be looked for."""
    raw = to_bytes(parse_event(json.dumps(EVENTS["sabotage"]).encode())).replace(b"mercury taken", b"mercury\x07")
    with pytest.raises(InvalidEventError) as refused:
        parse_event(raw)
    assert refused.value.reason is Reason.NOT_JSON


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("observed", "2099-01-01T00:00:00Z"),
        ("observed", "1958-04-16T00:00:00+06:00"),
        ("body", "ministry-of-magic"),
        ("where", {"point": {"lat": 48.85, "lon": 2.35}}),
        ("where", {"site": "F02", "district": "41711"}),
        ("situation", "never-heard-of"),
        ("message_type", "Cancel"),
        ("status", "Exercise"),
    ],
)
def test_what_is_merely_doubtful_is_not_refused_here(field: str, value: object) -> None:
    """A clock that is off, a place abroad, an unknown situation: the bus errs towards telling."""
    parse_event(json.dumps(EVENTS["tailings-failure"] | {field: value}).encode())


@pytest.mark.parametrize(
    "written", ["2026-03-01T12:00:00.5+06:00", "2026-03-01T06:00:00Z", "2026-03-01T06:00:00.1234567Z"]
)
def test_times_of_rfc_3339_are_read(written: str) -> None:
    """Every language's library writes one of these."""
    assert parse_event(json.dumps(EVENTS["sabotage"] | {"observed": written}).encode()).observed.utcoffset() is not None


@pytest.mark.parametrize(
    "written",
    [
        "1900-01-01T00:00:00Z",
        "1900-01-01T00:00:00+23:59",
        "2199-12-31T23:59:59.999999Z",
        "2199-12-31T23:59:59-23:59",
        "2016-12-31T23:59:60Z",
        "2017-01-01T05:59:60.25+06:00",
        "2199-12-31T23:59:60Z",
    ],
)
def test_every_time_that_the_schema_knows_is_read_and_can_be_written_again(written: str) -> None:
    """The first and the last day, whatever the offset, and a leap second: another language's validator says «good»."""
    event = parse_event(json.dumps(EVENTS["sabotage"] | {"observed": written}).encode())
    assert parse_event(to_bytes(event)) == event


@pytest.mark.parametrize(
    "written",
    [
        "2016-12-31T12:00:60Z",
        "2016-12-31T23:59:60+06:00",
        "2016-12-31T23:59:61Z",
        "2016-12-31T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-03-01T00:00:00+24:00",
        "2026-03-01T00:00:00+06:60",
    ],
)
def test_what_only_looks_like_a_time_is_refused_with_the_right_form(written: str) -> None:
    """The hint must not ask for what was given."""
    with pytest.raises(InvalidEventError, match="no such day, hour") as refused:
        parse_event(json.dumps(EVENTS["sabotage"] | {"observed": written}).encode())
    assert "+06:00" in refused.value.hint


@pytest.mark.parametrize("written", ["3", "3.0", "3e0", "0.3e1", "30e-1"])
def test_a_whole_number_is_one_however_it_is_written(written: str) -> None:
    """Gson and everything that knows doubles only writes `3.0`; to JSON it is the same number."""
    data = json.dumps(EVENTS["sabotage"] | {"dead": "@"}).replace('"@"', written).encode()
    dead = getattr(parse_event(data), "dead", None)
    assert (dead, type(dead)) == (3, int)


@pytest.mark.parametrize("written", ["3.5", '"three"', "true", "[3]", "1e400", "1" * 4_000, "-1", "1e9"])
def test_what_is_no_such_number_is_refused_and_the_hint_says_what_is(written: str) -> None:
    """It used to ask for a number with a point where only one without was taken."""
    data = json.dumps(EVENTS["sabotage"] | {"dead": "@"}).replace('"@"', written).encode()
    with pytest.raises(InvalidEventError) as refused:
        parse_event(data)
    assert refused.value.where == "dead"
    assert "with a point" not in refused.value.hint
    assert "leave dead out" in refused.value.hint


def test_nobody_is_asked_to_leave_out_what_must_be_there() -> None:
    """Who followed such a hint would be refused again."""
    for value in (None, "3", 3.5):
        with pytest.raises(InvalidEventError) as refused:
            parse_event(json.dumps(EVENTS["overexposure"] | {"persons": value}).encode())
        assert "leave" not in refused.value.hint


def test_of_a_repeated_key_the_last_counts() -> None:
    """As for every reader of the same bytes; decided once, so that it is no surprise."""
    data = to_bytes(parse_event(json.dumps(EVENTS["sabotage"]).encode()))
    twice = data.replace(b'"severity":"Severe"', b'"severity":"Minor","severity":"Extreme"')
    assert parse_event(twice).severity == "Extreme"
    assert repeated_key(twice) == "severity"
    assert repeated_key(data) is None


def test_a_spectrum_in_which_nothing_was_found_comes_back_as_it_is() -> None:
    """An empty list that an event must have is a finding, not something left out."""
    event = parse_event(json.dumps(EVENTS["nuclide-identification"] | {"found": []}).encode())
    assert parse_event(to_bytes(event)) == event


def test_whoever_has_made_many_mistakes_hears_how_many() -> None:
    """Five are named beside the first. A sixth of which nothing is said looks right."""
    with pytest.raises(InvalidEventError) as refused:
        parse_event(b'{"kind":"tailings-failure","observed":"yesterday"}')
    assert refused.value.message.endswith("; also wrong: reported, where, texts, situation, state and 1 more")


def test_an_operator_of_whom_nothing_is_said_is_written_again() -> None:
    """Left out of the bytes, the event would not be the one that was published."""
    event = parse_event(json.dumps(EVENTS["abandoned-stock"] | {"operator": {}}).encode())
    assert event.operator is not None
    assert parse_event(to_bytes(event)) == event
