"""The words of a refusal of a time: what is wrong, and the time as it is to be written where that can be told.

A time without a zone is taken for Bishkek's: a duty officer writes what the clock on the wall shows.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from cbrn_schemas.events.remedies.mistake import TIME_FORM, plain, shown
from cbrn_schemas.events.time import LOCAL_TIME

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from cbrn_schemas.events.remedies.mistake import Mistake, Words

_NAIVE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?")
_YEAR: Final = re.compile(r"\d{4}-\d\d-\d\dT")
_CARRIED_YEAR: Final = re.compile(r"19|20|21")
_DAY_FIRST: Final = re.compile(
    r"(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4}|\d\d)\.?(\s*г\.?)?"
    r"([,T\s]+(?P<hour>\d{1,2})[:.](?P<minute>\d\d)([:.](?P<second>\d\d))?\s*(?P<half>[AaPp][Mm])?)?"
)
"""As tables and people here write it: `27.11.2026 14:05`; the month first only where it cannot be a month."""
_MONTHS: Final = 12
_NUMBER: Final = re.compile(r"-?\d+([.,]\d+)?")
_SECONDS: Final = (100_000_000, 4_102_444_800)
"""Years 1973 to 2100, in seconds since 1970: what is more counts in thousandths of them, or finer."""
_COUNTED_MAX: Final = 1e20
_EXCEL_DAYS: Final = (20_000, 75_000)
"""Years 1954 to 2105, in days since the eve of 1900, as Excel counts them."""
_EXCEL_EPOCH: Final = datetime(1899, 12, 30, tzinfo=LOCAL_TIME)


def is_naive(detail: ErrorDetails) -> bool:
    """Tell whether it is a time that only lacks its offset."""
    written = detail["input"]
    if detail["type"] == "timezone_aware":
        return True
    return detail["type"] == "time_form" and isinstance(written, str) and _NAIVE.fullmatch(written) is not None


def time_form(mistake: Mistake) -> Words:
    """Tell a missing offset from a wrong year, from another way to write a time, and from what is none at all."""
    value = mistake.value
    if isinstance(value, str) and _NAIVE.fullmatch(value):
        day, clock = value[:10], value[11:] or "00:00"
        clock = f"{clock}:00" if len(clock) == len("00:00") else clock
        return (
            f"{value} does not say in which time zone",
            f"add the offset from UTC: {day}T{clock}+06:00 if it is Bishkek time, {day}T{clock}Z if it is UTC",
        )
    message = f"{shown(value)} is not a time as the bus writes it"
    if (counted := _counted(value)) is not None:
        what, moment = counted
        return message, f"write {_wire(moment)}, if these are {what} ({_wire(moment.astimezone(UTC))} in UTC)"
    if isinstance(value, str):
        if (written := _people(value.strip())) is not None:
            return message, f"write {_wire(written)}{_asked(value, written)}"
        if _YEAR.match(value) and not _CARRIED_YEAR.match(value):
            return f"{shown(value)} is not in the years 1900 to 2199", "look at the year: a digit may be wrong"
    return message, f"write it as {TIME_FORM}"


def time_value(mistake: Mistake) -> Words:
    """Say that no calendar or clock has it."""
    return (
        f"{shown(mistake.value)} is not a time: there is no such day, hour, minute, second or offset",
        f"look at the calendar and the clock; a right one is {TIME_FORM}",
    )


def time_out_of_range(mistake: Mistake) -> Words:
    """Repeat what the validator says of a time beyond a bound."""
    return f"{shown(mistake.value)} is not a time: {plain(mistake.said)}", f"write it as {TIME_FORM}"


def _meant(value: object) -> datetime | None:
    counted = _counted(value)
    if counted is not None:
        return counted[1]
    return _people(value.strip()) if isinstance(value, str) else None


def _counted(value: object) -> tuple[str, datetime] | None:
    """Take a number for seconds since 1970, or thousandths or finer; for Excel's days where it is small."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value.replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _COUNTED_MAX:
        return None
    if _EXCEL_DAYS[0] <= value <= _EXCEL_DAYS[1]:
        return "days as Excel counts them, in Bishkek", _EXCEL_EPOCH + timedelta(minutes=round(value * 1440))
    for power, unit in enumerate(("seconds", "milliseconds", "microseconds", "nanoseconds")):
        if _SECONDS[0] <= value / 1000**power <= _SECONDS[1]:
            return f"{unit} since 1970", datetime.fromtimestamp(int(value / 1000**power), LOCAL_TIME)
    return None


