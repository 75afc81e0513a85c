"""A record of `<realm>.bus.keys`: a body's key registered or revoked, and the persons' signatures over that.

Registering gives power, so two different persons sign, as for a rule book; revoking takes it away, so one is enough.
Only the one form of bytes that `encoded` gives is accepted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cbrn_routing.activation import Signature, signed_by
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.signatures.body_key import public_bytes, thumbprint
from cbrn_routing.signatures.errors import RegistrationError, SigningKeyError
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.events.base import Code
from cbrn_schemas.events.time import to_wire

if TYPE_CHECKING:
    from cbrn_routing.activation import PrivateKey
    from cbrn_routing.signing.trust import Signer, Trust
    from cbrn_schemas.topics import Realm

REGISTER_DOMAIN: Final = "cbrn-alert-bus/key-registration/v1"
REGISTER_PURPOSE: Final = "let this key sign events"
REVOKE_DOMAIN: Final = "cbrn-alert-bus/key-revocation/v1"
REVOKE_PURPOSE: Final = "let this key sign no events from then on"
RECORD_BYTES_MAX: Final = 16 * 1024
REGISTER_PERSONS: Final = 2
BUS: Final = "bus"
"""In place of a body: a key of the bus's own, which speaks for any (the keeper of the quarantine)."""
_REMEDY: Final = "Only `cbrn keys register` and `cbrn keys revoke` write this topic."

