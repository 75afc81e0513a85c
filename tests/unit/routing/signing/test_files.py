"""Files of trust and of keys: who may write them, and whatever lies there is an answer."""

import os
import re
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.builders.activation import AIGUL, TRUST

from cbrn_routing.activation import (
    KeyFileError,
    PrivateKey,
    Signer,
    Trust,
    TrustFileError,
    is_encrypted,
    trust_lines,
)

# The trust file.


def test_keygens_lines_are_a_trust_file():
    """What one command prints the other must read, whatever the name."""
    signer = Signer('Жумагүл "Жуля" O\\Hara', "mes", AIGUL.public)
    assert Trust.from_toml(trust_lines(signer)).signers == (signer,)


def entry(**changes):
    row = {"person": '"A B"', "body": '"mes"', "key": f'"{AIGUL.public}"'} | changes
    return "[[signer]]\n" + "".join(f"{name} = {value}\n" for name, value in row.items() if value is not None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[signer]", "is no TOML"),
        ("[signer]\nperson = 'x'", "something else than"),
        ("trust = 1", "something else than"),
        (entry(person=None), "signer 1 of the trust file has no person"),
        (entry(person='" "'), "has no person"),
        (entry(person=r'"a\nb"'), "not a line of text"),
        (entry(body='"zzz"'), "no body has the code «zzz»"),
        (entry(key='"AAAA"'), "the key is not the base64 of 32 bytes"),
        (entry(key=f'"{AIGUL.public} "'), "the key is not the base64 of 32 bytes"),
        (entry(valid_until='"2026-01-01"'), "valid_until is no day"),
        (entry(valid_from="2026-01-01T00:00:00Z"), "valid_from is no day"),
        (entry(valid_til="2026-01-01"), "unknown field: valid_til"),
        (entry() + entry(person='"C D"'), "one key stands twice in the trust file: for A B (mes) and for C D (mes)"),
    ],
)
def test_a_mistake_in_the_trust_file_is_named(text, said):
    """It is edited by hand, seldom, and decides who may change who is told."""
    with pytest.raises(TrustFileError, match=re.escape(said)):
        Trust.from_toml(text)


def test_a_trust_file_that_cannot_be_read_is_an_error_and_not_an_empty_one(tmp_path):
    """Else a lost mount would look like «nobody may»."""
    with pytest.raises(TrustFileError, match="cannot be read"):
        Trust.read(tmp_path / "none.toml")
    assert Trust.read(None) == Trust()


@pytest.fixture
def trust_file(tmp_path):
    path = tmp_path / "signers.toml"
    path.write_text("".join(map(trust_lines, TRUST.signers)))
    path.chmod(0o644)
    return path


@pytest.mark.parametrize(
    ("mode", "who"),
    [(0o666, "anyone on this machine"), (0o646, "anyone on this machine"), (0o664, "its group"), (0o620, "its group")],
)
def test_a_trust_file_that_others_may_write_is_not_trusted(trust_file, mode, who):
    """Whoever writes it decides who is told of an emergency."""
    trust_file.chmod(mode)
    with pytest.raises(TrustFileError, match=f"^{who} may write the trust file") as refused:
        Trust.read(trust_file)
    assert f"chmod go-w {trust_file}" in refused.value.hint
    trust_file.chmod(mode & ~0o022)
    assert Trust.read(trust_file) == TRUST


def test_a_trust_file_of_another_user_is_not_trusted(trust_file, monkeypatch):
    """Its owner may change it at any time, whatever its mode says; root's may be read by everybody."""
    owner = trust_file.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    monkeypatch.setattr("os.fstat", partial(stat_of_owner, os.fstat, owner or 4711))
    with pytest.raises(TrustFileError, match="belongs to another user") as refused:
        Trust.read(trust_file)
    assert f"chown root {trust_file}" in refused.value.hint
    monkeypatch.undo()
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    monkeypatch.setattr("os.fstat", partial(stat_of_owner, os.fstat, 0))
    assert Trust.read(trust_file) == TRUST


def stat_of_owner(fstat, owner, descriptor):
    found = list(fstat(descriptor))
    found[4] = owner
    return os.stat_result(found)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "a = " + "[{b = " * 3_000,
        "a = " + "[\n" * 100_000,
        "a" + ".b" * 100_000 + " = 1",
        "a = " + "9" * 900,
    ],
    ids=["tables", "mixed", "lines", "dots", "digits"],
)
def test_a_trust_file_made_to_end_the_reader_is_an_answer(trust_file, text):
    """A router that crashes on it would not follow any book; one that reads it for minutes neither."""
    trust_file.write_text(text)
    with pytest.raises(TrustFileError):
        Trust.read(trust_file)


def test_a_trust_file_that_is_no_file_or_has_no_end_is_refused(tmp_path):
    """A pipe of that name would else be waited for by every router, for ever."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(TrustFileError, match="no ordinary file"):
            Trust.read(path)
    with pytest.raises(TrustFileError, match="cannot be read"):
        Trust.read(tmp_path)
    large = tmp_path / "large.toml"
    large.write_text("# more\n" * 200_000)
    with pytest.raises(TrustFileError, match="more than 1000000 bytes"):
        Trust.read(large)


# Keys.


def test_a_key_file_opens_with_its_own_passphrase_only():
    """Whoever finds the file has not got the key."""
    pem = AIGUL.to_pem("four guessless words")
    assert is_encrypted(pem)
    assert PrivateKey.from_pem(pem, "four guessless words").public == AIGUL.public
    for wrong in ("four guessless word", None):
        with pytest.raises(KeyFileError, match=r"passphrase|encrypted"):
            PrivateKey.from_pem(pem, wrong)
    with pytest.raises(KeyFileError, match="not encrypted"):
        PrivateKey.from_pem(AIGUL.to_pem(None), "needless")


def test_another_kind_of_key_is_refused():
    """An RSA key would be read, and fail at the first signature."""
    rsa = generate_private_key(65537, 2048)
    with pytest.raises(KeyFileError, match="Ed25519"):
        PrivateKey.from_pem(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), None)
    with pytest.raises(KeyFileError, match="cannot be read"):
        PrivateKey.from_pem(b"no key", None)
