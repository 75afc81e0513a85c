"""What the agreement in force makes of a copy: all that the partner would see, by whose word, and until when. Pure.

Where the agreement says no, or something is missing that it asks for, nothing is shown, and so nothing can leave.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.partners.documents import documents_of
from cbrn_consumers.partners.telling import deciding
from cbrn_routing.sharing import name_abroad, share
from cbrn_schemas.because import Because, said
from cbrn_schemas.events.base import Incident
from cbrn_schemas.formats.cap.documents import Message
from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.partner_release import Shown, Weighed, Withheld
from cbrn_schemas.receipt import SeenEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cbrn_consumers.partners.copies import Copy
    from cbrn_consumers.partners.outbound import Outbound
    from cbrn_routing.sharing import Agreement, Sharing

KEPT: Final = timedelta(days=90)
"""As long as `bus.outbound` keeps the event: what nobody has released by then cannot be any more."""
WHY_MAX: Final = 2_000
SHOWN_BYTES_MAX: Final = 700_000
"""Of all that a partner would see: a record of the log takes 1 MiB, and JSON writes some signs with two."""


class _CannotError(Exception):
    """A copy cannot leave, for the reasons given."""

    def __init__(self, *reasons: Because) -> None:
        super().__init__()
        self.reasons = reasons


def weigh(
    copy: Copy,
    outbound: Outbound,
    agreement: Agreement | None,
    former: Sequence[Copy],
    *,
    signs: bool,
    now: datetime,
    salt: bytes = b"",
) -> Weighed:
    """Weigh a copy by the agreement in force with its partner; `former` are those of its situation that it has got.

    `signs`: whether there is a key to sign documents with.
    """
    if agreement is None:
        none = Because(code="no-agreement", values={"partner": copy.held.partner})
        return cannot(copy, now, none).model_copy(update={"agreement_in_force": False})
    called = copy.held.event.source, copy.held.event.id
    sharing = share(
        agreement,
        outbound.event,
        restricted=copy.held.restricted,
        now=now,
        held=copy.held.at,
        called=called,
        salt=salt,
    )
    source, identifier = name_abroad(agreement, *called, salt)
    named = SeenEvent(source=source, id=identifier)
    limits: dict[str, Any] = {
        "bodies": deciding(sharing.bodies, now),
        "not_before": sharing.not_before,
        "not_after": sharing.not_after,
    }
    try:
        shown = _shown(sharing, agreement, copy, former, named, signs=signs)
    except _CannotError as error:
        reasons = error.reasons
    except FormatError as error:
        reasons = (Because(code="unwritable", values={"detail": str(error)[:WHY_MAX]}),)
    else:
        because = (Because(code="agreement", values={"agreement": sharing.agreement}), *_codes(sharing))
        why = said(because, "en")
        return Weighed(id=copy.id, at=now, shown=shown, persons=sharing.persons, why=why, because=because, **limits)
    forbidding = Because(code="agreement-forbids", values={"agreement": sharing.agreement})
    return cannot(copy, now, forbidding, *reasons).model_copy(update=limits)


def _shown(
    sharing: Sharing, agreement: Agreement, copy: Copy, former: Sequence[Copy], named: SeenEvent, *, signs: bool
) -> Shown:
    """Make all that the partner would see."""
    event = sharing.event
    if sharing.data is None or event is None:
        raise _CannotError(*_codes(sharing))
    if not isinstance(event, Incident):
        raise _CannotError(Because(code="reading"))
    if not signs and not agreement.unsigned:
        raise _CannotError(Because(code="no-key"))
    shown = Shown(
        agreement=sharing.agreement,
        agreement_digest=sharing.agreement_digest,
        event=sharing.data.decode(),
        named=named,
        documents=documents_of(
            Message(named.id, event), copy.held.partner, former, formats=agreement.formats, public=sharing.public
        ),
        clauses={each.field: each.clause + (f", {each.article}" if each.article else "") for each in sharing.passed},
        withheld=tuple(Withheld(field=each.field, why=each.why) for each in sharing.withheld),
        cells=sharing.cells,
        acknowledge_within_s=sharing.acknowledge_within_s,
        signed=signs,
        public=sharing.public,
    )
    if len(shown.model_dump_json()) > SHOWN_BYTES_MAX:
        raise _CannotError(Because(code="too-long"))
    return shown


def cannot(copy: Copy, now: datetime, *because: Because) -> Weighed:
    """Return that nothing of a copy can leave as things are, and why."""
    limit = copy.held.at + KEPT
    why = said(because, "en")[:WHY_MAX]
    return Weighed(id=copy.id, at=now, bodies=deciding((), now), not_after=limit, why=why, because=because)


def _codes(sharing: Sharing) -> tuple[Because, ...]:
    return tuple(Because(code=code) for code in sharing.why)
