"""Answers across the border: a partner's CAP `Ack` or `Error` is a receipt of it; our receipt is an `Ack`. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from cbrn_producers.inbound.place import line
from cbrn_schemas.events.base import CLOCK_TOLERANCE
from cbrn_schemas.formats.cap import lexical
from cbrn_schemas.formats.cap.from_event import DOMAIN, sender_of
from cbrn_schemas.formats.cap.model import CapAlert, Reference
from cbrn_schemas.receipt import ReceiptError, give

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_producers.inbound.memory import Memory
    from cbrn_producers.inbound.terms import Terms
    from cbrn_schemas.events import ForeignAlert
    from cbrn_schemas.receipt import Receipt
    from cbrn_schemas.topics import Realm

THE_BUS: Final = "bus"
"""Whose word an `Ack` is: no body has this code."""
UNEXPLAINED: Final = "refused by the partner, without an explanation"


def receipt_of(alert: CapAlert, terms: Terms, realm: Realm, memory: Memory, received: datetime) -> Receipt | None:
    """Make the receipt of an `Ack` or `Error`: of the first message that it names which was sent to this partner.

    None where there is no such message: nobody can acknowledge what was never sent. One that is dated ahead of its
    receipt by more than clocks differ counts from then: it says that the partner has the alert, and not when.
    """
    named = (memory.sent_to(terms.partner, lexical.event_id(one.identifier)) for one in alert.references)
    sent = next((one for one in named if one is not None), None)
    if sent is None:
        return None
    digest = hashlib.sha256("\n".join((alert.sender, alert.identifier, lexical.time(alert.sent))).encode()).hexdigest()
    note = line(alert.note, 200)
    fields: dict[str, Any] = {
        "id": f"{terms.partner}.{digest[:32]}",
        "realm": realm,
        "body": terms.partner,
        "situation": sent.situation,
        "event": {"source": sent.source, "id": sent.id},
        "by": line(f"CAP {alert.sender}", 200),
        "at": received if alert.sent - received > CLOCK_TOLERANCE else alert.sent,
    }
    if alert.msg_type == "Ack":
        return give(**fields, act="acknowledged", **({"text": note} if note else {}))
    try:
        return give(**fields, act="declined", reason=note or UNEXPLAINED)
    except ReceiptError:  # one word is no reason here; it is what the partner has said
        return give(**fields, act="declined", reason=UNEXPLAINED, text=note)


def acknowledgement(event: ForeignAlert, receipt: Receipt, *, sent: datetime, domain: str = DOMAIN) -> CapAlert | None:
    """Make the `Ack` of a partner's alert that a body here has answered; None where there is no document to answer.

    It says that somebody here has it, and neither who nor what is done: those are words of this country alone.
    """
    original = event.original
    if original is None or receipt.act not in {"acknowledged", "accepted"}:
        return None
    return CapAlert(
        identifier=lexical.identifier(f"ack-{receipt.event.id}"),  # a receipt's own id begins with the body
        sender=sender_of(THE_BUS, domain),
        sent=sent,
        status="Exercise" if event.status == "Exercise" else "Actual",
        msg_type="Ack",
        scope="Private",
        addresses=(original.sender,),
        note="EXERCISE" if event.status == "Exercise" else None,
        references=(Reference(original.sender, original.identifier, event.reported),),
    )
