"""What is wrong and what to do, by the type of the mistake."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.spelling import nearest
from cbrn_schemas.catalogue.units import SCALES, quantities_of, ucum_code
from cbrn_schemas.events.kinds import EVENT_TYPES
from cbrn_schemas.events.remedies.code import code_hint, kind_meant
from cbrn_schemas.events.remedies.field import field_meant, instead_of, is_event, unwrapped, written_as
from cbrn_schemas.events.remedies.mistake import FORMS, Words, form_of, plain, shown
from cbrn_schemas.events.remedies.not_json import not_json
from cbrn_schemas.events.remedies.number import number_hint
from cbrn_schemas.events.remedies.place import COUNTRY_BOX, place_hint
from cbrn_schemas.events.remedies.time import (
    moment_out_of_range,
    naive_moment,
    no_moment,
    time_form,
    time_out_of_range,
    time_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cbrn_schemas.events.remedies.mistake import Mistake

_DEGREES_MAX: Final = 1e12
"""Beyond it no decimal point is missing."""


def remedy(mistake: Mistake) -> Words:
    """Say what is wrong, and what to do: where it can be told, the value as it is to be written."""
    if mistake.value is None and mistake.path and mistake.error in _NULL_REFUSED:
        return _null(mistake)
    writer = _WRITERS.get(mistake.error)
    if writer is not None:
        message, hint = writer(mistake)
    else:
        message, hint = f"{plain(mistake.said)}, got {shown(mistake.value)}", form_of(mistake)
    if mistake.error in _OF_A_VALUE:
        told = (theme(mistake) for theme in (place_hint, code_hint, number_hint))
        hint = next((better for better in told if better is not None), hint)
    return message, hint


def _not_an_object(mistake: Mistake) -> Words:
    if mistake.path:
        return f"{mistake.field} is to be an object, got {shown(mistake.value)}", f"write {mistake.field} as {{ ... }}"
    return f"an event is an object, got {shown(mistake.value)}", "publish each event by itself, as one object { ... }"


def _no_kind(mistake: Mistake) -> Words:
    given = set(mistake.value) if isinstance(mistake.value, dict) else set()
    if {"specversion", "data"} & given:
        return (
            "kind is missing: this looks like a structured CloudEvent",
            "send it with content-type application/cloudevents+json, or publish what is in its «data»",
        )
    if (inside := unwrapped(mistake.value)) is not None:
        return "kind is missing: the event is wrapped in something else", inside
    named = next((name for name in given if field_meant(name, ["kind"]) and _kind_in(mistake.value[name])), None)
    if named is not None:
        return "kind is missing", f'rename «{named}» to «kind»: "kind": "{_kind_in(mistake.value[named])}"'
    likely = min(EVENT_TYPES, key=lambda kind: _strangeness(kind, given))
    return "kind is missing", f"add «kind»; by its fields it may be {likely}; all kinds: {', '.join(EVENT_TYPES)}"


def _strangeness(kind: str, given: set[str]) -> int:
    """Count the fields that the kind lacks or asks for in vain."""
    fields = EVENT_TYPES[kind].model_fields
    asked = {name for name, field in fields.items() if field.is_required()}
    return len(given - set(fields)) + len(asked - given)


def _kind_in(written: object) -> str | None:
    text = written if isinstance(written, str) else ""
    return kind_meant(text)


def _unknown_kind(mistake: Mistake) -> Words:
    kind = str(mistake.context.get("tag", ""))
    meant = kind_meant(kind)
    close = (meant,) if meant else nearest(kind, EVENT_TYPES)
    hint = f"did you mean {' or '.join(close)}?" if close else f"use one of: {', '.join(EVENT_TYPES)}"
    return f"there is no kind {shown(kind)}", hint


def _missing(mistake: Mistake) -> Words:
    message = f"{mistake.field} is missing"
    if (written := written_as(mistake.field, mistake.unknown_fields)) is not None:
        return message, f"rename «{written}» to «{mistake.field}»"
    form = FORMS.get(mistake.field) or mistake.described
    return message, f"add «{mistake.field}»" + (f": {form}" if form else "")


def _no_place(_: Mistake) -> Words:
    return (
        "the place is empty",
        "give at least one of site, point {lat, lon}, district (SOATE code) or crossing; null counts as left out",
    )


def _nothing_named(_: Mistake) -> Words:
    return "the substance has no name", "give at least one of name, cas, un_number; null counts as left out"


def _extra(mistake: Mistake) -> Words:
    if is_event(mistake.value) or (isinstance(mistake.value, list) and any(map(is_event, mistake.value))):
        return f"there is an event inside of the event, in «{mistake.field}»", "publish each event by itself"
    return f"there is no field «{mistake.field}» here", instead_of(mistake)


def _literal(mistake: Mistake) -> Words:
    allowed = re.findall(r"'([^']*)'", str(mistake.context.get("expected", "")))
    if mistake.value == mistake.field:  # a key of a mapping, not a value
        return f"there is no «{mistake.field}» in {mistake.path[-2]}", f"use one of: {', '.join(allowed)}"
    close = nearest(str(mistake.value), allowed, 1)
    hint = f"use one of: {', '.join(allowed)}"
    if close:
        hint = f"did you mean {close[0]}? {hint}"
    return f"{shown(mistake.value)} is not a value of {mistake.field}", hint


def _pattern(mistake: Mistake) -> Words:
    return f"{shown(mistake.value)} does not have the form of {mistake.field}", form_of(mistake)


def _null(mistake: Mistake) -> Words:
    message = f"{mistake.field} is null"
    if mistake.known is not None and not mistake.known.is_required():
        return message, f"leave {mistake.field} out instead of writing null"
    if mistake.error in {"float_type", "whole_number"}:
        part_of = "; where there is none, leave the whole { ... } out" if len(mistake.path) > 1 else ""
        return message, f"write the number{part_of}"
    return message, form_of(mistake)


_OF_A_VALUE: Final = frozenset(
    {"literal_error", "string_pattern_mismatch", "string_type", "float_type", "int_type", "whole_number", "missing"}
    | {"extra_forbidden", "dict_type", "model_type", "model_attributes_type", "tuple_type", "int_from_float"}
)
"""Mistakes of a value that may be known under another form."""
_NULL_REFUSED: Final = frozenset(
    {"bool_type", "float_type", "literal_error", "model_type", "string_type", "time_form", "tuple_type", "whole_number"}
    | {"dict_type", "list_type", "model_attributes_type"}
)


def _number(mistake: Mistake) -> Words:
    message = f"{mistake.field} is to be a number, got {shown(mistake.value)}"
    return message, f"write a number without quotes, such as 41.69{mistake.if_unknown()}"


def _whole(mistake: Mistake) -> Words:
    message = f"{mistake.field} is to be a whole number, got {shown(mistake.value)}"
    return message, f"write a whole number without quotes, such as 3{mistake.if_unknown()}"


def _not_finite(mistake: Mistake) -> Words:
    return (
        f"{mistake.field} is not a finite number",
        "leave the reading out; for «not detected» give the detection limit as detection_limit",
    )


def _range(mistake: Mistake) -> Words:
    if isinstance(mistake.value, str):
        return time_out_of_range(mistake)
    if isinstance(mistake.value, datetime):
        return moment_out_of_range(mistake)
    message = f"{mistake.field} is {shown(mistake.value)}, {plain(mistake.said).removeprefix('input ')}"
    if mistake.field in {"lat", "lon"} and isinstance(mistake.value, int | float) and abs(mistake.value) < _DEGREES_MAX:
        return message, _coordinate(mistake.field, float(mistake.value))
    return message, f"check the number and its unit{mistake.if_unknown()}"


def _coordinate(field: str, value: float) -> str:
    south, north, west, east = COUNTRY_BOX
    low, high = (south, north) if field == "lat" else (west, east)
    for power in range(1, 9):
        shifted = value / 10**power
        if low <= shifted <= high:
            return f"is the decimal point missing? {shifted:g} would be in the country"
    if field == "lat" and abs(value) <= 180:  # noqa: PLR2004 - degrees of longitude
        return "are lat and lon swapped? lat is -90 to 90 degrees north, lon -180 to 180 degrees east"
    return "give degrees with decimals in WGS 84: lat -90 to 90, lon -180 to 180; here about lat 41, lon 74"


def _unit(mistake: Mistake) -> Words:
    quantity, unit = str(mistake.context["quantity"]), str(mistake.context["unit"])
    allowed = str(mistake.context["allowed"])
    scale = next(scale for name, scale in SCALES.items() if name == quantity)
    meant = ucum_code(unit)
    alike = [code for code in scale.units if code.casefold() == meant.casefold()]
    meant = alike[0] if len(alike) == 1 else meant  # mBq is not MBq
    others = " or ".join(quantities_of(meant))
    hint = f"use one of {allowed}"
    if meant in scale.units:
        hint = f"write {meant}; {hint}"
    elif others:
        hint = f"{hint}, or set quantity to {others}"
    return f"{unit!r} is not a unit of {quantity}", hint


def _negative(mistake: Mistake) -> Words:
    return (
        f"{mistake.context['quantity']} is below zero",
        "check the sign; for «not detected» give 0 with the detection limit as detection_limit",
    )


def _cas(mistake: Mistake) -> Words:
    number, digit = mistake.context["number"], mistake.context["digit"]
    return (
        f"CAS number {number} is mistyped: the check digit of these digits would be {digit}",
        f"look the substance up again; {mistake.context['right']} fits if only the last digit is wrong",
    )


def _empty(mistake: Mistake) -> Words:
    item = ', such as "ru": {"headline": "..."}' if mistake.field == "texts" else ""
    return f"{mistake.field} is empty", f"give at least one item in {mistake.field}{item}"


def _list(mistake: Mistake) -> Words:
    message = f"{mistake.field} is to be a list, got {shown(mistake.value)}"
    item = shown(mistake.value).replace("'", '"') if isinstance(mistake.value, str) else "..."
    return message, f"write {mistake.field} in square brackets, even where there is one: [{item}]"


def _text(mistake: Mistake) -> Words:
    return f"{mistake.field} is to be text, got {shown(mistake.value)}", f"write {mistake.field} in quotes"


def _length(mistake: Mistake) -> Words:
    most = mistake.context.get("max_length")
    if most is None:
        return f"{mistake.field} is empty", f"write something in {mistake.field}{mistake.if_unknown()}"
    message = f"{mistake.field} is longer than {most}"
    return message, f"shorten {mistake.field} to {most}; send what is left over in another event of the situation"


def _flag(mistake: Mistake) -> Words:
    message = f"{mistake.field} is to be true or false, got {shown(mistake.value)}"
    return message, f"write true or false without quotes{mistake.if_unknown()}"


_WRITERS: Final[Mapping[str, Callable[[Mistake], Words]]] = {
    "json_invalid": not_json,
    "dict_type": _not_an_object,
    "model_type": _not_an_object,
    "model_attributes_type": _not_an_object,
    "union_tag_not_found": _no_kind,
    "union_tag_invalid": _unknown_kind,
    "missing": _missing,
    "place_missing": _no_place,
    "nothing_named": _nothing_named,
    "extra_forbidden": _extra,
    "literal_error": _literal,
    "string_pattern_mismatch": _pattern,
    "time_form": time_form,
    "time_value": time_value,
    "timezone_aware": naive_moment,
    "datetime_type": no_moment,
    "date_type": no_moment,
    "datetime_parsing": time_out_of_range,
    "datetime_from_date_parsing": time_out_of_range,
    "datetime_object_invalid": time_out_of_range,
    "float_type": _number,
    "int_type": _whole,
    "int_from_float": _whole,
    "whole_number": _whole,
    "finite_number": _not_finite,
    "greater_than": _range,
    "greater_than_equal": _range,
    "less_than": _range,
    "less_than_equal": _range,
    "unit_mismatch": _unit,
    "negative_value": _negative,
    "invalid_cas": _cas,
    "tuple_type": _list,
    "list_type": _list,
    "too_short": _empty,
    "too_long": _length,
    "string_type": _text,
    "string_too_long": _length,
    "string_too_short": _length,
    "bool_type": _flag,
}
