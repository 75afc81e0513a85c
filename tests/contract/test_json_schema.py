"""What JSON Schema says about events is what the validator does: readers in other languages have only the schema."""

from __future__ import annotations

import json
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from tests.builders.golden import BAD_INPUT, EXAMPLES

from cbrn_schemas.events import EVENT_TYPES

SHAPED = {
    "coordinates-impossible",
    "dose-negative",
    "field-extra",
    "field-missing",
    "language-unknown",
    "place-empty",
    "time-naive",
    "unit-of-another-quantity",
}


@cache
def validator(kind: str) -> Draft202012Validator:
    schema = EVENT_TYPES[kind].model_json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_the_schema_accepts_the_example(kind: str) -> None:
    """A schema that refuses our own example would be of no use to anyone."""
    validator(kind).validate(json.loads((EXAMPLES / f"{kind}.json").read_bytes()))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_field_is_explained_or_explains_itself(kind: str) -> None:
    """The description is all that a programmer of another ministry sees of the field."""
    schema = EVENT_TYPES[kind].model_json_schema()
    assert schema["description"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("mistake", sorted(SHAPED))
def test_the_schema_refuses_what_the_bus_refuses(mistake: str) -> None:
    """So that a program can be corrected before it ever meets the bus."""
    assert list(validator("tailings-failure").iter_errors(json.loads((BAD_INPUT / f"{mistake}.json").read_bytes())))
