"""A password from a file or standard input: one line, within bounds, from a file that nobody else may read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from cbrn_deploy.cli.parameters import UsageError
from cbrn_schemas.private_file import PrivateFileError, read_private

if TYPE_CHECKING:
    from pathlib import Path

BYTES_MAX: Final = 4_096
_ONE_LINE: Final = "It is one line of text in UTF-8, and nothing else."


def read_password(file: Path) -> str:
    """Return the first line of a file, or of standard input where it is called `-`.

    Raises:
        UsageError: it is no such file, or others may read it.
    """
    text = _typed() if str(file) == "-" else _written(file)
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) != 1 or not lines[0]:
        raise UsageError(f"{file}: no password", _ONE_LINE)
    return lines[0]


def _typed() -> str:
    content = sys.stdin.buffer.read(BYTES_MAX + 1)
    try:
        return content.decode("utf-8") if len(content) <= BYTES_MAX else ""
    except UnicodeDecodeError:
        return ""


def _written(file: Path) -> str:
    try:
        return read_private(file, "password file", bytes_max=BYTES_MAX)
    except PrivateFileError as error:
        raise UsageError(str(error), error.hint) from None
