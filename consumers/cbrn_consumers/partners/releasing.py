"""What a release writes: the reduced event as an ordinary alert, and the documents in the partner's form. Pure.

Nothing is made here that was not shown: the event's bytes are those that were seen, and so is every document, but for
the signature that is put into it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.events import ce_type, key_of, parse_event
from cbrn_schemas.held_alarm import HELD_SOURCE
from cbrn_schemas.partner_release import Released, digest_of
from cbrn_schemas.records import (
    ACKNOWLEDGE_BY,
    AGREEMENT,
    DOCUMENT_TYPE,
    PLACE,
    PUBLIC,
    RESTRICTED,
    ROLE,
    rfc3339,
)
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cbrn_consumers.partners.copies import Copy
    from cbrn_schemas.partner_release import Approved, ReleasedDocument, Shown
    from cbrn_schemas.topics import Realm

    Sign = Callable[[bytes], bytes]
    """From a document to the same with a signature in it."""

ASKED: Final = "support"
"""Role of a partner that is asked to acknowledge: the watch misses answers of whoever leads or supports."""
TOLD: Final = "inform"


class Output(NamedTuple):
    """One record that a step writes beside the log."""

    topic: str
    key: bytes
    headers: list[Header]
    value: bytes


class Departure(NamedTuple):
    """All that one release writes."""

    outputs: list[Output]
    entry: Released


def departure(
    copy: Copy, realm: Realm, now: datetime, *, sign: Sign | None, approvals: Sequence[Approved] = ()
) -> Departure:
    """Lay out a release of what is shown; without `sign` its documents leave unsigned, as the agreement then allows."""
    shown = copy.shown
    assert shown is not None, "only what can be shown can leave"
    event = parse_event(shown.event.encode())
    # An all-clear asks for no answer.
    within = shown.acknowledge_within_s if copy.held.message_type != "Cancel" else None
    acknowledge_by = None if within is None else now + timedelta(seconds=within)
    key, called = key_of(event).encode(), copy.called_abroad
    shared = _shared(copy, shown, acknowledge_by)
    own = binary_headers(
        id=called.id,
        source=called.source,
        type=ce_type(event.kind),
        time=rfc3339(event.observed),
        subject=key.decode(),
    )
    role = ASKED if acknowledge_by is not None else TOLD
    # Neither rules nor book: the name of a rule tells what of the event it is about.
    routed = [
        (ROLE, role.encode()),
        (PLACE, (event.where.district or "").encode()),  # as far as the partner sees it, not as the bus found it
    ]
    alert = [*own, *routed, *shared]
    outputs = [Output(to_topic(realm, copy.held.partner, "alerts"), key, alert, shown.event.encode())]
    digests: dict[str, str] = {}
    for each in shown.documents:
        text = each.text.encode()
        content = text if sign is None or not each.can_be_signed else sign(text)
        digests[each.format] = digest_of(content)
        headers = _document_headers(copy, each, rfc3339(now), key)
        public = [(PUBLIC, b"true")] if shown.public else []
        outputs.append(
            Output(to_topic(realm, copy.held.partner, "documents"), key, [*headers, *shared, *public], content)
        )
    entry = Released(
        id=copy.id,
        at=now,
        automatic=not approvals,
        seen=shown.digest,
        agreement=shown.agreement,
        agreement_digest=shown.agreement_digest,
        clauses=shown.clauses,
        withheld=shown.withheld,
        cells=shown.cells,
        event_digest=digest_of(shown.event),
        documents=digests,
        unsigned=_unsigned(shown, signs=sign is not None),
        acknowledge_by=acknowledge_by,
        approvals=tuple(approvals),
    )
    return Departure(outputs, entry)


def _unsigned(shown: Shown, *, signs: bool) -> str | None:
    """Say why documents carry no signature; None where all do."""
    if not signs:
        return "the agreement lets them leave without a signature, and there is no key"
    without = [each.format for each in shown.documents if not each.can_be_signed]
    return f"no signature is put into {', '.join(without)}" if without else None


def _shared(copy: Copy, shown: Shown, acknowledge_by: datetime | None) -> list[Header]:
    """Return what the bus says beside event and documents: nothing that the event itself does not say to the partner.

    The place as the bus found it, and its doubts, stay at home.
    """
    headers = [(AGREEMENT, shown.agreement.encode())]
    if acknowledge_by is not None:
        headers.append((ACKNOWLEDGE_BY, rfc3339(acknowledge_by).encode()))
    if copy.held.restricted:
        headers.append((RESTRICTED, b"true"))
    return headers


def _document_headers(copy: Copy, document: ReleasedDocument, at: str, key: bytes) -> list[Header]:
    called = copy.called_abroad  # and not the copy's own name: that can be guessed, and tried
    name = f"{copy.held.partner}\0{called.source}\0{called.id}"
    return binary_headers(
        id=f"{digest_of(name)[:24]}.{document.format}",
        source=HELD_SOURCE,
        type=DOCUMENT_TYPE,
        time=at,
        subject=key.decode(),
        content_type=document.content_type,
    )
