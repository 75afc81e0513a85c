"""A body's key: the private one with which its programs sign events, and the public one that is registered.

A key file holds one Ed25519 key (PEM, PKCS #8), encrypted or not. It is named by its thumbprint (RFC 7638), which
whoever has the public key can compute.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.signatures.errors import SigningKeyError
from cbrn_routing.signing.small_order import anybody_signs
from cbrn_schemas.private_file import PrivateFileError, read_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BYTES_MAX: Final = 64 * 1024
PUBLIC_BYTES: Final = 32
PASSPHRASE_VARIABLE: Final = "CBRN_KEY_PASSPHRASE"  # noqa: S105 - the name of one
_INSTALL: Final = "Install that part of the bus: pip install 'cbrn-alert-bus[router]'"
_MAKE: Final = "Make one with `cbrn keys new`."


@dataclass(frozen=True, slots=True)
class BodyKey:
    """A private key."""

    x: str
    """The public key, base64url, as JWK writes it."""
    _private: Ed25519PrivateKey = field(repr=False)
    _jwk: Any = field(repr=False)

    @classmethod
    def generate(cls) -> BodyKey:
        """Make a new key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as below

        return cls._of(Ed25519PrivateKey.generate())

    @classmethod
    def from_file(cls, path: Path, passphrase: str | None = None) -> BodyKey:
        """Read the key in a file that nobody else may read; its passphrase is given, or stands in the environment.

        Raises:
            SigningKeyError: it is none, others may read it, or the passphrase is not its own.
        """
        try:
            text = read_private(path, "signing key", bytes_max=BYTES_MAX)
        except FileNotFoundError as error:
            raise SigningKeyError(
                f"the signing key {path} cannot be read: {error.strerror}", "Correct CBRN_SIGNING_KEY."
            ) from None
        except PrivateFileError as error:
            raise SigningKeyError(str(error), error.hint) from None
        return cls.from_pem(text.encode(), passphrase or os.environ.get(PASSPHRASE_VARIABLE), str(path))

    @classmethod
    def from_pem(cls, content: bytes, passphrase: str | None, name: str = "the signing key") -> BodyKey:
        """Read a key in PEM form; a passphrase that is not needed is not looked at.

        Raises:
            SigningKeyError: it is none, or the passphrase is not its own.
        """
        try:
            from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only who signs needs it
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above
            from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - as above
        except ModuleNotFoundError as error:
            raise _not_installed(error) from None
        encrypted = b"ENCRYPTED" in content
        if encrypted and not passphrase:
            raise SigningKeyError(f"{name} is encrypted", f"Give its passphrase in {PASSPHRASE_VARIABLE}.")
        try:
            key = load_pem_private_key(content, passphrase.encode() if encrypted and passphrase else None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise SigningKeyError(
                f"{name} cannot be read: wrong passphrase, or no private key in PEM form", _MAKE
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningKeyError(f"{name} is not of the kind Ed25519", _MAKE)
        return cls._of(key)

    @classmethod
    def _of(cls, key: Ed25519PrivateKey) -> BodyKey:
        try:
            from joserfc.jwk import OKPKey  # noqa: PLC0415 - only who signs needs it
        except ModuleNotFoundError as error:
            raise _not_installed(error) from None
        x = _encoded(key.public_key().public_bytes_raw())
        jwk = OKPKey.import_key({**public_jwk(x), "d": _encoded(key.private_bytes_raw())})
        return cls(x, key, jwk)

    @property
    def kid(self) -> str:
        """The key's name."""
        return thumbprint(self.x)

    def to_pem(self, passphrase: str | None) -> bytes:
        """Write PEM, PKCS #8, encrypted by the passphrase if there is one."""
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - only who makes keys needs it
            BestAvailableEncryption,
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        protection = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)

    def sign(self, protected: Mapping[str, Any], payload: bytes) -> bytes:
        """Make a compact JWS with a detached payload."""
        from joserfc.jws import serialize_compact  # noqa: PLC0415 - only who signs needs it

        from cbrn_routing.signatures.jws import registry  # noqa: PLC0415 - the two know each other

        made = serialize_compact(dict(protected), payload, self._jwk, registry=registry())  # type: ignore[arg-type] # joserfc's class, named only where it is installed
        header, _, signature = made.split(".", 1)[0], "", made.rsplit(".", 1)[1]
        return f"{header}..{signature}".encode()


def public_jwk(x: str) -> dict[str, str]:
    """Write a public key as a JWK (RFC 8037)."""
    return {"crv": "Ed25519", "kty": "OKP", "x": x}


def thumbprint(x: str) -> str:
    """Name a public key: the SHA-256 of its JWK, base64url (RFC 7638)."""
    canonical = json.dumps(public_jwk(x), separators=(",", ":"), sort_keys=True)
    return _encoded(hashlib.sha256(canonical.encode()).digest())


def public_bytes(x: str) -> bytes:
    """Decode a public key.

    Raises:
        SigningKeyError: it is none.
    """
    try:
        content = base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != PUBLIC_BYTES or _encoded(content) != x:
        raise SigningKeyError("the public key is not the base64url of 32 bytes", "Give `x` of the key's JWK.")
    if anybody_signs(content):
        raise SigningKeyError("the public key is one for which anybody can sign", _MAKE)
    return content


def x_of(content: bytes) -> str:
    """Read a public key: a JWK in JSON, a PEM, or `x` alone.

    Raises:
        SigningKeyError: it is none, or holds a private key.
    """
    if b"PRIVATE KEY" in content:
        raise SigningKeyError("this is a private key", "Give the public one; the private key never leaves its machine.")
    if b"BEGIN PUBLIC KEY" in content:
        return _x_of_pem(content)
    text = content.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        if found.get("d"):
            raise SigningKeyError("this JWK holds a private key", "Take `d` out; a private key never leaves its owner.")
        if (found.get("kty"), found.get("crv")) != ("OKP", "Ed25519"):
            raise SigningKeyError("this is no JWK of the kind OKP, Ed25519", _MAKE)
        text = str(found.get("x"))
    public_bytes(text)
    return text


def _x_of_pem(content: bytes) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only who registers needs it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - as above

    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise SigningKeyError("the public key cannot be read", _MAKE) from None
    if not isinstance(key, Ed25519PublicKey):
        raise SigningKeyError("the public key is not of the kind Ed25519", _MAKE)
    return _encoded(key.public_bytes_raw())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _not_installed(error: ModuleNotFoundError) -> SigningKeyError:
    return SigningKeyError(f"events cannot be signed: {error.name} is not installed", _INSTALL)
