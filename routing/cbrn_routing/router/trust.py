"""Refusals that only the router can word: a fault of its own, and an id that was used before.

Whether an event is what it claims to be is `cbrn_schemas.claims`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.errors import InvalidEventError, Reason

if TYPE_CHECKING:
    from cbrn_schemas.envelope import Envelope


def internal(error: Exception) -> InvalidEventError:
    """A fault of ours: the record may be as good as any."""
    return InvalidEventError(
        Reason.INTERNAL_ERROR,
        where="value",
        message=f"the router failed on it: {type(error).__name__}: {str(error)[:200]}",
        hint="Tell those who run the bus; when it is mended, release the record as it is.",
    )


def id_reused(envelope: Envelope) -> InvalidEventError:
    """The refusal of other content under an id that was already counted."""
    return InvalidEventError(
        Reason.ID_REUSED,
        where="header:ce_id",
        message=f"id {envelope.id} of {envelope.source} was already used with other content",
        hint="Give the changed event a new id; if it corrects the first, send it as message_type Update.",
    )
