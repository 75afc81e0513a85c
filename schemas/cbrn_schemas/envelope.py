"""CloudEvents 1.0.2 in the Kafka protocol binding: binary and structured in, binary out.

The data's bytes are never re-serialised. From a structured event the bytes of its `data` member are cut out as they
stand. Headers that begin with `cbrn_` belong to the bus and never come in from outside.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from cbrn_schemas.errors import InvalidEventError, Reason

Header = tuple[str, bytes]

SPECVERSION: Final = b"1.0"
JSON_CONTENT: Final = b"application/json"
STRUCTURED_CONTENT: Final = b"application/cloudevents"
RESERVED_PREFIX: Final = "cbrn_"
HEADER_BYTES_MAX: Final = 16_384
"""Of all headers' values together: ten times what a traced CloudEvent has."""
PAYLOAD_BYTES_MAX: Final = 65_536
"""64 KiB: what every CloudEvents intermediary must forward (CloudEvents 1.0.2, section 6)."""


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
"""Where no other header is there, none can be a reserved one."""


class Envelope(NamedTuple):
    """One event as it came: who it is by its headers, and its data's bytes."""

    id: str
    source: str
    type: str
    data: bytes
    headers: list[Header]
    """The binary-mode headers that go on: the publisher's own, without the bus's reserved ones."""
    stripped: bool
    """Whether reserved headers were found and left out."""

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
) -> list[Header]:
    """Headers of a binary-mode event with JSON data. `time` is RFC 3339."""
    headers = [
        ("ce_specversion", SPECVERSION),
        ("ce_id", id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", type.encode()),
        ("ce_time", time.encode()),
        ("content-type", JSON_CONTENT),
    ]
    if subject is not None:
        headers.append(("ce_subject", subject.encode()))
    if dataschema is not None:
        headers.append(("ce_dataschema", dataschema.encode()))
    return headers


def read_envelope(headers: Sequence[Header], value: bytes | None) -> Envelope:
    """The event in a Kafka record.

    Raises:
        InvalidEventError: null value, too large, headers missing, not a CloudEvent, `data_base64`.
    """
    data = _value(value)
    found = _headers(headers)
    content_type = found.get("content-type") or JSON_CONTENT
    if content_type[:23].lower() == STRUCTURED_CONTENT:
        return _structured(headers, data)
    for name in ("ce_id", "ce_source", "ce_type"):
        if not found.get(name):
            raise _header_missing(name)
    identifier, source, kind = found["ce_id"], found["ce_source"], found["ce_type"]
    if found.get("ce_specversion") != SPECVERSION:
        raise _header_missing("ce_specversion")
    if content_type[:16].lower() != JSON_CONTENT:
        raise InvalidEventError(
            Reason.HEADERS_CONTRADICT,
            where="header:content-type",
            message=f"content type {_shown(content_type)} is not carried",
            hint="Publish JSON with content-type application/json, or application/cloudevents+json.",
        )
    own, stripped = (list(headers), False) if found.keys() <= _USUAL else _own_headers(headers)
    try:
        envelope = Envelope(identifier.decode(), source.decode(), kind.decode(), data, own, stripped)
    except UnicodeDecodeError as error:
        raise InvalidEventError(
            Reason.BAD_ENCODING,
            where="header:ce_id, ce_source or ce_type",
            message=f"not UTF-8: {error.reason}",
            hint="Encode CloudEvents headers as UTF-8.",
        ) from None
    _check_identity(envelope)
    return envelope


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
        members = _members_decoder.decode(value)
        attributes = [(f"ce_{name}", _attribute(raw)) for name, raw in members.items() if name not in _NOT_ATTRIBUTES]
    except RecursionError:
        raise InvalidEventError(
            Reason.NOT_JSON, where="value", message="nested too deep", hint="An event has a few levels, not hundreds."
        ) from None
    except UnicodeDecodeError as error:
        raise InvalidEventError(
            Reason.BAD_ENCODING, where="value", message=f"not UTF-8: {error.reason}", hint="Encode the event as UTF-8."
        ) from None
    except msgspec.ValidationError as error:
        raise InvalidEventError(
            Reason.HEADERS_MISSING,
            where="value",
            message=f"not a complete structured CloudEvent: {error}",
            hint="Give id, source, type and specversion 1.0 beside data.",
        ) from None
    except msgspec.DecodeError as error:
        raise InvalidEventError(
            Reason.NOT_JSON, where="value", message=str(error), hint="Publish one JSON object; check quotes and commas."
        ) from None
    if event.data_base64 is not None:
        raise InvalidEventError(
            Reason.DATA_BASE64,
            where="data_base64",
            message="events are JSON, base64 data is not carried",
            hint="Put the JSON event into `data` as it is.",
        )
    if event.specversion != "1.0":
        raise _header_missing("ce_specversion")
    data = bytes(event.data)
    if not data or data == b"null":
        raise InvalidEventError(
            Reason.NULL_VALUE, where="data", message="the event has no data", hint="Put the JSON event into `data`."
        )
    own = attributes
    own.append(("content-type", JSON_CONTENT))
    carried = {"content-type", *(name for name, _ in own)}
    extra, stripped = _own_headers(headers)
    own.extend((name, content) for name, content in extra if name not in carried and not name.startswith("ce_"))
    envelope = Envelope(event.id, event.source, event.type, data, own, stripped)
    _check_identity(envelope)
    return envelope


_NOT_ATTRIBUTES = frozenset({"data", "data_base64", "datacontenttype"})


def _attribute(raw: msgspec.Raw) -> bytes:
    value = msgspec.json.decode(raw)
    return value.encode() if isinstance(value, str) else bytes(raw)


def _own_headers(headers: Iterable[Header]) -> tuple[list[Header], bool]:
    own = [header for header in headers if not header[0].startswith(RESERVED_PREFIX)]
    return own, len(own) != len(headers) if isinstance(headers, Sequence) else False


def _value(value: bytes | None) -> bytes:
    if value is None:
        raise InvalidEventError(
            Reason.NULL_VALUE,
            where="value",
            message="the record has no value",
            hint="Publish the event as JSON in the record's value; a null value says nothing.",
        )
    if len(value) > PAYLOAD_BYTES_MAX:
        raise InvalidEventError(
            Reason.TOO_LARGE,
            where="value",
            message=f"the value has {len(value)} bytes, at most {PAYLOAD_BYTES_MAX} are carried",
            hint="Leave attachments out and give their address instead; then publish again.",
        )
    return value


def _headers(headers: Sequence[Header]) -> dict[str, bytes]:
    found = dict(headers)
    if len(found) != len(headers):
        _refuse_repeated(headers)
    if sum(map(len, filter(None, found.values()))) > HEADER_BYTES_MAX:
        raise InvalidEventError(
            Reason.TOO_LARGE,
            where="header",
            message=f"the headers hold more than {HEADER_BYTES_MAX} bytes",
            hint="Put what belongs to the event into its data; headers name and trace it.",
        )
    return found


def _refuse_repeated(headers: Sequence[Header]) -> None:
    """Of two sources a reader might take either: an attribute stands once."""
    seen: set[str] = set()
    for name, _ in headers:
        if name in seen and (name.startswith("ce_") or name == "content-type"):
            raise InvalidEventError(
                Reason.HEADERS_CONTRADICT,
                where=f"header:{name}",
                message="the header is there twice",
                hint="Give each CloudEvents attribute once.",
            )
        seen.add(name)


def _check_identity(envelope: Envelope) -> None:
    if not envelope.id or len(envelope.id) > 128 or not envelope.id.isprintable():  # noqa: PLR2004 - as Identifier
        raise InvalidEventError(
            Reason.HEADERS_MISSING,
            where="header:ce_id",
            message="the id is empty, longer than 128 characters or not printable",
            hint="Give every event its own id, for instance a UUID.",
        )
    if not envelope.source.startswith("/") or len(envelope.source) > 256:  # noqa: PLR2004 - a URI reference of ours
        raise InvalidEventError(
            Reason.HEADERS_CONTRADICT,
            where="header:ce_source",
            message=f"source {_shown(envelope.source.encode())} is not of the form /<body> or /<body>/<system>",
            hint="Name your body first: /mes or /mes/minkush-post.",
        )


def _header_missing(name: str) -> InvalidEventError:
    return InvalidEventError(
        Reason.HEADERS_MISSING,
        where=f"header:{name}",
        message=f"the CloudEvents header {name} is missing or not as it must be",
        hint="Binary mode wants ce_id, ce_source, ce_type and ce_specversion=1.0.",
    )


def _shown(value: bytes) -> str:
    text = value[:60].decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "?" for character in text)


KEY_BYTES_MAX: Final = 4_096
"""Of a quarantined record's key, which is a name of 128 characters at the most in any event that can be routed."""


def encode_key(key: bytes | None) -> bytes:
    """A record's key as a header may carry it (base64; empty for no key; cut where it cannot be a key of ours)."""
    return base64.b64encode(key[:KEY_BYTES_MAX]) if key is not None else b""


def decode_key(header: bytes) -> bytes | None:
    """The key that `encode_key` wrote.

    Raises:
        ValueError: it wrote no such header.
    """
    return base64.b64decode(header, validate=True) if header else None
