"""The words of a refusal of a time: for each mistake what is wrong and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cbrn_schemas.events.mistake import Words, plain, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from cbrn_schemas.events.mistake import Mistake

TIME_FORM: Final = "2026-03-01T04:15:00+06:00 (Bishkek) or 2026-02-28T22:15:00Z (UTC)"
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?")
_YEAR: Final = re.compile(r"\d{4}-\d\d-\d\dT")
_CARRIED_YEAR: Final = re.compile(r"19|20|21")


def is_naive(detail: ErrorDetails) -> bool:
    """Tell whether it is a time that only lacks its offset."""
    written = detail["input"]
    if detail["type"] == "timezone_aware":
        return True
    return detail["type"] == "time_form" and isinstance(written, str) and _NAIVE.fullmatch(written) is not None


def time_form(mistake: Mistake) -> Words:
    """Tell a missing offset from a wrong year and from what is no time at all."""
    if isinstance(mistake.value, str) and _NAIVE.fullmatch(mistake.value):
        day, clock = mistake.value[:10], mistake.value[11:] or "00:00"
        clock = f"{clock}:00" if len(clock) == len("00:00") else clock
        return (
            f"{mistake.value} does not say in which time zone",
            f"add the offset from UTC: {day}T{clock}+06:00 if it is Bishkek time, {day}T{clock}Z if it is UTC",
        )
    if isinstance(mistake.value, str) and _YEAR.match(mistake.value) and not _CARRIED_YEAR.match(mistake.value):
        return f"{shown(mistake.value)} is not in the years 1900 to 2199", "look at the year: a digit may be wrong"
    return f"{shown(mistake.value)} is not a time", f"write it as {TIME_FORM}"


def time_value(mistake: Mistake) -> Words:
    """Say that no calendar or clock has it."""
    return (
        f"{shown(mistake.value)} is not a time: there is no such day, hour, minute, second or offset",
        f"look at the calendar and the clock; a right one is {TIME_FORM}",
    )


def time_out_of_range(mistake: Mistake) -> Words:
    """Repeat what the validator says of a time beyond a bound."""
    return f"{shown(mistake.value)} is not a time: {plain(mistake.said)}", f"write it as {TIME_FORM}"


def naive_moment(mistake: Mistake) -> Words:
    """Say how a `datetime` of a program gets its zone."""
    zones = "tzinfo=UTC, or tzinfo=timezone(timedelta(hours=6)) for Bishkek; now is datetime.now(UTC)"
    return f"{mistake.value} does not say in which time zone", f"give the datetime its zone: {zones}"


def no_moment(mistake: Mistake) -> Words:
    """Say which type of Python a time or a day has."""
    if mistake.error.startswith("datetime"):
        form = "datetime with its zone, such as datetime.now(UTC)"
        form += " or datetime.fromisoformat(text) of a text with its offset" if isinstance(mistake.value, str) else ""
    else:
        form = "date, such as date(2026, 3, 1)"
    return f"{mistake.field} is to be a {form.partition(' ')[0]}, got {shown(mistake.value)}", f"give a {form}"


def moment_out_of_range(mistake: Mistake) -> Words:
    """Say that a `datetime` of a program is in no year that is carried."""
    return f"{mistake.value} is not in the years 1900 to 2199", "look at the year: a digit may be wrong"
