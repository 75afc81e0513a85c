"""The published schema and the model say the same of every document, both ways, but for what is listed here by name.

Documents are drawn from the schema and then damaged; a validator of JSON Schema and `parse_event` are asked.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker, validators
from tests.builders.golden import ROOT

from cbrn_schemas.contracts.plain import plain
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import EVENT_TYPES, parse_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMAS = ROOT / "schemas"
EXAMPLES = {kind: json.loads((SCHEMAS / "examples" / f"{kind}.json").read_bytes()) for kind in EVENT_TYPES}


def only_nulls(event: Any, names: tuple[str, ...]) -> bool:
    """Whether somewhere in it an object has some of these members, and none with a value."""
    if isinstance(event, list):
        return any(only_nulls(item, names) for item in event)
    if not isinstance(event, dict):
        return False
    found = [event[name] for name in names if name in event]
    return (bool(found) and not any(value is not None for value in found)) or any(
        only_nulls(member, names) for member in event.values()
    )


def unstated_quantity(event: Any) -> bool:
    if isinstance(event, list):
        return any(map(unstated_quantity, event))
    if not isinstance(event, dict):
        return False
    return ({"value", "unit"} <= event.keys() and "quantity" not in event) or any(
        map(unstated_quantity, event.values())
    )


BEYOND_A_SCHEMA: dict[str, Callable[[InvalidEventError, Any], bool]] = {
    "a check digit is arithmetic": lambda error, _: error.reason is Reason.INVALID_CAS,
    "a place of which only nulls are given: the schema counts members, and the promise forbids to tighten it": (
        lambda error, event: (
            error.reason is Reason.MISSING_FIELD
            and error.where.endswith("where")
            and only_nulls(event, ("site", "point", "district", "crossing"))
        )
    ),
    "a substance of which only nulls are given, likewise": (
        lambda error, event: (
            error.reason is Reason.MISSING_FIELD
            and "substance has no name" in error.message
            and only_nulls(event, ("name", "cas", "un_number"))
        )
    ),
    "the units of a quantity that is left out: its default is no member that a condition could see": (
        lambda error, event: (
            (error.reason is Reason.UNIT_MISMATCH or "below zero" in error.message) and unstated_quantity(event)
        )
    ),
    "the range of a double: JSON has numbers without end": lambda error, _: "finite number" in error.message,
    "half of a character: about encoding, not about shape": lambda error, _: "surrogate" in error.message,
}
"""What the model refuses and a schema cannot say, or could but for the promise to publishers, and how to know it."""


def exact_pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[Exception]:
    """`$` is the end (ECMA-262, as JSON Schema has it); in Python's it may stand before a last line break."""
    from jsonschema import ValidationError  # noqa: PLC0415 - of this function alone

    if isinstance(instance, str) and re.search(re.sub(r"\$$", r"\\Z", pattern), instance) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


formats = FormatChecker(())


@formats.checks("date", ValueError)
def is_date(text: object) -> bool:
    """RFC 3339, `full-date`."""
    return not isinstance(text, str) or (
        bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(date.fromisoformat(text))
    )


@formats.checks("date-time", ValueError)
def is_time(text: object) -> bool:
    """RFC 3339, with leap seconds where its section 5.7 allows them: at the end of a day in UTC."""
    if not isinstance(text, str):
        return True
    leap = re.fullmatch(r"(.{17})60((?:\.\d+)?)(.*)", text)
    plain_text = text if leap is None else f"{leap[1]}59{leap[3]}"
    moment = datetime.fromisoformat(plain_text)
    there = moment.astimezone(UTC)
    in_offset = re.search(r"[+-](\d\d):(\d\d)$", text)
    return (
        moment.tzinfo is not None
        and (leap is None or (there.hour, there.minute) == (23, 59))
        and (in_offset is None or (int(in_offset[1]) < 24 and int(in_offset[2]) < 60))
    )


Exact = validators.extend(Draft202012Validator, {"pattern": exact_pattern})


@cache
def schema_of(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / "json" / f"{kind}.v1.json").read_text(encoding="utf-8"))
    return schema


@cache
def validator(kind: str) -> Any:
    return Exact(schema_of(kind), format_checker=formats)


