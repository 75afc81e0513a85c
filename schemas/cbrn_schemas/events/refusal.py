"""Why an event is refused, for the person on duty at 3 a.m.: which field, what is wrong, what to do.

Runs on the refusal path only, so it may take its time. The words are in `remedies`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events.kinds import EVENT_TYPES
from cbrn_schemas.events.remedies.mistake import Mistake, Refused, model_in
from cbrn_schemas.events.remedies.remedy import remedy
from cbrn_schemas.events.remedies.time import is_naive
from cbrn_schemas.text import wrong_encoding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_REASONS = {
    "json_invalid": Reason.NOT_JSON,
    "union_tag_not_found": Reason.MISSING_FIELD,
    "union_tag_invalid": Reason.UNKNOWN_KIND,
    "missing": Reason.MISSING_FIELD,
    "place_missing": Reason.MISSING_FIELD,
    "nothing_named": Reason.MISSING_FIELD,
    "extra_forbidden": Reason.EXTRA_FIELD,
    "unit_mismatch": Reason.UNIT_MISMATCH,
    "invalid_cas": Reason.INVALID_CAS,
}
"""Reason by pydantic's error type; everything else is an invalid value."""

DETAILS_MAX = 50
"""Mistakes that are looked at: 64 KiB have room for 10,000 unknown fields, and they are compared with one another."""
ALSO_MAX = 5
"""Fields that are named beside the first; of the rest the number is said, so that nobody takes them for right."""
STEP_CHARS_MAX = 60
"""Characters of a field's name that are repeated: the name came from outside."""

_FIRST = (Reason.NOT_JSON, Reason.UNKNOWN_KIND, Reason.MISSING_FIELD, Reason.EXTRA_FIELD)
"""Of several mistakes those of the shape are told before those of single values."""


class _Found(NamedTuple):
    reason: Reason
    where: str
    mistake: Mistake


def refusal(error: ValidationError, *, data: bytes = b"", model: type[BaseModel] | None = None) -> InvalidEventError:
    """Word what the validator found as a typed error: the most telling mistake, and where the others are.

    It looked at `data` as an event of whatever kind, or at values from which a `model` was to be made.
    """
    unreadable = wrong_encoding(data)
    if unreadable is not None:
        return unreadable
    first, *others = _all_found(error, model)
    message, hint = remedy(first.mistake)  # of the others only the place is said, and a remedy may be dear
    if also := list(dict.fromkeys(other.where for other in others)):
        more = f" and {len(also) - ALSO_MAX} more" if len(also) > ALSO_MAX else ""
        message += f"; also wrong: {', '.join(also[:ALSO_MAX])}{more}"
    return InvalidEventError(first.reason, where=first.where, message=message, hint=hint)


def refusals(error: ValidationError, *, model: type[BaseModel]) -> tuple[Refused, ...]:
    """Word every mistake that the validator found, for whoever sees all fields at once: a form."""
    found = _all_found(error, model)
    return tuple(Refused(one.where, one.mistake.error, one.mistake.context, *remedy(one.mistake)) for one in found)


def _all_found(error: ValidationError, model: type[BaseModel] | None) -> list[_Found]:
    """Return the mistakes, the most telling first."""
    details = _innermost(error.errors(include_url=False)[:DETAILS_MAX])
    if model is not None:  # a path of the union of all kinds begins with the kind
        details = [{**detail, "loc": ("", *detail["loc"])} for detail in details]
    unknown = {_path(detail): detail["input"] for detail in details if detail["type"] == "extra_forbidden"}
    return sorted((_found(detail, unknown, model) for detail in details), key=_rank)


def _innermost(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Drop those that only follow from another: a list is «too short» when its one item is refused."""
    paths = [detail["loc"] for detail in details]
    return [
        detail
        for detail, path in zip(details, paths, strict=True)
        if not any(len(other) > len(path) and other[: len(path)] == path for other in paths)
    ]


def _rank(found: _Found) -> int:
    return _FIRST.index(found.reason) if found.reason in _FIRST else len(_FIRST)


def _path(detail: ErrorDetails) -> tuple[str | int, ...]:
    """Return where the mistake is, without the union's tag and pydantic's own marks."""
    if detail["type"].startswith("union_tag"):
        return ("kind",)
    path = tuple(_printable(step) for step in detail["loc"][1:] if step != "[key]")
    field = detail.get("ctx", {}).get("field")
    return path if field is None else (*path, field)


def _printable(step: str | int) -> str | int:
    if isinstance(step, int):
        return step
    return "".join(letter if letter.isprintable() else "?" for letter in step[:STEP_CHARS_MAX])


def _found(detail: ErrorDetails, unknown: Mapping[tuple[str | int, ...], Any], model: type[BaseModel] | None) -> _Found:
    path = _path(detail)
    reason = _REASONS.get(detail["type"], Reason.INVALID_VALUE)
    if is_naive(detail):
        reason = Reason.NAIVE_TIME
    tag = detail["loc"][0] if detail["loc"] else None
    mistake = Mistake(
        error=detail["type"],
        path=path,
        value=detail["input"],
        context=detail.get("ctx", {}),
        said=detail["msg"],
        model=_model_at(model or EVENT_TYPES.get(str(tag)), path[:-1]),
        unknown_fields={str(other[-1]): value for other, value in unknown.items() if other[:-1] == path[:-1]},
    )
    return _Found(reason, ".".join(map(str, path)) or "value", mistake)


def _model_at(model: type[BaseModel] | None, path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Find the model whose field the path's next step would be."""
    for step in path:
        if model is None or isinstance(step, int):
            continue
        field = model.model_fields.get(step)
        if field is not None:
            model = model_in(field.annotation)
    return model
