"""This machine's clock against the broker's, which stamps what it takes.

Deadlines, the day whose laws count and the time of every decision come from this machine's clock. Where it is wrong,
a router lets its shards go, the clerk of duties ends, and both say so: another machine's clock may be right, and an
operator can set this one.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from aiokafka.errors import InvalidTimestampError

from cbrn_schemas.errors import BusError
from cbrn_schemas.records import STAMPED_BY_BROKER

if TYPE_CHECKING:
    from collections.abc import Iterable

OFF_MAX: Final = timedelta(minutes=5)
"""What the bus forgives publishers, too (`CLOCK_TOLERANCE`)."""
REMEDY: Final = "Set the clock of the machine that is wrong (chronyc tracking, timedatectl), then it goes on."


class ClockError(BusError):
    """This machine's clock and the broker's differ by more than is forgiven."""


def utc_now() -> datetime:
    """Return this machine's time; tests pass clocks of their own."""
    return datetime.now(UTC)


def now_ms() -> int:
    """Return this machine's time in milliseconds."""
    return int(time.time() * 1000)


def check_clock(answers: Iterable[Any], before_ms: int, after_ms: int) -> None:
    """Compare the brokers' stamps with the time between which they must have set them.

    Topics that keep the writer's own time say nothing. Where only some brokers differ, it is their clocks that are
    wrong; where all do, this machine's is, or that of the only broker.

    Raises:
        ClockError: all stamps differ from this machine's clock by more than five minutes.
    """
    stamps = [answer.timestamp for answer in answers if answer.timestamp_type == STAMPED_BY_BROKER]
    least = min((max(stamp - after_ms, before_ms - stamp, 0) for stamp in stamps), default=0)
    if least > OFF_MAX / timedelta(milliseconds=1):
        raise clock_error(timedelta(milliseconds=least), ahead=before_ms > stamps[0])


def clock_error(off: timedelta, *, ahead: bool) -> ClockError:
    """Return the error that says by how much this machine's clock is wrong, seen from the broker."""
    shown = str(timedelta(seconds=round(off.total_seconds())))
    side = "ahead of" if ahead else "behind"
    return ClockError(f"this machine's clock is {shown} {side} the broker's. {REMEDY}")


def explained(error: BaseException) -> BaseException:
    """Return the error, or what it means where a broker refused the time that was written."""
    if isinstance(error, InvalidTimestampError):
        return ClockError(f"the broker refuses this machine's time: one of the two clocks is wrong. {REMEDY}")
    return error
