"""Who goes first where processors are short: the broker and the router of incidents; everybody else gives way."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

BEHIND: Final = 10
"""How nice (nice(1)) is whoever may wait for incidents: beside a busy process it gets a tenth of what that gets."""
PROCESSES: Final = Path("/proc")


def give_way(pid: int, niceness: int = BEHIND) -> None:
    """Lower a child in a session of its own, with all of its threads. Any account may do this, none may undo it.

    Linux puts each session into a group (sched(7), autogroup), and groups get equal shares however nice their processes
    are: so the group is lowered too. What the system does not let us do is left: the child then runs as it always did.
    """
    for each in _threads(pid):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, each, max(niceness, os.getpriority(os.PRIO_PROCESS, each)))
    if sys.platform == "linux":
        with suppress(OSError):
            (PROCESSES / str(pid) / "autogroup").write_text(str(niceness), encoding="ascii")


def _threads(pid: int) -> list[int]:
    """Return what the system schedules of a process: on Linux each thread has a niceness of its own."""
    if sys.platform == "linux":
        with suppress(OSError):
            return [int(each.name) for each in (PROCESSES / str(pid) / "task").iterdir()]
    return [pid]
