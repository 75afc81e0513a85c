"""Reading of the package's own data files.

A table is a CSV file in UTF-8 with a heading; empty cells mean «not known»; a list in a cell is separated by `|`.
Whoever gives a table its types caches the result: nothing here is kept.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from enum import StrEnum
from importlib.resources import files

Row = dict[str, str]


class Confidence(StrEnum):
    """How well a fact is known; `low` is shown as unconfirmed."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_TRUTH = {"yes": True, "no": False, "": None}


def read_table(name: str, package: str = "cbrn_schemas.catalogue") -> list[Row]:
    """Read rows of `<package>/data/<name>`, cells stripped.

    Raises:
        FileNotFoundError: the package was built without the file.
        ValueError: a row has more or fewer cells than the heading.
    """
    text = files(package).joinpath("data", name).read_text(encoding="utf-8")
    heading, *body = csv.reader(io.StringIO(text, newline=""))
    return [{column: cell.strip() for column, cell in zip(heading, cells, strict=True)} for cells in body if any(cells)]


def listed(cell: str) -> tuple[str, ...]:
    """Split a `|`-separated cell, in written order."""
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def flag(cell: str) -> bool:
    """Read a cell that must say `yes` or `no`. Raises KeyError on anything else."""
    return {"yes": True, "no": False}[cell]


def flag_or_unknown(cell: str) -> bool | None:
    """Read a cell that says `yes`, `no` or nothing. Raises KeyError on anything else."""
    return _TRUTH[cell]


def day(cell: str) -> date | None:
    """Read a cell with an ISO 8601 date, or None where it is empty."""
    return date.fromisoformat(cell) if cell else None
