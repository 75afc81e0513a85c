"""What the content type of a record says: an event by itself, an event in an envelope, or nothing that is carried."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.headers import shown

JSON: Final = b"application/json"
STRUCTURED: Final = b"application/cloudevents"
_STRUCTURED_FORMS: Final = frozenset({STRUCTURED, STRUCTURED + b"+json"})
_BATCH: Final = b"application/cloudevents-batch"
_NO_EVENTS: Final = frozenset({b"application/json-patch+json", b"application/merge-patch+json"})
"""Written in JSON, but changes to a document and no document (RFC 6902, RFC 7396)."""


class Mode(Enum):
    """Modes of the CloudEvents Kafka binding."""

    BINARY = auto()
    """Attributes in headers, the event's data in the value."""
    STRUCTURED = auto()
    """All of it in the value, as one JSON object."""


def mode_of(content_type: bytes) -> Mode:
    """Return the mode in which a record carries its event; binary where nothing is said.

    Raises:
        InvalidEventError: a format that the bus does not carry.
    """
    media = content_type.partition(b";")[0].strip().lower()
    if media in _STRUCTURED_FORMS:
        return Mode.STRUCTURED
    if not media or _is_json(media):
        return Mode.BINARY
    raise InvalidEventError(
        Reason.HEADERS_CONTRADICT,
        where="header:content-type",
        message=f"content type {shown(content_type.decode('utf-8', 'replace'))} is not carried",
        hint=_hint(media),
    )


def _is_json(media: bytes) -> bool:
    """Tell whether it is JSON as the official SDKs have it: `application/json`, `text/json`, `+json` (RFC 6839)."""
    kind, _, form = media.partition(b"/")
    return (
        kind in {b"application", b"text"}
        and (form == b"json" or form.endswith(b"+json"))
        and media not in _NO_EVENTS
        and not media.startswith(STRUCTURED)
    )


def _hint(media: bytes) -> str:
    if media.startswith(_BATCH):
        return (
            "A record carries one event: publish each event of the batch by itself, as application/cloudevents+json "
            "or, with its attributes in ce_ headers, as application/json."
        )
    if media.startswith(STRUCTURED) or b"avro" in media or b"protobuf" in media:
        return "Events are JSON, readable by everybody on the way: set the program's event format to JSON."
    if media in _NO_EVENTS:
        return "Publish the whole event as it is now (message_type Update), not a change to it, as application/json."
    if media.endswith((b"/jsonlines", b"/jsonl", b"/x-ndjson", b"/ndjson", b"/json-seq")):
        return "A record carries one event: publish each line by itself, as application/json."
    return "Publish JSON with content-type application/json, or application/cloudevents+json."
