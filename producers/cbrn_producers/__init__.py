"""Ways onto the bus. What an agency's program needs is here; loaded when it is asked for."""

from typing import TYPE_CHECKING

from cbrn_schemas.lazily import found_in

if TYPE_CHECKING:
    from cbrn_producers.errors import NotAcknowledgedError, NotStartedError, RefusedEventError, TooLargeError
    from cbrn_producers.sdk import Agency, Receipt
    from cbrn_producers.sync import SyncAgency
    from cbrn_routing.bus.errors import BrokerUnreachableError, NotAuthorizedError, UnknownTopicError
    from cbrn_schemas.errors import BusError, InvalidEventError, Reason

__all__ = [
    "Agency",
    "BrokerUnreachableError",
    "BusError",
    "InvalidEventError",
    "NotAcknowledgedError",
    "NotAuthorizedError",
    "NotStartedError",
    "Reason",
    "Receipt",
    "RefusedEventError",
    "SyncAgency",
    "TooLargeError",
    "UnknownTopicError",
]

__getattr__ = found_in(
    __name__,
    "cbrn_schemas.errors",
    "cbrn_routing.bus.errors",
    "cbrn_producers.errors",
    "cbrn_producers.sdk",
    "cbrn_producers.sync",
)
