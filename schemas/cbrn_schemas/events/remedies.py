"""The words of a refusal: for each mistake what is wrong and what to do about it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.events.kinds import EVENT_TYPES
from cbrn_schemas.events.time import RFC3339
from cbrn_schemas.units import SCALES, quantities_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

_TIME_FORM: Final = "2026-03-01T04:15:00+06:00 (Bishkek) or 2026-02-28T22:15:00Z (UTC)"
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?")
_COUNTRY_BOX: Final = (39.0, 43.5, 69.0, 80.5)
"""South, north, west, east of the Kyrgyz Republic, rounded outwards, degrees."""
_UNITS_AS_WRITTEN: Final = {
    "ppm": "[ppm]",
    "ppb": "[ppb]",
    "ph": "[pH]",
    "ntu": "{NTU}",
    "cps": "/s",
    "cpm": "/min",
    "°c": "Cel",
    "c": "Cel",
    "ha": "har",
    "мкзв/ч": "uSv/h",
    "мзв/ч": "mSv/h",
    "нзв/ч": "nSv/h",
    "зв/ч": "Sv/h",
    "мкр/ч": "uR/h",
    "мкр/час": "uR/h",
    "мр/ч": "mR/h",
    "мкзв/час": "uSv/h",
    "мгр/ч": "mGy/h",
    "мкгр/ч": "uGy/h",
    "бк": "Bq",
    "бк/кг": "Bq/kg",
    "бк/л": "Bq/L",
    "бк/м3": "Bq/m3",
    "мг/м3": "mg/m3",
    "мг/л": "mg/L",
    "мг/кг": "mg/kg",
    "кг": "kg",
    "т": "t",
    "м3": "m3",
}
"""UCUM code of what instruments and people write, in small letters."""
_FORMS: Final = {
    "body": "a body's code, such as mes, moh, scns",
    "situation": "Latin letters, digits and . _ : / # -, such as KG-2026-minkush-truck",
    "station": "Latin letters, digits and . _ : / # -, such as minkush-gamma-1",
    "district": "a SOATE code of 5 or 8 digits, such as 41704230",
    "site": "a facility of the catalogue, such as F04",
    "crossing": "a crossing of the catalogue, such as ak-jol",
    "cas": "a CAS number with its hyphens, such as 143-33-9",
    "un_number": 'four digits in quotes, such as "1689"',
    "nuclide": "element, hyphen, mass number, such as Cs-137 or Ag-110m",
    "nuclides": "element, hyphen, mass number, such as Cs-137 or Ag-110m",
    "code": "a code of the catalogue in small letters, such as anthrax",
    "origin": "two capital letters (ISO 3166-1), such as KZ",
    "destination": "two capital letters (ISO 3166-1), such as KZ",
    "imported_from": "two capital letters (ISO 3166-1), such as KZ",
    "hs_code": '4, 6, 8 or 10 digits in quotes, such as "284590"',
    "basel_code": "such as Y10 or A3180",
    "headline": "one line, without line breaks and control characters",
    "description": "text without control characters",
    "instruction": "text without control characters",
}
"""What a field's text looks like, by the field's name."""


class Mistake(NamedTuple):
    """One thing that the validator found."""

    error: str
    """Pydantic's error type."""
    path: tuple[str | int, ...]
    value: Any
    context: Mapping[str, Any]
    said: str
    """Pydantic's own words."""
    model: type[BaseModel] | None
    """The model whose field it is, where it could be found."""
    strangers: tuple[str, ...]
    """Unknown fields in the same object."""

    @property
    def field(self) -> str:
        """Name of the field; for an item of a list the list's."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "value")


Words = tuple[str, str]
"""Message and hint."""


def is_naive(detail: ErrorDetails) -> bool:
    """Whether it is a time that only lacks its offset."""
    asked = detail.get("ctx", {}).get("pattern") == RFC3339
    return asked and isinstance(detail["input"], str) and _NAIVE.fullmatch(detail["input"]) is not None


def remedy(mistake: Mistake) -> Words:
    """What is wrong, and what to do."""
    writer = _WRITERS.get(mistake.error)
    if writer is not None:
        return writer(mistake)
    return f"{_plain(mistake.said)}, got {_shown(mistake.value)}", _form(mistake)


def _shown(value: object) -> str:
    """A value as it goes into a message: short, on one line."""
    text = repr(value) if isinstance(value, str | int | float | bool) or value is None else type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a line of a terminal has room for 60 of it


def _plain(said: str) -> str:
    return said[:1].lower() + said[1:]


def _closest(name: str, names: tuple[str, ...] | list[str], number: int = 3) -> list[str]:
    return get_close_matches(name, names, n=number, cutoff=0.6)


def _form(mistake: Mistake) -> str:
    """What the field looks like when it is right."""
    form = _FORMS.get(mistake.field)
    if form is not None:
        return f"write {form}"
    field = mistake.model.model_fields.get(mistake.field) if mistake.model else None
    if field is not None and field.description:
        return f"correct {mistake.field}: {field.description.splitlines()[0]}"
    return f"correct {mistake.field} or leave it out"


def _not_json(mistake: Mistake) -> Words:
    error = str(mistake.context.get("error", "unreadable"))
    if error.startswith("EOF while parsing a value at line 1 column 0"):
        return "the value is empty", "publish the event as one JSON object { ... }"
    return f"not JSON: {error}", "look at that line and column: a missing comma, quote or bracket is usual"


def _not_an_object(mistake: Mistake) -> Words:
    if mistake.path:
        return f"{mistake.field} is to be an object, got {_shown(mistake.value)}", f"write {mistake.field} as {{ ... }}"
    return "the value is JSON, but no object", "publish each event by itself, as one JSON object { ... }"


def _no_kind(_: Mistake) -> Words:
    return "kind is missing", f'add "kind", one of: {", ".join(EVENT_TYPES)}'


def _unknown_kind(mistake: Mistake) -> Words:
    kind = str(mistake.context.get("tag", ""))
    close = _closest(kind.lower().replace("_", "-"), list(EVENT_TYPES))
    hint = f"did you mean {' or '.join(close)}?" if close else f"use one of: {', '.join(EVENT_TYPES)}"
    return f"there is no kind {_shown(kind)}", hint


def _missing(mistake: Mistake) -> Words:
    message = f"{mistake.field} is missing"
    close = _closest(mistake.field, mistake.strangers, 1)
    if close:
        return message, f"rename «{close[0]}» to «{mistake.field}»"
    form = _FORMS.get(mistake.field)
    if form is None and mistake.model is not None and mistake.field in mistake.model.model_fields:
        form = (mistake.model.model_fields[mistake.field].description or "").split("\n")[0]
    if form is None or not form:
        form = f"of the form {_TIME_FORM}" if mistake.field in {"observed", "reported"} else ""
    return message, f"add «{mistake.field}»" + (f": {form}" if form else "")


def _no_place(_: Mistake) -> Words:
    return "the place is empty", "give at least one of site, point {lat, lon}, district (SOATE code) or crossing"


def _nothing_named(_: Mistake) -> Words:
    return "the substance has no name", "give at least one of name, cas, un_number"


def _extra(mistake: Mistake) -> Words:
    known = list(mistake.model.model_fields) if mistake.model else []
    close = _closest(mistake.field, known)
    hint = f"did you mean {' or '.join(close)}?" if close else f"remove it; known here: {', '.join(known) or 'nothing'}"
    return f"there is no field «{mistake.field}» here", hint


def _literal(mistake: Mistake) -> Words:
    allowed = re.findall(r"'([^']*)'", str(mistake.context.get("expected", "")))
    wanted = {value.casefold(): value for value in allowed}
    close = _closest(str(mistake.value).casefold(), list(wanted), 1)
    hint = f"use one of: {', '.join(allowed)}"
    if close:
        hint = f"did you mean {wanted[close[0]]}? {hint}"
    return f"{_shown(mistake.value)} is not a value of {mistake.field}", hint


def _pattern(mistake: Mistake) -> Words:
    if mistake.context.get("pattern") != RFC3339:
        return f"{_shown(mistake.value)} does not have the form of {mistake.field}", _form(mistake)
    if isinstance(mistake.value, str) and _NAIVE.fullmatch(mistake.value):
        day, clock = mistake.value[:10], mistake.value[11:] or "00:00"
        clock = f"{clock}:00" if len(clock) == len("00:00") else clock
        return (
            f"{mistake.value} does not say in which time zone",
            f"add the offset from UTC: {day}T{clock}+06:00 if it is Bishkek time, {day}T{clock}Z if it is UTC",
        )
    return f"{_shown(mistake.value)} is not a time", f"write it as {_TIME_FORM}"


def _time(mistake: Mistake) -> Words:
    return f"{_shown(mistake.value)} is not a time: {_plain(mistake.said)}", f"write it as {_TIME_FORM}"


def _number(mistake: Mistake) -> Words:
    message = f"{mistake.field} is to be a number, got {_shown(mistake.value)}"
    return message, "write a number without quotes and with a point, such as 41.69; leave the field out if unknown"


def _not_finite(mistake: Mistake) -> Words:
    return (
        f"{mistake.field} is not a finite number",
        "leave the reading out; for «not detected» give the detection limit as detection_limit",
    )


def _range(mistake: Mistake) -> Words:
    message = f"{mistake.field} is {_shown(mistake.value)}, {_plain(mistake.said).removeprefix('input ')}"
    if mistake.field in {"lat", "lon"} and isinstance(mistake.value, int | float):
        return message, _coordinate(mistake.field, float(mistake.value))
    return message, f"check the number and its unit; leave {mistake.field} out if it is not known"


def _coordinate(field: str, value: float) -> str:
    south, north, west, east = _COUNTRY_BOX
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
    plain = unit.replace("µ", "u").replace("μ", "u").replace("³", "3").replace("²", "2").strip()
    guess = _UNITS_AS_WRITTEN.get(plain.casefold(), plain)
    written = guess if guess in scale.units else None
    others = " or ".join(quantities_of(guess))
    hint = f"use one of {allowed}"
    if written is not None:
        hint = f"write {written}; {hint}"
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


def _texts(mistake: Mistake) -> Words:
    return f"{mistake.field} is too short: {_plain(mistake.said)}", f"give at least one item in {mistake.field}"


_WRITERS: Final[Mapping[str, Callable[[Mistake], Words]]] = {
    "json_invalid": _not_json,
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
    "datetime_parsing": _time,
    "datetime_from_date_parsing": _time,
    "datetime_object_invalid": _time,
    "float_type": _number,
    "int_type": _number,
    "int_from_float": _number,
    "finite_number": _not_finite,
    "greater_than": _range,
    "greater_than_equal": _range,
    "less_than": _range,
    "less_than_equal": _range,
    "unit_mismatch": _unit,
    "negative_value": _negative,
    "invalid_cas": _cas,
    "too_short": _texts,
}
