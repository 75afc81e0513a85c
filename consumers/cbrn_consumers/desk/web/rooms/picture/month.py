"""The figures of a month: counts, how soon bodies answered, the load of alarms; as tables, bars and CSV. Pure."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.picture import SIGNS, Bar
from cbrn_consumers.desk.picture.loads import load
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import number, span
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbrn_consumers.desk.picture.loads import Load
    from cbrn_consumers.standing import Figures
    from cbrn_schemas.events.base import Language

_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
COLUMNS: Final = (
    "body", "severity", "asked", "in_time", "late", "missing", "waiting", "withdrawn", "median_s", "p90_s",
)  # fmt: skip
"""Of the CSV: the fields of `Figures`, for programs; codes, never names."""


class Month(NamedTuple):
    """A month of this machine's clock."""

    name: str
    """`2026-11`."""
    since: datetime
    until: datetime
    before: str
    after: str

    @property
    def shown(self) -> str:
        """`11.2026`, alike in every language."""
        return f"{self.since:%m.%Y}"


class LoadLine(NamedTuple):
    """A body's load of alarms."""

    body: str
    load: Load

    @property
    def a_day(self) -> float:
        """Alarms a day, of the days that have passed."""
        days = (self.load.until - self.load.since) / timedelta(days=1)
        return round(self.load.alarms / days, 1) if days else 0.0


def month_of(text: str, now: datetime) -> Month | None:
    """Read a month, of nothing this one; None where it is none."""
    here = now.astimezone()
    found = _MONTH.fullmatch(text or f"{here:%Y-%m}")
    if found is None:
        return None
    since = datetime(int(found[1]), int(found[2]), 1).astimezone()
    until, before = _next(since), since - timedelta(days=1)
    return Month(found[0], since, until, f"{before:%Y-%m}", f"{until:%Y-%m}")


def load_lines(times: Mapping[str, Sequence[datetime]], month: Month, now: datetime) -> list[LoadLine]:
    """Work out each body's load up to now, the heaviest first."""
    until = min(month.until, max(now, month.since + timedelta(minutes=10)))
    lines = [LoadLine(body, load(alarms, since=month.since, until=until)) for body, alarms in times.items()]
    return sorted(lines, key=lambda line: (-line.load.most, -line.load.alarms, line.body))


def counts(figures: Sequence[Figures], lang: Language) -> list[Bar]:
    """Make a bar of what was asked for at each severity, the gravest first."""
    asked: dict[str, int] = {}
    for each in figures:
        asked[each.severity] = asked.get(each.severity, 0) + each.asked
    return [
        Bar(f"{SIGNS[severity]} {word('severity', severity, lang)}", asked[severity], number(asked[severity], lang))
        for severity in sorted(SIGNS, key=lambda each: -SEVERITY_ORDER[each])
        if severity in asked
    ]


def times(figures: Sequence[Figures], lang: Language) -> list[Bar]:
    """Make a bar of how soon each body answered at each severity: half of it, and nine of ten as a thin line."""
    return [
        Bar(
            f"{body_name(each.body, lang)} {SIGNS[each.severity]}",
            each.median_s,
            f"{lasting(each.median_s, lang)} · {lasting(each.p90_s, lang)}",
            further=each.p90_s,
        )
        for each in figures
        if each.median_s is not None
    ]


def lasting(seconds: float | None, lang: Language) -> str:
    """Write a length of time; a dash where there was none."""
    return "–" if seconds is None else span(timedelta(seconds=seconds), lang)


def as_csv(figures: Sequence[Figures]) -> str:
    """Write figures for a table of whoever reckons on: codes, seconds, a point."""
    written = StringIO()
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    rows.writerows([getattr(each, column) for column in COLUMNS] for each in figures)
    return written.getvalue()


def _next(since: datetime) -> datetime:
    """Return the beginning of the month after."""
    later = since.replace(tzinfo=None) + timedelta(days=32)
    return later.replace(day=1).astimezone()
