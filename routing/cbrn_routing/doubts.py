"""What is doubtful about an event by itself: its place, its substances, how grave it is, its clock.

One function finds it, for the router, the dry run and whoever publishes, so that a publisher hears at once what
recipients would see. Pure, and without the rule book: a program that only publishes has none. What came before on the
bus, and how the record was written, is the router's own business (`router.dispatch`, `router.recipients`).
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.facets import facets_of, is_unverified, unconfirmed
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events.base import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cbrn_routing.jurisdiction import Located
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language

LATE_TOLERANCE: Final = timedelta(hours=24)
"""A report older than this is routed with a warning that it comes late."""


class EventWarning(NamedTuple):
    """A doubt about one event, for whoever published it."""

    doubt: Doubt
    where: str
    """The field in dotted form, `where.point`."""
    message: str
    """What is odd about it, in the reader's language."""
    hint: str
    """What to do about it."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**self._asdict(), "doubt": str(self.doubt)}


def doubts_of(event: AnyEvent, severity: str, places: Sequence[Located], now: datetime | None) -> tuple[Doubt, ...]:
    """Return those of its places, what the event itself leaves open, and what the clock says where there is one.

    `severity` is the one by which it is decided (`Facets.severity`); its own place comes first in `places`.
    """
    doubts = places[0].doubts
    if len(places) > 1:
        doubts = tuple(dict.fromkeys(doubt for place in places for doubt in place.doubts))
    if unconfirmed(event):
        doubts += (Doubt.SUBSTANCE_UNCONFIRMED,)
    if is_unverified(event):
        doubts += (Doubt.CLAIM_UNVERIFIED,)
    stated = event.severity
    if stated == "Unknown" and getattr(event, "message_type", "Cancel") != "Cancel":
        doubts += (Doubt.SEVERITY_MISSING,)  # of a reading, or of what is over, nobody asks it
    if severity != stated:
        doubts += (Doubt.SEVERITY_RAISED,)
    if severity == "Minor" and any(place.estimated for place in places):
        doubts += (Doubt.BORDER_ESTIMATED,)
    if now is not None:
        # Moments of two zones are subtracted in half the time that it takes to compare them.
        age = now - event.reported
        if age < -CLOCK_TOLERANCE or event.observed - now > CLOCK_TOLERANCE:
            doubts += (Doubt.CLOCK_AHEAD,)
        elif age > LATE_TOLERANCE:
            doubts += (Doubt.REPORTED_LATE,)
    return doubts


def warnings_of(event: AnyEvent, *, now: datetime, lang: Language = "en") -> tuple[EventWarning, ...]:
    """Say what the router would doubt about an event that reached it at `now` (aware), field by field."""
    places = _gazetteer().locate_all(event.where)
    severity = facets_of(event, places[0]).severity
    doubts = doubts_of(event, severity, places, now)
    if not doubts:
        return ()
    from cbrn_routing.doubt_words import Finding, worded  # noqa: PLC0415 - most events have none

    finding = Finding(event, severity, places, _gazetteer(), now, lang)
    return tuple(EventWarning(doubt, *said) for doubt in doubts for said in worded(doubt, finding))


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()
