"""Why books or histories cannot be compared.

CompareError             base; every one has a `hint`: what to do about it
└── UnreadableError      a line or record of a history that is neither a decision nor an event; it is counted, not fatal
"""

from __future__ import annotations


class CompareError(Exception):
    """Base of the package's errors."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class UnreadableError(CompareError, ValueError):
    """Bytes that are neither a decision record nor an event."""
