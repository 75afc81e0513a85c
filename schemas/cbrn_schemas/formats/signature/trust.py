"""Whose signatures count: the certificates and keys that an agreement names.

An authority's certificate makes those that it issued count; another's counts by itself, within its own time; a public
key counts without any time, until the agreement no longer names it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from cbrn_schemas.formats.signature.errors import IdentityError, SignatureError, SignatureFault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.x509.verification import Policy

PublicKey: TypeAlias = EllipticCurvePublicKey | RSAPublicKey
TRUSTED_MAX: Final = 32
"""Certificates and keys that one agreement names."""
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)
_FORM: Final = "Give certificates (BEGIN CERTIFICATE) or public keys (BEGIN PUBLIC KEY) in PEM form: EC or RSA."


@dataclass(frozen=True)
class Trusted:
    """The certificates and keys by which signatures count."""

    authorities: tuple[x509.Certificate, ...] = ()
    pinned: tuple[x509.Certificate, ...] = ()
    keys: tuple[PublicKey, ...] = ()

    @classmethod
    def from_pem(cls, content: bytes) -> Trusted:
        """Read certificates and public keys, in any order; a certificate that may issue others is an authority's.

        Raises:
            IdentityError: a block cannot be read or is something else, there is none, or there are too many.
        """
        found = [(match[1], match[0]) for match in _BLOCK.finditer(content)]
        if not 1 <= len(found) <= TRUSTED_MAX:
            raise IdentityError(f"{len(found)} certificates and keys are named, not 1 to {TRUSTED_MAX}", _FORM)
        authorities: list[x509.Certificate] = []
        pinned: list[x509.Certificate] = []
        keys: list[PublicKey] = []
        for number, (label, block) in enumerate(found, start=1):
            try:
                if label == b"CERTIFICATE":
                    certificate = x509.load_pem_x509_certificate(block)
                    key_of(certificate)
                    (authorities if _issues(certificate) else pinned).append(certificate)
                else:
                    keys.append(_usable(load_pem_public_key(block)))
            except (ValueError, UnsupportedAlgorithm) as error:
                said = f"the {number}. block ({label.decode()}) is no certificate or public key of use: {error}"
                raise IdentityError(said, _FORM) from None
        return cls(tuple(authorities), tuple(pinned), tuple(keys))

    def own_keys(self) -> list[tuple[PublicKey, x509.Certificate | None]]:
        """Return the keys that count by themselves, with the certificate where they are named by one."""
        return [*((key_of(each), each) for each in self.pinned), *((key, None) for key in self.keys)]

    def check(self, signer: x509.Certificate, carried: Sequence[x509.Certificate], at: datetime) -> None:
        """See that the certificate which a signature carries counts at that time.

        Raises:
            SignatureError: it does not: untrusted, expired, or not yet valid.
        """
        if not self.authorities:
            raise _untrusted(signer, "no authority is named in the agreement, and it is not named itself")
        in_force(signer, at)
        between = [each for each in carried if each is not signer]
        try:
            _policy(self.authorities, at).verify(signer, between)
        except VerificationError as error:
            for each in (*between, *self.authorities):
                if each.subject == signer.issuer:
                    in_force(each, at)
            raise _untrusted(signer, str(error)) from None


def key_of(certificate: x509.Certificate) -> PublicKey:
    """Return a certificate's key.

    Raises:
        ValueError: it is of a kind with which nothing is verified here.
    """
    return _usable(certificate.public_key())


def in_force(certificate: x509.Certificate, at: datetime) -> None:
    """See that a certificate's time has come and is not over.

    Raises:
        SignatureError: it has not, or it is.
    """
    named = name_of(certificate)
    if at < (begins := certificate.not_valid_before_utc):
        said = f"the certificate of {named} begins at {begins.isoformat()}, after the receipt at {at.isoformat()}"
        raise SignatureError(SignatureFault.NOT_YET_VALID, said)
    if at > (ends := certificate.not_valid_after_utc):
        said = f"the certificate of {named} ended at {ends.isoformat()}, before the receipt at {at.isoformat()}"
        raise SignatureError(SignatureFault.EXPIRED, said)


def name_of(certificate: x509.Certificate) -> str:
    """Say whose certificate it is, in the words that it has itself."""
    try:
        return certificate.subject.rfc4514_string() or "(no name)"
    except ValueError:
        return "(a name that cannot be read)"


def _usable(key: object) -> PublicKey:
    if isinstance(key, EllipticCurvePublicKey):
        return key
    if isinstance(key, RSAPublicKey) and key.key_size >= 2048:  # noqa: PLR2004 - NIST SP 800-131A: the least that counts
        return key
    raise ValueError("the key is neither on an elliptic curve nor RSA of 2048 bits or more")


def _untrusted(signer: x509.Certificate, why: str) -> SignatureError:
    said = f"the signer's certificate ({name_of(signer)}) is not trusted: {why}"
    return SignatureError(SignatureFault.UNTRUSTED, said)


def _issues(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _may_sign(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.digital_signature:
        raise ValueError("it may not be used for signatures (KeyUsage)")


def _may_issue(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("it may not be used to issue certificates (KeyUsage)")


def _is_authority(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("it is no authority's (BasicConstraints)")


def _policy(authorities: Sequence[x509.Certificate], at: datetime) -> x509.verification.ClientVerifier:
    """Return what builds a chain of certificates (RFC 5280) of signers, which are neither servers nor browsers."""
    signers = ExtensionPolicy.permit_all().may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
    issuers = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_issue)
    )
    builder = PolicyBuilder().store(Store(list(authorities))).time(at).max_chain_depth(4)
    return builder.extension_policies(ee_policy=signers, ca_policy=issuers).build_client_verifier()
