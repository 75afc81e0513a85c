"""The decision for an event: where it is, what it is, who must know.

Pure: no clock, no network. The router, the dry run and the explanation share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cbrn_routing.facets import facets_of, is_unconfirmed
from cbrn_schemas.errors import Doubt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.decision import Decision, Recipient
    from cbrn_routing.jurisdiction import Gazetteer, Located
    from cbrn_routing.rulebook import Matcher
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.topics import Realm


class Routed(NamedTuple):
    """What the bus makes of an event before anyone looks at the clock or at what came before."""

    decision: Decision
    place: Located
    doubts: tuple[Doubt, ...]
    """Those that depend on the event and its place alone."""

    def as_json(self, event: str, realm: Realm) -> dict[str, Any]:
        """The answer of `cbrn route FILE --json`, plain values only.

        `event` is the name by which the caller knows the event: its CloudEvents id, or the situation or station of one
        that came without an envelope.
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
            "duties": list(decision.duties),
            "rulebook": decision.rulebook,
            "restricted": any(recipient.restricted for recipient in decision.recipients),
            "doubts": [str(doubt) for doubt in self.doubts],
        }


class Engine:
    """Routes events by one matcher. A place and a cell that were seen before cost a look-up each."""

    def __init__(self, matcher: Matcher, gazetteer: Gazetteer) -> None:
        self._matcher = matcher
        self._gazetteer = gazetteer

    @property
    def rulebook(self) -> str:
        """Digest of the rule book that decides."""
        return self._matcher.digest

    def route(self, event: AnyEvent) -> Routed:
        """Who must know of this event, and what is doubtful about it."""
        place = self._gazetteer.locate(event.where)
        decision = self._matcher.decide(facets_of(event, place))
        doubts = (*place.doubts, Doubt.SUBSTANCE_UNCONFIRMED) if is_unconfirmed(event) else place.doubts
        return Routed(decision, place, doubts)


def _in_role(recipients: Iterable[Recipient], role: str) -> list[dict[str, Any]]:
    return [_named(recipient) for recipient in recipients if recipient.role.code == role]


def _named(recipient: Recipient) -> dict[str, Any]:
    return {"body": recipient.body, "rule": ",".join(recipient.rules)}
