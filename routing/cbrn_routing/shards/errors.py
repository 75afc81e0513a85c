"""What ends a member of a lane, or one membership of it.

ShardsError
├── TopicsMissingError    topics that it reads or writes do not exist
└── PartitionsError       a topic that it writes has fewer partitions than the lane has shards
StaleAssignmentError      the group gave out what fits a process of former days: the next membership does better
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class ShardsError(BusError):
    """Base of what keeps a member from beginning."""


class TopicsMissingError(ShardsError):
    """Topics that are read or written do not exist."""


class PartitionsError(ShardsError):
    """A topic that is written has fewer partitions than the lane has shards."""


class StaleAssignmentError(Exception):
    """The group gave this process what it had in a former life, which does not fit any more."""
