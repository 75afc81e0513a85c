"""Why an event is not on the bus, or not for certain. Beside these, the three of `cbrn_routing.bus.errors`.

    BusError                     base; every one has a `hint`: what to do about it
    ├── InvalidEventError        an event, or a part of one, was built with a mistake: `reason`, `where`
    │   └── RefusedEventError    the event is wrong as the bus sees it; nothing was sent; mend it, do not retry
    ├── TooLargeError            more bytes than the bus carries; nothing was sent
    ├── UnknownTopicError        the topic does not exist or may not be seen by this user
    ├── NotAuthorizedError       the broker refused this user; nothing was written
    ├── NotAcknowledgedError     no answer in time: it may still be delivered; retry with the same id
    ├── BrokerUnreachableError   no broker answered; nothing was sent
    └── NotStartedError          used outside of its `async with`

Only `NotAcknowledgedError` and `BrokerUnreachableError` are worth a retry. It is safe with the same id, since the bus
counts an event with the same source and id once.
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError, InvalidEventError


class RefusedEventError(InvalidEventError):
    """The event would be quarantined, so it was not sent. `where` is the field in dotted form."""

    @classmethod
    def of(cls, error: InvalidEventError) -> RefusedEventError:
        """Make the same finding a producer's error."""
        return cls(error.reason, where=error.where, message=error.message, hint=error.hint)


class TooLargeError(BusError, ValueError):
    """More bytes than the bus, or the broker, carries in one event."""


class NotAcknowledgedError(BusError, TimeoutError):
    """No acknowledgement in time. The event with this `id` may still be delivered."""

    def __init__(self, message: str, *, event_id: str) -> None:
        super().__init__(message, hint=f"It may still be delivered. Publish it again with the same id ({event_id}).")
        self.id = event_id


class NotStartedError(BusError, RuntimeError):
    """The agency's connection is not open."""
