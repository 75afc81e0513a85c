"""Why something could not be read, handed over or released. Beside these, the three of `cbrn_routing.bus.errors`.

BusError                    base; every one has a `hint`: what to do about it
├── BrokerUnreachableError  no broker answered in time, or it stopped answering
├── UnknownTopicError       the topic does not exist or may not be seen by this user
├── NotAuthorizedError      the broker refused this user
├── HistoryError            the history holds nothing of the sort, or cannot be read
├── NoHandlerError          a feed was started without a handler
├── NoFeedError             an alert was answered that no feed has handed over
├── ParkingError            an alert that its handler refuses could not be put aside either; the feed stops
├── StandstillError         something unforeseen happened over an alert; the feed stops in front of it
├── UnknownSituationError   the body was never told of a situation of this name
├── ClosedSituationError    the body has closed the situation, and nothing has changed since
├── UnknownQuarantineError  no quarantined record has this id
├── AlreadyReleasedError    the quarantined record was released before
├── ReleaseRefusedError     the keeper of the quarantine has refused a release
├── CorrectionError         it would be set aside again, corrected or not: `where`
├── UnknownDutyError        no duty has this id
├── DutyRefusedError        the duty is not in a state for this, or this person may not do it
├── UnknownCopyError        no copy for a partner has this id
├── CopyRefusedError        the copy is not in a state for this, it has changed, or this person may not do it
├── DecisionWordsError      a name, a note or a body that no decision can have
├── UnansweredError         a decision stands on the bus, and no process has looked at it yet
└── SecondKeeperError       another process of the same kind has taken over
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cbrn_schemas.errors import BusError, FieldError

if TYPE_CHECKING:
    from cbrn_schemas.because import Because


class HistoryError(BusError):
    """The history holds nothing of the sort, or cannot be read."""


class NoHandlerError(BusError, RuntimeError):
    """A feed was started without a handler."""


class NoFeedError(BusError, RuntimeError):
    """An alert was answered that no feed has handed over: nobody says for which body."""


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


class UnknownSituationError(BusError, LookupError):
    """The body was never told of a situation of this name."""

    bad_input = True


class ClosedSituationError(BusError, ValueError):
    """The body has closed the situation, and nothing has changed since that would ask it anew."""

    bad_input = True


class UnknownQuarantineError(BusError, LookupError):
    """No quarantined record has this id."""


class AlreadyReleasedError(BusError, ValueError):
    """The quarantined record was released before."""


class ReleaseRefusedError(BusError, ValueError):
    """The keeper of the quarantine has refused a release, for the reason that it gives."""


class CorrectionError(FieldError):
    """The event would be quarantined again, corrected or as it was. `where` is the field in dotted form."""


class UnknownDutyError(BusError, LookupError):
    """No duty has this id."""


class DutyRefusedError(BusError, ValueError):
    """The duty is not in a state for what was asked, or the person may not do it."""


class UnknownCopyError(BusError, LookupError):
    """No copy for a partner has this id."""


class CopyRefusedError(BusError, ValueError):
    """The copy cannot be released or refused so: it is over, what was seen has changed, or the person may not.

    `because` says so as a code, for readers of other languages; None where the bus has said it in English alone.
    """

    because: Because | None = None

    @classmethod
    def of(cls, because: Because) -> Self:
        """Make the error that a code stands for."""
        made = cls(because.said("en"), hint=because.remedy("en"))
        made.because = because
        return made


class DecisionWordsError(BusError, ValueError):
    """A person's name or body, or what the person says, cannot be recorded as it stands."""

    bad_input = True


class UnansweredError(BusError, TimeoutError):
    """A decision stands on the bus, and no process has looked at it yet. It is not lost."""


class SecondKeeperError(BusError, RuntimeError):
    """Another process of the same kind has taken over: two would draft, alarm or release twice."""


def said(error: Exception) -> str:
    """Give an error in its own words; some have none, and fail when asked for them."""
    try:
        return repr(error)
    except Exception:  # noqa: BLE001 - its name must do
        return type(error).__name__
