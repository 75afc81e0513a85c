"""What ends a router, or one membership of it.

RouterError
├── TopicsMissingError    topics that it reads or writes do not exist
├── PartitionsError       a topic that it writes has fewer partitions than the lane has shards
└── ProofUndecidedError   the process that proves a book has said neither yes nor no
StaleAssignmentError      the group gave out what fits a router of former days: the next membership does better
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class RouterError(BusError):
    """Base of the router's errors."""


class TopicsMissingError(RouterError):
    """Topics that the router reads or writes do not exist."""


class PartitionsError(RouterError):
    """A topic that the router writes has fewer partitions than the lane has shards."""


class ProofUndecidedError(RouterError):
    """A book could not be proved for a reason that is not the book's: it is tried again."""


class StaleAssignmentError(Exception):
    """The group gave this router what it had in a former life, which does not fit any more."""
