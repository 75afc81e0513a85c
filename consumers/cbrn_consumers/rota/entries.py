"""One entry of a rota, from what a calendar says: checked, in plain values, so that nothing odd reaches the expansion.

Whatever cannot be understood is a finding, never a guess: a shift that is read wrongly rings the wrong person. Pure.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn
from zoneinfo import ZoneInfo

from cbrn_consumers.rota.findings import Finding, FindingType
from cbrn_consumers.rota.shifts import Shift
from cbrn_schemas.catalogue.words import fold, words
from cbrn_schemas.officers import masked
from cbrn_schemas.shift import SEATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icalendar import Event

    from cbrn_schemas.shift import Seat

BISHKEK: Final = ZoneInfo("Asia/Bishkek")
"""+06 all year round since August 2005."""
EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
LASTS_MAX: Final = timedelta(days=366)
DATES_MAX: Final = 2_000
"""Dates left out of a rule, or added to it."""
INTERVAL_MAX: Final = 1_000
COUNT_MAX: Final = 100_000
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"})
_POST: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")
_SAID: Final = "Write SUMMARY as «first: duty-1»; for who stands in, «override first: duty-2»."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A shift, a series of them, or one of a series that was changed. Times are aware, in the entry's own zone."""

    uid: str
    line: int
    seat: Seat
    post: str
    replaces: bool
    begins: datetime
    lasts: timedelta
    rule: dict[str, Any] | None = None
    """Its RRULE as plain values, `{"FREQ": ["DAILY"]}`."""
    without: tuple[datetime, ...] = ()
    also: tuple[datetime, ...] = ()
    instance: datetime | None = None
    """Which one of the series it is instead of."""
    cancelled: bool = False

    @property
    def endless(self) -> bool:
        """Whether its rule never ends."""
        return self.rule is not None and not {"UNTIL", "COUNT"} & self.rule.keys()

    @property
    def starts(self) -> tuple[datetime, ...]:
        """When it begins, and again where dates are added; a rule comes on top."""
        return tuple({self.begins, *self.also} - {*self.without})

    def shift(self, begins: datetime) -> Shift:
        """Return its shift that begins then."""
        ends = (begins + self.lasts).astimezone(UTC)
        return Shift(self.seat, self.post, begins.astimezone(UTC), ends, self.uid, self.replaces)


class EntryError(ValueError):
    """An entry that cannot be used; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def entry_of(event: Event, line: int) -> Entry:
    """Read an entry of the calendar that begins at that line.

    Raises:
        EntryError: it cannot be used.
    """
    return _Reader(event, line).entry()


def posts_of(summary: str) -> tuple[Seat, str, bool] | None:
    """Read seat, post, and whether it replaces another, from an entry's SUMMARY; None where it says something else."""
    said, _, post = summary.rpartition(":")
    text, post = fold(said), post.strip()
    replacing = next((name for name in _replacing() if text == name or text.startswith(f"{name} ")), "")
    seat = _seats().get(text.removeprefix(replacing).strip() or "first")
    return (seat, post, bool(replacing)) if seat is not None and _POST.fullmatch(post) else None


def summary_of(seat: Seat, post: str, *, replaces: bool) -> str:
    """Write what `posts_of` reads."""
    return f"{'override ' if replaces else ''}{seat}: {post}"


@cache
def _seats() -> dict[str, Seat]:
    return {fold(name): seat for seat in SEATS for name in (seat, *words()["seat", seat])}


@cache
def _replacing() -> tuple[str, ...]:
    return tuple({fold(name) for name in ("override", *words()["shift", "override"])})


