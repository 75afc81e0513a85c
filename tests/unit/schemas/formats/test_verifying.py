"""A signature proves what it covers, by whom, at the time of receipt; anything less is refused with its own reason."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureMethod, XMLSigner
from tests.builders.signatories import AT, Signatory, mes, signatory

from cbrn_schemas.formats.signature import (
    IdentityError,
    SignatureError,
    SignatureFault,
    Trusted,
    is_signed,
    sign,
    verify,
)

ALERT = b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">\n  <identifier>1</identifier>\n</alert>'


def refused(
    document: bytes, trusted: Trusted | None = None, at: timedelta = timedelta(), **more: bool
) -> SignatureFault:
    """Why a document is refused."""
    with pytest.raises(SignatureError) as caught:
        verify(document, trusted or mes().pinned, AT + at, **more)
    assert caught.value.hint
    return caught.value.reason


def by_signxml(document: bytes, who: Signatory, c14n: CanonicalizationMethod) -> bytes:
    """Have another library sign."""
    signer = XMLSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256, c14n_algorithm=c14n)
    return etree.tostring(signer.sign(etree.fromstring(document), key=who.key, cert=[who.certificate]))


@pytest.mark.parametrize(
    "c14n", [each for each in CanonicalizationMethod if "Comments" not in each.value and "2.0" not in each.name]
)
def test_what_another_library_signs_is_verified(c14n: CanonicalizationMethod) -> None:
    """Partners sign with their own programs, in each canonical form without comments."""
    (found,) = verify(by_signxml(ALERT, mes(), c14n), mes().pinned, AT)
    assert found.signer == "CN=mes.cbrn.kg"
    assert (found.at, found.sha1) == (AT, False)


def test_what_was_signed_is_what_is_returned() -> None:
    """The reader reads the signed bytes: a comment that would cut a text in two is not among them."""
    (found,) = verify(sign(ALERT.replace(b">1<", b">1<!-- -->2<"), mes().identity), mes().pinned, AT)
    assert etree.fromstring(found.signed)[0].text == "12"
    assert b"Signature" not in found.signed


def test_a_changed_document_is_refused() -> None:
    """One character is enough."""
    assert refused(sign(ALERT, mes().identity).replace(b">1<", b">2<")) is SignatureFault.CHANGED


def test_a_document_without_signature_is_no_answer_but_a_refusal() -> None:
    """Whoever forgets to look at an empty answer must not take an unsigned alert."""
    assert refused(ALERT) is SignatureFault.UNSIGNED
    assert not is_signed(ALERT)
    assert is_signed(sign(ALERT, mes().identity))


def test_times_of_certificates_are_told_apart() -> None:
    """Valid is what is valid at receipt: earlier and later have their own reasons, pinned or by an authority."""
    authority = signatory("authority", authority=True)
    signed = sign(ALERT, (issued := signatory("partner", authority)).identity)
    for trusted in (issued.pinned, Trusted(authorities=(authority.certificate,))):
        assert verify(signed, trusted, AT)[0].signer == "CN=partner"
        assert refused(signed, trusted, timedelta(days=61)) is SignatureFault.EXPIRED
        assert refused(signed, trusted, timedelta(days=-31)) is SignatureFault.NOT_YET_VALID


def test_an_expired_authority_is_said_to_be() -> None:
    """The engineer asks for another certificate of the authority, not of the partner."""
    authority = signatory("authority", authority=True, ends=AT - timedelta(days=1))
    signed = sign(ALERT, signatory("partner", authority).identity)
    assert refused(signed, Trusted(authorities=(authority.certificate,))) is SignatureFault.EXPIRED


def test_whoever_is_not_named_is_not_trusted() -> None:
    """Neither another's certificate nor one that another authority of the same name issued."""
    signed = sign(ALERT, signatory("partner", signatory("authority", authority=True)).identity)
    assert refused(signed) is SignatureFault.UNTRUSTED
    same_name = signatory("authority", authority=True)
    assert refused(signed, Trusted(authorities=(same_name.certificate,))) is SignatureFault.UNTRUSTED


def test_a_pinned_key_counts_without_a_certificate_of_its_own() -> None:
    """An agreement may name a bare key; what the document's certificate says of itself then proves nothing."""
    trusted = Trusted.from_pem(mes().public_pem())
    (found,) = verify(sign(ALERT, mes().identity), trusted, AT + timedelta(days=999))
    assert (found.signer, found.ends) == ("", None)


def test_an_agreement_s_file_sorts_itself() -> None:
    """Certificates of authorities, of signers, and keys may stand in one file in any order."""
    authority = signatory("authority", authority=True)
    trusted = Trusted.from_pem(mes().public_pem() + authority.certificate_pem() + mes().certificate_pem())
    assert (len(trusted.authorities), len(trusted.pinned), len(trusted.keys)) == (1, 1, 1)
    with pytest.raises(IdentityError, match="0 certificates"):
        Trusted.from_pem(b"")
    with pytest.raises(IdentityError, match=r"1\. block"):
        Trusted.from_pem(mes().file())


