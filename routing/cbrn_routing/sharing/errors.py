"""What can be wrong with agreements.

AgreementError     files that break the language, contradict each other, or let through what cannot be: every problem
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cbrn_schemas.errors import BusError

_SHOWN: Final = 20
"""Problems that a message lists; `problems` holds all."""


@dataclass(frozen=True, slots=True)
class AgreementProblem:
    """One mistake in an agreement, written for the person who edits it."""

    file: str
    line: int
    """Counts from 1; 1 where it concerns the whole file."""
    field: str
    """Dotted path, `release.persons`; `-` for the whole."""
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}. {self.remedy}"

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "file": self.file,
            "line": self.line,
            "field": self.field,
            "message": self.message,
            "remedy": self.remedy,
        }


class AgreementError(BusError, ValueError):
    """Agreements that cannot be used. `problems` holds every one, not only the first."""

    bad_input = True

    def __init__(self, problems: tuple[AgreementProblem, ...]) -> None:
        shown = [str(each) for each in problems[:_SHOWN]]
        more = [f"... and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        super().__init__("\n".join([*shown, *more]), "`cbrn partners agreements` lists every problem with its line.")
        self.problems = problems
