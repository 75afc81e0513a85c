"""Files that a person gives to sign with: private keys, and signatures made elsewhere. Read within bounds."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

import typer

from cbrn_routing.activation import (
    ActivationError,
    KeyFileError,
    PrivateKey,
    RecordError,
    SignedStatement,
    is_encrypted,
)

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE_VARIABLE: Final = "CBRN_KEY_PASSPHRASE"  # noqa: S105 - the name of one
PASSPHRASE_LENGTH: Final = 12
BYTES_MAX: Final = 64 * 1024
"""A key has 300 bytes, a signature 400."""


class OverwriteError(ActivationError):
    """A file that is there and must stay."""


def private_key(path: Path) -> PrivateKey:
    """Read the key in a file; its passphrase comes from the environment, or is asked for.

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


def chosen_passphrase() -> str:
    """Ask for a new key's passphrase, or take it from the environment.

    Raises:
        KeyFileError: it is too short.
    """
    given = os.environ.get(PASSPHRASE_VARIABLE) or typer.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=True, err=True
    )
    if len(given) < PASSPHRASE_LENGTH:
        raise KeyFileError(
            f"the passphrase has fewer than {PASSPHRASE_LENGTH} characters",
            "Take four or five words that nobody guesses.",
        )
    return str(given)


def signature_file(path: Path) -> SignedStatement:
    """Read the signature in a file that `cbrn rules sign` wrote.

    Raises:
        RecordError: it is none.
        OSError: it cannot be read.
    """
    content = content_of(path)
    if content is None:
        raise RecordError(f"{path} is no signature file", "Give the file that `cbrn rules sign` wrote.")
    return SignedStatement.parse(content, path.name)


def content_of(path: Path) -> bytes | None:
    """Read an ordinary file of bounded size; None for anything else: a pipe would be waited for, for ever."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        content = file.read(BYTES_MAX + 1)
    return content if len(content) <= BYTES_MAX else None


def refuse_overwriting(path: Path, signed: SignedStatement) -> None:
    """Refuse a file that is there, unless it is the same key's signature over the same book: that may be made anew.

    Raises:
        OverwriteError: it may be the signer's own key, or the draft.
    """
    if not path.exists() and not path.is_symlink():
        return
    try:
        before = signature_file(path)
    except (RecordError, OSError):
        raise OverwriteError(f"{path} is there, and is no signature file", "Choose another file for --out.") from None
    same = (before.realm, before.digest, before.signature.key) == (signed.realm, signed.digest, signed.signature.key)
    if not same:
        raise OverwriteError(
            f"{path} is there, and is another signature: of number {before.sequence} of {before.realm}, by the key"
            f" {before.signature.key[:12]}…, over {before.digest[:12]}",
            "Choose another file for --out.",
        )


def write_signature(path: Path, signed: SignedStatement) -> None:
    """Write a signature file, whole or not at all.

    Raises:
        OverwriteError: something else lies there.
    """
    refuse_overwriting(path, signed)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as file:
            file.write(signed.model_dump_json(indent=2) + "\n")
        if path.exists():
            new.replace(path)
        else:
            os.link(new, path)  # unlike a renaming it fails where a file has appeared in the meantime
    finally:
        new.unlink(missing_ok=True)
