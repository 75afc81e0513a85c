"""What a release from quarantine writes: the original, or a correction that the router will take. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cbrn_consumers.errors import AlreadyReleasedError, CorrectionError
from cbrn_producers.inbound.original import OVERRULED as OVERRULED_STREAM
from cbrn_producers.inbound.original import STREAM as ORIGINALS
from cbrn_producers.inbound.overruling import OVERRULED
from cbrn_schemas.claims import check_claims, check_source
from cbrn_schemas.envelope import Header, binary_headers, read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import ce_type, key_of, parse_event
from cbrn_schemas.headers import SIGNATURE
from cbrn_schemas.records import ORIGIN_TOPIC, QUARANTINED_AT, RELEASED_BY, rfc3339
from cbrn_schemas.topics import Lane, Realm, bus_topic, parse_from_topic

if TYPE_CHECKING:
    from cbrn_consumers.quarantine.items import Item
    from cbrn_schemas.events import AnyEvent

CONTENT: Final = "content-type"
_AGAIN: Final = "unchanged it would be set aside again"


@dataclass(frozen=True, slots=True)
class Release:
    """What goes back onto the bus."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[Header]
    vouched: bool = False
    """A person of the trust file has signed that it goes back, so that the keeper may sign it in the body's place."""


def check_open(item: Item) -> Item:
    """Return the item, if it waits.

    Raises:
        AlreadyReleasedError: it was released.
    """
    if not item.open:
        raise AlreadyReleasedError(
            f"{item.id} was released by {item.released_by} at {item.released_at}",
            hint="If it was set aside again, it has a new id: see `cbrn quarantine list`.",
        )
    return item


def plan_release(item: Item, *, corrected: bytes | None = None, new_id: str | None = None) -> Release:
    """Make the record that a release writes: the original one, or the corrected event under the original's identity.

    Raises:
        CorrectionError: the corrected event would be quarantined again, or there is nothing to release.
    """
    if is_document(item.topic):
        check_document(corrected=corrected, new_id=new_id)
    elif corrected is not None:
        return _plan_correction(item, corrected, new_id)
    else:
        origin_of(item.topic)
    if item.value is None:
        raise CorrectionError(
            "the record has no value", where="value", hint="Release it with the event: `--with FILE`."
        )
    return Release(item.topic, item.key, item.value, _renamed(item.headers, new_id))


def check_correction(topic: str, corrected: bytes) -> None:
    """Refuse a correction that no router would take out of `topic`, whatever lies in quarantine.

    Raises:
        CorrectionError: as `plan_release`; it needs the event alone, so that a person need not wait for a broker.
    """
    if is_document(topic):
        check_document(corrected=corrected, new_id=None)
    realm, body, lane = origin_of(topic)
    try:
        event = parse_event(corrected)
        headers = _attributes(event, "any", f"/{body}")
        check_claims(read_envelope(headers, corrected), event, body, lane, realm)
    except InvalidEventError as error:
        raise CorrectionError(error.message, where=error.where, hint=error.hint) from None


def check_unchanged(item: Item, *, new_id: str | None = None) -> None:
    """Refuse to put back unchanged what a router that is like this program would set aside again.

    Raises:
        CorrectionError: for what, and what to do instead.
    """
    if is_document(item.topic):
        check_overruled(item)
        return
    realm, body, lane = origin_of(item.topic)
    hint = "Release it corrected (`--with FILE`); or `--as-is`, if the routers read it by now."
    if item.reason == Reason.ID_REUSED and new_id is None:
        raise CorrectionError(f"{_AGAIN}: {item.message}", where=item.where, hint="Give it a new id: `--new-id`.")
    try:
        envelope = read_envelope(_renamed(item.headers, new_id), item.value)
        check_source(envelope, body)
        check_claims(envelope, parse_event(envelope.data), body, lane, realm)
    except InvalidEventError as error:
        hint = f"{error.hint.rstrip('.')}. {hint}"
        raise CorrectionError(f"{_AGAIN}: {error.message}", where=error.where, hint=hint) from None


def is_document(topic: str) -> bool:
    """Tell whether a topic holds partners' documents, which go back as they are to be looked at anew."""
    ingress = parse_from_topic(topic)
    return ingress is not None and ingress.stream == ORIGINALS


