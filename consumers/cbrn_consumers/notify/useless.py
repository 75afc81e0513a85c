"""Replies that count for nothing: of how many each is written down, and answered. Times are seconds of a steady clock.

A telephone that answers by itself would go on for ever, and whoever guesses would fill the history.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import structlog

STRANGERS_MAX: Final = 30
"""Replies from numbers of no officer, in a minute, of which each is written down; of more only the count is logged."""
MINUTE_S: Final = 60.0
REFUSED_MAX: Final = 10
"""Replies of an officer's number, in an hour, that count for nothing and are answered."""
REFUSED_WITHIN_S: Final = 3600.0

log = structlog.get_logger(__name__)


class UselessReplies:
    """How many there were of late."""

    def __init__(self) -> None:
        self._strangers = (float("-inf"), 0)
        self._refused: dict[str, deque[float]] = {}

    def takes(self, number: str, now: float) -> bool:
        """Tell whether one more from an officer's number is written down and answered."""
        refused = self._refused.setdefault(number, deque(maxlen=REFUSED_MAX))
        if len(refused) == REFUSED_MAX and now - refused[0] < REFUSED_WITHIN_S:
            return False
        refused.append(now)
        if len(refused) == REFUSED_MAX and now - refused[0] < REFUSED_WITHIN_S:
            log.error("further replies of an officer that count for nothing are not answered for an hour")
        return True

    def takes_stranger(self, now: float) -> bool:
        """Tell whether one more from a number of no officer is written down; none of them is answered."""
        since, count = self._strangers
        if now - since >= MINUTE_S:
            if count > STRANGERS_MAX:
                log.warning("replies from numbers of no officer were not written down", count=count - STRANGERS_MAX)
            since, count = now, 0
        self._strangers = since, count + 1
        return count < STRANGERS_MAX
