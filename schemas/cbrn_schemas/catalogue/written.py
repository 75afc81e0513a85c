"""Numbers with their units as people read them: `4,1 мкЗв/ч`, `225° (ЮЗ)`, `pH 7,9`, never a code of UCUM; and times.

Every screen, draft and card writes a quantity through `amount`, so that one reading looks the same wherever it stands.
Machines read the codes: `--json` and the records keep them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from cbrn_schemas.events.base import Language

DIGITS: Final = 6
"""Significant digits of a number with a fraction: no instrument here gives more."""
PLAIN_BELOW: Final = 1e9
PLAIN_FROM: Final = 1e-4
GROUPED_FROM: Final = 10_000
"""A number of four digits looks like a year, and stands as one."""
SECONDS_BELOW: Final = 60
DAYS_FROM_H: Final = 48
BARE: Final = frozenset({"", "1"})
"""A count and a fraction: nothing is written behind the number."""
BEFORE: Final = frozenset({"[pH]"})
"""Written before the number, and alike in every language: it needs no word."""
DEGREES: Final = "deg"
_WINDS: Final = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
_POWER: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOCALES: Final = ("ru", "ky")
"""Languages with a decimal comma, and a dot between a number and its power of ten."""


def amount(value: float, code: str, lang: Language) -> str:
    """Write a number with its unit, given by the UCUM code: `4,1 мкЗв/ч`, `225° (ЮЗ)`, `pH 7,9`; a bare count bare."""
    if code == DEGREES:
        return direction(value, lang)
    if code in BARE:
        return number(value, lang)
    parts = (unit(code, lang), number(value, lang))
    return " ".join(parts if code in BEFORE else reversed(parts))


def local_time(moment: datetime, form: str = "%d.%m.%Y %H:%M") -> str:
    """Write a moment on this machine's clock with its zone: `01.05.2026 12:00 +06`, in that of UTC `06:00 UTC`.

    A deadline that does not say its zone is missed by whoever reads it over a terminal in another one.
    """
    here = moment.astimezone()
    hours, minutes = f"{here:%z}"[:3], f"{here:%z}"[3:5]
    zone = "UTC" if not here.utcoffset() else hours if minutes == "00" else f"{hours}:{minutes}"
    return f"{here:{form}} {zone}"


def span(length: timedelta, lang: Language) -> str:
    """Write a length of time as somebody says it who looks at a clock: `40 s`, `12 min`, `2 h 5 min`, `3 d`."""
    seconds = int(abs(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if seconds < SECONDS_BELOW:
        return f"{seconds} {word('ui', 'seconds', lang)}"
    if hours == 0:
        return f"{minutes} {word('ui', 'minutes', lang)}"
    if hours >= DAYS_FROM_H:
        return f"{days} {word('ui', 'days', lang)}"
    rest = f" {minutes % 60} {word('ui', 'minutes', lang)}" if minutes % 60 else ""
    return f"{hours} {word('ui', 'hours', lang)}{rest}"


def countdown(due: datetime, now: datetime, lang: Language) -> str:
    """Write `in 12 min`, or `late 3 min` once it has passed."""
    return word("ui", "late-by" if due < now else "in-a-while", lang).format(span(due - now, lang))


def ago(moment: datetime, now: datetime, lang: Language) -> str:
    """Write `5 min ago`; of this minute `now`; what lies ahead by somebody's clock as `in 5 min`."""
    if abs(now - moment).total_seconds() < SECONDS_BELOW:
        return word("ui", "now", lang)
    return word("ui", "ago" if moment <= now else "in-a-while", lang).format(span(now - moment, lang))


def direction(degrees: float, lang: Language) -> str:
    """Say where a wind blows from: degrees, and the nearest of eight points of the compass."""
    point = _WINDS[round(degrees / 45) % len(_WINDS)]
    return f"{number(degrees, lang)}{unit(DEGREES, lang)} ({word('direction', point, lang)})"


def unit(code: str, lang: Language) -> str:
    """Write the unit's sign in the language; of a code not in the catalogue, the code without UCUM's brackets."""
    sign = word("unit", code, lang)
    return code.strip("[]{}") if sign == code else sign


def number(value: float, lang: Language) -> str:
    """Write the number as the language does: thousands apart, a decimal comma or point, large and small as powers."""
    size = abs(value)
    if isinstance(value, int) and size < PLAIN_BELOW:
        text = str(value)
    elif value == 0 or PLAIN_FROM <= size < PLAIN_BELOW:
        text = f"{value:.{DIGITS}g}" if size < 10**DIGITS - 1 else f"{value:.0f}"
    else:
        digits, _, power = f"{value:.{DIGITS - 1}e}".partition("e")
        times = "·" if lang in _LOCALES else "×"
        mark = digits.rstrip("0").rstrip(".")
        return f"{_marked(mark, lang)}{times}10{str(int(power)).translate(_POWER)}"
    whole, point, fraction = text.partition(".")
    if size >= GROUPED_FROM:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", " ", whole)
    return _marked(f"{whole}{point}{fraction}", lang)


def _marked(text: str, lang: Language) -> str:
    return text.replace(".", ",") if lang in _LOCALES else text
