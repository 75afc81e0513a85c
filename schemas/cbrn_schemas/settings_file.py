"""The file `cbrn.env` of the current folder: read only where nobody else could have written it.

Whoever writes it decides which broker a report goes to and whose word is trusted, and a command is run wherever its
user happens to stand.
"""

from __future__ import annotations

import io
import os
import shlex
import stat
from pathlib import Path
from typing import Final

from cbrn_schemas.errors import BusError

SETTINGS_FILE: Final = "cbrn.env"
BYTES_MAX: Final = 100_000
"""A dozen lines; what is longer is something else."""


class SettingsFileError(BusError):
    """The settings file cannot be read, or others could have written it."""

    bad_input = True


def read_settings_file(path: Path) -> dict[str, str | None]:
    """Return the variables of a settings file, or none where there is no file.

    Raises:
        SettingsFileError: it cannot be read, or somebody else than this user and root may write it.
    """
    try:
        link = path.lstat()
        # Without waiting: a pipe of that name would hold up every command for ever. What was opened is what is checked.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            _refuse_unsafe(path, link, os.fstat(file.fileno()))
            content = file.read(BYTES_MAX + 1)
        if len(content) > BYTES_MAX:
            raise SettingsFileError(
                f"{path.absolute()} has more than {BYTES_MAX} bytes: it is no settings file",
                hint="Take it away, or start the command in another folder.",
            )
        from dotenv import dotenv_values  # noqa: PLC0415 - it brings logging, and few have such a file

        return dotenv_values(stream=io.StringIO(content.decode("utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsFileError(
            f"the settings file {path.absolute()} cannot be read: {getattr(error, 'strerror', None) or error}",
            hint="It is text in UTF-8, one NAME=value a line, that this user may read.",
        ) from error


def _refuse_unsafe(path: Path, link: os.stat_result, found: os.stat_result) -> None:
    """Refuse a file, or a link to it, that is another user's, and a file that others may write."""
    where = path.absolute()
    named = shlex.quote(str(where))
    if not stat.S_ISREG(found.st_mode):
        raise SettingsFileError(
            f"the settings file {where} is no ordinary file", hint="Take it away, or start the command elsewhere."
        )
    if os.name != "posix":  # others have no owners and modes of this sort
        return
    for kind, one in (("settings file", found), ("link to the settings file", link)):
        if one.st_uid not in (os.geteuid(), 0):
            raise SettingsFileError(
                f"the {kind} {where} belongs to another user (number {one.st_uid}): it could send reports to their "
                "broker",
                hint=f"If you want what is in it: chown -h {os.geteuid()} {named}. Else start the command elsewhere.",
            )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        who = "anyone on this machine" if found.st_mode & stat.S_IWOTH else "its group"
        raise SettingsFileError(
            f"{who} may write the settings file {where}, and so send reports to another broker",
            hint=f"Read it through, then: chmod go-w {named}",
        )
