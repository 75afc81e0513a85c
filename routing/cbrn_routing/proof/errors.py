"""What can go wrong in a proof that is not a finding about the rule book.

ProofError
├── ImpossibleCellError   no event of this bus can have these facets
└── TooManyCellsError     the rules of one kind look at more combinations than the proof is allowed to walk
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class ProofError(BusError):
    """Base of the package's errors."""


class ImpossibleCellError(ProofError, ValueError):
    """No event can lie in the cell; `facet` names the facet that no event can have there."""

    def __init__(self, facet: str, message: str) -> None:
        super().__init__(f"{facet}: {message}")
        self.facet = facet


class TooManyCellsError(ProofError):
    """The walk of one kind was given up, as it would not end in time: the book is not proved."""
