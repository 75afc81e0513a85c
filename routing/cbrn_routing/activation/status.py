"""What a router says of the rule books on the topic: which it decides by, which it refused and why.

A report is for people: no router obeys it, and whoever may write the topic may write any. Pure: the model and reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from pydantic import Field, StringConstraints
from pydantic.types import Strict

from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time

if TYPE_CHECKING:
    from datetime import datetime

REFUSALS_MAX: Final = 8
"""The newest that a report tells of; each has some 500 bytes."""
TEXT_MAX: Final = 1_000
REPORT_EVERY_S: Final = 20.0
"""How often a router repeats its report."""
SILENT_AFTER_S: Final = 70.0
"""Three reports and a bit: whoever was not heard for so long is down, cut off, or of an older version."""

Text = Annotated[str, StringConstraints(max_length=TEXT_MAX)]


class Refusal(Model):
    """A record of the rule books' topic that this router did not obey."""

    offset: int
    sequence: int | None = None
    """None where the record is no activation."""
    why: Text
    hint: Text
    at: Time
    """When, by the router's clock."""


class RulebookStatus(Model):
    """The rule book by which a router decides, and those that it refused. Repeated every 20 seconds."""

    router: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Name of the process, unique: lane and instance, or lane, host and number."""
    lane: str
    sequence: int
    """Number of the book in force there; 0 for the one that the software ships."""
    digest: str | None = None
    """Of the book; None for the shipped one."""
    offset: int | None = None
    """Of its record."""
    since: Time | None = None
    """When the broker took its record."""
    taken: Time | None = None
    """When this router changed over to it, by the router's clock."""
    considered: int
    """Offset up to which every record was taken, refused or passed over; -1 for none yet."""
    refused: Annotated[tuple[Refusal, ...], Strict(strict=False), Field(max_length=REFUSALS_MAX)] = ()
    """The newest last."""
    problem: Text | None = None
    """Why the topic cannot be followed at present, or a book not be judged."""
    at: Time
    """When it was written, by the router's clock."""


class Report(NamedTuple):
    """A status as it lies on the topic."""

    status: RulebookStatus
    heard: datetime
    """When the broker took it."""

    def silent(self, now: datetime) -> bool:
        """Tell whether the router was heard too long ago to count."""
        return (now - self.heard).total_seconds() > SILENT_AFTER_S


def parse_status(value: bytes) -> RulebookStatus:
    """Read a record of the topic. Raises pydantic's ValidationError."""
    return RulebookStatus.model_validate_json(value, extra="ignore")


def shortened(text: str) -> str:
    """Return as much of a text as a report holds."""
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"
