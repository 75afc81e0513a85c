"""Whether a book may be put into force: it loads, it is what was signed, it compiles, and its proof finds no error.

It takes seconds of computing, so a router has it done by another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_routing.activation.errors import RefusedBookError
from cbrn_routing.rulebook import Eras, RuleBook, RulebookError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

SHOWN: Final = 3
"""Findings that a refusal names; `cbrn rules check` lists all."""


def load(files: Mapping[str, str], digest: str, on: date) -> RuleBook:
    """Load the book in these files, which must have this digest and know only bodies that exist.

    Raises:
        RefusedBookError: it does not load, is another book than was signed, or does not compile.
    """
    try:
        book = RuleBook.from_texts(files)
        Eras(book).on(on)
    except RulebookError as error:
        raise RefusedBookError(
            f"the book cannot be read: {error}",
            "Run `cbrn rules check` on it. A body that your installation adds must be known here, too: CBRN_CATALOGUE.",
        ) from error
    if book.digest != digest:
        raise RefusedBookError(
            f"the book is not the one that was signed: its digest is {book.digest[:12]}, signed was {digest[:12]}",
            "Sign the book as it is now. If nobody changed it, this version of the software reads it differently.",
        )
    return book


def prove(book: RuleBook, on: date) -> None:
    """Run the book's proof as of a day.

    Raises:
        RefusedBookError: the proof has found an error.
    """
    from cbrn_routing.proof import ProofError, check  # noqa: PLC0415 - a router must not carry the proof's tables about

    try:
        report = check(book, on)
    except ProofError as error:
        raise RefusedBookError(f"the book cannot be proved: {error}", "Run `cbrn rules check` on it.") from error
    if report.passed:
        return
    errors = [finding.message for finding in report.findings if finding.severity == "error"]
    more = f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    raise RefusedBookError(
        f"the book fails its check: {'; '.join(errors[:SHOWN])}{more}",
        "Run `cbrn rules check` on it and mend the rules.",
    )
