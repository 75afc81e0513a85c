r"""What the two persons sign: one statement, in one form of bytes.

Its first line keeps it apart from anything else that the same keys might ever sign. No value can hold a line break, so
that no two statements have the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cbrn_routing.activation import StatementError
from cbrn_schemas.topics import Realm

DOMAIN: Final = "cbrn-alert-bus/rule-book-activation/v1"
PURPOSE: Final = "put this rule book into force"
SEQUENCE_MAX: Final = 9_999_999_999
"""Ten digits: records are sorted by their keys as text too."""
DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Statement:
    """A book, by its digest, as number `sequence` of a realm."""

    realm: Realm
    sequence: int
    digest: str
    """SHA-256 of the book's content, 64 hexadecimal digits (`RuleBook.digest`)."""

    def __post_init__(self) -> None:
        if not isinstance(self.realm, Realm):
            raise StatementError(f"«{self.realm}» is no realm", f"Use one of: {', '.join(Realm)}.")
        if type(self.sequence) is not int or not 1 <= self.sequence <= SEQUENCE_MAX:
            raise StatementError(
                f"the sequence number {self.sequence!r} is not between 1 and {SEQUENCE_MAX}",
                "Take the number after that of the book in force: `cbrn rules active` tells it.",
            )
        if not DIGEST.fullmatch(self.digest):
            raise StatementError(
                f"«{self.digest[:80]}» is no digest",
                "A digest is 64 hexadecimal digits in lower case: sign the book anew.",
            )

    def encoded(self) -> bytes:
        """Return the bytes that are signed: five lines of ASCII, each ended by a line feed."""
        lines = (
            DOMAIN,
            f"realm: {self.realm.value}",
            f"sequence: {self.sequence}",
            f"digest: sha256:{self.digest}",
            f"purpose: {PURPOSE}",
        )
        return "".join(f"{line}\n" for line in lines).encode("ascii")
