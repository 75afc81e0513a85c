"""The decision for an event: where it is, what it is, who must know.

Pure: no clock, no network. The router, the dry run and the explanation share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.facets import facets_of, is_unconfirmed
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.errors import Doubt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_routing.decision import Decision, Recipient
    from cbrn_routing.jurisdiction import Gazetteer, Located
    from cbrn_routing.rulebook.book import RuleBook
    from cbrn_routing.rulebook.eras import Eras, Span
    from cbrn_routing.rulebook.matcher import Matcher
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.topics import Realm

DOUBTFUL_DAYS: Final = 2
"""A moment's day in one zone and in another lie no further apart."""


class Routed(NamedTuple):
    """What the bus makes of an event before anyone looks at the clock or at what came before."""

    decision: Decision
    place: Located
    doubts: tuple[Doubt, ...]
    """Those that depend on the event and its place alone."""

    def as_json(self, event: str, realm: Realm, duties: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
        """The answer of `cbrn route FILE --json`, plain values only.

        `event` is the name by which the caller knows the event: its CloudEvents id, or the situation or station of one
        that came without an envelope. `duties` are those that `cbrn_routing.duties` finds for
        it, as JSON.
        """
        decision, place = self.decision, self.place.as_json()
        lead = decision.lead
        return {
            "event": event,
            "realm": str(realm),
            "place": {name: place[name] for name in ("district", "region", "country", "neighbours", "downstream")},
            "lead": None if lead is None else {**_named(lead), "acknowledge_within_s": decision.acknowledge_within_s},
            "support": _in_role(decision.recipients, "support"),
            "inform": _in_role(decision.recipients, "inform"),
            "partners": [_named(partner) for partner in decision.partners],
            "duties": list(duties),
            "rulebook": decision.rulebook,
            "restricted": any(recipient.restricted for recipient in decision.recipients),
            "doubts": [str(doubt) for doubt in self.doubts],
        }


class Engine:
    """Routes events by one rule book, with the bodies and laws of each event's day.

    A place and a cell that were seen before cost a look-up each.
    """

    def __init__(self, eras: Eras, gazetteer: Gazetteer) -> None:
        self._eras = eras
        self._gazetteer = gazetteer
        self._present: Span | None = None
        self._judged: datetime | None = None
        self._clearly_present = 0
        self.rulebook: Final = eras.digest
        """Digest of the rule book that decides."""
        self.book: Final[RuleBook] = eras.book
        """The rule book itself."""

    def route(self, event: AnyEvent, now: datetime | None = None) -> Routed:
        """Who must know of this event, and what is doubtful about it.

        An event is judged by the bodies of the day on which it was observed. `now` (aware) is the day of judgement: it
        holds for an event that claims to be of the future, and adds the rules that are in force now. Without it the
        event's own day is all there is.
        """
        place = self._gazetteer.locate(event.where)
        facets = facets_of(event, place)
        decision = self._matcher_for(event.observed, now).decide(facets)
        doubts = (*place.doubts, Doubt.SUBSTANCE_UNCONFIRMED) if is_unconfirmed(event) else place.doubts
        if facets.severity != event.severity:
            doubts = (*doubts, Doubt.SEVERITY_RAISED)
        if place.estimated and facets.severity == "Minor":
            doubts = (*doubts, Doubt.BORDER_ESTIMATED)
        return Routed(decision, place, doubts)

    def _matcher_for(self, observed: datetime, now: datetime | None) -> Matcher:
        """Hardly ever more than one comparison: events are of today, and those of a batch are judged at one moment."""
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


def _in_role(recipients: Iterable[Recipient], role: str) -> list[dict[str, Any]]:
    return [_named(recipient) for recipient in recipients if recipient.role.code == role]


def _named(recipient: Recipient) -> dict[str, Any]:
    return {"body": recipient.body, "rule": ",".join(recipient.rules)}
