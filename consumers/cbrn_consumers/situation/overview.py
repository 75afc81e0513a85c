"""One situation at one moment: what is so, what each update changed, why who was told, who has answered. Pure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from cbrn_consumers.standing import changes
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import UnknownRuleError
from cbrn_routing.rulebook.eras import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.standing import Change, Others, PartyStanding, SituationStanding, Told
    from cbrn_consumers.standing.reader import Read
    from cbrn_routing.duties import DutyState
    from cbrn_routing.jurisdiction import Located
    from cbrn_routing.rulebook import RuleBook
    from cbrn_routing.rulebook.language import Basis, Title
    from cbrn_schemas.catalogue.places import Facility
    from cbrn_schemas.events import AnyIncident

NEAR_KM: Final = 50.0
"""A hazard site farther from the point than this says nothing about it."""


class Version(NamedTuple):
    """One message of the situation."""

    told: Told
    event: AnyIncident | None
    """What it says; None where there was no room for so many."""
    changed: tuple[Change, ...]
    """What of place, hazard, substances, severity and role differs from the message before it."""


class Reason(NamedTuple):
    """A rule that named somebody."""

    rule: str
    bodies: tuple[str, ...]
    title: Title | None
    """None where the rule is not in the book at hand."""
    bases: tuple[Basis, ...]
    """The laws by which it binds today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything that a reader may know of a situation. Times are aware."""

    at: datetime
    body: str | None
    """Whose view it is: of its own topics alone; None for that of the bus's officer."""
    alert: Alert
    """The latest."""
    standing: SituationStanding
    versions: tuple[Version, ...]
    """The oldest first."""
    place: Located
    near: tuple[Facility, float] | None
    """The nearest hazard site and its distance in km, where the place itself is none."""
    reasons: tuple[Reason, ...]
    duties: tuple[DutyState, ...] | None
    """Duties to others, the most urgent first; None where they were not read."""
    warnings: tuple[str, ...]
    others: Others | None = None
    """Where everybody told stands, as the body whose view it is was told; None where it is not known, or restricted."""

    @property
    def event(self) -> AnyIncident:
        """What the latest message says."""
        return cast("AnyIncident", self.alert.event)

    @property
    def own(self) -> PartyStanding | None:
        """Where the body stands whose view it is."""
        return next((party for party in self.standing.parties if party.body == self.body), None)


def overview(
    read: Read,
    situation: str,
    now: datetime,
    *,
    body: str | None = None,
    book: RuleBook | None = None,
    duties: Iterable[DutyState] | None = None,
) -> Overview | None:
    """Put together what was read; None where nobody was told of such a situation.

    `book` is the one that decided, where it is at hand.
    """
    standing = read.standings.of(situation)
    if standing is None or read.latest is None:
        return None
    where = cast("AnyIncident", read.latest.event).where
    place = Gazetteer().locate(where)
    near = None
    if place.facility is None and where.point is not None:
        near = Gazetteer.nearest_facility(where.point.lat, where.point.lon)
    return Overview(
        at=now,
        body=body,
        alert=read.latest,
        standing=standing,
        versions=_versions(standing, read.events, own=body is not None),
        place=place,
        near=near if near is not None and near[1] <= NEAR_KM else None,
        reasons=_reasons(read.alerts, book, now),
        duties=None if duties is None else tuple(sorted(duties, key=_urgency)),
        warnings=tuple(read.warnings),
        others=None if body is None or standing.restricted else read.others,
    )


def _versions(
    standing: SituationStanding, events: Mapping[tuple[str, str], Alert], *, own: bool
) -> tuple[Version, ...]:
    """List each message once; what it changes for a body's role only where one body looks."""
    first: dict[tuple[str, str], Told] = {}
    for told in sorted((one for party in standing.parties for one in party.versions), key=lambda one: one.order()):
        first.setdefault(told.event, told)
    found: list[Version] = []
    for told in first.values():
        known = events.get(told.event)
        event = None if known is None else cast("AnyIncident", known.event)
        facts = told.facts if own else told.facts._replace(role=None)
        before = found[-1].told.facts if found else facts
        found.append(Version(told, event, changes(before if own else before._replace(role=None), facts)))
    return tuple(found)


def _reasons(alerts: Mapping[str, Alert], book: RuleBook | None, now: datetime) -> tuple[Reason, ...]:
    named: dict[str, list[str]] = {}
    for body, alert in alerts.items():
        for rule in alert.rules:
            named.setdefault(rule, []).append(body)
    ranks = {"lead": 0, "support": 1, "inform": 2}
    strongest = {
        rule: min(ranks.get(alerts[body].role or "", len(ranks)) for body in bodies) for rule, bodies in named.items()
    }
    order = sorted(named, key=lambda rule: (strongest[rule], -len(named[rule]), rule))
    return tuple(_reason(rule, tuple(sorted(named[rule])), book, now) for rule in order)


def _reason(rule: str, bodies: tuple[str, ...], book: RuleBook | None, now: datetime) -> Reason:
    with suppress(UnknownRuleError):
        found: Any = None if book is None else book.rule(rule)
        if found is not None:
            return Reason(rule, bodies, found.title, tuple(one for one in found.bases if one.in_force(local_day(now))))
    return Reason(rule, bodies, None, ())


def _urgency(state: DutyState) -> tuple[bool, float, str]:
    limit = state.limit()
    return not state.open, float("inf") if limit is None else limit[1].timestamp(), state.id
