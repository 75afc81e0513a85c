"""A whole number as JSON has it: `3`, `3.0` and `3e0` are one number, and some writers know doubles only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue


@dataclass(frozen=True)
class Whole:
    """A mark, last in `Annotated[int, Field(...), Whole()]`. JSON: any number without a fraction. Python: an `int`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        strict = handler(source)
        number = core_schema.custom_error_schema(
            core_schema.float_schema(strict=True, allow_inf_nan=False),
            "whole_number",
            custom_error_message="not a whole number",
        )
        # The bounds are those of `strict`; lax, it takes a float without a fraction, and nothing else can come here.
        whole: Any = {**strict, "strict": False}
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema([number, whole]), python_schema=strict
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        python: Any = schema
        return handler(python["python_schema"])
