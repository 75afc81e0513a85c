"""What is signed can be verified by others' means, and nothing but the signature is added."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier
from tests.builders.golden import EXAMPLES
from tests.builders.signatories import AT, mes, signatory

from cbrn_schemas.events import parse_event
from cbrn_schemas.formats import irix
from cbrn_schemas.formats.signature import (
    PASSPHRASE_VARIABLE,
    IdentityError,
    SignatureError,
    SignatureFault,
    SigningIdentity,
    sign,
    verify,
)

if TYPE_CHECKING:
    from pathlib import Path

ALERT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">\n'
    "<identifier>1</identifier>\n<note>Разлив &amp; пожар <!-- unseen --> ө</note>\n</alert>\n"
).encode()
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def by_others(signed: bytes) -> bool:
    """Whether signxml, which knows nothing of us, verifies it."""
    at_receipt = SignatureConfiguration(verification_time=AT, location=".//")
    found = XMLVerifier().verify(etree.fromstring(signed), x509_cert=mes().certificate, expect_config=at_receipt)
    return not isinstance(found, list)


def test_only_the_signature_is_added() -> None:
    """The document's own bytes stay: whoever compares digests of what was previewed must find the same."""
    signed = sign(ALERT, mes().identity)
    begin, end = signed.index(b"<Signature "), signed.index(b"</Signature>") + len(b"</Signature>")
    assert signed[:begin] + signed[end:] == ALERT


@pytest.mark.parametrize(
    "document",
    [
        ALERT,
        b"<alert/>",
        b"<a:alert xmlns:a='urn:a' xmlns:b='urn:b'><a:x b:y='1'/></a:alert>",
        '<?xml version="1.0" encoding="UTF-16"?><alert>ө</alert>'.encode("utf-16"),
        '<?xml version="1.0" encoding="windows-1251"?><alert>я</alert>'.encode("cp1251"),
        b"<alert>1</alert><!-- behind: </alert> -->",
    ],
)
def test_an_independent_library_accepts_it(document: bytes) -> None:
    """The signed form is written by hand here for speed: signxml is the oracle."""
    signed = sign(document, mes().identity)
    assert by_others(signed)
    assert verify(signed, mes().pinned, AT)[0].method == "ecdsa-sha256"


def test_bare_cryptography_accepts_it() -> None:
    """Digest and value are checked step by step as the standard says (W3C XML Signature 1.1, 3.2), by no library."""
    root = etree.fromstring(sign(ALERT, mes().identity))
    signature = root.find(f"{DS}Signature")
    assert signature is not None
    info = etree.tostring(etree.fromstring(etree.tostring(signature[0])), method="c14n", exclusive=True)
    value = b64decode(signature.findtext(f"{DS}SignatureValue") or "")
    halves = (int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
    mes().key.public_key().verify(encode_dss_signature(*halves), info, ECDSA(SHA256()))
    digest = b64decode(signature.findtext(f".//{DS}DigestValue") or "")
    root.remove(signature)
    assert hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True, with_comments=False)).digest() == digest


def test_what_is_no_xml_is_not_signed() -> None:
    """A signature on something that nobody can read helps nobody."""
    with pytest.raises(SignatureError) as caught:
        sign(b"<alert>", mes().identity)
    assert caught.value.reason is SignatureFault.UNREADABLE


def test_an_identity_is_read_from_a_closed_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key and certificate lie in one file; the key's passphrase stands in the environment."""
    path = tmp_path / "cap.pem"
    path.write_bytes(mes().file("four words are enough"))
    path.chmod(0o600)
    with pytest.raises(IdentityError, match="is encrypted"):
        SigningIdentity.from_file(path)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "four words are enough")
    assert SigningIdentity.from_file(path).fingerprint == mes().identity.fingerprint
    with pytest.raises(IdentityError, match="is not there"):
        SigningIdentity.from_file(tmp_path / "none.pem")


def test_key_and_certificate_must_belong_together() -> None:
    """Otherwise every document would be refused by those who get it."""
    with pytest.raises(IdentityError, match="not that of the key"):
        SigningIdentity(mes().key, (signatory("other").certificate,))
    with pytest.raises(IdentityError, match="no certificate"):
        SigningIdentity.from_pem(mes().file().partition(b"-----BEGIN CERT")[0])


@pytest.mark.parametrize("notes", [(("en", "seen from the road"),), ()])
def test_a_report_of_irix_is_signed_where_its_standard_has_room(notes: tuple[tuple[str, str], ...]) -> None:
    """Among its annexes, behind all else there; also where it has none. Others' means find the same."""
    event = parse_event((EXAMPLES / "tailings-failure.json").read_bytes())
    report = replace(irix.report_of(event, event_id="x", created=AT), notes=notes)
    signed = sign(irix.write(report), mes().identity)
    annexes = etree.fromstring(signed).find("{http://www.iaea.org/2012/IRIX/Format/Annexes}Annexes")
    assert annexes is not None
    assert annexes[-1].tag == f"{DS}Signature"
    (proven,) = verify(signed, mes().pinned, AT)
    assert irix.read(proven.signed) == irix.read(irix.write(report))
    assert by_others(signed)
    with pytest.raises(SignatureError, match="digest differs"):
        verify(signed.replace(b"Sv/s", b"Gy/s"), mes().pinned, AT)


def test_no_signature_elsewhere_in_a_report_vouches_for_it() -> None:
    """Whoever could put it anywhere could let it stand in what it does not sign."""
    event = parse_event((EXAMPLES / "tailings-failure.json").read_bytes())
    root = etree.fromstring(sign(irix.write(irix.report_of(event, event_id="x", created=AT)), mes().identity))
    signature = next(root.iter(f"{DS}Signature"))
    root[0].append(signature)
    with pytest.raises(SignatureError) as refused:
        verify(etree.tostring(root), mes().pinned, AT)
    assert refused.value.reason is SignatureFault.PART_ONLY
