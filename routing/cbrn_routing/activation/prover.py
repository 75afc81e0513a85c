"""`python -m cbrn_routing.activation.prover 2026-11-23 < RECORD > ANSWER`: a book proved, away from the router's loop.

The answer is a pickle of the rule book, or of the refusal. Only the router that has started this process reads it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from datetime import date
from typing import TYPE_CHECKING, Final

from cbrn_routing.activation.errors import ActivationError
from cbrn_routing.activation.proving import load, prove
from cbrn_routing.activation.record import Activation

if TYPE_CHECKING:
    from cbrn_routing.rulebook import RuleBook

NICENESS: Final = 5
"""Alerts come first where processors are few."""
PROOF_WITHIN_S: Final = 120
"""The national book takes less than 10 s on an idle machine. After this the process ends itself, parent or not."""


def answer(record: bytes, on: date) -> RuleBook | ActivationError:
    """Prove the record's book as of a day; return it, or why it is refused."""
    try:
        activation = Activation.model_validate_json(record)
        book = load(activation.files, activation.digest, on)
        prove(book, on)
    except ActivationError as error:
        return error
    return book


def main() -> None:
    """Answer on standard output; whatever else would write there goes to standard error."""
    signal.alarm(PROOF_WITHIN_S)
    os.nice(NICENESS)
    output = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    found = answer(sys.stdin.buffer.read(), date.fromisoformat(sys.argv[1]))
    with os.fdopen(output, "wb") as parent:
        pickle.dump(found, parent)


if __name__ == "__main__":
    main()
