"""What the router writes of duties: raised by an event, or noted on those that its situation raised before.

Text only; the dispatcher appends it to the same transaction as the alerts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.duties import Evidenced, LaidOut, duties_of, duty_id, time_json

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
        evidenced = Evidenced(event, (envelope.id, envelope.source))
        # The event's own bytes go in as they are: they have been read as JSON.
        before, behind = b'{"type":"raised","at":"%b","duty":' % at.encode(), b',"event":%b}' % envelope.data
        raised: list[tuple[str, bytes, bytes]] = []
        if routed.decision.duties and event.message_type != "Cancel":
            if routed.further_places or routed.decision.further:
                duties = duties_of(event, routed, book, now, identity=(envelope.id, envelope.source))
                whole = [b"%b%b%b" % (before, duty.model_dump_json().encode(), behind) for duty in duties]
                raised = [(duty.rule, duty.id.encode(), value) for duty, value in zip(duties, whole, strict=True)]
            else:
                raised = self._laid_out.records(event, routed, book, evidenced, now, before, behind)
        found = [(key, value) for _, key, value in raised]
        if event.message_type != "Alert":
            still = {rule for rule, _, _ in raised}
            found += [_noted(event, rule, evidenced, now) for rule in earlier if rule not in still]
        return found


def _noted(event: AnyIncident, rule: str, evidenced: Evidenced, now: datetime) -> tuple[bytes, bytes]:
    """Make the record of a duty that the event withdraws: JSON of the model `Noted`."""
    key = duty_id(event.situation, rule).encode()
    note = b"cancelled" if event.message_type == "Cancel" else b"no-longer-raised"
    parts = (key, time_json(now), note, evidenced.json)
    return key, b'{"type":"noted","id":"%b","at":%b,"note":"%b","evidence":%b}' % parts