def check_document(*, corrected: bytes | None, new_id: str | None) -> None:
    """Refuse to put words into a partner's mouth.

    Raises:
        CorrectionError: another document, or another id, than the partner's own.
    """
    if corrected is not None or new_id is not None:
        raise CorrectionError(
            "a partner's document goes back as it came, or not at all",
            where="value" if new_id is None else "header:ce_id",
            hint="Release it without --with and --new-id, or ask the partner for another one.",
        )


def check_overruled(item: Item) -> None:
    """Refuse what no person can make right: an altered document, or one that cannot be read.

    Raises:
        CorrectionError: as said.
    """
    if item.reason not in OVERRULED:
        raise CorrectionError(
            f"{_AGAIN}: {item.message}",
            where=item.where,
            hint="No release changes that. Ask the partner for the document again, or what it says.",
        )


def let_through(plan: Release, item: Item, realm: Realm, by: str) -> Release:
    """Return a document on its way past what had refused it, with who has let it through and when it was set aside.

    Not into the topic that it came from: there its partner writes, and could say the same of itself.
    """
    said = [(ORIGIN_TOPIC, item.topic.encode()), (QUARANTINED_AT, item.at.encode()), (RELEASED_BY, by.encode())]
    return replace(plan, topic=bus_topic(realm, OVERRULED_STREAM), headers=[*plan.headers, *said])


def origin_of(topic: str) -> tuple[Realm, str, Lane]:
    """Read the realm, body and lane of the topic into which the record goes back.

    Raises:
        CorrectionError: it is no topic that a router reads.
    """
    ingress = parse_from_topic(topic)
    if ingress is None or ingress.stream not in set(Lane):
        raise CorrectionError(
            f"{topic or 'nothing'} is no topic that agencies publish into",
            where=f"header:{ORIGIN_TOPIC}",
            hint="The record is none of the router's, so it has no way back; publish the event anew.",
        )
    return ingress.realm, ingress.body, Lane(ingress.stream)


def _plan_correction(item: Item, corrected: bytes, new_id: str | None) -> Release:
    realm, body, lane = origin_of(item.topic)
    identifier, source = _identity(item)
    try:
        event = parse_event(corrected)
        headers = _attributes(event, new_id or identifier, source)
        headers = _with_own(headers, item.headers, corrected)
        envelope = read_envelope(headers, corrected)
        check_source(envelope, body)
        check_claims(envelope, event, body, lane, realm)
    except InvalidEventError as error:
        raise CorrectionError(error.message, where=error.where, hint=error.hint) from None
    return Release(item.topic, key_of(event).encode(), corrected, headers)


def _attributes(event: AnyEvent, identifier: str, source: str) -> list[Header]:
    """Return the headers that name an event."""
    named, time = ce_type(event.kind), rfc3339(event.observed)
    return binary_headers(id=identifier, source=source, type=named, time=time, subject=key_of(event))


def _with_own(headers: list[Header], own: list[Header], corrected: bytes) -> list[Header]:
    """Add to the correction's headers what else the original had and may go on: it may be why it was set aside."""
    kept = ((name, content) for name, content in own if not _is_attribute(name) and name != SIGNATURE)
    more = [*headers, *kept]  # a signature was over other bytes
    try:
        read_envelope(more, corrected)
    except InvalidEventError:
        return headers
    return more


def _is_attribute(name: str) -> bool:
    """Tell whether a header is one of CloudEvents, whatever its capitals."""
    return name.lower().startswith("ce_") or name.lower() == CONTENT


def _identity(item: Item) -> tuple[str, str]:
    """Read the id and source of the original, as far as it had ones that may stand."""
    found = {name: (content or b"").decode("utf-8", "backslashreplace") for name, content in item.headers}
    identifier, source = found.get("ce_id", ""), found.get("ce_source", "")
    try:
        envelope = read_envelope(item.headers, item.value)
    except InvalidEventError:
        pass
    else:
        identifier, source = envelope.id, envelope.source
    ours = source == f"/{item.body}" or source.startswith(f"/{item.body}/")
    return identifier or str(uuid.uuid4()), source if ours else f"/{item.body}"


def _renamed(headers: list[Header], new_id: str | None) -> list[Header]:
    if new_id is None:
        return headers
    # A signature names the id: under another it would be wrong, which is worse than none.
    kept = (header for header in headers if header[0].lower() != "ce_id" and header[0] != SIGNATURE)
    return [*kept, ("ce_id", new_id.encode())]
