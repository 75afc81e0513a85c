"""What to do about a number that was written as text: with a decimal comma, with its unit, as a percentage, as a bound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.units import convert, quantities_of, ucum_code, unit_of

if TYPE_CHECKING:
    from cbrn_schemas.events.mistake import Mistake

_WRITTEN: Final = re.compile(
    r"(?P<bound>[<>≤≥~≈]|менее|более|около|less than|about)?\s*"
    r"(?P<number>[-+]?\d{1,3}([ \u00a0\u202f]\d{3})+([.,]\d+)?|[-+]?\d+([.,]\d+)?([eE][-+]?\d+)?)\s*(?P<unit>[^\d\s].*)?",
    re.IGNORECASE,
)
_LESS: Final = frozenset({"<", "≤", "менее", "less than"})
_WHOLE_ERRORS: Final = frozenset({"int_type", "whole_number", "int_from_float"})
_ERRORS: Final = frozenset({"float_type", "int_parsing", "float_parsing", *_WHOLE_ERRORS})


def number_hint(mistake: Mistake) -> str | None:
    """Write the number that the text holds; None where it holds none."""
    if mistake.error not in _ERRORS or not isinstance(mistake.value, str):
        return None
    found = _WRITTEN.fullmatch(mistake.value.strip())
    if found is None:
        return None
    text = re.sub(r"[ \u00a0\u202f]", "", found["number"]).replace(",", ".").removeprefix("+")
    unit = (found["unit"] or "").strip()
    if found["bound"] and found["bound"].lower() in _LESS and mistake.field == "value":
        return f'for «not detected» write "value": 0, "detection_limit": {text}'
    if not unit:
        return f"write {text}, without quotes"
    if mistake.field == "value":
        return f'write "value": {text}, "unit": "{ucum_code(unit)}"'
    return _in_the_unit_of_the_field(mistake, float(text), unit) or f"write {text}, without quotes and without «{unit}»"


def _in_the_unit_of_the_field(mistake: Mistake, number: float, unit: str) -> str | None:
    """Convert to the unit that the field's name ends in: `50 GBq` for `activity_Bq`."""
    wanted = unit_of(mistake.field)
    if unit == "%" and mistake.field.endswith("ratio"):
        return f"write {number / 100:.12g}, a ratio: 1 is 100 %"
    written = ucum_code(unit)
    for quantity in quantities_of(written):
        if wanted is not None and wanted in {*_units(quantity)}:
            return f"write {convert(number, quantity, written, wanted):.12g}: {mistake.field} is in {wanted}"
    return None