class _Reader:
    def __init__(self, event: Event, line: int) -> None:
        self._event = event
        self._line = line
        self._uid = str(event.get("UID", ""))[:200]

    def entry(self) -> Entry:
        for name, said in self._event.errors:  # a line without a name may be anything
            shown = masked(str(said)) if name is None else str(said)
            self._refuse(FindingType.ENTRY, f"{name or 'a line'} cannot be read: {shown[:120]}", "Correct it.")
        if not self._uid:
            self._refuse(FindingType.ENTRY, "it has no UID", "Give each entry a name of its own: UID:duty-1-2027@mes")
        summary = str(self._single("SUMMARY") or "")
        turn = posts_of(summary)
        if turn is None:
            self._refuse(FindingType.SUMMARY, f"«{masked(summary)[:60]}» does not say who is on duty", _SAID)
        seat, post, replaces = turn
        begins = self._moment("DTSTART")
        rule = self._rule(begins)
        return Entry(
            uid=self._uid,
            line=self._line,
            seat=seat,
            post=post,
            replaces=replaces,
            begins=begins,
            lasts=self._lasts(begins),
            rule=rule,
            without=self._dates("EXDATE", begins),
            also=self._dates("RDATE", begins),
            instance=self._instance(begins),
            cancelled=str(self._single("STATUS") or "").upper() == "CANCELLED",
        )

    def _refuse(self, kind: FindingType, message: str, remedy: str) -> NoReturn:
        raise EntryError(Finding(kind, message, remedy, self._line, self._uid or None))

    def _single(self, name: str) -> Any:
        found = self._event.get(name)
        if isinstance(found, list) and name not in {"EXDATE", "RDATE"}:
            self._refuse(FindingType.ENTRY, f"{name} stands twice", "Leave one of them.")
        return found

    def _lasts(self, begins: datetime) -> timedelta:
        end, duration = self._single("DTEND"), self._single("DURATION")
        if (end is None) == (duration is None):
            self._refuse(FindingType.TIME, "it needs DTEND or DURATION, one of them", "Say until when the shift lasts.")
        lasts = self._moment("DTEND") - begins if duration is None else duration.dt
        if not timedelta(0) < lasts <= LASTS_MAX:
            self._refuse(
                FindingType.TIME, "it ends before it begins, or lasts over a year", "Correct DTSTART or DTEND."
            )
        return timedelta(seconds=int(lasts.total_seconds()))

    def _moment(self, name: str) -> datetime:
        found = self._single(name)
        if found is None:
            self._refuse(FindingType.TIME, f"it has no {name}", "Say when the shift begins and ends.")
        return self._aware(found.dt, found.params, name, time())

    def _aware(self, said: Any, params: Any, name: str, otherwise: time) -> datetime:
        """Make a time aware: without a zone it is the country's; a day alone is its midnight, or `otherwise`."""
        if isinstance(said, date) and not isinstance(said, datetime):
            said = datetime.combine(said, otherwise)
        if not isinstance(said, datetime):
            self._refuse(FindingType.TIME, f"{name} is no time", "Write it as 20261127T080000.")
        if said.tzinfo is None and (zone := params.get("TZID")) is not None:
            self._refuse(
                FindingType.ZONE,
                f"{name} is of a time zone that nobody knows, «{str(zone)[:40]}»",
                "Write TZID=Asia/Bishkek, or leave the zone out: it is the country's then.",
            )
        aware = said.replace(tzinfo=BISHKEK) if said.tzinfo is None else said
        if not EARLIEST <= aware < LATEST:
            self._refuse(
                FindingType.TIME, f"{name} lies outside of 2020 to 2099", "Let the entry, or its rule, begin later."
            )
        return aware

    def _dates(self, name: str, begins: datetime) -> tuple[datetime, ...]:
        found = self._event.get(name, [])
        lists = found if isinstance(found, list) else [found]
        dates = [each for one in lists for each in one.dts]
        if len(dates) > DATES_MAX:
            self._refuse(FindingType.RULE, f"{name} has more than {DATES_MAX} dates", "Write a rule instead.")
        return tuple(self._aware(each.dt, each.params, name, begins.time()) for each in dates)

    def _instance(self, begins: datetime) -> datetime | None:
        found = self._single("RECURRENCE-ID")
        if found is None:
            return None
        if "RANGE" in found.params:
            self._refuse(
                FindingType.RULE, "it changes all that follow (RANGE)", "End the series with UNTIL, begin another."
            )
        return self._aware(found.dt, found.params, "RECURRENCE-ID", begins.time())

    def _rule(self, begins: datetime) -> dict[str, Any] | None:
        if "EXRULE" in self._event:
            self._refuse(FindingType.RULE, "EXRULE is iCalendar no more", "Leave out days with EXDATE.")
        found = self._single("RRULE")
        if found is None:
            return None
        rule = {str(name).upper(): list(value) for name, value in found.items()}
        if (wrong := next(_faults(rule, begins), None)) is not None:
            self._refuse(FindingType.RULE, *wrong)
        if "UNTIL" in rule:
            until = self._aware(rule["UNTIL"][0], {}, "UNTIL", time(23, 59, 59))
            rule["UNTIL"] = [until.astimezone(UTC)]
        return rule


