"""The CAP document of an event as every screen shows it: one function, hence the same bytes wherever it is asked for.

It is the document in full, as the state's own bodies may see it. What a partner gets is reduced first, and sent later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbrn_schemas.formats.cap.from_event import alert_of, sender_of
from cbrn_schemas.formats.cap.lexical import identifier
from cbrn_schemas.formats.cap.model import Reference
from cbrn_schemas.formats.cap.writing import write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.formats.cap.area import Outline


class Message(NamedTuple):
    """An event and its id."""

    id: str
    event: AnyEvent


def reference_to(message: Message) -> Reference:
    """Return how a later document names this one: its sender is the body, and it was sent when it was reported."""
    return Reference(sender_of(message.event.body), identifier(message.id), message.event.reported)


def document(message: Message, others: Iterable[Message] = (), outline: Outline | None = None) -> bytes:
    """Write the document of an event. `others` are the messages about the same situation that are known.

    An update or cancellation names those of them that were reported before it. `outline` draws districts.

    Raises:
        FormatError: a cancellation, and none of what it cancels is known.
    """
    event = message.event
    return write(
        alert_of(
            event,
            identifier=message.id,
            sender=sender_of(event.body),
            sent=event.reported,
            references=_references(message, others),
            outline=outline,
        )
    )


def _references(message: Message, others: Iterable[Message]) -> tuple[Reference, ...]:
    if getattr(message.event, "message_type", "Alert") == "Alert":
        return ()
    earlier = (other for other in others if other.id != message.id and other.event.reported <= message.event.reported)
    return tuple(reference_to(other) for other in sorted(earlier, key=lambda one: (one.event.reported, one.id)))
