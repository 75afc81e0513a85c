"""Rotas and officers in a folder of this machine: `mes.ics` and `mes.yaml`, read anew once they have changed.

The folder is a body's own, or the watch's with those of all bodies. Officers' numbers stand in it: a file that others
may write is refused, one that they may read is a finding.
"""

from __future__ import annotations

import os
import shlex
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cbrn_consumers.rota.calendar import BYTES_MAX, Rota, read_rota
from cbrn_consumers.rota.findings import Finding, FindingType, NoRotaError, RotaError, RotaFileError
from cbrn_consumers.rota.officers import read_officers

if TYPE_CHECKING:
    from cbrn_schemas.officers import Officers


class Roster(NamedTuple):
    """A body's rota and officers."""

    rota: Rota
    officers: Officers | None
    """None: their file cannot be used."""
    findings: tuple[Finding, ...]
    """What is wrong with the files; what is wrong within the calendar has the rota."""


@dataclass(slots=True)
class Rosters:
    """The rosters of a folder. One whose new file cannot be used at all stays as it was, and says so."""

    folder: Path
    _known: dict[str, tuple[tuple[int, ...], Roster]] = field(default_factory=dict)

    def of(self, body: str) -> Roster:
        """Return a body's roster as its files say now.

        Raises:
            NoRotaError: there is none.
            RotaFileError: its calendar cannot be used, and no former one is known.
        """
        stamp = tuple(_stamp(self.folder / f"{body}{suffix}") for suffix in (".ics", ".yaml"))
        known = self._known.get(body)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            roster = read_roster(self.folder, body)
        except RotaFileError as error:
            if known is None:
                raise
            roster = known[1]._replace(findings=error.findings)
        self._known[body] = (stamp, roster)
        return roster


def read_roster(folder: Path, body: str) -> Roster:
    """Read a body's rota and officers.

    Raises:
        NoRotaError: it has no calendar here.
        RotaFileError: its calendar cannot be used at all.
    """
    rota = read_rota(_content(folder / f"{body}.ics", body), body, f"{body}.ics")
    return Roster(rota, *read_officers_of(folder, body))


def read_officers_of(folder: Path, body: str) -> tuple[Officers | None, tuple[Finding, ...]]:
    """Read a body's officers, and what is wrong with their file; None where it cannot be used."""
    findings: list[Finding] = []
    name = f"{body}.yaml"
    try:
        officers = read_officers(_content(folder / name, body, findings), name)
    except NoRotaError as error:
        findings.append(Finding(FindingType.OFFICERS, str(error), error.hint))
    except RotaFileError as error:
        findings += error.findings
    else:
        if officers.body == body:
            return officers, tuple(findings)
        said = f"it is that of {officers.body}"
        findings.append(Finding(FindingType.OFFICERS, said, f"Write «body: {body}», or give the file its name."))
    return None, tuple(findings)


def keep_rota(folder: Path, body: str, content: bytes) -> Path:
    """Put a calendar into the folder, for its user's eyes; whole, or not at all.

    Raises:
        RotaError: the folder cannot be written.
    """
    path = folder / f"{body}.ics"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=f".{body}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        said = f"{path.name} cannot be kept in {folder}: {error.strerror}"
        raise RotaError(said, "Choose a folder of your own with CBRN_ROTA_DIR.") from None
    return path


def _stamp(path: Path) -> int:
    try:
        found = path.stat()
    except OSError:
        return 0
    return hash((found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode))


def _content(path: Path, body: str, findings: list[Finding] | None = None) -> bytes:
    """Return the bytes of a file; where `findings` are given it holds numbers, and who may read it is looked at."""
    try:
        # Without waiting: a pipe of that name would hold up whoever reads it for ever.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            _refuse_unsafe(path, os.fstat(file.fileno()), findings)
            return file.read(BYTES_MAX + 1)
    except FileNotFoundError:
        what = "rota" if path.suffix == ".ics" else "file of officers"
        remedy = (
            f"`cbrn shift import FILE --body {body}` takes a calendar in."
            if path.suffix == ".ics"
            else f"Write {path}: body, officers, their posts and channels; then chmod 600 {shlex.quote(str(path))}"
        )
        raise NoRotaError(f"{body} has no {what} in {path.parent}", remedy) from None
    except OSError as error:
        said = f"it cannot be read: {error.strerror or error}"
        raise RotaFileError(path.name, Finding(_kind(path), said, "Let this user read it.")) from None


def _refuse_unsafe(path: Path, found: os.stat_result, findings: list[Finding] | None) -> None:
    named = shlex.quote(str(path))
    if not stat.S_ISREG(found.st_mode):
        raise RotaFileError(path.name, Finding(_kind(path), "it is no ordinary file", "Take it away."))
    if os.name != "posix":
        return
    if found.st_uid not in (os.geteuid(), 0):
        said = "it belongs to another user, who may change who is called"
        raise RotaFileError(
            path.name, Finding(_kind(path), said, f"Read it through, then: chown {os.geteuid()} {named}")
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        said = "others on this machine may write it, and so change who is called"
        raise RotaFileError(path.name, Finding(_kind(path), said, f"Read it through, then: chmod 600 {named}"))
    if findings is not None and found.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        said = f"others on this machine may read the numbers in {path.name}"
        findings.append(Finding(FindingType.READABLE, said, f"chmod 600 {named}"))


def _kind(path: Path) -> FindingType:
    return FindingType.NOT_CALENDAR if path.suffix == ".ics" else FindingType.OFFICERS
