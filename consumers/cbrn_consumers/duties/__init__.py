"""The log of duties, read and written: the clerk who drafts, applies and reminds, and what persons decide.

Nothing here speaks to anybody abroad: a release is a record of who released what and when.
"""

from typing import TYPE_CHECKING

from cbrn_schemas.lazily import found_in

if TYPE_CHECKING:
    from cbrn_consumers.duties.alarm import overdue_records
    from cbrn_consumers.duties.clerk import Clerk
    from cbrn_consumers.duties.log import Log, duties_topic, find_duty, read_log
    from cbrn_consumers.duties.persons import answer, release

__all__ = [
    "Clerk",
    "Log",
    "answer",
    "duties_topic",
    "find_duty",
    "overdue_records",
    "read_log",
    "release",
]

__getattr__ = found_in(__name__, *(f"{__name__}.{room}" for room in ("log", "persons", "clerk", "alarm")))
