"""The log of duties, read and written: the clerk who drafts, applies and reminds, and what persons decide.

Nothing here speaks to anybody abroad: a release is a record of who released what and when.
"""

from cbrn_consumers.duties.alarm import overdue_records
from cbrn_consumers.duties.clerk import Clerk
from cbrn_consumers.duties.log import Log, find_duty, read_log
from cbrn_consumers.duties.persons import answer, release

__all__ = [
    "Clerk",
    "Log",
    "answer",
    "find_duty",
    "overdue_records",
    "read_log",
    "release",
]
