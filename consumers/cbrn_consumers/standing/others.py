"""Where the others stand, as a body may know it: what the watch has told it, for screens. Pure.

Whether somebody is late is a matter of the time at which it is looked at: no record says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cbrn_consumers.standing.party import State
from cbrn_schemas.records import rfc3339
from cbrn_schemas.standing_record import read_standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cbrn_consumers.alert import RoleCode
    from cbrn_schemas.envelope import Header
    from cbrn_schemas.standing_record import SituationStands


class Other(NamedTuple):
    """One body that was told of the same. No person is named."""

    body: str
    role: RoleCode
    reached: State
    """The most that it has said."""
    since: datetime
    """Since when: when it said so; before that, when it was told."""
    due: datetime | None
    """By when an answer is wanted of it; None: none is waited for."""
    level: int
    """How often the lack of its answer was passed on."""
    reason: str | None
    """Why it has declined."""

    def missing(self, now: datetime) -> bool:
        """Tell whether an answer is asked for and its time has run out."""
        return self.due is not None and self.due < now

    def state(self, now: datetime) -> State:
        """Tell where it stands."""
        return State.MISSING if self.missing(now) else self.reached


class Others(NamedTuple):
    """Everybody who was told of a situation, the reader's own body too."""

    situation: str
    event: tuple[str, str]
    """Source and id of the latest event of which anybody was told: who knows a later one knows more than this says."""
    at: datetime
    """When this was so."""
    ended: bool
    parties: tuple[Other, ...]
    """Who leads first, then who supports, then who is informed; by code."""

    def beside(self, body: str | None) -> tuple[Other, ...]:
        """Return all but one body."""
        return tuple(party for party in self.parties if party.body != body)


def others_of(stands: SituationStands) -> Others:
    """Take what the watch has told of a situation."""
    parties = [
        Other(each.body, each.role, State(each.state), each.since, each.due, each.level, each.reason)
        for each in stands.parties
    ]
    event = stands.event.source, stands.event.id
    return Others(stands.situation, event, stands.at, stands.ended, tuple(parties))


def read_others(headers: Sequence[Header], value: bytes | None) -> Others | None:
    """Read a record of `<realm>.to.<body>.standing`; None: what was said of its situation is taken back.

    Raises:
        StandingRecordError: it says not where anybody stands.
    """
    return None if value is None else others_of(read_standing(list(headers), value))


def others_json(others: Others, now: datetime) -> dict[str, Any]:
    """Return them for machines; times are RFC 3339 in UTC."""
    return {
        "situation": others.situation,
        "event": {"source": others.event[0], "id": others.event[1]},
        "at": rfc3339(others.at),
        "state": "cancelled" if others.ended else "open",
        "parties": [
            {
                "body": each.body,
                "role": each.role,
                "state": str(each.state(now)),
                "reached": str(each.reached),
                "since": rfc3339(each.since),
                "due": None if each.due is None else rfc3339(each.due),
                "level": each.level,
                "reason": each.reason,
            }
            for each in others.parties
        ],
    }
