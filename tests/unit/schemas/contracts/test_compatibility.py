"""What may not change in a published type, and whether the comparison sees it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cbrn_schemas.contracts import Direction, Document, Rule, incompatibilities, withdrawn
from cbrn_schemas.contracts.plain import RecursiveSchemaError, plain
from cbrn_schemas.contracts.rules import RULES

OLD: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "description": "A reading.",
    "required": ["kind", "where"],
    "properties": {
        "kind": {"const": "reading", "type": "string"},
        "severity": {"enum": ["Severe", "Minor"], "type": "string", "default": "Minor"},
        "volume_m3": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 10}, {"type": "null"}], "x-unit": "m3"},
        "title": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^[a-z]+$"},
        "where": {"$ref": "#/$defs/Where", "description": "The place."},
        "readings": {"type": "array", "items": {"$ref": "#/$defs/Measurement"}, "maxItems": 3},
        "texts": {
            "type": "object",
            "propertyNames": {"enum": ["ky", "ru"]},
            "additionalProperties": {"type": "string", "maxLength": 9},
        },
    },
    "$defs": {
        "Where": {
            "type": "object",
            "additionalProperties": False,
            "anyOf": [{"required": ["site"]}, {"required": ["district"]}],
            "properties": {"site": {"type": "string"}, "district": {"type": "string"}},
        },
        "Measurement": {
            "type": "object",
            "additionalProperties": False,
            "required": ["quantity", "value"],
            "properties": {
                "quantity": {"enum": ["mass", "area"]},
                "value": {"type": "number"},
                "unit": {"type": "string"},
            },
            "allOf": [
                {
                    "if": {"properties": {"quantity": {"const": "mass"}}},
                    "then": {"properties": {"unit": {"enum": ["kg", "t"]}}},
                }
            ],
        },
    },
}


def found(new: dict[str, Any], promise: frozenset[Direction] = frozenset(Direction)) -> set[tuple[str, Rule]]:
    document = Document("reading.v1", None, new, promise)
    return {(finding.field, finding.rule) for finding in incompatibilities(OLD, document)}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The old schema with one place set, or deleted where the value is `...`."""
    new = copy.deepcopy(OLD)
    *way, last = path.split("/")
    place = new
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return new


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("description", "Said better."),
        ("title", "Reading"),
        ("properties/comment", {"type": "string"}),
        ("$defs/Where/properties/point", {"type": "object"}),
        ("properties/severity/enum", ["Minor", "Severe"]),
        ("required", ["where", "kind"]),
        ("properties/kind", {"enum": ["reading"], "type": "string"}),
        ("additionalProperties", True),
    ],
)
def test_change_that_hurts_nobody_passes(path: str, value: Any) -> None:
    """Words, order and a new optional member must stay free, or people stop using the check."""
    assert found(changed(path, value)) == set()


