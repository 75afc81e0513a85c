"""Records that a reader of a whole topic leaves out: told of once, and not one by one at each start.

They stand in their topic for as long as it keeps them, so every start meets them again, and a log that repeats them
hides what is new in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from cbrn_routing.bus.record import Record

log = structlog.get_logger(__name__)


class LeftOut:
    """What was left out and why: one line a reason, with the count and the latest record; each record once."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._new: dict[str, dict[str, dict[str, Any]]] = {}
        """By what is said of them: the records, each with what else is known of it."""

    def note(self, record: Record, said: str, **facts: Any) -> None:
        """Note a record that is left out, to be told of soon."""
        where = f"{record.topic}/{record.partition}/{record.offset}"
        if where not in self._told:
            self._new.setdefault(said, {})[where] = facts

    def tell(self) -> None:
        """Tell of what is new."""
        for said, records in self._new.items():
            (first, *_), (last, facts) = records, list(records.items())[-1]
            several = {} if len(records) == 1 else {"count": len(records), "first": first}
            log.warning(said, record=last, **several, **facts)
            self._told.update(records)
        self._new.clear()
