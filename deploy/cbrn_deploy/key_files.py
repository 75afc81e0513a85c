"""Files that a person gives to sign with: private keys, and signatures made elsewhere. Read within bounds."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

import typer

from cbrn_routing.activation import KeyFileError, PrivateKey, RecordError, SignedStatement, is_encrypted

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE_VARIABLE: Final = "CBRN_KEY_PASSPHRASE"  # noqa: S105 - the name of one
BYTES_MAX: Final = 64 * 1024
"""A key has 300 bytes, a signature 400."""


def private_key(path: Path) -> PrivateKey:
    """The key in a file; its passphrase comes from the environment, or is asked for.

    Raises:
        KeyFileError: it is none, or the passphrase is not its own.
        OSError: it cannot be read.
    """
    content = content_of(path)
    if content is None:
        raise KeyFileError(f"{path} is no key file", "Give the file that `cbrn rules keygen` wrote.")
    if not is_encrypted(content):
        return PrivateKey.from_pem(content, None)
    given = os.environ.get(PASSPHRASE_VARIABLE) or typer.prompt(f"Passphrase of {path}", hide_input=True, err=True)
    return PrivateKey.from_pem(content, given)


def signature_file(path: Path) -> SignedStatement:
    """The signature in a file that `cbrn rules sign` wrote.

    Raises:
        RecordError: it is none.
        OSError: it cannot be read.
    """
    content = content_of(path)
    if content is None:
        raise RecordError(f"{path} is no signature file", "Give the file that `cbrn rules sign` wrote.")
    return SignedStatement.parse(content, path.name)


def content_of(path: Path) -> bytes | None:
    """The bytes of an ordinary file of bounded size; None for anything else: a pipe would be waited for, for ever."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        content = file.read(BYTES_MAX + 1)
    return content if len(content) <= BYTES_MAX else None
