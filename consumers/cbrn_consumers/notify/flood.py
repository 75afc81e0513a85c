"""When an officer is told of each alarm, and when of many at once. Pure: times come in as seconds of a steady clock.

A flood begins above 10 alarms in 10 minutes and ends below 5 (ISA-18.2, EEMUA 191). In it the officer gets one digest a
minute, and every extreme alarm by itself at once. Nothing is left out: what is held back is in the next digest.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Final

WINDOW_S: Final = 600.0
ABOVE: Final = 10
BELOW: Final = 5
DIGEST_EVERY_S: Final = 60.0


class Telling(StrEnum):
    """What becomes of one alarm."""

    AT_ONCE = "at-once"
    IN_DIGEST = "in-digest"


class Flood:
    """One officer's alarms. Times never go back."""

    def __init__(self) -> None:
        self.on = False
        self.held = 0
        """Alarms that wait for the next digest."""
        self._last: deque[float] = deque(maxlen=ABOVE + 1)
        """The newest alarms: whether more than 10, or fewer than 5, lie in the window can be read off eleven."""
        self._digest_due = 0.0

    def take(self, now: float, *, extreme: bool) -> Telling:
        """Count an alarm, and say what becomes of it."""
        self._end_if_calm(now)
        self._last.append(now)
        if not self.on and self._within(now) > ABOVE:
            self.on, self._digest_due = True, now + DIGEST_EVERY_S
        if extreme or not self.on:
            return Telling.AT_ONCE
        self.held += 1
        return Telling.IN_DIGEST

    def due(self, now: float) -> float | None:
        """Return in how many seconds a digest is to be made; 0 at once, None while nothing is held."""
        return max(0.0, self._digest_due - now) if self.held else None

    def digest(self, now: float) -> int:
        """Take what is held, for a digest that is sent now; how many alarms it stands for."""
        count, self.held = self.held, 0
        self._digest_due = now + DIGEST_EVERY_S
        self._end_if_calm(now)
        return count

    def _end_if_calm(self, now: float) -> None:
        if self.on and self._within(now) < BELOW:
            self.on = False

    def _within(self, now: float) -> int:
        return sum(now - each < WINDOW_S for each in self._last)
