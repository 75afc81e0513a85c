"""A password from a file or standard input: one line, within bounds, from a file that nobody else may read."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from typing import TYPE_CHECKING, Final

from cbrn_deploy.cli.parameters import UsageError

if TYPE_CHECKING:
    from pathlib import Path

BYTES_MAX: Final = 4_096


def read_password(file: Path) -> str:
    """Return the first line of a file, or of standard input where it is called `-`.

    Raises:
        UsageError: it is no such file, or others may read it.
    """
    content = sys.stdin.buffer.read(BYTES_MAX + 1) if str(file) == "-" else _content(file)
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        lines = []
    if len(content) > BYTES_MAX or len(lines) != 1 or not lines[0]:
        raise UsageError(f"{file}: no password", "It is one line of text in UTF-8, and nothing else.")
    return lines[0]


def _content(file: Path) -> bytes:
    # Without waiting: a pipe of that name would hold the command up for ever.
    with os.fdopen(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{file} is no ordinary file", "Write the password into one, or give `-` and type it.")
        if os.name == "posix" and found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            hint = f"Take another password, and close the file first: chmod 600 {shlex.quote(str(file))}"
            raise UsageError(f"others on this machine may read the password in {file}", hint)
        return opened.read(BYTES_MAX + 1)
