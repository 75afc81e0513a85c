"""What can be wrong with a rota or a file of officers: each with where it is, and what to do.

RotaError                  base
├── RotaFileError          a calendar or a file of officers that cannot be used at all: every finding
└── NoRotaError            a body has none here
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.shift import Seat


class FindingType(StrEnum):
    """What is wrong."""

    NOT_CALENDAR = "not-calendar"
    TOO_LARGE = "too-large"
    ENTRY = "entry"
    """An entry that cannot be read."""
    ZONE = "zone"
    FOREIGN_ZONE = "foreign-zone"
    TIME = "time"
    RULE = "rule"
    ENDLESS = "endless"
    SUMMARY = "summary"
    """It does not say who is on duty."""
    OFFICERS = "officers"
    """The file of officers cannot be read."""
    READABLE = "readable"
    """Others on the machine may read the officers' numbers."""
    HOLE = "hole"
    HOLE_BEHIND = "hole-behind"
    """A hole in a seat behind the first."""
    OVERLAP = "overlap"
    UNKNOWN_POST = "unknown-post"
    NO_CHANNEL = "no-channel"
    UNTESTED = "untested"
    UNREACHABLE = "unreachable"


_MILD: Final = frozenset({FindingType.FOREIGN_ZONE, FindingType.ENDLESS, FindingType.READABLE, FindingType.HOLE_BEHIND})


class Finding(NamedTuple):
    """One thing that is wrong, written for the person who keeps the rota."""

    type: FindingType
    message: str
    remedy: str
    line: int | None = None
    uid: str | None = None
    """Of the calendar's entry."""
    seat: Seat | None = None
    posts: tuple[str, ...] = ()
    begins: datetime | None = None
    """From when on, and until when: these four say again what the message does, for readers of other languages."""
    ends: datetime | None = None

    @property
    def grave(self) -> bool:
        """Whether somebody may not be reached because of it."""
        return self.type not in _MILD

    @property
    def where(self) -> str:
        """`line 12, duty-1@mes`, as far as it is known."""
        parts = ("" if self.line is None else f"line {self.line}", self.uid or "")
        return ", ".join(filter(None, parts))

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class RotaError(BusError):
    """Base of the room's errors."""

    bad_input = True


class RotaFileError(RotaError, ValueError):
    """A file that cannot be used. `findings` holds all that is wrong with it."""

    def __init__(self, name: str, *findings: Finding) -> None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"{name}: {first}{more}", first.remedy)
        self.findings = findings


class NoRotaError(RotaError, LookupError):
    """A body has no rota, or no officers, in the folder of this machine."""
