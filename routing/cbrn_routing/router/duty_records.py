"""What the router writes of duties: raised by an event, or noted on those that its situation raised before.

Text only; the dispatcher appends it to the same transaction as the alerts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cbrn_routing.duties import LaidOut, duties_of, duty_id, evidence_of
from cbrn_schemas.duty import Noted

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.decide import Routed
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.envelope import Envelope
    from cbrn_schemas.events import AnyIncident


class DutyRecords:
    """The records that incidents add to the log of duties. Stateless but for what is laid out."""

    def __init__(self) -> None:
        self._laid_out = LaidOut()
        self.forget = self._laid_out.forget

    def of(  # noqa: PLR0917 - all of it is the event
        self,
        event: AnyIncident,
        routed: Routed,
        book: RuleBook,
        envelope: Envelope,
        earlier: tuple[str, ...],
        now: datetime,
        at: str,
    ) -> list[tuple[bytes, bytes]]:
        """Make key and value of every record. `at` is `now` as records write it.

        `earlier` are the rules whose duties the situation raised before. A cancellation raises none and is noted on all
        of them; a correction is noted on those that it no longer raises. Nothing is taken back: a person decides.
        """
        identity = envelope.id, envelope.source
        # The event's own bytes go in as they are: they have been read as JSON.
        before, behind = b'{"type":"raised","at":"%b","duty":' % at.encode(), b',"event":%b}' % envelope.data
        raised: list[tuple[str, bytes, bytes]] = []
        if routed.decision.duties and event.message_type != "Cancel":
            if routed.further_places or routed.decision.further:
                duties = duties_of(event, routed, book, now, identity=identity)
                whole = [b"%b%b%b" % (before, duty.model_dump_json().encode(), behind) for duty in duties]
                raised = [(duty.rule, duty.id.encode(), value) for duty, value in zip(duties, whole, strict=True)]
            else:
                raised = self._laid_out.records(event, routed, book, identity, now, before, behind)
        found = [(key, value) for _, key, value in raised]
        if event.message_type != "Alert":
            still = {rule for rule, _, _ in raised}
            found += [_noted(event, rule, identity, now) for rule in earlier if rule not in still]
        return found


def _noted(event: AnyIncident, rule: str, identity: tuple[str, str], now: datetime) -> tuple[bytes, bytes]:
    """Make the record of a duty that the event withdraws."""
    note: Literal["cancelled", "no-longer-raised"]
    note = "cancelled" if event.message_type == "Cancel" else "no-longer-raised"
    noted = Noted(id=duty_id(event.situation, rule), at=now, note=note, evidence=evidence_of(event, identity))
    return noted.id.encode(), noted.model_dump_json().encode()
