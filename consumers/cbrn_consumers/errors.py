"""Why something could not be read, handed over or released. Beside these, the three of `cbrn_routing.bus.errors`.

BusError                    base; every one has a `hint`: what to do about it
├── BrokerUnreachableError  no broker answered in time, or it stopped answering
├── UnknownTopicError       the topic does not exist or may not be seen by this user
├── NotAuthorizedError      the broker refused this user
├── NoHandlerError          a feed was started without a handler
├── ParkingError            an alert that its handler refuses could not be put aside either; the feed stops
├── StandstillError         something unforeseen happened over an alert; the feed stops in front of it
├── UnknownQuarantineError  no quarantined record has this id
├── AlreadyReleasedError    the quarantined record was released before
├── ReleaseContendedError   somebody else was releasing at the same moment; nothing was written
├── CorrectionError         the corrected event is itself wrong: `where`
├── UnknownDutyError        no duty has this id
├── DutyRefusedError        the duty is not in a state for this, or this person may not do it
├── DutyWordsError          a name or a note that cannot be recorded
└── SecondClerkError        another clerk of duties has taken over
"""

from __future__ import annotations

from typing import Self

from cbrn_schemas.errors import BusError


class NoHandlerError(BusError, RuntimeError):
    """A feed was started without a handler."""


class ParkingError(BusError, OSError):
    """An alert could neither be handled nor parked. It is not acknowledged and comes again."""


class StandstillError(BusError, RuntimeError):
    """Something unforeseen happened over an alert. It is not acknowledged and comes again."""

    @classmethod
    def at(cls, place: object, failure: Exception) -> Self:
        """Word what happened at a record's place."""
        made = cls(f"{place}: {said(failure)}", hint="Mend what is wrong, then start the feed: the alert comes again.")
        made.__cause__ = failure
        return made


class UnknownQuarantineError(BusError, LookupError):
    """No quarantined record has this id."""


class AlreadyReleasedError(BusError, ValueError):
    """The quarantined record was released before."""


class CorrectionError(BusError, ValueError):
    """The corrected event would be quarantined again. `where` is the field in dotted form."""

    def __init__(self, message: str, *, where: str, hint: str) -> None:
        super().__init__(f"{where}: {message}", hint=hint)
        self.where = where
        self.message = message


class UnknownDutyError(BusError, LookupError):
    """No duty has this id."""


class DutyRefusedError(BusError, ValueError):
    """The duty is not in a state for what was asked, or the person may not do it."""


class DutyWordsError(BusError, ValueError):
    """A person's name, or what the person says of a duty, cannot be recorded as it stands."""

    bad_input = True


class SecondClerkError(BusError, RuntimeError):
    """Another clerk of duties has taken over: two would draft and alarm twice."""


def said(error: Exception) -> str:
    """Give an error in its own words; some have none, and fail when asked for them."""
    try:
        return repr(error)
    except Exception:  # noqa: BLE001 - its name must do
        return type(error).__name__
