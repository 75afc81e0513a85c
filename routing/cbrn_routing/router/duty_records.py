"""What the router writes of duties: raised by an event, or noted on those that its situation raised before.

Text only; the dispatcher appends it to the same transaction as the alerts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cbrn_routing.duties import duties_of, duty_id, evidence_of
from cbrn_schemas.duty import Noted
from cbrn_schemas.records import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.decide import Routed
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.duty import Duty
    from cbrn_schemas.envelope import Envelope
    from cbrn_schemas.events import AnyIncident


def duty_records(
    event: AnyIncident,
    routed: Routed,
    *,
    book: RuleBook,
    envelope: Envelope,
    earlier: tuple[str, ...],
    now: datetime,
) -> list[tuple[bytes, bytes]]:
    """Make key and value of every record that an incident adds to the log of duties.

    `earlier` are the rules whose duties the situation raised before. A cancellation raises none and is noted on all of
    them; a correction is noted on those that it no longer raises. Nothing is taken back: a person decides.
    """
    identity = envelope.id, envelope.source
    raised = duties_of(event, routed, book, now, identity=identity)
    found = [_raised(duty, envelope, now) for duty in raised]
    if event.message_type != "Alert":
        note: Literal["cancelled", "no-longer-raised"]
        note = "cancelled" if event.message_type == "Cancel" else "no-longer-raised"
        still = {duty.rule for duty in raised}
        evidence = evidence_of(event, identity)
        notes = [
            Noted(id=duty_id(event.situation, rule), at=now, note=note, evidence=evidence)
            for rule in earlier
            if rule not in still
        ]
        found += [(noted.id.encode(), noted.model_dump_json().encode()) for noted in notes]
    return found


def _raised(duty: Duty, envelope: Envelope, now: datetime) -> tuple[bytes, bytes]:
    """Make the record of a duty; the event's own bytes go in as they are: they have been read as JSON."""
    head = f'{{"type":"raised","at":"{rfc3339(now)}","duty":{duty.model_dump_json()},"event":'
    return duty.id.encode(), b"%b%b}" % (head.encode(), envelope.data)
