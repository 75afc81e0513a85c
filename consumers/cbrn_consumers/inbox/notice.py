"""What is put before the officer: a notice, and the line that stands for a group. Pure data, and how it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbrn_consumers.inbox.group import FOLDED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_consumers.alert import RoleCode
    from cbrn_consumers.inbox.delivery import Coordinate, GroupKey
    from cbrn_consumers.inbox.group import Change, Group
    from cbrn_consumers.inbox.readings import Noted
    from cbrn_consumers.inbox.silences import ActiveSilence
    from cbrn_schemas.events import MessageType, Severity
    from cbrn_schemas.events.base import Status


@dataclass(frozen=True, slots=True)
class Shown:
    """One series of readings as a line shows it."""

    first: Noted
    latest: Noted
    highest: Noted
    lowest: Noted


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One group as it stands at a moment."""

    key: GroupKey
    kind: str
    hazard: str
    headlines: Mapping[str, str]
    place: str
    publishers: tuple[str, ...]
    role: RoleCode | None
    rules: tuple[str, ...]
    acknowledge_by: datetime | None
    level: int
    severity: Severity
    """Of the latest message, as are these two."""
    message_type: MessageType
    status: Status
    highest: Severity
    ended: bool
    changed: tuple[Change, ...]
    """What the latest message changed."""
    warnings: tuple[str, ...]
    restricted: bool
    protection: tuple[str, ...]
    """Why it may not be silenced; empty where it may."""
    count: int
    repeated: int
    first: datetime
    """When the first message was routed."""
    latest: datetime
    readings: tuple[Shown, ...]
    remarks: tuple[str, ...]
    """Verdicts and findings of the latest message."""
    data: bytes = b""
    """The latest event as it was published; empty for what the bus says itself."""


@dataclass(frozen=True, slots=True)
class NoticeItem:
    """What a notice says of one group."""

    line: Line
    changes: tuple[Change, ...]
    """Everything that the messages below changed."""
    records: tuple[Coordinate, ...]
    """The messages of which the officer learns by this notice, and by no other."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is put before the officer at a moment: one group, or what a silence that has ended had hidden."""

    at: datetime
    since: datetime
    """When the first of its messages arrived."""
    told: tuple[NoticeItem, ...]
    silence: ActiveSilence | None = None

    @property
    def news(self) -> bool:
        """Whether anything in it is more than an update or a reading."""
        return any(not FOLDED.issuperset(told.changes) for told in self.told)


def line_of(group: Group) -> Line:
    """Make the line of the group as it stands. It has at least one message."""
    first, latest = group.first, group.latest
    assert first is not None
    assert latest is not None
    return Line(
        key=group.key,
        kind=latest.kind,
        hazard=latest.hazard,
        headlines=latest.headlines,
        place=latest.place,
        publishers=group.publishers,
        role=group.role,
        rules=group.rules,
        acknowledge_by=group.acknowledge_by,
        level=group.level,
        severity=latest.severity,
        message_type=latest.message_type,
        status=latest.status,
        highest=group.highest,
        ended=group.ended,
        changed=tuple(sorted(group.changed)),
        warnings=group.warnings,
        restricted=group.restricted,
        protection=tuple(sorted(group.protection)),
        count=group.count,
        repeated=group.repeated,
        first=first.routed,
        latest=latest.routed,
        readings=tuple(
            Shown(series.first, series.latest, series.highest, series.lowest) for series in group.series.values()
        ),
        remarks=latest.remarks,
        data=latest.data,
    )
