"""From a request to the events in it: plain JSON, or CloudEvents 1.0.2 in the HTTP binding (binary, structured, batch).

The data's bytes travel as they came. What the bus says of an event, it says here in the same words.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum, auto
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from cbrn_producers.errors import RefusedEventError, TooLargeError
from cbrn_producers.files import FileEvent, Place, Refusal, read_events
from cbrn_producers.gateway.errors import ContentTypeError
from cbrn_schemas.content_type import Mode, mode_of
from cbrn_schemas.envelope import JSON_CONTENT, STRUCTURED_CONTENT, Header, read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BATCH_EVENTS_MAX: Final = 1_000
"""As many as an agency has on their way at once; the answer has about 300 bytes an event."""

_BATCH_TYPES: Final = frozenset({b"application/cloudevents-batch+json", b"application/cloudevents-batch"})
_LINES_TYPES: Final = frozenset({b"application/x-ndjson", b"application/ndjson", b"application/jsonl"})
_ATTRIBUTE: Final = b"ce-"
_TRACE: Final = frozenset({b"traceparent", b"tracestate"})
_HEADER: Final = re.compile(r"\bce_")
"""As Kafka's headers begin, not a value such as /mes/source_1."""
_QUOTED: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_NAME: Final = "body.json"
"""What a place says instead of a file's name; its ending says that what looks like YAML is none here."""


class Form(Enum):
    """What the content type says of a body."""

    EVENT = auto()
    """One event, plain or with its attributes in `ce-` headers; an array of events, where it begins with a bracket."""
    STRUCTURED = auto()
    BATCH = auto()
    LINES = auto()


class Posted(NamedTuple):
    """What a request holds."""

    events: Sequence[FileEvent | Refusal]
    batch: bool
    """Whether each is answered for in a list."""

    def named(self, name: str) -> Posted:
        """Give a plain event that came by itself its id."""
        match self:
            case ([FileEvent(envelope=None) as event], False):
                return Posted([replace(event, name=name)], batch=False)
        return self


def form_of(content_type: bytes) -> Form:
    """Read a content type.

    Raises:
        ContentTypeError: none, or one that the bus does not carry. That keeps web pages of other sites out, too: what a
            browser lets them send without asking is a form or plain text.
    """
    media = content_type.partition(b";")[0].strip().lower()
    if media in _BATCH_TYPES:
        return Form.BATCH
    if media in _LINES_TYPES:
        return Form.LINES
    if not media:
        raise ContentTypeError("the request has no content type")
    try:
        return Form.STRUCTURED if mode_of(content_type) is Mode.STRUCTURED else Form.EVENT
    except InvalidEventError as error:
        raise ContentTypeError(error.message) from None


def is_batch(form: Form, beginning: bytes | bytearray) -> bool:
    """Tell whether a body may be as large as a batch, by its content type and by how it begins."""
    return form in {Form.BATCH, Form.LINES} or (form is Form.EVENT and beginning.lstrip()[:1] == b"[")


def read_posted(form: Form, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Posted:
    """Read the events of a request. A mistake in one of them is a `Refusal` in its place.

    Raises:
        RefusedEventError: what was sent is another thing than the content type says.
        TooLargeError: more events than a batch may have.
    """
    attributes = [(name, value) for name, value in headers if name.startswith(_ATTRIBUTE)]
    if form is Form.EVENT and attributes:
        traces = [(name.decode(), value) for name, value in headers if name in _TRACE]
        return Posted([_binary(attributes, traces, body)], batch=False)
    batch = is_batch(form, body)
    if form is Form.BATCH and body.lstrip()[:1] != b"[":
        raise _not_json("a batch is a JSON array of events", "Put the events into [ ], or send one by itself.")
    found = list(islice(read_events(_NAME, body), BATCH_EVENTS_MAX + 1))
    if len(found) > BATCH_EVENTS_MAX:
        raise TooLargeError(f"more than {BATCH_EVENTS_MAX} events in one request", hint="Send them in several batches.")
    if not batch and len(found) > 1:
        raise _not_json("several events in one body", "Send JSON lines with content type application/x-ndjson.")
    if form in {Form.BATCH, Form.STRUCTURED}:
        found = [_enveloped(each) for each in found]
    return Posted(found, batch)


def _binary(attributes: Iterable[tuple[bytes, bytes]], traces: list[Header], body: bytes) -> FileEvent | Refusal:
    """Read an event whose attributes are in headers; traces are headers of their own, as in Kafka."""
    named = [(f"ce_{name.removeprefix(_ATTRIBUTE).decode()}", _decoded(value)) for name, value in attributes]
    place = Place(_NAME, 1)
    try:
        envelope = read_envelope([*named, *traces, ("content-type", JSON_CONTENT)], body)
    except InvalidEventError as error:
        where, message, hint = (_HEADER.sub("ce-", text) for text in (error.where, error.message, error.hint))
        return Refusal(place, RefusedEventError(error.reason, where=where, message=message, hint=hint))
    return FileEvent(place, envelope.data, envelope)


def _decoded(value: bytes) -> bytes:
    """Decode a header's value: quotes first, then one round of percent signs (CloudEvents HTTP binding, 3.1.3.2)."""
    if (quoted := _QUOTED.fullmatch(value)) is not None:
        value = re.sub(rb"\\(.)", rb"\1", quoted[1])
    return unquote_to_bytes(value)


def _enveloped(found: FileEvent | Refusal) -> FileEvent | Refusal:
    """Refuse a plain event where the content type promises a CloudEvent."""
    if isinstance(found, Refusal) or found.envelope is not None:
        return found
    try:
        envelope = read_envelope([("content-type", STRUCTURED_CONTENT)], found.data)
    except InvalidEventError as error:
        return Refusal(found.place, RefusedEventError.of(error))
    return FileEvent(found.place, envelope.data, envelope)


def _not_json(message: str, hint: str) -> RefusedEventError:
    return RefusedEventError(Reason.NOT_JSON, where="value", message=message, hint=hint)
