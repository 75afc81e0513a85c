"""What is wrong with a signature, or with what signs.

BusError                     every one has a `hint`: what to do about it
├── SignatureError           a document's signature that proves nothing: `reason` says why, in a closed list
└── IdentityError            a key or certificate of ours with which nothing can be signed
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cbrn_schemas.errors import BusError


class SignatureFault(StrEnum):
    """Why a signature proves nothing."""

    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"
    MALFORMED = "malformed"
    TOO_MANY = "too-many"
    ENCODING = "encoding"
    PART_ONLY = "part-only"
    ALGORITHM = "algorithm"
    SHA1 = "sha-1"
    CHANGED = "changed"
    WRONG = "wrong"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"


HINTS: Final = {
    SignatureFault.UNSIGNED: "Ask the sender to sign, or take an agreement under which unsigned documents count.",
    SignatureFault.UNREADABLE: "Ask the sender for the document again.",
    SignatureFault.MALFORMED: "Ask the sender for an enveloped signature (W3C XML Signature 1.1) in the root element.",
    SignatureFault.TOO_MANY: "Ask the sender why so many sign one document.",
    SignatureFault.ENCODING: "It was altered on its way, or the sender's program is at fault: ask for it again.",
    SignatureFault.PART_ONLY: "Do not use it. Ask the sender for a signature over the whole document (URI='').",
    SignatureFault.ALGORITHM: "Ask the sender for ECDSA or RSA with SHA-256 and canonical XML.",
    SignatureFault.SHA1: "Ask the sender for SHA-256; if that cannot be had, the agreement may allow SHA-1.",
    SignatureFault.CHANGED: "Do not use it. Ask the sender, by another way, what was sent.",
    SignatureFault.WRONG: "Do not use it. Ask the sender, by another way, what was sent.",
    SignatureFault.UNTRUSTED: "Compare the certificate with the sender, by another way; if it is theirs, add it to the "
    "agreement.",
    SignatureFault.EXPIRED: "Ask the sender to sign with a certificate that is in force.",
    SignatureFault.NOT_YET_VALID: "Compare both clocks; ask the sender to sign with a certificate that is in force.",
}


class SignatureError(BusError, ValueError):
    """A signature that proves nothing, or none where one is looked for."""

    bad_input = True

    def __init__(self, reason: SignatureFault, message: str) -> None:
        super().__init__(message, HINTS[reason])
        self.reason = reason


class IdentityError(BusError, ValueError):
    """A key or a certificate with which nothing can be signed."""

    bad_input = True
