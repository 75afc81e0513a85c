"""One value as a person writes it into a form, and back: numbers with a comma, local times, units by choice.

What cannot be read stays as it was written: the event's own validator then says what is wrong with it, in the same
words as for every other way onto the bus.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.catalogue.units import SCALES, convert
from cbrn_schemas.events.time import LOCAL_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.catalogue.units import Quantity

YES, NO = "yes", "no"

UNIT_CHOICES: Final[Mapping[str, tuple[Quantity, tuple[str, ...]]]] = {
    "Bq": ("activity", ("Bq", "kBq", "MBq", "GBq", "TBq", "mCi", "Ci")),
    "kg": ("mass", ("kg", "g", "t")),
    "m3": ("volume", ("m3", "L")),
    "m2": ("area", ("m2", "har", "km2")),
    "har": ("area", ("har", "m2", "km2")),
    "m/s": ("speed", ("m/s", "km/h")),
    "hPa": ("pressure", ("hPa", "kPa")),
}
"""Units in which a number may be written whose field has another one by its name; that one comes first."""
DIGITS: Final = 12
"""Significant digits that are kept when one unit is turned into another: 0.3 t are 300 kg, not 299.99999999999994."""
NUMBER_CHARS_MAX: Final = 40

_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_GAPS: Final = str.maketrans("", "", " \u00a0\u202f\u2009'")
_DAY: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_MINUTE: Final = re.compile(r"(.*[T ][0-9]{2}:[0-9]{2})([Z+-].*)?")


def number_read(text: str, unit: str = "", chosen: str = "") -> int | float | str:
    """Read a number as people write it, `1 250,5`, and turn it from the chosen unit into the field's own.

    The text itself where it is none.
    """
    plain = text.translate(_GAPS).replace("−", "-")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if len(plain) > NUMBER_CHARS_MAX or not _NUMBER.fullmatch(plain):
        return text
    value = int(plain) if plain.lstrip("+-").isdigit() else float(plain)
    if not math.isfinite(value):
        return text
    return _converted(value, unit, chosen)


def _converted(value: float, unit: str, chosen: str) -> float:
    quantity, units = UNIT_CHOICES.get(unit, (None, ()))
    if quantity is None or chosen == unit or chosen not in units:
        return value
    turned = convert(value, quantity, chosen, unit)
    return float(f"{turned:.{DIGITS}g}") if math.isfinite(turned) else value


def number_written(value: float) -> str:
    """Write a number so that reading it gives the same."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - whole as float


def truth_read(text: str) -> bool | str:
    """Read yes or no."""
    return {YES: True, NO: False}.get(text, text)


def truth_written(value: bool) -> str:  # noqa: FBT001 - the value is the thing
    """Write yes or no."""
    return YES if value else NO


def time_read(text: str) -> str:
    """Read `2026-03-11T09:40` or `11.03.2026 09:40` as the country's time; a time with its own offset stays so."""
    day = _DAY.match(text)
    plain = f"{day[3]}-{day[2]:0>2}-{day[1]:0>2}{text[day.end() :]}" if day else text
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return text
    if not _MINUTE.match(plain) and "T" not in plain:
        return text  # a day alone is no moment: nothing is guessed
    return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_TIME)).isoformat()


def time_written(text: str) -> str:
    """Write a moment as every screen does, in the country's time: `11.03.2026 09:40`; seconds only where there are any.

    A browser's own input for times would show it as the browser's language has it, with AM and PM at times.
    """
    try:
        here = datetime.fromisoformat(text).astimezone(LOCAL_TIME).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return text
    clock = here.time().isoformat(timespec="auto" if here.second or here.microsecond else "minutes")
    return f"{here:%d.%m}.{here.year:04} {clock}"


def day_read(text: str) -> str:
    """Read a day, `2026-03-11` or `11.03.2026`."""
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    try:
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
    except ValueError:
        return text


def day_written(text: str) -> str:
    """Write a day: `11.03.2026`."""
    try:
        return f"{date.fromisoformat(text):%d.%m.%Y}"
    except ValueError:
        return text


def measured(text: str) -> tuple[str, str]:
    """Read the choice of what is measured and in which unit: `volume-fraction|[ppm]`."""
    quantity, _, unit = text.partition("|")
    return quantity, unit


def measure_of(quantity: Any, unit: Any) -> str:
    """Write that choice."""
    return f"{quantity}|{unit}"


def scales(allowed: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the units of each quantity that may be measured."""
    return {quantity: tuple(scale.units) for quantity, scale in SCALES.items() if quantity in allowed}
