"""A book proved, with whom it tells of every event. Pure, and some seconds of computing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.proof import ProofError, Report, check
from cbrn_routing.proof.matrix import Matrix, matrix
from cbrn_routing.rulebook import RuleBook, RulebookError

if TYPE_CHECKING:
    from datetime import date


PROOF_WITHIN_S: Final = 120
"""The national book takes some 3 s on an idle machine. After this the process ends itself, parent or not."""


class Proof(NamedTuple):
    """What was found of a book: the report, and whom it tells of every event."""

    report: Report
    shown: Matrix


def prove(book: RuleBook, on: date) -> Proof | str:
    """Prove a book for a day; say why where it cannot be."""
    try:
        return Proof(check(book, on), matrix(book, on))
    except (RulebookError, ProofError) as error:
        return str(error)
