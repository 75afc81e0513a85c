"""A schema as the comparison wants it: references written out, annotations gone, one way of saying each thing."""

from __future__ import annotations

import json
from typing import Any, Final

ANNOTATIONS: Final = frozenset({"$schema", "$id", "$comment", "$defs", "title", "description", "examples"})
"""Keywords that change nothing about which data are valid or what they mean."""
_NAMED: Final = frozenset({"properties", "patternProperties"})
"""Keywords whose members are names that the author chose, with a schema each."""
_DATA: Final = frozenset({"default", "const", "enum", "required"})
"""Keywords whose values are data, not schemas."""


class RecursiveSchemaError(ValueError):
    """A schema that refers to itself: no type of the bus does, and the comparison could not end."""


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with every reference replaced by what it refers to; no annotations. `const` becomes `enum`.

    Raises:
        RecursiveSchemaError: the schema contains itself.
        KeyError: a reference leads nowhere.
    """
    result: dict[str, Any] = _plain(schema, schema.get("$defs", {}), ())
    return result


def stripped(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without annotations, references kept: what the register holds."""
    bare: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _NAMED | {"$defs"}:
            bare[keyword] = {name: stripped(member) for name, member in value.items()}
        elif keyword not in ANNOTATIONS:
            bare[keyword] = value if keyword in _DATA else _stripped_beneath(value)
    return bare


def _stripped_beneath(value: Any) -> Any:
    if isinstance(value, list):
        return [_stripped_beneath(item) for item in value]
    return stripped(value) if isinstance(value, dict) else value


def canonical(value: Any) -> str:
    """Write one text for equal JSON values. `required` and `enum` are sets, and are sorted before."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _plain(schema: Any, definitions: dict[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_plain(item, definitions, within) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(schema, definitions, within)
    result: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in ANNOTATIONS:
            continue
        if keyword == "const":
            result["enum"] = [value]
        elif keyword in {"enum", "required"}:
            result[keyword] = sorted(value, key=canonical)
        elif keyword in _NAMED:
            result[keyword] = {name: _plain(member, definitions, within) for name, member in value.items()}
        elif keyword in _DATA:
            result[keyword] = value
        else:
            result[keyword] = _plain(value, definitions, within)
    return result


def _resolved(schema: dict[str, Any], definitions: dict[str, Any], within: tuple[str, ...]) -> dict[str, Any]:
    reference = schema["$ref"]
    if reference in within:
        raise RecursiveSchemaError(f"{reference} contains itself")
    target = _plain(definitions[reference.removeprefix("#/$defs/")], definitions, (*within, reference))
    beside = _plain({keyword: value for keyword, value in schema.items() if keyword != "$ref"}, definitions, within)
    # Beside a reference pydantic writes annotations and defaults; anything else holds as well as the target does.
    return {**target, **beside} if beside.keys() <= {"default"} else {"allOf": [target, beside]}
