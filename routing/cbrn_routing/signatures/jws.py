"""The signature on an event: a detached JWS (RFC 7515 and 7797, `b64: false`) in the header `cbrn_signature`.

Signed are the protected header and the raw bytes of the record's value. The protected header names the topic, so that a
copy is worth nothing for another body, lane or realm, and the event's attributes, which are not part of those bytes.
Nothing is parsed or written anew before it is verified: each segment counts only in its one base64 form.
"""

from __future__ import annotations

import base64
import binascii
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from cbrn_schemas.content_type import Mode, mode_of
from cbrn_schemas.headers import CONTENT_TYPE, SIGNATURE, Header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cbrn_routing.signatures.body_key import BodyKey

ALGORITHM: Final = "Ed25519"
"""RFC 9864: fully specified, unlike `EdDSA`."""
JWS_BYTES_MAX: Final = 4_096
"""Of the header. An event with the longest id and source needs 1,100 where they are ASCII, 2,900 in Cyrillic."""
SIGNATURE_BYTES: Final = 64


class Claims(NamedTuple):
    """What the protected header says: the key, when it was signed, and of which event on which topic."""

    kid: str
    iat: int
    """Seconds since 1970, by the signer's clock."""
    topic: str
    id: str
    source: str
    type: str
    time: str | None


class _Protected(msgspec.Struct):
    alg: Literal["Ed25519"]
    b64: bool
    crit: tuple[Literal["b64"]]
    kid: str
    iat: int
    topic: str
    ce_id: str
    ce_source: str
    ce_type: str
    ce_time: str | None = None


_protected: Final = msgspec.json.Decoder(_Protected)


class Jws(NamedTuple):
    """A signature as it came: read, not yet believed."""

    claims: Claims
    protected: bytes
    """The first segment."""
    signature: bytes

    def signed(self, value: bytes) -> bytes:
        """Return the bytes that must have been signed, for a record with this value."""
        return self.protected + b"." + value


def read_jws(content: bytes) -> Jws:
    """Read what stands in the header.

    Raises:
        ValueError: it is no detached JWS of this form; the message says what is wrong.
    """
    if len(content) > JWS_BYTES_MAX:
        raise ValueError(f"it has {len(content)} bytes, at most {JWS_BYTES_MAX} are read")
    parts = content.split(b".")
    if len(parts) != 3 or parts[1]:  # noqa: PLR2004 - header, payload, signature
        raise ValueError("it is no compact JWS with a detached payload (header..signature)")
    try:
        found = _protected.decode(_decoded(parts[0]))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"its protected header: {error}") from None
    if found.b64:
        raise ValueError("its protected header: b64 is to be false")
    signature = _decoded(parts[2])
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError(f"the signature has {len(signature)} bytes, not {SIGNATURE_BYTES}")
    claims = Claims(
        found.kid, found.iat, found.topic, found.ce_id, found.ce_source, found.ce_type, found.ce_time or None
    )
    return Jws(claims, parts[0], signature)


def sign_event(key: BodyKey, topic: str, headers: Sequence[Header], value: bytes, now: datetime) -> tuple[str, bytes]:
    """Make the header with the signature over a record in binary mode, which is about to be written to `topic`.

    Raises:
        SigningKeyError: what signs is not installed.
    """
    found = {name: content.decode("utf-8", "replace") for name, content in headers if content}
    protected = {
        "alg": ALGORITHM,
        "b64": False,
        "crit": ["b64"],
        "kid": key.kid,
        "iat": int(now.timestamp()),
        "topic": topic,
        **{name: found[name] for name in ("ce_id", "ce_source", "ce_type", "ce_time") if found.get(name)},
    }
    return SIGNATURE, key.sign(protected, value)


def unsigned(headers: Sequence[Header]) -> list[Header]:
    """Return the headers without a signature."""
    return [header for header in headers if header[0] != SIGNATURE]


def names_another(claims: Claims, identifier: str, source: str, kind: str, time: str | None) -> str | None:
    """Return the attribute that was signed as something else than the event has; None: all are the same.

    The bus writes id and source in Unicode's composed form, and a time with a capital T and Z: so does this.
    """
    if _composed(claims.id) != identifier:
        return "ce_id"
    if _composed(claims.source) != source:
        return "ce_source"
    if claims.type != kind:
        return "ce_type"
    same_time = claims.time == time or (claims.time or "").upper() == (time or "").upper()
    return None if same_time else "ce_time"


def is_structured(headers: Sequence[Header]) -> bool:
    """Tell whether the whole record's value was signed, of which an alert carries the event alone."""
    content_type = next((content for name, content in headers if content and name.lower() == CONTENT_TYPE), b"")
    return mode_of(content_type) is Mode.STRUCTURED


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _decoded(segment: bytes) -> bytes:
    """Decode base64url in its one form: no padding, no other letters, no stray bits at the end.

    Raises:
        ValueError: it is anything else.
    """
    try:
        content = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("a segment is no base64url") from None
    if base64.urlsafe_b64encode(content).rstrip(b"=") != segment:
        raise ValueError("a segment is no base64url in its one form")
    return content


@lru_cache(maxsize=1)
def registry() -> object:
    """Make joserfc's registry of what may stand in our protected header: its own takes 512 bytes, and no `Ed25519`."""
    from joserfc.jws import JWSRegistry  # noqa: PLC0415 - only who signs needs it

    class Registry(JWSRegistry):
        max_header_length = JWS_BYTES_MAX

    return Registry(algorithms=[ALGORITHM], strict_check_header=False)
