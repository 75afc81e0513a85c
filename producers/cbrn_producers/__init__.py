"""Ways onto the bus."""

from cbrn_producers.errors import (
    BrokerUnreachableError,
    NotAcknowledgedError,
    NotAuthorizedError,
    NotStartedError,
    PublishError,
    RefusedEventError,
    TooLargeError,
    UnknownTopicError,
)
from cbrn_producers.sdk import Agency, Receipt

__all__ = [
    "Agency",
    "BrokerUnreachableError",
    "NotAcknowledgedError",
    "NotAuthorizedError",
    "NotStartedError",
    "PublishError",
    "Receipt",
    "RefusedEventError",
    "TooLargeError",
    "UnknownTopicError",
]
