"""Ed25519 keys (RFC 8032) of the persons who sign: made, kept encrypted, and used."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cbrn_routing.activation import KeyFileError
from cbrn_routing.signing.small_order import anybody_signs

PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


class Signable(Protocol):
    """A statement: bytes that begin with a line of their own kind."""

    def encoded(self) -> bytes:
        """Return the bytes that are signed."""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """One person's key."""

    _key: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> PrivateKey:
        """Make a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, content: bytes, passphrase: str | None) -> PrivateKey:
        """Read the key in a PEM file (PKCS #8).

        Raises:
            KeyFileError: it is no such key, or the passphrase is not its own.
        """
        try:
            key = load_pem_private_key(content, passphrase.encode() if passphrase else None)
        except TypeError:  # one of file and caller knows of a passphrase, the other does not
            said = "the key is not encrypted, but a passphrase was given" if passphrase else "the key is encrypted"
            raise KeyFileError(said, "Give its passphrase in CBRN_KEY_PASSPHRASE or at the prompt.") from None
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(
                "the key cannot be read: wrong passphrase, or no private key in PEM form",
                "Try again with the passphrase chosen at `cbrn rules keygen`; a lost one cannot be replaced.",
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError("the key is not of the kind Ed25519", "Make one with `cbrn rules keygen`.")
        return cls(key)

    def to_pem(self, passphrase: str | None) -> bytes:
        """Write PEM, PKCS #8, encrypted by the passphrase if there is one."""
        protection = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)

    @property
    def public(self) -> str:
        """The public key as trust files and records write it: base64 of 32 bytes."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, statement: Signable) -> str:
        """Sign the statement; return base64 of 64 bytes."""
        return base64.b64encode(self._key.sign(statement.encoded())).decode()


def is_encrypted(pem: bytes) -> bool:
    """Tell whether a passphrase is needed to read the key."""
    return b"ENCRYPTED" in pem


def signed_by(public: str, signature: str, statement: Signable) -> bool:
    """Tell whether this key has signed this statement. Both are base64 in their one form, else the answer is no."""
    try:
        content = decoded(public, PUBLIC_BYTES)
        if anybody_signs(content):
            return False
        key = Ed25519PublicKey.from_public_bytes(content)
        key.verify(decoded(signature, SIGNATURE_BYTES), statement.encoded())
    except (InvalidSignature, ValueError):
        return False
    return True


def decoded(text: str, length: int) -> bytes:
    """Decode `length` bytes from base64 in its one form: no blanks, full padding, no stray bits at the end.

    Raises:
        ValueError: it is anything else.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != length or base64.b64encode(content).decode() != text:
        raise ValueError(f"not the base64 of {length} bytes")
    return content