Kid = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC).replace(microsecond=0))]
Reason = Annotated[str, StringConstraints(min_length=3, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]
System = Annotated[str, StringConstraints(pattern=r"^[^\s/][^\s]{0,127}$")]
_Signatures = Annotated[tuple[Signature, ...], Field(max_length=8)]


class _Signed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kid: Kid
    """Thumbprint of the key (RFC 7638)."""
    signatures: _Signatures = ()
    """Of persons of the trust file, over `statement(realm)`."""

    def key(self) -> bytes:
        """Return the record's key."""
        return self.kid.encode()

    def encoded(self) -> bytes:
        """Return the record's value, in its one form."""
        return self.model_dump_json().encode()


class Registration(_Signed):
    """A key that may sign events."""

    act: Literal["register"] = "register"
    body: Code
    """Whose events it signs; `bus` for the keeper of the quarantine, which signs what a person has released."""
    system: System | None = None
    """The one system that uses it (`/<body>/<system>` in an event's source); null: all of the body's."""
    x: str
    """The public key, as a JWK of the kind OKP, Ed25519 has it."""
    valid_from: Moment
    valid_until: Moment
    """By the time at which the broker takes an event."""

    @property
    def statement(self) -> Statement:
        """Return what must be signed, but for the realm."""
        return Statement(
            REGISTER_DOMAIN,
            (
                f"key: {self.x}",
                f"body: {self.body}",
                f"system: {self.system or '-'}",
                f"valid from: {to_wire(self.valid_from)}",
                f"valid until: {to_wire(self.valid_until)}",
                f"purpose: {REGISTER_PURPOSE}",
            ),
        )


class Revocation(_Signed):
    """A key that may sign no more. It is final: a key that was revoked is never registered again."""

    act: Literal["revoke"] = "revoke"
    since: Moment
    """From when on its signatures count no more, by the broker's time of the event; of a stolen key, when it was."""
    reason: Reason

    @property
    def statement(self) -> Statement:
        """Return what must be signed, but for the realm."""
        return Statement(
            REVOKE_DOMAIN,
            (
                f"key id: {self.kid}",
                f"since: {to_wire(self.since)}",
                f"reason: sha256:{hashlib.sha256(self.reason.encode()).hexdigest()}",
                f"purpose: {REVOKE_PURPOSE}",
            ),
        )


KeyRecord = Registration | Revocation


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person signs about a key. No value can hold a line break."""

    domain: str
    lines: tuple[str, ...]

    def of(self, realm: Realm) -> RealmStatement:
        """Say it of one realm: an exercise's key is none for real events."""
        return RealmStatement(realm, self)


@dataclass(frozen=True, slots=True)
class RealmStatement:
    """A statement about a key of one realm."""

    realm: Realm
    statement: Statement

    def encoded(self) -> bytes:
        """Return the bytes that are signed: each line ended by a line feed."""
        lines = (self.statement.domain, f"realm: {self.realm.value}", *self.statement.lines)
        return "".join(f"{line}\n" for line in lines).encode()


def signed_also(record: KeyRecord, key: PrivateKey, realm: Realm) -> KeyRecord:
    """Add a person's signature to a record; one that this key has given already stays."""
    if any(each.key == key.public for each in record.signatures):
        return record
    signature = Signature(key=key.public, signature=key.sign(record.statement.of(realm)))
    return record.model_copy(update={"signatures": (*record.signatures, signature)})


def parse_record(value: bytes | None) -> KeyRecord:
    """Read a record of the topic, or a file of one.

    Raises:
        RegistrationError: it is none, or not in canonical form.
    """
    if value is None or len(value) > RECORD_BYTES_MAX:
        raise RegistrationError(f"the record is {'empty' if value is None else 'too large'}", _REMEDY)
    model: type[KeyRecord] = Revocation if b'"act":"revoke"' in value else Registration
    try:
        record = model.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise RegistrationError(f"no record of a key: {where}: {first['msg']}", _REMEDY) from None
    if record.encoded() != value:
        raise RegistrationError("the record is not in canonical form", _REMEDY)
    if isinstance(record, Registration):
        _check_key(record)
    return record


def _check_key(record: Registration) -> None:
    try:
        public_bytes(record.x)
    except SigningKeyError as error:
        raise RegistrationError(str(error), error.hint) from None
    if record.kid != thumbprint(record.x):
        raise RegistrationError("the id is not the thumbprint of the key", "Make the record with `cbrn keys register`.")
    if record.valid_until <= record.valid_from:
        raise RegistrationError("the key's validity ends before it begins", "Give a later --until.")
    if record.body != BUS and record.body not in bodies():
        raise RegistrationError(f"no body has the code «{record.body}»", "`cbrn bodies` finds the code.")


def signers_of(record: KeyRecord, trust: Trust, realm: Realm, taken: datetime) -> tuple[Signer, ...]:
    """Return the persons whose word the record is, by this trust file, at the broker's time.

    Raises:
        RegistrationError: too few have signed it, or one's signature does not count.
    """
    if not trust.signers:
        raise RegistrationError(
            "nobody may register a key: there is no trust file, or it names nobody",
            "Set CBRN_RULEBOOK_SIGNERS to the list of those who may sign; `cbrn rules keygen` prints its lines.",
        )
    signers = tuple(_signer(record, signature, trust, realm, taken) for signature in record.signatures)
    needed = REGISTER_PERSONS if isinstance(record, Registration) else 1
    if min(len({each.identity for each in signers}), len({each.key for each in signers})) < needed:
        names = " and ".join(dict.fromkeys(map(str, signers))) or "nobody"
        who = "two different persons must" if needed == REGISTER_PERSONS else "a person must"
        raise RegistrationError(
            f"{who} sign it; this was signed by {names}" + (" alone" if signers else ""),
            "Ask a person of the trust file to sign it, with `cbrn keys register` or `cbrn keys revoke`.",
        )
    return signers


def _signer(record: KeyRecord, signature: Signature, trust: Trust, realm: Realm, taken: datetime) -> Signer:
    signer = trust.holder(signature.key)
    if signer is None:
        raise RegistrationError(
            f"the person's key {signature.key[:12]}… is not in the trust file",
            "Sign with a key of the trust file, or have its holder added there by those who run the machine.",
        )
    if not signer.valid_on(local_day(taken)):
        raise RegistrationError(f"{signer} may not sign on {local_day(taken)}", "Ask a person who may sign today.")
    if not signed_by(signature.key, signature.signature, record.statement.of(realm)):
        raise RegistrationError(
            f"the signature of {signer} is not over this record of {realm}", "It was changed after it was signed."
        )
    return signer
