"""Why Kafka could not be read or written."""

from __future__ import annotations


class ConsumersError(Exception):
    """Base of the package's errors."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class BrokerUnreachableError(ConsumersError, ConnectionError):
    """No broker answered in time."""


class UnknownTopicError(ConsumersError, LookupError):
    """The topic does not exist, or the user may not see it."""


class NotAuthorizedError(ConsumersError, PermissionError):
    """The broker refused the user."""


class ReleaseContendedError(ConsumersError, RuntimeError):
    """Somebody else was releasing at the same moment."""