@cache
def documents(kind: str) -> st.SearchStrategy[Any]:
    """Documents that the schema accepts, or nearly: conditions across members are left to chance."""
    return drawn_from(plain(schema_of(kind)))


def drawn_from(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "type" not in schema and "anyOf" in schema:
        return st.one_of([drawn_from(option) for option in schema["anyOf"]])
    return MAKERS[schema["type"]](schema)


def objects(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "propertyNames" in schema:
        values = drawn_from(schema["additionalProperties"])
        names = drawn_from(schema["propertyNames"])
        return st.dictionaries(names, values, min_size=schema.get("minProperties", 0), max_size=2)
    members = {name: drawn_from(member) for name, member in schema["properties"].items()}
    required = {name: members[name] for name in schema.get("required", ())}
    whole = st.fixed_dictionaries(required, optional={name: members[name] for name in members if name not in required})
    if "anyOf" in schema:  # at least one of these
        names = [option["required"][0] for option in schema["anyOf"]]
        one = st.sampled_from(names).flatmap(lambda name: st.fixed_dictionaries({name: members[name]}))
        return st.tuples(whole, one).map(lambda drawn: drawn[0] | drawn[1])
    if "allOf" not in schema:
        return whole
    # A measurement: of the quantity follow the units, and whether it may be negative.
    rules = {part["if"]["properties"]["quantity"]["enum"][0]: part["then"]["properties"] for part in schema["allOf"]}

    def settled(event: dict[str, Any]) -> st.SearchStrategy[Any]:
        rule = rules.get(event.get("quantity", schema["properties"]["quantity"].get("default")))
        if rule is None:
            return st.just(event)
        value = abs(event["value"]) if "value" in rule else event["value"]
        return drawn_from({"enum": rule["unit"]["enum"]}).map(lambda unit: event | {"unit": unit, "value": value})

    return whole.flatmap(settled)


def strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    longest = schema.get("maxLength", 60)
    if schema.get("format") == "date-time":
        return MOMENTS | MOMENTS | MOMENTS | st.sampled_from(TIMES)
    if schema.get("format") == "date":
        return st.dates().map(date.isoformat)
    if "pattern" not in schema:
        return st.text(min_size=schema.get("minLength", 0), max_size=min(longest, 20))
    if schema["pattern"].startswith("^[^"):
        characters = st.characters(codec="utf-8", exclude_categories=["Cc"])
        return st.text(characters, min_size=1, max_size=min(longest, 20))
    if schema["pattern"] in RARE:
        return st.sampled_from(RARE[schema["pattern"]])
    exact = re.sub(r"\$$", r"\\Z", schema["pattern"])
    return st.from_regex(exact, alphabet=ASCII).filter(lambda text: len(text) <= longest)


def numbers(schema: dict[str, Any]) -> st.SearchStrategy[float]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1e6))
    high = schema.get("maximum", schema.get("exclusiveMaximum", 1e6))
    real = st.floats(low, high, exclude_min="exclusiveMinimum" in schema, exclude_max="exclusiveMaximum" in schema)
    return real | st.integers(int(low) + 1, int(high)) if int(low) + 1 <= int(high) else real


ASCII = st.characters(codec="ascii", exclude_categories=["Cc"])
TIMES = [
    "2026-03-01T12:00:00Z",
    "1900-01-01T00:00:00+14:00",
    "2199-12-31T23:59:59.999999999-12:00",
    "2016-12-31T23:59:60Z",
    "2017-01-01T05:59:60.5+06:00",
    "2026-02-29T00:00:00Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01T00:00:00-00:00",
]
OFFSETS = st.sampled_from(["Z", "+00:00", "-00:00", "+06:00", "-23:59", "+23:59"])
MOMENTS = st.tuples(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)), OFFSETS).map(  # noqa: DTZ001 - offset follows
    lambda drawn: drawn[0].isoformat() + drawn[1]
)
RARE = {r"^[1-9][0-9]{1,6}-[0-9]{2}-[0-9]$": ["143-33-9", "7782-50-5", "7782-50-5", "143-33-8"]}
"""Patterns of which few texts are right."""
MAKERS: dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]] = {
    "object": objects,
    "array": lambda schema: st.lists(
        drawn_from(schema["items"]), min_size=schema.get("minItems", 0), max_size=max(2, schema.get("minItems", 0))
    ),
    "string": strings,
    "number": numbers,
    "integer": lambda schema: st.integers(schema.get("minimum"), schema.get("maximum")),
    "boolean": lambda _: st.booleans(),
    "null": lambda _: st.none(),
}

