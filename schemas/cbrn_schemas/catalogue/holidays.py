"""Holidays of the Kyrgyz Republic, as far as they are known: for people who plan a watch, never for a rule.

Each row has its source and how sure it is. Orozo Ait and Kurman Ait are declared each year: only years that somebody
has looked up are in the table, and a year that is not there has them all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.tables import Confidence, flag_or_unknown, read_table
from cbrn_schemas.catalogue.words import Names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_DAY_OF_A_YEAR: Final = len("01-01")


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day that is a holiday each year, or once."""

    code: str
    names: Names
    day_off: bool | None
    """None where no source says whether one works on it."""
    source: str
    confidence: Confidence

    @property
    def sure(self) -> bool:
        """Whether its day need not be looked up again."""
        return self.confidence is Confidence.HIGH


@cache
def holidays() -> Mapping[str, tuple[Holiday, ...]]:
    """Return all holidays by day, `01-01` for each year or `2026-03-20` for one."""
    found: dict[str, tuple[Holiday, ...]] = {}
    for row in read_table("holidays.csv"):
        holiday = Holiday(
            row["code"],
            Names(row["name_ky"], row["name_ru"], row["name_en"]),
            flag_or_unknown(row["day_off"]),
            row["source"],
            Confidence(row["confidence"]),
        )
        found[row["on"]] = (*found.get(row["on"], ()), holiday)
    return found


def holidays_on(day: date) -> tuple[Holiday, ...]:
    """Return what is known to be celebrated on a day; nothing is no proof that it is a working day."""
    written = day.isoformat()
    return (*holidays().get(written[-_DAY_OF_A_YEAR:], ()), *holidays().get(written, ()))
