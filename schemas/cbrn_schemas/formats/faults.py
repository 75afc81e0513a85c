"""What is wrong with a document of a partner: line, place, rule, message, remedy; and the error that carries it.

FormatError                  bad input: the document cannot be used; `.faults` has all that was found
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Iterable

FaultSeverity = Literal["error", "warning", "recommendation"]
"""`error`: a rule is broken; `warning`: it holds, but a reader is misled; `recommendation`: better so."""

SAID_MAX: Final = 80
"""Characters of a document that a message repeats: a value may be a megabyte long."""


class Fault(NamedTuple):
    """One fault of a document."""

    severity: FaultSeverity
    line: int | None
    """Line of the document, counted from 1; null where no line can be named."""
    where: str
    """Path of the element: `alert/info[2]/area/polygon`; `document` where it is the whole."""
    rule: str
    """Name of the rule, the same in every language and version: `polygon-not-closed`."""
    message: str
    hint: str
    """What to do about it."""

    def as_json(self) -> dict[str, str | int | None]:
        """Return plain values."""
        return self._asdict()

    def __str__(self) -> str:
        at = "" if self.line is None else f"line {self.line}: "
        return f"{at}{self.where}: {self.message} [{self.rule}]"


class FormatError(BusError, ValueError):
    """A document that cannot be used as what it should be."""

    bad_input = True

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        """All that was found, the first the most telling: at least one."""
        first, more = self.faults[0], len(self.faults) - 1
        super().__init__(f"{first} (and {more} more)" if more else str(first), first.hint)
        self.where = first.where


def error(rule: str, message: str, hint: str, *, where: str = "document", line: int | None = None) -> FormatError:
    """Make the error of a single fault."""
    return FormatError([Fault("error", line, where, rule, message, hint)])


def said(value: str) -> str:
    """Repeat a value of a document in a message: in quotes, cut, with nothing that moves a terminal's cursor."""
    cut = value if len(value) <= SAID_MAX else f"{value[:SAID_MAX]}…"
    return f"«{''.join(sign if sign.isprintable() else '�' for sign in cut)}»"
