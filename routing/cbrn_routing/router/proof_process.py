"""A book is proved in a process of its own: seconds of computing, of which the router's loop must feel nothing.

A thread would not do: Python's threads take turns, and every alert would wait for its turn.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from typing import TYPE_CHECKING, Final

from cbrn_routing.activation import ActivationError
from cbrn_routing.activation.prover import PROOF_WITHIN_S

if TYPE_CHECKING:
    from cbrn_routing.activation import Candidate
    from cbrn_routing.rulebook import RuleBook

COMMAND: Final = (sys.executable, "-P", "-m", "cbrn_routing.activation.prover")
"""`-P`: nothing is imported from the folder in which the router happens to run."""


class ProofUndecidedError(Exception):
    """A book could not be proved for a reason that is not the book's: it is tried again."""


async def proved_apart(candidate: Candidate) -> RuleBook:
    """Load and prove the candidate's book as of the day on which the broker took it.

    Raises:
        ActivationError: the book is refused.
        ProofUndecidedError: the process did not answer.
    """
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        candidate.day.isoformat(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is the router's to hear
    )
    try:
        async with asyncio.timeout(PROOF_WITHIN_S):
            answer, _ = await process.communicate(candidate.activation.encoded())
    except TimeoutError:
        raise ProofUndecidedError(f"the proof did not end within {PROOF_WITHIN_S} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not answer:
        raise ProofUndecidedError(f"the process that proves the book ended with status {process.returncode}")
    found = await asyncio.to_thread(pickle.loads, answer)
    if isinstance(found, ActivationError):
        raise found
    book: RuleBook = found
    return book
