"""What is wrong with a line of the folder: where, what, and what to do; written for who edits it in a spreadsheet."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

FAULTS_MAX: Final = 100
"""Looked for in one folder: more would not be read, and a file of nothing but faults must not hold a process up."""
SHOWN_CHARS: Final = 60
"""Of a cell that is repeated in a fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. A `warning` is taken all the same."""

    file: str
    """Name in the folder; empty where the folder itself is meant."""
    line: int | None
    """Of the file, as an editor counts; the heading is 1."""
    column: str
    what: str
    remedy: str
    warning: bool = False

    @property
    def where(self) -> str:
        """Return `bodies.csv, line 3, parent`."""
        line = "" if self.line is None else f"line {self.line}"
        return ", ".join(filter(None, (self.file, line, self.column))) or "folder"

    def __str__(self) -> str:
        """Say where and what."""
        return f"{self.where}: {self.what}"

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class Enough(Exception):  # noqa: N818 - no error: so many faults were found that no more are looked for
    """The folder is refused, and more faults than these would not be read."""


class Faults:
    """What is found in one folder, in the order in which it is looked for."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.refused = False
        """Whether there is one for which the folder is refused."""

    def add(self, file: str, line: int | None, column: str, what: str, remedy: str, *, warning: bool = False) -> None:
        """Note one.

        Raises:
            Enough: the folder is refused already, and there are enough.
        """
        if len(self.found) >= FAULTS_MAX:
            if self.refused:
                raise Enough
            if warning:
                return  # it is taken: nobody need read more of these
        self.refused = self.refused or not warning
        self.found.append(Fault(file, line, column, what, remedy, warning))


def cell_shown(text: str) -> str:
    """Return a cell as it may stand in a message: short, and without what a terminal would obey."""
    printable = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    return repr(printable if len(printable) <= SHOWN_CHARS else f"{printable[:SHOWN_CHARS]}…")
