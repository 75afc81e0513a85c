"""Enveloped signatures of XML documents (W3C XML Signature 1.1), made and verified.

Made: ECDSA on P-256 with SHA-256 over the whole document, exclusive canonical XML. Verified: what others make, as far
as it covers the whole document; anything less is refused, and what was signed is what is returned.
"""

from cbrn_schemas.lazily import found_in

__all__ = [
    "KEY_VARIABLE",
    "PASSPHRASE_VARIABLE",
    "IdentityError",
    "SignatureError",
    "SignatureFault",
    "SigningIdentity",
    "Trusted",
    "Verified",
    "is_signed",
    "sign",
    "verify",
]
__getattr__ = found_in(
    __name__,
    f"{__name__}.errors",
    f"{__name__}.identity",
    f"{__name__}.signing",
    f"{__name__}.trust",
    f"{__name__}.verifying",
)