def _faults(rule: dict[str, Any], begins: datetime) -> Iterator[tuple[str, str]]:
    """Say what keeps a rule from being followed. One without an instance, or with one a second, would cost hours."""
    if unknown := sorted(rule.keys() - _PARTS):
        yield f"its rule has {unknown[0]}", "Use FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY and BYMONTH."
    if twice := next((name for name in ("FREQ", "INTERVAL", "COUNT", "UNTIL") if len(rule.get(name, [""])) != 1), None):
        yield f"{twice} of its rule is not one value", "Correct it."
    frequency = str(rule.get("FREQ", [""])[0]).upper()
    if frequency not in _FREQUENCIES:
        yield f"its rule repeats {frequency.lower() or 'never'}", f"Use FREQ of {', '.join(_FREQUENCIES)}."
    for name, most in (("INTERVAL", INTERVAL_MAX), ("COUNT", COUNT_MAX)):
        if name in rule and not 0 < int(rule[name][0]) <= most:
            yield f"{name} of its rule is not 1 to {most}", "Correct it."
    skips = rule.get("INTERVAL", [1])[:1] != [1] and {"BYMONTH", "BYMONTHDAY"} & rule.keys()
    if skips and frequency in {"DAILY", "WEEKLY"}:
        # Its next day may lie beyond the year 9999, and would be looked for until then.
        yield "its rule leaves out days by INTERVAL and by their names", "Use INTERVAL, or BYMONTH and BYMONTHDAY."
    if {"COUNT", "UNTIL"} <= rule.keys():
        yield "its rule has COUNT and UNTIL", "Leave one of them."
    ordinal = frequency == "MONTHLY" or (frequency == "YEARLY" and "BYMONTH" in rule)
    days = [_weekday(str(day)) for day in rule.get("BYDAY", ())]
    if any(day is None or (day[0] and not ordinal) for day in days):
        yield "BYDAY of its rule has a day that cannot be", "Write MO to SU; with FREQ=MONTHLY also 1MO to 5MO, -1MO."
    elif not _names(rule, days, begins):
        yield "its first day is none that its rule names", "Let DTSTART be the first day of the rule."


def _weekday(text: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", text.upper())
    return None if found is None else (int(found[1] or 0), _WEEKDAYS.index(found[2]))


def _names(rule: dict[str, Any], days: list[tuple[int, int] | None], begins: datetime) -> bool:
    """Tell whether a day is one that the rule names: then there is a next one within some years, whatever the rule."""
    length = monthrange(begins.year, begins.month)[1]
    nth = {0, (begins.day - 1) // 7 + 1, -((length - begins.day) // 7 + 1)}
    return (
        (not days or any(day is not None and day[1] == begins.weekday() and day[0] in nth for day in days))
        and (
            "BYMONTHDAY" not in rule or bool({begins.day, begins.day - length - 1} & set(map(int, rule["BYMONTHDAY"])))
        )
        and ("BYMONTH" not in rule or begins.month in set(map(int, rule["BYMONTH"])))
    )
