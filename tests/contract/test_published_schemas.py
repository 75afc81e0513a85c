"""The JSON Schemas that stand in the repository: up to date, true of what travels, and held against the register."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from tests.builders.golden import BAD_INPUT, ROOT, RULES, golden, published_asyncapi, read_yaml
from tests.builders.mistakes import MISTAKES
from tests.builders.router import Arrived, Written
from tests.builders.rules import national_engine

from cbrn_deploy.cli.operations.contracts import REGISTER, documents, generated_files, judge, read_published
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState
from cbrn_schemas.catalogue.units import unit_of
from cbrn_schemas.contracts import DecisionRecord
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import EVENT_TYPES, ce_type, key_of, lane_of, parse_event
from cbrn_schemas.records import alarm_record
from cbrn_schemas.topics import Realm, from_topic

SCHEMAS = ROOT / "schemas"
NOW = datetime(2026, 4, 16, 6, tzinfo=UTC)

BEYOND_A_SCHEMA = {
    "byte-order-mark": "Python's reader of JSON leaves the mark to the caller",
    "cas-wrong-digit": "a check digit is arithmetic",
    "number-infinite": "no JSON number; Python's reader takes it",
    "number-nan": "no JSON number; Python's reader takes it",
    "number-too-great": "no bound but the range of a double",
    "lone-surrogate": "about encoding, not about shape",
    "place-of-nulls": "the schema counts members, the bus counts what they say (see test_schema_and_model)",
    "utf-16": "about encoding, not about shape",
    "utf-16-without-mark": "about encoding, not about shape",
}
"""Bad input that a JSON Schema cannot express, and why."""

formats = FormatChecker(("date",))


@formats.checks("date-time", ValueError)
def is_time(text: object) -> bool:
    """`jsonschema` checks times only with one more package; the calendar is all that the pattern leaves open."""
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / "json" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=formats)


def test_files_are_what_the_models_say() -> None:
    """A schema that lags behind the code lies to every reader in another language."""
    for name, text in generated_files().items():
        assert (SCHEMAS / name).read_text(encoding="utf-8") == text, f"{name}: run `cbrn schema export`"
    assert {f"json/{path.name}" for path in (SCHEMAS / "json").iterdir()} <= set(generated_files())


def test_nothing_published_was_broken() -> None:
    """The promise to everybody who wrote a program against these schemas."""
    verdict = judge(read_published(SCHEMAS / REGISTER), documents())
    assert verdict.findings == ()
    assert verdict.unpublished == (), "run `cbrn schema publish`"


def test_every_schema_has_a_stable_name_that_tells_its_version() -> None:
    """`ce_dataschema` names it, and nobody must be able to take the name over: so no host is in it."""
    names = {one.schema["$id"] for one in documents()}
    assert len(names) == len(documents())
    assert "urn:cbrn-alert-bus:schema:incident:tailings-failure:v1" in names
    assert "urn:cbrn-alert-bus:schema:monitoring:gamma-dose-rate:v1" in names
    for one in documents():
        assert one.schema["$id"].endswith(":" + one.name.replace(".", ":"))
        assert one.schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert one.schema["title"]


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_example_is_valid(kind: str) -> None:
    """What agencies copy from must pass what they check with."""
    validator(f"{kind}.v1").validate(json.loads(golden(kind)))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_event_without_its_kind_is_invalid(kind: str) -> None:
    """The models fill it in; on the wire nobody can."""
    event = json.loads(golden(kind))
    del event["kind"]
    assert not validator(f"{kind}.v1").is_valid(event)


@pytest.mark.parametrize("mistake", sorted(path.stem for path in BAD_INPUT.iterdir()))
def test_bad_input_is_invalid_where_a_schema_can_say_so(mistake: str) -> None:
    """So that an agency finds its mistake at its desk, not in the quarantine."""
    data = (BAD_INPUT / f"{mistake}.json").read_bytes()
    try:
        event = json.loads(data)
    except ValueError:
        return  # not JSON: no schema is asked
    except RecursionError:
        return
    kind = event.get("kind") if isinstance(event, dict) else None
    accepted = kind in EVENT_TYPES and validator(f"{kind}.v1").is_valid(event)
    beyond = mistake in BEYOND_A_SCHEMA or MISTAKES[mistake].is_doubt or MISTAKES[mistake].only == "sender"
    assert accepted is beyond, BEYOND_A_SCHEMA.get(mistake, "the schema accepts it")


def test_every_number_has_its_unit() -> None:
    """A number without a unit is a guess. Counts, and numbers whose unit stands beside them, have none."""
    bare = {"value", "uncertainty", "detection_limit", "lat", "lon", "confidence", "magnitude", "usual"}
    numbers: set[str] = set()
    for one in documents():
        for schema in (one.schema, *one.schema.get("$defs", {}).values()):
            for name, member in schema.get("properties", {}).items():
                if any(form.get("type") == "number" for form in member.get("anyOf", [member])):
                    numbers.add(name)
                    assert member.get("x-unit") == unit_of(name)
    assert {name for name in numbers if unit_of(name) is None} == bare & numbers


def test_rule_files_are_valid() -> None:
    """The schema is for the editors of rules: it must take the book that is in force."""
    for path in RULES.glob("*.yaml"):
        book = read_yaml(path)
        validator("rule-file.v1").validate(json.loads(json.dumps(book, default=str)))  # days as the text that they are


def test_alarm_is_valid() -> None:
    """The router writes it by hand, beside the model."""
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="truncated", hint="Publish one JSON object.")
    identifier, at = "cbrn.from.mes.incidents/0/17", "2026-04-16T05:41:00.000Z"
    _, value = alarm_record(error, identifier=identifier, body="mes", at=at)
    validator("quarantined.v1").validate(json.loads(value))


@cache
def headers_described() -> dict[str, dict[str, Any]]:
    return dict(published_asyncapi()["components"]["schemas"])


def routed(kind: str) -> list[tuple[str, bytes, dict[str, str]]]:
    """All records that the router writes for the golden example of a kind."""
    data = golden(kind)
    event = parse_event(data)
    lane = lane_of(kind)
    realm = Realm.EXERCISE if event.status == "Exercise" else Realm.REAL
    record = Arrived(
        topic=from_topic(realm, event.body, lane),
        partition=0,
        offset=3,
        key=key_of(event).encode(),
        value=data,
        headers=binary_headers(id="e-1", source=f"/{event.body}", type=ce_type(kind), time="2026-04-16T05:41:00Z"),
    )
    sink = Written()
    Dispatcher(realm, lane, national_engine()).dispatch([record], ShardState(), sink, NOW, Tally())
    return [
        (topic, value or b"", {name: content.decode() for name, content in own}) for topic, _, value, own in sink.sent
    ]


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_decision_record_is_what_its_model_says(kind: str) -> None:
    """The router writes the record as text, for speed: nothing but this holds the two together."""
    (value,) = [value for topic, value, _ in routed(kind) if topic.endswith(".bus.decisions")]
    DecisionRecord.model_validate_json(value)
    validator("decision-record.v1").validate(json.loads(value))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_headers_of_a_delivery_are_what_the_asyncapi_document_says(kind: str) -> None:
    """Whoever writes a reader from the document relies on them: role, deadline, restriction."""
    schemas = headers_described()
    delivered = [headers for topic, _, headers in routed(kind) if ".to." in topic]
    assert delivered
    for headers in delivered:
        for name in ("CloudEventHeaders", "DeliveryHeaders"):
            Draft202012Validator(schemas[name], format_checker=formats).validate(headers)
        known = schemas["CloudEventHeaders"]["properties"] | schemas["DeliveryHeaders"]["properties"]
        assert headers.keys() <= known.keys()
