"""The decision for an event: where it is, what it is, who must know.

Pure: no clock, no network. The router, the dry run and the explanation share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.decision import united
from cbrn_routing.doubts import doubts_of
from cbrn_routing.facets import cells_of, facets_of, is_manifold
from cbrn_routing.rulebook.eras import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_routing.decision import Decision, Facets, Recipient
    from cbrn_routing.jurisdiction import Gazetteer, Located
    from cbrn_routing.rulebook import Matcher, RuleBook
    from cbrn_routing.rulebook.eras import Eras, Span
    from cbrn_schemas.errors import Doubt
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.topics import Realm

DOUBTFUL_DAYS: Final = 2
"""A moment's day in one zone and in another lie no further apart."""

UNITED_MAX: Final = 64
"""Decisions on several places or hazards that are kept: up to 100 kB each, where sixty districts are named."""


class Routed(NamedTuple):
    """What the bus makes of an event before anyone looks at what came before."""

    decision: Decision
    place: Located
    doubts: tuple[Doubt, ...]
    """Those that depend on the event, its place and the moment of the decision alone."""
    further_places: tuple[Located, ...] = ()
    """Where else it is, for an event in several districts."""

    def as_json(self, event: str, realm: Realm, duties: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
        """Return the answer of `cbrn route FILE --json`, plain values only.

        `event` is the name by which the caller knows the event: its CloudEvents id, or the situation or station of one
        that came without an envelope. `duties` are those that `cbrn_routing.duties` finds for
        it, as JSON.
        """
        decision, place = self.decision, self.place
        own = decision.facets.hazard
        lead = decision.lead
        return {
            "event": event,
            "realm": str(realm),
            "place": _where(place),
            "further_places": [_where(each) for each in self.further_places],
            "further_hazards": list(dict.fromkeys(cell.hazard for cell in decision.cells[1:] if cell.hazard != own)),
            "lead": None if lead is None else {**_named(lead), "acknowledge_within_s": decision.acknowledge_within_s},
            "support": _in_role(decision.recipients, "support"),
            "inform": _in_role(decision.recipients, "inform"),
            "partners": [_named(partner) for partner in decision.partners],
            "duties": list(duties),
            "rulebook": decision.rulebook,
            "restricted": any(recipient.restricted for recipient in decision.recipients),
            "doubts": [str(doubt) for doubt in self.doubts],
        }


def decided(matcher: Matcher, cells: Iterable[Facets]) -> Decision:
    """Make the decision for an event with these cells, its own first."""
    decisions = tuple(dict.fromkeys(map(matcher.decide, cells)))
    return united(decisions[0], decisions[1:]) if len(decisions) > 1 else decisions[0]


class Engine:
    """A router of events by one rule book, with the bodies and laws of each event's day.

    A place and a cell that were seen before cost a look-up each.
    """

    def __init__(self, eras: Eras, gazetteer: Gazetteer) -> None:
        self._eras = eras
        self._gazetteer = gazetteer
        self._present: Span | None = None
        self._judged: datetime | None = None
        self._clearly_present = 0
        self._united: dict[tuple[Matcher, tuple[Facets, ...]], Decision] = {}
        self.rulebook: Final = eras.digest
        """Digest of the rule book that decides."""
        self.book: Final[RuleBook] = eras.book
        """The rule book itself."""

    def route(self, event: AnyEvent, now: datetime | None = None) -> Routed:
        """Decide who must know of this event, and what is doubtful about it.

        The bodies of the day on which an event was observed count. `now` (aware) is the day of the decision: it
        holds for an event that claims to be of the future, and adds the rules that are in force now; what is doubtful
        about the event's times is held against it. Without it the event's own day is all there is.
        """
        if is_manifold(event):
            return self._route_all(event, now)
        place = self._gazetteer.locate(event.where)
        facets = facets_of(event, place)
        decision = self._matcher_for(event.observed, now).decide(facets)
        return Routed(decision, place, doubts_of(event, facets.severity, (place,), now))

    def _route_all(self, event: AnyEvent, now: datetime | None) -> Routed:
        """Route an event in several places, or with several hazards: each by itself, then whoever any of them names."""
        places = self._gazetteer.locate_all(event.where)
        matcher = self._matcher_for(event.observed, now)
        cells = tuple(cells_of(event, places))
        decision = self._united.get((matcher, cells))
        if decision is None:
            if len(self._united) >= UNITED_MAX:
                del self._united[next(iter(self._united))]
            decision = self._united[matcher, cells] = decided(matcher, cells)
        return Routed(decision, places[0], doubts_of(event, cells[0].severity, places, now), places[1:])

    def _matcher_for(self, observed: datetime, now: datetime | None) -> Matcher:
        """Return the matcher; hardly ever a second: events are of today, those of a batch are decided at one moment."""
        judged = observed if now is None else now
        present = self._present
        if judged is not self._judged or present is None:
            if present is None or not present.since <= judged < present.until:
                present = self._present = self._eras.span(judged)
            self._judged = judged
            self._clearly_present = present.since.toordinal() + DOUBTFUL_DAYS
        # Comparing days costs a tenth of comparing moments with their zones.
        if observed.toordinal() > self._clearly_present or observed >= present.since:
            return present.matcher
        return self._eras.on(local_day(observed), local_day(judged))


def _where(place: Located) -> dict[str, Any]:
    shown = place.as_json()
    return {name: shown[name] for name in ("district", "region", "country", "neighbours", "downstream")}


def _in_role(recipients: Iterable[Recipient], role: str) -> list[dict[str, Any]]:
    return [_named(recipient) for recipient in recipients if recipient.role.code == role]


def _named(recipient: Recipient) -> dict[str, Any]:
    return {"body": recipient.body, "rule": ",".join(recipient.rules)}
