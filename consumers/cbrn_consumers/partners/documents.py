"""The documents that a partner gets beside the event: made of what it may see and nothing else. Pure.

Each follows from the event alone, to the byte, so that what a person saw is what leaves: it says that it was sent when
the event was reported, and names what the partner got of the situation before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.events import parse_event
from cbrn_schemas.formats.cap.from_event import alert_of, sender_of
from cbrn_schemas.formats.cap.lexical import identifier
from cbrn_schemas.formats.cap.model import CONTENT_TYPE, Reference
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.partner_release import ReleasedDocument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_consumers.partners.copies import Copy
    from cbrn_schemas.events import AnyEvent


def cap_document(event: AnyEvent, copy: Copy, former: Iterable[Copy], *, public: bool) -> ReleasedDocument:
    """Make the CAP document of the reduced event; `former` are the copies that the partner got before, in order.

    Raises:
        FormatError: CAP cannot say it.
    """
    alert = alert_of(
        event,
        identifier=copy.held.event.id,
        sender=sender_of(event.body),
        sent=event.reported,
        references=tuple(map(_reference, former)),
        scope="Public" if public else None,
        addresses=() if public else (copy.held.partner,),
    )
    return ReleasedDocument(format="cap", content_type=CONTENT_TYPE, text=write(alert).decode())


def _reference(copy: Copy) -> Reference:
    assert copy.shown is not None, "it has left"
    event = parse_event(copy.shown.event.encode())
    return Reference(sender_of(event.body), identifier(copy.held.event.id), event.reported)
