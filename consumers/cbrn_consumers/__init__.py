"""Ways off the bus. What an agency's program needs is here; loaded when it is asked for.

Reading a room of this package (`cbrn_consumers.archive`) thus loads no feed and no producer with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbrn_consumers.alert import Alert, Origin
    from cbrn_consumers.errors import NoHandlerError, ParkingError, StandstillError
    from cbrn_consumers.feed import AlertFeed, Patience
    from cbrn_routing.bus.errors import BrokerUnreachableError, ConsumersError, NotAuthorizedError, UnknownTopicError

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

_ROOMS = ("cbrn_consumers.errors", "cbrn_routing.bus.errors", "cbrn_consumers.alert", "cbrn_consumers.feed")


def __getattr__(name: str) -> Any:
    """Load the room that a public name lives in."""
    if name in __all__:
        for room in _ROOMS:
            if (found := vars(import_module(room)).get(name)) is not None:
                return found
    raise AttributeError(f"cbrn_consumers has no {name}")
