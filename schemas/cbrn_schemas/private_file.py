"""Files that hold a secret: written whole or not at all, for their owner alone, and read only where that is so."""

from __future__ import annotations

import os
import secrets
import shlex
import stat
from typing import TYPE_CHECKING, Final

from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE_MODE: Final = 0o600
BYTES_MAX: Final = 256 * 1024
"""A key, a handful of certificates: some KB."""


class PrivateFileError(BusError):
    """A file with a secret that cannot be read, or that others could have read or written."""

    bad_input = True


def read_private(path: Path, what: str, *, group_reads: bool = False, bytes_max: int = BYTES_MAX) -> str:
    """Return the text of a file that nobody but its owner may read or write; `what` it is called in errors.

    `group_reads`: its group may read it, too, as where a service reads what root has written.

    Raises:
        PrivateFileError: it is no such file, or others may read or write it.
        FileNotFoundError: it is not there.
    """
    try:
        # Without waiting: a pipe of that name would hold up a process for ever. What was opened is what is checked.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            _refuse_open(path, what, os.fstat(file.fileno()), group_reads=group_reads)
            content = file.read(bytes_max + 1)
        if len(content) > bytes_max:
            raise PrivateFileError(f"{path} has more than {bytes_max} bytes: it is no {what}", "Name the right file.")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise PrivateFileError(
            f"the {what} {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text in UTF-8'}",
            "Name a file that this user may read, and only this user: chmod 600.",
        ) from error


def _refuse_open(path: Path, what: str, found: os.stat_result, *, group_reads: bool) -> None:
    named = shlex.quote(str(path))
    if not stat.S_ISREG(found.st_mode):
        raise PrivateFileError(f"the {what} {path} is no ordinary file", "Name the right file.")
    if os.name != "posix":  # others have no owners and modes of this sort
        return
    if found.st_uid not in (os.geteuid(), 0):
        raise PrivateFileError(
            f"the {what} {path} belongs to another user (number {found.st_uid})",
            f"Whoever owns it could have put another secret there. If it is yours: chown {os.geteuid()} {named}",
        )
    # systemd hands a credential out as root's, with a right to read for this user alone, which shows as its group's.
    handed = found.st_uid == 0 and str(path.parent) == os.environ.get("CREDENTIALS_DIRECTORY")
    forbidden = found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if handed or group_reads:
        forbidden &= ~stat.S_IRGRP
    if forbidden:
        who = "anyone on this machine" if forbidden & stat.S_IRWXO else "its group"
        may = "write" if forbidden & (stat.S_IWGRP | stat.S_IWOTH) else "read"
        mode = 640 if group_reads else 600
        raise PrivateFileError(
            f"{who} may {may} the {what} {path}, and so act in its owner's name",
            f"Close it: chmod {mode} {named}. If others had access to this machine, have the credential replaced.",
        )


def write_private(path: Path, text: str) -> None:
    """Write a file for its owner alone: whoever looks finds the old one or the new one, whole."""
    new = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
