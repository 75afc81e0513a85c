"""The parts of one signature, read strictly: every element where it must be, every algorithm from a closed list."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from cbrn_schemas.formats.signature.document import DSIG, canonical, canonical_part
from cbrn_schemas.formats.signature.errors import SignatureError, SignatureFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cbrn_schemas.formats.signature.trust import PublicKey

CERTIFICATES_MAX: Final = 8
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"
ENVELOPED: Final = f"{DSIG}enveloped-signature"
_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_INCLUSIVE: Final = ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11")
"""1.0 and 1.1. They differ in xml:id and xml:base of parts alone, so not where a whole document is signed."""
_DIGESTS: Final = {
    f"{DSIG}sha1": "sha1",
    f"{_ENC}sha256": "sha256",
    f"{_MORE}sha384": "sha384",
    f"{_ENC}sha512": "sha512",
}
_HASHES: Final[Mapping[str, Callable[[], hashes.HashAlgorithm]]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_METHODS: Final = (
    {f"{DSIG}rsa-sha1": "rsa-sha1"}
    | {f"{_MORE}{kind}-{name}": f"{kind}-{name}" for kind in ("rsa", "ecdsa") for name in _HASHES}
    | {
        f"http://www.w3.org/2007/05/xmldsig-more#{name}-rsa-MGF1": f"pss-{name}"
        for name in ("sha256", "sha384", "sha512")
    }
)


@dataclass(frozen=True)
class Parts:
    """One signature, taken apart."""

    signed_info: bytes
    """In canonical form: what the signature's value is made over."""
    value: bytes
    method: str
    """Such as `ecdsa-sha256`."""
    digest: bytes
    digest_name: str
    """As hashlib names it."""
    exclusive: bool
    """Which canonical form of the document is digested."""
    prefixes: tuple[str, ...]
    """Namespaces that the exclusive form keeps all the same."""
    certificates: tuple[x509.Certificate, ...]

    @property
    def sha1(self) -> bool:
        """Whether either of both digests is SHA-1's."""
        return "sha1" in (self.digest_name, self.method.partition("-")[2])

    def canonical(self, root: etree._Element) -> bytes:
        """Return the canonical form of a document that the signature's reference means."""
        return canonical(root, exclusive=self.exclusive, prefixes=self.prefixes)

    def fits(self, key: PublicKey) -> bool:
        """Tell whether the value was made with the private key of this public one."""
        kind, _, name = self.method.partition("-")
        algorithm = _HASHES[name]()
        try:
            if isinstance(key, EllipticCurvePublicKey):
                size = (key.key_size + 7) // 8
                if kind != "ecdsa" or len(self.value) != 2 * size:
                    return False
                r, s = (int.from_bytes(half, "big") for half in (self.value[:size], self.value[size:]))
                key.verify(encode_dss_signature(r, s), self.signed_info, ECDSA(algorithm))
            elif kind == "rsa":
                key.verify(self.value, self.signed_info, PKCS1v15(), algorithm)
            elif kind == "pss":
                padding = PSS(mgf=MGF1(algorithm), salt_length=algorithm.digest_size)
                key.verify(self.value, self.signed_info, padding, algorithm)
            else:
                return False
        except InvalidSignature:
            return False
        return True


def parts_of(signature: etree._Element, *, allow_sha1: bool) -> Parts:
    """Take a signature apart.

    Raises:
        SignatureError: a part is missing, doubled or foreign, an algorithm is not of the list, base64 is not canonical,
            or something else is signed than the whole document.
    """
    signed_info = _one(signature, "SignedInfo")
    reference = _one(signed_info, "Reference")
    if reference.get("URI") != "":
        said = f"not the whole document is signed but the part {reference.get('URI')!r}"
        raise SignatureError(SignatureFault.PART_ONLY, said)
    info_exclusive, info_prefixes = _form(_one(signed_info, "CanonicalizationMethod"))
    exclusive, prefixes = _transforms(reference)
    parts = Parts(
        signed_info=canonical_part(signed_info, exclusive=info_exclusive, prefixes=info_prefixes),
        value=_decoded(_one(signature, "SignatureValue")),
        method=_named(_one(signed_info, "SignatureMethod"), _METHODS),
        digest=_decoded(_one(reference, "DigestValue")),
        digest_name=_named(_one(reference, "DigestMethod"), _DIGESTS),
        exclusive=exclusive,
        prefixes=prefixes,
        certificates=tuple(_certificates(signature)),
    )
    if parts.sha1 and not allow_sha1:
        said = f"the signature uses SHA-1 ({parts.method}, {parts.digest_name}), which can be forged"
        raise SignatureError(SignatureFault.SHA1, said)
    return parts


def _one(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(f"{{{DSIG}}}{name}")
    if len(found) != 1:
        said = f"{etree.QName(parent).localname} has {len(found)} {name}, not one"
        raise SignatureError(SignatureFault.PART_ONLY if name == "Reference" else SignatureFault.MALFORMED, said)
    return found[0]


def _named(element: etree._Element, known: dict[str, str]) -> str:
    algorithm = element.get("Algorithm", "")
    if algorithm not in known:
        said = f"{etree.QName(element).localname} names {algorithm!r}, which is not taken"
        raise SignatureError(SignatureFault.ALGORITHM, said)
    return known[algorithm]


def _form(element: etree._Element) -> tuple[bool, tuple[str, ...]]:
    """Return which canonical form an element names."""
    algorithm = element.get("Algorithm")
    if algorithm in _INCLUSIVE and not len(element):
        return False, ()
    kept = element.find(f"{{{_EXCLUSIVE}}}InclusiveNamespaces")
    if algorithm != _EXCLUSIVE or len(element) != (kept is not None):
        said = f"the canonical form {algorithm!r} is not taken"
        raise SignatureError(SignatureFault.ALGORITHM, said)
    return True, tuple(() if kept is None else kept.get("PrefixList", "").split())


def _transforms(reference: etree._Element) -> tuple[bool, tuple[str, ...]]:
    """Return the canonical form of the document; anything that could take parts away from it is refused."""
    first, *rest = _one(reference, "Transforms").findall(f"{{{DSIG}}}Transform") or [reference]
    if first.get("Algorithm") != ENVELOPED or len(first) or len(rest) > 1:
        said = "the document is signed after other changes than that of an enveloped signature"
        raise SignatureError(SignatureFault.PART_ONLY, said)
    return _form(rest[0]) if rest else (False, ())


def _decoded(element: etree._Element) -> bytes:
    """Decode base64, which must be what encoding gives again: else several texts would be one signature."""
    text = "".join((element.text or "").split()) if not len(element) else ""
    try:
        decoded = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded or b64encode(decoded).decode() != text:
        said = f"{etree.QName(element).localname} is not base64 in its canonical form"
        raise SignatureError(SignatureFault.ENCODING, said)
    return decoded


def _certificates(signature: etree._Element) -> Iterator[x509.Certificate]:
    found = signature.findall(f"{{{DSIG}}}KeyInfo/{{{DSIG}}}X509Data/{{{DSIG}}}X509Certificate")
    if len(found) > CERTIFICATES_MAX:
        said = f"the signature carries {len(found)} certificates, more than {CERTIFICATES_MAX}"
        raise SignatureError(SignatureFault.TOO_MANY, said)
    for each in found:
        try:
            yield x509.load_der_x509_certificate(_decoded(each))
        except ValueError as error:
            if isinstance(error, SignatureError):
                raise
            raise SignatureError(SignatureFault.MALFORMED, "a certificate cannot be read") from None
