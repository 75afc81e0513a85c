"""What a rule book leaves undone, proved cell by cell, each finding with an event that shows it. Pure.

`check` proves; `event_in` makes an event of any cell. docs/decisions/proof.md says how a walk over few classes of cells
proves all of them.
"""

from cbrn_routing.proof.check import check, check_texts
from cbrn_routing.proof.errors import ImpossibleCellError, ProofError, TooManyCellsError
from cbrn_routing.proof.findings import Finding, Report
from cbrn_routing.proof.synthesis import event_in

__all__ = [
    "Finding",
    "ImpossibleCellError",
    "ProofError",
    "Report",
    "TooManyCellsError",
    "cells",
    "check",
    "check_texts",
    "columns",
    "event_in",
    "matrix",
    "narrow",
    "page",
    "places",
    "traits",
]
