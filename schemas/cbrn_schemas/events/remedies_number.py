"""What to do about a number written as text: with a decimal comma, with its unit, as a percentage, as a bound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.units import SCALES, convert, quantities_of, ucum_code, unit_of

if TYPE_CHECKING:
    from cbrn_schemas.events.mistake import Mistake

_WRITTEN: Final = re.compile(
    r"(?P<bound>[<>≤≥~≈]|менее|более|около|less than|about)?\s*"
    r"(?P<number>[-+]?(\d{1,3}([ \u00a0\u202f]\d{3})+|\d+)([.,]\d+)?([eE][-+]?\d+)?)\s*(?P<unit>[^\d\s].*)?",
    re.IGNORECASE,
)
_LESS: Final = frozenset({"<", "≤", "менее", "less than"})
_ERRORS: Final = frozenset({"model_type", "model_attributes_type", "float_type", "int_type", "whole_number"})


def number_hint(mistake: Mistake) -> str | None:
    """Write the number that the text holds; None where it holds none."""
    asked = isinstance(mistake.value, str) and mistake.error in _ERRORS
    found = _WRITTEN.fullmatch(mistake.text) if asked else None
    if found is None:
        return None
    text = re.sub(r"[ \u00a0\u202f]", "", found["number"]).replace(",", ".").removeprefix("+")
    unit = (found["unit"] or "").strip()
    if found["bound"] and found["bound"].lower() in _LESS and mistake.field == "value":
        return f'for «not detected» write "value": 0, "detection_limit": {text}'
    if not unit:
        return f"write {text}, without quotes"
    if mistake.field in {"value", "measurements"}:
        return _with_its_unit(mistake.field, text, ucum_code(unit))
    return _in_the_unit_of_the_field(mistake.field, text, unit)


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
