"""The documents that a partner gets beside the event: made of what it may see and nothing else. Pure.

Each follows from the event alone, to the byte, so that what a person saw is what leaves: it says that it was sent when
the event was reported, and names what the partner got of the situation before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.events import parse_event
from cbrn_schemas.formats import edxl, irix
from cbrn_schemas.formats.cap.documents import Message, reference_to
from cbrn_schemas.formats.cap.from_event import alert_of, sender_of
from cbrn_schemas.formats.cap.model import CONTENT_TYPE
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.partner_release import ReleasedDocument

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cbrn_consumers.partners.copies import Copy

ADDRESS_SCHEME = "kg.cbrn:partner"
"""How an envelope's address is to be read: codes of bodies abroad."""


def documents_of(
    told: Message, partner: str, former: Iterable[Copy], *, formats: Collection[str], public: bool
) -> tuple[ReleasedDocument, ...]:
    """Make the documents of the reduced event, by the id under which the partner knows it.

    `former` are the copies that the partner got before, in order.

    Raises:
        FormatError: a form that is asked for cannot say it. IRIX is for radiological and nuclear events alone.
    """
    event = told.event
    earlier = [_message(each) for each in former]
    found: list[ReleasedDocument] = []
    alert = alert_of(
        event,
        identifier=told.id,
        sender=sender_of(event.body),
        sent=event.reported,
        references=tuple(map(reference_to, earlier)),
        scope="Public" if public else None,
        addresses=() if public else (partner,),
    )
    written = write(alert)
    if "cap" in formats:
        found.append(ReleasedDocument(format="cap", content_type=CONTENT_TYPE, text=written.decode()))
    if "edxl" in formats:
        to = edxl.Address(ADDRESS_SCHEME, (partner,))
        envelope = edxl.write(edxl.envelope_of(alert, written, tlp=event.tlp, addresses=(to,)))
        found.append(ReleasedDocument(format="edxl", content_type=edxl.CONTENT_TYPE, text=envelope.decode()))
    if "irix" in formats and {event.hazard, *getattr(event, "further_hazards", ())} & set(irix.HAZARDS):
        report = irix.write(
            irix.report_of(
                event,
                event_id=told.id,
                created=event.reported,
                references=[each.id for each in earlier],
                addressees=(partner,),
            )
        )
        document = ReleasedDocument(format="irix", content_type=irix.CONTENT_TYPE, text=report.decode())
        found.append(document)
    return tuple(found)


def _message(copy: Copy) -> Message:
    assert copy.shown is not None, "it has left"
    return Message(copy.called_abroad.id, parse_event(copy.shown.event.encode()))
