"""The folder as it is taken: all of its rows, or none; where none, what was in use before."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from cbrn_schemas.catalogue.own.checks import FOREIGN, changed, check
from cbrn_schemas.catalogue.own.columns import KEYS, NAME_COLUMNS, TABLES
from cbrn_schemas.catalogue.own.faults import Enough, Fault, Faults
from cbrn_schemas.catalogue.own.folder import FILES, digest_of, folder_named, last_good_file, read_files
from cbrn_schemas.catalogue.own.table import Written, read_table_of
from cbrn_schemas.catalogue.tables import Row, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WITHOUT_TOPICS: Final = "CBRN_CATALOGUE_WITHOUT_TOPICS"
"""Set by a process for itself: the installation's own bodies whose topics are not there yet, with commas between."""
LAST_GOOD_BYTES_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers for a body when a machine has to say something to a person: a post, never a person's name."""

    body: str
    post: str
    telephone: str
    email: str
    source: str


@dataclass(frozen=True, slots=True)
class Own:
    """What an installation adds, and what is wrong with its folder."""

    folder: Path | None = None
    digest: str = ""
    """Of what is in use; empty where nothing is."""
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """By file, in the shipped tables' columns; of a shipped body that is changed the whole row."""
    faults: tuple[Fault, ...] = ()
    """Of the folder as it lies there, warnings among them."""
    more_faults: bool = False
    """There may be more: so many were found that no further ones were looked for."""
    source: Literal["nothing", "folder", "last good"] = "nothing"
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def refused(self) -> Fault | None:
        """Return the first fault for which the folder is not taken."""
        return next((each for each in self.faults if not each.warning), None)

    @property
    def codes(self) -> frozenset[str]:
        """Return the bodies that it adds."""
        return frozenset(row["code"] for row in self.rows.get("bodies.csv", ()) if row["own"] == "yes")


def read_folder(folder: Path) -> Own:
    """Read a folder as it lies there; with a fault it has no rows."""
    faults = Faults()
    try:
        files = read_files(folder, faults)
    except Enough:
        files = {}
    return replace(_taken(files, faults), folder=folder)


def _taken(files: Mapping[str, bytes], faults: Faults) -> Own:
    written: dict[str, list[Written]] = {}
    more = False
    try:
        for file in FILES:
            if file in files:
                written[file] = read_table_of(file, files[file], faults)
        if not faults.refused:  # else a row that could not be read would be missed by those that refer to it
            check(written, faults)
    except Enough:
        more = True
    found = Own(None, digest_of(files), {}, tuple(faults.found), more, files=files)
    if faults.refused:
        return found
    rows = {file: tuple(_filled(file, each) for each in several) for file, several in written.items()}
    return replace(found, rows=MappingProxyType(rows), source="folder")


def _filled(file: str, written: Written) -> Row:
    """Return a row with everything that a shipped one has."""
    cells = written.cells
    if cells.get("changes") == "yes":
        former = next(row for row in read_table(file) if row[KEYS[file]] == cells[KEYS[file]])
        return changed(former, cells) | {"own": "no"}
    row = {column: cells[column] or TABLES[file][column].default for column in TABLES[file]} | {"own": "yes"}
    if file in NAME_COLUMNS:
        ky, ru, en = NAME_COLUMNS[file]
        any_name = row[ru] or row[ky] or row[en]
        if file == "bodies.csv" and not row[ky]:
            row["confidence_ky"] = "low"
        row |= {ky: row[ky] or any_name, ru: row[ru] or any_name, en: row[en] or any_name}
    if file == "bodies.csv":
        _complete_body(row)
    if file == "crossings.csv":
        row["region"] = row["region"] or _region_of(row["district"])
    return row


def _complete_body(row: Row) -> None:
    for lang in ("ky", "ru", "en"):
        row[f"short_{lang}"] = row[f"short_{lang}"] or row[lang]
    for right in ("publishes", "receives"):
        row[right] = row[right] or ("no" if row["kind"] in FOREIGN else "yes")


def _region_of(code: str) -> str:
    return next(row["region"] for row in read_table("districts.csv") if code in {row["code"], row["slug"]})


@cache
def own() -> Own:
    """Return what this installation adds: of its folder, where that is faultless, else of the last one that was."""
    folder = folder_named()
    if folder is None:
        return Own()
    found = read_folder(folder)
    if found.refused is None:
        return _as_far_as_there(found)
    former = kept(last_good_file())
    former = None if former is None else _as_far_as_there(former)
    return replace(
        found if former is None else former, folder=folder, faults=found.faults, more_faults=found.more_faults
    )


def _as_far_as_there(found: Own) -> Own:
    """Return the same with bodies that neither publish nor are told where this process found no topics of theirs."""
    without = set(filter(None, os.environ.get(WITHOUT_TOPICS, "").split(",")))
    silent = {"publishes": "no", "receives": "no"}
    bodies = tuple(row | silent if row["code"] in without else row for row in found.rows.get("bodies.csv", ()))
    return replace(found, rows=MappingProxyType({**found.rows, "bodies.csv": bodies})) if without else found


def kept(path: Path) -> Own | None:
    """Return what was in use before, from the file in which a process keeps it; None where it does not serve."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            found = os.fstat(file.fileno())
            ours = os.name != "posix" or (found.st_uid in {os.geteuid(), 0} and not found.st_mode & 0o022)
            if not ours or not stat.S_ISREG(found.st_mode):
                return None
            said = json.loads(file.read(LAST_GOOD_BYTES_MAX))
        files = {name: text.encode() for name, text in said.items() if name in FILES}
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    taken = _taken(files, Faults())
    return replace(taken, source="last good") if taken.refused is None else None


def last_good_text(taken: Own) -> str:
    """Return what `kept` reads."""
    return json.dumps({name: content.decode("utf-8-sig") for name, content in taken.files.items()}, ensure_ascii=False)


def merged(file: str) -> list[Row]:
    """Return a shipped table with the installation's rows behind it; what these change stands in its old place."""
    key = KEYS[file]
    rows = {row[key]: row for row in read_table(file)}
    for row in own().rows.get(file, ()):
        rows[row[key]] = row
    return list(rows.values())


@cache
def contacts() -> Mapping[str, Sequence[Contact]]:
    """Return by body whom a person can call."""
    found: dict[str, list[Contact]] = {}
    for row in own().rows.get("contacts.csv", ()):
        found.setdefault(row["body"], []).append(
            Contact(row["body"], row["post"], row["telephone"], row["email"], row["source"])
        )
    return MappingProxyType({body: tuple(each) for body, each in found.items()})
