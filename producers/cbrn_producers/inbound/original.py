"""A document of a partner as a record: its own bytes, and beside them whence and when it came. Pure.

Its id follows from its bytes, so that what is fetched twice, or lies in two feeds, is one document.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.records import DOCUMENT_TYPE, ORIGIN_TOPIC, QUARANTINED_AT, RELEASED_BY, broker_time, rfc3339
from cbrn_schemas.topics import from_topic, parse_from_topic

if TYPE_CHECKING:
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.envelope import Header
    from cbrn_schemas.topics import Realm

STREAM: Final = "originals"
OVERRULED: Final = "overruled"
"""Topic of the bus on which a document lies that a person has let through after it was set aside."""
CAME_FROM: Final = "ce_camefrom"
"""Address of the feed or document, or name of the folder."""
ENTRY: Final = "ce_entry"
"""Digest of the feed's entry that brought it: what is known needs not be fetched again after a restart."""
DOCUMENT_BYTES_MAX: Final = 900_000
"""A record of the topic is 1 MiB at most, its headers included. The largest alert that was seen for this part of the
world has 450 kB."""
_CHARS_MAX: Final = 500


def document_id(data: bytes) -> str:
    """Name a document by its bytes."""
    return f"sha256-{hashlib.sha256(data).hexdigest()}"


class Arrived(NamedTuple):
    """A document that lies on the topic of a partner's originals."""

    partner: str
    data: bytes
    id: str
    received: datetime
    came_from: str | None
    content_type: str
    released_by: str | None
    """The person who let it through after it was set aside; said on a topic that no partner may write."""

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes in hex."""
        return hashlib.sha256(self.data).hexdigest()


def originals_topic(realm: Realm, partner: str) -> str:
    """Return the topic on which a partner's documents lie."""
    return from_topic(realm, partner, STREAM)


def headers_of(
    data: bytes, *, partner: str, content_type: str, received: datetime, came_from: str, entry: str | None = None
) -> list[Header]:
    """Make the headers of a document: a CloudEvent whose data are the document itself."""
    headers = binary_headers(
        id=document_id(data),
        source=f"/{partner}/inbound",
        type=DOCUMENT_TYPE,
        time=rfc3339(received),
        content_type=content_type,
    )
    headers.append((CAME_FROM, came_from[:_CHARS_MAX].encode()))
    if entry is not None:
        headers.append((ENTRY, entry.encode()))
    return headers


def arrived(record: Record, now: datetime) -> Arrived:
    """Read a record of such a topic, or of what a person has let through.

    A partner may have written it itself. So when it was received is the broker's word: signatures are verified for that
    time, and a partner that names another could sign with a certificate that has run out. And who has let it through
    counts on the bus's own topic alone.
    """
    named = {name.lower(): (content or b"").decode("utf-8", "replace") for name, content in record.headers}
    received = broker_time(record.timestamp, getattr(record, "timestamp_type", None), now)
    topic, released_by = record.topic, None
    if parse_from_topic(topic) is None:
        topic, released_by = named.get(ORIGIN_TOPIC, ""), _line(named.get(RELEASED_BY))
        received = _moment(named.get(QUARANTINED_AT, "")) or received
    ingress, data = parse_from_topic(topic), record.value or b""
    return Arrived(
        partner="" if ingress is None else ingress.body,
        data=data,
        id=document_id(data),
        received=received,
        came_from=_line(named.get(CAME_FROM)),
        content_type=named.get("content-type", ""),
        released_by=released_by,
    )


def _line(text: str | None) -> str | None:
    shown = "".join(sign for sign in text or "" if sign.isprintable())[:_CHARS_MAX]
    return shown or None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)
