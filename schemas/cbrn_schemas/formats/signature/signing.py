"""Signing: the signature goes into the bytes just before the root's end, and nothing else of the document changes.

What is signed of the signature itself (`SignedInfo`) is written in canonical form at once, since its form never varies;
a library that builds and canonicalises it for any form takes five times as long (docs/formats.md).
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from cbrn_schemas.formats.signature.document import DSIG, HOMES, canonical, parsed

if TYPE_CHECKING:
    from cbrn_schemas.formats.signature.identity import SigningIdentity

_EXCLUSIVE: Final = b"http://www.w3.org/2001/10/xml-exc-c14n#"
_SIGNED_INFO: Final = (
    b"<SignedInfo%b>"
    b'<CanonicalizationMethod Algorithm="' + _EXCLUSIVE + b'"></CanonicalizationMethod>'
    b'<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"></SignatureMethod>'
    b'<Reference URI=""><Transforms>'
    b'<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></Transform>'
    b'<Transform Algorithm="' + _EXCLUSIVE + b'"></Transform>'
    b"</Transforms>"
    b'<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod>'
    b"<DigestValue>%b</DigestValue></Reference></SignedInfo>"
)
_NAMESPACE: Final = b' xmlns="' + DSIG.encode() + b'"'
_WHOLE: Final = ECDSA(SHA256(), deterministic_signing=True)
"""By RFC 6979: the same document is signed with the same bytes, so what is made anew is what its readers have."""
_HALF_BYTES: Final = 32
"""Of a signature on P-256: r and s, each as long as the curve's order (RFC 4050, 3.3)."""


def sign(document: bytes, identity: SigningIdentity) -> bytes:
    """Return the document with an enveloped signature as the last child of its root, or where its standard has room.

    Raises:
        SignatureError: it is no XML document that can be read.
    """
    root = parsed(document)
    if (named := HOMES.get(str(root.tag))) is not None:
        home = root.find(named)
        home = etree.SubElement(root, named) if home is None else home
        return _within(home, _signature(_digest(root), identity))
    signature = _signature(_digest(root), identity)
    at = document.rfind(b"</")
    if document[at:].split() != [b"</%b>" % _name(root)]:  # another encoding, `<alert/>`, a comment behind the root
        return _within(root, signature)
    return document[:at] + signature + document[at:]


def _digest(root: etree._Element) -> bytes:
    return b64encode(hashlib.sha256(canonical(root, exclusive=True)).digest())


def _signature(digest: bytes, identity: SigningIdentity) -> bytes:
    r, s = decode_dss_signature(identity.key.sign(_SIGNED_INFO % (_NAMESPACE, digest), _WHOLE))
    value = r.to_bytes(_HALF_BYTES, "big") + s.to_bytes(_HALF_BYTES, "big")
    certificates = b"".join(b"<X509Certificate>%b</X509Certificate>" % each for each in identity.encoded)
    return (
        b"<Signature%b>" % _NAMESPACE
        + _SIGNED_INFO % (b"", digest)
        + b"<SignatureValue>%b</SignatureValue><KeyInfo><X509Data>%b</X509Data></KeyInfo></Signature>"
        % (b64encode(value), certificates)
    )


def _name(root: etree._Element) -> bytes:
    local = etree.QName(root).localname
    return (f"{root.prefix}:{local}" if root.prefix else local).encode()


def _within(home: etree._Element, signature: bytes) -> bytes:
    home.append(etree.fromstring(signature))
    return etree.tostring(home.getroottree(), encoding="UTF-8", xml_declaration=True)
