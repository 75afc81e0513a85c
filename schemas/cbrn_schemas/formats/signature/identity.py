"""With what documents are signed: a private key (P-256) and the certificate that goes with it, in one PEM file."""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificates

from cbrn_schemas.formats.signature.errors import IdentityError
from cbrn_schemas.private_file import read_private

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

KEY_VARIABLE: Final = "CBRN_CAP_KEY"
PASSPHRASE_VARIABLE: Final = "CBRN_CAP_KEY_PASSPHRASE"  # noqa: S105 - the name of one
CERTIFICATES_MAX: Final = 4
"""The signer's own and those between it and an authority; every document carries them all."""
_FORM: Final = (
    "The file holds, in PEM form, one private key on P-256 (PKCS #8; openssl genpkey -algorithm EC -pkeyopt "
    "ec_paramgen_curve:P-256) and its certificate, the signer's own first."
)


@dataclass(frozen=True)
class SigningIdentity:
    """A private key with its certificate, and the certificates between it and an authority."""

    key: EllipticCurvePrivateKey = field(repr=False)
    certificates: tuple[Certificate, ...]
    """The signer's own first."""

    def __post_init__(self) -> None:
        if not isinstance(self.key.curve, SECP256R1):
            raise IdentityError(f"the key is on {self.key.curve.name}, not on P-256", _FORM)
        if not 1 <= len(self.certificates) <= CERTIFICATES_MAX:
            said = f"{len(self.certificates)} certificates stand beside the key, not 1 to {CERTIFICATES_MAX}"
            raise IdentityError(said, _FORM)
        if self.certificate.public_key() != self.key.public_key():
            raise IdentityError("the first certificate is not that of the key", _FORM)

    @classmethod
    def from_file(cls, path: Path, passphrase: str | None = None) -> SigningIdentity:
        """Read the file, which nobody else may read; the key's passphrase is given, or stands in the environment.

        Raises:
            IdentityError: it is not there, or holds no such key and certificate, or the passphrase is not the key's.
            PrivateFileError: others may read or write it.
        """
        try:
            content = read_private(path, "signing identity")
        except FileNotFoundError:
            hint = f"Correct {KEY_VARIABLE}, or put the file there."
            raise IdentityError(f"the signing identity {path} is not there", hint) from None
        return cls.from_pem(content.encode(), passphrase or os.environ.get(PASSPHRASE_VARIABLE), str(path))

    @classmethod
    def from_pem(cls, content: bytes, passphrase: str | None = None, name: str = "the identity") -> SigningIdentity:
        """Read key and certificates; a passphrase that is not needed is not looked at.

        Raises:
            IdentityError: it holds no such key and certificate, or the passphrase is not the key's.
        """
        encrypted = b"ENCRYPTED" in content
        if encrypted and not passphrase:
            raise IdentityError(f"the key in {name} is encrypted", f"Give its passphrase in {PASSPHRASE_VARIABLE}.")
        try:
            key = load_pem_private_key(content, passphrase.encode() if encrypted and passphrase else None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            said = f"the key in {name} cannot be read: wrong passphrase, or no private key in PEM form"
            raise IdentityError(said, _FORM) from None
        if not isinstance(key, EllipticCurvePrivateKey):
            raise IdentityError(f"the key in {name} is of another kind", _FORM)
        try:
            certificates = load_pem_x509_certificates(content)
        except ValueError:
            raise IdentityError(f"{name} holds no certificate that can be read", _FORM) from None
        return cls(key, tuple(certificates))

    @property
    def certificate(self) -> Certificate:
        """The signer's own."""
        return self.certificates[0]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, by which persons compare it."""
        return self.certificate.fingerprint(SHA256()).hex()

    @property
    def ends(self) -> datetime:
        """When the certificate expires."""
        return self.certificate.not_valid_after_utc

    @cached_property
    def encoded(self) -> tuple[bytes, ...]:
        """The certificates in base64, as every signature carries them."""
        return tuple(b64encode(each.public_bytes(Encoding.DER)) for each in self.certificates)
