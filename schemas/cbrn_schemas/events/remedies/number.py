"""What to do about a number written as text: with a decimal comma, with its unit, as a percentage, as a bound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.units import SCALES, convert, quantities_of, ucum_code, unit_of
from cbrn_schemas.events.remedies.mistake import shown

if TYPE_CHECKING:
    from cbrn_schemas.events.remedies.mistake import Mistake

_WRITTEN: Final = re.compile(
    r"(?P<bound>[<>≤≥~≈]|менее|более|около|less than|about)?\s*"
    r"(?P<number>[-+]?(\d{1,3}([ \u00a0\u202f]\d{3})+|\d+)([.,]\d+)?([eE][-+]?\d+)?)\s*(?P<unit>[^\d\s].*)?",
    re.IGNORECASE,
)
_LESS: Final = frozenset({"<", "≤", "менее", "less than"})
_OF_AN_OBJECT: Final = frozenset({"model_type", "model_attributes_type"})
_ERRORS: Final = _OF_AN_OBJECT | {"float_type", "int_type", "whole_number"}


def number_hint(mistake: Mistake) -> str | None:
    """Write the number that the text holds; None where it holds none."""
    if mistake.error in _OF_AN_OBJECT and not {"value", "unit"} <= mistake.made_of:
        return None  # a text with a number in it, where a place or texts belong
    alone = mistake.error in _OF_AN_OBJECT and isinstance(mistake.value, int | float)
    asked = alone or (isinstance(mistake.value, str) and mistake.error in _ERRORS)
    found = _WRITTEN.fullmatch(mistake.text or shown(mistake.value)) if asked else None
    if found is None:
        return None
    text = re.sub(r"[ \u00a0\u202f]", "", found["number"]).replace(",", ".").removeprefix("+")
    unit = (found["unit"] or "").strip()
    if found["bound"] and found["bound"].lower() in _LESS and mistake.field == "value":
        return f'for «not detected» write "value": 0, "detection_limit": {text}'
    return _written(mistake, text, unit)


def _written(mistake: Mistake, number: str, unit: str) -> str:
    if mistake.error in _OF_AN_OBJECT and mistake.field != "measurements":
        return f'write "{mistake.field}": {{"value": {number}, "unit": "{ucum_code(unit) if unit else "..."}"}}'
    if not unit:
        return f"write {number}, without quotes"
    if mistake.field in {"value", "measurements"}:
        return _with_its_unit(mistake.field, number, ucum_code(unit))
    return _in_the_unit_of_the_field(mistake.field, number, unit)


def _with_its_unit(field: str, number: str, unit: str) -> str:
    written = f'"value": {number}, "unit": "{unit}"'
    if field == "value":
        return f"write {written}"
    return f'write {{"quantity": "{next(iter(quantities_of(unit)), "...")}", {written}}} in the list'


def _in_the_unit_of_the_field(field: str, number: str, unit: str) -> str:
    """Convert to the unit that the field's name ends in: `50 GBq` for `activity_Bq`."""
    if unit == "%" and field.endswith("ratio"):
        return f"write {float(number) / 100:.12g}: {field} is a ratio, 1 is 100 %"
    wanted = unit_of(field)
    if wanted is None:
        return f"write {number}, without quotes and without «{unit}»"
    written = ucum_code(unit)
    for quantity in quantities_of(written):
        if wanted in SCALES[quantity].units:
            return f"write {convert(float(number), quantity, written, wanted):.12g}: {field} is in {wanted}"
    return f"write the number alone, in {wanted}"
