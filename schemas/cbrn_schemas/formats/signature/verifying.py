"""Verifying: does a trusted signer vouch for the whole of this document, at the time when it was received?

Stricter than the standard, which can sign parts, several things, and things elsewhere: exactly one reference, to the
whole document, by the transforms of an enveloped signature and nothing else. Whoever reads on reads `Verified.signed`,
the bytes that were signed, and never what came.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.hashes import SHA256

from cbrn_schemas.formats.signature.document import alone, outside, parsed, removed, signatures, vouches_for
from cbrn_schemas.formats.signature.errors import SignatureError, SignatureFault
from cbrn_schemas.formats.signature.parts import Parts, parts_of
from cbrn_schemas.formats.signature.trust import PublicKey, Trusted, in_force, key_of, name_of
from cbrn_schemas.formats.xml import read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cryptography import x509
    from lxml import etree

SIGNATURES_MAX: Final = 4
"""Of one document. Each is looked for in eight forms of it, so the bound is one of work as well: 32 canonical forms."""


@dataclass(frozen=True)
class Verified:
    """What one signature proves."""

    signed: bytes
    """The document that was signed, in canonical form, without the signature. This is to be read, and nothing else."""
    signer: str
    """Whose certificate it is; empty for a key that is trusted by itself."""
    fingerprint: str
    """SHA-256 of the certificate in hex, else of the public key (SubjectPublicKeyInfo)."""
    method: str
    """The signature's algorithm, such as `ecdsa-sha256`."""
    sha1: bool
    """Whether SHA-1 was used, which only an agreement allows."""
    at: datetime
    """The time for which all this holds: that of receipt."""
    ends: datetime | None
    """When the certificate ends."""
    blanks_left_out: bool = False
    """Whether it fits only without the blanks between elements, as some services sign."""


def is_signed(document: bytes) -> bool:
    """Tell whether any signature stands in the document, of whatever worth.

    Raises:
        SignatureError: it is no XML that can be read.
    """
    return next(signatures(parsed(document)), None) is not None


def verify(
    document: bytes, trusted: Trusted, at: datetime, *, allow_sha1: bool = False, envelope: bool = False
) -> tuple[Verified, ...]:
    """Return what the document's signatures prove, those of trusted signers; there is one at least.

    `at` is the time of receipt, with its zone. A signature that does not fit the document is refused whoever made it;
    one that fits and whose signer is not trusted counts for nothing beside one that is. In an `envelope` those that
    stand deeper belong to what lies in it: they are signed with it, and prove nothing here.

    Raises:
        FormatError: it is no XML that can be read.
        SignatureError: no trusted signer vouches for the whole document; `reason` says why.
    """
    if at.tzinfo is None:
        raise ValueError("the time of receipt needs its zone")
    read_xml(document, whole=True)  # bounds and a DOCTYPE are its business
    root = parsed(document)
    found = list(signatures(root))
    if not found:
        raise SignatureError(SignatureFault.UNSIGNED, "the document has no signature")
    own = [(number, each) for number, each in enumerate(found) if vouches_for(root, each)]
    if len(own if envelope else found) > SIGNATURES_MAX:
        said = f"the document has {len(found)} signatures, more than {SIGNATURES_MAX}"
        raise SignatureError(SignatureFault.TOO_MANY, said)
    if not own or (len(own) < len(found) and not envelope):
        raise SignatureError(SignatureFault.PART_ONLY, "a signature stands where none over the whole does")
    proven, refused = [], []
    for number, signature in own:
        parts = parts_of(signature, allow_sha1=allow_sha1)
        signed, blanks_left_out = _signed(document, number, parts)
        try:
            proven.append(_by_whom(parts, signed, trusted, at, blanks_left_out=blanks_left_out))
        except SignatureError as error:
            if error.reason not in _OF_SIGNER:
                raise
            refused.append(error)
    if not proven:
        raise refused[0]
    return tuple(proven)


_OF_SIGNER: Final = (SignatureFault.UNTRUSTED, SignatureFault.EXPIRED, SignatureFault.NOT_YET_VALID)


def _signed(document: bytes, number: int, parts: Parts) -> tuple[bytes, bool]:
    """Return the form of the document that was signed, and whether that is the one without blanks."""
    for form, blanks_left_out in _forms(document, number):
        canonical = parts.canonical(form)
        if hashlib.new(parts.digest_name, canonical).digest() == parts.digest:
            return canonical, blanks_left_out
    said = "the document is not the one that was signed: its digest differs"
    raise SignatureError(SignatureFault.CHANGED, said)


def _forms(document: bytes, number: int) -> Iterator[tuple[etree._Element, bool]]:
    """Give the forms in which a document may have been signed, the standard's own first.

    Without this signature alone; without any signature, as where each of several was made before the others were put
    in; both without the instructions to programs outside the root (`xml-stylesheet`), which widespread signers do not
    see; and all of these without the blanks between elements. None holds anything that the document does not.
    """
    for blanks_left_out in (False, True):
        root = parsed(document, without_blanks=blanks_left_out)
        found = list(signatures(root))
        removed(found.pop(number))
        for form in _bare_too(root):
            yield form, blanks_left_out
        if found:
            for each in found:
                removed(each)
            for form in _bare_too(root):
                yield form, blanks_left_out


def _bare_too(root: etree._Element) -> Iterator[etree._Element]:
    yield root
    if outside(root):
        yield alone(root)


def _by_whom(parts: Parts, signed: bytes, trusted: Trusted, at: datetime, *, blanks_left_out: bool) -> Verified:
    """Find whose key it was, and see that it counts."""
    key, certificate = _signer(parts, trusted)
    own = next(((own, named) for own, named in trusted.own_keys() if own == key), None)
    if own is not None:
        certificate = own[1]
        if certificate is not None:
            in_force(certificate, at)
    elif certificate is not None:
        trusted.check(certificate, parts.certificates, at)
    return Verified(
        signed=signed,
        signer="" if certificate is None else name_of(certificate),
        fingerprint=_fingerprint(key, certificate),
        method=parts.method,
        sha1=parts.sha1,
        at=at,
        ends=None if certificate is None else certificate.not_valid_after_utc,
        blanks_left_out=blanks_left_out,
    )


def _signer(parts: Parts, trusted: Trusted) -> tuple[PublicKey, x509.Certificate | None]:
    """Return the key with which it was signed, among those that it carries and those that are trusted."""
    for key, certificate in chain(_carried(parts.certificates), trusted.own_keys()):
        if parts.fits(key):
            return key, certificate
    if not parts.certificates:
        said = "the signature carries no certificate, and it fits no key that is trusted"
        raise SignatureError(SignatureFault.UNTRUSTED, said)
    raise SignatureError(SignatureFault.WRONG, "the signature was not made with the key of the certificate beside it")


def _carried(certificates: Sequence[x509.Certificate]) -> Iterator[tuple[PublicKey, x509.Certificate]]:
    for each in certificates:
        try:
            yield key_of(each), each
        except ValueError:
            continue


def _fingerprint(key: PublicKey, certificate: x509.Certificate | None) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 - seldom needed

    if certificate is not None:
        return certificate.fingerprint(SHA256()).hex()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
