"""Scales of plots: round numbers and moments for axes, and where on the sheet they stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, floor, log10
from typing import Final, NamedTuple

_ROUND: Final = (1.0, 2.0, 5.0, 10.0)
_STRIDES: Final = (
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=7),
    timedelta(days=14),
    timedelta(days=30),
    timedelta(days=90),
    timedelta(days=365),
)
_FINEST: Final = 1e-9
"""A difference that is no larger than this part of the numbers is that of their last digits."""
_LEAST: Final = 1e-30
"""Less than this is nothing, of whatever is measured."""
_DAY: Final = timedelta(days=1)


class Frame(NamedTuple):
    """The part of a sheet in which values stand."""

    left: float
    top: float
    right: float
    bottom: float

    def across(self, share: float) -> float:
        """Return the place of a share of the width, from the left."""
        return self.left + share * (self.right - self.left)

    def up(self, share: float) -> float:
        """Return the place of a share of the height, from the bottom."""
        return self.bottom - share * (self.bottom - self.top)


class Values(NamedTuple):
    """A scale of numbers that begins and ends with a round one."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Return how far up a value stands, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


class Moments(NamedTuple):
    """A scale of times."""

    since: datetime
    until: datetime

    def share(self, moment: datetime) -> float:
        """Return how far along a moment stands, from 0 to 1."""
        return (moment - self.since) / (self.until - self.since)

    def ticks(self, at_most: int = 7) -> tuple[tuple[datetime, str], ...]:
        """List round moments of this machine's clock, and how each is written: the hour, or the day."""
        stride = next((each for each in _STRIDES if (self.until - self.since) / each <= at_most), _STRIDES[-1])
        begin = self.since.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        moment = begin + ceil((self.since - begin) / stride) * stride
        found: list[tuple[datetime, str]] = []
        while moment <= self.until and len(found) <= at_most:
            hour = stride < _DAY and (moment - begin) % _DAY
            found.append((moment, f"{moment:%H:%M}" if hour else f"{moment:%d.%m}"))
            moment += stride
        return tuple(found)


def values_of(low: float, high: float, at_most: int = 5) -> Values:
    """Make a scale that holds both numbers, with no more strides than that."""
    if high - low <= max(_LEAST, _FINEST * max(abs(low), abs(high))):
        high = low + (abs(low) if abs(low) > _LEAST else 1.0)
    rough = (high - low) / at_most
    power = 10.0 ** floor(log10(rough))
    stride = next(each * power for each in _ROUND if each * power >= rough * (1 - 1e-9))
    first, last = floor(low / stride + 1e-9), ceil(high / stride - 1e-9)
    ticks = tuple(float(f"{index * stride:.12g}") for index in range(first, last + 1))
    return Values(ticks[0], ticks[-1], ticks)
