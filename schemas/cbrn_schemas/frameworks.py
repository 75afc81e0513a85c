"""Treaties and other frameworks under which the country tells others: status, competent bodies, articles, clocks.

The facts are in `data/frameworks.csv` and `data/clocks.csv` with their sources. A focal point that no source names is
an empty field and is reported by `without_focal_point`: the ministries are to be asked, and nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.tables import Confidence, Row, flag, listed, read_table
from cbrn_schemas.words import Names

if TYPE_CHECKING:
    from collections.abc import Mapping


class Standing(StrEnum):
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
    """What starts the clock."""
    within: timedelta | None
    """None where the text has words instead of hours; see `wording`."""
    wording: str
    """«within 24 hours», «forthwith»."""
    addressees: tuple[str, ...]
    """Codes of the bodies to be told; for neighbours, those of them that may be affected."""
    confidence: Confidence
    """`low` and `medium`: not, or not fully, confirmed by a source."""


@dataclass(frozen=True, slots=True)
class Framework:
    """A treaty, a resolution, regulations or a programme."""

    code: str
    names: Names
    listed_by_group: bool
    """One of the thirteen in the working group's own list."""
    standing: Standing
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
    """All frameworks by code, the working group's thirteen first."""
    clocks = [_clock(row) for row in read_table("clocks.csv")]
    return MappingProxyType(
        {
            row["code"]: _framework(row, tuple(clock for clock in clocks if clock.framework == row["code"]))
            for row in read_table("frameworks.csv")
        }
    )


def framework(code: str) -> Framework:
    """The framework with this code. Raises UnknownCodeError."""
    found = frameworks().get(code)
    if found is None:
        raise UnknownCodeError(f"no framework has the code {code!r}")
    return found


def without_focal_point() -> tuple[Framework, ...]:
    """Frameworks whose contact in the country no source names: a question to the ministries."""
    return tuple(each for each in frameworks().values() if not each.focal_points)


def _clock(row: Row) -> Clock:
    return Clock(
        framework=row["framework"],
        code=row["code"],
        article=row["article"],
        duty=row["duty"],
        starts=row["starts"],
        within=timedelta(seconds=int(row["within_s"])) if row["within_s"] else None,
        wording=row["wording"],
        addressees=listed(row["addressees"]),
        confidence=Confidence(row["confidence"]),
    )


def _framework(row: Row, clocks: tuple[Clock, ...]) -> Framework:
    return Framework(
        code=row["code"],
        names=Names(row["ky"], row["ru"], row["en"]),
        listed_by_group=flag(row["listed_by_group"]),
        standing=Standing(row["standing"]),
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
