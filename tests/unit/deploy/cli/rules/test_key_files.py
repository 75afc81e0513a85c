"""Files to sign with: whatever is given is an answer, and nothing that lies there is lost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cbrn_deploy.cli.rules.key_files import OverwriteError, content_of, private_key, signature_file, write_signature
from cbrn_routing.activation import KeyFileError, PrivateKey, RecordError, SignedStatement, Statement
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from pathlib import Path

KEY = PrivateKey.generate()


def signed(
    key: PrivateKey = KEY, sequence: int = 1, digest: str = "a" * 64, realm: Realm = Realm.REAL
) -> SignedStatement:
    return SignedStatement.by(key, Statement(realm, sequence, digest))


def test_a_pipe_or_a_device_is_no_key_and_no_signature(tmp_path: Path) -> None:
    """A command that waits for a pipe, or reads zeros for ever, looks like one that works."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    large = tmp_path / "large"
    large.write_bytes(b"x" * 100_000)
    for path in (pipe, large):
        assert content_of(path) is None
        with pytest.raises(KeyFileError, match="no key file"):
            private_key(path)
        with pytest.raises(RecordError, match="no signature file"):
            signature_file(path)


def test_a_signature_is_made_anew_over_the_same_book_only(tmp_path: Path) -> None:
    """Two officers who choose the same name must not undo each other's work."""
    path = tmp_path / "a.sig"
    write_signature(path, signed())
    write_signature(path, signed(sequence=2))
    assert signature_file(path).sequence == 2
    others = signed(PrivateKey.generate()), signed(digest="b" * 64), signed(realm=Realm.EXERCISE)
    for other in others:
        with pytest.raises(OverwriteError, match=r"another signature: of number 2 of cbrn"):
            write_signature(path, other)
    assert signature_file(path).sequence == 2
    assert [each.name for each in tmp_path.iterdir()] == ["a.sig"], "nothing half written is left"


@pytest.mark.parametrize("content", [b"", b"rules: []", KEY.to_pem(None), b"\xff", b"{}"])
def test_whatever_else_lies_there_stays(tmp_path: Path, content: bytes) -> None:
    """The signer's own key above all: nobody can replace it."""
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    for out in (path, tmp_path / "link"):
        if out != path:
            out.symlink_to(path)
        with pytest.raises(OverwriteError, match="is no signature file"):
            write_signature(out, signed())
    assert path.read_bytes() == content
    nowhere = tmp_path / "dangling"
    nowhere.symlink_to(tmp_path / "none")
    with pytest.raises(OverwriteError):
        write_signature(nowhere, signed())
