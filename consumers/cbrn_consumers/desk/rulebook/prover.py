"""`python -m cbrn_consumers.desk.rulebook.prover < BOOK > ANSWER`: a book proved, away from the desk's loop.

Both are pickles: the book with its day, and the proof or what is wrong. Only the desk that has started this process
writes the one and reads the other.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from typing import Final

from cbrn_consumers.desk.rulebook.proving import PROOF_WITHIN_S, prove

NICENESS: Final = 5
"""Pages and alerts come first where processors are few."""


def main() -> None:
    """Answer on standard output; whatever else would write there goes to standard error."""
    signal.alarm(PROOF_WITHIN_S)
    os.nice(NICENESS)
    output = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    book, on = pickle.load(sys.stdin.buffer)  # noqa: S301 - the desk that has started this process has written it
    found = prove(book, on)
    with os.fdopen(output, "wb") as parent:
        pickle.dump(found, parent)


if __name__ == "__main__":
    main()
