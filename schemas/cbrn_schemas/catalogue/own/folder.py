"""Which folder it is, and its files as bytes: read only where nobody else could have written them, as `cbrn.env` is.

Whoever writes here decides who is told of an alert and by whose topics others may publish.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cbrn_schemas.settings_file import SETTINGS_FILE, read_settings_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.catalogue.own.faults import Faults

VARIABLE: Final = "CBRN_CATALOGUE"
FILES: Final = ("bodies.csv", "facilities.csv", "crossings.csv", "contacts.csv")
BYTES_MAX: Final = 4 * 1024 * 1024
"""Of a file: 10,000 rows of 400 bytes, in three languages."""
LAST_GOOD: Final = "catalogue-last-good.json"
SOMEBODY_ELSE: Final = "who writes it decides who is told of an alert"


def setting(name: str) -> str | None:
    """Return a variable of the environment, else of `cbrn.env`, as `Settings` does; None where it is not set.

    The catalogue is asked by what has no settings, too: an event is checked without any.

    Raises:
        SettingsFileError: somebody else could have written `cbrn.env`.
    """
    for source in (os.environ, read_settings_file(Path(SETTINGS_FILE))):
        for key, value in source.items():
            if key.upper() == name and value:
                return value
    return None


def folder_named() -> Path | None:
    """Return the folder that this installation names, if it names one."""
    named = setting(VARIABLE)
    return None if named is None else Path(named)


def last_good_file() -> Path:
    """Return the file in which the last folder is kept that was in use without a fault."""
    return Path(setting("CBRN_DATA_DIR") or ".cbrn") / LAST_GOOD


def digest_of(files: Mapping[str, bytes]) -> str:
    """Name a content: of another one it is another."""
    parts = (f"{name}:{hashlib.sha256(content).hexdigest()}" for name, content in sorted(files.items()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read_files(folder: Path, faults: Faults) -> dict[str, bytes]:
    """Return what is in the folder's tables, by name; whatever is not as it must be is a fault."""
    try:
        opened = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError as error:
        faults.add(
            "",
            None,
            "",
            f"the folder {folder} cannot be read: {error.strerror}",
            f"{VARIABLE} names a folder with bodies.csv, facilities.csv, crossings.csv or contacts.csv.",
        )
        return {}
    try:
        if not _read_only(opened) and _unsafe("", folder, folder.lstat(), os.fstat(opened), faults):
            return {}
        files = {name: content for name in FILES if (content := _content(folder / name, faults)) is not None}
        unknown = sorted(each.name for each in folder.iterdir() if each.suffix == ".csv" and each.name not in FILES)
    finally:
        os.close(opened)
    for name in unknown:
        faults.add(name, None, "", "no table is called so", f"The tables are {', '.join(FILES)}; take it away.")
    if not files and not faults.refused:
        faults.add("", None, "", f"the folder {folder} holds no table", f"Put one there: {', '.join(FILES)}.")
    return files


def _content(path: Path, faults: Faults) -> bytes | None:
    """Return a file's content; None where there is none, or where it is a fault."""
    try:
        link = path.lstat()
        # Without waiting: a pipe of that name would hold up every process for ever. What was opened is what is checked.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                faults.add(path.name, None, "", "this is no ordinary file", "Put a CSV file in its place.")
                return None
            if not _read_only(file.fileno()) and _unsafe(path.name, path, link, found, faults):
                return None
            content = file.read(BYTES_MAX + 1)
    except FileNotFoundError:
        if path.is_symlink():
            faults.add(path.name, None, "", "the link leads nowhere", "Put the file itself there.")
        return None
    except OSError as error:
        faults.add(path.name, None, "", f"it cannot be read: {error.strerror}", "Give this user the right to read it.")
        return None
    if len(content) > BYTES_MAX:
        faults.add(path.name, None, "", f"it has more than {BYTES_MAX // 1024**2} MiB", "A table is a few kB of rows.")
        return None
    return content


def _unsafe(name: str, path: Path, link: os.stat_result, found: os.stat_result, faults: Faults) -> bool:
    """Note that somebody else could have written it, or the link to it."""
    if os.name != "posix":  # others have no owners and modes of this sort
        return False
    named = shlex.quote(str(path.absolute()))
    kind = "file" if name else f"folder {path}"
    for one in (found, link):
        if one.st_uid not in (os.geteuid(), 0):
            what = f"the {kind} belongs to another user (number {one.st_uid}): {SOMEBODY_ELSE}"
            faults.add(name, None, "", what, f"Read it through, then: chown -h {os.geteuid()} {named}")
            return True
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        who = "anyone on this machine" if found.st_mode & stat.S_IWOTH else "its group"
        what = f"{who} may write the {kind}: {SOMEBODY_ELSE}"
        faults.add(name, None, "", what, f"Read it through, then: chmod go-w {named}")
        return True
    return False


def _read_only(opened: int) -> bool:
    """Tell whether nobody can write there, whatever its mode says: a volume of Kubernetes is mounted so."""
    return bool(os.fstatvfs(opened).f_flag & os.ST_RDONLY)