@pytest.mark.parametrize(
    ("path", "value", "field", "rule"),
    [
        ("properties/title", ..., "title", Rule.MEMBER_REMOVED),
        ("$defs/Where/properties/site", ..., "where.site", Rule.MEMBER_REMOVED),
        ("required", ["kind", "where", "title"], "title", Rule.MEMBER_REQUIRED),
        ("required", ["kind"], "where", Rule.MEMBER_OPTIONAL),
        ("properties/severity/enum", ["Minor"], "severity", Rule.VALUE_REMOVED),
        ("properties/severity/enum", ["Minor", "Severe", "Extreme"], "severity", Rule.VALUE_ADDED),
        ("properties/kind/const", "measured", "kind", Rule.VALUE_REMOVED),
        ("properties/severity/enum", ..., "severity", Rule.CONDITION_LOOSENED),
        ("properties/title/enum", ["a", "b"], "title", Rule.CONDITION_TIGHTENED),
        ("properties/volume_m3/anyOf/0/maximum", 9, "volume_m3", Rule.RANGE_NARROWED),
        ("properties/volume_m3/anyOf/0/maximum", 11, "volume_m3", Rule.RANGE_WIDENED),
        ("properties/volume_m3/anyOf/0/minimum", ..., "volume_m3", Rule.RANGE_WIDENED),
        ("properties/title/minLength", 0, "title", Rule.RANGE_WIDENED),
        ("properties/readings/minItems", 1, "readings", Rule.RANGE_NARROWED),
        (
            "properties/volume_m3/anyOf",
            [{"type": "number", "minimum": 0, "maximum": 10}],
            "volume_m3",
            Rule.TYPE_NARROWED,
        ),
        ("properties/title/type", ["string", "null"], "title", Rule.TYPE_WIDENED),
        ("properties/title/pattern", "^[a-z ]+$", "title", Rule.CONDITION_CHANGED),
        ("properties/title/pattern", ..., "title", Rule.CONDITION_LOOSENED),
        ("properties/title/format", "date", "title", Rule.CONDITION_TIGHTENED),
        ("properties/severity/default", "Severe", "severity", Rule.DEFAULT_CHANGED),
        ("properties/severity/default", ..., "severity", Rule.DEFAULT_CHANGED),
        ("properties/volume_m3/x-unit", "L", "volume_m3", Rule.UNIT_CHANGED),
        ("properties/texts/propertyNames/enum", ["ky", "ru", "en"], "texts (names)", Rule.VALUE_ADDED),
        ("properties/texts/propertyNames", ..., "texts (names)", Rule.CONDITION_LOOSENED),
        ("properties/texts/additionalProperties/maxLength", 8, "texts.*", Rule.RANGE_NARROWED),
        ("properties/texts/additionalProperties", False, "texts.*", Rule.CONDITION_TIGHTENED),
        ("$defs/Measurement/allOf/0/then/properties/unit/enum", ["kg"], "readings[].unit", Rule.VALUE_REMOVED),
        ("$defs/Measurement/allOf/0/then/properties/unit/enum", ["kg", "t", "g"], "readings[].unit", Rule.VALUE_ADDED),
        ("$defs/Measurement/allOf", [], "readings[]", Rule.CONDITION_LOOSENED),
        ("$defs/Where/anyOf", [{"required": ["site"]}], "where", Rule.CONDITION_CHANGED),
        ("$defs/Where/not", {"required": ["site", "district"]}, "where", Rule.CONDITION_CHANGED),
    ],
)
def test_change_that_breaks_somebody_is_found_where_it_is(path: str, value: Any, field: str, rule: Rule) -> None:
    """An old publisher whose event is refused, or an old reader who cannot read an alert, is somebody not warned."""
    assert (field, rule) in found(changed(path, value))


def test_renamed_member_is_found_as_one_gone() -> None:
    """A new name reads well in a diff, and silences every publisher that has the old one."""
    new = changed("properties/caption", OLD["properties"]["title"])
    del new["properties"]["title"]
    assert found(new) == {("title", Rule.MEMBER_REMOVED)}


def test_a_premise_that_stands_twice_is_not_half_compared() -> None:
    """Two parts of `allOf` with the same `if` must not hide one another."""
    part = OLD["$defs"]["Measurement"]["allOf"][0]
    new = changed("$defs/Measurement/allOf", [{**part, "then": {"required": ["unit"]}}, part])
    assert ("readings[]", Rule.CONDITION_CHANGED) in found(new)


def test_only_the_directions_promised_are_held() -> None:
    """Rule files are written by people and read by the bus: a new value in them breaks nobody."""
    wider = changed("properties/severity/enum", ["Minor", "Severe", "Extreme"])
    assert found(wider, frozenset({Direction.BACKWARD})) == set()
    assert found(wider, frozenset({Direction.FORWARD})) == {("severity", Rule.VALUE_ADDED)}


def test_type_that_no_model_describes_is_found() -> None:
    """Deleting a model deletes somebody's alert, though nothing is left to compare."""
    (finding,) = withdrawn(["reading.v1", "report.v1"], [Document("reading.v1", None, OLD)])
    assert (finding.type, finding.rule) == ("report.v1", Rule.TYPE_WITHDRAWN)


def test_every_rule_says_whom_it_protects_and_what_to_do() -> None:
    """A refusal without a way out is worked around."""
    assert set(RULES) == set(Rule)
    assert all(text.hurts and text.remedy for text in RULES.values())


def test_schema_that_contains_itself_is_refused() -> None:
    """No type of the bus does; the comparison must say so rather than run for ever."""
    with pytest.raises(RecursiveSchemaError):
        plain({"$ref": "#/$defs/Node", "$defs": {"Node": {"properties": {"next": {"$ref": "#/$defs/Node"}}}}})


NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["x", "y", "zz"])
INTEGERS = st.builds(
    lambda low, high: {"type": "integer", **({"minimum": low} if low else {}), **({"maximum": high} if high else {})},
    st.none() | st.integers(1, 2),
    st.none() | st.integers(3, 4),
)
LISTED = st.builds(lambda values: {"type": "string", "enum": sorted(values)}, st.sets(TEXTS, min_size=1))
BOUNDED = st.builds(lambda most: {"type": "string", "maxLength": most}, st.integers(1, 3))
LEAVES = INTEGERS | LISTED | BOUNDED


def objects(members: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda properties, required, closed: {
            "type": "object",
            "properties": properties,
            "required": sorted(required & properties.keys()),
            **({"additionalProperties": False} if closed else {}),
        },
        st.dictionaries(NAMES, members, min_size=1, max_size=3),
        st.sets(NAMES),
        st.booleans(),
    )


def nullable(schemas: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return schemas | schemas.map(lambda schema: {"anyOf": [schema, {"type": "null"}]})


PARTS = nullable(
    st.recursive(
        LEAVES, lambda inner: objects(inner) | inner.map(lambda item: {"type": "array", "items": item}), max_leaves=4
    )
)
SCHEMAS = objects(PARTS)


def instances(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Data that the schema allows, with a member too many where it is open."""
    if "anyOf" in schema:
        return st.one_of(*map(instances, schema["anyOf"]))
    match schema["type"]:
        case "integer":
            return st.integers(schema.get("minimum", 0), schema.get("maximum", 5))
        case "string":
            return st.sampled_from(schema["enum"]) if "enum" in schema else st.text("x", max_size=schema["maxLength"])
        case "array":
            return st.lists(instances(schema["items"]), max_size=2)
        case "object":
            members = {name: instances(member) for name, member in schema["properties"].items()}
            needed = {name: members.pop(name) for name in schema["required"]}
            if "additionalProperties" not in schema:
                members |= {name: st.integers(0, 5) for name in "abc" if name not in schema["properties"]}
            return st.fixed_dictionaries(needed, optional=members)
        case _:
            return st.none()


def alike(part: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    match part["type"]:
        case "integer":
            return INTEGERS
        case "string":
            return LISTED if "enum" in part else BOUNDED
        case "array":
            return LEAVES.map(lambda item: {"type": "array", "items": item})
        case _:
            return objects(LEAVES)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A schema and one that differs from it in a member or two; unrelated ones would never be found compatible."""
    old = draw(SCHEMAS)
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 2))):
        name = draw(NAMES)
        match draw(st.sampled_from(["put", "tweak", "tweak", "drop", "need", "close"])):
            case "put":
                new["properties"][name] = draw(nullable(LEAVES) | PARTS)
            case "tweak" if leaves := [name for name, part in new["properties"].items() if "type" in part]:
                name = draw(st.sampled_from(leaves))
                new["properties"][name] = draw(alike(new["properties"][name]))
            case "drop":
                new["properties"].pop(name, None)
                new["required"] = [needed for needed in new["required"] if needed != name]
            case "need" if name in new["properties"]:
                new["required"] = sorted({*new["required"]} ^ {name})
            case "close":
                if new.pop("additionalProperties", True):
                    new["additionalProperties"] = False
    return old, new


def as_read(schema: dict[str, Any], value: Any) -> Any:
    """What a reader with this schema sees: members that a closed object does not name are left out, at any depth."""
    for option in schema.get("anyOf", [schema]):
        if isinstance(value, dict) and option.get("type") == "object":
            known = option["properties"]
            closed = option.get("additionalProperties") is False
            return {
                name: as_read(known[name], member) if name in known else member
                for name, member in value.items()
                if name in known or not closed
            }
        if isinstance(value, list) and option.get("type") == "array":
            return [as_read(option["items"], item) for item in value]
    return value


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_what_is_found_compatible_is_compatible(data: st.DataObject) -> None:
    """The promise: without a backward finding old events pass, without a forward one old readers can read."""
    old, new = data.draw(pairs())
    hurt = {way for finding in incompatibilities(old, Document("t.v1", None, new)) for way in finding.hurts}
    before, after = Draft202012Validator(old), Draft202012Validator(new)
    for event in data.draw(st.lists(instances(old), max_size=8)):
        assert Direction.BACKWARD in hurt or after.is_valid(event), f"was valid, is refused: {event}"
    for event in data.draw(st.lists(instances(new), max_size=8)):
        assert Direction.FORWARD in hurt or before.is_valid(as_read(old, event)), f"an old reader cannot read {event}"