ODD = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1, 3.0, 3.5, -0.0, 1e9, 1e300, 10**30, [], {}, ["ky"]),
        *("", " ", "3", "x\n", "KZ\n", "\x00", "\x7f", "143-33-8", "2026-03-01", "2026-03-01\n", *TIMES),
        *("2026-03-01T12:00:00", "2026-03-01t12:00:00z", "1899-12-31T23:59:59Z", 1_772_366_400, "1772366400"),
        *({"district": None}, {"site": "F04", "district": None}, {"name": None}, {"ky": {"headline": "x"}}),
    ]
)


def damaged(value: Any, data: st.DataObject) -> Any:
    """The value with one thing in it replaced, removed or added."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 3)):
        name = data.draw(st.sampled_from(sorted(value)))
        how = data.draw(st.sampled_from(["inside", "inside", "inside", "remove", "add"]))
        if how == "remove":
            return {key: item for key, item in value.items() if key != name}
        if how == "add":
            return value | {data.draw(st.sampled_from(["colour", "cas", "district", "dead", "unit"])): data.draw(ODD)}
        return value | {name: damaged(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [damaged(value[0], data), *value[1:]]
    return data.draw(ODD)


def written(event: Any, spelling: str) -> bytes:
    """As JSON, whole numbers as one writer or another has them."""
    text = json.dumps(event, ensure_ascii=False)
    spelt = re.sub(r'(?<=": )(-?\d+)(?=[,}\]])', rf"\g<1>{spelling}", text)
    return spelt.encode(errors="surrogatepass")


def compare(kind: str, raw: bytes) -> bool:
    """Ask both; whether they accept it."""
    event = json.loads(raw)
    accepted = validator(kind).is_valid(event)
    refused = refusal_of(raw)
    if refused is None:
        assert accepted, [error.message for error in validator(kind).iter_errors(event)]
    elif accepted:
        known = [why for why, applies in BEYOND_A_SCHEMA.items() if applies(refused, event)]
        assert known, f"the schema accepts what the bus refuses: {refused}, {refused.hint}"
    return refused is None


def refusal_of(raw: bytes) -> InvalidEventError | None:
    try:
        parse_event(raw)
    except InvalidEventError as error:
        return error
    return None


# For each of 46 kinds, which share most of their parts: some 900 documents and as many damaged ones, others each time.
THOROUGH = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@THOROUGH
@pytest.mark.parametrize("kind", EVENT_TYPES)
@given(data=st.data())
def test_what_the_schema_describes_the_bus_takes(kind: str, data: st.DataObject) -> None:
    """A ministry that checks its events with the published schema must not meet the quarantine for it."""
    compare(kind, written(data.draw(documents(kind)), data.draw(st.sampled_from(["", ".0", "e0"]))))


@THOROUGH
@pytest.mark.parametrize("kind", EVENT_TYPES)
@given(data=st.data())
def test_of_a_damaged_event_both_say_the_same(kind: str, data: st.DataObject) -> None:
    """Whichever mistake a program makes, its own validator finds it, and finds no more than the bus does."""
    raw = written(damaged(EXAMPLES[kind], data), data.draw(st.sampled_from(["", ".0", "e0"])))
    if isinstance(event := json.loads(raw), dict) and event.get("kind") == kind:
        compare(kind, raw)


SURE = {
    "where": [{"district": None}, {"site": "F04", "district": None}],
    "reported": ["2016-12-31T23:59:60Z", "1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2199-12-31T23:59:59-12:00"],
    "dead": [3.0, None, 1e1],
    "reporter": [None],
    "deliberate": [None],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in SURE.items() for value in values])
def test_they_agree_on_what_they_once_disagreed_on(name: str, value: Any) -> None:
    """Each was refused by the bus and accepted by the schema; the first is by name one of those that still are."""
    taken = compare("sabotage", json.dumps(EXAMPLES["sabotage"] | {name: value}).encode())
    assert taken is (value != {"district": None})
