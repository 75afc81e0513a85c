"""Refusals that only the router can word: a fault of its own, an id used before, and what no router has passed on.

Whether an event is what it claims to be is `cbrn_schemas.claims`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.errors import InvalidEventError, Reason

if TYPE_CHECKING:
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.envelope import Envelope


def internal(error: Exception) -> InvalidEventError:
    """Word a fault of ours: the record may be as good as any."""
    return InvalidEventError(
        Reason.INTERNAL_ERROR,
        where="value",
        message=f"the router failed on it: {type(error).__name__}: {str(error)[:200]}",
        hint="Tell those who run the bus; when it is mended, release the record as it is.",
    )


def not_ours(record: Record) -> InvalidEventError:
    """Word the refusal of what lies on the topic on which routers pass records on, and was not written by one."""
    return InvalidEventError(
        Reason.FOREIGN_SOURCE,
        where="header:cbrn_topic",
        message=f"no router has written it: it lies on {record.topic}, and does not say where it came from",
        hint="See who may write there: nobody but the routers should. Publish the event on its body's own topic.",
    )


def id_reused(envelope: Envelope) -> InvalidEventError:
    """Word the refusal of other content under an id that was already counted."""
    return InvalidEventError(
        Reason.ID_REUSED,
        where="header:ce_id",
        message=f"id {envelope.id} of {envelope.source} was already used with other content",
        hint="Give the changed event a new id; if it corrects the first, send it as message_type Update.",
    )
