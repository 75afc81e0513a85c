"""Ways off the bus."""

from cbrn_consumers.alert import Alert, Origin
from cbrn_consumers.errors import (
    BrokerUnreachableError,
    ConsumersError,
    NoHandlerError,
    NotAuthorizedError,
    ParkingError,
    StandstillError,
    UnknownTopicError,
)
from cbrn_consumers.feed import AlertFeed, Patience

__all__ = [
    "Alert",
    "AlertFeed",
    "BrokerUnreachableError",
    "ConsumersError",
    "NoHandlerError",
    "NotAuthorizedError",
    "Origin",
    "ParkingError",
    "Patience",
    "StandstillError",
    "UnknownTopicError",
]