def _people(text: str) -> datetime | None:
    """Read a time as people, tables and mail write it."""
    if found := _DAY_FIRST.fullmatch(text):
        return _day_first({name: part for name, part in found.groupdict().items() if part})
    text = re.sub(r"^(\d{4})[/.](\d\d)[/.](\d\d)", r"\1-\2-\3", text)
    with suppress(ValueError):
        return _placed(datetime.fromisoformat(text.upper().replace(" UTC", "Z").replace(" Z", "Z").replace(" +", "+")))
    with suppress(ValueError, OverflowError):  # a year of twenty digits
        return _placed(parsedate_to_datetime(text))
    return None


def _day_first(part: dict[str, str]) -> datetime | None:
    day, month, year = int(part["day"]), int(part["month"]), int(part["year"])
    if month > _MONTHS >= day or ("half" in part and day <= _MONTHS):
        day, month = month, day
    hour = int(part.get("hour", 0))
    if "half" in part:
        hour = hour % 12 + (12 if part["half"].lower() == "pm" else 0)
    with suppress(ValueError):
        century = 2000 if len(part["year"]) == len("26") else 0
        minute, second = int(part.get("minute", 0)), int(part.get("second", 0))
        return datetime(century + year, month, day, hour, minute, second, tzinfo=LOCAL_TIME)
    return None


def _placed(moment: datetime) -> datetime | None:
    """Put a time without a zone into Bishkek's; a year that the bus does not carry is none."""
    in_bounds = date(1900, 1, 2) <= moment.date() <= date(2199, 12, 30)
    return (moment.replace(tzinfo=LOCAL_TIME) if moment.tzinfo is None else moment) if in_bounds else None


def _wire(moment: datetime) -> str:
    written = moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return written.replace("+00:00", "Z") if moment.tzinfo in (UTC, None) else written


def _asked(value: str, moment: datetime) -> str:
    """Say what was taken for granted, and what is left to be said."""
    if ":" not in value and "T" not in value.upper():
        return ", with its hour instead of 00:00"
    zoned = moment.utcoffset() != LOCAL_TIME.utcoffset(None) or "+" in value
    return "" if zoned else f" if it is Bishkek time, {_wire(moment)[:19]}Z if it is UTC"


def naive_moment(mistake: Mistake) -> Words:
    """Say how a `datetime` of a program gets its zone."""
    written = mistake.value.isoformat()
    zones = f'datetime.fromisoformat("{written}+06:00") if it is Bishkek time, "{written}Z" if it is UTC'
    return f"{written} does not say in which time zone", f"give it its zone: {zones}; now is datetime.now(UTC)"


def no_moment(mistake: Mistake) -> Words:
    """Say which type of Python a time or a day has."""
    if mistake.error.startswith("datetime"):
        form = "datetime with its zone, such as datetime.now(UTC)"
        if (moment := _meant(mistake.value)) is not None:
            form = f'datetime with its zone: datetime.fromisoformat("{_wire(moment)}")'
    else:
        form = "date, such as date(2026, 3, 1)"
    return f"{mistake.field} is to be a {form.partition(' ')[0]}, got {shown(mistake.value)}", f"give a {form}"


def moment_out_of_range(mistake: Mistake) -> Words:
    """Say that a `datetime` of a program is in no year that is carried."""
    return f"{mistake.value} is not in the years 1900 to 2199", "look at the year: a digit may be wrong"
