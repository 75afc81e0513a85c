"""Keys and certificates of those who sign documents, made for a test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from cbrn_schemas.formats.signature import SigningIdentity, Trusted

AT = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
BEGINS, ENDS = AT - timedelta(days=30), AT + timedelta(days=60)


@dataclass(frozen=True)
class Signatory:
    """A key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def identity(self) -> SigningIdentity:
        """With which it signs."""
        return SigningIdentity(self.key, (self.certificate,))

    @property
    def pinned(self) -> Trusted:
        """Trust in this one certificate."""
        return Trusted(pinned=(self.certificate,))

    def public_pem(self) -> bytes:
        """Return the public key as an agreement may name it."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def certificate_pem(self) -> bytes:
        """Return the certificate as an agreement may name it."""
        return self.certificate.public_bytes(Encoding.PEM)

    def file(self, passphrase: str | None = None) -> bytes:
        """Return key and certificate as they lie in a file."""
        protection = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection) + self.certificate_pem()


def signatory(
    name: str,
    issuer: Signatory | None = None,
    *,
    authority: bool = False,
    begins: datetime = BEGINS,
    ends: datetime = ENDS,
) -> Signatory:
    """Make one, issued by itself or by an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Signatory(key, builder.sign(key if issuer is None else issuer.key, hashes.SHA256()))


@cache
def mes() -> Signatory:
    """The one that signs in most tests."""
    return signatory("mes.cbrn.kg")
