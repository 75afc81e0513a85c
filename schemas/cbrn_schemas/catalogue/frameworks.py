"""Treaties and other frameworks under which the country tells others: status, competent bodies, articles, clocks.

The facts are in `data/frameworks.csv` and `data/clocks.csv` with their sources. A focal point that no source names is
an empty field and is reported by `without_focal_point`: the ministries are to be asked, and nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.spelling import did_you_mean
from cbrn_schemas.catalogue.tables import Confidence, Row, day, flag, listed, read_table
from cbrn_schemas.catalogue.words import Names
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Mapping


class PartyStatus(StrEnum):
    """How a framework binds the country."""

    PARTY = "party"
    BINDING = "binding"
    """Binds every member of an organisation, without ratification."""
    NOT_IN_FORCE = "not-in-force"
    """Ratified, but the treaty itself has not entered into force."""
    NOT_PARTY = "not-party"
    """Used as a voluntary template only."""
    PARTNER = "partner"
    """A programme, not a treaty."""
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty with a time limit."""

    framework: str
    code: str
    """Unique within the framework."""
    article: str
    duty: str
    starts: str
    """What starts the clock, in words."""
    start_field: str | None
    """The time of an event that starts it, `reported` or `observed`; None where no event on the bus does."""
    within: timedelta | None
    """None where the text has words instead of hours; see `wording`."""
    due_on: str | None
    """Month and day of the year after the event's, `04-15`, for what is reported once a year."""
    target: timedelta | None
    """Where the text says «forthwith»: after how long the bus reminds. Our own proposal, never shown as law."""
    wording: str
    """«within 24 hours», «forthwith»."""
    stops: str
    """What stops the clock."""
    addressees: tuple[str, ...]
    """Codes of the bodies to be told."""
    affected_only: bool
    """Of the neighbours among `addressees` only those that may be affected are told."""
    since: date | None
    """First day on which it binds the country; None where no source gives it, and then taken as binding."""
    source: str
    confidence: Confidence
    """`low` and `medium`: not, or not fully, confirmed by a source."""

    @property
    def name(self) -> str:
        """Framework and code, as rule books write it: `enc/notify`."""
        return f"{self.framework}/{self.code}"

    def binds(self, on: date) -> bool:
        """Tell whether it binds the country on the day `on`."""
        return self.since is None or self.since <= on


@dataclass(frozen=True, slots=True)
class Framework:
    """A treaty, a resolution, regulations or a programme."""

    code: str
    names: Names
    listed_by_group: bool
    """One of the thirteen in the working group's own list."""
    standing: PartyStatus
    status: str
    national_bodies: tuple[str, ...]
    """Codes of the bodies that answer for it in the country; empty where no source says."""
    focal_points: tuple[str, ...]
    """Codes of the bodies that are the contact; empty where it has to be asked."""
    trigger: str
    article: str
    addressee: str
    addressee_bodies: tuple[str, ...]
    time_limit: str
    clocks: tuple[Clock, ...]
    source: str
    confidence_status: Confidence
    confidence_duties: Confidence


@cache
def frameworks() -> Mapping[str, Framework]:
    """Return all frameworks by code, the working group's thirteen first."""
    found = [_clock(row) for row in read_table("clocks.csv")]
    return MappingProxyType(
        {
            row["code"]: _framework(row, tuple(each for each in found if each.framework == row["code"]))
            for row in read_table("frameworks.csv")
        }
    )


def framework(code: str) -> Framework:
    """Find the framework with this code. Raises UnknownCodeError."""
    found = frameworks().get(code)
    if found is None:
        raise UnknownCodeError(f"no framework has the code {code!r}", lambda: did_you_mean(code, frameworks()))
    return found


@cache
def clocks() -> Mapping[str, Clock]:
    """Return every clock by its name, `enc/notify`."""
    return MappingProxyType({clock.name: clock for each in frameworks().values() for clock in each.clocks})


def clock(name: str) -> Clock:
    """Find the clock of this name, `enc/notify`. Raises UnknownCodeError."""
    found = clocks().get(name)
    if found is None:
        raise UnknownCodeError(f"no framework has the clock {name!r}", lambda: did_you_mean(name, clocks()))
    return found


def without_focal_point() -> tuple[Framework, ...]:
    """List the frameworks whose contact in the country no source names: a question to the ministries."""
    return tuple(each for each in frameworks().values() if not each.focal_points)


def _clock(row: Row) -> Clock:
    return Clock(
        framework=row["framework"],
        code=row["code"],
        article=row["article"],
        duty=row["duty"],
        starts=row["starts"],
        start_field=row["start_field"] or None,
        within=_seconds(row["within_s"]),
        due_on=row["due_on"] or None,
        target=_seconds(row["target_s"]),
        wording=row["wording"],
        stops=row["stops"],
        addressees=listed(row["addressees"]),
        affected_only=flag(row["affected_only"]),
        since=_first_day(row["since"]),
        source=row["source"],
        confidence=Confidence(row["confidence"]),
    )


def _seconds(cell: str) -> timedelta | None:
    return timedelta(seconds=int(cell)) if cell else None


def _first_day(cell: str) -> date | None:
    """Return the first day of a date as precise as its source, `2004` or `2025-10`."""
    return day("-".join([*cell.split("-"), "01", "01"][:3])) if cell else None


def _framework(row: Row, clocks: tuple[Clock, ...]) -> Framework:
    return Framework(
        code=row["code"],
        names=Names(row["ky"], row["ru"], row["en"]),
        listed_by_group=flag(row["listed_by_group"]),
        standing=PartyStatus(row["standing"]),
        status=row["status"],
        national_bodies=listed(row["national_bodies"]),
        focal_points=listed(row["focal_points"]),
        trigger=row["trigger"],
        article=row["article"],
        addressee=row["addressee"],
        addressee_bodies=listed(row["addressee_bodies"]),
        time_limit=row["time_limit"],
        clocks=clocks,
        source=row["source"],
        confidence_status=Confidence(row["confidence_status"]),
        confidence_duties=Confidence(row["confidence_duties"]),
    )
