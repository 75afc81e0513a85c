"""A private key and a request for a certificate, made where the key will be used: it never leaves that machine."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def new_request(user: str) -> tuple[str, str]:
    """Return a private key (PKCS#8) and a request that names the user, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), made.public_bytes(serialization.Encoding.PEM).decode()


def authorities_in(pem: bytes) -> str:
    """Return those certificates of a PEM file that are an authority's."""
    return "".join(
        one.public_bytes(serialization.Encoding.PEM).decode()
        for one in x509.load_pem_x509_certificates(pem)
        if _is_authority(one)
    )


def _is_authority(one: x509.Certificate) -> bool:
    try:
        return bool(one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False
