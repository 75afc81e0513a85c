"""The CAP document of an event on the bus, with references to all earlier messages about its situation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cbrn_consumers.decisions import decided_on_the_bus
from cbrn_consumers.errors import HistoryError
from cbrn_consumers.standing.reader import read_situation
from cbrn_routing.jurisdiction.outlines import polygons_of
from cbrn_schemas.events import Incident, read_event
from cbrn_schemas.formats.cap.documents import Message, document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.standing.reader import Read
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.settings import Settings


def full_document(message: Message, others: Iterable[Message] = ()) -> bytes:
    """Write the document of an event as every screen shows it, districts with their outlines.

    Raises:
        FormatError: a cancellation, and none of what it cancels is known.
    """
    return document(message, others, polygons_of)


def document_of(alert: Alert, read: Read) -> bytes:
    """Write the document of an alert that was read with its situation.

    Raises:
        FormatError: a cancellation, and none of what it cancels is known.
    """
    return full_document(_message(alert), map(_message, read.events.values()))


async def document_on_the_bus(settings: Settings, wanted: str) -> bytes:
    """Write the document of the newest event with this id, or of this situation.

    Raises:
        HistoryError: there is none, or its bytes are gone.
        FormatError: a cancellation, and none of what it cancels is known.
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    record, data, _ = await decided_on_the_bus(wanted, settings)
    if data is None:
        raise HistoryError(
            f"the event {record.id} itself is no longer on the bus",
            hint="Look into the archive for it, and give its file: `cbrn cap show FILE`.",
        )
    message = Message(record.id, read_event(data))
    if not isinstance(message.event, Incident):
        return full_document(message)
    read = await read_situation(settings, record.key, delivered=False)
    return full_document(message, map(_message, read.events.values()))


def _message(alert: Alert) -> Message:
    return Message(alert.id, cast("AnyEvent", alert.event))