def test_several_signatures_each_made_without_the_others() -> None:
    """Canada's system adds a second one beside the sender's, which does not cover it."""
    second = signatory("relay")
    extra = re.search(b"<Signature .*</Signature>", sign(ALERT, second.identity))
    assert extra is not None
    both = sign(ALERT, mes().identity).replace(b"</alert>", extra[0] + b"</alert>")
    trusted = Trusted(pinned=(mes().certificate, second.certificate))
    assert [one.signer for one in verify(both, trusted, AT)] == ["CN=mes.cbrn.kg", "CN=relay"]
    assert [one.signer for one in verify(both, mes().pinned, AT)] == ["CN=mes.cbrn.kg"]


def test_a_second_signature_over_the_first() -> None:
    """As the standard itself has it: it leaves out only itself."""
    both = sign(sign(ALERT, mes().identity), (second := signatory("relay")).identity)
    assert len(verify(both, Trusted(pinned=(mes().certificate, second.certificate)), AT)) == 2
    four_more = both
    for _ in range(3):
        four_more = sign(four_more, second.identity)
    assert refused(four_more) is SignatureFault.TOO_MANY


def test_a_document_signed_without_blanks() -> None:
    """Weather services sign before they lay the document out: it fits only without the blanks, and that is said."""
    signed = sign(ALERT.replace(b"\n  ", b"").replace(b"\n", b""), mes().identity)
    laid_out = signed.replace(b"><identifier>", b">\n  <identifier>").replace(b"><Signature ", b">\n  <Signature ")
    (found,) = verify(laid_out, mes().pinned, AT)
    assert found.blanks_left_out


def test_base64_must_be_canonical() -> None:
    """Three real test sets differ in the unused bits of the last character alone, and a lenient decoder takes them."""
    signed = sign(ALERT, mes().identity)
    value = re.search(rb"<SignatureValue>([^<]*)==<", signed)
    assert value is not None
    last = value[1][-1:]
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = letters[letters.index(last) + 1 :][:1]
    assert refused(signed.replace(value[1] + b"==", value[1][:-1] + other + b"==")) is SignatureFault.ENCODING


def test_a_signature_of_a_part_is_refused() -> None:
    """Wrapping: the signed part lies somewhere, and the reader reads another."""
    signed = sign(ALERT, mes().identity)
    assert refused(signed.replace(b'URI=""', b'URI="#a"')) is SignatureFault.PART_ONLY
    assert refused(b"<outer>" + signed + b"</outer>") is SignatureFault.PART_ONLY
    filter_ = b'<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>'
    assert refused(signed.replace(b"</Transforms>", filter_ + b"</Transforms>")) is SignatureFault.PART_ONLY
    reference = re.search(b"<Reference.*</Reference>", signed)
    assert reference is not None
    assert refused(signed.replace(reference[0], reference[0] * 2)) is SignatureFault.PART_ONLY


def test_another_algorithm_than_of_the_list_is_refused() -> None:
    """HMAC with a public key as its secret is the oldest trick of them."""
    signed = sign(ALERT, mes().identity)
    hmac = signed.replace(b"xmldsig-more#ecdsa-sha256", b"xmldsig-more#hmac-sha256")
    assert refused(hmac) is SignatureFault.ALGORITHM


def test_sha1_counts_only_where_the_agreement_allows_it() -> None:
    """And then the result says so."""

    class Old(XMLSigner):
        def check_deprecated_methods(self) -> None:
            """Let it sign as old programs do."""

    key = rsa.generate_private_key(65537, 2048)
    old = Old(signature_algorithm=SignatureMethod.RSA_SHA1, digest_algorithm=DigestAlgorithm.SHA1)
    signed = etree.tostring(old.sign(etree.fromstring(ALERT), key=key))
    trusted = Trusted(keys=(key.public_key(),))
    assert refused(signed, trusted) is SignatureFault.SHA1
    (found,) = verify(signed, trusted, AT, allow_sha1=True)
    assert (found.sha1, found.method) == (True, "rsa-sha1")


def test_a_value_of_another_key_is_refused() -> None:
    """A certificate can be copied; the key cannot."""
    signed = sign(ALERT, signatory("thief").identity)
    mine = sign(ALERT, mes().identity)
    certificate = re.search(b"<X509Certificate>.*</X509Certificate>", mine)
    assert certificate is not None
    forged = re.sub(b"<X509Certificate>.*</X509Certificate>", certificate[0], signed)
    assert refused(forged) is SignatureFault.WRONG
