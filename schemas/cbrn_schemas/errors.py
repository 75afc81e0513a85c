"""The one base of every error of ours; and what can be wrong with what arrives, in two closed lists.

    BusError                     every one has a `hint`: what to do about it
    ├── InvalidEventError        cannot be understood or trusted: quarantine, with reason, field and remedy
    ├── FieldError               a receipt, silence, decision, ... with a field that is wrong
    ├── UnknownCodeError         a code that the catalogue does not hold
    └── ...                      the `errors` of each room

A `Doubt` is no error: the event is routed, and the doubt travels with it as a warning.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


class Reason(StrEnum):
    """Why a record is in quarantine."""

    NULL_VALUE = "null-value"
    TOO_LARGE = "too-large"
    BAD_ENCODING = "bad-encoding"
    NOT_JSON = "not-json"
    DATA_BASE64 = "data-base64"
    HEADERS_MISSING = "headers-missing"
    HEADERS_CONTRADICT = "headers-contradict"
    UNKNOWN_KIND = "unknown-kind"
    MISSING_FIELD = "missing-field"
    EXTRA_FIELD = "extra-field"
    INVALID_VALUE = "invalid-value"
    NAIVE_TIME = "naive-time"
    UNIT_MISMATCH = "unit-mismatch"
    INVALID_CAS = "invalid-cas"
    UNKNOWN_BODY = "unknown-body"
    FOREIGN_SOURCE = "foreign-source"
    WRONG_LANE = "wrong-lane"
    WRONG_REALM = "wrong-realm"
    ID_REUSED = "id-reused"
    SIGNATURE_MISSING = "signature-missing"
    SIGNATURE_WRONG = "signature-wrong"
    SIGNATURE_UNKNOWN = "signature-unknown"
    SIGNATURE_STALE = "signature-stale"
    DOCUMENT_UNREADABLE = "document-unreadable"
    DOCUMENT_FAULTY = "document-faulty"
    INTERNAL_ERROR = "internal-error"


class Doubt(StrEnum):
    """Why a routed event carries a warning."""

    CLOCK_AHEAD = "clock-ahead"
    REPORTED_LATE = "reported-late"
    UNKNOWN_SITUATION = "unknown-situation"
    CANCELLED_SITUATION = "cancelled-situation"
    PLACE_CONTRADICTS = "place-contradicts"
    PLACE_ABROAD = "place-abroad"
    PLACE_SWAPPED = "place-swapped"
    PLACE_UNKNOWN = "place-unknown"
    BORDER_ESTIMATED = "border-estimated"
    SUBSTANCE_UNCONFIRMED = "substance-unconfirmed"
    CLAIM_UNVERIFIED = "claim-unverified"
    EARLIER_NOT_TOLD = "earlier-not-told"
    SEVERITY_MISSING = "severity-missing"
    SEVERITY_RAISED = "severity-raised"
    KEY_DIFFERS = "key-differs"
    PARTITION_DIFFERS = "partition-differs"
    RESERVED_HEADER = "reserved-header"
    HEADER_LEFT_OUT = "header-left-out"
    SIGNATURE_UNCONFIRMED = "signature-unconfirmed"


class BusError(Exception):
    """Base of every error that the bus raises on purpose. `hint` says what to do about it.

    `bad_input`: what was given cannot be understood (a file, an argument, a setting), so that trying again is of no
    use; a command then ends with another status.
    """

    hint: str = ""
    bad_input: bool = False
    where: str | None = None
    """The field, header or argument that is wrong, where it is one."""
    message: str
    """What is wrong, without `where`."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint
        said = type(self).hint if hint is None else hint
        if isinstance(said, str) and said:  # a hint that is dear is made for a reader alone
            self.add_note(said)  # a traceback is all that a program shows which catches nothing

    def as_json(self) -> dict[str, str | None]:
        """Return plain values: what is wrong, where, why it is refused (else the error's name), and what to do."""
        reason = getattr(self, "reason", type(self).__name__)
        return {"reason": str(reason), "where": self.where, "message": self.message, "hint": self.hint}


class FieldError(BusError, ValueError):
    """What was given, or stands in a record, has a field that is wrong: `where`."""

    where: str
    whole: str = "value"
    """What `where` says of a thing that is wrong as a whole."""

    def __init__(self, message: str, *, where: str, hint: str) -> None:
        super().__init__(f"{where}: {message}", hint)
        self.where = where
        self.message = message


class UnknownCodeError(BusError, LookupError):
    """A code (body, site, district, ...) that the catalogue does not hold."""

    bad_input = True

    def __init__(self, message: str, resembling: Callable[[], str] | None = None) -> None:
        """Take what says which code may be meant: asked only for a reader, since a router passes over such codes."""
        super().__init__(message)
        self._resembling = resembling

    @cached_property
    def hint(self) -> str:  # type: ignore[override] # the same text, made when somebody reads it
        """What may be meant, and where to look it up."""
        return "Check the code against the catalogue." if self._resembling is None else self._resembling()


WORDS_CHARS_MAX: Final = 1_000
"""Of each text of a refusal. They repeat what came from outside and travel in headers and alarms: three of them, in
JSON six bytes a character at the worst, are 18 kB."""


class InvalidEventError(BusError, ValueError):
    """An event that cannot be understood or trusted.

    `where` is the field in dotted form (`where.point.lat`), a header's name (`header:ce_type`) or `value`; `hint` says
    what to do. Both are written for the person on duty.
    """

    bad_input = True
    where: str

    def __init__(self, reason: Reason, *, where: str, message: str, hint: str) -> None:
        where, message = _cut(where), _cut(message)
        super().__init__(f"{where}: {message}", _cut(hint))
        self.reason, self.where, self.message = reason, where, message


def _cut(text: str) -> str:
    return text if len(text) <= WORDS_CHARS_MAX else f"{text[: WORDS_CHARS_MAX - 1]}…"
