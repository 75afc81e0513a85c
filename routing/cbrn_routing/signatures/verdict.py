"""What a record's signature is worth: verified against the register, before anything of the event is read. Pure.

What it binds of the event's attributes is compared once these are read (`router/signed`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidSignature

from cbrn_routing.signatures.jws import is_structured, read_jws
from cbrn_schemas.errors import Reason
from cbrn_schemas.headers import SIGNATURE
from cbrn_schemas.records import record_time
from cbrn_schemas.topics import parse_from_topic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_routing.bus.record import Record
    from cbrn_routing.signatures.jws import Claims, Jws
    from cbrn_routing.signatures.register import RegisteredKey

AHEAD_MAX: Final = timedelta(minutes=15)
"""How far a signer's clock may be ahead of the broker's: minutes are no fault."""
_ANEW: Final = "Sign it anew, over the bytes, topic and attributes with which it is published."
_STEAL: Final = "Find out who published it: the body's own programs sign with a registered key."


class Fault(NamedTuple):
    """What is wrong with a signature."""

    reason: Reason
    """SIGNATURE_WRONG speaks against the event; SIGNATURE_UNKNOWN only not for it."""
    message: str
    hint: str


class Verdict(NamedTuple):
    """What a signature is worth."""

    header: bytes
    """As it came, for whoever wants to verify it again."""
    claims: Claims | None
    fault: Fault | None
    age: timedelta
    """Between signing and the broker's taking it; negative where the signer's clock is ahead."""
    whole: bool
    """The record's whole value was signed, envelope and all (structured mode)."""


def judge(record: Record, taken: datetime, keys: Mapping[str, RegisteredKey]) -> Verdict | None:
    """Return what the signature of a record is worth that the broker took at a time; None where it has none.

    The record is as its publisher wrote it, on its own topic.
    """
    found = [content for name, content in record.headers if name == SIGNATURE]
    if not found:
        return None
    header = found[0] or b""
    whole = is_structured(record.headers)
    if len(found) > 1:
        return _refused(header, None, _wrong("there are two of them"), whole=whole)
    try:
        jws = read_jws(header)
    except ValueError as error:
        return _refused(header, None, _wrong(str(error)), whole=whole)
    age = taken - record_time(jws.claims.iat * 1000)
    return Verdict(header, jws.claims, _fault(jws, record, taken, keys), age, whole)


def _fault(jws: Jws, record: Record, taken: datetime, keys: Mapping[str, RegisteredKey]) -> Fault | None:
    claims = jws.claims
    if claims.topic != record.topic:
        return _wrong(f"it was signed for {claims.topic[:80]}, and lies on {record.topic}", _STEAL)
    key = keys.get(claims.kid)
    if key is None:
        return Fault(
            Reason.SIGNATURE_UNKNOWN,
            f"no key {claims.kid[:43]} is registered",
            "Have the key registered (`cbrn keys register`); `cbrn keys list` shows all.",
        )
    ingress = parse_from_topic(record.topic)
    if ingress is None or not (key.speaks_for(claims.source) and claims.source[1:].partition("/")[0] == ingress.body):
        return _wrong(f"key {key.kid} is that of {key.body}, and may not speak for {claims.source[:80]}", _STEAL)
    try:
        key.public.verify(jws.signature, jws.signed(record.value or b""))
    except InvalidSignature:
        return _wrong("it is not over these bytes", _STEAL)
    return _out_of_date(key, taken)


def _out_of_date(key: RegisteredKey, taken: datetime) -> Fault | None:
    revoked = key.revoked
    if revoked is not None and revoked.since <= taken:
        return _wrong(f"key {key.kid} is revoked since {revoked.since}: {revoked.reason}", _STEAL)
    if not key.valid_from <= taken <= key.valid_until:
        return Fault(
            Reason.SIGNATURE_UNKNOWN,
            f"key {key.kid} is valid from {key.valid_from} until {key.valid_until}",
            "Have a new key registered (`cbrn keys new`), and sign with that.",
        )
    return None


def _wrong(message: str, hint: str = _ANEW) -> Fault:
    return Fault(Reason.SIGNATURE_WRONG, message, hint)


def _refused(header: bytes, claims: Claims | None, fault: Fault, *, whole: bool) -> Verdict:
    return Verdict(header, claims, fault, timedelta(0), whole)
