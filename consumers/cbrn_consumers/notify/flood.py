"""When an officer is told of each alarm, and when of many at once. Pure: times come in as seconds of a steady clock.

A flood begins above 10 alarms in 10 minutes and ends below 5 (ISA-18.2, EEMUA 191). In it the officer gets one digest a
minute, and every extreme alarm by itself at once. Nothing is left out: what is held back is in the next digest, also
where the flood has ended meanwhile.
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
        self._last: deque[float] = deque(maxlen=ABOVE + 1)
        """The newest alarms: whether more than 10, or fewer than 5, lie in the window can be read off eleven."""
        self._next_digest = float("-inf")

    def take(self, now: float, *, extreme: bool) -> Telling:
        """Count an alarm, and say what becomes of it."""
        if self.on and self._within(now) < BELOW:
            self.on = False
        self._last.append(now)
        if not self.on and self._within(now) > ABOVE:
            self.on, self._next_digest = True, max(self._next_digest, now + DIGEST_EVERY_S)
        return Telling.IN_DIGEST if self.on and not extreme else Telling.AT_ONCE

    def is_due(self, now: float) -> bool:
        """Tell whether what is held back may be told."""
        return now >= self._next_digest

    def note_digest(self, now: float) -> None:
        """Note that a digest was sent."""
        self._next_digest = now + DIGEST_EVERY_S

    def _within(self, now: float) -> int:
        return sum(now - each < WINDOW_S for each in self._last)
