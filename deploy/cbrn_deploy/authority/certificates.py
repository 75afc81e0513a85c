"""What an authority signs, and how: pure, no file and no clock of its own.

Java prints a name with its last part first: CN stands last here, so that brokers see `CN=mes,OU=...,O=...` and take
`mes` out of it (`PRINCIPAL_RULES`). Keys are EC P-256, in PKCS#8: Kafka's PEM reader takes no Ed25519.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

ORGANISATION: Final = "CBRN Alert Bus"
PRINCIPAL_RULES: Final = r"RULE:^CN=([A-Za-z0-9._~-]+),.*$/$1/,DEFAULT"
"""Kafka's: which user a certificate's name means."""
NAME: Final = re.compile(r"[A-Za-z0-9._~-]{1,64}")
CLOCK_SKEW: Final = timedelta(days=1)
"""Clocks of two machines differ; a certificate is valid from a day before it was made."""
AUTHORITY_FOR: Final = timedelta(days=3650)
RSA_BITS_MIN: Final = 2048
LOOPBACK_HOSTS: Final = ("localhost", "127.0.0.1", "::1")
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
REQUEST_BYTES_MAX: Final = 16 * 1024


_REQUEST: Final = (
    "Make one: openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout own.key -subj /CN=any"
)


class RequestError(BusError):
    """A request for a certificate that is not granted."""

    bad_input = True


@dataclass(frozen=True, slots=True)
class Pem:
    """A certificate with what proves it, and its key where it was made here."""

    key: str = field(repr=False)
    """Private key (PKCS#8), not encrypted; empty where it never left its owner."""
    certificate: str
    """The certificate; behind it those that lead to an older authority, while one is trusted still."""
    serial: str
    """Number of the certificate, hexadecimal."""
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority's own key and certificate."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def ends(self) -> datetime:
        """Its last moment."""
        return self.certificate.not_valid_after_utc


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a private key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """Write a private key as PKCS#8, not encrypted: the file's mode is what guards it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def certificate_pem(certificate: x509.Certificate) -> str:
    """Write a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def new_issuer(name: x509.Name, now: datetime) -> Issuer:
    """Make an authority that vouches for itself."""
    key = new_key()
    return Issuer(key, _authority(name, key.public_key(), key, now, now + AUTHORITY_FOR))


def vouched_for(issuer: Issuer, by: Issuer, now: datetime) -> x509.Certificate:
    """Let an older authority of the same name vouch for a newer one: who knows only the older one then trusts both."""
    return _authority(issuer.certificate.subject, issuer.key.public_key(), by.key, now, min(issuer.ends, by.ends))


def authority_name(mark: str) -> x509.Name:
    """Name an authority. All of an installation have one name, as Java's key stores want of a chain."""
    return _name("authority", f"authority-{mark}")


def leaf(
    issuer: Issuer, public: PublicKey, name: str, hosts: Iterable[str], valid: tuple[datetime, datetime]
) -> x509.Certificate:
    """Sign a certificate of a user; with hosts, of a broker, which alone may serve.

    Raises:
        RequestError: the name is none of a user.
    """
    if not NAME.fullmatch(name):
        raise RequestError(f"{name!r} is no name of a user", "It has letters, digits and . _ ~ - only.")
    hosts = tuple(hosts)
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
    valid = valid[0], min(valid[1], issuer.ends)
    builder = (
        _builder(_name("broker" if hosts else "user", name), public, issuer.certificate.subject, issuer.key, valid)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(leaf=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def requested_key(request: str) -> PublicKey:
    """Return the public key of a request (PEM), of which nothing else is taken.

    Raises:
        RequestError: it is no request, was not signed by its own key, or the key is too weak or of a kind that Kafka's
            tools do not read.
    """
    try:
        found = x509.load_pem_x509_csr(request[:REQUEST_BYTES_MAX].encode())
        key = found.public_key()
        sound = found.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature, TypeError) as error:
        raise RequestError("this is no request for a certificate (PEM, PKCS#10)", _REQUEST) from error
    if not sound:
        raise RequestError("the request was not signed by the key it is for", _REQUEST)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS_MIN:
        return key
    raise RequestError(f"keys are EC P-256 or P-384, or RSA of {RSA_BITS_MIN} bits or more", _REQUEST)


def _name(unit: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, leaf: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=leaf,
        key_cert_sign=not leaf,
        crl_sign=not leaf,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(
    name: x509.Name, public: ec.EllipticCurvePublicKey, by: ec.EllipticCurvePrivateKey, now: datetime, until: datetime
) -> x509.Certificate:
    return (
        _builder(name, public, name, by, (now, until))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(leaf=False), critical=True)
        .sign(by, hashes.SHA256())
    )


def _builder(
    name: x509.Name,
    public: PublicKey,
    issuer: x509.Name,
    by: ec.EllipticCurvePrivateKey,
    valid: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0] - CLOCK_SKEW)
        .not_valid_after(valid[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
