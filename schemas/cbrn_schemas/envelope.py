"""CloudEvents 1.0.2 in the Kafka protocol binding: binary and structured in, binary out.

The data's bytes are never re-serialised. From a structured event the bytes of its `data` member are cut out as they
stand. Headers that begin with `cbrn_` belong to the bus and never come in from outside. What goes on of the others is
decided in `headers`.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from cbrn_schemas.content_type import JSON, STRUCTURED, Mode, mode_of
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.headers import (
    CONTENT_TYPE,
    HEADER_BYTES_MAX,
    PREFIX,
    RESERVED_PREFIX,
    Header,
    carry,
    decode_key,
    encode_key,
    is_time,
    shown,
)
from cbrn_schemas.text import wrong_encoding

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "HEADER_BYTES_MAX",
    "JSON_CONTENT",
    "PAYLOAD_BYTES_MAX",
    "RESERVED_PREFIX",
    "STRUCTURED_CONTENT",
    "Envelope",
    "Header",
    "binary_headers",
    "decode_key",
    "encode_key",
    "read_envelope",
]

SPECVERSION: Final = b"1.0"
JSON_CONTENT: Final = JSON
STRUCTURED_CONTENT: Final = STRUCTURED
PAYLOAD_BYTES_MAX: Final = 65_536
"""64 KiB: what every CloudEvents intermediary must forward (CloudEvents 1.0.2, section 6)."""
ID_MAX: Final = 128
"""Characters of an event's id, as of every identifier."""
SOURCE_MAX: Final = 256

_USUAL: Final = frozenset(
    {
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_specversion",
        "ce_time",
        "ce_subject",
        "ce_dataschema",
        "content-type",
        "traceparent",
        "tracestate",
    }
)
"""Where no other header is there, none can be a reserved one, and their names have at most 128 bytes."""
_FREE: Final = frozenset({"ce_subject", "ce_dataschema", "traceparent", "tracestate"})
"""Those of them that may say anything, in any event something else."""
_TYPE_BYTES_MAX: Final = 128
"""Of what is remembered; the types of this bus have half as many."""
_USUAL_BYTES_MAX: Final = HEADER_BYTES_MAX - 128


class Envelope(NamedTuple):
    """One event as it came: who it is by its headers, and its data's bytes."""

    id: str
    source: str
    type: str
    data: bytes
    headers: Sequence[Header]
    """The binary-mode headers that go on: the publisher's own, without the bus's reserved ones."""
    stripped: bool
    """Whether reserved headers were found and left out."""
    left_out: bool = False
    """Whether headers were left out that no CloudEvents reader could read."""

    @property
    def body(self) -> str:
        """The body that the source names: the first part of `/mes/minkush-post`."""
        return self.source[1:].partition("/")[0]


