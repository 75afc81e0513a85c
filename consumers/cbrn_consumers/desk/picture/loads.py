"""How many alarms an officer bears: ISA-18.2's figures of floods, and when what stands is stale. Pure.

An alarm here is an alert that a body was told of: each calls an officer. What stands is what was asked of it.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STRIDE: Final = timedelta(minutes=10)
"""ISA-18.2 counts by ten minutes."""
FLOOD_ABOVE: Final = 10
"""More in ten minutes begin a flood (ISA-18.2, EEMUA 191), ..."""
FLOOD_BELOW: Final = 5
"""... and it lasts until ten minutes with fewer than this."""
STALE_AFTER: Final = timedelta(hours=24)
"""What stands longer is stale (ISA-18.2); fewer than five are borne."""
STRIDES_MAX: Final = 366 * 144
"""A year of ten minutes: what is asked for beyond is cut off."""
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Flood(NamedTuple):
    """More alarms than a person can handle."""

    since: datetime
    until: datetime
    """The end of its last ten minutes; of one that lasts, the end of the period."""
    alarms: int


class Load(NamedTuple):
    """Alarms of a period, by ten minutes."""

    since: datetime
    counts: tuple[int, ...]
    floods: tuple[Flood, ...]

    @property
    def until(self) -> datetime:
        """The end of the last ten minutes."""
        return self.since + len(self.counts) * STRIDE

    @property
    def alarms(self) -> int:
        """How many there were."""
        return sum(self.counts)

    @property
    def most(self) -> int:
        """How many there were in the worst ten minutes."""
        return max(self.counts, default=0)

    @property
    def flooded(self) -> float:
        """Which share of the time was flood; under 0.01 is borne."""
        lasted = sum(((flood.until - flood.since) for flood in self.floods), timedelta())
        return lasted / (len(self.counts) * STRIDE) if self.counts else 0.0


def load(alarms: Iterable[datetime], *, since: datetime, until: datetime) -> Load:
    """Count alarms by ten minutes of the clock, from the one that holds `since` to the one before `until`."""
    first = (since - _EPOCH) // STRIDE
    last = max(first + 1, -((_EPOCH - until) // STRIDE))
    last = min(last, first + STRIDES_MAX)
    counted = Counter((moment - _EPOCH) // STRIDE for moment in alarms)
    begin = _EPOCH + first * STRIDE
    counts = tuple(counted[index] for index in range(first, last))
    return Load(begin, counts, tuple(_floods(begin, counts)))


def _floods(begin: datetime, counts: Sequence[int]) -> list[Flood]:
    found: list[Flood] = []
    start: int | None = None
    for index, count in enumerate(counts):
        if start is None and count > FLOOD_ABOVE:
            start = index
        elif start is not None and count < FLOOD_BELOW:
            found.append(_flood(begin, counts, start, index))
            start = None
    if start is not None:
        found.append(_flood(begin, counts, start, len(counts)))
    return found


def _flood(begin: datetime, counts: Sequence[int], start: int, end: int) -> Flood:
    return Flood(begin + start * STRIDE, begin + end * STRIDE, sum(counts[start:end]))
