"""A table as a person saved it: UTF-8 with or without a mark, commas or semicolons, as spreadsheets write it.

What a spreadsheet does to dates and to decimal points is undone here; what cannot be undone is a fault.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.own.columns import TABLES, Wrong
from cbrn_schemas.catalogue.own.faults import cell_shown
from cbrn_schemas.catalogue.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_schemas.catalogue.own.faults import Faults
    from cbrn_schemas.catalogue.tables import Row

ROWS_MAX: Final = 10_000
CELL_CHARS_MAX: Final = 1_000
_EXCEL_SAYS: Final = re.compile(r"\"?sep=.\"?\r?\n", re.IGNORECASE)
UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
SAVE: Final = "Save the table as «CSV UTF-8»."


@dataclass(frozen=True, slots=True)
class Written:
    """A row of the folder, its cells read, and where it stands."""

    file: str
    line: int
    cells: Row
    """By column; those that the file does not have are empty."""


def read_table_of(file: str, content: bytes, faults: Faults) -> list[Written]:
    """Read a file's rows; a row with a fault is left out, since the folder is refused anyway."""
    text = _text(file, content, faults)
    if text is None:
        return []
    lines = _lines(file, text, faults)
    heading = next(lines, None)
    if heading is None:
        faults.add(file, None, "", "it is empty", f"Its first line names the columns: {', '.join(TABLES[file])}.")
        return []
    columns = [cell.strip().lower() for cell in heading[1]]
    if not _heading_fits(file, columns, heading[0], faults):
        return []
    rows: list[Written] = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue  # a spreadsheet leaves `;;;;` behind
        if len(rows) >= ROWS_MAX:
            faults.add(file, line, "", f"there are more than {ROWS_MAX} rows", "Take out what no event needs.")
            break
        row = _row(file, line, columns, cells, faults)
        if row is not None:
            rows.append(row)
    return rows


def _text(file: str, content: bytes, faults: Faults) -> str | None:
    if content.startswith(UTF16_MARKS):
        faults.add(file, 1, "", "it is UTF-16, as «Unicode text» of a spreadsheet is", SAVE)
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.add(file, line, "", f"byte 0x{content[error.start]:02x} is not UTF-8 (Windows-1251?)", SAVE)
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        faults.add(file, line, "", "a character in it cannot be seen: NULL", SAVE)
        return None
    said = _EXCEL_SAYS.match(text)
    return text if said is None else "\n" + text[said.end() :]  # so that lines are counted as the editor does


def _lines(file: str, text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield lines with their numbers, without the empty ones before the heading."""
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(";,\t", key=first.count)  # of none, the first: one column
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins, begun = 1, False
    try:
        for cells in reader:
            if cells or begun:
                begun = True
                yield begins, [_point(cell) for cell in cells] if delimiter != "," else cells
            begins = reader.line_num + 1
    except csv.Error as error:
        faults.add(file, begins, "", f"it is no table from here on: {error}", 'Write a quote inside a cell twice: "".')


def _point(cell: str) -> str:
    """Write a decimal comma as a point: where cells are parted by semicolons, numbers have commas."""
    return re.sub(r"\A(\s*-?\d+),(\d+\s*)\Z", r"\1.\2", cell)


def _heading_fits(file: str, columns: list[str], line: int, faults: Faults) -> bool:
    known = TABLES[file]
    before = len(faults.found)
    for column in columns:
        if column not in known:
            remedy = did_you_mean(column, known) or f"The columns are {', '.join(known)}."
            faults.add(file, line, "", f"no column is called {cell_shown(column)}", remedy)
    for column in sorted({each for each in columns if columns.count(each) > 1}):
        faults.add(file, line, column, "the column is there twice", "Keep one of them.")
    for column, what in known.items():
        if what.needed and column not in columns:
            faults.add(file, line, column, "this column is missing", "Add it to the first line, and to each row.")
    return len(faults.found) == before


def _row(file: str, line: int, columns: list[str], cells: list[str], faults: Faults) -> Written | None:
    while len(cells) > len(columns) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > len(columns):
        remedy = "Put a text with a comma or a semicolon in it into quotes."
        faults.add(file, line, "", f"it has {len(cells)} cells, the heading {len(columns)}", remedy)
        return None
    found = dict.fromkeys(TABLES[file], "")
    good = True
    for column, cell in zip(columns, cells, strict=False):  # a row may end early: spreadsheets cut what is empty
        text = unicodedata.normalize("NFC", cell.strip())
        try:
            _readable(text)
            found[column] = TABLES[file][column].read(text) if text else ""
        except Wrong as wrong:
            faults.add(file, line, column, wrong.what, wrong.remedy)
            good = False
    return Written(file, line, found) if good else None


def _readable(text: str) -> None:
    if len(text) > CELL_CHARS_MAX:
        raise Wrong(f"it has more than {CELL_CHARS_MAX} characters", "Say it in fewer.")
    for each in text:
        if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            name = unicodedata.name(each, f"U+{ord(each):04X}")
            raise Wrong(f"a character in it cannot be seen: {name}", "Type the cell anew, on one line.")
