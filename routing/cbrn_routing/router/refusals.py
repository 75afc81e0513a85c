"""How often a body is refused for the same reason: whoever answers alarms must not be drowned by one body's mistakes.

Each refused record lies in quarantine, whatever is told of it here. It is remembered beside the shard's state and not
written: after a restart, and where a transaction was aborted, it begins anew, and somebody may be told once more.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

ALONE_MAX: Final = 10
"""Records of one body refused for one reason that raise an alarm each, in a minute and a shard."""
WITHIN: Final = timedelta(minutes=1)


class Telling(Enum):
    """What is told of a refused record."""

    ALONE = auto()
    MORE = auto()
    """It is one too many, and those who follow it are not told of one by one."""
    NOTHING = auto()


class Refusals:
    """What one shard has refused lately: some bodies times some reasons."""

    def __init__(self) -> None:
        self._lately: dict[tuple[str, str], tuple[datetime, int]] = {}

    def telling(self, body: str, reason: str, now: datetime) -> tuple[Telling, datetime]:
        """Count a refusal; return what is told of it, and when one is told of alone again."""
        began, count = self._lately.get((body, reason), (now, 0))
        if not timedelta(0) <= now - began < WITHIN:  # a clock that was put back must not keep anybody silent
            began, count = now, 0
        self._lately[body, reason] = began, count + 1
        if count < ALONE_MAX:
            return Telling.ALONE, began + WITHIN
        return Telling.MORE if count == ALONE_MAX else Telling.NOTHING, began + WITHIN
