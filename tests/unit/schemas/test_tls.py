"""What is wrong with a program's own certificate, key or authority is said by file, with the remedy."""

import pytest
from tests.builders.tls import PEM, TestAuthority, key_pem

from cbrn_schemas.certificate import from_der, in_pem
from cbrn_schemas.credentials import CredentialsError
from cbrn_schemas.settings import Settings
from cbrn_schemas.tls import client_context


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return TestAuthority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def own(authority):
    return authority.issue("mes.feed", host="feed.example.kg")


def test_files_in_order_are_taken(authority, own, tmp_path):
    client_context(None, None)
    client_context(authority.file, own.file)
    (tmp_path / "key.pem").write_bytes(key_pem(own.key))
    (tmp_path / "certificate.pem").write_bytes(own.certificate.public_bytes(PEM))
    client_context(own.file, tmp_path / "certificate.pem", tmp_path / "key.pem")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: no such file"),
        (b"", "no certificate in it"),
        ("certificate", "no private key in it"),
        ("key", "no certificate in it"),
        ("locked", "locked with a passphrase"),
        ("other", "not that of the certificate"),
        (b"-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is damaged"),
        (b"x" * (1024 * 1024 + 1), "larger than 1024 kB"),
    ],
)
def test_an_own_file_that_will_not_do(authority, own, tmp_path, content, said):
    """Python says `[SSL] PEM lib`, or asks a terminal that nobody sits at."""
    certificate = own.certificate.public_bytes(PEM)
    made = {
        "certificate": certificate,
        "key": key_pem(own.key),
        "locked": key_pem(own.key, b"marked") + certificate,
        "other": key_pem(authority.issue("else").key) + certificate,
    }
    file = tmp_path / "own.pem"
    if content is not None:
        file.write_bytes(made.get(content, content) if isinstance(content, str) else content)
    with pytest.raises(CredentialsError, match=said) as caught:
        client_context(authority.file, file)
    assert str(file) in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no certificate", "no certificate in it"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is damaged"),
        ("-----BEGIN CERTIFICATE-----\nшайтан\n-----END CERTIFICATE-----\n".encode(), "is damaged"),
    ],
)
def test_an_authority_that_will_not_do(tmp_path, content, said):
    (file := tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(CredentialsError, match=said):
        client_context(file, None)


def test_a_password_that_is_missing_is_said_before_anybody_is_asked():
    with pytest.raises(CredentialsError, match="needs a user and a password"):
        Settings(security_protocol="SASL_SSL", username="mes").connection()


def test_a_certificate_is_read_as_others_read_it(authority, own):
    """Beside the library that agencies do not have."""
    found = in_pem(own.file.read_text())[0]
    assert (found.subject, found.issuer, found.hosts) == ("mes.feed", "ours", ("feed.example.kg",))
    assert (found.begins, found.ends) == (own.certificate.not_valid_before_utc, own.certificate.not_valid_after_utc)


def test_bytes_that_are_no_certificate_are_refused(own):
    """Whatever a stranger shows: cut off anywhere, or with any byte changed, it ends in a sentence or an answer."""
    der = own.certificate.public_bytes(PEM.DER)
    for end in range(0, len(der), 7):
        with pytest.raises(ValueError, match="certificate"):
            from_der(der[:end])
    for at in range(0, len(der), 3):
        try:
            from_der(der[:at] + bytes([der[at] ^ 0x55]) + der[at + 1 :])
        except ValueError:
            continue
