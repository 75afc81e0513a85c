"""What ends a router.

RouterError
├── TopicsMissingError    topics that it reads or writes do not exist
└── ProofUndecidedError   the process that proves a book has said neither yes nor no
"""

from __future__ import annotations


class RouterError(Exception):
    """Base of the router's errors."""


class TopicsMissingError(RouterError):
    """Topics that the router reads or writes do not exist."""


class ProofUndecidedError(RouterError):
    """A book could not be proved for a reason that is not the book's: it is tried again."""
