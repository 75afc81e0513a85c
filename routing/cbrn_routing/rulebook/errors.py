"""What can be wrong with a rule book.

RulebookError
├── RuleFileError        a file breaks the language: every problem with file, rule, field and remedy
├── LeadConflictError    two files claim the lead of one cell
└── UnknownRuleError     an id that the book does not hold
"""

from __future__ import annotations

from dataclasses import dataclass

from cbrn_schemas.errors import BusError


class RulebookError(BusError):
    """Base of the package's errors."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a rule file, written for the person who edits it."""

    file: str
    rule: str | None
    """Id of the rule; None where the mistake lies outside any rule."""
    field: str
    """Dotted path inside the rule, `when.kind`; `-` for the whole."""
    message: str
    remedy: str

    def __str__(self) -> str:
        rule = f" rule «{self.rule}»," if self.rule else ""
        return f"{self.file}:{rule} {self.field}: {self.message}. {self.remedy}"


class RuleFileError(RulebookError, ValueError):
    """Rule files that break the language. `problems` holds all of them, not only the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class LeadConflictError(RulebookError, ValueError):
    """Two files claim the lead of one cell: the order of files would decide, and it must not."""


class UnknownRuleError(RulebookError, LookupError):
    """An id that the rule book does not hold."""
