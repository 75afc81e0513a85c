"""What a person may overrule of a partner's document that was set aside. Pure, and light: persons' commands ask it."""

from __future__ import annotations

from typing import Final

from cbrn_schemas.errors import Reason

OVERRULED: Final = frozenset(
    {
        Reason.SIGNATURE_MISSING,
        Reason.SIGNATURE_UNKNOWN,
        Reason.SIGNATURE_STALE,
        Reason.FOREIGN_SOURCE,
        Reason.DOCUMENT_FAULTY,
    }
)
"""Why a document is set aside that a person may let through all the same: who vouches for it, and how well it is made.
What was altered, or cannot be read, no person can make right by a word."""
