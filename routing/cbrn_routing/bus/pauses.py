"""Pauses between attempts at what must succeed in the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pauses:
    """How long to wait before each next attempt; the last repeats, and what ran steadily begins with the first."""

    def __init__(self, seconds: Sequence[float], steady_s: float = math.inf) -> None:
        self._seconds = seconds
        self._steady_s = steady_s
        self.attempts = 0

    def after(self, ran_s: float = 0.0) -> float:
        """Return the pause after an attempt that ran for `ran_s`."""
        if ran_s >= self._steady_s:
            self.attempts = 0
        self.attempts += 1
        return self._seconds[min(self.attempts, len(self._seconds)) - 1]
