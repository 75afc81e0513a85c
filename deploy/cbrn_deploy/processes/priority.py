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
    """Lower a child that has just been started in a session of its own. Any account may do this, none may undo it.

    Linux puts each session into a group (sched(7), autogroup), and groups get equal shares however nice their processes
    are: so the group is lowered too. What the system does not let us do is left: the child then runs as it always did.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, max(niceness, os.getpriority(os.PRIO_PROCESS, pid)))
    if sys.platform == "linux":
        with suppress(OSError):
            (PROCESSES / str(pid) / "autogroup").write_text(str(niceness), encoding="ascii")
