"""What a person decides, signed with that person's own key: the keys and the trust file are those of rule books.

Each statement names its purpose in the first line, so that a signature for one is worth nothing for another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from cbrn_routing.activation import signed_by
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.events.time import to_wire

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.activation import PrivateKey
    from cbrn_routing.signing.trust import Signer, Trust
    from cbrn_schemas.topics import Realm

DOMAIN: Final = "cbrn-alert-bus/duty-release/v1"
PURPOSE: Final = "release this draft"
ANSWER_DOMAIN: Final = "cbrn-alert-bus/duty-answer/v1"
ANSWER_PURPOSE: Final = "record this duty as answered or settled"
QUARANTINE_DOMAIN: Final = "cbrn-alert-bus/quarantine-release/v1"
QUARANTINE_PURPOSE: Final = "put this record back where it came from"
PARTNER_DOMAIN: Final = "cbrn-alert-bus/partner-release/v1"
PARTNER_PURPOSES: Final = {
    "release": "let this leave the country for the partner",
    "refuse": "never let this leave for the partner",
}
REMEMBERED: Final = 4096
"""Signatures whose check is remembered, 0.1 ms each: the clerk looks at every duty each second."""


@dataclass(frozen=True, slots=True)
class ReleaseStatement:
    """A draft of a duty, by its digest."""

    realm: Realm
    duty: str
    digest: str

    def encoded(self) -> bytes:
        """Return the bytes that are signed: five lines, each ended by a line feed. No value can hold a line break."""
        return _lines(
            DOMAIN,
            f"realm: {self.realm.value}",
            f"duty: {self.duty}",
            f"draft: sha256:{self.digest}",
            f"purpose: {PURPOSE}",
        )


@dataclass(frozen=True, slots=True)
class AnswerStatement:
    """How a duty was answered or settled. The time keeps a copy of it from settling what became known later."""

    realm: Realm
    duty: str
    at: datetime
    note: str

    def encoded(self) -> bytes:
        """Return the bytes that are signed: six lines, each ended by a line feed. Of a note with lines the digest."""
        return _lines(
            ANSWER_DOMAIN,
            f"realm: {self.realm.value}",
            f"duty: {self.duty}",
            f"at: {to_wire(self.at)}",
            f"note: sha256:{_digest(self.note)}",
            f"purpose: {ANSWER_PURPOSE}",
        )


@dataclass(frozen=True, slots=True)
class QuarantineStatement:
    """The way back of a quarantined record, as it was or corrected."""

    realm: Realm
    record: str
    corrected: str | None
    new_id: str | None

    def encoded(self) -> bytes:
        """Return the bytes that are signed: six lines, each ended by a line feed; of the corrected event the digest."""
        content = "as it was" if self.corrected is None else f"sha256:{_digest(self.corrected)}"
        return _lines(
            QUARANTINE_DOMAIN,
            f"realm: {self.realm.value}",
            f"record: {self.record}",
            f"content: {content}",
            f"new id: {self.new_id or '-'}",
            f"purpose: {QUARANTINE_PURPOSE}",
        )


@dataclass(frozen=True, slots=True)
class PartnerStatement:
    """A copy for a partner: let go just as it was seen, or refused."""

    realm: Realm
    copy: str
    act: Literal["release", "refuse"]
    seen: str | None
    reason: str

    def encoded(self) -> bytes:
        """Return the bytes that are signed: six lines, each ended by a line feed; of the reason the digest.

        No id of a copy holds a line break. What was seen is the digest over the agreement, the event and every document
        of it, so that a signature lets nothing else go.
        """
        return _lines(
            PARTNER_DOMAIN,
            f"realm: {self.realm.value}",
            f"copy: {self.copy}",
            f"seen: {'-' if self.seen is None else f'sha256:{self.seen}'}",
            f"reason: sha256:{_digest(self.reason)}",
            f"purpose: {PARTNER_PURPOSES[self.act]}",
        )


PersonStatement = ReleaseStatement | AnswerStatement | QuarantineStatement | PartnerStatement


class Unverified(StrEnum):
    """Why a person's word does not count with this reader."""

    NO_TRUST_FILE = "no-trust-file"
    """Nobody's word can be verified here."""
    NAME_ONLY = "name-only"
    """It is not signed, so anybody may have written it."""
    UNKNOWN_KEY = "unknown-key"
    NOT_VALID_THEN = "not-valid-then"
    """The person could not yet, or no longer, sign when the broker took the record."""
    WRONG_SIGNATURE = "wrong-signature"
    """It is over something else: another duty, draft, note, time or realm."""


def sign(key: PrivateKey, statement: PersonStatement) -> tuple[str, str]:
    """Sign; return public key and signature, base64."""
    return key.public, key.sign(statement)


def verified(
    trust: Trust, key: str | None, signature: str | None, statement: PersonStatement, taken: datetime
) -> Signer | Unverified:
    """Return whose word the statement is by this trust file, at the broker's time; or why it is nobody's."""
    if not trust.signers:
        return Unverified.NO_TRUST_FILE
    if key is None or signature is None:
        return Unverified.NAME_ONLY
    holder = trust.holder(key)
    if holder is None:
        return Unverified.UNKNOWN_KEY
    if not holder.valid_on(local_day(taken)):
        return Unverified.NOT_VALID_THEN
    return holder if _has_signed(key, signature, statement) else Unverified.WRONG_SIGNATURE


@lru_cache(maxsize=REMEMBERED)
def _has_signed(key: str, signature: str, statement: PersonStatement) -> bool:
    """Tell whether this key has signed this statement."""
    return signed_by(key, signature, statement)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
