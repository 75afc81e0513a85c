"""A bell and a line on the desk's own terminal, or wherever its stream leads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from cbrn_consumers.notify.channel import SENT, Outcome, passing

if TYPE_CHECKING:
    from cbrn_schemas.notice import Notice

RINGS = {"Extreme": 3}
"""Bells by severity; one for whatever else."""


class Bell:
    """The desk where this process runs."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    async def send(self, notice: Notice, address: str) -> Outcome:  # noqa: ARG002 - a desk needs no address
        """Print the notice's line, and ring. Texts of events hold no control characters but line ends."""
        stream = self._stream or sys.stdout
        try:
            print("\a" * RINGS.get(notice.severity, 1) + notice.subject, file=stream, flush=True)
        except (OSError, ValueError):
            return passing("the desk's terminal takes nothing")
        return SENT

    async def close(self) -> None:
        """Leave the stream to whoever opened it."""
