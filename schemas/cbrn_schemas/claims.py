"""Whether an event is what it claims to be: what the headers say against the data, and both against the topic.

The topic's body is what the broker's access rules let through; everything else is a claim. Whoever lets an event onto
the bus asks here: the producers' library, the release from quarantine, and the router, which has the last word. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.bodies import bodies, body_meant
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import EVENT_TYPES, Incident, ce_type, lane_of
from cbrn_schemas.topics import Lane, Realm

if TYPE_CHECKING:
    from cbrn_schemas.envelope import Envelope
    from cbrn_schemas.events import Event

_CLAIMED_CHARS_MAX: Final = 40
"""Of a body's code that is none; it came from outside."""
_REALMS: Final = (Realm.REAL, Realm.EXERCISE)
"""Where what is no exercise goes, and where an exercise does."""
_STATUS: Final = {Realm.REAL: "Actual", Realm.EXERCISE: "Exercise"}
"""What nearly all say there; a test may go anywhere."""
_FITTING: Final = {ce_type(kind): (kind, lane_of(kind)) for kind in EVENT_TYPES}
"""By CloudEvents type: the kind, and the lane on which it travels."""


def check_source(envelope: Envelope, body: str) -> None:
    """Refuse an event whose source names another body than its topic does.

    The router asks it first of all: by source and id an event is counted once, and nobody may use up another's ids.

    Raises:
        InvalidEventError: FOREIGN_SOURCE or UNKNOWN_BODY.
    """
    if envelope.body != body:
        raise foreign(envelope.body, body, "header:ce_source")


def check_claims(envelope: Envelope, event: Event, body: str, lane: Lane, realm: Realm) -> None:
    """Refuse an event whose data contradict its headers, its topic's body, its lane or its realm.

    Raises:
        InvalidEventError: FOREIGN_SOURCE, UNKNOWN_BODY, HEADERS_CONTRADICT, WRONG_LANE or WRONG_REALM.
    """
    if event.body != body:
        raise foreign(event.body, body, "body")
    if event.status == _STATUS[realm] and _FITTING.get(envelope.type) == (event.kind, lane):
        return  # nearly always; what follows takes a test, and says what is wrong
    if envelope.type != ce_type(event.kind):
        raise InvalidEventError(
            Reason.HEADERS_CONTRADICT,
            where="header:ce_type",
            message=f"the header says {envelope.type[:80]}, the data say {event.kind}",
            hint=f"Set ce_type to {ce_type(event.kind)}, or correct the data's kind.",
        )
    if isinstance(event, Incident) is not (lane is Lane.INCIDENTS):
        raise InvalidEventError(
            Reason.WRONG_LANE,
            where="kind",
            message=f"{event.kind} does not belong into the lane of {lane}",
            hint="Publish incidents into <realm>.from.<body>.incidents, readings into <realm>.from.<body>.monitoring.",
        )
    if (event.status == "Exercise") is not (realm is Realm.EXERCISE) and event.status != "Test":
        raise InvalidEventError(
            Reason.WRONG_REALM,
            where="status",
            message=f"status {event.status} in the realm {realm}",
            hint=f"Publish it in the realm {_REALMS[event.status == 'Exercise']} (--realm), or correct status.",
        )


def foreign(claimed: str, body: str, where: str) -> InvalidEventError:
    """Word the refusal of an event that names another body than the one that may write to its topic."""
    if claimed not in bodies():
        return InvalidEventError(
            Reason.UNKNOWN_BODY,
            where=where,
            message=f"no body has the code «{claimed[:_CLAIMED_CHARS_MAX]}»",
            hint=f"{body_meant(claimed[:_CLAIMED_CHARS_MAX])} This topic belongs to {body}.",
        )
    return InvalidEventError(
        Reason.FOREIGN_SOURCE,
        where=where,
        message=f"claims to come from {claimed}, but was published by {body}",
        hint=f"Write {body} if {body} says it; else let {claimed} publish it under its own name: --as {claimed}.",
    )
