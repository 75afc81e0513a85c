"""Models whose fields are described by the docstrings beneath them, read from the source when somebody asks.

pydantic's own `use_attribute_docstrings` reads the source of every class at import: an eighth of `cbrn route`.
"""

from __future__ import annotations

import ast
import sys
from contextlib import suppress
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema


class Documented(BaseModel):
    """A model that says in its JSON Schema what the docstrings of its fields say."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Add the descriptions to what pydantic makes."""
        schema = handler(core_schema)
        fields = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in descriptions(cls).items():
            if name in fields:
                fields[name].setdefault("description", text)
        return schema


@cache
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings of a model's fields by name. A field that a model declares anew has its own or none."""
    found: dict[str, str] = {}
    for parent in reversed(model.__mro__[: model.__mro__.index(BaseModel)]):
        body = _classes(parent.__module__).get(parent.__name__, ())
        for field, below in pairwise((*body, None)):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                found.pop(field.target.id, None)
                if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                    found[field.target.id] = cleandoc(str(below.value.value))
    return found


@cache
def _classes(module: str) -> dict[str, list[ast.stmt]]:
    """Return the bodies of a module's classes; none where its source is not at hand."""
    with suppress(OSError):
        tree = ast.parse(getsource(sys.modules[module]))
        return {one.name: one.body for one in tree.body if isinstance(one, ast.ClassDef)}
    return {}