def binary_headers(
    *,
    id: str,  # noqa: A002 - the attribute's own name in CloudEvents
    source: str,
    type: str,  # noqa: A002 - the same
    time: str,
    subject: str | None = None,
    dataschema: str | None = None,
    content_type: str = JSON_CONTENT.decode(),
) -> list[Header]:
    """Make the headers of a binary-mode event, with JSON data unless it is said. `time` is RFC 3339."""
    headers = [
        ("ce_specversion", SPECVERSION),
        ("ce_id", id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", type.encode()),
        ("ce_time", time.encode()),
        ("content-type", content_type.encode()),
    ]
    if subject is not None:
        headers.append(("ce_subject", subject.encode()))
    if dataschema is not None:
        headers.append(("ce_dataschema", dataschema.encode()))
    return headers


def read_envelope(headers: Sequence[Header], value: bytes | None) -> Envelope:
    """Read the event in a Kafka record.

    Raises:
        InvalidEventError: null value, too large, headers missing, not a CloudEvent, `data_base64`.
    """
    if value is None or len(value) > PAYLOAD_BYTES_MAX:
        raise _no_event(value)
    found = dict(headers)
    if len(found) == len(headers) and (plain := _plain(found, headers, value)) is not None:
        return plain
    content_type = next((content for name, content in headers if content and name.lower() == CONTENT_TYPE), b"")
    if mode_of(content_type) is Mode.STRUCTURED:
        return _structured(headers, value)
    carried = carry(headers)
    own = [*carried.headers, (CONTENT_TYPE, JSON_CONTENT)]
    return _binary(dict(own), own, value)._replace(stripped=carried.stripped, left_out=carried.left_out)


def _plain(found: dict[str, bytes], headers: Sequence[Header], data: bytes) -> Envelope | None:
    """Return the envelope where only the usual is there and all of it can go on as it stands: nearly always.

    In everything else, and in every error, the long way round knows more.
    """
    get = found.get
    try:
        source, kind, room, timed, others = _of_publisher(
            tuple(found), get("ce_specversion"), get("ce_source"), get("ce_type"), get(CONTENT_TYPE, JSON_CONTENT)
        )
    except LookupError:
        return None
    identifier = found["ce_id"]
    together = identifier
    if others:
        values = [found[name] for name in others]
        if not (identifier and all(values)):
            return None
        together = identifier + b"".join(values)
    if timed:
        time = found["ce_time"]
        if not (time and is_time(time)):
            return None
        room -= len(time)
    if (
        not (identifier and together.isascii() and together.decode().isprintable())
        or len(identifier) > ID_MAX
        or len(together) > room
    ):
        return None
    return Envelope(identifier.decode(), source, kind, data, headers, False)  # noqa: FBT003 - hot


@lru_cache(maxsize=1024)  # of one publisher's events nearly all are alike in this: 1024 x about 1 KiB
def _of_publisher(
    names: tuple[str, ...], specversion: bytes | None, source: bytes | None, kind: bytes | None, content_type: bytes
) -> tuple[str, str, int, bool, tuple[str, ...]]:
    """Return source, type, bytes left for the rest, whether there is a time, and what else each event may say anew.

    Raises:
        LookupError: something in it is not as usual; that is not remembered, since it may be of any size.
    """
    if (
        not _USUAL.issuperset(names)
        or "ce_id" not in names
        or not (source and kind)
        or (specversion, content_type) != (SPECVERSION, JSON_CONTENT)
        or not (len(source) <= SOURCE_MAX and source.startswith(b"/") and len(kind) <= _TYPE_BYTES_MAX)
        or not ((source + kind).isascii() and (source + kind).decode().isprintable())
    ):
        raise LookupError
    room = _USUAL_BYTES_MAX - sum(map(len, (source, kind, SPECVERSION, content_type if CONTENT_TYPE in names else b"")))
    return source.decode(), kind.decode(), room, "ce_time" in names, tuple(name for name in names if name in _FREE)


def _binary(found: dict[str, bytes], own: list[Header], data: bytes) -> Envelope:
    identifier, source, kind = found.get("ce_id"), found.get("ce_source"), found.get("ce_type")
    if not (identifier and source and kind) or found.get("ce_specversion") != SPECVERSION:
        raise _header_missing(found, data)
    try:
        envelope = Envelope(identifier.decode(), source.decode(), kind.decode(), data, own, stripped=False)
    except UnicodeDecodeError as error:
        raise InvalidEventError(
            Reason.BAD_ENCODING,
            where="header:ce_id, ce_source or ce_type",
            message=f"byte {error.start + 1}: {error.reason}",
            hint="Encode CloudEvents headers as UTF-8.",
        ) from None
    if not (identifier.isascii() and source.isascii()):
        envelope = _composed(envelope)
    _check_identity(envelope)
    return envelope


def _composed(envelope: Envelope) -> Envelope:
    """Compose id and source as Unicode has it (NFC): the same letters must be the same event.

    Some systems write `й` as one character, others as two, and a resent event must count once.
    """
    identifier, source = (unicodedata.normalize("NFC", text) for text in (envelope.id, envelope.source))
    named = {"ce_id": identifier.encode(), "ce_source": source.encode()}
    headers = [(name, named.get(name, content)) for name, content in envelope.headers]
    return envelope._replace(id=identifier, source=source, headers=headers)


class _Structured(msgspec.Struct):
    """The members of a structured event that matter here; the rest are extension attributes."""

    id: str
    source: str
    type: str
    specversion: str
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str | None = None


_structured_decoder = msgspec.json.Decoder(_Structured)
_members_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _structured(headers: Sequence[Header], value: bytes) -> Envelope:
    try:
        event = _structured_decoder.decode(value)
        attributes, objects = _attributes(_members_decoder.decode(value))
    except RecursionError:
        raise InvalidEventError(
            Reason.NOT_JSON, where="value", message="nested too deep", hint="An event has a few levels, not hundreds."
        ) from None
    except msgspec.ValidationError as error:
        raise InvalidEventError(
            Reason.HEADERS_MISSING,
            where="value",
            message=f"not a complete structured CloudEvent: {error}",
            hint="Give id, source, type and specversion 1.0 beside data.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise wrong_encoding(value) or InvalidEventError(
            Reason.NOT_JSON, where="value", message=str(error), hint="Publish one JSON object; check quotes and commas."
        ) from None
    data = _data(event)
    carried = carry([*attributes, *(header for header in headers if not header[0].lower().startswith(PREFIX))])
    own = [*carried.headers, (CONTENT_TYPE, JSON_CONTENT)]
    left_out = carried.left_out or objects
    return _binary(dict(own), own, data)._replace(stripped=carried.stripped, left_out=left_out)


def _data(event: _Structured) -> bytes:
    if event.data_base64 is not None:
        raise InvalidEventError(
            Reason.DATA_BASE64,
            where="data_base64",
            message="events are JSON, base64 data is not carried",
            hint="Put the JSON event into `data` as it is.",
        )
    data = bytes(event.data)
    if not data or data == b"null":
        raise InvalidEventError(
            Reason.NULL_VALUE, where="data", message="the event has no data", hint="Put the JSON event into `data`."
        )
    return data


_NO_ATTRIBUTES = frozenset({"data", "data_base64", "datacontenttype"})


def _attributes(members: dict[str, msgspec.Raw]) -> tuple[list[Header], bool]:
    """Read the attributes of a structured event as headers, and whether an object or a list stood among them.

    Attributes are text, numbers and truth values, and null stands for «not given» (CloudEvents 1.0.2, type system and
    JSON format, 2.2).
    """
    found: list[Header] = []
    objects = False
    for name, raw in members.items():
        content = bytes(raw)
        if name in _NO_ATTRIBUTES or content == b"null":
            continue
        if content[:1] in b"{[":
            objects = True
        else:
            text = str(msgspec.json.decode(raw)).encode() if content[:1] == b'"' else content
            found.append((f"{PREFIX}{name}", text))
    return found, objects


def _no_event(value: bytes | None) -> InvalidEventError:
    """Refuse a record without a value, or with one that is not carried."""
    if value is None:
        return InvalidEventError(
            Reason.NULL_VALUE,
            where="value",
            message="the record has no value",
            hint="Publish the event as JSON in the record's value; a null value says nothing.",
        )
    return InvalidEventError(
        Reason.TOO_LARGE,
        where="value",
        message=f"the value has {len(value)} bytes, at most {PAYLOAD_BYTES_MAX} are carried",
        hint="Leave attachments out and give their address instead; then publish again.",
    )


def _check_identity(envelope: Envelope) -> None:
    if not envelope.id or len(envelope.id) > ID_MAX or not envelope.id.isprintable():
        raise InvalidEventError(
            Reason.HEADERS_MISSING,
            where="header:ce_id",
            message="the id is empty, longer than 128 characters or not printable",
            hint="Give every event its own id, for instance a UUID.",
        )
    source = envelope.source
    if not source.startswith("/") or len(source) > SOURCE_MAX or not source.isprintable():
        raise InvalidEventError(
            Reason.HEADERS_CONTRADICT,
            where="header:ce_source",
            message=f"source {shown(envelope.source)} is not of the form /<body> or /<body>/<system>",
            hint="Name your body first: /mes or /mes/minkush-post.",
        )


def _header_missing(found: dict[str, bytes], data: bytes) -> InvalidEventError:
    name = next((name for name in ("ce_id", "ce_source", "ce_type") if not found.get(name)), "ce_specversion")
    hint = "Give id, source, type and specversion 1.0; in binary mode as ce_id, ce_source, ce_type, ce_specversion."
    if not any(header.startswith(PREFIX) for header in found) and b'"specversion"' in data:
        hint = (
            "The value looks like a structured CloudEvent: say so with content-type application/cloudevents+json; "
            f"as {JSON_CONTENT.decode()} its attributes are to be in ce_ headers."
        )
    return InvalidEventError(
        Reason.HEADERS_MISSING,
        where=f"header:{name}",
        message=f"the CloudEvents header {name} is missing or not as it must be",
        hint=hint,
    )
