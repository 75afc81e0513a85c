"""What a person says of a duty, signed with that person's own key: the keys and the trust file are those of rule books.

Each statement names its purpose in the first line, so that a signature for one is worth nothing for another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cbrn_routing.activation import signed_by
from cbrn_schemas.events.time import to_wire

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.activation import PrivateKey
    from cbrn_schemas.topics import Realm

DOMAIN: Final = "cbrn-alert-bus/duty-release/v1"
PURPOSE: Final = "release this draft"
ANSWER_DOMAIN: Final = "cbrn-alert-bus/duty-answer/v1"
ANSWER_PURPOSE: Final = "record this duty as answered or settled"
REMEMBERED: Final = 4096
"""Signatures whose check is remembered, 0.1 ms each: the clerk looks at every duty each second."""


@dataclass(frozen=True, slots=True)
class ReleaseStatement:
    """A draft of a duty, by its digest."""

    realm: Realm
    duty: str
    digest: str

    def encoded(self) -> bytes:
        """The bytes that are signed: five lines, each ended by a line feed. No value can hold a line break."""
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
        """The bytes that are signed: six lines, each ended by a line feed. Of a note that may have lines the digest."""
        return _lines(
            ANSWER_DOMAIN,
            f"realm: {self.realm.value}",
            f"duty: {self.duty}",
            f"at: {to_wire(self.at)}",
            f"note: sha256:{hashlib.sha256(self.note.encode()).hexdigest()}",
            f"purpose: {ANSWER_PURPOSE}",
        )


DutyStatement = ReleaseStatement | AnswerStatement


def sign(key: PrivateKey, statement: DutyStatement) -> tuple[str, str]:
    """Public key and signature, base64."""
    return key.public, key.sign(statement)


@lru_cache(maxsize=REMEMBERED)
def has_signed(key: str, signature: str, statement: DutyStatement) -> bool:
    """Whether this key has signed this statement."""
    return signed_by(key, signature, statement)


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
