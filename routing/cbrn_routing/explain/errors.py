"""Why something cannot be explained."""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class RulebookMismatchError(BusError, ValueError):
    """The digest in the record is not that of the rule book given: its rules may say something else."""

    def __init__(self, recorded: str, given: str) -> None:
        super().__init__(f"the decision was made by rule book {recorded[:12]}, but the book at hand is {given[:12]}")
        self.recorded = recorded
        self.given = given
        self.hint = (
            f"Give that book: --rulebook DIRECTORY, or --rulebook {recorded[:12]} with --bootstrap-servers, which finds"
            " it among the activated ones."
        )
