"""Where in a transaction a router process can be stopped. Imported by the driver and by the worker program."""

from __future__ import annotations

from typing import Final

POINTS: Final = ("begun", "sending", "before-commit", "ending", "after-commit")
"""In the order of a transaction. `ending`: the commit is on its way, its answer is not here."""
