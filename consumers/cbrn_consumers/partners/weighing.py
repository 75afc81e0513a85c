"""What the agreement in force makes of a copy: all that the partner would see, by whose word, and until when. Pure.

Where the agreement says no, or something is missing that it asks for, nothing is shown, and so nothing can leave.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.partners.documents import documents_of
from cbrn_consumers.partners.telling import deciding
from cbrn_routing.sharing import name_abroad, share
from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.events.base import Incident
from cbrn_schemas.formats.cap.documents import Message
from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.partner_release import Shown, Weighed, Withheld
from cbrn_schemas.receipt import SeenEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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
    """A copy cannot leave, for the reason given."""


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
        why = f"no agreement with {copy.held.partner} is in force: nothing can leave"
        return cannot(copy, why, now).model_copy(update={"agreement_in_force": False})
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
    except (_CannotError, FormatError) as error:
        return cannot(copy, f"by agreement {sharing.agreement} it cannot leave: {error}", now).model_copy(update=limits)
    why = f"agreement {sharing.agreement}: {_said('sharing', sharing.why)}"
    return Weighed(id=copy.id, at=now, shown=shown, persons=sharing.persons, why=why, **limits)


def _shown(
    sharing: Sharing, agreement: Agreement, copy: Copy, former: Sequence[Copy], named: SeenEvent, *, signs: bool
) -> Shown:
    """Make all that the partner would see."""
    event = sharing.event
    if sharing.data is None or event is None:
        raise _CannotError(_said("sharing", sharing.why))
    if not isinstance(event, Incident):
        raise _CannotError("readings are not handed over one by one")
    if not signs and not agreement.unsigned:
        raise _CannotError("it asks for signed documents, and the keeper of partners has no key (CBRN_CAP_KEY)")
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
        raise _CannotError("all that the partner would see does not fit into a record")
    return shown


def cannot(copy: Copy, why: str, now: datetime) -> Weighed:
    """Return that nothing of a copy can leave as things are, and why."""
    limit = copy.held.at + KEPT
    return Weighed(id=copy.id, at=now, bodies=deciding((), now), not_after=limit, why=why[:WHY_MAX])


def _said(group: str, codes: Iterable[str]) -> str:
    """Say codes in words, where there are words."""
    return "; ".join(word(group, code, "en") if (group, code) in words() else code for code in codes)
