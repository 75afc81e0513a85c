"""Ways off the bus. What an agency's program needs is here; loaded when it is asked for.

Reading a room of this package (`cbrn_consumers.archive`) thus loads no feed and no producer with it.
"""

from typing import TYPE_CHECKING

from cbrn_schemas.lazily import found_in

if TYPE_CHECKING:
    from cbrn_consumers.alert import Alert, Origin
    from cbrn_consumers.answering import Answers
    from cbrn_consumers.errors import NoFeedError, NoHandlerError, ParkingError, StandstillError
    from cbrn_consumers.feed import AlertFeed, Patience
    from cbrn_routing.bus.errors import BrokerUnreachableError, NotAuthorizedError, UnknownTopicError
    from cbrn_schemas.errors import BusError
    from cbrn_schemas.receipt import ReceiptError

__all__ = [
    "Alert",
    "AlertFeed",
    "Answers",
    "BrokerUnreachableError",
    "BusError",
    "NoFeedError",
    "NoHandlerError",
    "NotAuthorizedError",
    "Origin",
    "ParkingError",
    "Patience",
    "ReceiptError",
    "StandstillError",
    "UnknownTopicError",
]

__getattr__ = found_in(
    __name__,
    "cbrn_schemas.errors",
    "cbrn_routing.bus.errors",
    "cbrn_consumers.errors",
    "cbrn_schemas.receipt",
    "cbrn_consumers.alert",
    "cbrn_consumers.answering",
    "cbrn_consumers.feed",
)
