"""A body's key, the register in which two persons have put it, and events that it has signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.builders.activation import AIGUL, BAKYT, TRUST
from tests.builders.golden import chlorine
from tests.builders.router import TOPIC, record

from cbrn_routing.signatures.body_key import BodyKey
from cbrn_routing.signatures.jws import sign_event, unsigned
from cbrn_routing.signatures.register import KeyRegister
from cbrn_routing.signatures.registration import Registration, Revocation, signed_also
from cbrn_schemas.topics import Realm

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MES, MOH, OTHER = (BodyKey._of(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)) for seed in (101, 102, 103))
"""The same in every process, since they are part of a golden vector."""


class Fetched(NamedTuple):
    """A record as Kafka's client hands it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int | None
    key: bytes | None
    value: bytes | None
    headers: Any


def registration(key: BodyKey = MES, body: str = "mes", **fields: Any) -> Registration:
    """What is to be registered, not yet signed by anybody."""
    given = {"valid_from": NOW - 30 * DAY, "valid_until": NOW + 30 * DAY, "x": key.x, "kid": key.kid, "body": body}
    return Registration(**given | fields)


def by(made: Any, *persons: Any, realm: Realm = Realm.REAL) -> bytes:
    """The record with the persons' signatures, as it is written."""
    for person in persons:
        made = signed_also(made, person, realm)
    return made.encoded()


def revocation(key: BodyKey = MES, since: datetime = NOW, reason: str = "stolen with a laptop") -> Revocation:
    return Revocation(kid=key.kid, since=since, reason=reason)


def register_of(*records: bytes, realm: Realm = Realm.REAL, at: datetime = NOW - 29 * DAY) -> KeyRegister:
    """The register of records that all count; by default the key of mes."""
    found = KeyRegister(realm)
    for each in records or (by(registration(), AIGUL, BAKYT),):
        found.take(each, at, TRUST)
    return found


def signed(
    key: BodyKey = MES,
    at: datetime = NOW,
    *,
    data: Any = None,
    topic: str = TOPIC,
    taken: datetime | None = None,
    signed_for: str | None = None,
    **headers: Any,
) -> Fetched:
    """An event that was signed at a time, and taken by the broker then unless said otherwise."""
    made = record(chlorine() if data is None else data, **headers)
    own = [*made.headers, sign_event(key, signed_for or topic, made.headers, made.value or b"", at)]
    stamp = round((taken or at).timestamp() * 1000)
    return Fetched(topic, 1, 0, stamp, 1, made.key, made.value, tuple(own))


def stripped(one: Fetched) -> Fetched:
    """The same without its signature."""
    return one._replace(headers=tuple(unsigned(one.headers)))
